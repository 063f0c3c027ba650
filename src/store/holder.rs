//! Users as holders of seats, with the last logins of the collected history.

use std::rc::Rc;

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params_from_iter};

use super::error::Doing as _;
use super::reader::among;
use super::rows::Selection;
use super::{Error, Reader};

/// A license that somebody holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLicense {
    /// `user`, `permission_set`, `package` or `feature`.
    pub kind: &'static str,
    /// Salesforce's id; for a feature license its flag.
    pub license_id: String,
    /// Key of the license as the view `licenses` has it; `None` when the license itself was not read.
    pub key: Option<String>,
    /// Label of the license as the view `licenses` has it; `None` when the license itself was not read.
    pub name: Option<String>,
}

/// A user as the holder of seats. Of a holder whose own record was not read, only org and id are known.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    /// Short name of the org.
    pub org: Rc<str>,
    /// Salesforce's id.
    pub user_id: String,
    /// Login name.
    pub username: Option<String>,
    /// First and last name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Employee number.
    pub employee_number: Option<String>,
    /// Name at the identity provider.
    pub federation_identifier: Option<String>,
    /// Configured company.
    pub company: Option<Rc<str>>,
    /// Department.
    pub department: Option<Rc<str>>,
    /// The configured extra fields, as JSON.
    pub extra: Option<String>,
    /// Salesforce's class of user.
    pub user_type: Option<Rc<str>>,
    /// Whether the account may be used.
    pub is_active: Option<bool>,
    /// Whether login is blocked; `None` when nobody could read it.
    pub is_frozen: Option<bool>,
    /// The user license that the profile stands on, also of deactivated users, who hold no seat of it.
    pub user_license: Option<Rc<HeldLicense>>,
    /// Whether the org is a sandbox.
    pub is_in_sandbox: bool,
    /// When the account was made.
    pub created_at: Option<Timestamp>,
    /// The last login by Salesforce's own field.
    pub last_login_at: Option<Timestamp>,
    /// The last successful interactive login in the collected history.
    pub last_interactive_at: Option<Timestamp>,
    /// The last successful login by API in the collected history.
    pub last_api_at: Option<Timestamp>,
    /// The last successful login of an unknown kind in the collected history.
    pub last_unknown_at: Option<Timestamp>,
}

/// A user and the feature licenses that the record names, as a JSON array.
#[derive(Clone)]
pub(super) struct HolderRecord {
    pub(super) holder: Rc<Holder>,
    pub(super) features: Option<Rc<str>>,
}

impl Reader {
    /// All users, by org and id, whether a seat is held or not.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn users_with_logins(&self, selection: &Selection) -> Result<Vec<Rc<Holder>>, Error> {
        let mut users = Vec::new();
        for (org_no, org) in self.selected_orgs(selection)? {
            let of_org = self.users_of(org_no, &org, &selection.companies)?;
            users.extend(of_org.iter().map(|user| Rc::clone(&user.holder)));
        }
        Ok(users)
    }

    /// The users of an org, by id; read once, as what a reader shows does not change.
    pub(super) fn users_of(
        &self,
        org_no: i64,
        org: &Rc<str>,
        companies: &[String],
    ) -> Result<Rc<[HolderRecord]>, Error> {
        self.users.get(org_no, companies, || {
            if companies.is_empty() {
                return holders_of_org(&self.connection, org_no, org).map(Rc::from);
            }
            let is_selected = |user: &&HolderRecord| {
                user.holder
                    .company
                    .as_deref()
                    .is_some_and(|company| companies.iter().any(|one| one == company))
            };
            Ok(self.users_of(org_no, org, &[])?.iter().filter(is_selected).cloned().collect())
        })
    }

    /// The selected orgs that have a state, by name.
    pub(super) fn selected_orgs(&self, selection: &Selection) -> Result<Vec<(i64, Rc<str>)>, Error> {
        let (condition, names) = among("org.org", &selection.orgs);
        self.connection
            .prepare(&format!(
                "SELECT org.org_no, org.org FROM org_state AS state JOIN org ON org.org_no = state.org_no
                 WHERE {condition} ORDER BY org.org"
            ))
            .and_then(|mut statement| {
                let named = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?.into()));
                statement.query_map(params_from_iter(names), named)?.collect()
            })
            .doing("reading the orgs")
    }
}

/// The users of an org, by id.
fn holders_of_org(connection: &Connection, org_no: i64, org: &Rc<str>) -> Result<Vec<HolderRecord>, Error> {
    let doing = "reading the users";
    let around = Surroundings::read(connection, org_no).doing(doing)?;
    let mut common = Common::default();
    let read = |row: &Row<'_>| {
        let text = |place| -> rusqlite::Result<Option<String>> { row.get(place) };
        let mut common = |place| -> rusqlite::Result<Option<Rc<str>>> {
            Ok(row.get_ref(place)?.as_str_or_null()?.map(|text| common.shared(text)))
        };
        let user_id: String = row.get(0)?;
        let is_frozen = around.frozen.as_ref().map(|frozen| frozen.contains(&user_id));
        let profile = row.get_ref(11)?.as_str_or_null()?;
        let user_license = profile.and_then(|profile| around.licenses.get(profile).cloned());
        let holder = Holder {
            org: Rc::clone(org),
            user_id,
            username: text(1)?,
            name: text(2)?,
            email: text(3)?,
            employee_number: text(4)?,
            federation_identifier: text(5)?,
            company: around.company(row.get_ref(6)?.as_str_or_null()?),
            department: common(7)?,
            extra: text(8)?,
            user_type: common(9)?,
            is_active: row.get(10)?,
            is_frozen,
            user_license,
            is_in_sandbox: around.is_sandbox,
            created_at: instant(row.get(12)?),
            last_login_at: instant(row.get(13)?),
            last_interactive_at: instant(row.get(15)?),
            last_api_at: instant(row.get(16)?),
            last_unknown_at: instant(row.get(17)?),
        };
        Ok(HolderRecord { holder: Rc::new(holder), features: common(14)? })
    };
    connection
        .prepare_cached(
            "SELECT u.id, u.username, u.name, u.email, u.employee_number, u.federation_identifier, u.company_name,
                 u.department, u.extra, u.user_type, u.is_active, u.profile_id, u.created_at, u.last_login_at,
                 u.feature_licenses, l.last_interactive_at, l.last_api_at, l.last_unknown_at
             FROM user_now AS u LEFT JOIN login_user AS l ON l.org_no = u.org_no AND l.user_id = u.id
             WHERE u.org_no = ?1 ORDER BY u.id",
        )
        .and_then(|mut statement| statement.query_map([org_no], read)?.collect())
        .doing(doing)
}

/// Texts that many users have in common, each kept once.
#[derive(Default)]
struct Common(HashSet<Rc<str>>);

impl Common {
    fn shared(&mut self, text: &str) -> Rc<str> {
        Rc::clone(self.0.get_or_insert_with(text, |text| Rc::from(text)))
    }
}

/// What users are joined to: small tables, or few rows of large ones.
struct Surroundings {
    /// The configured company of each spelling; the empty one stands for every user.
    companies: HashMap<String, Rc<str>>,
    /// The user license of each profile.
    licenses: HashMap<String, Rc<HeldLicense>>,
    /// The frozen users; `None` when nobody could read who is.
    frozen: Option<HashSet<String>>,
    is_sandbox: bool,
}

impl Surroundings {
    fn read(connection: &Connection, org_no: i64) -> rusqlite::Result<Self> {
        let companies = connection
            .prepare_cached("SELECT spelling, company FROM company_spelling_now WHERE org_no = ?1")?
            .query_map([org_no], |row| Ok((row.get(0)?, row.get::<_, String>(1)?.into())))?
            .collect::<rusqlite::Result<_>>()?;
        let license = |row: &Row<'_>| {
            let license =
                HeldLicense { kind: "user", license_id: row.get(1)?, key: row.get(2)?, name: row.get(3)? };
            Ok((row.get(0)?, Rc::new(license)))
        };
        let licenses = connection
            .prepare_cached(
                "SELECT p.id, p.user_license_id, l.license_definition_key, l.name FROM profile_now AS p
                 LEFT JOIN user_license_now AS l ON l.org_no = p.org_no AND l.id = p.user_license_id
                 WHERE p.org_no = ?1 AND p.user_license_id IS NOT NULL",
            )?
            .query_map([org_no], license)?
            .collect::<rusqlite::Result<_>>()?;
        let (knows_frozen, is_sandbox): (bool, bool) = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM object_state_now WHERE org_no = ?1 AND object = 'UserLogin'),
                 coalesce((SELECT max(is_sandbox) FROM organization_now WHERE org_no = ?1), 0)",
            [org_no],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let frozen = connection
            .prepare_cached("SELECT user_id FROM user_login_now WHERE org_no = ?1 AND is_frozen = 1")?
            .query_map([org_no], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { companies, licenses, frozen: knows_frozen.then_some(frozen), is_sandbox })
    }

    fn company(&self, company_name: Option<&str>) -> Option<Rc<str>> {
        company_name.and_then(|name| self.companies.get(name)).or_else(|| self.companies.get("")).cloned()
    }
}

pub(super) fn instant(milliseconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds?).ok()
}
