//! What became different between two states of an org: users, licenses, and who holds which license.

use std::collections::BTreeMap;

use rusqlite::{Row, ToSql};

use super::assignment_changes::AssignmentChange;
use super::error::Doing as _;
use super::timeline::{Timeline, Versions};
use super::{Error, Reader};
use crate::base::milliseconds_text;
use crate::catalogue::{Dataset, FieldType, Role, object};

/// What became of one org between two states. What was not read at both is `None`: nobody knows.
#[derive(Clone, Debug, Default)]
pub struct OrgChanges {
    /// Users that came, went or were edited, by id.
    pub users: Option<Counted<RecordChange>>,
    /// User, permission set and package licenses, by kind and id. Their counts are finite seats.
    pub licenses: Option<Counted<RecordChange>>,
    /// Who got or lost a license, by kind, license and user.
    pub assignments: Option<Counted<AssignmentChange>>,
}

/// A list of changes, and how many there were of what it lists, counted apart from the list.
#[derive(Clone, Debug)]
pub struct Counted<Change> {
    /// How many at the earlier state.
    pub before: i64,
    /// How many at the later one.
    pub after: i64,
    /// The changes.
    pub changes: Vec<Change>,
}

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordChange {
    /// Kind of the license; `None` for a user.
    pub license_kind: Option<&'static str>,
    /// Its id.
    pub id: String,
    /// Its name at the newer of the states that have it: a username or a label.
    pub name: Option<String>,
    /// What happened.
    pub what: What,
    /// How many more seats there are: finite seats of licenses, nothing for users.
    pub seats: i64,
}

/// What happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It was not there before.
    Added,
    /// It is no longer there.
    Removed,
    /// Fields of it are different.
    Changed(Vec<FieldChange>),
}

/// A field with another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's column.
    pub field: &'static str,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// The datasets of licenses, each with its kind, the object it comes from, the column of its label and that of its seats.
const LICENSES: &[(&str, &str, &str, &str)] = &[
    ("user", "UserLicense", "name", "total"),
    ("permission_set", "PermissionSetLicense", "label", "total"),
    ("package", "PackageLicense", "namespace_prefix", "allowed"),
];

/// The values of a record's attributes, in the order of the dataset.
type Values = Vec<Option<String>>;

/// A record's values at the two states, where it was there.
type BeforeAndAfter = (Option<Values>, Option<Values>);

impl Reader {
    /// What changed from the state at place `from` of the timeline to its newest.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn changes(&self, timeline: &Timeline, from: usize) -> Result<OrgChanges, Error> {
        let knows = |objects: &[&str]| -> Result<bool, Error> {
            let known = self.known_states(timeline, objects)?;
            Ok(known[from] && known[timeline.states.len() - 1])
        };
        let mut found = OrgChanges::default();
        if knows(&["User"])? {
            found.users = Some(self.user_changes(timeline, from)?);
        }
        if knows(&["UserLicense", "PermissionSetLicense", "PackageLicense"])? {
            found.licenses = Some(self.license_changes(timeline, from)?);
        }
        if knows(&["User", "Profile", "PermissionSetLicenseAssign", "UserPackageLicense"])? {
            found.assignments = Some(self.assignment_changes(timeline, from)?);
        }
        Ok(found)
    }

    fn user_changes(&self, timeline: &Timeline, from: usize) -> Result<Counted<RecordChange>, Error> {
        let Some(dataset) = object("User").map(|user| user.dataset) else {
            return Ok(Counted { before: 0, after: 0, changes: Vec::new() });
        };
        let records = self.differing_records(timeline, from, &dataset)?;
        let changes = record_changes(None, &dataset, "username", None, records);
        let sql = format!("SELECT count(*) FROM {}", at_run("user", "id"));
        let count = |run| self.count_at(timeline, run, &sql);
        Ok(Counted {
            before: count(timeline.states[from].run_no)?,
            after: count(timeline.newest().run_no)?,
            changes,
        })
    }

    fn license_changes(&self, timeline: &Timeline, from: usize) -> Result<Counted<RecordChange>, Error> {
        let mut all = Counted { before: 0, after: 0, changes: Vec::new() };
        for (kind, name, label, seats) in LICENSES {
            let Some(dataset) = object(name).map(|license| license.dataset) else { continue };
            let records = self.differing_records(timeline, from, &dataset)?;
            all.changes.extend(record_changes(Some(kind), &dataset, label, Some(seats), records));
            let sql =
                format!("SELECT coalesce(sum(max({seats}, 0)), 0) FROM {}", at_run(dataset.table, seats));
            all.before += self.count_at(timeline, timeline.states[from].run_no, &sql)?;
            all.after += self.count_at(timeline, timeline.newest().run_no, &sql)?;
        }
        Ok(all)
    }

    /// Records whose attributes are not the same at both states.
    fn differing_records(
        &self,
        timeline: &Timeline,
        from: usize,
        dataset: &Dataset,
    ) -> Result<BTreeMap<String, BeforeAndAfter>, Error> {
        let attributes: Vec<_> = dataset.with_role(Role::Attribute).collect();
        let columns: Vec<_> = attributes.iter().map(|field| format!("v.{}", field.column)).collect();
        let columns = format!("v.id, {}", columns.join(", "));
        let last = timeline.states.len() - 1;
        let mut records: BTreeMap<String, BeforeAndAfter> = BTreeMap::new();
        let versions = Versions { table: dataset.table, columns: &columns, are_counters: false };
        self.versions(timeline, from..last + 1, versions, |row, states| {
            let (is_before, is_after) = (states.contains(&from), states.contains(&last));
            if is_before == is_after {
                return Ok(());
            }
            let values = attributes
                .iter()
                .enumerate()
                .map(|(place, field)| text(row, place + 1, field.field_type))
                .collect::<rusqlite::Result<Values>>()?;
            let record = records.entry(row.get(0)?).or_default();
            *(if is_before { &mut record.0 } else { &mut record.1 }) = Some(values);
            Ok(())
        })?;
        records.retain(|_, (before, after)| before != after);
        Ok(records)
    }

    /// The number that `sql` counts; `:org` and `:run` name the state.
    pub(super) fn count_at(&self, timeline: &Timeline, run_no: i64, sql: &str) -> Result<i64, Error> {
        let doing = "counting an earlier state";
        let mut statement = self.connection.prepare(sql).doing(doing)?;
        let parameters: [(&str, &dyn ToSql); 2] = [(":org", &timeline.org_no), (":run", &run_no)];
        statement.query_row(&parameters[..], |row| row.get(0)).doing(doing)
    }
}

/// The rows of a table as they were after the run `:run`.
pub(super) fn at_run(table: &str, columns: &str) -> String {
    format!(
        "(SELECT {columns} FROM main.{table}_now WHERE org_no = :org AND since_run <= :run
          UNION ALL
          SELECT {columns} FROM main.{table}_past
          WHERE org_no = :org AND since_run <= :run AND :run < until_run)"
    )
}

/// Tells records by what became of them; `label` and `seats` are columns.
fn record_changes(
    license_kind: Option<&'static str>,
    dataset: &Dataset,
    label: &str,
    seats: Option<&str>,
    records: BTreeMap<String, BeforeAndAfter>,
) -> Vec<RecordChange> {
    let fields: Vec<_> = dataset.with_role(Role::Attribute).map(|field| field.column).collect();
    let place = |column: &str| fields.iter().position(|field| *field == column);
    let (label, seats) = (place(label), seats.and_then(place));
    let seats_of = |values: &Option<Values>| -> i64 {
        let text = seats.and_then(|seats| values.as_ref()?[seats].as_ref());
        text.and_then(|text| text.parse().ok()).unwrap_or(0).max(0)
    };
    let changes = records.into_iter().map(|(id, (before, after))| {
        let more = seats_of(&after) - seats_of(&before);
        let name = label.and_then(|label| after.as_ref().or(before.as_ref())?[label].clone());
        let what = match (before, after) {
            (Some(before), Some(after)) => {
                let values = fields.iter().zip(before).zip(after);
                let changed = values.filter(|((_, before), after)| before != after);
                What::Changed(
                    changed.map(|((field, before), after)| FieldChange { field, before, after }).collect(),
                )
            }
            (None, _) => What::Added,
            (Some(_), None) => What::Removed,
        };
        RecordChange { license_kind, id, name, what, seats: more }
    });
    changes.collect()
}

/// A cell as views and reports write it.
fn text(row: &Row<'_>, place: usize, field_type: FieldType) -> rusqlite::Result<Option<String>> {
    Ok(match field_type {
        FieldType::Id | FieldType::Text | FieldType::Date => row.get(place)?,
        FieldType::Integer => row.get::<_, Option<i64>>(place)?.map(|number| number.to_string()),
        FieldType::Number => row.get::<_, Option<f64>>(place)?.map(|number| number.to_string()),
        FieldType::Boolean => row.get::<_, Option<bool>>(place)?.map(|yes| yes.to_string()),
        FieldType::DateTime => row.get::<_, Option<i64>>(place)?.and_then(milliseconds_text),
    })
}
