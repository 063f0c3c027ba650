//! Public groups, queues, role groups, and permission set groups.

use super::{
    boolean, created, created_by, dense, is_deleted, modified, modified_by, never, next_held, no, prefix,
    set_up, system_modstamp,
};
use crate::emulator::org::draw::Aspect;
use crate::emulator::org::key::Key;
use crate::emulator::org::licenses::PROFILES;
use crate::emulator::org::people::DEPARTMENTS;
use crate::emulator::org::population::Population;
use crate::emulator::org::schema::{Field, Object, OrderedBy};
use crate::emulator::org::value::Value;

/// Public groups follow departments; queues are few.
const QUEUES: u64 = 4;
/// Places for one user's memberships: the department's group and a queue.
const MEMBER_SLOTS: u64 = 2;
/// Permission sets in each permission set group.
const COMPONENTS: u64 = 4;

pub(crate) static GROUP: Object = Object {
    name: "Group",
    prefix: prefix::GROUP,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::GROUP, row))),
        Field::text("Name", 40, |population, row| match kind(population, row) {
            // Role groups have no name of their own (Object Reference, "Group").
            GroupKind::Role(_) | GroupKind::RoleAndSubordinates(_) => Value::Null,
            GroupKind::Regular(department) => format!("All {}", DEPARTMENTS[department as usize]).into(),
            GroupKind::Queue(queue) => format!("Queue {}", queue + 1).into(),
        })
        .nillable(),
        Field::text("DeveloperName", 80, |population, row| match kind(population, row) {
            GroupKind::Role(role) | GroupKind::RoleAndSubordinates(role) => format!("Role_{role}").into(),
            GroupKind::Regular(department) => {
                format!("All_{}", DEPARTMENTS[department as usize].replace(' ', "_")).into()
            }
            GroupKind::Queue(queue) => format!("Queue_{}", queue + 1).into(),
        })
        .nillable(),
        Field::reference("RelatedId", "Related", &["User", "UserRole"], |population, row| {
            match kind(population, row) {
                GroupKind::Role(role) | GroupKind::RoleAndSubordinates(role) => {
                    Value::Id(Key::new(prefix::USER_ROLE, role))
                }
                _ => Value::Null,
            }
        })
        .nillable(),
        Field::picklist("Type", |population, row| {
            Value::text(match kind(population, row) {
                GroupKind::Role(_) => "Role",
                GroupKind::RoleAndSubordinates(_) => "RoleAndSubordinates",
                GroupKind::Regular(_) => "Regular",
                GroupKind::Queue(_) => "Queue",
            })
        }),
        Field::text("Email", 255, never).nillable(),
        Field::reference("OwnerId", "Owner", &["Organization", "User"], |_, _| {
            Value::Id(Key::new(prefix::ORGANIZATION, 0))
        }),
        boolean("DoesSendEmailToMembers", no),
        boolean("DoesIncludeBosses", |_, _| Value::Boolean(true)),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |population, from| dense(groups(population), from),
    count: groups,
    ordered_by: None,
};

pub(crate) static GROUP_MEMBER: Object = Object {
    name: "GroupMember",
    prefix: prefix::GROUP_MEMBER,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::GROUP_MEMBER, row))),
        Field::reference("GroupId", "Group", &["Group"], |population, row| {
            let user = row / MEMBER_SLOTS;
            let first = 2 * population.roles();
            let group = match (row % MEMBER_SLOTS, population.department(user)) {
                (0, Some(department)) => department as u64,
                _ => DEPARTMENTS.len() as u64 + population.draw(Aspect::Membership, user).number() % QUEUES,
            };
            Value::Id(Key::new(prefix::GROUP, first + group))
        }),
        Field::reference("UserOrGroupId", "UserOrGroup", &["Group", "User"], |_, row| {
            Value::Id(Key::new(prefix::USER, row / MEMBER_SLOTS))
        }),
        system_modstamp(|population, row| Value::Instant(population.created_at(row / MEMBER_SLOTS))),
    ],
    next: |population, from| next_held(population, MEMBER_SLOTS, from, memberships),
    count: |population| super::count_held(population, memberships),
    ordered_by: Some(OrderedBy::User { field: "UserOrGroupId", slots: MEMBER_SLOTS }),
};

pub(crate) static PERMISSION_SET_GROUP: Object = Object {
    name: "PermissionSetGroup",
    prefix: prefix::PERMISSION_SET_GROUP,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET_GROUP, row))),
        is_deleted(),
        Field::text("DeveloperName", 80, |_, row| group_developer_name(row).into()),
        Field::text("MasterLabel", 80, |_, row| group_label(row).into()),
        Field::picklist("Language", |_, _| Value::text("en_US")).nillable(),
        Field::text("NamespacePrefix", 15, never).nillable(),
        Field::text("Description", 255, never).nillable(),
        Field::picklist("Status", |_, row| Value::text(if row == 1 { "Outdated" } else { "Updated" })),
        boolean("HasActivationRequired", no),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |population, from| dense(population.permission_set_groups(), from),
    count: Population::permission_set_groups,
    ordered_by: None,
};

pub(crate) static PERMISSION_SET_GROUP_COMPONENT: Object = Object {
    name: "PermissionSetGroupComponent",
    prefix: prefix::PERMISSION_SET_GROUP_COMPONENT,
    shows_prefix: true,
    fields: &[
        Field::id(|_, row| Value::Id(Key::new(prefix::PERMISSION_SET_GROUP_COMPONENT, row))),
        is_deleted(),
        Field::reference("PermissionSetGroupId", "PermissionSetGroup", &["PermissionSetGroup"], |_, row| {
            Value::Id(Key::new(prefix::PERMISSION_SET_GROUP, row / COMPONENTS))
        }),
        Field::reference("PermissionSetId", "PermissionSet", &["PermissionSet"], |population, row| {
            let ordinary = PROFILES.len() as u64 + population.permission_set_groups();
            let choices = population.permission_sets() - ordinary;
            Value::Id(Key::new(prefix::PERMISSION_SET, ordinary + row % choices))
        }),
        created(set_up),
        created_by(),
        modified(set_up),
        modified_by(),
        system_modstamp(set_up),
    ],
    next: |population, from| dense(population.permission_set_groups() * COMPONENTS, from),
    count: |population| population.permission_set_groups() * COMPONENTS,
    ordered_by: None,
};

/// The label of a permission set group, and of the permission set that stands for it.
pub(crate) fn group_label(group: u64) -> String {
    format!("{} Bundle {}", DEPARTMENTS[group as usize % DEPARTMENTS.len()], group + 1)
}

/// The same as a developer name.
pub(crate) fn group_developer_name(group: u64) -> String {
    group_label(group).replace(' ', "_")
}

enum GroupKind {
    Role(u64),
    RoleAndSubordinates(u64),
    Regular(u64),
    Queue(u64),
}

fn kind(population: &Population, row: u64) -> GroupKind {
    let roles = population.roles();
    let departments = DEPARTMENTS.len() as u64;
    match row {
        _ if row < roles => GroupKind::Role(row),
        _ if row < 2 * roles => GroupKind::RoleAndSubordinates(row - roles),
        _ if row < 2 * roles + departments => GroupKind::Regular(row - 2 * roles),
        _ => GroupKind::Queue(row - 2 * roles - departments),
    }
}

fn groups(population: &Population) -> u64 {
    2 * population.roles() + DEPARTMENTS.len() as u64 + QUEUES
}

fn memberships(population: &Population, user: u64) -> u32 {
    let queue = population.is_internal(user) && population.draw(Aspect::Membership, user).happens(100);
    u32::from(population.department(user).is_some()) | u32::from(queue) << 1
}
