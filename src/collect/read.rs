//! Reading every planned object into the stage: rounds of queries, and what became of each object.

use std::collections::BTreeSet;

use super::error::Error;
use super::fetch::{Event, Task, Then, fetch};
use super::partition::Partitions;
use super::plan::{Plan, PlannedObject, plan_object};
use super::run::OrgRun;
use super::scope::ScopeSurvey;
use super::survey::{Described, describe, hidden_reason, hides_object};
use crate::base::with_causes;
use crate::catalogue::Object;
use crate::salesforce::{self, Action, NextPage, Session};
use crate::store::{Cursor, ObjectOutcome, ObjectStatus, Run, Sent, StagedObject, Store};

/// A query whose cursor is gone, whose field is gone or whose rows do not add up is asked once more.
const ROUNDS: usize = 2;

/// How far one object has come.
pub(super) struct ObjectState {
    cursors: Vec<Cursor>,
    trouble: Option<Trouble>,
}

/// Why an object is not whole.
enum Trouble {
    /// Salesforce does not show it.
    Hidden(String),
    /// It could not be read this time.
    Failed(String),
    /// A field is gone since it was described.
    FieldGone(String),
    /// The query must start again.
    Restart(String),
}

impl ObjectState {
    /// Whether all its pages arrived and add up.
    pub(super) fn is_whole(&self) -> bool {
        self.trouble.is_none() && self.cursors.iter().all(Cursor::is_done)
    }

    /// Rows staged so far.
    pub(super) fn rows(&self) -> u64 {
        self.cursors.iter().map(|cursor| cursor.rows).sum()
    }

    /// Whether Salesforce does not show it.
    pub(super) fn is_hidden(&self) -> bool {
        matches!(self.trouble, Some(Trouble::Hidden(_)))
    }

    /// Treats it as not shown, for this reason.
    pub(super) fn hide(&mut self, reason: &str) {
        self.trouble = Some(Trouble::Hidden(reason.to_owned()));
    }

    /// Its line in the record. `known` says that rows of an earlier run exist.
    pub(super) fn outcome(&self, object: &'static str, known: bool) -> ObjectOutcome {
        let sum = |count: fn(&Cursor) -> u64| self.cursors.iter().map(count).sum();
        let (status, reason) = match &self.trouble {
            None => (ObjectStatus::Complete, None),
            Some(Trouble::Hidden(reason)) => (ObjectStatus::Unavailable, Some(reason.clone())),
            Some(Trouble::Failed(reason) | Trouble::FieldGone(reason) | Trouble::Restart(reason)) => {
                (ObjectStatus::Failed, Some(reason.clone()))
            }
        };
        let status = if known && status != ObjectStatus::Complete { ObjectStatus::Stale } else { status };
        ObjectOutcome {
            object,
            status,
            pages: sum(|cursor| cursor.pages),
            rows: sum(|cursor| cursor.rows),
            promised_rows: self.cursors.iter().any(|c| c.pages > 0).then(|| sum(|c| c.promised_rows)),
            millis: sum(|cursor| cursor.millis),
            reason,
        }
    }

    /// Holds what arrived against what was promised.
    fn check_sums(&mut self) {
        let sum = |count: fn(&Cursor) -> u64| -> u64 { self.cursors.iter().map(count).sum() };
        let (rows, repeated, promised) =
            (sum(|c| c.rows), sum(|c| c.repeated_rows), sum(|c| c.promised_rows));
        if repeated > 0 {
            self.start_again(format!("{repeated} rows arrived twice"));
        } else if rows != promised {
            self.start_again(format!("Salesforce promised {promised} rows and sent {rows}"));
        }
    }

    /// Holds what arrived of a query so far against what was promised.
    fn check_surplus(&mut self, query: usize) {
        let Cursor { rows, repeated_rows, promised_rows, .. } = self.cursors[query];
        if rows + repeated_rows > promised_rows {
            self.start_again(format!(
                "Salesforce promised {promised_rows} rows and sent {}",
                rows + repeated_rows
            ));
        }
    }

    fn start_again(&mut self, reason: String) {
        self.trouble.get_or_insert(Trouble::Restart(reason));
    }
}

/// Reads all objects of the plan, in at most [`ROUNDS`] rounds; the second repeats what the first could not finish
/// for a passing reason. The states come in the order of the plan's objects.
///
/// # Errors
/// What ends the whole run: refused users, used-up limits, a signal, a database that fails.
pub(super) fn read(
    org_run: &OrgRun<'_>,
    store: &mut Store,
    plan: &mut Plan,
    scope: &ScopeSurvey,
    partitions: &Partitions,
) -> Result<Vec<ObjectState>, Error> {
    let staged: Vec<StagedObject> = plan.objects.iter().map(|planned| planned.staged.clone()).collect();
    let kept = store.open_stage(org_run.run, &staged)?;
    store.note_sent(sent(org_run.session))?;
    let mut states = take_up(store, plan, kept)?;
    for round in 1..=ROUNDS {
        read_round(org_run, store, plan, &mut states)?;
        for state in &mut states {
            if state.is_whole() {
                state.check_sums();
            }
        }
        if round < ROUNDS {
            prepare_again(org_run, store, plan, scope, partitions, &mut states)?;
        }
    }
    Ok(states)
}

fn sent(session: &Session) -> Sent {
    let usage = session.usage();
    Sent { api_calls: usage.requests, bytes: usage.bytes, retries: usage.retries }
}

/// The states to begin with: cursors of an earlier part of the run count when they belong to the same query.
fn take_up(store: &mut Store, plan: &Plan, kept: Vec<Cursor>) -> Result<Vec<ObjectState>, Error> {
    let mut states = Vec::new();
    for planned in &plan.objects {
        let name = planned.staged.object.name;
        let fresh = fresh_cursors(planned);
        let old: Vec<&Cursor> = kept.iter().filter(|cursor| cursor.object == name).collect();
        let same_queries = old
            .iter()
            .all(|old| fresh.iter().any(|new| new.partition == old.partition && new.soql == old.soql));
        if !same_queries {
            for cursor in &old {
                store.restart_query(planned.staged.object, cursor.partition)?;
            }
        }
        let cursors = fresh
            .into_iter()
            .map(|new| {
                let taken = old.iter().find(|old| same_queries && old.partition == new.partition);
                taken.map_or(new, |old| (*old).clone())
            })
            .collect();
        states.push(ObjectState { cursors, trouble: None });
    }
    Ok(states)
}

fn fresh_cursors(planned: &PlannedObject) -> Vec<Cursor> {
    (0..)
        .zip(&planned.queries)
        .map(|(partition, soql)| Cursor {
            object: planned.staged.object.name.to_owned(),
            partition,
            soql: soql.clone(),
            ..Cursor::default()
        })
        .collect()
}

fn read_round(
    org_run: &OrgRun<'_>,
    store: &mut Store,
    plan: &Plan,
    states: &mut [ObjectState],
) -> Result<(), Error> {
    let tasks = open_tasks(plan, states);
    let mut fatal = None;
    let mut unanswered = BTreeSet::new();
    fetch(org_run.session, &tasks, org_run.request.concurrency, |task, event| {
        let planned = &plan.objects[task.object];
        let state = &mut states[task.object];
        let taken = match event {
            Event::Failed(error) if tolerated(&error).is_some() => {
                unanswered.insert(task.object);
                give_up_object(state, error, unanswered.len())
            }
            event => take(store, org_run.run, planned, state, task.query, event)
                .and_then(|()| Ok(store.note_sent(sent(org_run.session))?)),
        };
        match taken {
            Ok(()) if state.trouble.is_some() => Then::LeaveObject,
            Ok(()) => {
                let cursor = &state.cursors[task.query];
                let name = planned.staged.object.name;
                org_run.progress.page_staged(&org_run.request.org, name, cursor.rows, cursor.promised_rows);
                Then::GoOn
            }
            Err(error) => {
                fatal = Some(error);
                Then::Stop
            }
        }
    });
    fatal.map_or(Ok(()), Err)
}

fn open_tasks<'a>(plan: &'a Plan, states: &[ObjectState]) -> Vec<Task<'a>> {
    let mut tasks = Vec::new();
    for (object, (planned, state)) in plan.objects.iter().zip(states).enumerate() {
        for (query, (soql, cursor)) in planned.queries.iter().zip(&state.cursors).enumerate() {
            if state.trouble.is_none() && !cursor.is_done() {
                let next = cursor.next_records_url.as_deref().and_then(|path| NextPage::parse(path).ok());
                let name = planned.staged.object.name;
                let rows = planned.expected_rows / planned.queries.len() as u64;
                tasks.push((rows, Task { name, object, query, soql, columns: &planned.columns, next }));
            }
        }
    }
    // The longest first, so that none is left running alone at the end.
    tasks.sort_by_key(|(rows, _)| std::cmp::Reverse(*rows));
    tasks.into_iter().map(|(_, task)| task).collect()
}

/// How many objects may go without an answer because of trouble like `error`, all retries made, before the run ends:
/// whoever cannot be reached for two objects will not be reached for the next ones either, and a service that fails is
/// not to be asked on and on.
fn tolerated(error: &salesforce::Error) -> Option<usize> {
    match error {
        salesforce::Error::Transport { .. } => Some(1),
        salesforce::Error::Api(refused) if refused.action == Action::BackOff => Some(3),
        _ => None,
    }
}

fn give_up_object(state: &mut ObjectState, error: salesforce::Error, unanswered: usize) -> Result<(), Error> {
    if tolerated(&error).is_some_and(|most| unanswered > most) {
        return Err(error.into());
    }
    state.trouble = Some(Trouble::Failed(with_causes(&error)));
    Ok(())
}

/// Takes one event; an error ends the run.
fn take(
    store: &mut Store,
    run: &Run,
    planned: &PlannedObject,
    state: &mut ObjectState,
    query: usize,
    event: Event,
) -> Result<(), Error> {
    match event {
        Event::Repeated => {
            state.trouble =
                Some(Trouble::Restart("Salesforce sent the same page again as the next".to_owned()));
        }
        Event::Failed(error) => state.trouble = Some(judge(planned.staged.object, error)?),
        Event::Page(page, millis) => {
            let cursor = &mut state.cursors[query];
            if cursor.pages == 0 {
                cursor.promised_rows = page.total_size;
            }
            cursor.pages += 1;
            cursor.millis += millis;
            cursor.next_records_url = page.next.as_ref().map(|next| next.as_str().to_owned());
            match store.stage_page(run, &planned.staged, &page.rows, cursor) {
                Err(unusable @ crate::store::Error::UnusableRow { .. }) => {
                    state.trouble = Some(Trouble::Failed(unusable.to_string()));
                }
                other => other?,
            }
            // Seen at once and not only at the end, which pages that lead in a circle never reach.
            state.check_surplus(query);
        }
    }
    Ok(())
}

/// Whether a failed query is the object's trouble or the run's end.
fn judge(object: &Object, error: salesforce::Error) -> Result<Trouble, Error> {
    let reason = with_causes(&error);
    let refused = match error {
        salesforce::Error::Api(refused) => refused,
        salesforce::Error::Answer { .. } => return Ok(Trouble::Failed(reason)),
        other => return Err(other.into()),
    };
    match refused.action {
        action if hides_object(action) => {
            Ok(Trouble::Hidden(hidden_reason(object, &format!("Salesforce answered {}", refused.code))))
        }
        Action::DropField => Ok(Trouble::FieldGone(reason)),
        Action::RestartQuery => Ok(Trouble::Restart(reason)),
        Action::Narrow | Action::Bug => Ok(Trouble::Failed(reason)),
        _ => Err(salesforce::Error::Api(refused).into()),
    }
}

/// Prepares what a further round may mend: a gone field is dropped after a new description, an unsteady query starts
/// again.
fn prepare_again(
    org_run: &OrgRun<'_>,
    store: &mut Store,
    plan: &mut Plan,
    scope: &ScopeSurvey,
    partitions: &Partitions,
    states: &mut [ObjectState],
) -> Result<(), Error> {
    let window = plan.login_window;
    for (planned, state) in plan.objects.iter_mut().zip(states) {
        let object = planned.staged.object;
        match &state.trouble {
            Some(Trouble::FieldGone(_)) => {
                store.forget_describe(org_run.run, object.name)?;
                let described = describe(org_run.session, object)?;
                let again = match &described {
                    Described::Nothing => Err("the org does not say which fields it has".to_owned()),
                    Described::Fields(fields) => {
                        org_run.keep_description(store, object.name, fields)?;
                        let (request, now) = (org_run.request, org_run.run.started_at);
                        plan_object(request, object, Some(fields), scope, partitions, window, now)
                            .map_err(|key| format!("the org does not show its field {key}"))
                    }
                };
                match again.map_err(|found| hidden_reason(object, &found)) {
                    Ok(again) => *planned = again,
                    Err(reason) => {
                        state.hide(&reason);
                        continue;
                    }
                }
            }
            Some(Trouble::Restart(_)) => {}
            None | Some(Trouble::Hidden(_) | Trouble::Failed(_)) => continue,
        }
        for cursor in &state.cursors {
            store.restart_query(object, cursor.partition)?;
        }
        *state = ObjectState { cursors: fresh_cursors(planned), trouble: None };
    }
    Ok(())
}
