//! Forgetting people's past: what the history says of persons before a horizon is removed from the file for good.
//!
//! Rows that are still current at the horizon keep their values, with the horizon as their start. What is not about
//! persons (licenses, counts, runs) stays, so that trends go on.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::database::kept_datasets;
use super::error::Doing as _;
use super::logins::DAY_MILLISECONDS;
use super::{Error, Store, last_logins};
use crate::base::utc_text;
use crate::catalogue::{Dataset, Privacy, Role};

/// What a purge removed, by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Rows removed from each table that had any, by name of the table.
    pub rows: Vec<(String, usize)>,
}

impl Purged {
    /// All rows together.
    pub fn total(&self) -> usize {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

impl Store {
    /// Removes what is known of persons before `horizon`, or only counts it when `is_rehearsal`.
    ///
    /// # Errors
    /// [`Error::HorizonAhead`] when the horizon is later than the newest state; [`Error::Statement`] when the database
    /// refuses, for instance because another program holds it. A purge that was cut short is finished by the next.
    pub fn purge(&mut self, horizon: Timestamp, now: Timestamp, is_rehearsal: bool) -> Result<Purged, Error> {
        let doing = "removing what lies before the horizon";
        let horizon_at = horizon.as_millisecond();
        let newest: Option<i64> = self
            .connection
            .query_row("SELECT max(finished_at) FROM run WHERE merged = 1", [], |row| row.get(0))
            .doing("looking for the newest state")?;
        if newest.is_none_or(|newest| newest < horizon_at) {
            return Err(Error::HorizonAhead(utc_text(horizon)));
        }
        // What is freed is overwritten, so that it is gone even before the file is rebuilt.
        self.connection.pragma_update(None, "secure_delete", true).doing(doing)?;
        let transaction = self.connection.transaction().doing(doing)?;
        transaction
            .execute_batch(
                "DROP TABLE IF EXISTS temp.horizon;
                 CREATE TEMP TABLE horizon (org_no INTEGER PRIMARY KEY, run_no INTEGER NOT NULL)",
            )
            .doing(doing)?;
        transaction
            .execute(
                "INSERT INTO temp.horizon SELECT org_no, max(run_no) FROM run
                 WHERE merged = 1 AND finished_at <= ?1 GROUP BY org_no",
                [horizon_at],
            )
            .doing(doing)?;
        let mut purged = Purged::default();
        for dataset in kept_datasets().filter(is_about_persons) {
            forget(&transaction, &dataset, &mut purged)?;
        }
        forget_logins(&transaction, horizon_at, &mut purged)?;
        if is_rehearsal {
            transaction.rollback().doing(doing)?;
            return Ok(purged);
        }
        transaction
            .execute(
                "INSERT OR REPLACE INTO purge VALUES (?1, ?2)",
                params![now.as_millisecond(), horizon_at],
            )
            .doing(doing)?;
        transaction.commit().doing(doing)?;
        self.connection
            .execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)")
            .doing("rebuilding the file without what was removed")?;
        Ok(purged)
    }
}

/// The latest instant before which persons were forgotten.
pub(super) fn horizon(connection: &Connection) -> Result<Option<i64>, Error> {
    connection
        .query_row("SELECT max(horizon_at) FROM purge", [], |row| row.get(0))
        .doing("looking for the horizon of what was purged")
}

fn is_about_persons(dataset: &Dataset) -> bool {
    dataset.fields.iter().any(|field| field.privacy == Privacy::Personal)
}

/// Removes the versions of a dataset that ended by the horizon, and lets those that span it begin there.
fn forget(connection: &Connection, dataset: &Dataset, purged: &mut Purged) -> Result<(), Error> {
    let has_counters = dataset.with_role(Role::Counter).next().is_some();
    let mut tables = vec![(format!("{}_past", dataset.table), "since_run")];
    tables.extend(has_counters.then(|| (format!("{}_counter_past", dataset.table), "since_run")));
    for (table, _) in &tables {
        remove(
            connection,
            table,
            "until_run <= (SELECT run_no FROM temp.horizon AS h WHERE h.org_no = t.org_no)",
            purged,
        )?;
    }
    tables.push((format!("{}_now", dataset.table), "since_run"));
    tables.extend(has_counters.then(|| (format!("{}_now", dataset.table), "counters_since_run")));
    for (table, since) in tables {
        connection
            .execute(
                &format!(
                    "UPDATE {table} AS t SET {since} = h.run_no FROM temp.horizon AS h
                     WHERE h.org_no = t.org_no AND t.{since} < h.run_no"
                ),
                [],
            )
            .doing("moving the start of what is kept")?;
    }
    Ok(())
}

/// Removes login days before the horizon, and the short numbers of users who have none left.
fn forget_logins(connection: &Connection, horizon_at: i64, purged: &mut Purged) -> Result<(), Error> {
    let first_day = horizon_at.div_euclid(DAY_MILLISECONDS);
    let until = "until_run <= (SELECT run_no FROM temp.horizon AS h WHERE h.org_no = t.org_no)";
    remove(connection, "login_day_now", &format!("day < {first_day}"), purged)?;
    remove(connection, "login_day_past", &format!("day < {first_day} OR {until}"), purged)?;
    for table in ["login_day_now", "login_day_past"] {
        connection
            .execute(
                &format!(
                    "UPDATE {table} AS t SET since_run = h.run_no FROM temp.horizon AS h
                     WHERE h.org_no = t.org_no AND t.since_run < h.run_no"
                ),
                [],
            )
            .doing("moving the start of what is kept")?;
    }
    remove(
        connection,
        "login_user",
        "user_no NOT IN (SELECT user_no FROM login_day_now UNION SELECT user_no FROM login_day_past)",
        purged,
    )?;
    last_logins::forget_before(connection, first_day).doing("removing what lies before the horizon")?;
    // From here on the collected history of logins begins at the horizon.
    connection
        .execute("UPDATE login_window SET from_at = ?1 WHERE from_at < ?1", [horizon_at])
        .map(|_| ())
        .doing("moving the start of the login history")
}

fn remove(connection: &Connection, table: &str, condition: &str, purged: &mut Purged) -> Result<(), Error> {
    let rows = connection
        .execute(&format!("DELETE FROM {table} AS t WHERE {condition}"), [])
        .doing("removing what lies before the horizon")?;
    if rows > 0 {
        purged.rows.push((table.to_owned(), rows));
    }
    Ok(())
}

/// Opens the database at `path` for a purge; unlike a collection, it never creates one.
///
/// # Errors
/// [`Error::Missing`] without a database, and those of [`Store::open`].
pub fn open_existing(path: &Path) -> Result<Store, Error> {
    if !path.exists() {
        return Err(Error::Missing(path.to_owned()));
    }
    Store::open(path)
}
