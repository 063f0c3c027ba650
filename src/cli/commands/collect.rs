//! `collect`: reads the orgs into the database.

use clap::Args;
use serde_json::{Value, json};

use crate::base::with_causes;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::orgs;
use crate::cli::ui::{Bars, grid};
use crate::collect::{self, Outcome, Plan};
use crate::store::{RunStatus, Store};

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
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        if self.dry_run { self.show_plans(context) } else { self.collect(context) }
    }

    fn collect(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let orgs = orgs::chosen(&settings, &self.org)?;
        let client = orgs::client(&settings, context)?;
        let mut store = Store::open(&settings.store.path)?;
        let bars = Bars::new(&context.ui);
        let mut ended: Vec<Ended> = Vec::new();
        for org in orgs {
            if context.world.stop.requested().is_some() {
                break;
            }
            let request = orgs::request(org, &settings, self.full);
            let sign_in = || orgs::sign_in(org, &settings, &client, &context.world);
            ended.push(say(context, collect::collect(&request, &mut store, sign_in, &context.world, &bars)));
        }
        if self.json {
            let documents: Vec<_> = ended.iter().map(document).collect();
            context.print_json(&json!({ "orgs": documents }))?;
        } else if !ended.is_empty() && !context.globals.quiet {
            context.print(summary(&ended))?;
        }
        let exits: Vec<_> = ended.iter().map(|ended| ended.exit).collect();
        Ok(Exit::of_orgs(&exits))
    }

    fn show_plans(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let client = orgs::client(&settings, context)?;
        let mut exits = Vec::new();
        let mut documents = Vec::new();
        for org in orgs::chosen(&settings, &self.org)? {
            let request = orgs::request(org, &settings, true);
            let plan = orgs::sign_in(org, &settings, &client, &context.world)
                .and_then(|session| collect::dry_run(&request, &session, &context.world));
            match plan {
                Ok(plan) if self.json => documents.push(plan_document(&org.id, &plan)),
                Ok(plan) => context.print(plan_text(&org.id, &plan))?,
                Err(error) => {
                    let failure = Failure::from(error).of_org(&org.id);
                    context.ui.failure(&failure);
                    exits.push(failure.exit);
                    continue;
                }
            }
            exits.push(Exit::Complete);
        }
        if self.json {
            context.print_json(&json!({ "plans": documents }))?;
        }
        Ok(Exit::of_orgs(&exits))
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
            let failure = Failure::from(error).of_org(&outcome.org);
            context.ui.failure(&failure);
            failure.exit
        }
        (None, RunStatus::Complete) => Exit::Complete,
        (None, RunStatus::Incomplete) => Exit::Incomplete,
        (None, RunStatus::Running | RunStatus::Failed | RunStatus::Interrupted) => Exit::Failed,
    };
    Ended { outcome, exit, error: said }
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
