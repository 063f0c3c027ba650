//! The file of the journal: made, opened, and asked for its head.

use std::fs::{self, DirBuilder};
use std::io::Read as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::chain::{ChainId, Hash, Record};
use super::error::Doing as _;
use super::{Error, random};
use crate::base::utc_text;

/// "SEAU" in ASCII: tells journals from other programs' databases (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x5345_4155;

/// How every SQLite database begins (SQLite, "Database File Format").
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The version of the schema and of what is hashed.
const FORMAT: &[u8] = b"1";

/// How long an append waits for other processes' appends, each of which takes less than a millisecond.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// Opens the journal at `path` for writing; makes it (mode 0600) and its folder (mode 0700) when there is none.
pub(super) fn open_for_writing(path: &Path, now: Timestamp) -> Result<(Connection, ChainId), Error> {
    if !path.exists() {
        create(path, now)?;
    }
    check_file(path)?;
    check_mode(path)?;
    let connection =
        connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|source| open_error(path, source))?;
    // A record that a power failure takes back looks like one that somebody cut off.
    connection.pragma_update(None, "synchronous", "FULL").doing("asking for durable writes")?;
    let chain = chain_id(&connection, path)?;
    end_with_checkpoint(&connection, true).doing("opening its log")?;
    Ok((connection, chain))
}

/// Opens the journal for reading, also when nothing can be written beside it.
pub(super) fn open_for_reading(path: &Path) -> Result<(Connection, ChainId), Error> {
    if !path.exists() {
        return Err(Error::Missing(path.into()));
    }
    check_file(path)?;
    match connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY) {
        Ok(connection) => chain_id(&connection, path).map(|chain| (connection, chain)),
        Err(source) => {
            // SQLite wants to write a companion file even for reading. Without one that holds events it need not.
            if fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0) {
                return Err(Error::LiveCopy(path.into()));
            }
            let absolute = fs::canonicalize(path).map_err(|source| Error::File {
                doing: "find",
                path: path.into(),
                source,
            })?;
            let connection = Connection::open_with_flags(
                immutable_uri(&absolute),
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            )
            .and_then(|connection| prepare(&connection).map(|()| connection))
            .map_err(|_| open_error(path, source))?;
            chain_id(&connection, path).map(|chain| (connection, chain))
        }
    }
}

/// The number and hash of the last event; 0 and the genesis before the first.
pub(super) fn head(connection: &Connection, chain: &ChainId) -> Result<(u64, Hash), Error> {
    let last = connection
        .prepare_cached("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1")
        .and_then(|mut statement| {
            statement.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?))).optional()
        })
        .doing("reading the last event")?;
    Ok(last.map_or((0, chain.genesis()), |(seq, hash)| (seq.unsigned_abs(), hash)))
}

/// The columns of an event that count.
pub(super) const RECORD_COLUMNS: &str = "seq, body, prev, hash";

/// Reads [`RECORD_COLUMNS`]. A number below zero is no event's, whatever its amount.
pub(super) fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<Record> {
    let seq: i64 = row.get(0)?;
    Ok(Record {
        seq: u64::try_from(seq).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, seq))?,
        body: row.get(1)?,
        previous: row.get(2)?,
        hash: row.get(3)?,
    })
}

/// The event of that number.
pub(super) fn record_at(connection: &Connection, seq: u64) -> Result<Option<Record>, Error> {
    connection
        .prepare_cached(&format!("SELECT {RECORD_COLUMNS} FROM event WHERE seq = ?1"))
        .and_then(|mut statement| statement.query_row([signed(seq)], record).optional())
        .doing("reading an event")
}

/// SQLite's integers have a sign; no sequence gets that far.
pub(super) fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A file beside the journal whose name is longer by `suffix`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes the whole file beside its place and then links it there, so that processes that start together find either
/// none or a complete one; the first of them succeeds, and the others use its file.
fn create(path: &Path, now: Timestamp) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| Error::File {
        doing: "make the folder of the audit journal",
        path: folder.into(),
        source,
    })?;
    let failed = |source| Error::File { doing: "make the audit journal", path: path.into(), source };
    let fresh = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    {
        let connection = connect(fresh.path(), OpenFlags::SQLITE_OPEN_READ_WRITE)
            .map_err(|source| open_error(path, source))?;
        let chain_id = random::<16>()?;
        let created = utc_text(now);
        let meta: [(&str, &[u8]); 3] =
            [("chain_id", &chain_id), ("format", FORMAT), ("created", created.as_bytes())];
        end_with_checkpoint(&connection, true)
            .and_then(|()| connection.pragma_update(None, "synchronous", "OFF"))
            .and_then(|()| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.execute_batch(include_str!("schema.sql")))
            .and_then(|()| connection.pragma_update(None, "application_id", APPLICATION_ID))
            .doing("making its tables")?;
        for entry in meta {
            connection.execute("INSERT INTO meta VALUES (?1, ?2)", entry).doing("naming the chain")?;
        }
    }
    // Once for all that was written, before anybody can find it.
    fresh.as_file().sync_all().map_err(failed)?;
    match fresh.persist_noclobber(path) {
        Ok(_) => fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed),
        Err(refused) if refused.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(failed(refused.error)),
    }
}

fn check_mode(path: &Path) -> Result<(), Error> {
    let found =
        fs::metadata(path).map_err(|source| Error::File { doing: "look at", path: path.into(), source })?;
    let mode = found.mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    // Looked at only now that nothing will be opened: whoever closes the file gives up this process's locks on it.
    let mut start = [0; SQLITE_HEADER.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    if read.is_ok() && &start == SQLITE_HEADER {
        Err(Error::TooOpen { path: path.into(), mode })
    } else {
        Err(Error::Foreign(path.into()))
    }
}

/// Refuses what is no regular file; opening a pipe would wait for somebody at its other end.
fn check_file(path: &Path) -> Result<(), Error> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(Error::Foreign(path.into())),
        _ => Ok(()),
    }
}

/// Whether the log is written into the file when the last connection ends. A log that belongs to another database would
/// destroy it, so this waits until the journal is known to be one.
fn end_with_checkpoint(connection: &Connection, wanted: bool) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !wanted).map(|_| ())
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&connection)?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    end_with_checkpoint(connection, false)?;
    // A misspelled column must be an error, not a text literal.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // The first read shows whether this is a database at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

fn chain_id(connection: &Connection, path: &Path) -> Result<ChainId, Error> {
    let application: i64 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .map_err(|source| open_error(path, source))?;
    let meta = |key: &str| {
        connection.query_row("SELECT v FROM meta WHERE k = ?1", [key], |row| row.get::<_, Vec<u8>>(0))
    };
    let is_known = application == APPLICATION_ID && meta("format").is_ok_and(|format| format == FORMAT);
    let id = meta("chain_id").ok().filter(|_| is_known).and_then(|id| id.try_into().ok());
    id.map(ChainId).ok_or_else(|| Error::Foreign(path.into()))
}

fn open_error(path: &Path, source: rusqlite::Error) -> Error {
    Error::Open { path: path.into(), source }
}

/// SQLite's name for a file that nobody writes to while it is open (<https://www.sqlite.org/uri.html>).
fn immutable_uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}
