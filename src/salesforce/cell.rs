//! One value of a record, held to its column's type.
//!
//! Numbers are taken as JSON numbers or as strings that are clean numbers, because Salesforce writes the same count as
//! `400`, as `300.0` and, in some aggregates, in quotes. Everything else must be exactly what the type says.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::base::{RecordId, date_text, datetime_from_salesforce};
use crate::catalogue::FieldType;

use super::decode::Filling;
use super::rows::Cell;

/// Reads a value into `column` of the record at hand.
pub(super) struct CellSeed<'f, 'c> {
    pub(super) column: usize,
    pub(super) field_type: FieldType,
    pub(super) filling: &'f mut Filling<'c>,
}

impl CellSeed<'_, '_> {
    /// Puts the cell in its place, or ends the parsing when the value was not of the column's type.
    fn put<E: Error>(self, cell: Option<Cell>, found: &'static str) -> Result<(), E> {
        let placed = match cell {
            Some(cell) => self.filling.set(self.column, cell),
            None => Err(self.filling.wrong_type(self.column, found, expected(self.field_type))),
        };
        placed.map_err(|problem| self.filling.give_up(problem))
    }

    fn put_number<E: Error>(self, number: f64) -> Result<(), E> {
        let cell = match self.field_type {
            FieldType::Integer => whole(number).map(Cell::Integer),
            FieldType::Number => Some(Cell::Number(number)),
            _ => None,
        };
        self.put(cell, if number.fract() == 0.0 { "a number" } else { "a number with decimals" })
    }
}

impl<'de> DeserializeSeed<'de> for CellSeed<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(expected(self.field_type))
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put(Some(Cell::Null), "null")
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<(), E> {
        let cell = (self.field_type == FieldType::Boolean).then_some(Cell::Boolean(yes));
        self.put(cell, "true or false")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        match self.field_type {
            FieldType::Integer => self.put(Some(Cell::Integer(number)), "a number"),
            _ => self.put_number(number as f64),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => self.put_number(number as f64),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.put_number(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let cell = match self.field_type {
            FieldType::Text => Some(self.filling.rows.keep(text)),
            FieldType::Id => RecordId::parse(text).ok().map(|id| self.filling.rows.keep(id.as_str())),
            FieldType::DateTime => datetime_from_salesforce(text).map(|text| self.filling.rows.keep(&text)),
            FieldType::Date => date_text(text).map(|text| self.filling.rows.keep(text)),
            FieldType::Integer | FieldType::Number => match (text.parse::<i64>(), clean_number(text)) {
                (Ok(number), _) => return self.visit_i64(number),
                (Err(_), Some(number)) => return self.put_number(number),
                (Err(_), None) => None,
            },
            FieldType::Boolean => None,
        };
        self.put(cell, "another text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.put(None, "an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.put(None, "a list")
    }
}

fn expected(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Id => "a Salesforce id",
        FieldType::Text => "a text",
        FieldType::Integer => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "true or false",
        FieldType::DateTime => "an instant",
        FieldType::Date => "a date",
    }
}

/// The integer that `number` is exactly; beyond 2^53 a double no longer knows its neighbors.
fn whole(number: f64) -> Option<i64> {
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= LARGEST_EXACT).then_some(number as i64)
}

/// Digits with sign, decimals and exponent; not the `inf` and `nan` that Rust also reads.
fn clean_number(text: &str) -> Option<f64> {
    let clean = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|number: &f64| clean && number.is_finite())
}
