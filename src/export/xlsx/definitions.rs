//! The last sheet: what the report is, what its numbers stand on, and what every column means.

use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use super::cell::fitting;
use super::{bold, heading};
use crate::base::utc_text;
use crate::report::{Completeness, Report};

const WIDTHS: [f64; 5] = [30.0, 90.0, 30.0, 12.0, 50.0];
const HEADINGS: [&str; 5] = ["column", "meaning", "name in other formats", "kind", "Salesforce fields"];

pub(super) fn write(
    sheet: &mut Worksheet,
    report: &Report,
    completeness: &Completeness,
    people: &str,
) -> Result<(), XlsxError> {
    sheet.set_name("Definitions")?;
    for (place, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(place, width)?;
    }
    let name = bold().set_align(FormatAlign::Top);
    let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let facts = [
        ("report", report.title.to_owned()),
        ("what it lists", report.description.to_owned()),
        ("how its numbers are made", report.definition.to_owned()),
        ("as of", format!("{}; all times are UTC", utc_text(completeness.as_of))),
        ("completeness", completeness.sentences().join("\n")),
        ("made from", report.sources.join(", ")),
        ("people", people.to_owned()),
        ("empty cells", "unknown or not applicable, never zero".to_owned()),
    ];
    let mut row = 0;
    for (fact, meaning) in &facts {
        sheet.write_with_format(row, 0, *fact, &name)?;
        sheet.write_with_format(row, 1, fitting(meaning).as_ref(), &text)?;
        row += 1;
    }
    row += 1;
    for (place, heading) in (0..).zip(HEADINGS) {
        sheet.write_with_format(row, place, heading, &bold())?;
    }
    for column in report.columns.iter().chain(report.totals) {
        row += 1;
        let heading = heading(column);
        let fields = column.fields.join(", ");
        let cells = [&heading, column.meaning, column.name, column.kind.word(), &fields];
        for (place, cell) in (0..).zip(cells) {
            sheet.write_with_format(row, place, cell, &text)?;
        }
    }
    Ok(())
}
