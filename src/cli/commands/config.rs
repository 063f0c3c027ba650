//! `config`: what the configuration comes to.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::ui::grid;

/// Show the configuration
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger config show")]
pub(in crate::cli) struct Config {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Print every value and where it comes from, without secrets
    #[command(after_help = "Example:\n  seatledger config show --json")]
    Show {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

impl Config {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let Task::Show { json } = self.task;
        let settings = context.settings()?;
        let shown = &settings.shown;
        if json {
            let values: Vec<_> = shown
                .iter()
                .map(|shown| json!({"key": shown.key, "value": shown.value, "origin": shown.origin.to_string()}))
                .collect();
            context.print_json(&json!({ "values": values }))?;
        } else {
            let rows = shown.iter().map(|shown| {
                let value = shown.value.as_deref().or(shown.without).unwrap_or_default();
                vec![shown.key.clone(), value.to_owned(), shown.origin.to_string()]
            });
            context.print(grid(&["key", "value", "origin"], rows))?;
        }
        Ok(Exit::Complete)
    }
}
