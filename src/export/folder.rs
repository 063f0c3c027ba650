//! Reports as files, each replaced whole or not at all; a feed is one CSV file per report in a folder.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{CsvProfile, Document, Format, People, Redactions, Written, write_overview, write_report};
use crate::base::{PendingFile, write_aside};
use crate::report::{self, Basis, Completeness, REPORTS, Reach, Watch};

/// What a feed is made from.
#[derive(Clone, Copy)]
pub struct Feed<'state> {
    /// From what it is made. With the rest hidden, reports about whole orgs are left out.
    pub basis: Basis<'state>,
    /// How old and how whole its numbers are.
    pub completeness: &'state Completeness,
    /// Whether people are shown.
    pub people: &'state People,
    /// Fields that must not leave as they are.
    pub redactions: Redactions<'state>,
}

/// One written file, which is not in its place until it is published.
#[derive(Debug)]
pub struct FeedFile {
    /// The report's id.
    pub report: &'static str,
    /// The file.
    pub file: PendingFile,
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

/// Writes every report for `folder` as `<id>.csv`.
///
/// # Errors
/// [`FileError`] names the file that failed.
pub fn write_folder(folder: &Path, feed: &Feed<'_>) -> Result<Vec<FeedFile>, FileError> {
    fs::create_dir_all(folder).map_err(|source| FileError::Folder { path: folder.to_owned(), source })?;
    let Feed { basis, completeness, people, redactions } = *feed;
    let shown =
        REPORTS.iter().filter(|report| !basis.selection.hides_rest || report.reach == Reach::Companies);
    let files = shown.map(|report| {
        let path = folder.join(format!("{}.csv", report.id));
        let completeness = &completeness.of(report);
        let document = Document { report, selection: basis.selection, completeness, people, redactions };
        let (written, file) =
            write_report_file(&path, &document, &basis, Format::Csv(CsvProfile::Machine), None)?;
        Ok(FeedFile { report: report.id, file, rows: written.rows })
    });
    files.collect()
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

fn write_file<Filled>(
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
