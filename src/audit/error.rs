//! Why nothing could be recorded, read or checked.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::PrivateFileError;

/// Why the journal could not do what it was asked. Whoever wanted to record something must not do it then.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no journal yet.
    #[error("there is no audit journal at {}", .0.display())]
    Missing(PathBuf),
    /// The file, its folder or a file beside it cannot be made or used.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be opened.
    #[error("cannot open the audit journal {}", path.display())]
    Open {
        /// The journal.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is a live copy without its companions: what is still in the `-wal` file cannot be read.
    #[error(
        "the audit journal {} cannot be read where it is, because {}-wal holds events and cannot be opened for \
         writing; make the copy with `seatledger audit backup` or SQLite's VACUUM INTO",
        .0.display(), .0.display()
    )]
    LiveCopy(PathBuf),
    /// Group or others have access to the file.
    #[error("{} is too open: mode {mode:04o} lets other accounts read or change it; run `chmod 600 {}`", path.display(), path.display())]
    TooOpen {
        /// The journal.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is something else.
    #[error("{} is not an audit journal that this version knows", .0.display())]
    Foreign(PathBuf),
    /// The last event does not fit its own hash, so nothing may be added to it.
    #[error("the end of the audit journal {} was changed or is damaged; run `seatledger audit verify` on a copy of it", .0.display())]
    Tampered(PathBuf),
    /// A statement failed.
    #[error("the audit journal failed while {doing}")]
    Statement {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// An event is larger than any that the program means to write.
    #[error("the event has {0} bytes, more than an audit record may have")]
    TooLarge(usize),
    /// A key or secret breaks a rule for files that hold secrets.
    #[error(transparent)]
    PrivateFile(#[from] PrivateFileError),
    /// A key, secret, checkpoint or dump that is not what it should be; the text is a predicate.
    #[error("{what} {problem}")]
    NotUsable {
        /// What was read.
        what: String,
        /// What is wrong with it and what to do.
        problem: &'static str,
    },
    /// Random numbers or a signature could not be made.
    #[error("the cryptographic library failed while {0}")]
    Cryptography(&'static str),
    /// An export could not be written.
    #[error("cannot write the audit export")]
    Export(#[source] io::Error),
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
