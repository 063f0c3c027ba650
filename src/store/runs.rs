//! The record of runs: what was asked, what came of it, object by object.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::error::Doing as _;
use super::{Error, Store};
use crate::base::{RecordId, utc_text};

/// A run's number: later runs have larger ones. Versions in the history hold from one number up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunNumber(pub(super) i64);

/// A run that has begun.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its number.
    pub number: RunNumber,
    /// Its public name.
    pub id: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Whether it goes on where a stopped one left off.
    pub resumed: bool,
    /// Whether its last process ended without recording what it had sent.
    pub(super) was_killed: bool,
    pub(super) org_no: i64,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// It has not ended, or was killed.
    Running,
    /// Everything that was asked for became the current state.
    Complete,
    /// What could be read became the current state.
    Incomplete,
    /// Nothing was written.
    Failed,
    /// A signal stopped it before anything was written.
    Interrupted,
}

impl RunStatus {
    /// The word in the `runs` view.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

/// What came of one object in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectStatus {
    /// All its pages arrived and became the current state.
    Complete,
    /// The org does not show it, and never has.
    Unavailable,
    /// It could not be read whole; the rows of an earlier run stay.
    Stale,
    /// It could not be read whole, and there are no earlier rows.
    Failed,
    /// The configuration leaves it out.
    Skipped,
}

impl ObjectStatus {
    /// The word in the `run_objects` view.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Unavailable => "unavailable",
            Self::Stale => "stale",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One line of `run_objects`.
#[derive(Clone, Debug)]
pub struct ObjectOutcome {
    /// The object's API name.
    pub object: &'static str,
    /// What came of it.
    pub status: ObjectStatus,
    /// Pages received.
    pub pages: u64,
    /// Rows received, each once.
    pub rows: u64,
    /// Rows that Salesforce announced in `totalSize`, when it did.
    pub promised_rows: Option<u64>,
    /// Milliseconds from the first request to the last page.
    pub millis: u64,
    /// Why it is not complete.
    pub reason: Option<String>,
}

impl ObjectOutcome {
    /// The line of an object that was not asked for.
    pub fn without_rows(object: &'static str, status: ObjectStatus, reason: String) -> Self {
        Self { object, status, pages: 0, rows: 0, promised_rows: None, millis: 0, reason: Some(reason) }
    }
}

/// What a run has sent to Salesforce and got for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Requests.
    pub api_calls: u64,
    /// Bytes of the answers, decompressed.
    pub bytes: u64,
    /// Requests sent again.
    pub retries: u64,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// Its status.
    pub status: RunStatus,
    /// When.
    pub finished_at: Timestamp,
    /// Requests sent to Salesforce.
    pub api_calls: u64,
    /// Bytes of the answers, decompressed.
    pub bytes: u64,
    /// Requests sent again.
    pub retries: u64,
    /// What stopped it, or what is missing.
    pub error: Option<String>,
}

impl Store {
    /// Begins a run for `org`, or resumes its last one if that has merged nothing, asked for the same and began less
    /// than `resumable_for` ago. Other unfinished runs of the org are marked interrupted.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn begin_run(
        &mut self,
        org: &str,
        request: &str,
        full: bool,
        now: Timestamp,
        resumable_for: Option<jiff::SignedDuration>,
    ) -> Result<Run, Error> {
        let doing = "beginning a run";
        let transaction = self.connection.transaction().doing(doing)?;
        transaction
            .execute("INSERT INTO org (org) VALUES (?1) ON CONFLICT DO NOTHING", [org])
            .doing(doing)?;
        let org_no: i64 = transaction
            .query_row("SELECT org_no FROM org WHERE org = ?1", [org], |row| row.get(0))
            .doing(doing)?;
        let last = transaction
            .query_row(
                "SELECT run_no, run_id, started_at, status = 'running' FROM run
                 WHERE org_no = ?1 AND run_no = (SELECT max(run_no) FROM run WHERE org_no = ?1)
                 AND merged = 0 AND request = ?2 AND \"full\" = ?3",
                params![org_no, request, full],
                |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)),
            )
            .optional()
            .doing(doing)?;
        let resumable = last.and_then(|(number, id, started_at, was_killed)| {
            let started_at = Timestamp::from_millisecond(started_at).ok()?;
            let age = now.duration_since(started_at);
            let fresh = resumable_for.is_some_and(|longest| age < longest && !age.is_negative());
            fresh.then_some(Run {
                number: RunNumber(number),
                id,
                started_at,
                resumed: true,
                was_killed,
                org_no,
            })
        });
        transaction
            .execute(
                "UPDATE run SET status = ?1 WHERE org_no = ?2 AND status = 'running'",
                params![RunStatus::Interrupted.name(), org_no],
            )
            .doing(doing)?;
        let run = match resumable {
            Some(run) => {
                transaction
                    .execute(
                        "UPDATE run SET status = 'running', finished_at = NULL, error = NULL WHERE run_no = ?1",
                        [run.number.0],
                    )
                    .doing(doing)?;
                run
            }
            None => {
                transaction
                    .execute(
                        "INSERT INTO run (run_id, org_no, started_at, status, request, \"full\")
                         SELECT ?1 || '-' || (1 + count(*)), ?2, ?3, 'running', ?4, ?5 FROM run",
                        params![
                            format!("{org}-{}", utc_text(now)),
                            org_no,
                            now.as_millisecond(),
                            request,
                            full
                        ],
                    )
                    .doing(doing)?;
                let number = transaction.last_insert_rowid();
                let id = transaction
                    .query_row("SELECT run_id FROM run WHERE run_no = ?1", [number], |row| row.get(0))
                    .doing(doing)?;
                Run {
                    number: RunNumber(number),
                    id,
                    started_at: now,
                    resumed: false,
                    was_killed: false,
                    org_no,
                }
            }
        };
        transaction.commit().doing(doing)?;
        Ok(run)
    }

    /// Checks that the org's rows so far came from `organization_id`, and notes it when there are none.
    ///
    /// # Errors
    /// [`Error::OtherOrganization`] when they came from another.
    pub fn claim_organization(&self, org: &str, run: &Run, organization_id: RecordId) -> Result<(), Error> {
        let doing = "checking the organization id";
        self.connection
            .execute(
                "UPDATE org SET organization_id = ?1 WHERE org_no = ?2 AND organization_id IS NULL",
                params![organization_id.as_str(), run.org_no],
            )
            .doing(doing)?;
        let known: String = self
            .connection
            .query_row("SELECT organization_id FROM org WHERE org_no = ?1", [run.org_no], |row| row.get(0))
            .doing(doing)?;
        if known == organization_id.as_str() {
            return Ok(());
        }
        Err(Error::OtherOrganization { org: org.into(), known, found: organization_id.to_string() })
    }

    /// Records that a run ended without merging anything.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn end_run_without_merge(
        &mut self,
        run: &Run,
        end: &RunEnd,
        objects: &[ObjectOutcome],
    ) -> Result<(), Error> {
        let transaction = self.connection.transaction().doing("recording the run")?;
        record_end(&transaction, run, end, objects, false)?;
        transaction.commit().doing("recording the run")
    }
}

/// Adds what an earlier process of the run has sent.
pub(super) fn add_sent(connection: &rusqlite::Connection, run: &Run, sent: Sent) -> Result<(), Error> {
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    connection
        .execute(
            "UPDATE main.run SET api_calls = api_calls + ?2, bytes = bytes + ?3, retries = retries + ?4
             WHERE run_no = ?1",
            params![run.number.0, count(sent.api_calls), count(sent.bytes), count(sent.retries)],
        )
        .map(|_| ())
        .doing("recording what was sent")
}

/// Writes a run's end and its objects.
pub(super) fn record_end(
    connection: &rusqlite::Connection,
    run: &Run,
    end: &RunEnd,
    objects: &[ObjectOutcome],
    merged: bool,
) -> Result<(), Error> {
    let doing = "recording the run";
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let rows: u64 = objects.iter().map(|outcome| outcome.rows).sum();
    connection
        .execute(
            "UPDATE run SET finished_at = ?2, status = ?3, rows = ?4, error = ?5, merged = ?6 WHERE run_no = ?1",
            params![
                run.number.0,
                end.finished_at.as_millisecond(),
                end.status.name(),
                count(rows),
                end.error,
                merged
            ],
        )
        .doing(doing)?;
    add_sent(connection, run, Sent { api_calls: end.api_calls, bytes: end.bytes, retries: end.retries })?;
    for outcome in objects {
        connection
            .execute(
                "INSERT OR REPLACE INTO run_object
                 (run_no, object, status, pages, rows, promised_rows, millis, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    run.number.0,
                    outcome.object,
                    outcome.status.name(),
                    count(outcome.pages),
                    count(outcome.rows),
                    outcome.promised_rows.map(count),
                    count(outcome.millis),
                    outcome.reason
                ],
            )
            .doing(doing)?;
    }
    Ok(())
}
