//! `collect`: reads the orgs into the database.

use clap::Args;
use serde_json::{Value, json};

use crate::audit;
use crate::base::with_causes;
use crate::cli::context::{Context, Spent, Trouble};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::guarded::{self, Wanted};
use crate::cli::orgs;
use crate::cli::ui::{Bars, grid};
use crate::collect::{self, Outcome, Plan};
use crate::config::{OrgSettings, Settings};
use crate::guard::{Guard, Unit};
use crate::policy::{Companies, Operation};
use crate::salesforce;
use crate::store::{RunEnd, RunStatus, Store};

/// Collect licenses, users and access into the database
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  seatledger collect\n  seatledger collect --org acme --full --json\n  \
    seatledger collect --dry-run    show every query without writing anything")]
pub(in crate::cli) struct Collect {
    /// Only this org; may be given several times
    #[arg(long, value_name = "ORG")]
    org: Vec<String>,
    /// Read everything again instead of going on from the last run
    #[arg(long)]
    full: bool,
    /// Sign in and show what would be asked, without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Collect {
    pub(super) fn run(&self, values: &Value, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let orgs = orgs::chosen(&settings, &self.org)?;
        let mut guard = guarded::open(&settings, context)?;
        let result = if self.dry_run {
            self.show_plans(&orgs, &settings, &mut guard, values, context)
        } else {
            self.collect(&orgs, &settings, &mut guard, values, context)
        };
        guarded::finish(guard, &settings, context, result)
    }

    fn collect(
        &self,
        orgs: &[&OrgSettings],
        settings: &Settings,
        guard: &mut Guard,
        values: &Value,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let client = orgs::client(settings, context)?;
        let bars = Bars::new(&context.ui);
        let mut ended: Vec<Ended> = Vec::new();
        let mut exits = Vec::new();
        for (place, org) in orgs.iter().enumerate() {
            if let Some(signal) = context.world.stop.requested() {
                let left_out: Vec<&str> = orgs[place..].iter().map(|org| org.id.as_str()).collect();
                context.ui.warning(&format!("stopped by a signal before: {}", left_out.join(", ")));
                exits.push(Exit::of_signal(signal));
                break;
            }
            let outcome = guarded::run_one(guard, wanted(org, values), context, |inside, permit| {
                let mut store = Store::open(&settings.store.path)?;
                let request = orgs::request(org, settings, self.full);
                let allowed = &inside.permission.allowed;
                let sign_in = || orgs::sign_in(org, settings, &client, &context.world, allowed);
                let mut before_merge = |end: &RunEnd, rows| {
                    let recorded = permit.conclude(&planned(end, rows));
                    if let Err(error) = &recorded {
                        inside.ui.warning(&error.to_string());
                    }
                    recorded.is_ok()
                };
                let outcome =
                    collect::collect(&request, &mut store, sign_in, &context.world, &bars, &mut before_merge);
                inside.spent.set(Spent {
                    rows: Some(rows(&outcome)),
                    bytes: Some(outcome.bytes),
                    api_calls: Some(outcome.api_calls),
                });
                let said = say(inside, outcome);
                let exit = said.exit;
                ended.push(said);
                Ok(exit)
            });
            exits.push(said(outcome, context));
        }
        if self.json {
            let documents: Vec<_> = ended.iter().map(document).collect();
            context.print_json(&json!({ "orgs": documents }))?;
        } else if !ended.is_empty() && !context.globals.quiet {
            context.print(summary(&ended))?;
        }
        Ok(Exit::of_orgs(&exits))
    }

    fn show_plans(
        &self,
        orgs: &[&OrgSettings],
        settings: &Settings,
        guard: &mut Guard,
        values: &Value,
        context: &Context,
    ) -> Result<Exit, Failure> {
        let client = orgs::client(settings, context)?;
        let mut exits = Vec::new();
        let mut documents = Vec::new();
        for org in orgs {
            let shown = guarded::run_one(guard, wanted(org, values), context, |inside, permit| {
                let request = orgs::request(org, settings, true);
                let allowed = orgs::Allowed::by(permit);
                let of_org = |error| Failure::from(error).of_org(&org.id);
                let session =
                    orgs::sign_in(org, settings, &client, &context.world, &allowed).map_err(of_org)?;
                let plan = collect::dry_run(&request, &session, &context.world).map_err(of_org);
                let usage = session.usage();
                inside.spent.set(Spent {
                    rows: None,
                    bytes: Some(usage.bytes),
                    api_calls: Some(usage.requests),
                });
                match self.json {
                    true => documents.push(plan_document(&org.id, &plan?)),
                    false => inside.print(plan_text(&org.id, &plan?))?,
                }
                Ok(Exit::Complete)
            });
            exits.push(said(shown, context));
        }
        if self.json {
            context.print_json(&json!({ "plans": documents }))?;
        }
        Ok(Exit::of_orgs(&exits))
    }
}

/// How one org ended; the others go on whatever went wrong with it.
fn said(ended: Result<Exit, Failure>, context: &Context) -> Exit {
    ended.unwrap_or_else(|failure| {
        context.ui.failure(&failure);
        failure.exit
    })
}

/// One org's collection, as the policy is asked about it: a collection of configured companies touches no others.
fn wanted<'a>(org: &'a OrgSettings, values: &'a Value) -> Wanted<'a> {
    let mut wanted = Wanted::new(Operation::COLLECT, values);
    wanted.companies = match org.company_names.as_slice() {
        [] => Some(Companies::All),
        names => Some(Companies::only(names.iter().cloned().collect())),
    };
    wanted.target.org = Some(org.id.clone());
    wanted.target.host = org.url.split("://").nth(1).map(str::to_owned);
    wanted.target.companies.clone_from(&org.company_names);
    wanted.spends = &[Unit::ApiCalls, Unit::Rows, Unit::Bytes];
    wanted
}

/// The outcome that is recorded before anything takes effect.
fn planned(end: &RunEnd, rows: u64) -> audit::Outcome {
    let status = match end.status {
        RunStatus::Complete => audit::Status::Success,
        _ => audit::Status::Partial,
    };
    audit::Outcome {
        rows: Some(rows),
        bytes: Some(end.bytes),
        api_calls: Some(end.api_calls),
        ..audit::Outcome::new(status)
    }
}

/// What came of one org, and how it counts.
struct Ended {
    outcome: Outcome,
    exit: Exit,
    /// What stopped it, in one line.
    error: Option<String>,
}

/// Says what is missing or what stopped the run, and judges it.
fn say(context: &Context, mut outcome: Outcome) -> Ended {
    for gap in &outcome.gaps {
        context.ui.warning(&format!("{}: {gap}", outcome.org));
    }
    let error = outcome.error.take();
    let said = error.as_ref().map(|error| with_causes(error));
    let exit = match (error, outcome.status) {
        (Some(error), _) => {
            let reason = limit_of(&error);
            let failure = Failure::from(error).of_org(&outcome.org);
            context.ui.failure(&failure);
            let error = failure.causes.join(": ");
            let reason = reason.unwrap_or_else(|| failure.exit.word().to_owned());
            context.trouble.replace(Some(Trouble { reason, error }));
            failure.exit
        }
        (None, RunStatus::Complete) => Exit::Complete,
        (None, RunStatus::Incomplete) => Exit::Incomplete,
        (None, RunStatus::Running | RunStatus::Failed | RunStatus::Interrupted) => Exit::Failed,
    };
    Ended { outcome, exit, error: said }
}

/// The reason of a limit that ended a run midway, as refusals for it have it.
fn limit_of(error: &collect::Error) -> Option<String> {
    match error {
        collect::Error::Salesforce(salesforce::Error::AllowanceReached { .. }) => {
            Some("org_limit".to_owned())
        }
        collect::Error::Salesforce(salesforce::Error::BudgetSpent(unit)) => {
            Some(format!("budget_exceeded:{unit}"))
        }
        _ => None,
    }
}

fn rows(outcome: &Outcome) -> u64 {
    outcome.objects.iter().map(|object| object.rows).sum()
}

/// A line for each org; of several, those that failed say why once more, because what was said is far above by then.
fn summary(ended: &[Ended]) -> String {
    let lines = ended.iter().map(|Ended { outcome, .. }| {
        vec![
            outcome.org.clone(),
            outcome.status.name().to_owned(),
            rows(outcome).to_string(),
            outcome.changed.to_string(),
            outcome.api_calls.to_string(),
            outcome.retries.to_string(),
            outcome.gaps.len().to_string(),
        ]
    });
    let mut text = grid(&["org", "status", "rows#", "changed#", "api calls#", "retries#", "gaps#"], lines);
    if ended.len() > 1 {
        for Ended { outcome, error, .. } in ended {
            for why in error.iter().chain(&outcome.gaps) {
                text += &format!("{}: {why}\n", outcome.org);
            }
        }
    }
    text
}

fn document(Ended { outcome, exit, error }: &Ended) -> Value {
    let objects: Vec<_> = outcome
        .objects
        .iter()
        .map(|object| {
            json!({
                "object": object.object, "status": object.status.name(), "pages": object.pages,
                "rows": object.rows, "promised_rows": object.promised_rows, "millis": object.millis,
                "reason": object.reason,
            })
        })
        .collect();
    json!({
        "org": outcome.org, "run_id": outcome.run_id, "status": outcome.status.name(),
        "exit_code": exit.code(), "rows": rows(outcome), "changed": outcome.changed,
        "api_calls": outcome.api_calls, "bytes": outcome.bytes, "retries": outcome.retries,
        "gaps": outcome.gaps, "error": error, "objects": objects,
    })
}

fn plan_text(org: &str, plan: &Plan) -> String {
    let mut text = format!("{org}\n");
    for planned in &plan.objects {
        text += &format!("  {}\n", planned.staged.object.name);
        for query in &planned.queries {
            text += &format!("    {query}\n");
        }
        if !planned.missing_fields.is_empty() {
            text +=
                &format!("    without {}, which the org does not have\n", planned.missing_fields.join(", "));
        }
    }
    for left_out in &plan.left_out {
        text += &format!("  {}: {}, {}\n", left_out.object.name, left_out.status.name(), left_out.reason);
    }
    text
}

fn plan_document(org: &str, plan: &Plan) -> Value {
    let objects: Vec<_> = plan
        .objects
        .iter()
        .map(|planned| {
            json!({
                "object": planned.staged.object.name, "queries": planned.queries,
                "missing_fields": planned.missing_fields,
            })
        })
        .collect();
    let left_out: Vec<_> = plan
        .left_out
        .iter()
        .map(|left_out| {
            json!({
                "object": left_out.object.name, "status": left_out.status.name(), "reason": left_out.reason,
            })
        })
        .collect();
    json!({ "org": org, "objects": objects, "left_out": left_out })
}
