//! A workbook for spreadsheet programs: the rows with typed cells, the totals, and how every number is defined.
//!
//! Rows leave memory as they come. Text is text, whatever it begins with. The workbook's time of making is the
//! report's own time, so that the same report is the same bytes.

mod cell;
mod definitions;

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};

use self::cell::{CellFormats, typical_width};
use super::table::heading;
use super::{Document, RowWriter};
use crate::report::{Cell, Completeness, Report};

/// What one sheet holds, the heading included (Microsoft, "Excel specifications and limits").
const MOST_ROWS: u32 = 1_048_576;

/// The first sheet.
const ROWS: usize = 0;

pub(super) struct Xlsx<'out> {
    report: &'static Report,
    completeness: Completeness,
    people: &'static str,
    book: Workbook,
    formats: CellFormats,
    next_row: u32,
    out: &'out mut dyn Write,
}

impl<'out> Xlsx<'out> {
    pub(super) fn begin(document: &Document<'_>, out: &'out mut dyn Write) -> io::Result<Self> {
        let report = document.report;
        let completeness = document.completeness.clone();
        let mut book = Workbook::new();
        let made = ExcelDateTime::from_timestamp(completeness.as_of.as_second()).map_err(plain)?;
        book.set_properties(&DocProperties::new().set_title(report.title).set_creation_datetime(&made));
        let sheet = book.add_worksheet_with_constant_memory().map_err(plain)?;
        write_headings(sheet, report).map_err(plain)?;
        let people = document.people.word();
        Ok(Self { report, completeness, people, book, formats: CellFormats::new(), next_row: 1, out })
    }
}

impl RowWriter for Xlsx<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        if self.next_row == MOST_ROWS {
            return Err(io::Error::other(format!(
                "a sheet holds no more than {} rows: narrow the report with --org or --company, or write it as csv",
                MOST_ROWS - 1
            )));
        }
        let sheet = self.book.worksheet_from_index(ROWS).map_err(plain)?;
        for ((place, cell), column) in (0..).zip(cells).zip(self.report.columns) {
            self.formats.write(sheet, (self.next_row, place), column.kind, cell).map_err(plain)?;
        }
        self.next_row += 1;
        Ok(())
    }

    fn finish(self: Box<Self>, totals: &[Cell<'_>]) -> io::Result<()> {
        let Self { report, completeness, people, mut book, formats, next_row, out } = *self;
        let last_column = u16::try_from(report.columns.len() - 1).map_err(io::Error::other)?;
        let rows = book.worksheet_from_index(ROWS).map_err(plain)?;
        rows.autofilter(0, 0, next_row - 1, last_column).map_err(plain)?;
        write_totals(book.add_worksheet(), report, totals, &formats).map_err(plain)?;
        definitions::write(book.add_worksheet(), report, &completeness, people).map_err(plain)?;
        out.write_all(&book.save_to_buffer().map_err(plain)?)?;
        out.flush()
    }
}

fn write_headings(sheet: &mut Worksheet, report: &Report) -> Result<(), XlsxError> {
    /// The button of the filter covers this many characters of a heading.
    const BUTTON: usize = 3;
    sheet.set_name(report.title)?.set_freeze_panes(1, 0)?;
    sheet.set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    for (place, column) in (0..).zip(report.columns) {
        let heading = heading(column);
        let width = typical_width(column.kind).max(heading.len() + BUTTON);
        let align = if column.kind.is_number() { FormatAlign::Right } else { FormatAlign::Left };
        sheet.set_column_width(place, width as f64)?;
        sheet.write_with_format(0, place, heading, &bold().set_align(align))?;
    }
    Ok(())
}

/// The totals, each with its population.
fn write_totals(
    sheet: &mut Worksheet,
    report: &Report,
    totals: &[Cell<'_>],
    formats: &CellFormats,
) -> Result<(), XlsxError> {
    sheet.set_name("Totals")?.set_freeze_panes(1, 0)?;
    for (place, (heading, width)) in (0..).zip([("total", 36.0), ("value", 18.0), ("what it counts", 90.0)]) {
        sheet.set_column_width(place, width)?.write_with_format(0, place, heading, &bold())?;
    }
    for (row, (column, total)) in (1..).zip(report.totals.iter().zip(totals)) {
        sheet.write(row, 0, heading(column))?;
        formats.write(sheet, (row, 1), column.kind, total)?;
        sheet.write(row, 2, column.meaning)?;
    }
    Ok(())
}

fn bold() -> Format {
    Format::new().set_bold()
}

fn plain(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::export::sample::{HOSTILE, SAMPLE, row, rows, written};
    use crate::report::REPORTS;

    /// The parts of a workbook by name, as text.
    fn parts(file: &[u8]) -> BTreeMap<String, String> {
        let mut archive = zip::ZipArchive::new(io::Cursor::new(file)).unwrap();
        let names: Vec<_> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
        let read = |name: String| {
            let text = io::read_to_string(archive.by_name(&name).unwrap()).unwrap();
            (name, text)
        };
        names.into_iter().map(read).collect()
    }

    #[test]
    fn cells_are_typed_and_hostile_text_stays_text() {
        let parts = parts(&written(crate::export::Format::Xlsx, &rows()));
        let sheet = &parts["xl/worksheets/sheet1.xml"];
        for expected in [
            "<v>12345</v>",
            "<v>0.5</v>",
            "<v>0.7843</v>",
            "<v>-12345.67</v>",
            "<v>46418</v>",
            "t=\"b\"><v>1</v>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "=HYPERLINK(\"http",
            "_x0000_",
            "state=\"frozen\"",
            &format!("<autoFilter ref=\"A1:J{}\"/>", HOSTILE.len() + 2),
        ] {
            assert!(sheet.contains(expected), "{expected}: {sheet}");
        }
        for part in parts.values() {
            assert!(!part.contains("<f>") && !part.contains("<hyperlink"), "{part}");
        }
        assert!(parts["docProps/core.xml"].contains("2026-11-21T03:00:00Z"));
        let workbook = &parts["xl/workbook.xml"];
        for name in ["name=\"Sample\"", "name=\"Totals\"", "name=\"Definitions\""] {
            assert!(workbook.contains(name), "{workbook}");
        }
        let strings = &parts["xl/sharedStrings.xml"];
        for text in ["One row per seat &amp; holder.", "Seats of all", "Complete as of", "as they are"] {
            assert!(strings.contains(text), "{text}: {strings}");
        }
    }

    #[test]
    fn the_same_rows_are_the_same_bytes() {
        assert_eq!(
            written(crate::export::Format::Xlsx, &rows()),
            written(crate::export::Format::Xlsx, &rows())
        );
    }

    #[test]
    fn every_report_has_a_name_that_a_sheet_can_have() {
        for report in REPORTS {
            assert!(Worksheet::new().set_name(report.title).is_ok(), "{}", report.id);
            assert!(!["Totals", "Definitions"].contains(&report.title), "{}", report.id);
        }
    }

    #[test]
    fn more_rows_than_a_sheet_holds_are_refused_with_a_way_out() {
        let mut out = Vec::new();
        let mut writer = Xlsx {
            report: &SAMPLE,
            completeness: Completeness {
                as_of: "2026-11-21T03:00:00Z".parse().unwrap(),
                orgs: Vec::new(),
                uncollected: Vec::new(),
                sources: Vec::new(),
            },
            people: "left out",
            book: Workbook::new(),
            formats: CellFormats::new(),
            next_row: MOST_ROWS,
            out: &mut out,
        };
        let refused = writer.row(&row("Zoë")).unwrap_err().to_string();
        assert!(refused.contains("1048575 rows") && refused.contains("csv"), "{refused}");
    }
}
