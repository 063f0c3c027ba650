//! Users alike, counted once: what a merge counts of users, it counts from these few groups.

use hashbrown::HashMap;
use rusqlite::{Connection, params};

use super::Error;
use super::error::Doing as _;

/// Counts the users of the current state into `temp.user_group` (by company name, profile and state) and the active ones
/// into `temp.feature_group` (by the feature licenses they have). Company names are told apart only where they decide:
/// an org can have as many as users.
///
/// # Errors
/// [`Error::Statement`] when the database refuses.
pub(super) fn count(connection: &Connection, org_no: i64, by_company_name: bool) -> Result<(), Error> {
    count_groups(connection, org_no, by_company_name).doing("counting users")
}

/// Drops what [`count`] made.
///
/// # Errors
/// [`Error::Statement`] when the database refuses.
pub(super) fn forget(connection: &Connection) -> Result<(), Error> {
    connection
        .execute_batch("DROP TABLE temp.user_group; DROP TABLE temp.feature_group")
        .doing("counting users")
}

/// The groups are few and the users many: SQL's GROUP BY would sort them all. Two groupings beside each other stay small
/// where their combinations would not.
fn count_groups(connection: &Connection, org_no: i64, by_company_name: bool) -> rusqlite::Result<()> {
    type Group = (Option<String>, Option<String>, i64);
    let mut users_alike: HashMap<Group, i64> = HashMap::new();
    let mut features_alike: HashMap<String, i64> = HashMap::new();
    let mut select = connection.prepare(
        "SELECT iif(?2, company_name, NULL), profile_id, is_active, feature_licenses
         FROM main.user_now WHERE org_no = ?1 AND is_active IS NOT NULL",
    )?;
    let mut users = select.query(params![org_no, by_company_name])?;
    while let Some(user) = users.next()? {
        let is_active: i64 = user.get(2)?;
        *users_alike.entry((user.get(0)?, user.get(1)?, is_active)).or_default() += 1;
        if let (1, Some(features)) = (is_active, user.get_ref(3)?.as_str_or_null()?) {
            if let Some(count) = features_alike.get_mut(features) {
                *count += 1;
            } else {
                features_alike.insert(features.to_owned(), 1);
            }
        }
    }
    connection.execute_batch(
        "CREATE TEMP TABLE user_group (company_name, profile_id, is_active, users);
         CREATE TEMP TABLE feature_group (feature_licenses, users)",
    )?;
    let mut insert = connection.prepare("INSERT INTO temp.user_group VALUES (?1, ?2, ?3, ?4)")?;
    for ((company_name, profile_id, is_active), users) in users_alike {
        insert.execute(params![company_name, profile_id, is_active, users])?;
    }
    let mut insert = connection.prepare("INSERT INTO temp.feature_group VALUES (?1, ?2)")?;
    for (features, users) in features_alike {
        insert.execute(params![features, users])?;
    }
    Ok(())
}
