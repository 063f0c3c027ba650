//! `runs`: what was collected when, and what came of it.

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::scope::refuse_unknown;
use crate::cli::ui::grid;
use crate::store::{RunObjectRow, RunRow};

/// List the collections, newest first
///
/// A report's `--as-of` shows the newest state that was there at that time: a run's state is there from the moment that
/// it finished.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  seatledger runs --last 5\n  seatledger runs --org acme --json")]
pub(in crate::cli) struct Runs {
    /// Only this org; may be given several times
    #[arg(long, value_name = "ORG")]
    org: Vec<String>,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: u32,
    /// Print one JSON document, with every object of every run
    #[arg(long)]
    json: bool,
}

impl Runs {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let reader = context.reader(&settings.store.path, None)?;
        refuse_unknown(&self.org, &reader, &settings)?;
        let runs = reader.runs(&self.org, self.last)?;
        if self.json {
            let runs: Vec<_> = runs.iter().map(|(run, objects)| document(run, objects)).collect();
            context.print_json(&json!({ "runs": runs }))?;
        } else if runs.is_empty() {
            context.ui.status("No run has been recorded yet.");
        } else {
            context.print(table(&runs))?;
        }
        Ok(Exit::Complete)
    }
}

fn table(runs: &[(RunRow, Vec<RunObjectRow>)]) -> String {
    let rows = runs.iter().map(|(run, objects)| {
        let gaps = objects.iter().filter(|object| object.status != "complete").count();
        vec![
            run.started_at.clone(),
            run.finished_at.clone().unwrap_or_else(|| "-".to_owned()),
            run.org.clone(),
            run.status.clone(),
            counted(run.rows),
            counted(run.api_calls),
            counted(run.retries),
            gaps.to_string(),
            run.error.clone().unwrap_or_default(),
        ]
    });
    grid(
        &["started at", "finished at", "org", "status", "rows#", "api calls#", "retries#", "gaps#", "error"],
        rows,
    )
}

fn document(run: &RunRow, objects: &[RunObjectRow]) -> serde_json::Value {
    let objects: Vec<_> = objects
        .iter()
        .map(|object| {
            json!({
                "object": object.object, "status": object.status, "pages": object.pages, "rows": object.rows,
                "promised_rows": object.promised_rows, "millis": object.millis, "reason": object.reason,
            })
        })
        .collect();
    json!({
        "run_id": run.run_id, "org": run.org, "started_at": run.started_at, "finished_at": run.finished_at,
        "status": run.status, "api_calls": run.api_calls, "bytes": run.bytes, "rows": run.rows,
        "retries": run.retries, "error": run.error, "objects": objects,
    })
}

/// A number that an unfinished run has not counted yet is unknown.
fn counted(number: Option<i64>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}
