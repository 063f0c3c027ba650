//! Literals in the type of the field they are compared with.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::plan::FieldPath;
use crate::base::{date_text, parse_instant};
use crate::emulator::org::{DAY_MILLISECONDS, Field, FieldType, Key, Value, fifteen_of};
use crate::emulator::soql::{Literal, Operand, Problem};

/// A value that fields can be compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Comparand {
    Null,
    Boolean(bool),
    Number(f64),
    /// In lower case: SOQL compares text without regard to case.
    Text(String),
    Id([u8; 15]),
    Instant(i64),
    Day(i64),
}

/// Reads a literal as the field's type, or refuses it as Salesforce does.
pub(super) fn comparand(path: &FieldPath, operand: &Operand) -> Result<Comparand, Problem> {
    let field = path.described();
    let read = match (&operand.literal, field.field_type) {
        (Literal::Null, _) => Some(Comparand::Null),
        (Literal::Boolean(yes), FieldType::Boolean) => Some(Comparand::Boolean(*yes)),
        (Literal::Number(number), FieldType::Integer | FieldType::Double | FieldType::Percent) => {
            Some(Comparand::Number(*number))
        }
        // The empty text is null, as in every field.
        (Literal::Text(text), kind) if text.is_empty() && (is_text(kind) || is_id(kind)) => {
            Some(Comparand::Null)
        }
        (Literal::Text(text), kind) if is_text(kind) => Some(Comparand::Text(text.to_lowercase())),
        (Literal::Text(text), kind) if is_id(kind) => {
            let id = fifteen_of(text).ok_or_else(|| {
                Problem::at(operand.at, "INVALID_QUERY_FILTER_OPERATOR", format!("invalid ID field: {text}"))
            })?;
            Some(Comparand::Id(id))
        }
        (Literal::DateTime(text), FieldType::DateTime) => {
            parse_instant(text).map(|instant| Comparand::Instant(instant.as_millisecond()))
        }
        (Literal::Date(text), FieldType::Date) => date_text(text)
            .and_then(parse_instant)
            .map(|instant| Comparand::Day(instant.as_millisecond().div_euclid(DAY_MILLISECONDS))),
        _ => None,
    };
    read.ok_or_else(|| wrong_type(field, operand))
}

fn wrong_type(field: &Field, operand: &Operand) -> Problem {
    let expected = match field.field_type {
        FieldType::DateTime => "dateTime",
        other => other.name(),
    };
    let quotes = match operand.literal {
        Literal::Text(_) => " and should not be enclosed in quotes",
        _ if is_text(field.field_type) => " and should be enclosed in quotes",
        _ => "",
    };
    let message =
        format!("value of filter criterion for field '{}' must be of type {expected}{quotes}", field.name);
    Problem::at(operand.at, "INVALID_FIELD", message)
}

/// True for the types whose values are text.
pub(super) fn is_text(kind: FieldType) -> bool {
    matches!(kind, FieldType::Text | FieldType::TextArea | FieldType::Picklist | FieldType::Email)
}

/// True for the types whose values are ids.
pub(super) fn is_id(kind: FieldType) -> bool {
    matches!(kind, FieldType::Id | FieldType::Reference)
}

/// A field's value in the form that it is compared in.
pub(super) enum Comparable<'value> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'value, str>),
    Id(Key),
    Instant(i64),
    Day(i64),
}

impl<'value> Comparable<'value> {
    /// Text in lower case; nothing is copied that is lower case already.
    pub(super) fn of(value: &'value Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(yes) => Self::Boolean(*yes),
            Value::Integer(number) => Self::Number(*number as f64),
            Value::Double(number) => Self::Number(*number),
            Value::Text(text) => Self::Text(lower_case(text)),
            Value::Id(key) => Self::Id(*key),
            Value::Instant(at) => Self::Instant(*at),
            Value::Day(day) => Self::Day(*day),
        }
    }

    /// Orders against a literal of the field's type; `None` when either is null.
    pub(super) fn compare(&self, other: &Comparand) -> Option<Ordering> {
        match (self, other) {
            (Self::Boolean(own), Comparand::Boolean(other)) => Some(own.cmp(other)),
            (Self::Number(own), Comparand::Number(other)) => own.partial_cmp(other),
            (Self::Text(own), Comparand::Text(other)) => Some(own.as_ref().cmp(other)),
            (Self::Id(own), Comparand::Id(other)) => Some(own.fifteen().cmp(other)),
            (Self::Instant(own), Comparand::Instant(other)) => Some(own.cmp(other)),
            (Self::Day(own), Comparand::Day(other)) => Some(own.cmp(other)),
            _ => None,
        }
    }
}

/// `text` in lower case.
pub(super) fn lower_case(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}
