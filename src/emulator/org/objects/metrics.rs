//! Daily counts of active and assigned users, as Salesforce's usage metrics show them.

use super::{dense, integer, prefix};
use crate::emulator::org::census::Tally;
use crate::emulator::org::key::Key;
use crate::emulator::org::licenses::{FEATURES, PERMISSION_SET_LICENSES, PROFILES, Profile};
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, FieldType, Object};
use crate::emulator::org::value::Value;

/// Metrics are kept for this many days.
const DAYS: u64 = 7;

pub(crate) static ACTIVE_PROFILE_METRIC: Object = Object {
    name: "ActiveProfileMetric",
    prefix: prefix::ACTIVE_PROFILE_METRIC,
    shows_prefix: false,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::ACTIVE_PROFILE_METRIC, row))),
        Field::new("MetricsDate", FieldType::Date, |population, row| day(population, row, PROFILES.len())),
        Field::reference("ProfileId", "Profile", &["Profile"], |_, row| {
            Value::Id(Key::new(prefix::PROFILE, place(row, PROFILES.len()) as u64))
        }),
        Field::reference("UserLicenseId", "UserLicense", &["UserLicense"], |_, row| {
            let profile: &Profile = &PROFILES[place(row, PROFILES.len())];
            Value::Id(Key::new(prefix::USER_LICENSE, profile.license as u64))
        }),
        integer("ActiveUserCount", |population, row| Value::Integer(profile_tally(population, row).recent)),
        integer("AssignedUserCount", |population, row| Value::Integer(profile_tally(population, row).active)),
    ],
    next: |_, from| dense(DAYS * PROFILES.len() as u64, from),
    count: |_| DAYS * PROFILES.len() as u64,
    ordered_by: None,
};

pub(crate) static ACTIVE_PERM_SET_LICENSE_METRIC: Object = Object {
    name: "ActivePermSetLicenseMetric",
    prefix: prefix::ACTIVE_PERM_SET_LICENSE_METRIC,
    shows_prefix: false,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::ACTIVE_PERM_SET_LICENSE_METRIC, row))),
        Field::new("MetricsDate", FieldType::Date, |population, row| {
            day(population, row, PERMISSION_SET_LICENSES.len())
        }),
        Field::reference(
            "PermissionSetLicenseId",
            "PermissionSetLicense",
            &["PermissionSetLicense"],
            |_, row| {
                let license = place(row, PERMISSION_SET_LICENSES.len());
                Value::Id(Key::new(prefix::PERMISSION_SET_LICENSE, license as u64))
            },
        ),
        Field::text("DeveloperName", 80, |_, row| {
            Value::text(PERMISSION_SET_LICENSES[place(row, PERMISSION_SET_LICENSES.len())].developer_name)
        }),
        Field::text("MasterLabel", 80, |_, row| {
            Value::text(PERMISSION_SET_LICENSES[place(row, PERMISSION_SET_LICENSES.len())].label)
        }),
        integer("ActiveUserCount", |population, row| Value::Integer(license_tally(population, row).recent)),
        integer("AssignedUserCount", |population, row| Value::Integer(license_tally(population, row).rows)),
        integer("TotalLicenses", |population, row| {
            let license = &PERMISSION_SET_LICENSES[place(row, PERMISSION_SET_LICENSES.len())];
            Value::Integer(license.seats.total(license_tally(population, row).rows))
        }),
    ],
    next: |_, from| dense(DAYS * PERMISSION_SET_LICENSES.len() as u64, from),
    count: |_| DAYS * PERMISSION_SET_LICENSES.len() as u64,
    ordered_by: None,
};

pub(crate) static ACTIVE_FEATURE_LICENSE_METRIC: Object = Object {
    name: "ActiveFeatureLicenseMetric",
    prefix: prefix::ACTIVE_FEATURE_LICENSE_METRIC,
    shows_prefix: false,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::ACTIVE_FEATURE_LICENSE_METRIC, row))),
        Field::new("MetricsDate", FieldType::Date, |population, row| day(population, row, FEATURES.len())),
        Field::picklist("FeatureType", |_, row| {
            Value::text(FEATURES[place(row, FEATURES.len())].feature_type)
        }),
        integer("ActiveUserCount", |population, row| Value::Integer(feature_tally(population, row).recent)),
        integer("AssignedUserCount", |population, row| Value::Integer(feature_tally(population, row).active)),
        integer("TotalLicenseCount", |_, row| Value::Integer(FEATURES[place(row, FEATURES.len())].seats)),
    ],
    next: |_, from| dense(DAYS * FEATURES.len() as u64, from),
    count: |_| DAYS * FEATURES.len() as u64,
    ordered_by: None,
};

/// The measured thing: records stand day by day.
fn place(row: u64, things: usize) -> usize {
    row as usize % things
}

/// The measured day; the last one is yesterday.
fn day(population: &Population, row: u64, things: usize) -> Value {
    Value::Day(population.born_on() - DAYS as i64 + (row / things as u64) as i64)
}

fn profile_tally(population: &Population, row: u64) -> Tally {
    population.census().profiles[place(row, PROFILES.len())]
}

fn license_tally(population: &Population, row: u64) -> Tally {
    population.census().permission_set_licenses[place(row, PERMISSION_SET_LICENSES.len())]
}

fn feature_tally(population: &Population, row: u64) -> Tally {
    population.census().features[place(row, FEATURES.len())]
}
