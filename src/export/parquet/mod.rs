//! Reports as Parquet: typed columns for data tools.
//!
//! Money is `DECIMAL(38, 4)`, not text, so that readers add it exactly without parsing; four places hold the minor unit
//! of every currency (ISO 4217 has none with more), and 38 digits are what every reader takes. Percents are
//! `DECIMAL(38, 2)`, instants UTC milliseconds. The columns of the state follow the report's own. What a policy has replaced by text in a typed column is null.

mod writer;

use std::io::{self, Write};

use jiff::civil::Date;

pub use writer::{ParquetColumn, ParquetType, ParquetValue, ParquetWriter};

use super::row_state::{RowState, STATE_COLUMNS};
use super::{Document, RowWriter};
use crate::base::{milliseconds_from_text, utc_text};
use crate::report::{Cell, Column, Kind};

/// Decimal places of the currency that has the most (ISO 4217: CLF and UYW).
const MONEY_SCALE: u32 = 4;
const PERCENT_SCALE: u32 = 2;

/// A report being written as Parquet.
pub(super) struct Parquet<'out> {
    columns: &'static [Column],
    state: RowState,
    writer: ParquetWriter<'out>,
}

impl<'out> Parquet<'out> {
    pub(super) fn begin(document: &Document<'_>, out: &'out mut dyn Write) -> io::Result<Self> {
        let columns = document.report.columns;
        let own = columns.iter().map(|column| (column.name, column.kind));
        let typed: Vec<_> = own
            .chain(STATE_COLUMNS.map(|(name, kind, _)| (name, kind)))
            .map(|(name, kind)| ParquetColumn { name, holds: type_of(kind) })
            .collect();
        let as_of = utc_text(document.completeness.as_of);
        let complete = document.completeness.is_complete().to_string();
        let metadata =
            [("report", document.report.id), ("as_of", as_of.as_str()), ("complete", complete.as_str())];
        Ok(Self {
            columns,
            state: RowState::of(document),
            writer: ParquetWriter::begin(&typed, &metadata, out)?,
        })
    }
}

impl RowWriter for Parquet<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let state = self.state.cells(cells);
        let own = self.columns.iter().map(|column| column.kind).zip(cells);
        let values: Vec<_> = own
            .chain(STATE_COLUMNS.map(|(_, kind, _)| kind).into_iter().zip(&state))
            .map(|(kind, cell)| value_of(kind, cell))
            .collect();
        self.writer.row(&values)
    }

    fn finish(self: Box<Self>, _totals: &[Cell<'_>]) -> io::Result<()> {
        self.writer.finish()
    }
}

fn type_of(kind: Kind) -> ParquetType {
    match kind {
        Kind::Text => ParquetType::Text,
        Kind::Integer => ParquetType::Integer,
        Kind::Number => ParquetType::Number,
        Kind::Percent => ParquetType::Decimal { scale: PERCENT_SCALE },
        Kind::Money => ParquetType::Decimal { scale: MONEY_SCALE },
        Kind::Date => ParquetType::Date,
        Kind::DateTime => ParquetType::Timestamp,
        Kind::Boolean => ParquetType::Boolean,
    }
}

fn value_of<'cell>(kind: Kind, cell: &'cell Cell<'_>) -> ParquetValue<'cell> {
    match (kind, cell) {
        (Kind::Text, Cell::Text(text)) => ParquetValue::Text(text),
        (Kind::Integer, Cell::Integer(number)) => ParquetValue::Integer(*number),
        (Kind::Number, Cell::Number(number)) => ParquetValue::Number(*number),
        (Kind::Percent, Cell::BasisPoints(points)) => ParquetValue::Decimal(i128::from(*points)),
        (Kind::Money, Cell::Money(amount)) => {
            let places = MONEY_SCALE - amount.currency.digits().min(MONEY_SCALE);
            let units = amount.minor.checked_mul(10_i128.pow(places));
            units.map_or(ParquetValue::Null, ParquetValue::Decimal)
        }
        (Kind::Date, Cell::Text(text)) => {
            days_since_1970(text).map_or(ParquetValue::Null, ParquetValue::Date)
        }
        (Kind::DateTime, Cell::Text(text)) => {
            milliseconds_from_text(text).map_or(ParquetValue::Null, ParquetValue::Timestamp)
        }
        (Kind::Boolean, Cell::Boolean(value)) => ParquetValue::Boolean(*value),
        _ => ParquetValue::Null,
    }
}

fn days_since_1970(text: &str) -> Option<i32> {
    let date: Date = text.parse().ok()?;
    date.since(Date::constant(1970, 1, 1)).ok().map(|span| span.get_days())
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::FileReader as _;
    use ::parquet::record::Field;

    use super::writer::tests::read;
    use super::*;
    use crate::base::Money;
    use crate::export::Format;
    use crate::export::sample::{HOSTILE, SAMPLE, rows, written};

    #[test]
    fn every_value_comes_back_typed_and_exact() {
        let (reader, read) = read(written(Format::Parquet, &rows()));
        assert_eq!(read.len(), HOSTILE.len() + 1);
        for (row, name) in read.iter().zip(HOSTILE) {
            assert_eq!(row[1], Field::Str(name.to_owned()));
        }
        let texts: Vec<_> = read[0][2..].iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "12345",
                "0.5",
                "78.43",
                "-12345.6700",
                "\"EUR\"",
                "2027-01-31",
                "2026-11-20 23:59:59.999 +00:00",
                "true",
                "2026-11-21 03:00:00.000 +00:00",
                "true"
            ]
        );
        let unknown = &read[HOSTILE.len()][1..SAMPLE.columns.len()];
        assert!(unknown.iter().all(|field| *field == Field::Null));
        let metadata = reader.metadata().file_metadata();
        assert_eq!(metadata.created_by(), Some(concat!("seatledger version ", env!("CARGO_PKG_VERSION"))));
        let about: Vec<_> = metadata
            .key_value_metadata()
            .unwrap()
            .iter()
            .map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap()))
            .collect();
        assert_eq!(
            about,
            [("report", "sample"), ("as_of", "2026-11-21T03:00:00.000Z"), ("complete", "true")]
        );
    }

    #[test]
    fn the_same_rows_are_the_same_bytes_and_no_rows_are_a_file() {
        assert_eq!(written(Format::Parquet, &rows()), written(Format::Parquet, &rows()));
        assert_eq!(read(written(Format::Parquet, &[])).1.len(), 0);
    }

    #[test]
    fn money_has_four_places_whatever_its_currency() {
        for (minor, currency, units) in
            [(1234, "EUR", 123_400), (1234, "JPY", 12_340_000), (-1234, "CLF", -1234)]
        {
            let cell = Cell::Money(Money { minor, currency: currency.parse().unwrap() });
            assert_eq!(value_of(Kind::Money, &cell), ParquetValue::Decimal(units), "{currency}");
        }
        assert_eq!(value_of(Kind::Integer, &Cell::from("***")), ParquetValue::Null, "a mask is no number");
    }
}
