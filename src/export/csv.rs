//! CSV in two profiles: for machines (RFC 4180 with LF line ends, UTF-8 without a byte order mark, every value exact)
//! and for Excel, which needs a byte order mark and must be kept from running text as formulas.
//!
//! Null is an empty field. The columns of the state follow the report's own, since a CSV file has no other place for it.

use std::borrow::Cow;
use std::io::{self, Write};

use ::csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::row_state::{RowState, STATE_COLUMNS};
use super::{Document, RowWriter};
use crate::report::Cell;

/// Whose CSV it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvProfile {
    /// Programs'.
    Machine,
    /// Excel's, with the separators that it expects in a language. There is no `sep=` line: with a byte order mark
    /// before it, Excel shows it as data.
    Excel(Separators),
}

/// What stands between fields and before decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separators {
    /// `,` and `.`, as in English.
    CommaAndPoint,
    /// `;` and `,`, as in German.
    SemicolonAndComma,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) struct Csv<'out> {
    writer: Writer<&'out mut dyn Write>,
    profile: CsvProfile,
    state: RowState,
}

impl<'out> Csv<'out> {
    pub(super) fn begin(
        document: &Document<'_>,
        profile: CsvProfile,
        out: &'out mut dyn Write,
    ) -> io::Result<Self> {
        let (delimiter, terminator) = match profile {
            CsvProfile::Machine => (b',', Terminator::Any(b'\n')),
            CsvProfile::Excel(Separators::CommaAndPoint) => (b',', Terminator::CRLF),
            CsvProfile::Excel(Separators::SemicolonAndComma) => (b';', Terminator::CRLF),
        };
        if profile != CsvProfile::Machine {
            out.write_all(BYTE_ORDER_MARK)?;
        }
        let mut writer = WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .quote_style(QuoteStyle::Necessary)
            .from_writer(out);
        let names = document.report.columns.iter().map(|column| column.name);
        writer.write_record(names.chain(STATE_COLUMNS.map(|(name, ..)| name))).map_err(plain)?;
        Ok(Self { writer, profile, state: RowState::of(document) })
    }
}

impl RowWriter for Csv<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for cell in cells {
            self.writer.write_field(field(cell, self.profile).as_bytes()).map_err(plain)?;
        }
        let state = self.state.cells(cells);
        self.writer.write_record(state.each_ref().map(|cell| cell.text().into_owned())).map_err(plain)?;
        Ok(())
    }

    fn finish(mut self: Box<Self>, _totals: &[Cell<'_>]) -> io::Result<()> {
        self.writer.flush()
    }
}

fn field<'cell>(cell: &'cell Cell<'_>, profile: CsvProfile) -> Cow<'cell, str> {
    let has_decimals = matches!(cell, Cell::Number(_) | Cell::BasisPoints(_) | Cell::Money(_));
    match (profile, cell) {
        (CsvProfile::Excel(_), Cell::Text(text)) if runs_as_formula(text) => Cow::Owned(format!("'{text}")),
        (CsvProfile::Excel(Separators::SemicolonAndComma), _) if has_decimals => {
            Cow::Owned(cell.text().replace('.', ","))
        }
        _ => cell.text(),
    }
}

/// Whether a spreadsheet may run the text as a formula (OWASP ASVS 5.0, 1.2.10; CWE-1236). Only text can: a negative
/// number is a number.
fn runs_as_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠'])
}

/// The error of the stream itself: a reader that went away must be told from a full disk.
fn plain(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::sample::{HOSTILE, row, written};
    use super::*;
    use crate::base::Money;

    const ENGLISH: CsvProfile = CsvProfile::Excel(Separators::CommaAndPoint);
    const GERMAN: CsvProfile = CsvProfile::Excel(Separators::SemicolonAndComma);

    #[test]
    fn only_text_is_kept_from_running_and_only_for_excel() {
        for text in
            ["=1+1", "+49 89", "-5", "@SUM(1)", "\t=1", "\r=1", "\0=1", "＝1", "＋1", "－1", "＠1", "=", "-"]
        {
            let cell = Cell::from(text);
            assert_eq!(field(&cell, CsvProfile::Machine), text);
            assert_eq!(field(&cell, ENGLISH), format!("'{text}"));
            assert_eq!(field(&cell, GERMAN), format!("'{text}"));
        }
        for text in ["", "a=1", " =1", "'=1", "Müller", "\n=1", "5-3"] {
            assert_eq!(field(&Cell::from(text), ENGLISH), text);
        }
    }

    /// Names that the format could be torn apart by.
    const TEARING: [&str; 14] = [
        "a\rb",
        "\r",
        "a\nb",
        "a\r\nb",
        "a,b",
        "a;b",
        "a\"b",
        "\"",
        "\0",
        "a\0b",
        "\u{1b}[2J\u{7}",
        "\u{2028}",
        " a ",
        "'",
    ];

    #[test]
    fn every_reader_finds_the_exact_text_in_the_fields_that_were_written() {
        for profile in [CsvProfile::Machine, ENGLISH, GERMAN] {
            let names = TEARING.iter().chain(&HOSTILE);
            let bytes =
                written(Format::Csv(profile), &names.clone().map(|name| row(name)).collect::<Vec<_>>());
            let text = String::from_utf8(bytes).unwrap();
            let delimiter = if profile == GERMAN { ';' } else { ',' };
            let records = records_of(text.trim_start_matches('\u{feff}'), delimiter);
            assert_eq!(records.len(), names.clone().count() + 1, "{profile:?}");
            for (record, name) in records[1..].iter().zip(names) {
                assert_eq!(record.len(), records[0].len(), "{profile:?}: {name:?}");
                assert_eq!(record[1], field(&Cell::from(*name), profile), "{profile:?}");
            }
        }
    }

    /// RFC 4180, 2, read as strictly as it is written: a quote, a delimiter, a CR or an LF stand in quotes only.
    fn records_of(text: &str, delimiter: char) -> Vec<Vec<String>> {
        let mut records = vec![vec![String::new()]];
        let (mut is_quoted, mut rest) = (false, text.chars().peekable());
        while let Some(each) = rest.next() {
            let record = records.last_mut().unwrap();
            match each {
                '"' if is_quoted && rest.next_if_eq(&'"').is_some() => record.last_mut().unwrap().push('"'),
                '"' if is_quoted => is_quoted = false,
                '"' => {
                    assert_eq!(record.last().unwrap(), "", "a quote begins a field");
                    is_quoted = true;
                }
                _ if is_quoted => record.last_mut().unwrap().push(each),
                '\r' => assert_eq!(rest.peek(), Some(&'\n'), "a CR of no line end"),
                '\n' => records.push(vec![String::new()]),
                _ if each == delimiter => record.push(String::new()),
                _ => record.last_mut().unwrap().push(each),
            }
        }
        assert_eq!(records.pop(), Some(vec![String::new()]), "the last line ends");
        records
    }

    #[test]
    fn a_row_without_an_org_is_as_whole_as_the_file() {
        let mut of_no_org = row("Müller");
        of_no_org[0] = Cell::Null;
        let text = String::from_utf8(written(Format::Csv(CsvProfile::Machine), &[of_no_org])).unwrap();
        assert!(text.ends_with(",2026-11-21T03:00:00.000Z,true\n"), "{text}");
    }

    #[test]
    fn numbers_stay_numbers_in_every_profile() {
        let euro = Money { minor: -123_456, currency: "EUR".parse().unwrap() };
        for (cell, exact, german) in [
            (Cell::Integer(-3), "-3", "-3"),
            (Cell::Number(-0.5), "-0.5", "-0,5"),
            (Cell::BasisPoints(-1234), "-12.34", "-12,34"),
            (Cell::Money(euro), "-1234.56", "-1234,56"),
            (Cell::Null, "", ""),
            (Cell::Boolean(true), "true", "true"),
            (Cell::from("2026-11-21T03:00:00.000Z"), "2026-11-21T03:00:00.000Z", "2026-11-21T03:00:00.000Z"),
        ] {
            assert_eq!(field(&cell, CsvProfile::Machine), exact);
            assert_eq!(field(&cell, ENGLISH), exact);
            assert_eq!(field(&cell, GERMAN), german);
        }
    }
}
