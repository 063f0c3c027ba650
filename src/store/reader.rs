//! Reading the collected data, as it is now or as it was.

use std::path::Path;
use std::rc::Rc;

use jiff::Timestamp;
use rusqlite::{Connection, params_from_iter};

use super::error::Doing as _;
use super::holder::HolderRecord;
use super::holders::Holdings;
use super::kept::Kept;
use super::rows::{Gap, LicenseRow, OrgState, RunObjectRow, RunRow, Selection, SubscriptionRow, UserRow};
use super::{Error, snapshot};

/// The database, open for reading at one state. Runs may write beside it; what it reads does not change.
pub struct Reader {
    pub(super) connection: Connection,
    as_of: Option<Timestamp>,
    pub(super) users: Kept<Rc<[HolderRecord]>>,
    pub(super) held: Kept<Rc<Holdings>>,
}

impl Reader {
    /// Opens `path` at its newest state.
    ///
    /// # Errors
    /// [`Error::Missing`] without a database; the reasons of a database that cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self::over(snapshot::newest(path)?, None))
    }

    /// Opens `path` as it was at `as_of`: each org after its last run that had merged by then.
    ///
    /// # Errors
    /// [`Error::NoStateAt`] when no org had a merged run then, [`Error::Purged`] before what a purge took.
    pub fn open_as_of(path: &Path, as_of: Timestamp) -> Result<Self, Error> {
        Ok(Self::over(snapshot::at(path, as_of)?, Some(as_of)))
    }

    fn over(connection: Connection, as_of: Option<Timestamp>) -> Self {
        Self { connection, as_of, users: Kept::default(), held: Kept::default() }
    }

    /// Closes the database at the end of a process. What was read stays in memory: the system takes a million small
    /// blocks back sooner than they are freed one by one.
    pub fn close(self) {
        let Self { connection, users, held, .. } = self;
        drop(connection);
        std::mem::forget((users, held));
    }

    /// The moment whose state is read: the one asked for, else the end of the newest merged run of these orgs (all,
    /// when none is named).
    ///
    /// # Errors
    /// [`Error::NoStateAt`] before the first merged run.
    pub fn as_of(&self, orgs: &[String]) -> Result<Timestamp, Error> {
        if let Some(as_of) = self.as_of {
            return Ok(as_of);
        }
        let (condition, names) = among("org.org", orgs);
        let newest: Option<i64> = self
            .connection
            .query_row(
                &format!(
                    "SELECT max(run.finished_at) FROM org_state AS state
                     JOIN run ON run.run_no = state.run_no JOIN org ON org.org_no = state.org_no
                     WHERE {condition}"
                ),
                params_from_iter(names),
                |row| row.get(0),
            )
            .doing("looking for the newest state")?;
        newest
            .and_then(|finished| Timestamp::from_millisecond(finished).ok())
            .ok_or_else(|| Error::NoStateAt("now".to_owned()))
    }

    /// The orgs of the database with the state that is read, by name.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn org_states(&self, orgs: &[String]) -> Result<Vec<OrgState>, Error> {
        let doing = "reading the state of the orgs";
        let (condition, names) = among("org.org", orgs);
        let found: Vec<(i64, OrgState)> = self
            .connection
            .prepare(&format!(
                "SELECT run.run_no, org.org, run.finished_at, run.status, run.error FROM org_state AS state
                 JOIN run ON run.run_no = state.run_no JOIN org ON org.org_no = state.org_no
                 WHERE {condition} ORDER BY org.org"
            ))
            .and_then(|mut statement| {
                statement
                    .query_map(params_from_iter(names), |row| {
                        let finished: i64 = row.get(2)?;
                        let state = OrgState {
                            org: row.get(1)?,
                            collected_at: crate::base::milliseconds_text(finished).unwrap_or_default(),
                            run_status: row.get(3)?,
                            run_error: row.get(4)?,
                            gaps: Vec::new(),
                        };
                        Ok((row.get(0)?, state))
                    })?
                    .collect()
            })
            .doing(doing)?;
        let mut gaps = self
            .connection
            .prepare(
                "SELECT gap.object, gap.status, gap.reason, (
                     SELECT max(earlier.finished_at) FROM run AS earlier
                     JOIN run_object AS whole ON whole.run_no = earlier.run_no AND whole.object = gap.object
                     JOIN object_state_now AS kept
                         ON kept.org_no = earlier.org_no AND kept.object = gap.object
                     WHERE earlier.org_no = run.org_no AND earlier.run_no < run.run_no
                     AND earlier.merged = 1 AND whole.status = 'complete')
                 FROM run_object AS gap JOIN run ON run.run_no = gap.run_no
                 WHERE gap.run_no = ?1 AND gap.status <> 'complete' ORDER BY gap.object",
            )
            .doing(doing)?;
        found
            .into_iter()
            .map(|(run_no, mut state)| {
                state.gaps = gaps
                    .query_map([run_no], |row| {
                        let kept_from: Option<i64> = row.get(3)?;
                        Ok(Gap {
                            object: row.get(0)?,
                            status: row.get(1)?,
                            reason: row.get(2)?,
                            kept_from: kept_from.and_then(crate::base::milliseconds_text),
                        })
                    })
                    .and_then(Iterator::collect)
                    .doing(doing)?;
                Ok(state)
            })
            .collect()
    }

    /// The end of the newest merged run of these orgs (all, when none is named), whatever state is read.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn newest_state(&self, orgs: &[String]) -> Result<Option<Timestamp>, Error> {
        let (condition, names) = among("org.org", orgs);
        let newest: Option<i64> = self
            .connection
            .query_row(
                &format!(
                    "SELECT max(run.finished_at) FROM run JOIN org ON org.org_no = run.org_no
                     WHERE run.merged = 1 AND {condition}"
                ),
                params_from_iter(names),
                |row| row.get(0),
            )
            .doing("looking for the newest state")?;
        Ok(newest.and_then(|finished| Timestamp::from_millisecond(finished).ok()))
    }

    /// Every org that a run was ever begun for, by name, also those without any state.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn orgs(&self) -> Result<Vec<String>, Error> {
        self.connection
            .prepare("SELECT org FROM org ORDER BY org")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .doing("reading the orgs")
    }

    /// Whether every org of the selection that has a state has one of `object`, new or kept.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn knows(&self, selection: &Selection, object: &str) -> Result<bool, Error> {
        let (condition, names) = among("org.org", &selection.orgs);
        self.connection
            .query_row(
                &format!(
                    "SELECT NOT EXISTS (
                         SELECT 1 FROM org_state AS state JOIN org ON org.org_no = state.org_no
                         LEFT JOIN object_state_now AS known
                             ON known.org_no = state.org_no AND known.object = :object
                         WHERE known.object IS NULL AND {condition})"
                ),
                &*std::iter::once((":object".to_owned(), object))
                    .chain(names.enumerate().map(|(place, name)| (format!(":org{place}"), name.as_str())))
                    .collect::<Vec<_>>()
                    .iter()
                    .map(|(name, value)| (name.as_str(), value as &dyn rusqlite::ToSql))
                    .collect::<Vec<_>>(),
                |row| row.get(0),
            )
            .doing("looking which objects were read")
    }

    /// The companies that users belong to.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn companies(&self) -> Result<Vec<String>, Error> {
        self.connection
            .prepare("SELECT DISTINCT company FROM company_spelling_now ORDER BY company")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .doing("reading the companies")
    }

    /// Hands each license to `each`, by org, kind (user, permission set, package, feature), name and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn licenses<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(LicenseRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let holders = if !selection.companies.is_empty() {
            "LEFT JOIN (
                 SELECT a.org, a.kind, a.license_id, count(*) AS used_by_company
                 FROM license_assignments AS a JOIN users AS u ON u.org = a.org AND u.user_id = a.user_id
                 WHERE u.company IN (SELECT value FROM json_each(:companies)) GROUP BY a.org, a.kind, a.license_id
             ) AS h ON h.org = v.org AND h.kind = v.kind AND h.license_id = v.license_id"
        } else {
            "CROSS JOIN (SELECT NULL AS used_by_company)"
        };
        let columns = columns(LicenseRow::COLUMNS).replace(
            "v.used_by_company",
            // Without a company there is no such number; with one, nobody holding a known license is zero.
            "iif(:companies IS NULL OR v.used_counted IS NULL, NULL, coalesce(used_by_company, 0))",
        );
        self.each(
            &format!("SELECT {columns} FROM {} AS v {holders}", LicenseRow::VIEW),
            // User licenses, which everybody has, come first.
            "v.org, CASE v.kind WHEN 'user' THEN 1 WHEN 'permission_set' THEN 2 WHEN 'package' THEN 3 ELSE 4 END,
             v.name, v.license_id",
            selection,
            LicenseRow::read,
            each,
        )
    }

    /// Hands each user to `each`, by org and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn users<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(UserRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(
            &format!(
                "SELECT {} FROM (
                     SELECT * FROM {} WHERE :companies IS NULL
                     OR company IN (SELECT value FROM json_each(:companies))
                 ) AS v",
                columns(UserRow::COLUMNS),
                UserRow::VIEW
            ),
            "v.org, v.user_id",
            selection,
            UserRow::read,
            each,
        )
    }

    /// Hands each subscription to `each`, by org, source, name and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn subscriptions<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(SubscriptionRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(
            &format!("SELECT {} FROM {} AS v", columns(SubscriptionRow::COLUMNS), SubscriptionRow::VIEW),
            "v.org, v.source, v.name, v.subscription_id",
            selection,
            SubscriptionRow::read,
            each,
        )
    }

    /// The newest `most` runs, newest first, each with its objects.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn runs(&self, orgs: &[String], most: u32) -> Result<Vec<(RunRow, Vec<RunObjectRow>)>, Error> {
        let doing = "reading the runs";
        let (condition, names) = among("v.org", orgs);
        let runs: Vec<RunRow> = self
            .connection
            .prepare(&format!(
                "SELECT {} FROM {} AS v WHERE {condition} ORDER BY v.started_at DESC, v.run_id DESC LIMIT {most}",
                columns(RunRow::COLUMNS),
                RunRow::VIEW
            ))
            .and_then(|mut statement| statement.query_map(params_from_iter(names), RunRow::read)?.collect())
            .doing(doing)?;
        let mut objects = self
            .connection
            .prepare(&format!(
                "SELECT {} FROM {} AS v WHERE v.run_id = ?1 ORDER BY v.object",
                columns(RunObjectRow::COLUMNS),
                RunObjectRow::VIEW
            ))
            .doing(doing)?;
        runs.into_iter()
            .map(|run| {
                let rows = objects
                    .query_map([&run.run_id], RunObjectRow::read)
                    .and_then(Iterator::collect)
                    .doing(doing)?;
                Ok((run, rows))
            })
            .collect()
    }

    /// Hands each row of `select` in the selection's orgs to `each`. Its main table is called `v` and has the org's name;
    /// `:companies` is the selection's list of companies as JSON, or NULL.
    pub(super) fn each<Row, E: From<Error>>(
        &self,
        select: &str,
        order: &str,
        selection: &Selection,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<Row>,
        mut each: impl FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let doing = "reading the collected rows";
        let (condition, names) = among("v.org", &selection.orgs);
        let mut statement =
            self.connection.prepare(&format!("{select} WHERE {condition} ORDER BY {order}")).doing(doing)?;
        if let Some(index) = statement.parameter_index(":companies").doing(doing)? {
            let companies = (!selection.companies.is_empty()).then(|| serde_json::json!(selection.companies));
            let companies = companies.map(|companies| companies.to_string());
            statement.raw_bind_parameter(index, companies).doing(doing)?;
        }
        for (place, name) in names.enumerate() {
            let index = statement.parameter_index(&format!(":org{place}")).doing(doing)?.unwrap_or_default();
            statement.raw_bind_parameter(index, name).doing(doing)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().doing(doing)? {
            each(read(row).doing(doing)?)?;
        }
        Ok(())
    }
}

/// `v."a", v."b"`: quoted because `key` is a word of SQL.
pub(super) fn columns(names: &[&str]) -> String {
    let quoted: Vec<_> = names
        .iter()
        .map(|name| if *name == "key" { "v.\"key\"".to_owned() } else { format!("v.{name}") })
        .collect();
    quoted.join(", ")
}

/// A condition on the org's name, with its parameters; no names mean every org.
pub(super) fn among<'a>(column: &str, orgs: &'a [String]) -> (String, impl Iterator<Item = &'a String>) {
    let places: Vec<_> = (0..orgs.len()).map(|place| format!(":org{place}")).collect();
    let condition =
        if orgs.is_empty() { "true".to_owned() } else { format!("{column} IN ({})", places.join(", ")) };
    (condition, orgs.iter())
}

#[cfg(test)]
mod tests;
