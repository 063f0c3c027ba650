//! Which permission set licenses the permission sets of their holders need.

use std::rc::Rc;

use hashbrown::{HashMap, HashSet};
use rusqlite::Connection;

use super::error::Doing as _;
use super::rows::Selection;
use super::{Error, Reader};

/// The needs of users, by org and user id.
#[derive(Clone, Debug, Default)]
pub struct LicenseNeeds {
    by_org: HashMap<String, OrgNeeds>,
}

#[derive(Clone, Debug, Default)]
struct OrgNeeds {
    by_user: HashMap<String, UserNeeds>,
}

#[derive(Clone, Debug, Default)]
struct UserNeeds {
    license_ids: Vec<Rc<str>>,
    /// What a group consists of is not collected.
    has_group: bool,
}

impl LicenseNeeds {
    /// Whether a permission set of the user needs the license. `None` when that is not known: permission sets could not
    /// be read, or the user has a permission set group, whose parts are not collected.
    pub fn needs(&self, org: &str, user_id: &str, license_id: &str) -> Option<bool> {
        let Some(user) = self.by_org.get(org)?.by_user.get(user_id) else { return Some(false) };
        match user.license_ids.iter().any(|needed| **needed == *license_id) {
            true => Some(true),
            false if user.has_group => None,
            false => Some(false),
        }
    }
}

impl Reader {
    /// Which permission set licenses users need. An assignment that has expired at the selection's time needs nothing;
    /// one that waits for its session to be activated does.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn license_needs(&self, selection: &Selection) -> Result<LicenseNeeds, Error> {
        let as_of = selection.as_of.as_millisecond();
        let mut by_org = HashMap::new();
        for (org_no, org) in self.selected_orgs(selection)? {
            if knows_permission_sets(&self.connection, org_no)? {
                by_org.insert(org.to_string(), needs_of_org(&self.connection, org_no, as_of)?);
            }
        }
        Ok(LicenseNeeds { by_org })
    }
}

fn knows_permission_sets(connection: &Connection, org_no: i64) -> Result<bool, Error> {
    connection
        .query_row(
            "SELECT count(*) = 2 FROM object_state_now
             WHERE org_no = ?1 AND object IN ('PermissionSet', 'PermissionSetAssignment')",
            [org_no],
            |row| row.get(0),
        )
        .doing("looking whether permission sets were read")
}

fn needs_of_org(connection: &Connection, org_no: i64, as_of: i64) -> Result<OrgNeeds, Error> {
    let doing = "reading the permission sets";
    let (mut licenses, mut groups) = (HashMap::new(), HashSet::new());
    let mut statement = connection
        .prepare_cached("SELECT id, license_id, type = 'Group' FROM permission_set_now WHERE org_no = ?1")
        .doing(doing)?;
    let mut sets = statement.query([org_no]).doing(doing)?;
    while let Some(set) = sets.next().doing(doing)? {
        let set_id: String = set.get(0).doing(doing)?;
        if set.get::<_, Option<bool>>(2).doing(doing)? == Some(true) {
            groups.insert(set_id.clone());
        }
        if let Some(license_id) = set.get::<_, Option<String>>(1).doing(doing)? {
            licenses.insert(set_id, Rc::from(license_id));
        }
    }
    let doing = "reading the assignments of permission sets";
    let mut statement = connection
        .prepare_cached(
            "SELECT assignee_id, permission_set_id, permission_set_group_id IS NOT NULL
             FROM permission_set_assignment_now
             WHERE org_no = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
        )
        .doing(doing)?;
    let mut needs = OrgNeeds::default();
    let mut assignments = statement.query([org_no, as_of]).doing(doing)?;
    while let Some(assignment) = assignments.next().doing(doing)? {
        let set_id = assignment.get_ref(1).and_then(|id| Ok(id.as_str_or_null()?)).doing(doing)?;
        let is_group_member: bool = assignment.get(2).doing(doing)?;
        let license_id = set_id.and_then(|set_id| licenses.get(set_id));
        let has_group = is_group_member || set_id.is_some_and(|set_id| groups.contains(set_id));
        if license_id.is_none() && !has_group {
            continue;
        }
        let user_id = assignment.get_ref(0).and_then(|id| Ok(id.as_str()?)).doing(doing)?;
        let user = needs.by_user.entry_ref(user_id).or_default();
        user.has_group |= has_group;
        user.license_ids.extend(license_id.cloned());
    }
    Ok(needs)
}
