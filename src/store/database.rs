//! Opening the database for writing, and bringing an older one up to date.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior};
use rustix::io::Errno;

use super::error::Doing as _;
use super::lock::RunLock;
use super::{Error, history};
use crate::catalogue::{DERIVED, Dataset, OBJECTS, Shape};

/// "SEAT" in ASCII: tells Seatledger's databases from other programs' (SQLite's `application_id`).
const APPLICATION_ID: i64 = 0x5345_4154;

/// The steps from an empty file to the present schema; `user_version` counts those taken. Never change or remove one.
/// Tables of catalogue datasets are not among them: missing ones, and missing columns, are added at every open.
const MIGRATIONS: &[&str] =
    &[include_str!("schema.sql"), include_str!("purge.sql"), include_str!("last_login.sql")];

/// The public views: dropped and made again at every open for writing, so that they always match the program.
pub(super) const VIEWS: &str = include_str!("views.sql");

/// How every SQLite database begins (SQLite, "Database File Format").
const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// How long a statement waits for another program's lock before it fails.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// The database, open for writing under the run lock.
pub struct Store {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    _lock: RunLock,
}

impl Store {
    /// Opens `path` for writing, creates it (mode 0600) when there is none, takes the run lock, and migrates.
    ///
    /// # Errors
    /// [`Error::LockHeld`] while another run writes; [`Error::Newer`], [`Error::Foreign`] and [`Error::Damaged`]
    /// leave the file untouched.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let path = &canonical(path)?;
        let lock = RunLock::take(path)?;
        create_private(path)?;
        let mut connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .map_err(|source| open_error(path, source))?;
        prepare(&connection).map_err(|source| open_error(path, source))?;
        migrate(&mut connection, path)?;
        // From here on the log is known to be this database's.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
            .and_then(|_| connection.pragma_update(None, "journal_mode", "WAL"))
            .and_then(|()| connection.pragma_update(None, "synchronous", "FULL"))
            .doing("switching to write-ahead logging")?;
        Ok(Self { connection, path: path.into(), _lock: lock })
    }
}

/// The one path of the database, whatever links lead to it: the lock and the stage go by it. A file that is no
/// database is refused before anything is made beside it.
fn canonical(path: &Path) -> Result<PathBuf, Error> {
    let failed =
        |source| Error::File { doing: "reach the folder of the database", path: path.into(), source };
    let path = match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(existing), ..) => existing,
        (Err(source), ..) if leads_nowhere(&source) && path.is_symlink() => {
            return Err(Error::Link { path: path.into(), source });
        }
        (Err(source), ..) if source.kind() != ErrorKind::NotFound => return Err(failed(source)),
        (Err(_), Some(folder), Some(name)) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            fs::canonicalize(folder).map_err(failed)?.join(name)
        }
        (Err(source), ..) => return Err(failed(source)),
    };
    if path.to_str().is_none() {
        return Err(failed(std::io::Error::other("its name is not UTF-8, which SQLite asks for")));
    }
    let Ok(found) = fs::metadata(&path) else { return Ok(path) };
    if !found.is_file() {
        return Err(Error::Damaged { path, found: "it is no regular file".to_owned() });
    }
    let mut start = [0; SQLITE_HEADER.len()];
    let read = File::open(&path).and_then(|mut file| file.read_exact(&mut start));
    match read {
        Err(source) if source.kind() != ErrorKind::UnexpectedEof => {
            Err(Error::File { doing: "read the database", path, source })
        }
        _ if found.len() > 0 && &start != SQLITE_HEADER => {
            Err(Error::Damaged { path, found: "it does not begin as one".to_owned() })
        }
        _ => Ok(path),
    }
}

fn leads_nowhere(error: &std::io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP))
}

/// Opens `path` for reading beside a writer.
pub(super) fn open_for_reading(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Missing(path.into()));
    }
    // Opening a pipe would wait for somebody at its other end.
    if !path.is_file() {
        return Err(Error::Damaged { path: path.into(), found: "it is no regular file".to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(|made| prepare(&made).map(|()| made));
    let connection = match opened {
        // Where nothing can be written, not even the log's index can be made; without a log there is nothing in it.
        Err(refused) if is_unwritable(&refused) && !log_of(path).exists() => open_unchanging(path, flags),
        other => other,
    }
    .map_err(|source| open_error(path, source))?;
    let found = version(&connection, path)?;
    let known = newest_version();
    if found < known {
        return Err(Error::Older { path: path.into(), found, known });
    }
    Ok(connection)
}

fn is_unwritable(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen))
}

/// The write-ahead log beside the database.
fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

/// Whose database the file is without the log beside it.
fn application_without_log(path: &Path) -> Option<i64> {
    let connection = open_unchanging(path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    connection.pragma_query_value(None, "application_id", |row| row.get(0)).ok()
}

/// Opens a database that nobody can change meanwhile (SQLite, "URI Filenames": `immutable`).
fn open_unchanging(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let mut uri = "file:".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'%' | b'?' | b'#' => uri.push_str(&format!("%{byte:02X}")),
            other => uri.push(char::from(other)),
        }
    }
    uri.push_str("?immutable=1");
    let connection = Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?;
    prepare(&connection).map(|()| connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    // A log that belongs to another database would be written into this one when the connection ends.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    // A misspelled column must be an error, not a text literal.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    // The first read shows whether this is a database at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}

pub(super) fn create_private(path: &Path) -> Result<(), Error> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(refused) if refused.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(Error::File { doing: "create the database", path: path.into(), source }),
    }
}

fn open_error(path: &Path, source: rusqlite::Error) -> Error {
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::Damaged { path: path.into(), found: source.to_string() }
        }
        _ => match out_of_files() {
            Some(source) => Error::File { doing: "open the database", path: path.into(), source },
            None => Error::Open { path: path.into(), source },
        },
    }
}

/// The error of opening as many files as a database is made of, which SQLite does not tell from others. Another file is
/// tried: whoever closes one of the database's gives up this process's locks on it.
fn out_of_files() -> Option<std::io::Error> {
    let opened: Result<Vec<_>, _> = (0..3).map(|_| File::open("/dev/null")).collect();
    opened.err().filter(|source| matches!(Errno::from_io_error(source), Some(Errno::MFILE | Errno::NFILE)))
}

fn newest_version() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The schema version of a database that is Seatledger's, or empty (0).
fn version(connection: &Connection, path: &Path) -> Result<i64, Error> {
    let pragma = |name: &str| -> Result<i64, Error> {
        connection.pragma_query_value(None, name, |row| row.get(0)).doing("reading the schema version")
    };
    let (application, found, known) = (pragma("application_id")?, pragma("user_version")?, newest_version());
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .doing("reading the schema")?;
    if application != APPLICATION_ID && tables > 0 {
        let is_ours_without_log =
            log_of(path).exists() && application_without_log(path) == Some(APPLICATION_ID);
        let error = if is_ours_without_log { Error::ForeignLog } else { Error::Foreign };
        return Err(error(path.into()));
    }
    if found > known {
        return Err(Error::Newer { path: path.into(), found, known });
    }
    Ok(found)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let found = version(connection, path)?;
    let steps = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default());
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .doing("starting the migration")?;
    for step in steps {
        transaction.execute_batch(step).doing("migrating the schema")?;
    }
    for dataset in kept_datasets() {
        history::ensure_tables(&transaction, &dataset)?;
    }
    replace_views(&transaction)?;
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", newest_version()))
        .doing("recording the schema version")?;
    transaction.commit().doing("finishing the migration")
}

/// Every dataset that has history tables: all but logins, which are folded into days.
pub(super) fn kept_datasets() -> impl Iterator<Item = Dataset> {
    OBJECTS
        .iter()
        .filter(|object| object.shape != Shape::LoginDays)
        .map(|object| object.dataset)
        .chain(DERIVED.iter().copied())
}

/// Writes the views again only when they differ, so that opening an up-to-date database writes nothing.
fn replace_views(connection: &Connection) -> Result<(), Error> {
    for (name, definition) in views() {
        if view_definition(connection, name)?.as_deref() != Some(definition) {
            connection
                .execute_batch(&format!("DROP VIEW IF EXISTS {name}; {definition}"))
                .doing("making the views")?;
        }
    }
    Ok(())
}

/// How the database defines a view; `None` when it has none of this name.
pub(super) fn view_definition(connection: &Connection, name: &str) -> Result<Option<String>, Error> {
    connection
        .query_row("SELECT sql FROM main.sqlite_schema WHERE type = 'view' AND name = ?1", [name], |row| {
            row.get(0)
        })
        .optional()
        .doing("reading the views")
}

/// Name and definition of each public view.
pub(super) fn views() -> impl Iterator<Item = (&'static str, &'static str)> {
    VIEWS.split(';').filter_map(|statement| {
        let definition = &statement[statement.find("CREATE VIEW ")?..];
        let name = definition["CREATE VIEW ".len()..].split_whitespace().next()?;
        Some((name, definition))
    })
}
