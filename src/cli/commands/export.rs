//! `export`: the feed folder, one CSV file per report.

use std::path::PathBuf;

use clap::Args;

use crate::cli::basis::{Ground, RuleArguments};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::own_files::refuse_as_output;
use crate::cli::scope::ScopeArguments;
use crate::export::{Feed, FeedFile, People, PrivacyKey, Redactions, write_folder};
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
    #[command(flatten)]
    rules: RuleArguments,
    /// Show people as they are instead of under pseudonyms
    #[arg(long)]
    identify: bool,
}

impl Export {
    /// The company asked for.
    pub(super) fn company(&self) -> Option<&str> {
        self.scope.company.as_deref()
    }

    /// Whether people are to be shown as they are.
    pub(super) fn identifies(&self) -> bool {
        self.identify
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let needs_key = !self.identify || !context.permission.redactions.is_empty();
        let key_file = settings.privacy.key_file.as_ref().filter(|_| needs_key);
        let key = key_file.map(|path| PrivacyKey::read(path, &context.world)).transpose()?;
        let people = match (self.identify, &key) {
            (true, _) => People::Shown,
            (false, Some(key)) => People::Hidden(key.clone()),
            (false, None) => {
                return Err(Failure::usage("there is no key for the pseudonyms of people").hint(
                    "name one with `key_file` under [privacy] (`seatledger init` makes one), \
                     or show people as they are with `--identify`",
                ));
            }
        };
        let reader = context.reader(&settings.store.path, self.scope.as_of)?;
        let (selection, completeness) =
            self.scope.resolve(&reader, &settings, &context.permission.companies)?;
        let folder = context.world.absolute(&self.folder);
        for report in REPORTS {
            refuse_as_output(&folder.join(format!("{}.csv", report.id)), &settings)?;
        }
        let ground = Ground::read(&self.rules, &settings, context)?;
        ground.warn(None, &selection, context);
        let feed = Feed {
            basis: ground.basis(&reader, &selection),
            completeness: &completeness,
            people: &people,
            redactions: Redactions { fields: &context.permission.redactions, key: key.as_ref() },
        };
        let files = write_folder(&folder, &feed)?;
        let rows = files.iter().map(|file| file.rows).sum();
        context.spent.set(Spent { rows: Some(rows), ..Spent::default() });
        for FeedFile { file, rows, .. } in files {
            let noun = if rows == 1 { "row" } else { "rows" };
            let sentence = format!("Wrote {rows} {noun} into {}.", file.path().display());
            context.publish_later(file, Some(sentence));
        }
        if selection.hides_rest {
            context
                .ui
                .status("Reports about whole orgs are left out, because you may see some companies only.");
        }
        context.warn_of_gaps(&completeness);
        context.warn_of_failed_runs(&reader, &completeness.orgs)?;
        Ok(if completeness.is_complete() { Exit::Complete } else { Exit::Incomplete })
    }
}
