//! The data sets as Parquet: decimals stay exact, instants are instants, JSON is text.

use std::io::{self, Write};

use rust_decimal::Decimal;

use super::column::Form;
use super::data_set::{DataSet, FocusRow};
use super::metadata::FOCUS_VERSION;
use crate::base::milliseconds_from_text;
use crate::export::{ParquetColumn, ParquetType, ParquetValue, ParquetWriter};

/// Decimal places of the longest numbers: a price of ten times a quantity of four.
pub(super) const SCALE: u32 = 14;

impl DataSet {
    /// Its Parquet file in a feed.
    pub(in crate::export) fn parquet_file(self) -> String {
        self.csv_file().replace(".csv", ".parquet")
    }

    /// Writes the rows as Parquet.
    pub(in crate::export) fn write_parquet(self, rows: &[FocusRow], out: &mut dyn Write) -> io::Result<()> {
        let columns: Vec<_> = self
            .columns()
            .iter()
            .map(|column| ParquetColumn { name: column.name, holds: parquet_type(column.form) })
            .collect();
        let metadata = [("focus_version", FOCUS_VERSION), ("focus_dataset", self.id())];
        let mut writer = ParquetWriter::begin(&columns, &metadata, out)?;
        for row in rows {
            let fields = self.columns().iter().zip(&row.fields);
            let values: Option<Vec<_>> = fields.map(|(column, text)| value(column.form, text)).collect();
            writer.row(&values.ok_or_else(|| io::Error::other("a field is not of its column's form"))?)?;
        }
        writer.finish()
    }
}

fn parquet_type(form: Form) -> ParquetType {
    match form {
        Form::Decimal | Form::Price => ParquetType::Decimal { scale: SCALE },
        Form::DateTime => ParquetType::Timestamp,
        Form::Text | Form::Currency | Form::Json | Form::KeyValue => ParquetType::Text,
    }
}

/// The value of a field; `None` when it is not of the form.
fn value(form: Form, text: &str) -> Option<ParquetValue<'_>> {
    if text.is_empty() {
        return Some(ParquetValue::Null);
    }
    match form {
        Form::Decimal | Form::Price => units(text).map(ParquetValue::Decimal),
        Form::DateTime => milliseconds_from_text(text).map(ParquetValue::Timestamp),
        Form::Text | Form::Currency | Form::Json | Form::KeyValue => Some(ParquetValue::Text(text)),
    }
}

/// A number in units of its last place.
fn units(text: &str) -> Option<i128> {
    let number: Decimal = text.parse().ok()?;
    let missing = SCALE.checked_sub(number.scale())?;
    number.mantissa().checked_mul(10_i128.pow(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_exact() {
        for (text, expected) in [
            ("131.25", Some(13_125_000_000_000_000)),
            ("-0.01", Some(-1_000_000_000_000)),
            ("8.3333333333", Some(833_333_333_330_000)),
            ("0.000000000000001", None),
        ] {
            assert_eq!(units(text), expected, "{text}");
        }
    }
}
