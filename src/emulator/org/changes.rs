//! What was changed since the org was born: records edited, added, deleted, and objects or fields hidden.

use std::collections::{BTreeMap, HashMap, HashSet};

use thiserror::Error;

use super::key::Key;
use super::objects::object;
use super::schema::{FieldType, Object};
use super::value::{DAY_MILLISECONDS, Value};
use crate::base::{RecordId, date_text, parse_instant};

/// Places from here on belong to added records; no derived record stands so far out.
pub(crate) const FIRST_ADDED: u64 = 1 << 48;

/// Why a change asked for was not made.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// The org has no such object.
    #[error("the emulated org has no object `{0}`")]
    NoObject(String),
    /// The object has no such field.
    #[error("{object} has no field `{field}`")]
    NoField {
        /// The object.
        object: &'static str,
        /// What was asked for.
        field: String,
    },
    /// No record has that id.
    #[error("no {object} has the id `{id}`")]
    NoRecord {
        /// The object.
        object: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The value does not fit the field's type.
    #[error("{object}.{field} is of type {expected}: it cannot hold {value}")]
    WrongType {
        /// The object.
        object: &'static str,
        /// The field.
        field: &'static str,
        /// The field's type.
        expected: &'static str,
        /// What was given.
        value: String,
    },
}

/// All changes.
#[derive(Default)]
pub(crate) struct Changes {
    records: HashMap<&'static str, HashMap<u64, Edit>>,
    added: HashMap<&'static str, u64>,
    hidden: HashSet<(&'static str, Option<usize>)>,
    only_own: HashSet<&'static str>,
}

/// The changes of one record.
#[derive(Default)]
pub(crate) struct Edit {
    fields: BTreeMap<usize, Value>,
    deleted: bool,
}

impl Edit {
    /// The changed value of a field.
    pub(crate) fn value(&self, field: usize) -> Option<&Value> {
        self.fields.get(&field)
    }

    /// True once the record is in the recycle bin.
    pub(crate) fn is_deleted(&self) -> bool {
        self.deleted
    }
}

impl Changes {
    /// The changes of a record.
    pub(crate) fn edit(&self, object: &Object, row: u64) -> Option<&Edit> {
        self.records.get(object.name)?.get(&row)
    }

    /// How many records of the object were added.
    pub(crate) fn added(&self, object: &Object) -> u64 {
        self.added.get(object.name).copied().unwrap_or_default()
    }

    /// How many records of the object are deleted.
    pub(crate) fn deleted(&self, object: &Object) -> u64 {
        let edits = self.records.get(object.name);
        edits.map_or(0, |edits| edits.values().filter(|edit| edit.deleted).count() as u64)
    }

    /// True when a field of the object was changed in a derived record, so that its values no longer rise with the
    /// place.
    pub(crate) fn disorder(&self, object: &Object, field: usize) -> bool {
        let edits = self.records.get(object.name);
        edits.is_some_and(|edits| {
            edits.iter().any(|(row, edit)| *row < FIRST_ADDED && edit.fields.contains_key(&field))
        })
    }

    /// Sets a field of a record, which need not exist.
    pub(crate) fn set(&mut self, object: &'static Object, row: u64, field: usize, value: Value) {
        self.records.entry(object.name).or_default().entry(row).or_default().fields.insert(field, value);
    }

    /// Puts a record into the recycle bin.
    pub(crate) fn delete(&mut self, object: &'static Object, row: u64) {
        self.records.entry(object.name).or_default().entry(row).or_default().deleted = true;
    }

    /// Adds an empty record and gives its place.
    pub(crate) fn add(&mut self, object: &'static Object) -> u64 {
        let added = self.added.entry(object.name).or_default();
        let row = FIRST_ADDED + *added;
        *added += 1;
        self.records.entry(object.name).or_default().insert(row, Edit::default());
        row
    }

    /// Hides an object, or one of its fields, as a missing permission does; or shows it again.
    pub(crate) fn hide(&mut self, object: &'static Object, field: Option<usize>, hidden: bool) {
        if hidden {
            self.hidden.insert((object.name, field));
        } else {
            self.hidden.remove(&(object.name, field));
        }
    }

    /// Shows of an object only what is the run-as user's own, as a missing permission does; or everything again.
    pub(crate) fn show_only_own(&mut self, object: &'static Object, only_own: bool) {
        if only_own {
            self.only_own.insert(object.name);
        } else {
            self.only_own.remove(object.name);
        }
    }

    /// True when only the run-as user's own records of the object are to be seen.
    pub(crate) fn shows_only_own(&self, object: &Object) -> bool {
        self.only_own.contains(object.name)
    }

    /// True when the object, or one of its fields, is hidden.
    pub(crate) fn hides(&self, object: &Object, field: Option<usize>) -> bool {
        !self.hidden.is_empty() && self.hidden.contains(&(object.name, field))
    }
}

/// Finds an object by its name.
pub(crate) fn find_object(name: &str) -> Result<&'static Object, ChangeError> {
    object(name).ok_or_else(|| ChangeError::NoObject(name.to_owned()))
}

/// Finds a field by its name.
pub(crate) fn find_field(object: &'static Object, name: &str) -> Result<usize, ChangeError> {
    object.field(name).ok_or_else(|| ChangeError::NoField { object: object.name, field: name.to_owned() })
}

/// Reads a value of a field from the JSON form that the REST API would write.
pub(crate) fn value_from_json(
    object: &'static Object,
    field: usize,
    json: &serde_json::Value,
) -> Result<Value, ChangeError> {
    use serde_json::Value as Json;
    let field = &object.fields[field];
    let value = match (json, field.field_type) {
        (Json::Null, _) => Some(Value::Null),
        (Json::Bool(yes), FieldType::Boolean) => Some(Value::Boolean(*yes)),
        (Json::Number(number), FieldType::Integer) => number.as_i64().map(Value::Integer),
        (Json::Number(number), FieldType::Double | FieldType::Percent) => number.as_f64().map(Value::Double),
        (Json::String(text), FieldType::DateTime) => {
            parse_instant(text).map(|instant| Value::Instant(instant.as_millisecond()))
        }
        (Json::String(text), FieldType::Date) => date_text(text)
            .and_then(parse_instant)
            .map(|instant| Value::Day(instant.as_millisecond().div_euclid(DAY_MILLISECONDS))),
        (Json::String(text), FieldType::Id | FieldType::Reference) => Key::parse(text).map(Value::Id),
        (
            Json::String(text),
            FieldType::Text | FieldType::TextArea | FieldType::Picklist | FieldType::Email,
        ) => Some(Value::from(text.clone())),
        _ => None,
    };
    value.ok_or_else(|| ChangeError::WrongType {
        object: object.name,
        field: field.name,
        expected: field.field_type.name(),
        value: json.to_string(),
    })
}

/// The id of the record at a place.
pub(crate) fn record_id(object: &Object, row: u64) -> RecordId {
    Key::new(object.prefix, row).record_id()
}
