//! `db`: looking after the database.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use crate::base::utc_text;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Failure, RESTORE};
use crate::store;

/// Back up, check or purge the database
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
    /// Forget what is known of people before a time; licenses, counts and runs are kept
    #[command(after_help = "Examples:\n  seatledger db purge --before 2026-05-01 --dry-run\n  \
                            seatledger db purge --before 2026-05-01\n\n\
                            Users, assignments and logins that ended by then leave the file for good; what still held \
                            then\nis kept from then on. Copies made with `db backup` are not touched.")]
    Purge {
        /// A date (its first instant in UTC) or RFC 3339, no later than the newest state
        #[arg(long, value_name = "TIME", value_parser = crate::cli::scope::instant)]
        before: Timestamp,
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
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
            Task::Purge { before, dry_run } => {
                let mut store = store::open_existing(database)?;
                let purged = store.purge(*before, context.world.clock.now(), *dry_run)?;
                let verb = if *dry_run { "Would remove" } else { "Removed" };
                for (table, rows) in &purged.rows {
                    context.ui.status(&format!("{verb} {rows} rows of {table}."));
                }
                context.ui.status(&match (purged.total(), dry_run) {
                    (0, _) => format!("Nothing of people lies before {}.", utc_text(*before)),
                    (_, true) => "Nothing was changed.".to_owned(),
                    (_, false) => format!("Reports reach back to {} from now on.", utc_text(*before)),
                });
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
                Err(failure.hint(RESTORE))
            }
        }
    }
}
