//! Looking after the database file: a copy that is whole, and a check of every page.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::Error;
use super::database::{create_private, open_for_reading};
use super::error::Doing as _;

/// Copies the database at `path` to the new file `copy` (mode 0600) while others may read and write it.
///
/// # Errors
/// [`Error::File`] when `copy` exists or cannot be written.
pub fn backup(path: &Path, copy: &Path) -> Result<(), Error> {
    let source = open_for_reading(path)?;
    if copy.exists() {
        return Err(Error::File {
            doing: "write the copy",
            path: copy.into(),
            source: std::io::ErrorKind::AlreadyExists.into(),
        });
    }
    create_private(copy).map_err(|error| match error {
        Error::File { path, source, .. } => Error::File { doing: "create the copy", path, source },
        other => other,
    })?;
    copy_pages(&source, copy).inspect_err(|_| {
        // Half a copy would pass for one, and be in the way of the next.
        let _ = std::fs::remove_file(copy);
    })
}

fn copy_pages(source: &Connection, copy: &Path) -> Result<(), Error> {
    let mut target = Connection::open(copy).map_err(|source| Error::Open { path: copy.into(), source })?;
    Backup::new(source, &mut target)
        .and_then(|backup| backup.run_to_completion(1024, Duration::ZERO, None))
        .doing("copying the database")?;
    // The copy is one file, ready to be moved away.
    target.pragma_update(None, "journal_mode", "DELETE").doing("closing the copy")
}

/// Checks every page, index and constraint; returns what is wrong, nothing when all is well.
///
/// # Errors
/// [`Error::Damaged`] when the file cannot even be opened as a database.
pub fn check(path: &Path) -> Result<Vec<String>, Error> {
    let connection = open_for_reading(path)?;
    let mut findings: Vec<String> = connection
        .prepare("PRAGMA integrity_check")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .doing("checking the database")?;
    findings.retain(|finding| finding != "ok");
    let broken: Vec<String> = connection
        .prepare("PRAGMA foreign_key_check")
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
                    Ok(format!("a row of {table} refers to a missing row of {parent}"))
                })?
                .collect()
        })
        .doing("checking the references")?;
    findings.extend(broken);
    Ok(findings)
}
