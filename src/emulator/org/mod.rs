//! The org's records: who and what is in it, derived from a seed record by record, with changes laid over them.
//!
//! Knows nothing of HTTP or of SOQL. Start reading at [`Org`]; the objects are the tables in `objects`.

mod census;
mod changes;
mod companies;
mod draw;
mod holdings;
mod key;
mod licenses;
mod logins;
mod names;
mod objects;
mod people;
mod population;
mod schema;
mod truth;
mod value;
mod view;

use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

use jiff::Timestamp;
use serde_json::Value as Json;

pub use changes::ChangeError;
pub(crate) use changes::FIRST_ADDED;
use changes::{Changes, find_field, find_object, record_id, value_from_json};
pub(crate) use draw::{Aspect, Draw};
pub(crate) use key::{Key, Place, fifteen_of, place_in};
pub(crate) use objects::{OBJECTS, object, prefix};
use people::COLLECTOR;
use population::Population;
pub(crate) use schema::{Field, FieldType, Object, OrderedBy};
pub use truth::Truth;
pub(crate) use value::{DAY_MILLISECONDS, Value, write_string};
pub(crate) use view::{Record, View};

/// Salesforce updates `LastLoginDate` only when the last login is this far back.
const LOGIN_RESOLUTION_MILLISECONDS: i64 = 60_000;

/// Changes to these fields are no changes of the record: they leave `SystemModstamp` alone.
const UNSTAMPED_FIELDS: &[&str] = &["LastLoginDate", "SystemModstamp", "LastModifiedDate"];

/// The field by which a record belongs to a user.
pub(crate) const OWNER_FIELD: &str = "UserId";

/// A user as the token endpoint sees one.
pub(crate) struct Account {
    pub(crate) row: u64,
    pub(crate) is_active: bool,
}

/// An org.
pub(crate) struct Org {
    population: Population,
    changes: RwLock<Changes>,
}

impl Org {
    /// The org that `seed` gives, with `users` users, on the UTC day of `now`.
    pub(crate) fn new(seed: u64, users: u64, now: Timestamp) -> Self {
        Self { population: Population::new(seed, users, day_of(now)), changes: RwLock::default() }
    }

    /// A look at the records.
    pub(crate) fn view(&self, with_deleted: bool) -> View<'_> {
        let changes = self.changes.read().unwrap_or_else(PoisonError::into_inner);
        View { population: &self.population, changes, with_deleted }
    }

    /// Lets days pass until the one of `now`: people log in, nothing else happens.
    pub(crate) fn set_today(&self, now: Timestamp) {
        self.population.set_today(day_of(now));
    }

    /// Draws a number from the org's seed.
    pub(crate) fn draw(&self, aspect: Aspect, row: u64) -> Draw {
        self.population.draw(aspect, row)
    }

    /// Finds the user with a user name, without regard to case.
    pub(crate) fn account(&self, username: &str) -> Option<Account> {
        let user = &objects::USER;
        let (name, active) = (user.field("Username")?, user.field("IsActive")?);
        let view = self.view(false);
        let matches = |row: u64| match view.record(user, row).value(name) {
            Value::Text(text) => text.eq_ignore_ascii_case(username),
            _ => false,
        };
        let mut from = 0;
        while let Some(row) = view.next(user, from) {
            if matches(row) {
                let is_active = view.record(user, row).value(active) == Value::Boolean(true);
                return Some(Account { row, is_active });
            }
            from = row + 1;
        }
        None
    }

    /// True for the one user who may use the connected app.
    pub(crate) fn is_collector(&self, account: &Account) -> bool {
        account.row == COLLECTOR
    }

    /// Writes down that a user logged in through the JWT bearer flow.
    pub(crate) fn record_login(&self, user: u64, now: Timestamp) {
        let at = now.as_millisecond();
        let (user_object, history) = (&objects::USER, &objects::LOGIN_HISTORY);
        let Some(last_login) = user_object.field("LastLoginDate") else { return };
        let before = self.view(false).record(user_object, user).value(last_login);
        let mut changes = self.write();
        if !matches!(before, Value::Instant(before) if at - before < LOGIN_RESOLUTION_MILLISECONDS) {
            changes.set(user_object, user, last_login, Value::Instant(at));
        }
        let row = changes.add(history);
        for (field, value) in [
            ("UserId", Value::Id(Key::new(prefix::USER, user))),
            ("LoginTime", Value::Instant(at)),
            ("LoginType", Value::text("Remote Access 2.0")),
            ("Status", Value::text("Success")),
            ("Application", Value::text("Seatledger")),
            ("SourceIp", Value::text("127.0.0.1")),
        ] {
            if let Some(field) = history.field(field) {
                changes.set(history, row, field, value);
            }
        }
    }

    /// Sets a field of a record, as an administrator does: the record's change stamps move to `now`.
    pub(crate) fn set_field(
        &self,
        object: &str,
        id: &str,
        field: &str,
        json: &Json,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let object = find_object(object)?;
        let field = find_field(object, field)?;
        let value = value_from_json(object, field, json)?;
        let row = self.find_record(object, id)?;
        let mut changes = self.write();
        changes.set(object, row, field, value);
        if !UNSTAMPED_FIELDS.contains(&object.fields[field].name) {
            stamp(&mut changes, object, row, now);
        }
        Ok(())
    }

    /// Deletes a record.
    pub(crate) fn delete(&self, object: &str, id: &str, now: Timestamp) -> Result<(), ChangeError> {
        let object = find_object(object)?;
        let row = self.find_record(object, id)?;
        let mut changes = self.write();
        changes.delete(object, row);
        stamp(&mut changes, object, row, now);
        Ok(())
    }

    /// Adds a record with the fields given; the others are empty. Gives its id.
    pub(crate) fn add(
        &self,
        object: &str,
        fields: &[(&str, Json)],
        now: Timestamp,
    ) -> Result<String, ChangeError> {
        let object = find_object(object)?;
        let mut values = Vec::with_capacity(fields.len());
        for (name, json) in fields {
            let field = find_field(object, name)?;
            values.push((field, value_from_json(object, field, json)?));
        }
        let mut changes = self.write();
        let row = changes.add(object);
        if let Some(created) = object.field("CreatedDate") {
            changes.set(object, row, created, Value::Instant(now.as_millisecond()));
        }
        stamp(&mut changes, object, row, now);
        for (field, value) in values {
            changes.set(object, row, field, value);
        }
        Ok(record_id(object, row).to_string())
    }

    /// Hides an object, or one of its fields, or shows it again.
    pub(crate) fn hide(&self, object: &str, field: Option<&str>, hidden: bool) -> Result<(), ChangeError> {
        let object = find_object(object)?;
        let field = field.map(|field| find_field(object, field)).transpose()?;
        self.write().hide(object, field, hidden);
        Ok(())
    }

    /// Shows of an object that belongs to users only the run-as user's own records, or all of them again.
    pub(crate) fn show_only_own(&self, object: &str, only_own: bool) -> Result<(), ChangeError> {
        let object = find_object(object)?;
        find_field(object, OWNER_FIELD)?;
        self.write().show_only_own(object, only_own);
        Ok(())
    }

    fn find_record(&self, object: &'static Object, id: &str) -> Result<u64, ChangeError> {
        let row = Key::parse(id).and_then(|key| self.view(false).locate(object, key));
        row.ok_or_else(|| ChangeError::NoRecord { object: object.name, id: id.to_owned() })
    }

    fn write(&self) -> RwLockWriteGuard<'_, Changes> {
        self.changes.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stamp(changes: &mut Changes, object: &'static Object, row: u64, now: Timestamp) {
    for name in ["LastModifiedDate", "SystemModstamp"] {
        if let Some(field) = object.field(name) {
            changes.set(object, row, field, Value::Instant(now.as_millisecond()));
        }
    }
}

fn day_of(instant: Timestamp) -> i64 {
    instant.as_millisecond().div_euclid(DAY_MILLISECONDS)
}
