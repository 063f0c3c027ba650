//! Where pages wait until their object is whole: a disposable file beside the database, attached as `stage`.
//!
//! Each page is one transaction together with the cursor it came from, so that a killed run goes on after its last
//! staged page. The file loses nothing that matters: it is synced by nobody and deleted once merged.
//!
//! Of a snapshot, `stage.<table>` holds only rows that are new or differ from the current ones, and
//! `stage.<table>_seen` the keys of those that arrived as they are; `temp.staged_<table>` shows both as one.

use std::fs;
use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Doing as _;
use super::history::declare;
use super::runs::{Run, Sent, add_sent};
use super::staged_rows::{StagedObject, insert_logins, insert_rows};
use super::{Error, Store};
use crate::catalogue::{Dataset, Object, Role, Shape};
use crate::salesforce::Rows;

/// The version that made a stage; another one may lay it out differently.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

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
                "CREATE TABLE stage.run (
                     run_no INTEGER NOT NULL, program TEXT NOT NULL, api_calls INTEGER NOT NULL DEFAULT 0,
                     bytes INTEGER NOT NULL DEFAULT 0, retries INTEGER NOT NULL DEFAULT 0) STRICT;
                 CREATE TABLE stage.cursor (
                     object TEXT NOT NULL, partition INTEGER NOT NULL, soql TEXT NOT NULL,
                     next_records_url TEXT, pages INTEGER NOT NULL, rows INTEGER NOT NULL,
                     repeated_rows INTEGER NOT NULL, promised_rows INTEGER NOT NULL, millis INTEGER NOT NULL,
                     PRIMARY KEY (object, partition)) STRICT, WITHOUT ROWID;",
            )
            .doing("making the stage")?;
        self.connection
            .execute(
                "INSERT INTO stage.run (run_no, program) VALUES (?1, ?2)",
                params![run.number.0, PROGRAM],
            )
            .doing("making the stage")?;
        create_tables(&self.connection, objects, run)?;
        Ok(Vec::new())
    }

    /// Stages one page and moves its cursor on, in one transaction. `cursor` says where the page leaves the query; its
    /// `rows` and `repeated_rows` are brought up to date here.
    ///
    /// # Errors
    /// [`Error::UnusableRow`] when a row lacks its key; [`Error::Statement`] when the file cannot take the page.
    pub fn stage_page(
        &mut self,
        run: &Run,
        staged: &StagedObject,
        rows: &Rows,
        cursor: &mut Cursor,
    ) -> Result<(), Error> {
        let doing = "staging a page";
        let transaction = self.connection.transaction().doing(doing)?;
        let stored = match staged.object.shape {
            Shape::LoginDays => insert_logins(&transaction, staged, rows, cursor.partition)?,
            Shape::Snapshot | Shape::Newest(_) => {
                insert_rows(&transaction, staged, rows, cursor.partition, run)?
            }
        };
        let received = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        cursor.rows += stored;
        cursor.repeated_rows += received - stored;
        save_cursor(&transaction, cursor)?;
        transaction.commit().doing(doing)
    }

    /// Notes what this process has sent so far. It records that itself when it ends; should it be killed, the run is
    /// gone on with knowing what is noted here.
    ///
    /// # Errors
    /// [`Error::Statement`] when the file cannot take it.
    pub fn note_sent(&self, sent: Sent) -> Result<(), Error> {
        set_sent(&self.connection, sent)
    }

    /// Forgets what one query has staged, so that it can start again.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn restart_query(&mut self, object: &Object, partition: u32) -> Result<(), Error> {
        let doing = "restarting a query";
        let transaction = self.connection.transaction().doing(doing)?;
        for table in stage_tables(object) {
            transaction
                .execute(&format!("DELETE FROM stage.{table} WHERE partition = ?1"), [partition])
                .doing(doing)?;
        }
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
            Some(()) => {
                drop_views(&self.connection)?;
                // Prepared statements that read the stage would keep it open.
                self.connection.flush_prepared_statement_cache();
                self.connection.execute_batch("DETACH stage").doing("closing the stage")
            }
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
        .and_then(|_| connection.execute_batch("PRAGMA stage.synchronous = OFF"))
        .and_then(|()| {
            // A rollback journal writes each page once, where a log would write it twice.
            connection.query_row("PRAGMA stage.journal_mode = TRUNCATE", [], |_| Ok(()))
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
    let own: bool = connection
        .query_row(
            "SELECT EXISTS (SELECT 1 FROM stage.run WHERE run_no = ?1 AND program = ?2)",
            params![run.number.0, PROGRAM],
            |row| row.get(0),
        )
        .doing("reading the stage")?;
    if sound != "ok" || !own {
        return Ok(None);
    }
    create_tables(connection, objects, run)?;
    if run.was_killed {
        add_sent(connection, run, sent(connection)?)?;
    }
    // What the killed process has sent is not to be added twice.
    set_sent(connection, Sent::default())?;
    cursors(connection).map(Some)
}

/// What the process that left the stage had sent.
fn sent(connection: &Connection) -> Result<Sent, Error> {
    let count = |row: &rusqlite::Row<'_>, index| row.get(index).map(|n: i64| n.unsigned_abs());
    connection
        .query_row("SELECT api_calls, bytes, retries FROM stage.run", [], |row| {
            Ok(Sent { api_calls: count(row, 0)?, bytes: count(row, 1)?, retries: count(row, 2)? })
        })
        .doing("reading the stage")
}

fn set_sent(connection: &Connection, sent: Sent) -> Result<(), Error> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    connection
        .prepare_cached("UPDATE stage.run SET api_calls = ?1, bytes = ?2, retries = ?3")
        .and_then(|mut statement| {
            statement.execute(params![count(sent.api_calls), count(sent.bytes), count(sent.retries)])
        })
        .map(|_| ())
        .doing("noting what was sent")
}

/// The object's tables in the stage.
pub(super) fn stage_tables(object: &Object) -> Vec<String> {
    let table = object.dataset.table;
    match object.shape {
        Shape::Snapshot => vec![table.to_owned(), format!("{table}_seen")],
        Shape::Newest(_) | Shape::LoginDays => vec![table.to_owned()],
    }
}

fn create_tables(connection: &Connection, objects: &[StagedObject], run: &Run) -> Result<(), Error> {
    for staged in objects {
        let dataset = &staged.object.dataset;
        let table = dataset.table;
        let keys = columns(dataset, &[Role::Key]).join(", ");
        let declared: Vec<_> = dataset.fields.iter().map(declare).collect();
        let rows = format!(
            "CREATE TABLE IF NOT EXISTS stage.{table} (
                 partition INTEGER NOT NULL, {}, PRIMARY KEY ({keys})) STRICT, WITHOUT ROWID;",
            declared.join(", ")
        );
        let sql = match staged.object.shape {
            Shape::LoginDays => format!(
                "CREATE TABLE IF NOT EXISTS stage.{table} (
                     id TEXT PRIMARY KEY, partition INTEGER NOT NULL, user_id TEXT NOT NULL,
                     login_at INTEGER NOT NULL, kind INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
            ),
            Shape::Newest(_) => {
                format!("{rows} CREATE TEMP VIEW staged_{table} AS SELECT * FROM stage.{table};")
            }
            Shape::Snapshot => {
                let key_declarations: Vec<_> = dataset.with_role(Role::Key).map(declare).collect();
                let all = columns(dataset, &[Role::Key, Role::Attribute, Role::Counter]).join(", ");
                format!(
                    "{rows}
                     CREATE TABLE IF NOT EXISTS stage.{table}_seen (
                         partition INTEGER NOT NULL, {}, PRIMARY KEY ({keys})) STRICT, WITHOUT ROWID;
                     CREATE TEMP VIEW staged_{table} AS SELECT {all} FROM stage.{table}
                     UNION ALL
                     SELECT {all} FROM stage.{table}_seen JOIN main.{table}_now USING ({keys})
                     WHERE org_no = {};",
                    key_declarations.join(", "),
                    run.org_no
                )
            }
        };
        connection.execute_batch(&sql).doing("making the stage")?;
    }
    Ok(())
}

fn drop_views(connection: &Connection) -> Result<(), Error> {
    let doing = "closing the stage";
    let views: Vec<String> = connection
        .prepare("SELECT name FROM temp.sqlite_schema WHERE type = 'view' AND name LIKE 'staged%'")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .doing(doing)?;
    for view in views {
        connection.execute_batch(&format!("DROP VIEW temp.{view}")).doing(doing)?;
    }
    Ok(())
}

/// The columns of these roles, in the dataset's order.
pub(super) fn columns(dataset: &Dataset, roles: &[Role]) -> Vec<&'static str> {
    dataset.fields.iter().filter(|field| roles.contains(&field.role)).map(|field| field.column).collect()
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
