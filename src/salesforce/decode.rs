//! Decodes a query's answer in one pass from its bytes into [`Rows`], without a tree in between.
//!
//! The columns are arranged in the shape the records have; keys are expected in the order they were selected, which
//! is the order Salesforce answers in, and found in any other order too. What was not asked for is skipped.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::catalogue::FieldType;

use super::cell::CellSeed;
use super::rows::Cell;
use super::{Column, PageError, Rows};

/// The parts of an answer.
pub(super) struct Answer {
    pub(super) rows: Rows,
    pub(super) total_size: u64,
    pub(super) done: Option<bool>,
    pub(super) next_records_url: Option<String>,
}

/// What a selected field means that a record does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AbsentField {
    IsAnError,
    IsNull,
}

pub(super) fn decode(body: &[u8], columns: &[Column], absent: AbsentField) -> Result<Answer, PageError> {
    let mut shape = Shape::default();
    for (place, column) in columns.iter().enumerate() {
        shape.insert(&column.path, place, column.field_type);
    }
    let mut filling = Filling { rows: Rows::of(columns.len()), columns, absent, records: 0, problem: None };
    let mut json = serde_json::Deserializer::from_slice(body);
    let head = AnswerSeed { shape: &shape, filling: &mut filling }
        .deserialize(&mut json)
        .and_then(|head| json.end().map(|()| head))
        .map_err(|error| filling.problem.take().unwrap_or_else(|| json_problem(&error)))?;
    Ok(Answer {
        rows: filling.rows,
        total_size: head.total_size,
        done: head.done,
        next_records_url: head.next_records_url,
    })
}

/// Says where JSON is wrong without the parser's words, which quote values.
pub(super) fn json_problem(error: &serde_json::Error) -> PageError {
    let problem = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "an unexpected value",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "a syntax error",
    };
    PageError::Json { problem, line: error.line(), column: error.column() }
}

/// The columns as the records nest them.
#[derive(Default)]
struct Shape(Vec<(String, Content)>);

enum Content {
    Column(usize, FieldType),
    Parent(Shape),
}

impl Shape {
    fn insert(&mut self, path: &str, column: usize, field_type: FieldType) {
        match path.split_once('.') {
            None => self.0.push((path.to_owned(), Content::Column(column, field_type))),
            Some((parent, rest)) => {
                let known = self.0.iter().position(|(name, content)| {
                    name.eq_ignore_ascii_case(parent) && matches!(content, Content::Parent(_))
                });
                let place = known.unwrap_or_else(|| {
                    self.0.push((parent.to_owned(), Content::Parent(Self::default())));
                    self.0.len() - 1
                });
                if let Content::Parent(shape) = &mut self.0[place].1 {
                    shape.insert(rest, column, field_type);
                }
            }
        }
    }

    /// The place of `key`, most likely `expected`. SOQL knows no case, so a field spelled otherwise in the query
    /// comes back in its own spelling.
    fn find(&self, key: &str, expected: usize) -> Option<usize> {
        if self.0.get(expected).is_some_and(|(name, _)| name == key) {
            return Some(expected);
        }
        self.0.iter().position(|(name, _)| name.eq_ignore_ascii_case(key))
    }
}

/// What is being filled, and what went wrong with it.
pub(super) struct Filling<'c> {
    pub(super) rows: Rows,
    columns: &'c [Column],
    absent: AbsentField,
    records: usize,
    problem: Option<PageError>,
}

impl Filling<'_> {
    pub(super) fn set(&mut self, column: usize, cell: Cell) -> Result<(), PageError> {
        let place = &mut self.rows.last_row()[column];
        if !matches!(place, Cell::Absent) {
            return Err(PageError::Twice { record: self.records, field: self.columns[column].path.clone() });
        }
        *place = cell;
        Ok(())
    }

    fn set_null(&mut self, shape: &Shape) -> Result<(), PageError> {
        shape.0.iter().try_for_each(|(_, content)| match content {
            Content::Column(column, _) => self.set(*column, Cell::Null),
            Content::Parent(shape) => self.set_null(shape),
        })
    }

    fn finish_record(&mut self) -> Result<(), PageError> {
        if self.absent == AbsentField::IsNull {
            return Ok(());
        }
        match self.rows.last_row().iter().position(|cell| matches!(cell, Cell::Absent)) {
            Some(column) => {
                Err(PageError::Absent { record: self.records, field: self.columns[column].path.clone() })
            }
            None => Ok(()),
        }
    }

    pub(super) fn wrong_type(&self, column: usize, found: &'static str, expected: &'static str) -> PageError {
        PageError::Type { record: self.records, field: self.columns[column].path.clone(), found, expected }
    }

    /// Keeps `problem` for the caller of the parser and ends the parsing.
    pub(super) fn give_up<E: serde::de::Error>(&mut self, problem: PageError) -> E {
        self.problem = Some(problem);
        E::custom("")
    }
}

/// The answer's own keys.
struct Head {
    total_size: u64,
    done: Option<bool>,
    next_records_url: Option<String>,
}

struct AnswerSeed<'s, 'f, 'c> {
    shape: &'s Shape,
    filling: &'f mut Filling<'c>,
}

impl<'de> DeserializeSeed<'de> for AnswerSeed<'_, '_, '_> {
    type Value = Head;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Head, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for AnswerSeed<'_, '_, '_> {
    type Value = Head;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a query answer")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head, A::Error> {
        #[derive(serde::Deserialize)]
        #[serde(field_identifier, rename_all = "camelCase")]
        enum Key {
            TotalSize,
            Done,
            NextRecordsUrl,
            Records,
            #[serde(other)]
            Other,
        }
        let (mut total_size, mut done, mut next_records_url, mut records) = (None, None, None, None);
        while let Some(key) = map.next_key()? {
            match key {
                Key::TotalSize => total_size = Some(map.next_value()?),
                Key::Done => done = Some(map.next_value()?),
                Key::NextRecordsUrl => next_records_url = map.next_value()?,
                Key::Records if records.is_some() => return Err(A::Error::duplicate_field("records")),
                Key::Records => {
                    records =
                        Some(map.next_value_seed(RecordsSeed {
                            shape: self.shape,
                            filling: &mut *self.filling,
                        })?);
                }
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        records.ok_or_else(|| A::Error::missing_field("records"))?;
        let total_size = total_size.ok_or_else(|| A::Error::missing_field("totalSize"))?;
        Ok(Head { total_size, done, next_records_url })
    }
}

struct RecordsSeed<'s, 'f, 'c> {
    shape: &'s Shape,
    filling: &'f mut Filling<'c>,
}

impl<'de> DeserializeSeed<'de> for RecordsSeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RecordsSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        loop {
            self.filling.records += 1;
            self.filling.rows.push_row();
            let record = RecordSeed { shape: self.shape, filling: &mut *self.filling, is_parent: false };
            if records.next_element_seed(record)?.is_none() {
                self.filling.rows.pop_row();
                return Ok(());
            }
            self.filling.finish_record().map_err(|problem| self.filling.give_up(problem))?;
        }
    }
}

/// A record, or the parent record nested in one, which may be null.
struct RecordSeed<'s, 'f, 'c> {
    shape: &'s Shape,
    filling: &'f mut Filling<'c>,
    is_parent: bool,
}

impl<'de> DeserializeSeed<'de> for RecordSeed<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.is_parent { deserializer.deserialize_any(self) } else { deserializer.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a record")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.filling.set_null(self.shape).map_err(|problem| self.filling.give_up(problem))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut expected = 0;
        while let Some(found) = map.next_key_seed(KeySeed { shape: self.shape, expected })? {
            let Some(place) = found else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            expected = place + 1;
            match &self.shape.0[place].1 {
                Content::Column(column, field_type) => {
                    let cell =
                        CellSeed { column: *column, field_type: *field_type, filling: &mut *self.filling };
                    map.next_value_seed(cell)?;
                }
                Content::Parent(shape) => {
                    map.next_value_seed(RecordSeed { shape, filling: &mut *self.filling, is_parent: true })?;
                }
            }
        }
        Ok(())
    }
}

/// Finds a key's place without keeping its text.
struct KeySeed<'s> {
    shape: &'s Shape,
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a field name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.shape.find(key, self.expected))
    }
}
