//! The org itself: one record.

use super::{created, dense, integer, modified, modified_by, never, no, prefix, set_up, system_modstamp};
use crate::emulator::ORGANIZATION_NAME;
use crate::emulator::org::key::Key;
use crate::emulator::org::schema::{Field, FieldType, Object};
use crate::emulator::org::value::Value;

pub(crate) static ORGANIZATION: Object = Object {
    name: "Organization",
    prefix: prefix::ORGANIZATION,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::ORGANIZATION, row))),
        Field::text("Name", 80, |_, _| Value::text(ORGANIZATION_NAME)),
        Field::text("Division", 80, never).nillable(),
        Field::text("Country", 80, |_, _| Value::text("DE")).nillable(),
        Field::picklist("OrganizationType", |_, _| Value::text("Enterprise Edition")).nillable(),
        Field::text("InstanceName", 40, |_, _| Value::text("EMU1")).nillable(),
        Field::new("IsSandbox", FieldType::Boolean, no),
        Field::new("IsReadOnly", FieldType::Boolean, no),
        Field::picklist("LanguageLocaleKey", |_, _| Value::text("de")),
        Field::picklist("DefaultLocaleSidKey", |_, _| Value::text("de_DE")),
        Field::picklist("TimeZoneSidKey", |_, _| Value::text("Europe/Berlin")),
        Field::text("NamespacePrefix", 15, never).nillable(),
        Field::text("PrimaryContact", 80, |_, _| Value::text("Ada Admin")).nillable(),
        Field::text("SignupCountryIsoCode", 2, |_, _| Value::text("DE")).nillable(),
        Field::new("TrialExpirationDate", FieldType::DateTime, never).nillable(),
        integer("FiscalYearStartMonth", |_, _| Value::Integer(1)).nillable(),
        created(set_up),
        super::created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(1, from),
    count: |_| 1,
    ordered_by: None,
};
