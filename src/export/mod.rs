//! One file per output format, and the feed folder. Knows nothing of how a number was made.
//!
//! Every format is written row by row, so that memory does not grow with a report, and the same report of the same
//! state is the same bytes on every machine. Start reading at [`write_report`].

mod csv;
mod feed;
mod fit;
mod focus;
mod folder;
mod html;
mod json;
mod json_schema;
mod masking;
mod parquet;
mod prometheus;
mod pseudonym;
mod row_state;
#[cfg(test)]
mod sample;
mod suppression;
mod table;
mod tally;
mod xlsx;

use std::io::{self, Write};

use crate::report::books::Books;
use crate::report::{self, Basis, Cell, Completeness, Report, Sink, Watch};
use crate::store::Selection;

use masking::Masks;

pub use csv::{CsvProfile, Separators};
pub use feed::{
    ControlTotal, FeedFormat, Field, FileEntry, MANIFEST, Manifest, PendingFeed, Period, SCHEMA_VERSION,
    Table, Verdict, tables, verify, write_feed,
};
pub use folder::{Feed, FileError, write_overview_file, write_report_file};
pub use html::{overview_reports, write_overview};
pub use json_schema::json_schema;
pub use masking::{Leaving, Redactions};
pub use parquet::{ParquetColumn, ParquetType, ParquetValue, ParquetWriter};
pub use pseudonym::{People, PrivacyKey, PrivacyKeyError};
pub use tally::Tally;

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for people.
    Table {
        /// Whether the header is written in bold, the one bit of styling a table has.
        bold_header: bool,
        /// The characters of a line of the terminal; `None` for what is no terminal, where lines may have any length.
        room: Option<u16>,
    },
    /// RFC 4180.
    Csv(CsvProfile),
    /// One JSON document, as [`json_schema()`] describes it.
    Json,
    /// A workbook for spreadsheet programs.
    Xlsx,
    /// A page for a browser, whole in itself.
    Html,
    /// A typed table for data tools.
    Parquet,
}

/// A report about to be written.
#[derive(Clone, Copy)]
pub struct Document<'state> {
    /// Which.
    pub report: &'static Report,
    /// Of which rows.
    pub selection: &'state Selection,
    /// How old and how whole its numbers are.
    pub completeness: &'state Completeness,
    /// Whether people are shown.
    pub people: &'state People,
    /// Fields that must not leave as they are.
    pub redactions: Redactions<'state>,
    /// The books that were asked, so that what was not asked is told from what is unknown.
    pub books: &'state Books,
}

/// A format being written: the header was written when it was made.
trait RowWriter {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()>;

    /// Writes what follows the rows.
    fn finish(self: Box<Self>, totals: &[Cell<'_>]) -> io::Result<()>;
}

/// Writes a whole report and gives the number of its rows and its totals. `watch` sees the numbers go by.
///
/// # Errors
/// [`report::Error`]: the database cannot be read or `out` cannot be written.
pub fn write_report(
    document: &Document<'_>,
    basis: &Basis<'_>,
    format: Format,
    watch: Option<&mut Watch>,
    out: &mut dyn Write,
) -> Result<Written, report::Error> {
    write_rows(document, format, watch, out, |sink| rows_of(document, basis, sink))
}

/// [`write_report`] with the rows and totals that `fill` gives.
///
/// # Errors
/// Those of `fill`, and `out` cannot be written.
pub fn write_rows<E: From<report::Error>>(
    document: &Document<'_>,
    format: Format,
    watch: Option<&mut Watch>,
    out: &mut dyn Write,
    fill: impl FnOnce(&mut dyn Sink) -> Result<Vec<Cell<'static>>, E>,
) -> Result<Written, E> {
    let mut writer = begin(document, format, out).map_err(report::Error::Write)?;
    let mut rows = 0;
    let mut tally = Tally::new(document.report.columns);
    let totals = each_row(document, watch, fill, |cells| {
        rows += 1;
        tally.row(cells);
        writer.row(cells)
    })?;
    writer.finish(&totals).map_err(report::Error::Write)?;
    Ok(Written { rows, totals, tally })
}

/// The report's rows; without the counts of small groups unless people are shown.
fn rows_of(
    document: &Document<'_>,
    basis: &Basis<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<Cell<'static>>, report::Error> {
    match document.people {
        People::Shown => (document.report.write)(basis, sink),
        People::Hidden(_) | People::Withheld => {
            suppression::write_without_small_groups(document.report, basis, sink)
        }
    }
}

/// Hands over every row as it may leave, and gives the totals.
fn each_row<E>(
    document: &Document<'_>,
    mut watch: Option<&mut Watch>,
    fill: impl FnOnce(&mut dyn Sink) -> Result<Vec<Cell<'static>>, E>,
    mut each: impl FnMut(&[Cell<'_>]) -> io::Result<()>,
) -> Result<Vec<Cell<'static>>, E> {
    let columns = document.report.columns;
    let masks = Masks::new(columns, document.redactions, document.people);
    let mut hider = document.people.hider(columns);
    fill(&mut |cells: &[Cell<'_>]| {
        let masked = masks.apply(cells);
        // A threshold on a hidden number would tell it.
        if let Some(watch) = &mut watch {
            watch.row(masked.as_deref().unwrap_or(cells));
        }
        let hidden = hider.as_mut().map(|hider| hider.hide(masked.as_deref().unwrap_or(cells)));
        each(hidden.or(masked).as_deref().unwrap_or(cells))
    })
}

/// What [`write_report`] wrote.
pub struct Written {
    /// How many rows.
    pub rows: u64,
    /// The report's totals.
    pub totals: Vec<Cell<'static>>,
    /// The sums of its money and the numbers of its classes.
    pub tally: Tally,
}

fn begin<'out, 'state: 'out>(
    document: &Document<'state>,
    format: Format,
    out: &'out mut dyn Write,
) -> io::Result<Box<dyn RowWriter + 'out>> {
    Ok(match format {
        Format::Table { bold_header, room } => {
            Box::new(table::Table::begin(document, bold_header, room, out))
        }
        Format::Csv(profile) => Box::new(csv::Csv::begin(document, profile, out)?),
        Format::Json => Box::new(json::Json::begin(document, out)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::begin(document, out)?),
        Format::Html => Box::new(html::Html::begin(document, out)),
        Format::Parquet => Box::new(parquet::Parquet::begin(document, out)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Column, Kind, Personal};
    use crate::store::{Gap, OrgState};

    const SEATS: Report = Report {
        id: "seats",
        title: "Seats",
        description: "A report with every kind of cell",
        definition: "One row per license.",
        reach: report::Reach::Companies,
        options: &[],
        columns: &[
            Column::new("org", Kind::Text, "Org").shown(),
            Column::new("name", Kind::Text, "Name").personal(Personal::Pseudonym("Name")).shown(),
            Column::new("total", Kind::Integer, "Seats").shown(),
            Column::new("used_percent", Kind::Percent, "Share").shown(),
            Column::new("is_free", Kind::Boolean, "Free").shown(),
            Column::new("ends_on", Kind::Date, "End"),
        ],
        totals: &[Column::new("total_used_percent", Kind::Percent, "Share of all")],
        sources: &[],
        key: &["org"],
        label: &["name"],
        about: &["used_percent"],
        write: |_, _| Ok(Vec::new()),
    };

    fn written(format: Format, rows: &[[Cell<'_>; 6]]) -> String {
        let as_of = "2026-11-21T03:00:00Z".parse().unwrap();
        let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
        let org = |org: &str, run_status: &str, gaps| OrgState {
            org: org.to_owned(),
            collected_at: "2026-11-21T03:00:00.000Z".to_owned(),
            run_status: run_status.to_owned(),
            run_error: None,
            gaps,
        };
        let gap = Gap {
            object: "LoginHistory".to_owned(),
            status: "stale".to_owned(),
            reason: Some("no permission".to_owned()),
            kept_from: Some("2026-11-20T03:00:00.000Z".to_owned()),
        };
        let completeness = Completeness {
            as_of,
            orgs: vec![org("acme", "complete", Vec::new()), org("labs", "incomplete", vec![gap])],
            uncollected: vec!["tiny".to_owned()],
            sources: Vec::new(),
        };
        let document = Document {
            report: &SEATS,
            selection: &selection,
            completeness: &completeness,
            people: &People::Shown,
            redactions: Redactions::default(),
            books: &Books::default(),
        };
        let mut out = Vec::new();
        let mut writer = begin(&document, format, &mut out).unwrap();
        rows.iter().for_each(|row| writer.row(row).unwrap());
        writer.finish(&[Cell::BasisPoints(7843)]).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rows() -> [[Cell<'static>; 6]; 2] {
        [
            [
                "acme".into(),
                "O'Brien, \"Söhne\"\n& Co".into(),
                153.into(),
                Cell::BasisPoints(7843),
                false.into(),
                "2027-01-31".into(),
            ],
            ["labs".into(), "=cmd()".into(), Cell::Null, Cell::Null, true.into(), Cell::Null],
        ]
    }

    #[test]
    fn csv_is_rfc_4180_with_the_state_in_each_row() {
        let expected = "\
org,name,total,used_percent,is_free,ends_on,as_of,complete
acme,\"O'Brien, \"\"Söhne\"\"
& Co\",153,78.43,false,2027-01-31,2026-11-21T03:00:00.000Z,true
labs,=cmd(),,,true,,2026-11-21T03:00:00.000Z,false
";
        assert_eq!(written(Format::Csv(CsvProfile::Machine), &rows()), expected);
    }

    #[test]
    fn json_is_one_document_with_exact_percents() {
        let text = written(Format::Json, &rows());
        assert!(text.contains(r#""total": 153, "used_percent": 78.43, "is_free": false"#), "{text}");
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(document["report"], "seats");
        assert_eq!(document["as_of"], "2026-11-21T03:00:00.000Z");
        assert_eq!(document["complete"], false);
        assert_eq!(document["orgs"][1]["gaps"][0]["reason"], "no permission");
        assert_eq!(document["columns"][1]["personal"], true);
        assert_eq!(document["rows"][0]["name"], "O'Brien, \"Söhne\"\n& Co");
        assert_eq!(document["rows"][1]["total"], serde_json::Value::Null);
        assert_eq!(document["totals"]["total_used_percent"], 78.43);

        let empty: serde_json::Value = serde_json::from_str(&written(Format::Json, &[])).unwrap();
        assert_eq!(empty["rows"], serde_json::json!([]));
    }

    #[test]
    fn tables_are_readable_and_harmless_to_a_terminal() {
        let rows = [
            [
                "acme".into(),
                "Müller \u{1b}[2J".into(),
                153.into(),
                Cell::BasisPoints(7843),
                false.into(),
                Cell::Null,
            ],
            ["labs".into(), "N\u{202e}g".into(), Cell::Null, Cell::Null, true.into(), Cell::Null],
        ];
        let expected = "\
org   name              total  used %  is free
acme  Müller \\u{1b}[2J    153   78.43  no
labs  N\\u{202e}g            -       -  yes

total used % 78.43
INCOMPLETE as of 2026-11-21T03:00:00.000Z.
tiny: nothing was collected up to then, and it is in none of these numbers.
labs: the run that ended 2026-11-21T03:00:00.000Z was incomplete.
labs: LoginHistory is stale: no permission; its rows are those of 2026-11-20T03:00:00.000Z.
";
        assert_eq!(written(Format::Table { bold_header: false, room: None }, &rows), expected);
        let bold = written(Format::Table { bold_header: true, room: None }, &rows);
        assert!(bold.starts_with("\u{1b}[1morg   name"), "{bold}");
    }

    #[test]
    fn a_narrow_table_says_which_columns_it_leaves_out() {
        let text = written(Format::Table { bold_header: true, room: Some(29) }, &rows());
        let expected = "\
\u{1b}[1morg   name               used\u{1b}[0m
\u{1b}[1m                            %\u{1b}[0m
acme  O'Brien,          78.43
      \"Söhne\"\\n& Co
labs  =cmd()                -

total used % 78.43
Columns left out: total, is free; see --format csv.
";
        assert_eq!(text.split_inclusive('\n').take(8).collect::<String>(), expected);
    }

    #[test]
    fn a_table_longer_than_what_is_measured_keeps_its_columns() {
        let row =
            |total: i64| ["acme".into(), "Müller".into(), total.into(), Cell::Null, true.into(), Cell::Null];
        let rows: Vec<_> = (0..2500).map(row).collect();
        let text = written(Format::Table { bold_header: false, room: None }, &rows);
        let lines: Vec<_> = text.lines().take_while(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 2501);
        let ends: std::collections::BTreeSet<_> =
            lines[1..].iter().map(|line| line.chars().count()).collect();
        assert_eq!(ends.len(), 1, "aligned: {ends:?}");
    }
}
