//! Who got or lost a license between two states of an org.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::changes::at_run;
use super::error::Doing as _;
use super::timeline::{Timeline, Versions};
use super::{Error, Reader};

/// A license that a user got or lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentChange {
    /// Kind of the license.
    pub kind: &'static str,
    /// The license.
    pub license_id: String,
    /// The user.
    pub user_id: String,
    /// The user's name at the later state, when the org still has the user.
    pub username: Option<String>,
    /// How many more assignments of it the user has; below zero when fewer.
    pub change: i64,
}

/// Assignments that are records of their own: kind, table, user and license.
const ASSIGNMENTS: &[(&str, &str, &str, &str)] = &[
    ("permission_set", "permission_set_license_assign", "assignee_id", "permission_set_license_id"),
    ("package", "user_package_license", "user_id", "package_license_id"),
];

/// How often a user holds a license more than before, by kind, license and user.
type Net = BTreeMap<(&'static str, String, String), i64>;

impl Reader {
    /// The changes from the state at place `from` of the timeline to its newest, by kind, license and user; `None` when
    /// assignments were not read at both.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn assignment_changes(
        &self,
        timeline: &Timeline,
        from: usize,
    ) -> Result<Option<Vec<AssignmentChange>>, Error> {
        let last = timeline.states.len() - 1;
        let known = self.known_states(
            timeline,
            &["User", "Profile", "PermissionSetLicenseAssign", "UserPackageLicense"],
        )?;
        if !known[from] || !known[last] {
            return Ok(None);
        }
        let mut net = Net::new();
        self.change_by_users(timeline, from, &mut net)?;
        for (kind, table, user, license) in ASSIGNMENTS {
            let columns = format!("v.{license}, v.{user}");
            let versions = Versions { table, columns: &columns, are_counters: false };
            self.versions(timeline, from..last + 1, versions, |row, states| {
                let change = i64::from(states.contains(&last)) - i64::from(states.contains(&from));
                if let (true, Some(license), Some(user)) = (change != 0, row.get(0)?, row.get(1)?) {
                    *net.entry((kind, license, user)).or_default() += change;
                }
                Ok(())
            })?;
        }
        let doing = "reading the names of users";
        let mut username = self
            .connection
            .prepare("SELECT username FROM user_now WHERE org_no = ?1 AND id = ?2")
            .doing(doing)?;
        let mut changes = Vec::new();
        for ((kind, license_id, user_id), change) in net.into_iter().filter(|(_, change)| *change != 0) {
            let mut rows = username.query((timeline.org_no, &user_id)).doing(doing)?;
            let username = rows.next().and_then(|row| row.map(|row| row.get(0)).transpose()).doing(doing)?;
            let username = username.flatten();
            changes.push(AssignmentChange { kind, license_id, user_id, username, change });
        }
        Ok(Some(changes))
    }

    /// User licenses follow from a user's profile, feature licenses from the user's own fields.
    fn change_by_users(&self, timeline: &Timeline, from: usize, net: &mut Net) -> Result<(), Error> {
        let last = timeline.states.len() - 1;
        let mut licenses: HashMap<String, [Option<String>; 2]> = HashMap::new();
        let versions = Versions { table: "profile", columns: "v.id, v.user_license_id", are_counters: false };
        self.versions(timeline, from..last + 1, versions, |row, states| {
            let license: Option<String> = row.get(1)?;
            let of_profile = licenses.entry(row.get(0)?).or_default();
            for (place, state) in [from, last].into_iter().enumerate() {
                if states.contains(&state) {
                    of_profile[place].clone_from(&license);
                }
            }
            Ok(())
        })?;
        let versions = Versions {
            table: "user",
            columns: "v.id, v.is_active, v.profile_id, v.feature_licenses",
            are_counters: false,
        };
        self.versions(timeline, from..last + 1, versions, |row, states| {
            let at = [states.contains(&from), states.contains(&last)];
            if row.get::<_, Option<bool>>(1)? != Some(true) {
                return Ok(());
            }
            let profile = row.get_ref(2)?.as_str_or_null()?.and_then(|profile| licenses.get(profile));
            if at == [true, true] && profile.is_none_or(|[before, after]| before == after) {
                return Ok(());
            }
            let id: String = row.get(0)?;
            let flags: Option<String> = row.get(3)?;
            let flags: Vec<String> =
                flags.and_then(|flags| serde_json::from_str(&flags).ok()).unwrap_or_default();
            for (place, sign) in [(0, -1), (1, 1)].into_iter().filter(|(place, _)| at[*place]) {
                let license = profile.and_then(|licenses| licenses[place].clone());
                let held = license.map(|license| ("user", license)).into_iter();
                for (kind, license) in held.chain(flags.iter().map(|flag| ("feature", flag.clone()))) {
                    *net.entry((kind, license, id.clone())).or_default() += sign;
                }
            }
            Ok(())
        })
    }

    /// Counts the assignments of every kind as they were after the run.
    pub(super) fn assignments_after(&self, timeline: &Timeline, run_no: i64) -> Result<i64, Error> {
        let users = at_run("user", "is_active, profile_id, feature_licenses");
        let profiles = at_run("profile", "id, user_license_id");
        let mut statements = vec![
            format!(
                "SELECT count(*) FROM {users} AS u JOIN {profiles} AS p ON p.id = u.profile_id
                 WHERE u.is_active = 1 AND p.user_license_id IS NOT NULL"
            ),
            format!(
                "SELECT count(*) FROM {users} AS u JOIN json_each(u.feature_licenses) WHERE u.is_active = 1"
            ),
        ];
        statements.extend(ASSIGNMENTS.iter().map(|(_, table, user, license)| {
            let rows = at_run(table, &format!("{user}, {license}"));
            format!("SELECT count(*) FROM {rows} WHERE {user} IS NOT NULL AND {license} IS NOT NULL")
        }));
        statements.iter().map(|sql| self.count_at(timeline, run_no, sql)).sum()
    }
}
