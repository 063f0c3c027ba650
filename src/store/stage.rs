//! Where pages wait until their object is whole: a disposable file beside the database, attached as `stage`.
//!
//! Each page is one transaction together with the cursor it came from, so that a killed run goes on after its last
//! staged page. The file loses nothing that matters: it is synced by nobody and deleted once merged.

use std::fs;
use std::path::PathBuf;

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, Statement, params};

use super::error::Doing as _;
use super::history::declare;
use super::runs::Run;
use super::{Error, Store};
use crate::base::milliseconds_from_text;
use crate::catalogue::{FieldType, LoginKind, Object, Role, Shape, login_kind};
use crate::salesforce::{Row, Rows, Value};

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

/// How far one query of an object has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The object's API name.
    pub object: String,
    /// Which part of the object the query reads.
    pub partition: u32,
    /// The query; a cursor of another query is of no use.
    pub soql: String,
    /// Where the next page is, unless this was the last.
    pub next_records_url: Option<String>,
    /// Pages staged.
    pub pages: u64,
    /// Rows staged, each once.
    pub rows: u64,
    /// Rows that arrived a second time.
    pub repeated_rows: u64,
    /// `totalSize` of the first page.
    pub promised_rows: u64,
    /// Milliseconds spent so far.
    pub millis: u64,
}

impl Cursor {
    /// Whether the last page has been staged.
    pub fn is_done(&self) -> bool {
        self.pages > 0 && self.next_records_url.is_none()
    }
}

impl Store {
    /// Attaches the run's stage and returns the cursors in it. A stage that belongs to another run, or cannot be
    /// read, starts empty.
    ///
    /// # Errors
    /// [`Error::File`] or [`Error::Statement`] when the file cannot be made.
    pub fn open_stage(&mut self, run: &Run, objects: &[StagedObject]) -> Result<Vec<Cursor>, Error> {
        self.close_stage()?;
        let path = self.stage_path(run);
        if run.resumed && path.exists() {
            if let Ok(Some(cursors)) = take_up(&self.connection, &path, run, objects) {
                return Ok(cursors);
            }
            self.close_stage()?;
        }
        self.remove_stage_files(run)?;
        super::database::create_private(&path)?;
        attach(&self.connection, &path)?;
        self.connection
            .execute_batch(
                "CREATE TABLE stage.run (run_no INTEGER NOT NULL) STRICT;
                 CREATE TABLE stage.cursor (
                     object TEXT NOT NULL, partition INTEGER NOT NULL, soql TEXT NOT NULL,
                     next_records_url TEXT, pages INTEGER NOT NULL, rows INTEGER NOT NULL,
                     repeated_rows INTEGER NOT NULL, promised_rows INTEGER NOT NULL, millis INTEGER NOT NULL,
                     PRIMARY KEY (object, partition)) STRICT, WITHOUT ROWID;",
            )
            .doing("making the stage")?;
        self.connection
            .execute("INSERT INTO stage.run VALUES (?1)", [run.number.0])
            .doing("making the stage")?;
        create_tables(&self.connection, objects)?;
        Ok(Vec::new())
    }

    /// Stages one page and moves its cursor on, in one transaction. `cursor` says where the page leaves the query; its
    /// `rows` and `repeated_rows` are brought up to date here.
    ///
    /// # Errors
    /// [`Error::UnusableRow`] when a row lacks its key; [`Error::Statement`] when the file cannot take the page.
    pub fn stage_page(
        &mut self,
        staged: &StagedObject,
        rows: &Rows,
        cursor: &mut Cursor,
    ) -> Result<(), Error> {
        let doing = "staging a page";
        let transaction = self.connection.transaction().doing(doing)?;
        let stored = match staged.object.shape {
            Shape::LoginDays => insert_logins(&transaction, staged, rows, cursor.partition)?,
            Shape::Snapshot | Shape::Newest(_) => insert_rows(&transaction, staged, rows, cursor.partition)?,
        };
        let received = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        cursor.rows += stored;
        cursor.repeated_rows += received - stored;
        save_cursor(&transaction, cursor)?;
        transaction.commit().doing(doing)
    }

    /// Forgets what one query has staged, so that it can start again.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn restart_query(&mut self, object: &Object, partition: u32) -> Result<(), Error> {
        let doing = "restarting a query";
        let transaction = self.connection.transaction().doing(doing)?;
        transaction
            .execute(&format!("DELETE FROM stage.{} WHERE partition = ?1", object.dataset.table), [partition])
            .doing(doing)?;
        transaction
            .execute(
                "DELETE FROM stage.cursor WHERE object = ?1 AND partition = ?2",
                params![object.name, partition],
            )
            .doing(doing)?;
        transaction.commit().doing(doing)
    }

    /// Detaches the stage, if one is attached, and leaves its file for the run to be resumed.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn close_stage(&mut self) -> Result<(), Error> {
        let attached = self
            .connection
            .query_row("SELECT 1 FROM pragma_database_list WHERE name = 'stage'", [], |_| Ok(()))
            .optional()
            .doing("looking for the stage")?;
        match attached {
            Some(()) => self.connection.execute_batch("DETACH stage").doing("closing the stage"),
            None => Ok(()),
        }
    }

    /// Closes the stage and deletes its file.
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be deleted.
    pub fn discard_stage(&mut self, run: &Run) -> Result<(), Error> {
        self.close_stage()?;
        self.remove_stage_files(run)
    }

    fn stage_path(&self, run: &Run) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".stage-{}", run.org_no));
        PathBuf::from(name)
    }

    fn remove_stage_files(&self, run: &Run) -> Result<(), Error> {
        let path = self.stage_path(run);
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            let file = PathBuf::from(name);
            match fs::remove_file(&file) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::File { doing: "delete the stage", path: file, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn attach(connection: &Connection, path: &std::path::Path) -> Result<(), Error> {
    connection
        .execute("ATTACH ?1 AS stage", [path.to_string_lossy()])
        .and_then(|_| {
            connection.execute_batch("PRAGMA stage.journal_mode = WAL; PRAGMA stage.synchronous = OFF")
        })
        .doing("opening the stage")
}

/// The cursors of a stage that is sound and the run's own. Nothing syncs the file, so a machine that lost its power may
/// have left it torn.
fn take_up(
    connection: &Connection,
    path: &std::path::Path,
    run: &Run,
    objects: &[StagedObject],
) -> Result<Option<Vec<Cursor>>, Error> {
    attach(connection, path)?;
    let sound: String = connection
        .query_row("PRAGMA stage.quick_check(1)", [], |row| row.get(0))
        .doing("checking the stage")?;
    if sound != "ok" || stage_run(connection)? != Some(run.number.0) {
        return Ok(None);
    }
    create_tables(connection, objects)?;
    cursors(connection).map(Some)
}

fn stage_run(connection: &Connection) -> Result<Option<i64>, Error> {
    connection
        .query_row("SELECT run_no FROM stage.run", [], |row| row.get(0))
        .optional()
        .doing("reading the stage")
}

fn create_tables(connection: &Connection, objects: &[StagedObject]) -> Result<(), Error> {
    for staged in objects {
        let dataset = staged.object.dataset;
        let sql = if staged.object.shape == Shape::LoginDays {
            format!(
                "CREATE TABLE IF NOT EXISTS stage.{} (
                     id TEXT PRIMARY KEY, partition INTEGER NOT NULL, user_id TEXT NOT NULL,
                     login_at INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT, WITHOUT ROWID",
                dataset.table
            )
        } else {
            let columns: Vec<_> = dataset.fields.iter().map(declare).collect();
            let keys: Vec<_> = dataset.with_role(Role::Key).map(|field| field.column).collect();
            format!(
                "CREATE TABLE IF NOT EXISTS stage.{} (
                     partition INTEGER NOT NULL, {}, PRIMARY KEY ({})) STRICT, WITHOUT ROWID",
                dataset.table,
                columns.join(", "),
                keys.join(", ")
            )
        };
        connection.execute_batch(&sql).doing("making the stage")?;
    }
    Ok(())
}

fn cursors(connection: &Connection) -> Result<Vec<Cursor>, Error> {
    let count = |row: &rusqlite::Row<'_>, index| row.get(index).map(|n: i64| n.unsigned_abs());
    connection
        .prepare(
            "SELECT object, partition, soql, next_records_url, pages, rows, repeated_rows, promised_rows, millis
             FROM stage.cursor",
        )
        .and_then(|mut statement| {
            statement
                .query_map([], |row| {
                    Ok(Cursor {
                        object: row.get(0)?,
                        partition: row.get(1)?,
                        soql: row.get(2)?,
                        next_records_url: row.get(3)?,
                        pages: count(row, 4)?,
                        rows: count(row, 5)?,
                        repeated_rows: count(row, 6)?,
                        promised_rows: count(row, 7)?,
                        millis: count(row, 8)?,
                    })
                })?
                .collect()
        })
        .doing("reading the stage")
}

fn save_cursor(connection: &Connection, cursor: &Cursor) -> Result<(), Error> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    connection
        .prepare_cached("INSERT OR REPLACE INTO stage.cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
        .and_then(|mut statement| {
            statement.execute(params![
                cursor.object,
                cursor.partition,
                cursor.soql,
                cursor.next_records_url,
                count(cursor.pages),
                count(cursor.rows),
                count(cursor.repeated_rows),
                count(cursor.promised_rows),
                count(cursor.millis)
            ])
        })
        .map(|_| ())
        .doing("staging a page")
}

/// Inserts the rows and returns how many were new. Of a dated series only each key's newest row stays.
fn insert_rows(
    connection: &Connection,
    staged: &StagedObject,
    rows: &Rows,
    partition: u32,
) -> Result<u64, Error> {
    let doing = "staging a page";
    let dataset = staged.object.dataset;
    let placeholders = ", ?".repeat(dataset.fields.len());
    let keys: Vec<_> = dataset.with_role(Role::Key).map(|field| field.column).collect();
    let conflict = match staged.object.shape {
        Shape::Newest(dated) => {
            let columns: Vec<_> =
                dataset.fields.iter().map(|f| format!("{0} = excluded.{0}", f.column)).collect();
            format!(
                "ON CONFLICT ({}) DO UPDATE SET {} WHERE excluded.{dated} > {dated}",
                keys.join(", "),
                columns.join(", ")
            )
        }
        Shape::Snapshot | Shape::LoginDays => "ON CONFLICT DO NOTHING".to_owned(),
    };
    let mut statement = connection
        .prepare_cached(&format!("INSERT INTO stage.{} VALUES (?{placeholders}) {conflict}", dataset.table))
        .doing(doing)?;
    let series = matches!(staged.object.shape, Shape::Newest(_));
    let mut stored = 0;
    for index in 0..rows.len() {
        let row = rows.row(index);
        statement.raw_bind_parameter(1, partition).doing(doing)?;
        for (place, (field, source)) in dataset.fields.iter().zip(&staged.cells).enumerate() {
            let cell = cell(&row, source, field.field_type);
            if field.role == Role::Key && matches!(cell, ToSqlOutput::Borrowed(ValueRef::Null)) {
                return Err(Error::UnusableRow { object: staged.object.name, field: field.column });
            }
            statement.raw_bind_parameter(place + 2, cell).doing(doing)?;
        }
        let changed = execute(&mut statement).doing(doing)?;
        // Older rows of a series are received and rightly dropped; they are not repetitions.
        stored += if series { 1 } else { changed };
    }
    Ok(stored)
}

fn execute(statement: &mut Statement<'_>) -> rusqlite::Result<u64> {
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
            let set: Vec<_> = flags
                .iter()
                .filter(|(index, _)| matches!(row.value(*index), Value::Boolean(true)))
                .map(|(_, name)| name.as_str())
                .collect();
            ToSqlOutput::Owned(SqlValue::Text(serde_json::json!(set).to_string()))
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
fn insert_logins(
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
