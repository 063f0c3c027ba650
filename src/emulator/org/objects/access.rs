//! Profiles, roles, permission sets and their assignments.

use super::{
    boolean, created, created_by, dense, modified, modified_by, never, no, prefix, set_up, system_modstamp,
};
use crate::emulator::org::draw::Aspect;
use crate::emulator::org::holdings::{ASSIGNMENT_SLOTS, SetLicense};
use crate::emulator::org::key::Key;
use crate::emulator::org::licenses::{PACKAGES, PROFILES, Profile};
use crate::emulator::org::people::DEPARTMENTS;
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, FieldType, Object, OrderedBy};
use crate::emulator::org::value::{DAY_MILLISECONDS, Value};

pub(crate) static PROFILE: Object = Object {
    name: "Profile",
    prefix: prefix::PROFILE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PROFILE, row))),
        Field::text("Name", 255, |_, row| Value::text(profile(row).name)),
        Field::reference("UserLicenseId", "UserLicense", &["UserLicense"], |_, row| {
            Value::Id(Key::new(prefix::USER_LICENSE, profile(row).license as u64))
        }),
        Field::picklist("UserType", |_, row| Value::text(profile(row).user_type)).nillable(),
        Field::text("Description", 255, never).nillable(),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |_, from| dense(PROFILES.len() as u64, from),
    count: |_| PROFILES.len() as u64,
    ordered_by: None,
};

pub(crate) static USER_ROLE: Object = Object {
    name: "UserRole",
    prefix: prefix::USER_ROLE,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::USER_ROLE, row))),
        Field::text("Name", 80, |_, row| role_name(row).into()),
        Field::text("DeveloperName", 80, |_, row| role_developer_name(row).into()).nillable(),
        Field::reference("ParentRoleId", "ParentRole", &["UserRole"], |_, row| {
            Value::from_option(row.checked_sub(1), |above| Value::Id(Key::new(prefix::USER_ROLE, above / 5)))
        })
        .nillable(),
        Field::text("RollupDescription", 80, |_, row| role_name(row).into()).nillable(),
        Field::picklist("OpportunityAccessForAccountOwner", |_, _| Value::text("Edit")),
        Field::picklist("PortalType", |_, _| Value::text("None")).nillable(),
        boolean("MayForecastManagerShare", no),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |population, from| dense(population.roles(), from),
    count: Population::roles,
    ordered_by: None,
};

pub(crate) static PERMISSION_SET: Object = Object {
    name: "PermissionSet",
    prefix: prefix::PERMISSION_SET,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET, row))),
        Field::text("Name", 80, |population, row| set_name(population, row).into()),
        Field::text("Label", 80, |population, row| match kind(population, row) {
            SetKind::OfProfile(profile) => Value::text(profile.name),
            SetKind::OfGroup(group) => super::groups::group_label(group).into(),
            SetKind::Ordinary(number) => ordinary_label(number).into(),
        }),
        Field::text("Description", 255, never).nillable(),
        Field::reference(
            "LicenseId",
            "License",
            &["PermissionSetLicense", "UserLicense"],
            |population, row| match population.license_of_set(row) {
                SetLicense::None => Value::Null,
                SetLicense::User(license) => Value::Id(Key::new(prefix::USER_LICENSE, license as u64)),
                SetLicense::PermissionSet(license) => {
                    Value::Id(Key::new(prefix::PERMISSION_SET_LICENSE, license as u64))
                }
            },
        )
        .nillable(),
        Field::reference("ProfileId", "Profile", &["Profile"], |population, row| {
            match kind(population, row) {
                SetKind::OfProfile(_) => Value::Id(Key::new(prefix::PROFILE, row)),
                _ => Value::Null,
            }
        })
        .nillable(),
        boolean("IsOwnedByProfile", |population, row| {
            Value::Boolean(matches!(kind(population, row), SetKind::OfProfile(_)))
        }),
        boolean("IsCustom", |population, row| {
            Value::Boolean(matches!(kind(population, row), SetKind::Ordinary(_)))
        }),
        boolean("HasActivationRequired", |population, row| {
            Value::Boolean(set_type(population, row) == "Session")
        }),
        Field::text("NamespacePrefix", 15, |population, row| {
            Value::from_option(namespace(population, row), Value::text)
        })
        .nillable(),
        Field::reference(
            "PermissionSetGroupId",
            "PermissionSetGroup",
            &["PermissionSetGroup"],
            |population, row| {
                Value::from_option(population.group_of_set(row), |group| {
                    Value::Id(Key::new(prefix::PERMISSION_SET_GROUP, group))
                })
            },
        )
        .nillable(),
        Field::picklist("Type", |population, row| Value::text(set_type(population, row))).nillable(),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |population, from| dense(population.permission_sets(), from),
    count: Population::permission_sets,
    ordered_by: None,
};

pub(crate) static PERMISSION_SET_ASSIGNMENT: Object = Object {
    name: "PermissionSetAssignment",
    prefix: prefix::PERMISSION_SET_ASSIGNMENT,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET_ASSIGNMENT, row))),
        Field::reference("AssigneeId", "Assignee", &["User"], |_, row| {
            Value::Id(Key::new(prefix::USER, row / ASSIGNMENT_SLOTS))
        }),
        Field::reference("PermissionSetId", "PermissionSet", &["PermissionSet"], |population, row| {
            Value::Id(Key::new(prefix::PERMISSION_SET, assigned_set(population, row)))
        })
        .nillable(),
        Field::reference(
            "PermissionSetGroupId",
            "PermissionSetGroup",
            &["PermissionSetGroup"],
            |population, row| {
                Value::from_option(population.group_of_set(assigned_set(population, row)), |group| {
                    Value::Id(Key::new(prefix::PERMISSION_SET_GROUP, group))
                })
            },
        )
        .nillable(),
        Field::new("ExpirationDate", FieldType::DateTime, |population, row| {
            Value::from_option(expires_on(population, row), |day| Value::Instant(day * DAY_MILLISECONDS))
        })
        .nillable(),
        boolean("IsActive", |population, row| {
            Value::Boolean(expires_on(population, row).is_none_or(|day| day >= population.born_on()))
        }),
        boolean("IsRevoked", no),
        system_modstamp(|population, row| Value::Instant(population.created_at(row / ASSIGNMENT_SLOTS))),
    ],
    next: next_assignment,
    count: |population| {
        (0..population.users())
            .map(|user| population.assigned_sets(user) + u64::from(population.profile_number(user).is_some()))
            .sum()
    },
    ordered_by: Some(OrderedBy::User { field: "AssigneeId", slots: ASSIGNMENT_SLOTS }),
};

enum SetKind {
    OfProfile(&'static Profile),
    OfGroup(u64),
    /// Counted from 0.
    Ordinary(u64),
}

fn profile(row: u64) -> &'static Profile {
    &PROFILES[row as usize]
}

fn kind(population: &Population, row: u64) -> SetKind {
    if let Some(profile) = PROFILES.get(row as usize) {
        return SetKind::OfProfile(profile);
    }
    match population.group_of_set(row) {
        Some(group) => SetKind::OfGroup(group),
        None => SetKind::Ordinary(row - PROFILES.len() as u64 - population.permission_set_groups()),
    }
}

fn set_type(population: &Population, row: u64) -> &'static str {
    match kind(population, row) {
        SetKind::OfProfile(_) => "Profile",
        SetKind::OfGroup(_) => "Group",
        SetKind::Ordinary(number) if number % 40 == 7 => "Session",
        SetKind::Ordinary(_) if matches!(population.license_of_set(row), SetLicense::PermissionSet(_)) => {
            "Standard"
        }
        SetKind::Ordinary(_) => "Regular",
    }
}

fn namespace(population: &Population, row: u64) -> Option<&'static str> {
    match kind(population, row) {
        SetKind::Ordinary(number) if number % 6 == 3 => {
            Some(PACKAGES[(number / 6) as usize % PACKAGES.len()].namespace)
        }
        _ => None,
    }
}

/// The set hidden behind a profile is named after it; Salesforce makes such names from the profile's id.
fn set_name(population: &Population, row: u64) -> String {
    match kind(population, row) {
        SetKind::OfProfile(_) => format!("X00ex000000018ozT_128_09_43_34_{row}"),
        SetKind::OfGroup(group) => super::groups::group_developer_name(group),
        SetKind::Ordinary(number) => ordinary_label(number).replace([' ', '-'], "_"),
    }
}

fn ordinary_label(number: u64) -> String {
    const TASKS: &[&str] =
        &["Access", "Reports", "Approvals", "Data Export", "Dashboards", "API", "Mobile", "Territories"];
    let departments = DEPARTMENTS.len() as u64;
    let (department, task) = (number % departments, number / departments);
    let tasks = TASKS.len() as u64;
    let series = task / tasks;
    let label = format!("{} {}", DEPARTMENTS[department as usize], TASKS[(task % tasks) as usize]);
    if series == 0 { label } else { format!("{label} {}", series + 1) }
}

fn role_name(row: u64) -> String {
    match row {
        0 => "CEO".to_owned(),
        1 => "Geschäftsführung Vertrieb".to_owned(),
        _ => format!("{} Team {row}", DEPARTMENTS[row as usize % DEPARTMENTS.len()]),
    }
}

fn role_developer_name(row: u64) -> String {
    match row {
        1 => "Geschaeftsfuehrung_Vertrieb".to_owned(),
        _ => role_name(row).replace(' ', "_"),
    }
}

fn assigned_set(population: &Population, row: u64) -> u64 {
    let user = row / ASSIGNMENT_SLOTS;
    match row % ASSIGNMENT_SLOTS {
        0 => population.profile_number(user).unwrap_or_default() as u64,
        slot => population.assigned_set(user, slot),
    }
}

fn expires_on(population: &Population, row: u64) -> Option<i64> {
    let draw = population.draw(Aspect::Assignment, row);
    let temporary = !row.is_multiple_of(ASSIGNMENT_SLOTS) && draw.happens(25);
    temporary.then(|| population.born_on() - 60 + (draw.number() % 240) as i64)
}

fn next_assignment(population: &Population, from: u64) -> Option<u64> {
    let mut slot = from % ASSIGNMENT_SLOTS;
    for user in from / ASSIGNMENT_SLOTS..population.users() {
        if slot == 0 && population.profile_number(user).is_none() {
            slot = 1;
        }
        if slot <= population.assigned_sets(user) {
            return Some(user * ASSIGNMENT_SLOTS + slot);
        }
        slot = 0;
    }
    None
}
