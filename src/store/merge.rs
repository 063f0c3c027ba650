//! Turning a stage into the current state: scope, counts, history and the run's end, all in one transaction.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::Doing as _;
use super::runs::{ObjectOutcome, ObjectStatus, Run, RunEnd, record_end};
use super::stage::columns;
use super::staged_rows::StagedObject;
use super::{Error, Store, history, logins, user_groups};
use crate::catalogue::{
    ASSIGNMENT_COUNTS, COMPANY_COUNTS, COMPANY_SPELLINGS, Dataset, FEATURE_LICENSES, Holder, OBJECT_STATES,
    Object, Role, Shape,
};

/// What a company name of a user stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompanySpelling {
    /// This configured company.
    Company(String),
    /// None of the configured companies.
    Unmatched,
    /// More than one of them.
    Ambiguous,
}

/// Which users are kept in person.
pub enum Scope<'a> {
    /// All of them; each belongs to this one company, or to the one that the org's own name stands for.
    WholeOrg(Option<&'a str>),
    /// Those whose company name stands for a configured company, which the function decides.
    Companies(&'a dyn Fn(&str) -> CompanySpelling),
}

/// Users outside the configured companies, counted by Salesforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyCount {
    /// `(unmatched)` or `(ambiguous)`.
    pub company: &'static str,
    /// The user license, if the users have one.
    pub license_id: Option<String>,
    /// Active or deactivated.
    pub is_active: bool,
    /// How many.
    pub users: i64,
}

/// A feature license that the org offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureLicense {
    /// The checkbox on User.
    pub flag: String,
    /// Its label.
    pub label: String,
    /// Active holders over the whole org; `None` where the stage holds all users and they are counted here.
    pub holders: Option<i64>,
}

/// The stretch of login history that a run has read: from a day's first millisecond up to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginWindow {
    /// Inclusive, milliseconds since 1970.
    pub from_milliseconds: i64,
    /// Exclusive.
    pub until_milliseconds: i64,
}

/// Everything that a run hands over to become the current state.
pub struct Merge<'a> {
    /// The run.
    pub run: &'a Run,
    /// The objects whose pages all arrived.
    pub whole: Vec<&'a StagedObject>,
    /// What came of every object, these included.
    pub outcomes: &'a [ObjectOutcome],
    /// Which users are kept.
    pub scope: Scope<'a>,
    /// Users outside the scope.
    pub outside: &'a [CompanyCount],
    /// The feature licenses, when User was read.
    pub feature_licenses: Option<&'a [FeatureLicense]>,
    /// The window of the login history, when it was read whole.
    pub login_window: Option<LoginWindow>,
    /// How the run ends.
    pub end: &'a RunEnd,
}

impl Store {
    /// Makes the staged objects the current state and records the run's end, in one transaction; then deletes the
    /// stage. Returns how many records began, ended or changed.
    ///
    /// # Errors
    /// [`Error::Statement`]; the last state is untouched then, and the stage stays.
    pub fn merge(&mut self, merge: &Merge<'_>) -> Result<usize, Error> {
        let doing = "merging what was collected";
        let transaction = self.connection.transaction().doing(doing)?;
        let changed = merge_all(&transaction, merge)?;
        record_end(&transaction, merge.run, merge.end, merge.outcomes, true)?;
        transaction.commit().doing(doing)?;
        self.discard_stage(merge.run)?;
        Ok(changed)
    }
}

fn merge_all(connection: &Connection, merge: &Merge<'_>) -> Result<usize, Error> {
    let org_no = merge.run.org_no;
    for dataset in [ASSIGNMENT_COUNTS, COMPANY_SPELLINGS, COMPANY_COUNTS, FEATURE_LICENSES, OBJECT_STATES] {
        create_counted(connection, &dataset)?;
    }
    let users_whole = is_whole(merge, "User");
    if users_whole {
        stage_companies(connection, merge)?;
    }
    count_assignments(connection, merge)?;
    if matches!(merge.scope, Scope::Companies(_)) {
        drop_rows_outside(connection, merge, users_whole)?;
    }
    stage_object_states(connection, merge)?;
    let mut changed = 0;
    for staged in &merge.whole {
        changed += match (staged.object.shape, merge.login_window) {
            (Shape::LoginDays, Some(window)) => logins::merge(connection, merge.run, window)?,
            (Shape::LoginDays, None) => 0,
            (Shape::Snapshot | Shape::Newest(_), _) => {
                let dataset = &staged.object.dataset;
                let table = format!("stage.{}", dataset.table);
                let seen = (staged.object.shape == Shape::Snapshot).then(|| format!("{table}_seen"));
                let stage = history::Stage { table: &table, seen: seen.as_deref() };
                history::merge(connection, dataset, stage, org_no, merge.run.number)?
            }
        };
    }
    // Counted after the merge, because users need the profiles of this run or, failing those, of the last.
    if users_whole {
        user_groups::count(connection, org_no, matches!(merge.scope, Scope::Companies(_)))?;
        stage_company_counts(connection, merge)?;
        changed += merge_counted(connection, &COMPANY_SPELLINGS, merge)?;
        changed += merge_counted(connection, &COMPANY_COUNTS, merge)?;
        if let Some(licenses) = merge.feature_licenses {
            stage_feature_licenses(connection, licenses)?;
            changed += merge_counted(connection, &FEATURE_LICENSES, merge)?;
        }
        user_groups::forget(connection)?;
    }
    changed += merge_counted(connection, &ASSIGNMENT_COUNTS, merge)?;
    changed += merge_counted(connection, &OBJECT_STATES, merge)?;
    for dataset in [ASSIGNMENT_COUNTS, COMPANY_SPELLINGS, COMPANY_COUNTS, FEATURE_LICENSES, OBJECT_STATES] {
        execute(connection, &format!("DROP TABLE temp.staged_{}", dataset.table))?;
    }
    Ok(changed)
}

fn is_whole(merge: &Merge<'_>, object: &str) -> bool {
    merge.whole.iter().any(|staged| staged.object.name == object)
}

fn execute(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.execute_batch(sql).doing("counting what was collected")
}

fn create_counted(connection: &Connection, dataset: &Dataset) -> Result<(), Error> {
    let columns: Vec<_> = dataset.fields.iter().map(history::declare).collect();
    execute(
        connection,
        &format!("CREATE TEMP TABLE staged_{} ({}) STRICT", dataset.table, columns.join(", ")),
    )
}

fn merge_counted(connection: &Connection, dataset: &Dataset, merge: &Merge<'_>) -> Result<usize, Error> {
    let stage = format!("temp.staged_{}", dataset.table);
    let stage = history::Stage { table: &stage, seen: None };
    history::merge(connection, dataset, stage, merge.run.org_no, merge.run.number)
}

/// Notes what each spelling among the staged users stands for, and drops users outside the companies.
fn stage_companies(connection: &Connection, merge: &Merge<'_>) -> Result<(), Error> {
    let doing = "matching company names";
    let mut insert = connection
        .prepare("INSERT INTO temp.staged_company_spelling (spelling, company) VALUES (?1, ?2)")
        .doing(doing)?;
    let company_of = match merge.scope {
        Scope::WholeOrg(company) => {
            let company = match company {
                Some(company) => company.to_owned(),
                None => organization_name(connection, merge)?,
            };
            return insert.execute(params!["", company]).map(|_| ()).doing(doing);
        }
        Scope::Companies(company_of) => company_of,
    };
    let spellings: Vec<String> = connection
        .prepare("SELECT DISTINCT company_name FROM temp.staged_user WHERE company_name IS NOT NULL")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .doing(doing)?;
    for spelling in spellings {
        if let CompanySpelling::Company(company) = company_of(&spelling) {
            insert.execute(params![spelling, company]).doing(doing)?;
        }
    }
    let stranger = "company_name IS NULL
        OR company_name NOT IN (SELECT spelling FROM temp.staged_company_spelling)";
    for staged in merge.whole.iter().filter(|staged| staged.object.holder == Holder::Oneself) {
        drop_staged(connection, merge, staged.object, stranger)?;
    }
    Ok(())
}

/// The org's own name: of this run or, failing that, of the last.
fn organization_name(connection: &Connection, merge: &Merge<'_>) -> Result<String, Error> {
    let sql = if is_whole(merge, "Organization") {
        "SELECT name FROM temp.staged_organization".to_owned()
    } else {
        format!("SELECT name FROM main.organization_now WHERE org_no = {}", merge.run.org_no)
    };
    let name: Option<Option<String>> =
        connection.query_row(&sql, [], |row| row.get(0)).optional().doing("reading the org's name")?;
    Ok(name.flatten().unwrap_or_default())
}

/// Counts assignment rows per license over the whole org, before any is dropped. Counts of objects that were not read
/// stay as they were.
fn count_assignments(connection: &Connection, merge: &Merge<'_>) -> Result<(), Error> {
    for (kind, object, table, license) in [
        (
            "permission_set",
            "PermissionSetLicenseAssign",
            "permission_set_license_assign",
            "permission_set_license_id",
        ),
        ("package", "UserPackageLicense", "user_package_license", "package_license_id"),
    ] {
        let sql = if is_whole(merge, object) {
            format!(
                "SELECT '{kind}', {license}, count(*) FROM temp.staged_{table} WHERE {license} IS NOT NULL GROUP BY 2"
            )
        } else {
            format!(
                "SELECT kind, license_id, holders FROM main.assignment_count_now
                 WHERE org_no = {} AND kind = '{kind}'",
                merge.run.org_no
            )
        };
        execute(
            connection,
            &format!("INSERT INTO temp.staged_assignment_count (kind, license_id, holders) {sql}"),
        )?;
    }
    Ok(())
}

/// Drops staged rows whose user is outside the configured companies.
fn drop_rows_outside(connection: &Connection, merge: &Merge<'_>, users_whole: bool) -> Result<(), Error> {
    let inside = if users_whole {
        "SELECT id FROM temp.staged_user".to_owned()
    } else {
        format!("SELECT id FROM main.user_now WHERE org_no = {}", merge.run.org_no)
    };
    execute(
        connection,
        &format!("CREATE TEMP TABLE inside AS {inside}; CREATE INDEX temp.inside_id ON inside (id)"),
    )?;
    for staged in &merge.whole {
        if let Holder::User(column) = staged.object.holder {
            let outside = format!("{column} IS NULL OR {column} NOT IN (SELECT id FROM temp.inside)");
            drop_staged(connection, merge, staged.object, &outside)?;
        }
    }
    execute(connection, "DROP TABLE temp.inside")
}

/// Drops the object's staged rows that meet `condition`, those that arrived unchanged included.
fn drop_staged(
    connection: &Connection,
    merge: &Merge<'_>,
    object: &Object,
    condition: &str,
) -> Result<(), Error> {
    let table = object.dataset.table;
    execute(connection, &format!("DELETE FROM stage.{table} WHERE {condition}"))?;
    if object.shape != Shape::Snapshot {
        return Ok(());
    }
    let keys = columns(&object.dataset, &[Role::Key]).join(", ");
    execute(
        connection,
        &format!(
            "DELETE FROM stage.{table}_seen WHERE ({keys}) IN (
                 SELECT {keys} FROM main.{table}_now WHERE org_no = {} AND ({condition}))",
            merge.run.org_no
        ),
    )
}

fn stage_company_counts(connection: &Connection, merge: &Merge<'_>) -> Result<(), Error> {
    let doing = "counting users per company";
    // Users of a whole org match its one spelling, the empty one.
    connection
        .execute(
            "INSERT INTO temp.staged_company_count (company, license_id, is_active, users)
             SELECT coalesce(s.company, whole.company), coalesce(p.user_license_id, ''), u.is_active, sum(u.users)
             FROM temp.user_group AS u
             LEFT JOIN temp.staged_company_spelling AS s ON s.spelling = u.company_name
             LEFT JOIN temp.staged_company_spelling AS whole ON whole.spelling = ''
             LEFT JOIN main.profile_now AS p ON p.org_no = ?1 AND p.id = u.profile_id
             GROUP BY 1, 2, 3",
            [merge.run.org_no],
        )
        .doing(doing)?;
    let mut insert =
        connection.prepare("INSERT INTO temp.staged_company_count VALUES (?1, ?2, ?3, ?4)").doing(doing)?;
    for count in merge.outside {
        let license = count.license_id.as_deref().unwrap_or_default();
        insert.execute(params![count.company, license, count.is_active, count.users]).doing(doing)?;
    }
    Ok(())
}

fn stage_feature_licenses(connection: &Connection, licenses: &[FeatureLicense]) -> Result<(), Error> {
    let doing = "counting feature licenses";
    let mut insert = connection
        .prepare("INSERT INTO temp.staged_feature_license (flag, label, holders) VALUES (?1, ?2, ?3)")
        .doing(doing)?;
    for license in licenses {
        insert.execute(params![license.flag, license.label, license.holders]).doing(doing)?;
    }
    connection
        .execute(
            "WITH holders AS (
                 SELECT flag.value AS flag, sum(u.users) AS holders
                 FROM temp.feature_group AS u, json_each(u.feature_licenses) AS flag GROUP BY flag.value)
             UPDATE temp.staged_feature_license AS s
             SET holders = coalesce((SELECT holders FROM holders WHERE holders.flag = s.flag), 0)
             WHERE s.holders IS NULL",
            [],
        )
        .map(|_| ())
        .doing(doing)
}

/// Keeps the states of objects that this run did not read, and notes those it did.
fn stage_object_states(connection: &Connection, merge: &Merge<'_>) -> Result<(), Error> {
    let doing = "noting what was read";
    connection
        .execute(
            "INSERT INTO temp.staged_object_state (object, status)
             SELECT object, status FROM main.object_state_now WHERE org_no = ?1",
            [merge.run.org_no],
        )
        .doing(doing)?;
    for outcome in merge.outcomes {
        let status = match outcome.status {
            ObjectStatus::Complete => ObjectStatus::Complete,
            // What was read before stays, and is marked as old.
            ObjectStatus::Stale => ObjectStatus::Stale,
            ObjectStatus::Unavailable | ObjectStatus::Failed | ObjectStatus::Skipped => continue,
        };
        let known = connection
            .execute(
                "UPDATE temp.staged_object_state SET status = ?2 WHERE object = ?1",
                params![outcome.object, status.name()],
            )
            .doing(doing)?;
        if known == 0 {
            connection
                .execute(
                    "INSERT INTO temp.staged_object_state VALUES (?1, ?2)",
                    params![outcome.object, status.name()],
                )
                .doing(doing)?;
        }
    }
    Ok(())
}
