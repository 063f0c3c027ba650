//! Users with the last logins of the collected history. Each table is read once; they are joined here, because the
//! login days are many and lie by day, not by user.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::{Connection, Row, named_params, params_from_iter};

use super::error::Doing as _;
use super::reader::among;
use super::rows::Selection;
use super::{Error, Reader};

const DAY_MILLISECONDS: i64 = 86_400_000;

/// A user as the holder of seats. Of a holder whose own record was not read, only org and id are known.
#[derive(Clone, Debug, Default)]
pub struct AccountRow {
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
    pub company: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// The configured extra fields, as JSON.
    pub extra: Option<String>,
    /// Salesforce's class of user.
    pub user_type: Option<String>,
    /// Whether the account may be used.
    pub is_active: Option<bool>,
    /// Whether login is blocked; `None` when nobody could read it.
    pub is_frozen: Option<bool>,
    /// The user license that the profile stands on, also of deactivated users, who hold no seat of it.
    pub user_license_id: Option<String>,
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
pub(super) struct Account {
    pub(super) row: AccountRow,
    pub(super) features: Option<String>,
}

impl Reader {
    /// Hands each user to `each`, by org and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn accounts<E: From<Error>>(
        &self,
        selection: &Selection,
        mut each: impl FnMut(AccountRow) -> Result<(), E>,
    ) -> Result<(), E> {
        for (org_no, org) in self.selected_orgs(selection)? {
            let accounts = accounts_of_org(&self.connection, org_no, &org, &selection.companies)?;
            accounts.into_iter().map(|account| account.row).try_for_each(&mut each)?;
        }
        Ok(())
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
pub(super) fn accounts_of_org(
    connection: &Connection,
    org_no: i64,
    org: &Rc<str>,
    companies: &[String],
) -> Result<Vec<Account>, Error> {
    let doing = "reading the users";
    let last_logins = last_logins(connection, org_no)?;
    let companies = (!companies.is_empty()).then(|| serde_json::json!(companies).to_string());
    let mut statement = connection
        .prepare_cached(
            "SELECT u.id, u.username, u.name, u.email, u.employee_number, u.federation_identifier,
                 coalesce(spelling.company, whole.company) AS company, u.department, u.extra, u.user_type,
                 u.is_active, iif(logins_read.object IS NULL, NULL, coalesce(login.is_frozen, 0)),
                 p.user_license_id, u.created_at, u.last_login_at, u.feature_licenses
             FROM user_now AS u
             LEFT JOIN company_spelling_now AS spelling
                 ON spelling.org_no = u.org_no AND spelling.spelling = u.company_name
             LEFT JOIN company_spelling_now AS whole ON whole.org_no = u.org_no AND whole.spelling = ''
             LEFT JOIN object_state_now AS logins_read
                 ON logins_read.org_no = u.org_no AND logins_read.object = 'UserLogin'
             LEFT JOIN user_login_now AS login ON login.org_no = u.org_no AND login.user_id = u.id
             LEFT JOIN profile_now AS p ON p.org_no = u.org_no AND p.id = u.profile_id
             WHERE u.org_no = :org_no AND (:companies IS NULL
                 OR coalesce(spelling.company, whole.company) IN (SELECT value FROM json_each(:companies)))
             ORDER BY u.id",
        )
        .doing(doing)?;
    let read = |row: &Row<'_>| {
        let user_id: String = row.get(0)?;
        let last = last_logins.get(&user_id).copied().unwrap_or_default();
        let account = AccountRow {
            org: Rc::clone(org),
            user_id,
            username: row.get(1)?,
            name: row.get(2)?,
            email: row.get(3)?,
            employee_number: row.get(4)?,
            federation_identifier: row.get(5)?,
            company: row.get(6)?,
            department: row.get(7)?,
            extra: row.get(8)?,
            user_type: row.get(9)?,
            is_active: row.get(10)?,
            is_frozen: row.get(11)?,
            user_license_id: row.get(12)?,
            created_at: instant(row.get(13)?),
            last_login_at: instant(row.get(14)?),
            last_interactive_at: instant(last.interactive),
            last_api_at: instant(last.api),
            last_unknown_at: instant(last.unknown),
        };
        Ok(Account { row: account, features: row.get(15)? })
    };
    statement
        .query_map(named_params! { ":org_no": org_no, ":companies": companies }, read)
        .and_then(Iterator::collect)
        .doing(doing)
}

pub(super) fn instant(milliseconds: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millisecond(milliseconds?).ok()
}

/// The last logins of a user, in milliseconds since 1970.
#[derive(Clone, Copy, Default)]
struct LastLogins {
    interactive: Option<i64>,
    api: Option<i64>,
    unknown: Option<i64>,
}

/// The last logins of each user of an org.
fn last_logins(connection: &Connection, org_no: i64) -> Result<HashMap<String, LastLogins>, Error> {
    let doing = "reading the login days";
    let mut by_number: HashMap<i64, LastLogins> = HashMap::new();
    let mut statement = connection
        .prepare_cached(
            "SELECT user_no, day, last_interactive, last_api, last_unknown FROM login_day_now WHERE org_no = ?1",
        )
        .doing(doing)?;
    let mut days = statement.query([org_no]).doing(doing)?;
    while let Some(day) = days.next().doing(doing)? {
        let (user_no, start) =
            (|| Ok((day.get(0)?, day.get::<_, i64>(1)? * DAY_MILLISECONDS)))().doing(doing)?;
        let last = by_number.entry(user_no).or_default();
        for (place, newest) in [(2, &mut last.interactive), (3, &mut last.api), (4, &mut last.unknown)] {
            let time: Option<i64> = day.get(place).doing(doing)?;
            *newest = (*newest).max(time.map(|time| start + time));
        }
    }
    connection
        .prepare_cached("SELECT user_no, user_id FROM login_user WHERE org_no = ?1")
        .and_then(|mut statement| {
            let named =
                |row: &Row<'_>| Ok((row.get(1)?, by_number.get(&row.get(0)?).copied().unwrap_or_default()));
            statement.query_map([org_no], named)?.collect()
        })
        .doing(doing)
}
