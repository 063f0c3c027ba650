//! Columns of one type each, written as a Parquet file in groups of rows. The same rows give the same bytes: the file names
//! no time, and as its maker only this program's version.

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

/// Rows held in memory before they are written.
const ROWS_IN_GROUP: usize = 65_536;

/// The most digits that readers take (Parquet format, "DECIMAL": 16 bytes hold 38).
const DECIMAL_DIGITS: i32 = 38;
const DECIMAL_BYTES: i32 = 16;

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

fn plain(error: ParquetError) -> io::Error {
    io::Error::other(error)
}

#[cfg(test)]
pub(super) mod tests {
    use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
    use ::parquet::record::Field;

    use super::*;

    pub(in crate::export::parquet) fn read(
        file: Vec<u8>,
    ) -> (SerializedFileReader<bytes::Bytes>, Vec<Vec<Field>>) {
        let reader = SerializedFileReader::new(bytes::Bytes::from(file)).unwrap();
        let rows = reader.get_row_iter(None).unwrap();
        let rows = rows.map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect());
        let rows = rows.collect();
        (reader, rows)
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
    fn a_value_of_another_type_is_refused() {
        let mut out = Vec::new();
        let columns = [ParquetColumn { name: "n", holds: ParquetType::Integer }];
        let mut writer = ParquetWriter::begin(&columns, &[], &mut out).unwrap();
        assert!(writer.row(&[ParquetValue::Text("1")]).is_err());
    }
}
