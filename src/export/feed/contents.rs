//! The files of a feed, each written aside with its hash, its rows and its control totals.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use super::MANIFEST_SCHEMA_FILE;
use super::datapackage::{DATAPACKAGE, Field, Table, field_type};
use super::digest::DigestWriter;
use super::{ControlTotal, FileEntry};
use crate::base::PendingFile;
use crate::export::focus::{DataSet, FocusFiles, METADATA};
use crate::export::folder::write_file;
use crate::export::row_state::STATE_COLUMNS;
use crate::export::{CsvProfile, Document, Feed, FileError, Format, Written, prometheus, write_report};
use crate::report::{self, REPORTS, Reach, Report};
use crate::store::Selection;

/// A file that waits, and what the manifest will say of it but for its path.
pub(super) struct Part {
    pub entry: FileEntry,
    pub file: PendingFile,
}

const CSV: &str = "text/csv";
const PARQUET: &str = "application/vnd.apache.parquet";
const JSON: &str = "application/json";

/// Every table that a feed can hold, in the order of the manifest.
pub fn tables() -> Vec<Table> {
    let mut tables: Vec<_> = REPORTS.iter().map(report_table).collect();
    tables.extend(DataSet::ALL.iter().map(|set| set.table()));
    tables.sort_by(|one, other| one.file.cmp(&other.file));
    tables
}

/// The name of every file that a feed can hold.
pub(super) fn file_names() -> Vec<String> {
    let mut names: Vec<_> = tables().into_iter().map(|table| table.file).collect();
    names.extend(REPORTS.iter().map(|report| format!("{}.parquet", report.id)));
    names.extend(DataSet::ALL.iter().map(|set| set.parquet_file()));
    names.extend([METADATA, DATAPACKAGE, MANIFEST_SCHEMA_FILE, prometheus::FILE].map(str::to_owned));
    names
}

/// Writes every report that may be shown as `<id>.csv`.
pub(super) fn write_reports(
    aside: &Path,
    feed: &Feed<'_>,
    parts: &mut Vec<Part>,
    tables: &mut Vec<Table>,
) -> Result<(), FileError> {
    for report in shown(feed) {
        let name = format!("{}.csv", report.id);
        parts.push(write_one(aside, feed, report, (&name, CSV), Format::Csv(CsvProfile::Machine))?);
        tables.push(report_table(report));
    }
    Ok(())
}

/// Writes every report that may be shown as `<id>.parquet`.
pub(super) fn write_parquet_reports(
    aside: &Path,
    feed: &Feed<'_>,
    parts: &mut Vec<Part>,
) -> Result<(), FileError> {
    for report in shown(feed) {
        let name = format!("{}.parquet", report.id);
        parts.push(write_one(aside, feed, report, (&name, PARQUET), Format::Parquet)?);
    }
    Ok(())
}

fn shown(feed: &Feed<'_>) -> impl Iterator<Item = &'static Report> + use<> {
    let is_of_companies = feed.basis.selection.is_of_companies();
    REPORTS.iter().filter(move |report| !is_of_companies || report.reach == Reach::Companies)
}

/// What a feed of single companies leaves out, as a sentence.
pub(super) fn left_out(selection: &Selection) -> Option<String> {
    let whole = REPORTS.iter().filter(|report| report.reach == Reach::WholeOrgs).map(|report| report.id);
    let whole = whole.collect::<Vec<_>>().join(", ");
    selection.is_of_companies().then(|| {
        format!(
            "this feed is about {} only, so what is about whole orgs is left out: {whole}, FOCUS and the figures of \
             licenses for Prometheus",
            selection.companies.join(", ")
        )
    })
}

fn write_one(
    aside: &Path,
    feed: &Feed<'_>,
    report: &'static Report,
    (name, media_type): (&str, &str),
    format: Format,
) -> Result<Part, FileError> {
    let Feed { basis, completeness, people, redactions } = *feed;
    let completeness = &completeness.of(report);
    let document =
        Document { report, selection: basis.selection, completeness, people, redactions, books: basis.books };
    let (Written { rows, tally, .. }, mut part) =
        write_part(aside, name, media_type, |out| write_report(&document, &basis, format, None, out))?;
    part.entry.rows = Some(rows);
    let sums = tally.sums().map(|(column, sum)| ControlTotal {
        column: column.to_owned(),
        currency: sum.currency.code().to_owned(),
        amount: sum.amount_text(),
    });
    part.entry.control_totals = sums.collect();
    part.entry.classes = tally.classes;
    Ok(part)
}

/// Writes the FOCUS data sets with their metadata.
pub(super) fn write_focus(
    aside: &Path,
    files: &FocusFiles,
    is_with_parquet: bool,
    parts: &mut Vec<Part>,
    tables: &mut Vec<Table>,
) -> Result<(), FileError> {
    for set in DataSet::ALL {
        let rows = files.rows(*set);
        let mut written =
            vec![write_part(aside, set.csv_file(), CSV, |out| Ok(set.write_csv(rows, out)?))?.1];
        if is_with_parquet {
            let part =
                write_part(aside, &set.parquet_file(), PARQUET, |out| Ok(set.write_parquet(rows, out)?))?;
            written.push(part.1);
        }
        for part in &mut written {
            part.entry.rows = Some(rows.len() as u64);
            part.entry.period = files.period(*set);
            part.entry.control_totals = set.control_totals(rows);
            part.entry.classes = set.classes(rows);
        }
        parts.extend(written);
        tables.push(set.table());
    }
    parts.push(write_bytes(aside, METADATA, &files.metadata())?);
    Ok(())
}

/// Writes a file that is no table.
pub(super) fn write_plain(
    aside: &Path,
    name: &str,
    media_type: &str,
    fill: impl FnOnce(&mut dyn Write) -> Result<(), report::Error>,
) -> Result<Part, FileError> {
    write_part(aside, name, media_type, fill).map(|(_, part)| part)
}

/// Writes a JSON document.
pub(super) fn write_bytes(aside: &Path, name: &str, bytes: &[u8]) -> Result<Part, FileError> {
    write_plain(aside, name, JSON, |out| Ok(out.write_all(bytes)?))
}

fn write_part<Found>(
    aside: &Path,
    name: &str,
    media_type: &str,
    fill: impl FnOnce(&mut dyn Write) -> Result<Found, report::Error>,
) -> Result<(Found, Part), FileError> {
    let ((found, digest), file) = write_file(&aside.join(name), |out| {
        let mut writer = DigestWriter::new(out);
        let found = fill(&mut writer)?;
        Ok((found, writer.finish()))
    })?;
    let entry = FileEntry {
        name: name.to_owned(),
        path: String::new(),
        media_type: media_type.to_owned(),
        bytes: digest.bytes,
        sha256: digest.sha256,
        rows: None,
        period: None,
        control_totals: Vec::new(),
        classes: BTreeMap::new(),
    };
    Ok((found, Part { entry, file }))
}

fn report_table(report: &'static Report) -> Table {
    let columns = report.columns.iter().map(|column| (column.name, column.kind, column.meaning));
    let fields =
        columns.chain(STATE_COLUMNS).map(|(name, kind, meaning)| Field::new(name, field_type(kind), meaning));
    Table {
        file: format!("{}.csv", report.id),
        title: report.title,
        description: report.description,
        fields: fields.collect(),
        key: report.key,
    }
}
