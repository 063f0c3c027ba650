//! The org as a query sees it: derived records with the changes laid over them.

use std::sync::RwLockReadGuard;

use super::changes::{Changes, Edit, FIRST_ADDED};
use super::key::Key;
use super::objects::prefix;
use super::people::COLLECTOR;
use super::population::Population;
use super::schema::{FieldType, Object};
use super::value::Value;

/// A consistent look at all records; changes wait until it is dropped.
pub(crate) struct View<'org> {
    pub(super) population: &'org Population,
    pub(super) changes: RwLockReadGuard<'org, Changes>,
    /// Shows deleted records too, as `queryAll` does.
    pub(super) with_deleted: bool,
}

/// One record of a view.
pub(crate) struct Record<'view> {
    object: &'static Object,
    pub(crate) row: u64,
    population: &'view Population,
    edit: Option<&'view Edit>,
}

impl View<'_> {
    /// The record at a place that [`View::next`] or [`View::locate`] gave.
    pub(crate) fn record(&self, object: &'static Object, row: u64) -> Record<'_> {
        Record { object, row, population: self.population, edit: self.changes.edit(object, row) }
    }

    /// The first place at or after `from` with a record that is to be seen.
    pub(crate) fn next(&self, object: &Object, mut from: u64) -> Option<u64> {
        loop {
            let derived = if from < FIRST_ADDED { (object.next)(self.population, from) } else { None };
            let row = derived.or_else(|| {
                let row = from.max(FIRST_ADDED);
                (row - FIRST_ADDED < self.changes.added(object)).then_some(row)
            })?;
            if self.with_deleted || !self.changes.edit(object, row).is_some_and(Edit::is_deleted) {
                return Some(row);
            }
            from = row + 1;
        }
    }

    /// The place of the record with an id.
    pub(crate) fn locate(&self, object: &Object, key: Key) -> Option<u64> {
        let row = key.number_in(object.prefix)?;
        (self.next(object, row)? == row).then_some(row)
    }

    /// How many records are to be seen.
    pub(crate) fn count(&self, object: &Object) -> u64 {
        let deleted = if self.with_deleted { 0 } else { self.changes.deleted(object) };
        (object.count)(self.population) + self.changes.added(object) - deleted
    }

    /// True when the object, or one of its fields, is hidden from the user.
    pub(crate) fn hides(&self, object: &Object, field: Option<usize>) -> bool {
        self.changes.hides(object, field)
    }

    /// The key of the run-as user, when of this object only that user's own records are to be seen.
    pub(crate) fn only_owner(&self, object: &Object) -> Option<Key> {
        self.changes.shows_only_own(object).then(|| Key::new(prefix::USER, COLLECTOR))
    }

    /// The first place that a record can have whose instants are `at` or later, for objects kept day by day.
    pub(crate) fn first_place(&self, first_place: fn(&Population, i64) -> u64, at: i64) -> u64 {
        first_place(self.population, at)
    }

    /// True when a field's values no longer rise with the place because some were changed.
    pub(crate) fn disorder(&self, object: &Object, field: usize) -> bool {
        self.changes.disorder(object, field)
    }
}

impl Record<'_> {
    /// The value of a field.
    pub(crate) fn value(&self, field: usize) -> Value {
        let described = &self.object.fields[field];
        if let Some(edit) = self.edit {
            if let Some(value) = edit.value(field) {
                return value.clone();
            }
            if described.name == "IsDeleted" && edit.is_deleted() {
                return Value::Boolean(true);
            }
        }
        if self.row < FIRST_ADDED {
            return (described.read)(self.population, self.row);
        }
        match described.field_type {
            FieldType::Id => Value::Id(self.key()),
            FieldType::Boolean => Value::Boolean(false),
            _ => Value::Null,
        }
    }

    /// The value of a field of the object's table, by its name; null when there is no such field.
    pub(crate) fn named(&self, field: &str) -> Value {
        self.object.field(field).map_or(Value::Null, |field| self.value(field))
    }

    /// The record's id.
    pub(crate) fn key(&self) -> Key {
        Key::new(self.object.prefix, self.row)
    }
}
