//! Licenses of every kind, who holds them, and usage-based entitlements.

use super::{
    boolean, count_held, created, created_by, dense, integer, is_deleted, modified, modified_by, next_held,
    no, prefix, set_up, system_modstamp,
};
use crate::emulator::org::draw::Aspect;
use crate::emulator::org::key::Key;
use crate::emulator::org::licenses::{
    ENTITLEMENTS, Entitlement, PACKAGES, PERMISSION_SET_LICENSES, Package, PermissionSetLicense,
    USER_LICENSES, UserLicense,
};
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, FieldType, Object, OrderedBy};
use crate::emulator::org::value::{DAY_MILLISECONDS, Value};

/// Places for one user's permission set licenses, and for one user's packages.
const HELD_SLOTS: u64 = 32;
const _: () =
    assert!(PERMISSION_SET_LICENSES.len() <= HELD_SLOTS as usize && PACKAGES.len() <= HELD_SLOTS as usize);

pub(crate) static USER_LICENSE: Object = Object {
    name: "UserLicense",
    prefix: prefix::USER_LICENSE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::USER_LICENSE, row))),
        Field::text("LicenseDefinitionKey", 40, |_, row| Value::text(user_license(row).key)),
        Field::text("Name", 40, |_, row| Value::text(user_license(row).name)),
        Field::text("MasterLabel", 80, |_, row| Value::text(user_license(row).name)),
        Field::picklist("Status", |_, row| {
            Value::text(if user_license(row).active { "Active" } else { "Disabled" })
        }),
        integer("TotalLicenses", |population, row| {
            let used = population.census().user_license(row as usize);
            Value::Integer(user_license(row).seats.total(used))
        }),
        integer("UsedLicenses", |population, row| {
            Value::Integer(drifted(population, row, population.census().user_license(row as usize)))
        }),
        Field::new("UsedLicensesLastUpdated", FieldType::DateTime, |population, _| {
            Value::Instant(population.born_on() * DAY_MILLISECONDS - 7_200_000)
        }),
        integer("MonthlyLoginsEntitlement", |_, row| {
            let by_login = user_license(row).key.ends_with("_Login");
            Value::from_option(by_login.then_some(2000), Value::Integer)
        })
        .nillable(),
        integer("MonthlyLoginsUsed", |population, row| {
            let by_login = user_license(row).key.ends_with("_Login");
            let used = || population.census().user_license(row as usize) * 3;
            Value::from_option(by_login.then(used), Value::Integer)
        })
        .nillable(),
        created(set_up),
        modified(set_up),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(USER_LICENSES.len() as u64, from),
    count: |_| USER_LICENSES.len() as u64,
    ordered_by: None,
};

pub(crate) static PERMISSION_SET_LICENSE: Object = Object {
    name: "PermissionSetLicense",
    prefix: prefix::PERMISSION_SET_LICENSE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET_LICENSE, row))),
        is_deleted(),
        Field::text("DeveloperName", 80, |_, row| Value::text(psl(row).developer_name)),
        Field::picklist("Language", |_, _| Value::text("en_US")).nillable(),
        Field::text("MasterLabel", 80, |_, row| Value::text(psl(row).label)),
        Field::text("PermissionSetLicenseKey", 81, |_, row| Value::text(psl(row).developer_name)),
        Field::picklist("Status", |_, row| {
            let expired = psl(row).expires_in_days.is_some_and(|days| days < 0);
            Value::text(if expired { "Disabled" } else { "Active" })
        }),
        Field::new("ExpirationDate", FieldType::Date, |population, row| {
            Value::from_option(psl(row).expires_in_days, |days| Value::Day(population.born_on() + days))
        })
        .nillable(),
        boolean("IsAvailableForIntegrations", |_, row| Value::Boolean(row == 1)),
        integer("TotalLicenses", |population, row| {
            let used = population.census().permission_set_licenses[row as usize].rows;
            Value::Integer(psl(row).seats.total(used))
        }),
        integer("UsedLicenses", |population, row| {
            let used = population.census().permission_set_licenses[row as usize].rows;
            Value::Integer(drifted(population, 100 + row, used))
        }),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(PERMISSION_SET_LICENSES.len() as u64, from),
    count: |_| PERMISSION_SET_LICENSES.len() as u64,
    ordered_by: None,
};

pub(crate) static PERMISSION_SET_LICENSE_ASSIGN: Object = Object {
    name: "PermissionSetLicenseAssign",
    prefix: prefix::PERMISSION_SET_LICENSE_ASSIGN,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET_LICENSE_ASSIGN, row))),
        is_deleted(),
        Field::reference("AssigneeId", "Assignee", &["User"], holder),
        Field::reference(
            "PermissionSetLicenseId",
            "PermissionSetLicense",
            &["PermissionSetLicense"],
            |_, row| Value::Id(Key::new(prefix::PERMISSION_SET_LICENSE, row % HELD_SLOTS)),
        ),
        boolean("IsRevoked", no),
        created(held_since),
        created_by(),
        modified(held_since),
        modified_by(),
        system_modstamp(held_since),
    ],
    next: |population, from| next_held(population, HELD_SLOTS, from, Population::permission_set_licenses),
    count: |population| count_held(population, Population::permission_set_licenses),
    ordered_by: Some(OrderedBy::User { field: "AssigneeId", slots: HELD_SLOTS }),
};

pub(crate) static PACKAGE_LICENSE: Object = Object {
    name: "PackageLicense",
    prefix: prefix::PACKAGE_LICENSE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PACKAGE_LICENSE, row))),
        Field::text("NamespacePrefix", 40, |_, row| Value::text(package(row).namespace)),
        Field::picklist("Status", |_, row| Value::text(package(row).status)),
        // A date and time, unlike the date of PermissionSetLicense (Object Reference, "PackageLicense").
        Field::new("ExpirationDate", FieldType::DateTime, |population, row| {
            Value::from_option(package(row).expires_in_days, |days| {
                Value::Instant((population.born_on() + days) * DAY_MILLISECONDS)
            })
        })
        .nillable(),
        boolean("IsAvailableForIntegrations", no),
        boolean("IsProvisioned", |_, _| Value::Boolean(true)),
        integer("AllowedLicenses", |population, row| {
            let used = population.census().packages[row as usize].rows;
            Value::Integer(package(row).seats.total(used))
        }),
        integer("UsedLicenses", |population, row| {
            let used = population.census().packages[row as usize].rows;
            Value::Integer(drifted(population, 200 + row, used))
        }),
        created(set_up),
        modified(set_up),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(PACKAGES.len() as u64, from),
    count: |_| PACKAGES.len() as u64,
    ordered_by: None,
};

pub(crate) static USER_PACKAGE_LICENSE: Object = Object {
    name: "UserPackageLicense",
    prefix: prefix::USER_PACKAGE_LICENSE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::USER_PACKAGE_LICENSE, row))),
        Field::reference("UserId", "User", &["User"], holder),
        Field::reference("PackageLicenseId", "PackageLicense", &["PackageLicense"], |_, row| {
            Value::Id(Key::new(prefix::PACKAGE_LICENSE, row % HELD_SLOTS))
        }),
        boolean("IsRevoked", no),
        created(held_since),
        created_by(),
        modified(held_since),
        modified_by(),
        system_modstamp(held_since),
    ],
    next: |population, from| next_held(population, HELD_SLOTS, from, Population::packages),
    count: |population| count_held(population, Population::packages),
    ordered_by: Some(OrderedBy::User { field: "UserId", slots: HELD_SLOTS }),
};

pub(crate) static TENANT_USAGE_ENTITLEMENT: Object = Object {
    name: "TenantUsageEntitlement",
    prefix: prefix::TENANT_USAGE_ENTITLEMENT,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::TENANT_USAGE_ENTITLEMENT, row))),
        is_deleted(),
        Field::text("Setting", 120, |_, row| Value::text(entitlement(row).setting)),
        Field::text("MasterLabel", 255, |_, row| Value::from_option(entitlement(row).label, Value::text))
            .nillable()
            .unfilterable()
            .unsortable(),
        Field::text("ResourceGroupKey", 120, |_, _| Value::text("(tenant)")),
        Field::new("AmountUsed", FieldType::Double, |_, row| {
            Value::from_option(entitlement(row).used, Value::Double)
        })
        .nillable(),
        Field::new("CurrentAmountAllowed", FieldType::Double, |_, row| {
            Value::Double(entitlement(row).allowed)
        }),
        Field::new("StartDate", FieldType::Date, |population, row| {
            Value::Day(population.born_on() - entitlement(row).started_days_ago)
        }),
        Field::new("EndDate", FieldType::Date, |population, row| {
            Value::from_option(entitlement(row).ends_in_days, |days| Value::Day(population.born_on() + days))
        })
        .nillable(),
        Field::picklist("Frequency", |_, row| Value::from_option(entitlement(row).frequency, Value::text))
            .nillable(),
        Field::new("UsageDate", FieldType::DateTime, |population, row| {
            Value::from_option(entitlement(row).used, |_| {
                Value::Instant((population.born_on() - 1) * DAY_MILLISECONDS)
            })
        })
        .nillable(),
        Field::new("OverageGrace", FieldType::Percent, |_, _| Value::Double(100.0)).nillable(),
        boolean("HasRollover", no),
        boolean("IsPersistentResource", no),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(ENTITLEMENTS.len() as u64, from),
    count: |_| ENTITLEMENTS.len() as u64,
    ordered_by: None,
};

fn user_license(row: u64) -> &'static UserLicense {
    &USER_LICENSES[row as usize]
}

fn psl(row: u64) -> &'static PermissionSetLicense {
    &PERMISSION_SET_LICENSES[row as usize]
}

fn package(row: u64) -> &'static Package {
    &PACKAGES[row as usize]
}

fn entitlement(row: u64) -> &'static Entitlement {
    &ENTITLEMENTS[row as usize]
}

fn holder(_: &Population, row: u64) -> Value {
    Value::Id(Key::new(prefix::USER, row / HELD_SLOTS))
}

/// A day between the holder's first day and the org's birthday.
fn held_since(population: &Population, row: u64) -> Value {
    let user = row / HELD_SLOTS;
    let created = population.created_on(user);
    let days = (population.born_on() - 1 - created) as u64;
    let draw = population.draw(Aspect::Assignment, row);
    let at = (created + draw.below(days + 1) as i64) * DAY_MILLISECONDS
        + population.seconds_of_day(Aspect::Assignment, row);
    Value::Instant(at.max(population.created_at(user)))
}

/// Salesforce's counters lag behind the records: one in three is off by one or two.
fn drifted(population: &Population, license: u64, counted: i64) -> i64 {
    let draw = population.draw(Aspect::Drift, license);
    if counted > 20 && draw.happens(333) {
        counted + [-2, -1, 1][(draw.number() % 3) as usize]
    } else {
        counted
    }
}
