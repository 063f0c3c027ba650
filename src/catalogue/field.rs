//! Fields of collected objects: where each comes from, its type, and what is done with its changes.

/// The type of a field, as `describe` names it, reduced to what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A record id or a reference; normalized to 18 characters.
    Id,
    /// Text, picklists, addresses of any kind.
    Text,
    /// A whole number; JSON may write it `300.0`.
    Integer,
    /// A double, percent or currency.
    Number,
    /// A checkbox.
    Boolean,
    /// An instant; normalized to `YYYY-MM-DDTHH:MM:SS.sssZ`.
    DateTime,
    /// A calendar date `YYYY-MM-DD`.
    Date,
}

/// Where a field's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A field of the object, by its API name.
    Path(&'static str),
    /// The names of those `UserPermissions…` checkboxes that are set, as a JSON array: each stands for a feature
    /// license, and which of them exist is known only from `describe`.
    FeatureFlags,
    /// The configured `extra_fields`, as one JSON object.
    ExtraFields,
    /// Counted here, from the rows of other objects.
    Counted,
}

/// What a field is to its record's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Part of the record's identity.
    Key,
    /// Describes the record; a change ends one version and begins another.
    Attribute,
    /// Moves with use (a last login, a number of seats in use); its past is kept apart in narrow rows.
    Counter,
}

/// How private a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// About the org, its licenses or its set-up.
    Organizational,
    /// About a person: pseudonymized in exports.
    Personal,
}

/// Fields, as `Object.Field`, that people type into as they like, so that anything may stand in them. Extra fields are
/// such fields too.
pub const FREE_TEXT_FIELDS: &[&str] = &[
    "User.CompanyName",
    "User.Department",
    "User.Division",
    "User.EmployeeNumber",
    "User.Name",
    "User.Title",
    "UserRole.Name",
];

/// One field of a dataset, and one column of its tables.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The column's name in the database.
    pub column: &'static str,
    /// Where the value comes from.
    pub source: Source,
    /// Its type.
    pub field_type: FieldType,
    /// What it is to the record's history.
    pub role: Role,
    /// How private it is.
    pub privacy: Privacy,
}

impl Field {
    const fn new(column: &'static str, source: Source, field_type: FieldType, role: Role) -> Self {
        Self { column, source, field_type, role, privacy: Privacy::Organizational }
    }

    /// The same field, about a person.
    pub(super) const fn personal(mut self) -> Self {
        self.privacy = Privacy::Personal;
        self
    }
}

pub(super) const fn key(path: &'static str, column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Path(path), field_type, Role::Key)
}

pub(super) const fn attribute(path: &'static str, column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Path(path), field_type, Role::Attribute)
}

pub(super) const fn counter(path: &'static str, column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Path(path), field_type, Role::Counter)
}

pub(super) const fn gathered(column: &'static str, source: Source) -> Field {
    Field::new(column, source, FieldType::Text, Role::Attribute)
}

pub(super) const fn counted_key(column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Counted, field_type, Role::Key)
}

pub(super) const fn counted(column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Counted, field_type, Role::Attribute)
}

pub(super) const fn counted_counter(column: &'static str, field_type: FieldType) -> Field {
    Field::new(column, Source::Counted, field_type, Role::Counter)
}
