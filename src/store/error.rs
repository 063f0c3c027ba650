//! What can go wrong with the database.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;
use thiserror::Error;

/// Why the store could not do what it was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no database file yet.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The file cannot be opened or created.
    #[error("cannot open the database {}", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file or its folder cannot be created or reached.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is no SQLite database or its pages are damaged.
    #[error("the database {} is damaged or is no SQLite database ({found}); it was left as it is", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        found: String,
    },
    /// The file is an SQLite database of another program.
    #[error("{} is an SQLite database, but not one of Seatledger's", .0.display())]
    Foreign(PathBuf),
    /// The file itself is Seatledger's, but not with what the log beside it makes of it.
    #[error(
        "{}-wal is not the log of the database {}; both were left as they are", .0.display(), .0.display()
    )]
    ForeignLog(PathBuf),
    /// The name leads nowhere.
    #[error("{} is a link that leads to no file", path.display())]
    Link {
        /// The link.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A later version of the program wrote it.
    #[error(
        "the database {} has schema version {found}, written by a newer Seatledger; this one knows {known}",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// An earlier version of the program wrote it and it is open for reading only.
    #[error(
        "the database {} has schema version {found}, written by an older Seatledger; the next `collect` brings it to {known}",
        path.display()
    )]
    Older {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version this program reads.
        known: i64,
    },
    /// Another run holds the lock.
    #[error("another run holds the lock {}", .0.display())]
    LockHeld(PathBuf),
    /// What has the name of the lock is no regular file.
    #[error("the lock {} is no regular file", .0.display())]
    LockNoFile(PathBuf),
    /// The file system cannot lock files.
    #[error("the file system of {} cannot lock files, so two runs could not be kept apart", path.display())]
    LockUnsupported {
        /// The lock file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The database belongs to another org than the configuration's.
    #[error("org `{org}` was collected from organization {known} so far, and the token is now for {found}")]
    OtherOrganization {
        /// The configured short name.
        org: String,
        /// The organization id in the database.
        known: String,
        /// The organization id of the token.
        found: String,
    },
    /// A row cannot be told from others or placed in time.
    #[error("a row of {object} arrived without its `{field}`")]
    UnusableRow {
        /// The object's API name.
        object: &'static str,
        /// The column that is empty.
        field: &'static str,
    },
    /// No state of the wanted time exists.
    #[error("no collected state is as old as {0}")]
    NoStateAt(String),
    /// What was known of persons then has been purged.
    #[error("what was known of people before {0} was purged, and the state that is asked for is earlier")]
    Purged(String),
    /// The purge would go beyond everything that was collected.
    #[error(
        "no state was collected at or after {0}, so nothing that is known now would be kept from then on"
    )]
    HorizonAhead(String),
    /// A statement failed.
    #[error("the database failed while {doing}")]
    Statement {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

impl Error {
    /// Whether the file's content is broken.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
            || matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }

    /// What a person can do about a statement that failed.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.code()? {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                "`seatledger db check` says what is broken; then remove the database with its `-wal` and `-shm`, and put the \
                 newest copy made with `seatledger db backup` in its place"
            }
            ErrorCode::DiskFull | ErrorCode::SystemIoFailure => {
                "make room on the disk (or raise `ulimit -f`) and look whether it is healthy, then run again; the last state is \
                 untouched"
            }
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
                "let the account that runs this write to the database and to its folder"
            }
            // SQLite does not tell what kept it from opening the file or one beside it.
            ErrorCode::CannotOpen => {
                "let the account that runs this write to the database and to its folder, and open enough files \
                 (`ulimit -n`)"
            }
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                "another program keeps the database locked; end it, then run again"
            }
            _ => return None,
        })
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Open { source, .. } | Self::Statement { source, .. } => source.sqlite_error_code(),
            _ => None,
        }
    }
}

/// Says what was being done when a statement failed.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error>;
}

impl<T> Doing<T> for rusqlite::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::Statement { doing, source })
    }
}
