//! A report with every kind of cell and with names that mean harm, for the tests of the formats.

use super::{Document, Format, People, Redactions, begin};
use crate::base::Money;
use crate::report::books::Books;
use crate::report::{Cell, Column, Completeness, Kind, Personal, Reach, Report};
use crate::store::{OrgState, Selection};

pub(super) const SAMPLE: Report = Report {
    id: "sample",
    title: "Sample",
    description: "Every kind of cell",
    definition: "One row per seat & holder.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Org").shown(),
        Column::new("name", Kind::Text, "Name").personal(Personal::Pseudonym("Name")).shown(),
        Column::new("seats", Kind::Integer, "Seats").shown(),
        Column::new("usage", Kind::Number, "Usage").shown(),
        Column::new("used_percent", Kind::Percent, "Share").shown(),
        Column::new("cost", Kind::Money, "Cost").shown(),
        Column::new("currency", Kind::Text, "Currency of the cost").shown(),
        Column::new("ends_on", Kind::Date, "End").shown(),
        Column::new("seen_at", Kind::DateTime, "Last seen"),
        Column::new("is_free", Kind::Boolean, "Free").shown(),
    ],
    totals: &[Column::new("all_seats", Kind::Integer, "Seats of all")],
    sources: &[],
    key: &["org", "name"],
    label: &["org", "name"],
    about: &["seats"],
    write: |_, _| Ok(Vec::new()),
};

/// Names that a person can have in Salesforce, and that no format may mistake for anything else.
pub(super) const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "\u{202e}gpj.exe",
    "\u{1f469}\u{1f3fd}\u{200d}\u{1f680} 𠜎",
    "محمد بن عبد الله",
    "\" onmouseover=\"alert(1)' </td></table>",
    "a\u{0}b\u{1b}[2J\r\n\tc",
];

/// Rows with every hostile name, and one that is unknown throughout.
pub(super) fn rows() -> Vec<Vec<Cell<'static>>> {
    let mut rows: Vec<_> = HOSTILE.iter().map(|name| row(name)).collect();
    rows.push(vec!["acme".into()]);
    rows[HOSTILE.len()].resize(SAMPLE.columns.len(), Cell::Null);
    rows
}

/// A row about `name`.
pub(super) fn row(name: &'static str) -> Vec<Cell<'static>> {
    let cost = Money { minor: -1_234_567, currency: "EUR".parse().unwrap() };
    vec![
        "acme".into(),
        name.into(),
        Cell::Integer(12_345),
        Cell::Number(0.5),
        Cell::BasisPoints(7843),
        cost.into(),
        "EUR".into(),
        "2027-01-31".into(),
        "2026-11-20T23:59:59.999Z".into(),
        true.into(),
    ]
}

/// These rows in a format.
pub(super) fn written(format: Format, rows: &[Vec<Cell<'_>>]) -> Vec<u8> {
    let as_of = "2026-11-21T03:00:00Z".parse().unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let acme = OrgState {
        org: "acme".to_owned(),
        collected_at: "2026-11-21T03:00:00.000Z".to_owned(),
        run_status: "complete".to_owned(),
        run_error: None,
        gaps: Vec::new(),
    };
    let completeness = Completeness { as_of, orgs: vec![acme], uncollected: Vec::new(), sources: Vec::new() };
    let document = Document {
        report: &SAMPLE,
        selection: &selection,
        completeness: &completeness,
        people: &People::Shown,
        redactions: Redactions::default(),
        books: &Books::default(),
    };
    let mut out = Vec::new();
    let mut writer = begin(&document, format, &mut out).unwrap();
    rows.iter().for_each(|row| writer.row(row).unwrap());
    writer.finish(&[Cell::Integer(98_760)]).unwrap();
    out
}
