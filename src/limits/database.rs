//! The file behind the counts.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::Error;
use super::error::Doing as _;

/// "SELI" in ASCII: tells these files from others (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x5345_4c49;

/// How long a decision waits for other processes' decisions, each of which takes about a millisecond.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// The counts, open in this process.
pub struct Limits {
    connection: Connection,
}

impl Limits {
    /// Opens the file at `path`, and creates it (mode 0600) when there is none. Its folder must exist.
    ///
    /// # Errors
    /// [`Error`]; the caller refuses what it wanted to count.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            create(path)?;
        }
        // Opening a pipe may wait for somebody at its other end.
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::Foreign(path.into()));
        }
        let connection = connect(path).map_err(|source| Error::Open { path: path.into(), source })?;
        let application: i64 = connection
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .map_err(|source| Error::Open { path: path.into(), source })?;
        if application != APPLICATION_ID {
            return Err(Error::Foreign(path.into()));
        }
        end_with_checkpoint(&connection, true).map_err(|source| Error::Open { path: path.into(), source })?;
        Ok(Self { connection })
    }

    /// Runs `decide` alone on the file, with the present instant: `now`, or the latest that any process has seen when
    /// the clock was set back.
    pub(super) fn decide<T>(
        &mut self,
        now: Timestamp,
        decide: impl FnOnce(&Transaction<'_>, Timestamp) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("waiting for its turn")?;
        let latest: i64 = transaction
            .prepare_cached("UPDATE clock SET last_seen = max(last_seen, ?1) RETURNING last_seen")
            .and_then(|mut statement| statement.query_row([now.as_millisecond()], |row| row.get(0)))
            .doing("reading the time of the last call")?;
        let decision = decide(&transaction, Timestamp::from_millisecond(latest).unwrap_or(now))?;
        transaction.commit().doing("keeping the new count")?;
        Ok(decision)
    }
}

/// Makes the whole file beside its place and then links it there, so that processes that start together find either
/// none or a complete one; only the first of them succeeds, and the others use its file.
fn create(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Create { path: path.into(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fresh = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    {
        let connection =
            connect(fresh.path()).map_err(|source| Error::Open { path: fresh.path().into(), source })?;
        end_with_checkpoint(&connection, true)
            .and_then(|()| connection.pragma_update(None, "synchronous", "OFF"))
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.execute_batch(include_str!("schema.sql")))
            .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
            .doing("making its tables")?;
    }
    // Once for all that was written, before anybody can find it.
    fresh.as_file().sync_all().map_err(failed)?;
    match fresh.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(failed(refused.error)),
    }
}

/// Whether the log is written into the file when the last connection ends. A log that belongs to another database would
/// destroy it, so this waits until the file is known to be one of counts.
fn end_with_checkpoint(connection: &Connection, wanted: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !wanted).map(|_| ())
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_WAIT)?;
    end_with_checkpoint(&connection, false)?;
    // A misspelled column must be an error, not a text literal.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // What is counted is shared by processes at once and holds over their restarts and kills, which does not need the
    // disk. After a power failure the last calls may be counted anew: no record of the past is at stake here, as it is
    // in the journal, and a wait for the disk at each call would cost more than the calls themselves.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}
