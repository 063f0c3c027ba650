//! The feed: one CSV file per report in a folder, each replaced whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Document, Format, People, write_report};
use crate::base::write_atomically;
use crate::report::{self, Completeness, REPORTS};
use crate::store::{Reader, Selection};

/// One written file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// The report's id.
    pub report: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Its rows, without the header.
    pub rows: u64,
}

/// Why a feed is not whole. Files written before the fault are new, the others old.
#[derive(Debug, Error)]
pub enum FolderError {
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
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Writes every report into `folder` as `<id>.csv`.
///
/// # Errors
/// [`FolderError`] names the file that failed.
pub fn write_folder(
    folder: &Path,
    reader: &Reader,
    selection: &Selection,
    completeness: &Completeness,
    people: &People,
) -> Result<Vec<FeedFile>, FolderError> {
    fs::create_dir_all(folder).map_err(|source| FolderError::Folder { path: folder.to_owned(), source })?;
    let files = REPORTS.iter().map(|report| {
        let path = folder.join(format!("{}.csv", report.id));
        let document = Document { report, selection, completeness, people };
        let rows = write_file(&path, &document, reader)?;
        Ok(FeedFile { report: report.id, path, rows })
    });
    files.collect()
}

fn write_file(path: &Path, document: &Document<'_>, reader: &Reader) -> Result<u64, FolderError> {
    let mut outcome = Ok(0);
    let written = write_atomically(path, |out| {
        match write_report(document, reader, Format::Csv, None, out) {
            Ok(written) => outcome = Ok(written.rows),
            Err(report::Error::Write(source)) => return Err(source),
            Err(unreadable) => {
                outcome = Err(FolderError::Rows { path: path.to_owned(), source: unreadable });
                return Err(io::Error::other("the rows could not be read"));
            }
        }
        Ok(())
    });
    let rows = outcome?;
    written.map_err(|source| FolderError::File { path: path.to_owned(), source })?;
    Ok(rows)
}
