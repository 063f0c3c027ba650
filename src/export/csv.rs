//! CSV for machines: RFC 4180 with LF line ends, UTF-8 without a byte order mark, null as an empty field.
//!
//! Two columns follow the report's own, since a CSV file has no other place for them: `as_of`, the instant the row
//! speaks of, and `complete`, whether what the report shows of the row's org is whole.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::{Document, RowWriter};
use crate::base::utc_text;
use crate::report::{Cell, Kind};

/// The columns that follow the report's own.
pub(super) const STATE_COLUMNS: [(&str, Kind, &str); 2] = [
    ("as_of", Kind::DateTime, "The instant that the row speaks of"),
    ("complete", Kind::Boolean, "Whether what the file shows of the row's org is whole"),
];

pub(super) struct Csv<'out> {
    writer: Writer<&'out mut dyn Write>,
    as_of: String,
    is_complete: BTreeMap<String, bool>,
    org_column: usize,
}

impl<'out> Csv<'out> {
    pub(super) fn begin(document: &Document<'_>, out: &'out mut dyn Write) -> io::Result<Self> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .quote_style(QuoteStyle::Necessary)
            .from_writer(out);
        let columns = document.report.columns;
        let names = columns.iter().map(|column| column.name);
        writer.write_record(names.chain(STATE_COLUMNS.map(|(name, ..)| name))).map_err(plain)?;
        let orgs = document.completeness.orgs.iter();
        Ok(Self {
            writer,
            as_of: utc_text(document.completeness.as_of),
            is_complete: orgs
                .map(|org| (org.org.clone(), document.completeness.is_org_complete(org)))
                .collect(),
            org_column: columns.iter().position(|column| column.name == "org").unwrap_or_default(),
        })
    }
}

impl RowWriter for Csv<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let org = cells[self.org_column].text();
        let complete = Cell::Boolean(self.is_complete.get(org.as_ref()).copied().unwrap_or(false));
        for cell in cells {
            self.writer.write_field(cell.text().as_bytes()).map_err(plain)?;
        }
        self.writer.write_record([self.as_of.as_str(), &complete.text()]).map_err(plain)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, _totals: &[Cell<'_>]) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The error of the stream itself: a reader that went away must be told from a full disk.
fn plain(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
