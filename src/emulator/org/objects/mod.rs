//! The org's objects, as tables: fields with their properties and where each value comes from.
//!
//! Names, types, lengths and what may be filtered are those of Salesforce's Object Reference.

mod access;
mod groups;
mod licenses;
mod logins;
mod metrics;
mod organization;
mod users;

pub(crate) use logins::LOGIN_HISTORY;
pub(crate) use users::USER;

use super::key::Key;
use super::population::Population;
use super::schema::{Field, FieldType, Object, Read};
use super::value::{DAY_MILLISECONDS, Value};

/// Every object that can be queried, by name.
pub(crate) const OBJECTS: &[&Object] = &[
    &metrics::ACTIVE_FEATURE_LICENSE_METRIC,
    &metrics::ACTIVE_PERM_SET_LICENSE_METRIC,
    &metrics::ACTIVE_PROFILE_METRIC,
    &groups::GROUP,
    &groups::GROUP_MEMBER,
    &LOGIN_HISTORY,
    &organization::ORGANIZATION,
    &licenses::PACKAGE_LICENSE,
    &access::PERMISSION_SET,
    &access::PERMISSION_SET_ASSIGNMENT,
    &groups::PERMISSION_SET_GROUP,
    &groups::PERMISSION_SET_GROUP_COMPONENT,
    &licenses::PERMISSION_SET_LICENSE,
    &licenses::PERMISSION_SET_LICENSE_ASSIGN,
    &access::PROFILE,
    &licenses::TENANT_USAGE_ENTITLEMENT,
    &USER,
    &licenses::USER_LICENSE,
    &logins::USER_LOGIN,
    &licenses::USER_PACKAGE_LICENSE,
    &access::USER_ROLE,
];

/// Finds an object without regard to case, as SOQL does.
pub(crate) fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().copied().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// Key prefixes by object (Object Reference; those of LoginHistory and the metrics are not published).
pub(crate) mod prefix {
    pub(crate) const ORGANIZATION: &[u8; 3] = b"00D";
    pub(crate) const USER: &[u8; 3] = b"005";
    pub(crate) const USER_LICENSE: &[u8; 3] = b"100";
    pub(crate) const PERMISSION_SET_LICENSE: &[u8; 3] = b"0PL";
    pub(crate) const PERMISSION_SET_LICENSE_ASSIGN: &[u8; 3] = b"2LA";
    pub(crate) const PACKAGE_LICENSE: &[u8; 3] = b"050";
    pub(crate) const USER_PACKAGE_LICENSE: &[u8; 3] = b"051";
    pub(crate) const TENANT_USAGE_ENTITLEMENT: &[u8; 3] = b"0UT";
    pub(crate) const PROFILE: &[u8; 3] = b"00e";
    pub(crate) const USER_ROLE: &[u8; 3] = b"00E";
    pub(crate) const PERMISSION_SET: &[u8; 3] = b"0PS";
    pub(crate) const PERMISSION_SET_ASSIGNMENT: &[u8; 3] = b"0Pa";
    pub(crate) const PERMISSION_SET_GROUP: &[u8; 3] = b"0PG";
    pub(crate) const PERMISSION_SET_GROUP_COMPONENT: &[u8; 3] = b"0PM";
    pub(crate) const USER_LOGIN: &[u8; 3] = b"0Yw";
    pub(crate) const LOGIN_HISTORY: &[u8; 3] = b"0Ya";
    pub(crate) const GROUP: &[u8; 3] = b"00G";
    pub(crate) const GROUP_MEMBER: &[u8; 3] = b"011";
    pub(crate) const CONTACT: &[u8; 3] = b"003";
    pub(crate) const ACCOUNT: &[u8; 3] = b"001";
    pub(crate) const ACTIVE_PROFILE_METRIC: &[u8; 3] = b"5PM";
    pub(crate) const ACTIVE_PERM_SET_LICENSE_METRIC: &[u8; 3] = b"5LM";
    pub(crate) const ACTIVE_FEATURE_LICENSE_METRIC: &[u8; 3] = b"5FM";
}

/// The next place where every place up to `end` is taken.
fn dense(end: u64, from: u64) -> Option<u64> {
    (from < end).then_some(from)
}

/// The place of the lowest bit at or after `from` in a row of `width` bits.
fn next_bit(bits: u32, width: u64, from: u64) -> Option<u64> {
    (from..width).find(|place| bits & 1 << place != 0)
}

/// The next place where user `n` owns the places `n * slots + slot` for which `held(n)` has a bit.
fn next_held(
    population: &Population,
    slots: u64,
    from: u64,
    held: fn(&Population, u64) -> u32,
) -> Option<u64> {
    let mut slot = from % slots;
    for user in from / slots..population.users() {
        if let Some(found) = next_bit(held(population, user), slots, slot) {
            return Some(user * slots + found);
        }
        slot = 0;
    }
    None
}

/// How many bits all users have.
fn count_held(population: &Population, held: fn(&Population, u64) -> u32) -> u64 {
    (0..population.users()).map(|user| u64::from(held(population, user).count_ones())).sum()
}

/// An administrator's id, for records that an administrator made.
fn administrator(_: &Population, _: u64) -> Value {
    Value::Id(Key::new(prefix::USER, 1))
}

/// When the org was set up.
fn set_up(population: &Population, _: u64) -> Value {
    Value::Instant((population.born_on() - 3650) * DAY_MILLISECONDS + 31_337_000)
}

fn never(_: &Population, _: u64) -> Value {
    Value::Null
}

fn no(_: &Population, _: u64) -> Value {
    Value::Boolean(false)
}

const fn created(read: Read) -> Field {
    Field::new("CreatedDate", FieldType::DateTime, read)
}

const fn created_by() -> Field {
    Field::reference("CreatedById", "CreatedBy", &["User"], administrator)
}

const fn modified(read: Read) -> Field {
    Field::new("LastModifiedDate", FieldType::DateTime, read)
}

const fn modified_by() -> Field {
    Field::reference("LastModifiedById", "LastModifiedBy", &["User"], administrator)
}

const fn system_modstamp(read: Read) -> Field {
    Field::new("SystemModstamp", FieldType::DateTime, read)
}

const fn is_deleted() -> Field {
    Field::new("IsDeleted", FieldType::Boolean, no)
}

const fn boolean(name: &'static str, read: Read) -> Field {
    Field::new(name, FieldType::Boolean, read)
}

const fn integer(name: &'static str, read: Read) -> Field {
    Field::new(name, FieldType::Integer, read)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_are_sound() {
        let mut prefixes = BTreeSet::new();
        let mut names = Vec::new();
        for object in OBJECTS {
            names.push(object.name);
            assert!(prefixes.insert(object.prefix), "{}: key prefix used twice", object.name);
            assert_eq!(object.fields[0].name, "Id", "{}", object.name);
            let mut fields = BTreeSet::new();
            for field in object.fields {
                assert!(fields.insert(field.name), "{}.{} is there twice", object.name, field.name);
                let reference = field.field_type == FieldType::Reference;
                assert_eq!(reference, field.relationship.is_some(), "{}.{}", object.name, field.name);
                assert_eq!(reference, !field.refers_to.is_empty(), "{}.{}", object.name, field.name);
            }
        }
        assert!(names.is_sorted(), "{names:?}");
    }

    #[test]
    fn every_value_fits_its_field() {
        let population = Population::new(11, 60, 20_000);
        for object in OBJECTS {
            let mut rows = 0;
            let mut from = 0;
            while let Some(row) = (object.next)(&population, from) {
                assert!(row >= from);
                rows += 1;
                from = row + 1;
                for field in object.fields {
                    let value = (field.read)(&population, row);
                    let fits = match (&value, field.field_type) {
                        (Value::Null, _) => field.nillable,
                        (Value::Boolean(_), FieldType::Boolean)
                        | (Value::Integer(_), FieldType::Integer)
                        | (Value::Double(_), FieldType::Double | FieldType::Percent)
                        | (Value::Instant(_), FieldType::DateTime)
                        | (Value::Day(_), FieldType::Date)
                        | (Value::Id(_), FieldType::Reference) => true,
                        (Value::Id(key), FieldType::Id) => key.number_in(object.prefix) == Some(row),
                        (Value::Text(text), FieldType::TextArea) => !text.is_empty(),
                        (Value::Text(text), FieldType::Text | FieldType::Picklist | FieldType::Email) => {
                            !text.is_empty() && text.chars().count() <= usize::from(field.length)
                        }
                        _ => false,
                    };
                    assert!(fits, "{}.{} of record {row}: {value:?}", object.name, field.name);
                }
            }
            assert_eq!(rows, (object.count)(&population), "{}", object.name);
            assert!(rows > 0, "{} has no record", object.name);
        }
    }

    #[test]
    fn nothing_is_later_than_the_birthday() {
        let population = Population::new(5, 200, 20_000);
        for object in OBJECTS {
            let mut from = 0;
            while let Some(row) = (object.next)(&population, from) {
                from = row + 1;
                for field in object.fields {
                    if let Value::Instant(at) = (field.read)(&population, row) {
                        let future = ["ExpirationDate"].contains(&field.name);
                        let born_at = 20_000 * DAY_MILLISECONDS;
                        assert!(at < born_at || future, "{}.{} of {row}", object.name, field.name);
                    }
                }
            }
        }
    }
}
