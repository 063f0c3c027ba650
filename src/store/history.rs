//! How a dataset's history is kept: one table of current rows, one of ended versions, one of past counters.
//!
//! An unchanged row costs no write. A row whose attributes change moves its old version to `…_past`; a changed counter
//! leaves only the old counters in `…_counter_past`, which are narrow because they change with every login. Versions
//! hold for the runs `since_run <= run < until_run`; the tables of the past are keyed by the run that ended a version, so
//! that what a run adds lies together at the end.

use rusqlite::Connection;

use super::Error;
use super::error::Doing as _;
use super::runs::RunNumber;
use crate::catalogue::{Dataset, Field, FieldType, Role};

/// The columns of a dataset, as SQL lists.
pub(super) struct Columns {
    pub(super) table: &'static str,
    keys: Vec<&'static str>,
    attributes: Vec<&'static str>,
    counters: Vec<&'static str>,
}

impl Columns {
    pub(super) fn of(dataset: &Dataset) -> Self {
        let names = |role| dataset.with_role(role).map(|field| field.column).collect();
        Self {
            table: dataset.table,
            keys: names(Role::Key),
            attributes: names(Role::Attribute),
            counters: names(Role::Counter),
        }
    }

    /// All columns in the order of the current table: keys, attributes, counters.
    pub(super) fn all(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().chain(&self.attributes).chain(&self.counters).copied()
    }

    fn has_counters(&self) -> bool {
        !self.counters.is_empty()
    }

    /// `left.key = right.key AND …`.
    fn same_key(&self, left: &str, right: &str) -> String {
        let pairs: Vec<_> = self.keys.iter().map(|key| format!("{left}.{key} = {right}.{key}")).collect();
        pairs.join(" AND ")
    }
}

/// `prefix.a, prefix.b`.
fn list(prefix: &str, columns: &[&str]) -> String {
    let named: Vec<_> = columns.iter().map(|column| format!("{prefix}.{column}")).collect();
    named.join(", ")
}

/// `n.a IS NOT s.a OR …`; false when there are none.
fn differ(columns: &[&str]) -> String {
    if columns.is_empty() {
        return "0".to_owned();
    }
    let pairs: Vec<_> = columns.iter().map(|column| format!("n.{column} IS NOT s.{column}")).collect();
    pairs.join(" OR ")
}

/// The column's declaration in a STRICT table.
pub(super) fn declare(field: &Field) -> String {
    let sql_type = match field.field_type {
        FieldType::Id | FieldType::Text | FieldType::Date => "TEXT",
        FieldType::Integer | FieldType::Boolean | FieldType::DateTime => "INTEGER",
        FieldType::Number => "REAL",
    };
    let needed = if field.role == Role::Key { " NOT NULL" } else { "" };
    format!("{} {sql_type}{needed}", field.column)
}

/// Creates the dataset's tables, and adds the columns that a later catalogue has.
pub(super) fn ensure_tables(connection: &Connection, dataset: &Dataset) -> Result<(), Error> {
    let columns = Columns::of(dataset);
    let declared =
        |role| dataset.with_role(role).map(|field| format!(", {}", declare(field))).collect::<String>();
    let (keys, attributes, counters) =
        (declared(Role::Key), declared(Role::Attribute), declared(Role::Counter));
    let (table, key_list) = (dataset.table, columns.keys.join(", "));
    let counters_since = if columns.has_counters() { ", counters_since_run INTEGER NOT NULL" } else { "" };
    let mut create = format!(
        "CREATE TABLE IF NOT EXISTS {table}_now (
            org_no INTEGER NOT NULL{keys}, since_run INTEGER NOT NULL{counters_since}{attributes}{counters},
            PRIMARY KEY (org_no, {key_list})) STRICT, WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS {table}_past (
            org_no INTEGER NOT NULL{keys}, since_run INTEGER NOT NULL, until_run INTEGER NOT NULL{attributes},
            PRIMARY KEY (org_no, until_run, {key_list})) STRICT, WITHOUT ROWID;"
    );
    if columns.has_counters() {
        create.push_str(&format!(
            "CREATE TABLE IF NOT EXISTS {table}_counter_past (
                org_no INTEGER NOT NULL{keys}, since_run INTEGER NOT NULL, until_run INTEGER NOT NULL{counters},
                PRIMARY KEY (org_no, until_run, {key_list})) STRICT, WITHOUT ROWID;"
        ));
    }
    connection.execute_batch(&create).doing("creating the history tables")?;
    add_missing_columns(connection, dataset)
}

fn add_missing_columns(connection: &Connection, dataset: &Dataset) -> Result<(), Error> {
    for (suffix, roles) in [
        ("_now", &[Role::Attribute, Role::Counter][..]),
        ("_past", &[Role::Attribute]),
        ("_counter_past", &[Role::Counter]),
    ] {
        let table = format!("{}{suffix}", dataset.table);
        let present: Vec<String> = connection
            .prepare_cached("SELECT name FROM pragma_table_info(?1)")
            .and_then(|mut statement| statement.query_map([&table], |row| row.get(0))?.collect())
            .doing("reading the columns of the history tables")?;
        let missing = roles
            .iter()
            .flat_map(|role| dataset.with_role(*role))
            .filter(|field| !present.is_empty() && !present.iter().any(|name| name == field.column));
        for field in missing {
            connection
                .execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {}", declare(field)))
                .doing("adding a column to the history tables")?;
        }
    }
    Ok(())
}

/// The rows that a run brings for a dataset.
#[derive(Clone, Copy)]
pub(super) struct Stage<'a> {
    /// A table with the dataset's columns.
    pub(super) table: &'a str,
    /// A table with the keys of current rows that arrived unchanged, if the first table leaves those out.
    pub(super) seen: Option<&'a str>,
}

/// Makes the rows of `stage` the current ones of the org, from `run` on, and
/// moves what they replace to the past. Returns how many rows began, ended or changed.
pub(super) fn merge(
    connection: &Connection,
    dataset: &Dataset,
    stage: Stage<'_>,
    org_no: i64,
    run: RunNumber,
) -> Result<usize, Error> {
    let Stage { table: stage, seen } = stage;
    let columns = Columns::of(dataset);
    let table = columns.table;
    let (keys, attributes, counters) = (&columns.keys, &columns.attributes, &columns.counters);
    let (same_now_stage, same_now_difference) = (columns.same_key("n", "s"), columns.same_key("n", "d"));
    let (attributes_differ, counters_differ) = (differ(attributes), differ(counters));
    let not_seen = seen.map_or(String::new(), |seen| {
        format!(" AND NOT EXISTS (SELECT 1 FROM {seen} AS z WHERE {})", columns.same_key("z", "n"))
    });
    // Keyed, so that no later statement walks it once for each row of the other side.
    let key_list = keys.join(", ");
    let mut statements = vec![format!(
        "CREATE TEMP TABLE difference ({key_list}, gone, attributes, counters, PRIMARY KEY ({key_list})) WITHOUT ROWID"
    )];
    statements.push(format!(
        "INSERT INTO temp.difference
         SELECT {keys_now}, s.{first_key} IS NULL AS gone, ({attributes_differ}) AS attributes,
                ({counters_differ}) AS counters
         FROM main.{table}_now AS n LEFT JOIN {stage} AS s ON {same_now_stage}
         WHERE n.org_no = :org AND (
             s.{first_key} IS NULL{not_seen}
             OR s.{first_key} IS NOT NULL AND ({attributes_differ} OR {counters_differ}))",
        keys_now = list("n", keys),
        first_key = keys[0],
    ));
    statements.push(format!(
        "INSERT INTO main.{table}_past (org_no, {}, since_run, until_run{})
         SELECT n.org_no, {}, n.since_run, :run{} FROM temp.difference AS d
         JOIN main.{table}_now AS n ON n.org_no = :org AND {same_now_difference}
         WHERE d.gone OR d.attributes",
        keys.join(", "),
        named(attributes),
        list("n", keys),
        and_list("n", attributes),
    ));
    if columns.has_counters() {
        statements.push(format!(
            "INSERT INTO main.{table}_counter_past (org_no, {}, since_run, until_run{})
             SELECT n.org_no, {}, n.counters_since_run, :run{} FROM temp.difference AS d
             JOIN main.{table}_now AS n ON n.org_no = :org AND {same_now_difference}
             WHERE d.gone OR d.counters",
            keys.join(", "),
            named(counters),
            list("n", keys),
            and_list("n", counters),
        ));
        statements.push(update(&columns, stage, "counters_since_run", counters, "counters"));
    }
    if !attributes.is_empty() {
        statements.push(update(&columns, stage, "since_run", attributes, "attributes"));
    }
    statements.push(format!(
        "DELETE FROM main.{table}_now
         WHERE (org_no, {key_list}) IN (SELECT :org, {key_list} FROM temp.difference WHERE gone)",
    ));
    // What is current already conflicts and stays; asking for it in a condition would make a copy of the stage first.
    statements.push(format!(
        "INSERT INTO main.{table}_now (org_no, {keys}, since_run{counters_since}{attributes}{counters})
         SELECT :org, {staged_keys}, :run{run_again}{staged_attributes}{staged_counters} FROM {stage} AS s
         WHERE true ON CONFLICT DO NOTHING",
        keys = keys.join(", "),
        counters_since = if columns.has_counters() { ", counters_since_run" } else { "" },
        attributes = named(attributes),
        counters = named(counters),
        staged_keys = list("s", keys),
        run_again = if columns.has_counters() { ", :run" } else { "" },
        staged_attributes = and_list("s", attributes),
        staged_counters = and_list("s", counters),
    ));
    run_merge(connection, &statements, org_no, run)
}

/// `, a, b`. Columns are named wherever rows are written: those that a later catalogue added stand at the end.
fn named(columns: &[&str]) -> String {
    columns.iter().map(|column| format!(", {column}")).collect()
}

/// `, prefix.a, prefix.b`.
fn and_list(prefix: &str, columns: &[&str]) -> String {
    columns.iter().map(|column| format!(", {prefix}.{column}")).collect()
}

fn update(columns: &Columns, stage: &str, since: &str, changed: &[&str], flag: &str) -> String {
    let assignments: String = changed.iter().map(|column| format!(", {column} = s.{column}")).collect();
    format!(
        "UPDATE main.{table}_now AS n SET {since} = :run{assignments}
         FROM temp.difference AS d JOIN {stage} AS s ON {stage_difference}
         WHERE d.{flag} AND NOT d.gone AND n.org_no = :org AND {now_difference}",
        table = columns.table,
        stage_difference = columns.same_key("s", "d"),
        now_difference = columns.same_key("n", "d"),
    )
}

/// Runs the statements of one merge; each takes `:org` and `:run` as far as it names them.
fn run_merge(
    connection: &Connection,
    statements: &[String],
    org_no: i64,
    run: RunNumber,
) -> Result<usize, Error> {
    let doing = "merging what was collected into the history";
    for statement in statements {
        let mut prepared = connection.prepare(statement).doing(doing)?;
        for (name, value) in [(":org", org_no), (":run", run.0)] {
            if let Some(index) = prepared.parameter_index(name).doing(doing)? {
                prepared.raw_bind_parameter(index, value).doing(doing)?;
            }
        }
        prepared.raw_execute().doing(doing)?;
    }
    let inserted = usize::try_from(connection.changes()).unwrap_or(usize::MAX);
    let differing: usize = connection
        .query_row("SELECT count(*) FROM temp.difference", [], |row| row.get::<_, i64>(0))
        .map(|count| usize::try_from(count).unwrap_or_default())
        .doing(doing)?;
    connection.execute_batch("DROP TABLE temp.difference").doing(doing)?;
    Ok(inserted + differing)
}

/// A temporary table in the current table's place, with each org's rows as they were after its run in
/// `temp.org_state`.
pub(super) fn restore(connection: &Connection, dataset: &Dataset) -> Result<(), Error> {
    let columns = Columns::of(dataset);
    let table = columns.table;
    let key_list = columns.keys.join(", ");
    let attributes = and_list("v", &columns.attributes);
    let versions = |past: &str, since: &str, values: &str| {
        format!(
            "SELECT v.org_no, {keys}{values} FROM main.{table}_now AS v
             JOIN temp.org_state AS state ON state.org_no = v.org_no AND v.{since} <= state.run_no
             UNION ALL
             SELECT v.org_no, {keys}{values} FROM main.{table}{past} AS v
             JOIN temp.org_state AS state ON state.org_no = v.org_no
                 AND v.since_run <= state.run_no AND state.run_no < v.until_run",
            keys = list("v", &columns.keys),
        )
    };
    let all: Vec<_> = columns.all().collect();
    let mut sql = format!(
        "CREATE TEMP TABLE {table}_now (org_no, {columns}, PRIMARY KEY (org_no, {key_list})) WITHOUT ROWID;
         INSERT INTO temp.{table}_now (org_no, {key_list}{named}) {versions};",
        columns = all.join(", "),
        named = named(&columns.attributes),
        versions = versions("_past", "since_run", &attributes),
    );
    if columns.has_counters() {
        sql.push_str(&format!(
            "UPDATE temp.{table}_now AS n SET {assignments} FROM ({versions}) AS v
             WHERE v.org_no = n.org_no AND {same};",
            assignments = columns
                .counters
                .iter()
                .map(|column| format!("{column} = v.{column}"))
                .collect::<Vec<_>>()
                .join(", "),
            versions = versions("_counter_past", "counters_since_run", &and_list("v", &columns.counters)),
            same = columns.same_key("v", "n"),
        ));
    }
    connection.execute_batch(&sql).doing("restoring an earlier state")
}
