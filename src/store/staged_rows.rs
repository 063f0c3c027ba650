//! Rows of a page on their way into the stage.

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, Statement, params};

use super::Error;
use super::error::Doing as _;
use super::runs::Run;
use super::stage::columns;
use crate::base::milliseconds_from_text;
use crate::catalogue::{FieldType, LoginKind, Object, Role, Shape, Source, login_kind};
use crate::salesforce::{Column, Row, Rows, Value};

/// How one column of a dataset is filled from the columns that were selected.
#[derive(Clone, Debug)]
pub enum CellSource {
    /// From the selected column with this index.
    Column(usize),
    /// The org does not have the field.
    Absent,
    /// The names of those selected checkboxes that are set, as a JSON array.
    FlagNames(Vec<(usize, String)>),
    /// The selected columns under their names, as a JSON object.
    Named(Vec<(usize, String)>),
}

/// An object as one run stages it.
#[derive(Clone, Debug)]
pub struct StagedObject {
    /// The catalogue's entry.
    pub object: &'static Object,
    /// One source for each field of its dataset, in order.
    pub cells: Vec<CellSource>,
}

impl StagedObject {
    /// The object of an org that has all of its fields, and the columns to select. Feature flags, extra fields and
    /// counts, which no column is named for, stay empty.
    pub fn with_every_field(object: &'static Object) -> (Self, Vec<Column>) {
        let mut columns = Vec::new();
        let mut cells = Vec::new();
        for field in object.dataset.fields {
            cells.push(match field.source {
                Source::Path(path) => {
                    columns.push(Column { path: path.to_owned(), field_type: field.field_type });
                    CellSource::Column(columns.len() - 1)
                }
                Source::FeatureFlags | Source::ExtraFields | Source::Counted => CellSource::Absent,
            });
        }
        (Self { object, cells }, columns)
    }
}

/// The statements that stage rows of one object.
struct Inserts<'connection> {
    /// Notes the key of a row that arrived as it is now, if it did.
    unchanged: Option<rusqlite::CachedStatement<'connection>>,
    /// Keeps a row.
    row: rusqlite::CachedStatement<'connection>,
}

/// Stages the rows and returns how many came for the first time. Of a dated series only each key's newest row stays.
pub(super) fn insert_rows(
    connection: &Connection,
    staged: &StagedObject,
    rows: &Rows,
    partition: u32,
    run: &Run,
) -> Result<u64, Error> {
    let doing = "staging a page";
    let fields = staged.object.dataset.fields;
    let mut inserts = Inserts::prepare(connection, staged, run)?;
    let series = matches!(staged.object.shape, Shape::Newest(_));
    let mut stored = 0;
    let mut cells = Vec::with_capacity(fields.len());
    for row in rows.iter() {
        cells.clear();
        for (field, source) in fields.iter().zip(&staged.cells) {
            let cell = cell(&row, source, field.field_type);
            if field.role == Role::Key && matches!(cell, ToSqlOutput::Borrowed(ValueRef::Null)) {
                return Err(Error::UnusableRow { object: staged.object.name, field: field.column });
            }
            cells.push(cell);
        }
        let mut changed = 0;
        if let Some(unchanged) = &mut inserts.unchanged {
            changed = execute(unchanged, partition, &cells).doing(doing)?;
        }
        if changed == 0 {
            changed = execute(&mut inserts.row, partition, &cells).doing(doing)?;
        }
        // Older rows of a series are received and rightly dropped; they are not repetitions.
        stored += if series { 1 } else { changed };
    }
    Ok(stored)
}

impl<'connection> Inserts<'connection> {
    fn prepare(connection: &'connection Connection, staged: &StagedObject, run: &Run) -> Result<Self, Error> {
        let doing = "staging a page";
        let dataset = &staged.object.dataset;
        let table = dataset.table;
        let keys = columns(dataset, &[Role::Key]);
        // Parameter 1 is the partition; the fields follow in the dataset's order, keys first.
        let places: Vec<_> = (2..dataset.fields.len() + 2).map(|place| format!("?{place}")).collect();
        let same = |columns: &[&str], first: usize| {
            let pairs =
                columns.iter().zip(&places[first..]).map(|(column, place)| format!("{column} IS {place}"));
            pairs.collect::<Vec<_>>().join(" AND ")
        };
        let row = match staged.object.shape {
            Shape::Newest(dated) => {
                let all = columns(dataset, &[Role::Key, Role::Attribute, Role::Counter]);
                let replaced: Vec<_> = all.iter().map(|name| format!("{name} = excluded.{name}")).collect();
                format!(
                    "INSERT INTO stage.{table} VALUES (?1, {})
                     ON CONFLICT ({}) DO UPDATE SET {} WHERE excluded.{dated} > {dated}",
                    places.join(", "),
                    keys.join(", "),
                    replaced.join(", ")
                )
            }
            Shape::Snapshot | Shape::LoginDays => format!(
                "INSERT INTO stage.{table} SELECT ?1, {}
                 WHERE NOT EXISTS (SELECT 1 FROM stage.{table}_seen WHERE {}) ON CONFLICT DO NOTHING",
                places.join(", "),
                same(&keys, 0)
            ),
        };
        let has_rows = format!("SELECT EXISTS (SELECT 1 FROM main.{table}_now WHERE org_no = ?1)");
        let comparable = staged.object.shape == Shape::Snapshot
            && connection
                .prepare_cached(&has_rows)
                .and_then(|mut statement| statement.query_row([run.org_no], |row| row.get(0)))
                .doing(doing)?;
        let unchanged = if comparable {
            let others = columns(dataset, &[Role::Attribute, Role::Counter]);
            let also =
                if others.is_empty() { String::new() } else { format!(" AND {}", same(&others, keys.len())) };
            let sql = format!(
                "INSERT INTO stage.{table}_seen SELECT ?1, {}
                 WHERE EXISTS (SELECT 1 FROM main.{table}_now WHERE org_no = {} AND {}{also})
                 AND NOT EXISTS (SELECT 1 FROM stage.{table} WHERE {}) ON CONFLICT DO NOTHING",
                places[..keys.len()].join(", "),
                run.org_no,
                same(&keys, 0),
                same(&keys, 0)
            );
            Some(connection.prepare_cached(&sql).doing(doing)?)
        } else {
            None
        };
        Ok(Self { unchanged, row: connection.prepare_cached(&row).doing(doing)? })
    }
}

/// Runs the statement with as many of the cells as it has parameters.
fn execute(
    statement: &mut Statement<'_>,
    partition: u32,
    cells: &[ToSqlOutput<'_>],
) -> rusqlite::Result<u64> {
    statement.raw_bind_parameter(1, partition)?;
    let parameters = statement.parameter_count();
    for (place, cell) in (2..=parameters).zip(cells) {
        statement.raw_bind_parameter(place, cell)?;
    }
    statement.raw_execute().map(|changed| u64::try_from(changed).unwrap_or_default())
}

fn cell<'a>(row: &Row<'a>, source: &CellSource, field_type: FieldType) -> ToSqlOutput<'a> {
    match source {
        CellSource::Absent => ToSqlOutput::Borrowed(ValueRef::Null),
        CellSource::Column(index) => match (row.value(*index), field_type) {
            (Value::Null, _) => ToSqlOutput::Borrowed(ValueRef::Null),
            (Value::Text(text), FieldType::DateTime) => milliseconds_from_text(text)
                .map_or(ToSqlOutput::Borrowed(ValueRef::Null), |milliseconds| {
                    ToSqlOutput::Owned(SqlValue::Integer(milliseconds))
                }),
            (Value::Text(text), _) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            (Value::Integer(number), _) => ToSqlOutput::Owned(SqlValue::Integer(number)),
            (Value::Number(number), _) => ToSqlOutput::Owned(SqlValue::Real(number)),
            (Value::Boolean(flag), _) => ToSqlOutput::Owned(SqlValue::Integer(i64::from(flag))),
        },
        CellSource::FlagNames(flags) => {
            let set: Vec<&str> = flags
                .iter()
                .filter(|(index, _)| matches!(row.value(*index), Value::Boolean(true)))
                .map(|(_, name)| name.as_str())
                .collect();
            ToSqlOutput::Owned(SqlValue::Text(serde_json::to_string(&set).unwrap_or_default()))
        }
        CellSource::Named(columns) => {
            let named: serde_json::Map<_, _> =
                columns.iter().map(|(index, name)| (name.clone(), json(row.value(*index)))).collect();
            ToSqlOutput::Owned(SqlValue::Text(serde_json::Value::Object(named).to_string()))
        }
    }
}

fn json(value: Value<'_>) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Text(text) => text.into(),
        Value::Integer(number) => number.into(),
        Value::Number(number) => number.into(),
        Value::Boolean(flag) => flag.into(),
    }
}

/// Keeps successful logins of known users; failed ones and those of nobody are received but not stored.
pub(super) fn insert_logins(
    connection: &Connection,
    staged: &StagedObject,
    rows: &Rows,
    partition: u32,
) -> Result<u64, Error> {
    let doing = "staging a page of logins";
    let column = |wanted: &str| {
        let place = staged.object.dataset.fields.iter().position(|field| field.column == wanted)?;
        match staged.cells[place] {
            CellSource::Column(index) => Some(index),
            _ => None,
        }
    };
    let text = |row: &Row<'_>, wanted: &'static str| -> Option<String> {
        match row.value(column(wanted)?) {
            Value::Text(text) => Some(text.to_owned()),
            _ => None,
        }
    };
    let mut statement = connection
        .prepare_cached(&format!(
            "INSERT INTO stage.{} VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
            staged.object.dataset.table
        ))
        .doing(doing)?;
    let mut kept = 0;
    for index in 0..rows.len() {
        let row = rows.row(index);
        let missing = |field| Error::UnusableRow { object: staged.object.name, field };
        let id = text(&row, "id").ok_or_else(|| missing("id"))?;
        let login_at = text(&row, "login_at")
            .and_then(|time| milliseconds_from_text(&time))
            .ok_or_else(|| missing("login_at"))?;
        let user_id = text(&row, "user_id");
        // Salesforce cannot filter on Status, so it is judged here.
        let succeeded = text(&row, "status").as_deref() == Some("Success");
        let Some(user_id) = user_id.filter(|_| succeeded) else {
            kept += 1;
            continue;
        };
        let kind = match login_kind(&text(&row, "login_type").unwrap_or_default()) {
            LoginKind::Interactive => 0,
            LoginKind::Api => 1,
            LoginKind::Unknown => 2,
        };
        kept +=
            u64::try_from(statement.execute(params![id, partition, user_id, login_at, kind]).doing(doing)?)
                .unwrap_or_default();
    }
    Ok(kept)
}
