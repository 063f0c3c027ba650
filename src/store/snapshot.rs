//! Connections whose every statement sees the same state: the newest one, or an earlier one restored into temporary tables.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::database::{kept_datasets, open_for_reading, view_definition, views};
use super::error::Doing as _;
use super::{Error, history, logins, purge};
use crate::base::{milliseconds_text, utc_text};

/// The newest state of the database at `path`.
///
/// # Errors
/// [`Error::Missing`] without a database; the reasons of a database that cannot be read.
pub(super) fn newest(path: &Path) -> Result<Connection, Error> {
    let connection = begin(path)?;
    hide_other_views(&connection)?;
    Ok(connection)
}

/// Each org after its last run that had merged by `as_of`.
///
/// # Errors
/// [`Error::NoStateAt`] when no org had a merged run then, [`Error::Purged`] before what a purge took.
pub(super) fn at(path: &Path, as_of: Timestamp) -> Result<Connection, Error> {
    let connection = begin(path)?;
    if let Some(horizon) = purge::horizon(&connection)?.filter(|horizon| as_of.as_millisecond() < *horizon) {
        return Err(Error::Purged(milliseconds_text(horizon).unwrap_or_default()));
    }
    let doing = "restoring an earlier state";
    connection
        .execute_batch("CREATE TEMP TABLE org_state (org_no INTEGER PRIMARY KEY, run_no INTEGER NOT NULL)")
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
    for (_, definition) in views().filter(|(name, _)| *name != "org_state") {
        make_temporary(&connection, definition)?;
    }
    Ok(connection)
}

fn begin(path: &Path) -> Result<Connection, Error> {
    let connection = open_for_reading(path)?;
    connection.execute_batch("BEGIN").doing("opening a reading transaction")?;
    Ok(connection)
}

/// Hides the views of a database that another version of the program wrote last.
fn hide_other_views(connection: &Connection) -> Result<(), Error> {
    for (name, definition) in views() {
        if view_definition(connection, name)?.as_deref() != Some(definition) {
            make_temporary(connection, definition)?;
        }
    }
    Ok(())
}

/// Makes a view for this connection alone. It hides the one of the same name and sees temporary tables.
fn make_temporary(connection: &Connection, definition: &str) -> Result<(), Error> {
    connection
        .execute_batch(&definition.replacen("CREATE VIEW", "CREATE TEMP VIEW", 1))
        .doing("making the views of this connection")
}
