//! Reports as files, each replaced whole or not at all; a feed is one CSV file per report in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{Document, Format, People, Written, write_report};
use crate::base::write_atomically;
use crate::report::{self, Completeness, REPORTS, Watch};
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

/// Why a file is not there or is still the old one. Files of a feed that were written before it are new.
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
/// [`FileError`] names the file that failed.
pub fn write_folder(
    folder: &Path,
    reader: &Reader,
    selection: &Selection,
    completeness: &Completeness,
    people: &People,
) -> Result<Vec<FeedFile>, FileError> {
    fs::create_dir_all(folder).map_err(|source| FileError::Folder { path: folder.to_owned(), source })?;
    let files = REPORTS.iter().map(|report| {
        let path = folder.join(format!("{}.csv", report.id));
        let completeness = &completeness.of(report);
        let document = Document { report, selection, completeness, people };
        let rows = write_report_file(&path, &document, reader, Format::Csv, None)?.rows;
        Ok(FeedFile { report: report.id, path, rows })
    });
    files.collect()
}

/// [`write_report`] into a file.
///
/// # Errors
/// [`FileError`]; the file is then as it was.
pub fn write_report_file(
    path: &Path,
    document: &Document<'_>,
    reader: &Reader,
    format: Format,
    watch: Option<&mut Watch>,
) -> Result<Written, FileError> {
    let file_error = |source| FileError::File { path: path.to_owned(), source };
    let mut unreadable = None;
    let mut written = Written { rows: 0, totals: Vec::new() };
    let filled = write_atomically(path, |out| {
        written = write_report(document, reader, format, watch, out).map_err(|error| match error {
            report::Error::Write(source) => source,
            error => {
                unreadable = Some(error);
                io::Error::other("the rows could not be read")
            }
        })?;
        Ok(())
    });
    match unreadable {
        Some(source) => Err(FileError::Rows { path: path.to_owned(), source }),
        None => filled.map(|()| written).map_err(file_error),
    }
}
