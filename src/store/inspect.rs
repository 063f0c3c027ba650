//! Questions a run asks of the database and of its stage before it merges.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::error::Doing as _;
use super::runs::Run;
use super::{Error, Store, logins};
use crate::base::RecordId;
use crate::catalogue::Object;
use crate::store::merge::LoginWindow;

/// A number that cannot be: SQL for the dataset's table, the number's column, and the least value that can be. -1 seats
/// stand for "unlimited".
const LEAST_VALUES: &[(&str, &str, &str, i64)] = &[
    ("user_license", "name", "total", -1),
    ("user_license", "name", "used", 0),
    ("permission_set_license", "label", "total", -1),
    ("permission_set_license", "label", "used", 0),
    ("package_license", "namespace_prefix", "allowed", -1),
    ("package_license", "namespace_prefix", "used", 0),
];

impl Store {
    /// For each object of which a whole state exists: whether the last merged run read it.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn objects_read(&self, run: &Run) -> Result<BTreeMap<String, bool>, Error> {
        self.connection
            .prepare("SELECT object, status = 'complete' FROM object_state_now WHERE org_no = ?1")
            .and_then(|mut statement| {
                statement.query_map([run.org_no], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
            })
            .doing("reading which objects are known")
    }

    /// Up to where earlier runs that asked for the same have read the login history, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn logins_read_until(&self, run: &Run, request: &str) -> Result<Option<i64>, Error> {
        logins::read_until(&self.connection, run.org_no, request)
    }

    /// How many rows each object had in the org's last merged run.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn last_rows(&self, run: &Run) -> Result<BTreeMap<String, u64>, Error> {
        self.connection
            .prepare(
                "SELECT object, rows FROM run_object WHERE status = 'complete' AND run_no = (
                     SELECT max(run_no) FROM run WHERE org_no = ?1 AND merged = 1)",
            )
            .and_then(|mut statement| {
                statement
                    .query_map([run.org_no], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
                    .collect()
            })
            .doing("reading how large the objects are")
    }

    /// The ids that cut the current rows of `object` into `parts` equal parts; none when there are too few rows.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn id_quantiles(&self, run: &Run, object: &Object, parts: u64) -> Result<Vec<String>, Error> {
        let (table, doing) = (object.dataset.table, "cutting an object into ranges");
        let rows: i64 = self
            .connection
            .query_row(&format!("SELECT count(*) FROM {table}_now WHERE org_no = ?1"), [run.org_no], |row| {
                row.get(0)
            })
            .doing(doing)?;
        let part = rows / i64::try_from(parts).unwrap_or(i64::MAX);
        if part < 2 {
            return Ok(Vec::new());
        }
        // From bound to bound: each id is passed once, and nothing is sorted.
        let mut next = self
            .connection
            .prepare(&format!(
                "SELECT id FROM {table}_now WHERE org_no = ?1 AND id >= ?2 ORDER BY id LIMIT 1 OFFSET ?3"
            ))
            .doing(doing)?;
        let mut bounds: Vec<String> = Vec::new();
        for _ in 1..parts {
            let last = bounds.last().map_or("", String::as_str);
            let bound = next.query_row(params![run.org_no, last, part], |row| row.get(0)).doing(doing)?;
            bounds.push(bound);
        }
        Ok(bounds)
    }

    /// How many seats are used of the staged licenses of an object, as Salesforce counts them.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn staged_used_seats(&self, object: &Object) -> Result<u64, Error> {
        let table = object.dataset.table;
        let sql = format!("SELECT coalesce(sum(used), 0) FROM temp.staged_{table} WHERE used > 0");
        let used: i64 = self.connection.query_row(&sql, [], |row| row.get(0)).doing("counting used seats")?;
        Ok(used.unsigned_abs())
    }

    /// The ids of the staged organizations.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn staged_organization_ids(&self) -> Result<Vec<String>, Error> {
        self.connection
            .prepare("SELECT id FROM temp.staged_organization ORDER BY id")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .doing("reading the staged organization")
    }

    /// The name of the staged organization.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn staged_organization_name(&self) -> Result<Option<String>, Error> {
        self.connection
            .query_row("SELECT name FROM temp.staged_organization", [], |row| row.get(0))
            .optional()
            .doing("reading the staged organization")
    }

    /// Whether the staged logins show nobody but `user_id`, although other users' last logins fall into the window:
    /// without the right to see others' logins, Salesforce answers with one's own and no error.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn staged_logins_hide_others(&self, user_id: RecordId, window: LoginWindow) -> Result<bool, Error> {
        self.connection
            .query_row(
                "SELECT NOT EXISTS (SELECT 1 FROM stage.login WHERE user_id <> ?1)
                 AND EXISTS (SELECT 1 FROM temp.staged_user
                     WHERE id <> ?1 AND last_login_at >= ?2 AND last_login_at < ?3)",
                params![user_id.as_str(), window.from_milliseconds, window.until_milliseconds],
                |row| row.get(0),
            )
            .doing("checking whose logins are visible")
    }

    /// A sentence for each staged seat number that cannot be.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn staged_impossible_numbers(&self, tables: &[&str]) -> Result<Vec<String>, Error> {
        let mut findings = Vec::new();
        for (table, name, column, least) in LEAST_VALUES.iter().filter(|(table, ..)| tables.contains(table)) {
            let mut statement = self
                .connection
                .prepare(&format!(
                    "SELECT coalesce({name}, id), {column} FROM temp.staged_{table} WHERE {column} < {least} ORDER BY id"
                ))
                .doing("checking seat numbers")?;
            let found: Vec<(String, i64)> = statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
                .and_then(Iterator::collect)
                .doing("checking seat numbers")?;
            findings.extend(found.into_iter().map(|(license, number)| {
                format!("the license `{license}` has {column} {number}, which cannot be")
            }));
        }
        Ok(findings)
    }
}
