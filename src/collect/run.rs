//! One org's run, from the token to the merged state.

use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::company::Companies;
use super::error::Error;
use super::fetch::PAGE_SIZE;
use super::outcome::{Outcome, is_whole};
use super::partition::Partitions;
use super::plan::{Plan, feature_flags, has_needed_fields, plan};
use super::progress::Progress;
use super::read::{ObjectState, read};
use super::request::{CompanyField, Request};
use super::scope::{self, ScopeSurvey};
use super::side_by_side::side_by_side;
use super::survey::{Described, describe_missing};
use super::visibility;
use crate::base::{World, joined, utc_text, with_causes};
use crate::catalogue::{FieldType, Object, object};
use crate::salesforce::{Column, DescribedField, Session};
use crate::store::{
    self, CompanySpelling, FeatureLicense, Merge, ObjectOutcome, ObjectStatus, Run, RunEnd, RunStatus, Scope,
    Store,
};

/// A run that began within this time is gone on with; cursors live two days (Salesforce, "API Query Cursor Limits"),
/// but a state pieced together over a day would describe no moment.
const RESUMABLE_FOR: SignedDuration = SignedDuration::from_hours(6);

/// Descriptions older than this are read again, so that new features are noticed.
const DESCRIBES_KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Is told how the run will end, when everything has arrived and nothing has taken effect; the merge happens only if it
/// returns true.
pub type BeforeMerge<'a> = &'a mut dyn FnMut(&RunEnd, u64) -> bool;

/// Runs one org: signs in, surveys, plans, reads, and merges what arrived whole. Whatever happens is recorded in the
/// database and in the returned outcome.
pub fn collect(
    request: &Request,
    store: &mut Store,
    sign_in: impl FnOnce() -> Result<Session, Error>,
    world: &World,
    progress: &dyn Progress,
    before_merge: BeforeMerge<'_>,
) -> Outcome {
    let resumable = (!request.full).then_some(RESUMABLE_FOR);
    let run = match store.begin_run(&request.org, &request.text(), request.full, world.clock.now(), resumable)
    {
        Ok(run) => run,
        Err(error) => return Outcome::failed(&request.org, error.into()),
    };
    let _span = tracing::info_span!("run", org = request.org, run = run.id).entered();
    if run.resumed {
        progress.note(&request.org, &format!("going on with the run begun at {}", utc_text(run.started_at)));
    }
    let session = match sign_in() {
        Ok(session) => session,
        Err(error) => return give_up(request, store, &run, None, error, world),
    };
    warn_of_wrong_clock(&session);
    let org_run = OrgRun { request, session: &session, run: &run, world, progress };
    match org_run.survey_read_merge(store, before_merge) {
        Ok(outcome) => outcome,
        Err(error) => give_up(request, store, &run, Some(&session), error, world),
    }
}

/// Dates of a run come from this machine's clock; one that is wrong by more than a sign-in takes is worth a word.
fn warn_of_wrong_clock(session: &Session) {
    const WORTH_A_WORD: SignedDuration = SignedDuration::from_secs(60);
    if let Some(ahead) = session.clock_ahead().filter(|ahead| ahead.abs() > WORTH_A_WORD) {
        let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
        tracing::warn!(
            "this machine's clock is {} s {direction} Salesforce's; set it, or times of runs and logins will not fit",
            ahead.abs().as_secs()
        );
    }
}

/// A run that has signed in.
pub(super) struct OrgRun<'a> {
    pub(super) request: &'a Request,
    pub(super) session: &'a Session,
    pub(super) run: &'a Run,
    pub(super) world: &'a World,
    pub(super) progress: &'a dyn Progress,
}

/// What a run would ask, without writing anything.
///
/// # Errors
/// As a run's: see [`Error`].
pub fn dry_run(request: &Request, session: &Session, world: &World) -> Result<Plan, Error> {
    let described = describe_missing(session, request, &BTreeMap::new())?.into_iter().collect();
    check_company(request, session)?;
    let scope = survey_scope(request, session)?;
    Ok(plan(request, &described, &scope, &Partitions::default(), None, world.clock.now()))
}

fn give_up(
    request: &Request,
    store: &mut Store,
    run: &Run,
    session: Option<&Session>,
    error: Error,
    world: &World,
) -> Outcome {
    let status = if error.stopped().is_some() { RunStatus::Interrupted } else { RunStatus::Failed };
    let usage = session.map(Session::usage).unwrap_or_default();
    let end = RunEnd {
        status,
        finished_at: world.clock.now(),
        api_calls: usage.requests,
        bytes: usage.bytes,
        retries: usage.retries,
        error: Some(with_causes(&error)),
    };
    // A database that cannot record the failure fails for the same reason; the first error is the one to show.
    // What was staged by a database that is damaged would fail the next run too.
    let closed = match &error {
        Error::Store(refused) if refused.is_damage() => store.discard_stage(run),
        _ => store.close_stage(),
    };
    let recorded = closed.and_then(|()| store.end_run_without_merge(run, &end, &[]));
    let error = match recorded {
        Err(refused) if !matches!(error, Error::Store(_)) => refused.into(),
        _ => error,
    };
    Outcome {
        run_id: Some(run.id.clone()),
        status,
        api_calls: usage.requests,
        bytes: usage.bytes,
        retries: usage.retries,
        ..Outcome::failed(&request.org, error)
    }
}

impl OrgRun<'_> {
    fn survey_read_merge(&self, store: &mut Store, before_merge: BeforeMerge<'_>) -> Result<Outcome, Error> {
        let (request, session) = (self.request, self.session);
        store.claim_organization(&request.org, self.run, session.organization_id())?;
        // Asked first, so that the allowance is known before anything is taken from it.
        session.limits()?;
        check_company(request, session)?;
        let cached = self.cached_descriptions(store)?;
        let run_span = tracing::Span::current();
        // The one does not need the others' answers.
        let (missing, scope, partitions) = std::thread::scope(|threads| {
            let missing = threads.spawn(|| run_span.in_scope(|| describe_missing(session, request, &cached)));
            let scope = threads.spawn(|| run_span.in_scope(|| survey_scope(request, session)));
            let partitions = Partitions::find(request, session, store, self.run);
            (joined(missing), joined(scope), partitions)
        });
        let described = self.keep_descriptions(store, cached, missing?)?;
        let (scope, partitions) = (scope?, partitions?);
        let read_until =
            if request.full { None } else { store.logins_read_until(self.run, &request.text())? };
        // Planned for the run's beginning, so that a resumed run sends the queries it began with.
        let mut plan = plan(request, &described, &scope, &partitions, read_until, self.run.started_at);
        self.progress.org_started(&request.org, plan.objects.len());
        let feature_licenses = count_feature_licenses(session, request, &described, &scope)?;
        let mut states = read(self, store, &mut plan, &scope, &partitions)?;
        for (planned, _) in plan.objects.iter().zip(&states).filter(|(_, state)| !state.is_whole()) {
            // What was described may be what the query failed for.
            store.forget_describe(self.run, planned.staged.object.name)?;
        }
        visibility::hide_partial_objects(store, session, &plan, &scope, &mut states)?;
        self.merge(store, &plan, &scope, &states, feature_licenses.as_deref(), before_merge)
    }

    /// The fields of every object: those from the cache, and those from the org, which the cache takes.
    fn keep_descriptions(
        &self,
        store: &Store,
        cached: BTreeMap<&'static str, Described>,
        missing: Vec<(&'static str, Described)>,
    ) -> Result<BTreeMap<&'static str, Described>, Error> {
        let mut described = cached;
        for (name, description) in missing {
            if let Described::Fields(fields) = &description {
                self.keep_description(store, name, fields)?;
            }
            described.insert(name, description);
        }
        Ok(described)
    }

    /// Puts a description into the cache.
    pub(super) fn keep_description(
        &self,
        store: &Store,
        object: &str,
        fields: &[DescribedField],
    ) -> Result<(), Error> {
        let text = serde_json::to_string(fields).unwrap_or_default();
        let now = self.world.clock.now();
        Ok(store.cache_describe(self.run, &self.request.api_version, object, &text, now)?)
    }

    fn cached_descriptions(&self, store: &Store) -> Result<BTreeMap<&'static str, Described>, Error> {
        if self.request.full {
            return Ok(BTreeMap::new());
        }
        let oldest = self.world.clock.now().checked_sub(DESCRIBES_KEPT_FOR).unwrap_or(self.run.started_at);
        let cached = store.cached_describes(self.run, &self.request.api_version, oldest)?;
        Ok(cached
            .into_iter()
            .filter_map(|(name, text)| {
                let fields: Vec<DescribedField> = serde_json::from_str(&text).ok()?;
                let object = object(&name)?;
                // What was hidden may have been granted since.
                has_needed_fields(self.request, object, &fields)
                    .then_some((object.name, Described::Fields(fields)))
            })
            .collect())
    }

    fn merge(
        &self,
        store: &mut Store,
        plan: &Plan,
        scope: &ScopeSurvey,
        states: &[ObjectState],
        feature_licenses: Option<&[FeatureLicense]>,
        before_merge: BeforeMerge<'_>,
    ) -> Result<Outcome, Error> {
        let whole: Vec<_> = plan
            .objects
            .iter()
            .zip(states)
            .filter(|(_, state)| state.is_whole())
            .map(|(planned, _)| &planned.staged)
            .collect();
        let tables: Vec<_> = whole.iter().map(|staged| staged.object.dataset.table).collect();
        let (objects, mut gaps) = self.judge_objects(plan, states, &store.objects_read(self.run)?);
        gaps.extend(store.staged_impossible_numbers(&tables)?);
        if let ScopeSurvey::Companies { unmatched_names, .. } = scope {
            gaps.extend(unmatched_names.iter().cloned());
        }
        gaps.extend(plan.missing_extra_fields(self.request));
        let end = self.end(&gaps);
        if !before_merge(&end, objects.iter().map(|object| object.rows).sum()) {
            return Err(Error::NotRecorded);
        }
        let company_of = |name: &str| match scope {
            ScopeSurvey::Companies { companies, .. } => companies.of(name),
            ScopeSurvey::WholeOrg => CompanySpelling::Unmatched,
        };
        let org_company = configured_company(self.request, store, &tables)?;
        let changed = store.merge(&Merge {
            run: self.run,
            outcomes: &objects,
            scope: match scope {
                ScopeSurvey::WholeOrg => Scope::WholeOrg(org_company.as_deref()),
                ScopeSurvey::Companies { .. } => Scope::Companies(&company_of),
            },
            outside: match scope {
                ScopeSurvey::WholeOrg => &[],
                ScopeSurvey::Companies { outside, .. } => outside,
            },
            feature_licenses,
            login_window: plan.login_window.filter(|_| tables.contains(&"login")),
            whole,
            end: &end,
        })?;
        Ok(Outcome {
            org: self.request.org.clone(),
            run_id: Some(self.run.id.clone()),
            status: end.status,
            objects,
            changed,
            api_calls: end.api_calls,
            bytes: end.bytes,
            retries: end.retries,
            gaps,
            error: None,
        })
    }

    /// A line for every object of the catalogue, and a sentence for each that leaves the run incomplete.
    fn judge_objects(
        &self,
        plan: &Plan,
        states: &[ObjectState],
        read_before: &BTreeMap<String, bool>,
    ) -> (Vec<ObjectOutcome>, Vec<String>) {
        let known = |object: &Object| read_before.contains_key(object.name);
        let read = plan.objects.iter().zip(states).map(|(planned, state)| {
            let object = planned.staged.object;
            (object, state.outcome(object.name, known(object)), state.is_hidden())
        });
        let left_out = plan.left_out.iter().map(|left_out| {
            let (object, status) = (left_out.object, left_out.status);
            let hidden = status == ObjectStatus::Unavailable;
            let status = if hidden && known(object) { ObjectStatus::Stale } else { status };
            (object, ObjectOutcome::without_rows(object.name, status, left_out.reason.clone()), hidden)
        });
        let mut gaps = Vec::new();
        let mut outcomes = Vec::new();
        for (object, outcome, hidden) in read.chain(left_out) {
            let before = read_before.get(object.name).copied().unwrap_or_default();
            if !is_whole(object, outcome.status, hidden, before) {
                let reason = outcome.reason.as_deref().unwrap_or("no reason is known");
                gaps.push(format!("{} is {}: {reason}", object.name, outcome.status.name()));
            }
            self.progress.object_finished(&self.request.org, &outcome);
            outcomes.push(outcome);
        }
        (outcomes, gaps)
    }

    fn end(&self, gaps: &[String]) -> RunEnd {
        let usage = self.session.usage();
        RunEnd {
            status: if gaps.is_empty() { RunStatus::Complete } else { RunStatus::Incomplete },
            finished_at: self.world.clock.now(),
            api_calls: usage.requests,
            bytes: usage.bytes,
            retries: usage.retries,
            error: (!gaps.is_empty()).then(|| gaps.join("; ")),
        }
    }
}

/// With `Organization.Name`, refuses an org of another name before anything is read or written.
fn check_company(request: &Request, session: &Session) -> Result<(), Error> {
    if request.company_field != CompanyField::OrganizationName || request.company_names.is_empty() {
        return Ok(());
    }
    let found = organization_name(session)?;
    match Companies::new(&request.company_names, &request.company_aliases).of(&found) {
        CompanySpelling::Company(_) => Ok(()),
        CompanySpelling::Unmatched | CompanySpelling::Ambiguous => {
            Err(Error::OtherCompany { found, wanted: request.company_names.join(", ") })
        }
    }
}

fn organization_name(session: &Session) -> Result<String, Error> {
    let column = Column { path: "Name".to_owned(), field_type: FieldType::Text };
    let page = session.query("SELECT Name FROM Organization", &[column], PAGE_SIZE)?;
    let name = page.rows.iter().next().and_then(|row| row.value(0).as_text().map(str::to_owned));
    Ok(name.unwrap_or_default())
}

fn survey_scope(request: &Request, session: &Session) -> Result<ScopeSurvey, Error> {
    if !request.is_scoped() {
        return Ok(ScopeSurvey::WholeOrg);
    }
    scope::survey(session, Companies::new(&request.company_names, &request.company_aliases))
}

/// The feature licenses that User's description offers. Where only some users are kept, Salesforce counts the holders
/// over the whole org; else they are counted from the stage.
fn count_feature_licenses(
    session: &Session,
    request: &Request,
    described: &BTreeMap<&'static str, Described>,
    scope: &ScopeSurvey,
) -> Result<Option<Vec<FeatureLicense>>, Error> {
    let Some(Described::Fields(fields)) = described.get("User") else { return Ok(None) };
    let flags: Vec<&DescribedField> = feature_flags(fields).collect();
    let counted = side_by_side(&flags, request.concurrency, |flag| {
        let holders = match scope {
            ScopeSurvey::WholeOrg => None,
            ScopeSurvey::Companies { .. } => {
                let soql = format!("SELECT COUNT() FROM User WHERE IsActive = true AND {} = true", flag.name);
                Some(i64::try_from(session.count(&soql)?).unwrap_or(i64::MAX))
            }
        };
        Ok(FeatureLicense { flag: flag.name.clone(), label: flag.label.clone(), holders })
    });
    counted.map(Some)
}

/// The configured name that the org's own name stands for, with `Organization.Name`.
fn configured_company(
    request: &Request,
    store: &Store,
    tables: &[&str],
) -> Result<Option<String>, store::Error> {
    if request.company_names.is_empty() || !tables.contains(&"organization") {
        return Ok(None);
    }
    let companies = Companies::new(&request.company_names, &request.company_aliases);
    Ok(store.staged_organization_name()?.and_then(|name| match companies.of(&name) {
        CompanySpelling::Company(company) => Some(company),
        CompanySpelling::Unmatched | CompanySpelling::Ambiguous => None,
    }))
}
