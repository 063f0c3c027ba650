//! `feed`: what a receiver of a feed does.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{BEGIN_AGAIN, Failure};
use crate::export::{Verdict, verify};

/// Check a feed as its receiver does
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger feed verify feed")]
pub(in crate::cli) struct Feed {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Check every file that the manifest names: length, hash, rows, control totals, columns and the rules of FOCUS
    ///
    /// Needs no configuration. Ends with 0 when the feed is whole, 3 when it is whole and says of itself that data is
    /// missing, 1 when it is damaged.
    #[command(after_help = "Examples:\n  seatledger feed verify feed\n  seatledger feed verify feed --json")]
    Verify {
        /// The folder of the feed
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

impl Feed {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let Task::Verify { folder, json } = &self.task;
        let folder = context.world.absolute(folder);
        let verdict = verify(&folder)?;
        if *json {
            context.print_json(&document(&verdict))?;
        }
        let Verdict { manifest, problems, .. } = &verdict;
        if let [first, ..] = problems.as_slice() {
            let more = problems.len() - 1;
            let mut failure =
                Failure::new(Exit::Failed, format!("the feed in {} is damaged", folder.display()));
            failure.causes = match json {
                true if more > 0 => vec![first.clone(), format!("and {more} more")],
                true => vec![first.clone()],
                false => problems.clone(),
            };
            return Err(failure
                .hint("do not use it; have it sent again, or export it again into the same folder")
                .hint(format!("where `export` cannot read it either: {BEGIN_AGAIN}")));
        }
        if !json {
            let rows: u64 = manifest.files.iter().filter_map(|file| file.rows).sum();
            context.print(format!(
                "The feed of {} is whole: {} files, {rows} rows, generation {}.\n",
                manifest.as_of,
                manifest.files.len(),
                manifest.generation
            ))?;
        }
        if manifest.complete {
            return Ok(Exit::Complete);
        }
        context.ui.warning("it says of itself that data is missing");
        manifest.gaps.iter().for_each(|gap| context.ui.warning(gap));
        Ok(Exit::Incomplete)
    }
}

fn document(verdict: &Verdict) -> serde_json::Value {
    let Verdict { manifest, manifest_sha256, problems } = verdict;
    json!({
        "whole": problems.is_empty(), "complete": manifest.complete, "as_of": manifest.as_of,
        "generation": manifest.generation, "manifest_sha256": manifest_sha256, "files": manifest.files.len(),
        "problems": problems, "gaps": manifest.gaps,
    })
}
