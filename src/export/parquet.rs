//! Parquet: typed columns for data tools. The same rows give the same bytes: the file names no time, and as its maker
//! only this program's version.
//!
//! Money is `DECIMAL(38, 4)`, not text, so that readers add it exactly without parsing; four places hold the minor unit
//! of every currency (ISO 4217 has none with more), and 38 digits are what every reader takes. Percents are
//! `DECIMAL(38, 2)`, instants UTC milliseconds. What a policy has replaced by text in a typed column is null.

use std::io::{self, Write};
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use ::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    Int32Type, Int64Type,
};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use ::parquet::schema::types::Type;
use jiff::civil::Date;

use super::{Document, RowWriter};
use crate::base::{milliseconds_from_text, utc_text};
use crate::report::{Cell, Column, Kind};

/// Rows held in memory before they are written.
const ROWS_IN_GROUP: usize = 65_536;

/// The most digits that readers take (Parquet format, "DECIMAL": 16 bytes hold 38).
const DECIMAL_DIGITS: i32 = 38;
const DECIMAL_BYTES: i32 = 16;

/// Decimal places of the currency that has the most (ISO 4217: CLF and UYW).
const MONEY_SCALE: u32 = 4;
const PERCENT_SCALE: u32 = 2;

/// A column of a Parquet file. Every column may hold nulls.
#[derive(Clone, Copy, Debug)]
pub struct ParquetColumn<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it holds.
    pub holds: ParquetType,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParquetType {
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    Integer,
    /// A 64-bit float.
    Number,
    /// 38 digits, so many of them after the point.
    Decimal {
        /// The digits after the point.
        scale: u32,
    },
    /// A calendar date.
    Date,
    /// An instant in UTC, to the millisecond.
    Timestamp,
    /// Yes or no.
    Boolean,
}

/// One value, of the type of its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParquetValue<'a> {
    /// Unknown or not applicable.
    Null,
    /// UTF-8.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A float.
    Number(f64),
    /// A decimal, in units of its last place.
    Decimal(i128),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// Yes or no.
    Boolean(bool),
}

/// Writes a Parquet file row by row.
pub struct ParquetWriter<'out> {
    out: &'out mut dyn Write,
    file: SerializedFileWriter<Vec<u8>>,
    columns: Vec<Buffer>,
    rows: usize,
}

impl<'out> ParquetWriter<'out> {
    /// Begins a file with these columns and this metadata about the whole.
    ///
    /// # Errors
    /// Two columns share a name, or `out` cannot be written.
    pub fn begin(
        columns: &[ParquetColumn<'_>],
        metadata: &[(&str, &str)],
        out: &'out mut dyn Write,
    ) -> io::Result<Self> {
        let fields = columns.iter().map(|column| Ok(Arc::new(schema_field(column)?)));
        let fields = fields.collect::<Result<Vec<_>, ParquetError>>().map_err(plain)?;
        let schema = Type::group_type_builder("schema").with_fields(fields).build().map_err(plain)?;
        let metadata =
            metadata.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), (*value).to_owned()));
        let properties = WriterProperties::builder()
            .set_created_by(concat!("seatledger version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(metadata.collect()))
            .build();
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties));
        Ok(Self {
            out,
            file: file.map_err(plain)?,
            columns: columns.iter().map(|column| Buffer::of(column.holds)).collect(),
            rows: 0,
        })
    }

    /// Takes a row, values in the order of the columns.
    ///
    /// # Errors
    /// A value is not of its column's type, or `out` cannot be written.
    pub fn row(&mut self, values: &[ParquetValue<'_>]) -> io::Result<()> {
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(value)?;
        }
        self.rows += 1;
        if self.rows < ROWS_IN_GROUP { Ok(()) } else { self.write_group() }
    }

    /// Writes what is held and the end of the file.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.out.write_all(&self.file.into_inner().map_err(plain)?)?;
        self.out.flush()
    }

    fn write_group(&mut self) -> io::Result<()> {
        let mut group = self.file.next_row_group().map_err(plain)?;
        for column in &mut self.columns {
            column.write(&mut group).map_err(plain)?;
        }
        group.close().map_err(plain)?;
        self.file.flush()?;
        self.rows = 0;
        self.out.write_all(&std::mem::take(self.file.inner_mut()))
    }
}

/// The values of one column that are not written yet, and for each row whether there is one (1) or not (0).
struct Buffer {
    values: Values,
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Long(Vec<i64>),
    Double(Vec<f64>),
    Decimal(Vec<FixedLenByteArray>),
    Days(Vec<i32>),
    Boolean(Vec<bool>),
}

impl Buffer {
    fn of(holds: ParquetType) -> Self {
        let values = match holds {
            ParquetType::Text => Values::Text(Vec::new()),
            ParquetType::Integer | ParquetType::Timestamp => Values::Long(Vec::new()),
            ParquetType::Number => Values::Double(Vec::new()),
            ParquetType::Decimal { .. } => Values::Decimal(Vec::new()),
            ParquetType::Date => Values::Days(Vec::new()),
            ParquetType::Boolean => Values::Boolean(Vec::new()),
        };
        Self { values, levels: Vec::new() }
    }

    fn push(&mut self, value: &ParquetValue<'_>) -> io::Result<()> {
        match (&mut self.values, value) {
            (_, ParquetValue::Null) => {}
            (Values::Text(held), ParquetValue::Text(text)) => held.push(ByteArray::from(*text)),
            (Values::Long(held), ParquetValue::Integer(number) | ParquetValue::Timestamp(number)) => {
                held.push(*number);
            }
            (Values::Double(held), ParquetValue::Number(number)) => held.push(*number),
            (Values::Decimal(held), ParquetValue::Decimal(units)) => {
                held.push(FixedLenByteArray::from(units.to_be_bytes().to_vec()));
            }
            (Values::Days(held), ParquetValue::Date(days)) => held.push(*days),
            (Values::Boolean(held), ParquetValue::Boolean(value)) => held.push(*value),
            _ => return Err(io::Error::other(format!("{value:?} is not of its column's type"))),
        }
        self.levels.push(i16::from(*value != ParquetValue::Null));
        Ok(())
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        match &mut self.values {
            Values::Text(held) => write_column::<ByteArrayType>(group, held, &levels),
            Values::Long(held) => write_column::<Int64Type>(group, held, &levels),
            Values::Double(held) => write_column::<DoubleType>(group, held, &levels),
            Values::Decimal(held) => write_column::<FixedLenByteArrayType>(group, held, &levels),
            Values::Days(held) => write_column::<Int32Type>(group, held, &levels),
            Values::Boolean(held) => write_column::<BoolType>(group, held, &levels),
        }
    }
}

fn write_column<Of: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    held: &mut Vec<Of::T>,
    levels: &[i16],
) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<Of>().write_batch(held, Some(levels), None)?;
        column.close()?;
    }
    held.clear();
    Ok(())
}

fn schema_field(column: &ParquetColumn<'_>) -> Result<Type, ParquetError> {
    let milliseconds = LogicalType::timestamp(true, TimeUnit::MILLIS);
    let (physical, logical) = match column.holds {
        ParquetType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ParquetType::Integer => (PhysicalType::INT64, None),
        ParquetType::Number => (PhysicalType::DOUBLE, None),
        ParquetType::Decimal { scale } => {
            let scale = i32::try_from(scale).unwrap_or(DECIMAL_DIGITS);
            let logical = LogicalType::decimal(scale, DECIMAL_DIGITS);
            return Type::primitive_type_builder(column.name, PhysicalType::FIXED_LEN_BYTE_ARRAY)
                .with_length(DECIMAL_BYTES)
                .with_precision(DECIMAL_DIGITS)
                .with_scale(scale)
                .with_logical_type(Some(logical))
                .with_repetition(Repetition::OPTIONAL)
                .build();
        }
        ParquetType::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        ParquetType::Timestamp => (PhysicalType::INT64, Some(milliseconds)),
        ParquetType::Boolean => (PhysicalType::BOOLEAN, None),
    };
    Type::primitive_type_builder(column.name, physical)
        .with_logical_type(logical)
        .with_repetition(Repetition::OPTIONAL)
        .build()
}

/// A report being written as Parquet.
pub(super) struct Parquet<'out> {
    columns: &'static [Column],
    writer: ParquetWriter<'out>,
}

impl<'out> Parquet<'out> {
    pub(super) fn begin(document: &Document<'_>, out: &'out mut dyn Write) -> io::Result<Self> {
        let columns = document.report.columns;
        let typed: Vec<_> = columns
            .iter()
            .map(|column| ParquetColumn { name: column.name, holds: type_of(column.kind) })
            .collect();
        let as_of = utc_text(document.completeness.as_of);
        let complete = document.completeness.is_complete().to_string();
        let metadata =
            [("report", document.report.id), ("as_of", as_of.as_str()), ("complete", complete.as_str())];
        Ok(Self { columns, writer: ParquetWriter::begin(&typed, &metadata, out)? })
    }
}

impl RowWriter for Parquet<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        let values: Vec<_> =
            self.columns.iter().zip(cells).map(|(column, cell)| value_of(column.kind, cell)).collect();
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

fn plain(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
    use ::parquet::record::Field;

    use super::*;
    use crate::base::Money;
    use crate::export::Format;
    use crate::export::sample::{HOSTILE, rows, written};

    fn read(file: Vec<u8>) -> (SerializedFileReader<bytes::Bytes>, Vec<Vec<Field>>) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        let rows = rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect());
        let rows = rows.collect();
        (reader, rows)
    }

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
                "true"
            ]
        );
        assert!(read[HOSTILE.len()][1..].iter().all(|field| *field == Field::Null));
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
    fn rows_beyond_one_group_are_all_there_in_order() {
        let mut out = Vec::new();
        let columns = [ParquetColumn { name: "n", holds: ParquetType::Integer }];
        let mut writer = ParquetWriter::begin(&columns, &[], &mut out).unwrap();
        let count = i64::try_from(ROWS_IN_GROUP).unwrap() * 2 + 7;
        (0..count).for_each(|number| writer.row(&[ParquetValue::Integer(number)]).unwrap());
        writer.finish().unwrap();
        let (reader, rows) = read(out);
        assert_eq!(reader.metadata().num_row_groups(), 3);
        assert!((0..count).eq(rows.iter().map(|row| if let Field::Long(number) = row[0] {
            number
        } else {
            -1
        })));
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

    #[test]
    fn a_value_of_another_type_is_refused() {
        let mut out = Vec::new();
        let columns = [ParquetColumn { name: "n", holds: ParquetType::Integer }];
        let mut writer = ParquetWriter::begin(&columns, &[], &mut out).unwrap();
        assert!(writer.row(&[ParquetValue::Text("1")]).is_err());
    }
}
