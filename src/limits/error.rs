//! Why nothing could be counted.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a limit could not be asked or charged. Whoever gets one must refuse, because nothing was counted.
#[derive(Debug, Error)]
pub enum Error {
    /// The file cannot be created.
    #[error("cannot create the file of rates and budgets {}", path.display())]
    Create {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file cannot be opened, or is no database.
    #[error("cannot open the file of rates and budgets {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The file is something else.
    #[error("{} is not a file of rates and budgets that this version knows; move it away to start anew", .0.display())]
    Foreign(PathBuf),
    /// A statement failed.
    #[error("the file of rates and budgets failed while {doing}")]
    Statement {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
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
