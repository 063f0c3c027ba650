//! Reading the collected data, as it is now or as it was.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::database::{kept_datasets, open_for_reading, views};
use super::error::Doing as _;
use super::{Error, history, logins};
use crate::base::utc_text;

/// The database, open for reading at one state. Runs may write beside it; what it reads does not change.
pub struct Reader {
    pub(super) connection: Connection,
    as_of: Timestamp,
}

impl Reader {
    /// Opens `path` at its newest state.
    ///
    /// # Errors
    /// [`Error::Missing`] without a database, [`Error::NoStateAt`] before the first merged run.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = open_snapshot(path)?;
        let newest: Option<i64> = connection
            .query_row("SELECT max(finished_at) FROM run WHERE merged = 1", [], |row| row.get(0))
            .doing("looking for the newest state")?;
        let as_of = newest
            .and_then(|finished| Timestamp::from_millisecond(finished).ok())
            .ok_or_else(|| Error::NoStateAt("now".to_owned()))?;
        Ok(Self { connection, as_of })
    }

    /// Opens `path` as it was at `as_of`: each org after its last run that had merged by then.
    ///
    /// # Errors
    /// [`Error::NoStateAt`] when no org had a merged run then.
    pub fn open_as_of(path: &Path, as_of: Timestamp) -> Result<Self, Error> {
        let connection = open_snapshot(path)?;
        let doing = "restoring an earlier state";
        connection
            .execute_batch(
                "CREATE TEMP TABLE org_state (org_no INTEGER PRIMARY KEY, run_no INTEGER NOT NULL)",
            )
            .doing(doing)?;
        let orgs = connection
            .execute(
                "INSERT INTO temp.org_state SELECT org_no, max(run_no) FROM main.run
                 WHERE merged = 1 AND finished_at <= ?1 GROUP BY org_no",
                params![as_of.as_millisecond()],
            )
            .doing(doing)?;
        if orgs == 0 {
            return Err(Error::NoStateAt(utc_text(as_of)));
        }
        for dataset in kept_datasets() {
            history::restore(&connection, &dataset)?;
        }
        logins::restore(&connection)?;
        for (name, definition) in views().filter(|(name, _)| *name != "org_state") {
            let temporary = definition.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1);
            debug_assert!(temporary.contains(name));
            connection.execute_batch(&temporary).doing(doing)?;
        }
        Ok(Self { connection, as_of })
    }

    /// The moment whose state is read: what was asked for, else the end of the newest merged run.
    pub fn as_of(&self) -> Timestamp {
        self.as_of
    }
}

/// A connection whose every statement sees the same state.
fn open_snapshot(path: &Path) -> Result<Connection, Error> {
    let connection = open_for_reading(path)?;
    connection.execute_batch("BEGIN").doing("opening a reading transaction")?;
    Ok(connection)
}
