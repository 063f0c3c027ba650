//! `db`: looking after the database.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::store;

/// Back up or check the database
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger db backup seatledger-2026-11-21.db")]
pub(in crate::cli) struct Db {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Copy the database into a new file, also while a collection runs
    #[command(after_help = "Example:\n  seatledger db backup seatledger-2026-11-21.db")]
    Backup {
        /// The copy; it must not exist yet
        #[arg(value_name = "FILE")]
        copy: PathBuf,
    },
    /// Check every page, index and reference of the database
    #[command(after_help = "Example:\n  seatledger db check")]
    Check,
}

impl Db {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let database = &context.settings()?.store.path;
        match &self.task {
            Task::Backup { copy } => {
                let copy = context.world.absolute(copy);
                store::backup(database, &copy)?;
                let sentence = format!("Copied {} to {}.", database.display(), copy.display());
                context.keep_if_recorded(copy, sentence);
                Ok(Exit::Complete)
            }
            Task::Check => {
                let findings = store::check(database)?;
                if findings.is_empty() {
                    context.ui.status(&format!("{} is sound.", database.display()));
                    return Ok(Exit::Complete);
                }
                let mut failure = Failure::new(Exit::Failed, format!("{} is damaged", database.display()));
                failure.causes = findings;
                Err(failure.hint("restore the newest copy made with `seatledger db backup`"))
            }
        }
    }
}
