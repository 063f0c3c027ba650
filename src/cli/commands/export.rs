//! `export`: the feed folder, one CSV file per report.

use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::own_files::refuse_as_output;
use crate::cli::scope::ScopeArguments;
use crate::export::{People, PrivacyKey, write_folder};
use crate::report::REPORTS;

/// Write every report as CSV into a folder, people under pseudonyms
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seatledger export feed\n  seatledger export feed --as-of 2026-11-01 --org acme"
)]
pub(in crate::cli) struct Export {
    /// The folder; each file in it is replaced whole
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    scope: ScopeArguments,
    /// Show people as they are instead of under pseudonyms
    #[arg(long)]
    identify: bool,
}

impl Export {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let people = match (self.identify, &settings.privacy.key_file) {
            (true, _) => People::Shown,
            (false, Some(path)) => People::Hidden(PrivacyKey::read(path, &context.world)?),
            (false, None) => {
                return Err(Failure::usage("there is no key for the pseudonyms of people").hint(
                    "name one with `key_file` under [privacy] (`seatledger init` makes one), \
                     or show people as they are with `--identify`",
                ));
            }
        };
        let reader = context.reader(&settings.store.path, self.scope.as_of)?;
        let (selection, completeness) = self.scope.resolve(&reader, &settings)?;
        let folder = context.world.absolute(&self.folder);
        for report in REPORTS {
            refuse_as_output(&folder.join(format!("{}.csv", report.id)), &settings)?;
        }
        let files = write_folder(&folder, &reader, &selection, &completeness, &people)?;
        for file in files {
            let rows = if file.rows == 1 { "row" } else { "rows" };
            context.ui.status(&format!("Wrote {} {rows} into {}.", file.rows, file.path.display()));
        }
        context.warn_of_gaps(&completeness);
        context.warn_of_failed_runs(&reader, &completeness.orgs)?;
        Ok(if completeness.is_complete() { Exit::Complete } else { Exit::Incomplete })
    }
}
