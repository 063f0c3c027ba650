//! Connections whose every statement sees the same state: the newest one, or an earlier one restored into temporary tables.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::database::{kept_datasets, open_for_reading, view_definition, views};
use super::error::Doing as _;
use super::{Error, history, logins, purge};
use crate::base::{milliseconds_text, utc_text};

/// How often a second connection tries to see what the first one sees, while others write.
const TRIES: usize = 10;

const BEGINNING: &str = "opening a reading transaction";

/// The newest state of the database at `path`, and a second connection that sees the tables of the same state. There is
/// none while others write all the time.
///
/// # Errors
/// [`Error::Missing`] without a database; the reasons of a database that cannot be read.
pub(super) fn newest(path: &Path) -> Result<(Connection, Option<Connection>), Error> {
    let (connection, beside) = (open_for_reading(path)?, open_for_reading(path)?);
    let is_same = begin_together(&connection, &beside).doing(BEGINNING)?;
    hide_other_views(&connection)?;
    Ok((connection, is_same.then_some(beside)))
}

/// Each org after its last run that had merged by `as_of`.
///
/// # Errors
/// [`Error::NoStateAt`] when no org had a merged run then, [`Error::Purged`] before what a purge took.
pub(super) fn at(path: &Path, as_of: Timestamp) -> Result<Connection, Error> {
    let connection = open_for_reading(path)?;
    begin(&connection).doing(BEGINNING)?;
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

/// Opens a reading transaction on `one`, and on `other` when both see the same state; whether they do.
fn begin_together(one: &Connection, other: &Connection) -> rusqlite::Result<bool> {
    for _ in 0..TRIES {
        let before = data_version(other)?;
        begin(one)?;
        // Nothing was committed since `before`, so nothing was while `one` began.
        if begin(other)? == before {
            return Ok(true);
        }
        one.execute_batch("ROLLBACK")?;
        other.execute_batch("ROLLBACK")?;
    }
    begin(one)?;
    Ok(false)
}

/// What the transaction sees is settled by its first reading statement.
fn begin(connection: &Connection) -> rusqlite::Result<i64> {
    connection.execute_batch("BEGIN")?;
    data_version(connection)
}

/// Another number whenever the connection sees what another one has committed since (SQLite, "PRAGMA data_version").
fn data_version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA data_version", [], |row| row.get(0))
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::store::Store;

    const WRITES: usize = 10_000;

    fn orgs(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM org", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn both_connections_see_the_same_state_while_another_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatledger.db");
        drop(Store::open(&path).unwrap());
        let mut pairs = Vec::new();
        thread::scope(|threads| {
            let writer = threads.spawn(|| {
                let writer = Connection::open(&path).unwrap();
                writer.pragma_update(None, "synchronous", "OFF").unwrap();
                for _ in 0..WRITES {
                    writer.execute("INSERT INTO org (org) VALUES (hex(randomblob(8)))", []).unwrap();
                }
            });
            while !writer.is_finished() {
                let (connection, beside) = newest(&path).unwrap();
                pairs.extend(beside.map(|beside| (orgs(&connection), orgs(&beside))));
            }
        });
        assert!(pairs.iter().all(|(one, other)| one == other), "{pairs:?}");
        assert!(pairs.first() < pairs.last(), "nothing was written meanwhile: {pairs:?}");
    }
}
