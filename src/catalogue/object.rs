//! What an entry of the catalogue says.

use super::OBJECTS;
use super::field::{Field, Role};

/// A set of rows that is kept with its history: the table's name and its columns.
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// The tables' common name; `…_now` holds the current rows, `…_past` the ended ones.
    pub table: &'static str,
    /// The columns, keys first.
    pub fields: &'static [Field],
}

impl Dataset {
    /// The fields of one role, in order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(move |field| field.role == role)
    }
}

/// Whether a run without this object is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Every org has it; without it the run is incomplete.
    Required,
    /// Orgs may lack it for this normal reason; the run is whole without it, unless the last run could read it.
    Optional(&'static str),
}

/// How the rows of one run replace those of the run before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every run reads every row; a row that is gone has ended.
    Snapshot,
    /// A series of dated rows of which only each key's newest counts; the field that dates them.
    Newest(&'static str),
    /// Logins, folded into counts per user and day; only days since the last run are read again.
    LoginDays,
}

/// How a row belongs to a company: through which user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// To the whole org.
    Organization,
    /// The row is a user.
    Oneself,
    /// To the user that this column names; rows of users outside the configured companies are counted and dropped.
    User(&'static str),
}

/// One Salesforce object that is collected.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Its API name.
    pub name: &'static str,
    /// Its rows.
    pub dataset: Dataset,
    /// A condition that every query carries, as SOQL.
    pub filter: Option<&'static str>,
    /// Whether `describe` is asked for its fields. Salesforce leaves some objects out of it that can be queried all the
    /// same; those are asked for every field of the catalogue.
    pub described: bool,
    /// Whether `ORDER BY Id` is possible and used; an order makes repeated pages comparable.
    pub ordered_by_id: bool,
    /// Whether a run without it is whole.
    pub need: Need,
    /// How its rows replace the last ones.
    pub shape: Shape,
    /// How its rows belong to a company.
    pub holder: Holder,
    /// The permission the impersonated user needs, as Setup names it.
    pub permission: &'static str,
    /// What reports lose without it.
    pub lost_without: &'static str,
}

/// The entry for an API name.
pub fn object(name: &str) -> Option<&'static Object> {
    OBJECTS.iter().find(|object| object.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::*;

    fn datasets() -> impl Iterator<Item = Dataset> {
        OBJECTS.iter().map(|object| object.dataset).chain(DERIVED.iter().copied())
    }

    #[test]
    fn names_and_columns_are_unique() {
        let names: BTreeSet<_> = OBJECTS.iter().map(|object| object.name).collect();
        assert_eq!(names.len(), OBJECTS.len());
        let tables: BTreeSet<_> = datasets().map(|dataset| dataset.table).collect();
        assert_eq!(tables.len(), datasets().count());
        for dataset in datasets() {
            let columns: BTreeSet<_> = dataset.fields.iter().map(|field| field.column).collect();
            assert_eq!(columns.len(), dataset.fields.len(), "{}", dataset.table);
        }
    }

    #[test]
    fn every_dataset_has_a_key_and_keys_come_first() {
        for dataset in datasets() {
            let keys = dataset.with_role(Role::Key).count();
            assert!(keys > 0, "{}", dataset.table);
            assert!(dataset.fields[..keys].iter().all(|field| field.role == Role::Key), "{}", dataset.table);
        }
    }

    #[test]
    fn every_object_says_what_it_needs_and_what_is_lost_without_it() {
        for object in OBJECTS {
            assert!(!object.permission.is_empty() && !object.lost_without.is_empty(), "{}", object.name);
            if let Need::Optional(reason) = object.need {
                assert!(!reason.is_empty(), "{}", object.name);
            }
        }
    }

    #[test]
    fn secrets_are_never_selected() {
        for object in OBJECTS {
            for field in object.dataset.fields {
                let Source::Path(path) = field.source else { continue };
                assert!(
                    !SECRET_FIELDS.iter().any(|secret| path.eq_ignore_ascii_case(secret)),
                    "{}.{path}",
                    object.name
                );
            }
        }
    }

    #[test]
    fn holders_and_newest_dates_are_columns_of_the_object() {
        for object in OBJECTS {
            let has = |wanted: &str| object.dataset.fields.iter().any(|field| field.column == wanted);
            if let Holder::User(column) = object.holder {
                assert!(has(column), "{}", object.name);
            }
            if let Shape::Newest(column) = object.shape {
                assert!(has(column), "{}", object.name);
            }
        }
    }
}
