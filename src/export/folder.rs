//! Reports as files, each replaced whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Document, Format, People, Redactions, Written, write_overview, write_report};
use crate::base::{PendingFile, write_aside};
use crate::report::{self, Basis, Completeness, Watch};

/// What a feed is made from.
#[derive(Clone, Copy)]
pub struct Feed<'state> {
    /// From what it is made. Of single companies, reports about whole orgs are left out.
    pub basis: Basis<'state>,
    /// How old and how whole its numbers are.
    pub completeness: &'state Completeness,
    /// Whether people are shown.
    pub people: &'state People,
    /// Fields that must not leave as they are.
    pub redactions: Redactions<'state>,
}

/// Why a file is not there or is still the old one.
#[derive(Debug, Error)]
pub enum FileError {
    /// The folder is not there and cannot be made.
    #[error("cannot create the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The database could not be read.
    #[error("cannot read the rows of {}", path.display())]
    Rows {
        /// The file they were for.
        path: PathBuf,
        /// What failed.
        source: report::Error,
    },
    /// Another export is writing into the folder.
    #[error("another export is writing into {}", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// There is no manifest, so no feed.
    #[error("there is no feed in {}: it has no manifest.json", path.display())]
    NoFeed {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the feed that is there could not be read, and nothing is published over what cannot be read.
    #[error("cannot read {}, which is part of the feed there", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// Something that no export wrote stands where a new feed would be.
    #[error("cannot begin a feed over {}, which no export wrote", path.display())]
    Occupied {
        /// The file, folder or link.
        path: PathBuf,
    },
    /// What was published cannot be gone on with.
    #[error("cannot go on with the feed in {}: {problem}", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Rows break the rules of their format, and nothing is published.
    #[error("{file} would break the rules of FOCUS in {} place{}", problems.len(), if problems.len() == 1 { "" } else { "s" })]
    Rules {
        /// The file.
        file: &'static str,
        /// What is wrong, a sentence for each place.
        problems: Vec<String>,
    },
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// [`write_report`] into a file, which is in its place once it is published.
///
/// # Errors
/// [`FileError`].
pub fn write_report_file(
    path: &Path,
    document: &Document<'_>,
    basis: &Basis<'_>,
    format: Format,
    watch: Option<&mut Watch>,
) -> Result<(Written, PendingFile), FileError> {
    write_file(path, |out| write_report(document, basis, format, watch, out))
}

/// [`write_overview`] into a file, which is in its place once it is published; gives the number of rows behind it, too.
///
/// # Errors
/// [`FileError`].
pub fn write_overview_file(path: &Path, feed: &Feed<'_>) -> Result<(u64, PendingFile), FileError> {
    write_file(path, |out| write_overview(feed, out))
}

/// Writes a file with `fill`, which is in its place once it is published.
pub(super) fn write_file<Filled>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<Filled, report::Error>,
) -> Result<(Filled, PendingFile), FileError> {
    let (mut filled, mut unreadable) = (None, None);
    let file = write_aside(path, |out| match fill(out) {
        Ok(result) => {
            filled = Some(result);
            Ok(())
        }
        Err(report::Error::Write(source)) => Err(source),
        Err(error) => {
            unreadable = Some(error);
            Err(io::Error::other("the rows could not be read"))
        }
    });
    match unreadable {
        Some(source) => Err(FileError::Rows { path: path.to_owned(), source }),
        None => {
            let file = file.map_err(|source| FileError::File { path: path.to_owned(), source })?;
            Ok((filled.expect("a file is there only when it was filled"), file))
        }
    }
}
