//! How objects and fields are described: the shape of the tables in `objects`.

use super::population::Population;
use super::value::Value;

/// A field's type, as `describe` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    Id,
    Reference,
    Text,
    TextArea,
    Picklist,
    Email,
    Integer,
    Double,
    Percent,
    Boolean,
    DateTime,
    Date,
}

impl FieldType {
    /// The word that `describe` and error messages use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::Text => "string",
            Self::TextArea => "textarea",
            Self::Picklist => "picklist",
            Self::Email => "email",
            Self::Integer => "int",
            Self::Double => "double",
            Self::Percent => "percent",
            Self::Boolean => "boolean",
            Self::DateTime => "datetime",
            Self::Date => "date",
        }
    }

    /// The underlying SOAP type.
    pub(crate) const fn soap_name(self) -> &'static str {
        match self {
            Self::Id | Self::Reference => "tns:ID",
            Self::Text | Self::TextArea | Self::Picklist | Self::Email => "xsd:string",
            Self::Integer => "xsd:int",
            Self::Double | Self::Percent => "xsd:double",
            Self::Boolean => "xsd:boolean",
            Self::DateTime => "xsd:dateTime",
            Self::Date => "xsd:date",
        }
    }
}

/// Reads a field of the record at a place.
pub(crate) type Read = fn(&Population, u64) -> Value;

/// A field of an object.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) field_type: FieldType,
    pub(crate) length: u16,
    pub(crate) nillable: bool,
    pub(crate) filterable: bool,
    pub(crate) groupable: bool,
    pub(crate) sortable: bool,
    pub(crate) relationship: Option<&'static str>,
    pub(crate) refers_to: &'static [&'static str],
    pub(crate) read: Read,
}

impl Field {
    /// A field that can be filtered, sorted and, unless its type forbids it, grouped.
    pub(crate) const fn new(name: &'static str, field_type: FieldType, read: Read) -> Self {
        let groupable = !matches!(
            field_type,
            FieldType::DateTime | FieldType::Double | FieldType::Percent | FieldType::TextArea
        );
        let length = match field_type {
            FieldType::Id | FieldType::Reference => 18,
            _ => 0,
        };
        Self {
            name,
            field_type,
            length,
            nillable: false,
            filterable: true,
            groupable,
            sortable: true,
            relationship: None,
            refers_to: &[],
            read,
        }
    }

    /// The record's own id.
    pub(crate) const fn id(read: Read) -> Self {
        Self::new("Id", FieldType::Id, read)
    }

    /// Text of at most `length` characters.
    pub(crate) const fn text(name: &'static str, length: u16, read: Read) -> Self {
        let mut field = Self::new(name, FieldType::Text, read);
        field.length = length;
        field
    }

    /// A picklist.
    pub(crate) const fn picklist(name: &'static str, read: Read) -> Self {
        let mut field = Self::new(name, FieldType::Picklist, read);
        field.length = 40;
        field
    }

    /// A reference to one of `targets`, traversed as `relationship`.
    pub(crate) const fn reference(
        name: &'static str,
        relationship: &'static str,
        targets: &'static [&'static str],
        read: Read,
    ) -> Self {
        let mut field = Self::new(name, FieldType::Reference, read);
        field.relationship = Some(relationship);
        field.refers_to = targets;
        field
    }

    /// May be null.
    pub(crate) const fn nillable(mut self) -> Self {
        self.nillable = true;
        self
    }

    /// Cannot stand in a WHERE clause.
    pub(crate) const fn unfilterable(mut self) -> Self {
        self.filterable = false;
        self
    }

    /// Cannot stand in an ORDER BY clause.
    pub(crate) const fn unsortable(mut self) -> Self {
        self.sortable = false;
        self
    }

    /// What people see: the name in words, a reference without its `ID`.
    pub(crate) fn label(&self) -> String {
        let name = match self.field_type {
            FieldType::Id => return "Record ID".to_owned(),
            FieldType::Reference => self.name.strip_suffix("Id").unwrap_or(self.name),
            _ => self.name.strip_suffix("__c").unwrap_or(self.name),
        };
        spaced(name)
    }
}

/// Splits `LastLoginDate` into `Last Login Date`.
pub(crate) fn spaced(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    let mut before_was_lower = false;
    for character in name.chars() {
        if character.is_ascii_uppercase() && before_was_lower {
            words.push(' ');
        }
        before_was_lower = character.is_ascii_lowercase();
        words.push(character);
    }
    words
}

/// An object. Its records stand at places: numbers with gaps, in the order of their ids.
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) prefix: &'static [u8; 3],
    /// False where `describe` shows no key prefix.
    pub(crate) shows_prefix: bool,
    pub(crate) fields: &'static [Field],
    /// The first place at or after one given that holds a record.
    pub(crate) next: fn(&Population, u64) -> Option<u64>,
    /// How many records there are.
    pub(crate) count: fn(&Population) -> u64,
    /// Fields whose values rise with the place, so that a condition on them bounds the places.
    pub(crate) ordered_by: Option<OrderedBy>,
}

/// How places follow from a field other than `Id`.
pub(crate) enum OrderedBy {
    /// A reference to User: user `n` owns the places from `n * slots` up to `(n + 1) * slots`.
    User { field: &'static str, slots: u64 },
    /// An instant: the function gives the first place of the day of an instant.
    Day { field: &'static str, first_place: fn(&Population, i64) -> u64 },
}

impl Object {
    /// Finds a field without regard to case, as SOQL does.
    pub(crate) fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Finds the reference field that is traversed as `relationship`.
    pub(crate) fn relationship(&self, relationship: &str) -> Option<usize> {
        self.fields
            .iter()
            .position(|field| field.relationship.is_some_and(|name| name.eq_ignore_ascii_case(relationship)))
    }

    /// What people see.
    pub(crate) fn label(&self) -> String {
        spaced(self.name)
    }

    /// The same in the plural.
    pub(crate) fn label_plural(&self) -> String {
        let label = self.label();
        match label.as_bytes().last() {
            Some(b'y') => label,
            Some(b's') => format!("{label}es"),
            _ => format!("{label}s"),
        }
    }
}
