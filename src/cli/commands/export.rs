//! `export`: the whole feed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::basis::{Ground, RuleArguments};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::own_files::OwnFiles;
use crate::cli::scope::ScopeArguments;
use crate::export::{
    Feed, FeedFormat, FileEntry, MANIFEST, People, PrivacyKey, Redactions, tables, write_feed,
};
use crate::report::REPORTS;

/// Write the whole feed into a folder, people under pseudonyms
///
/// The folder then holds every report, what the contracts cost as FOCUS data sets, and manifest.json, which names each
/// file with its hash, its rows and its control totals. The manifest is put into its place last, and the files that it
/// names stay as they are until the export after the next: whoever reads it first and then the paths it names never sees
/// half a feed, or two mixed. The names in the folder itself are links to the newest state.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seatledger export feed\n  seatledger export feed --as-of 2026-11-01 --org acme\n  \
                  seatledger export feed --format csv,focus,prometheus"
)]
pub(in crate::cli) struct Export {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rules: RuleArguments,
    /// What it holds [default: csv, and focus when a contract file is configured]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    format: Vec<Format>,
    /// Show people as they are instead of under pseudonyms
    #[arg(long)]
    identify: bool,
    /// What a feed does not have: it is told apart from a mistyped option only to say where it is
    #[arg(long, hide = true)]
    excel: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Every report as CSV
    Csv,
    /// FOCUS 1.4 Cost and Usage and Contract Commitment, with their metadata
    Focus,
    /// Every table also as Parquet
    Parquet,
    /// seatledger.prom for node_exporter's textfile collector
    Prometheus,
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

    /// Checks what can be checked without any data.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.company().is_some() && self.format.contains(&Format::Focus) {
            return Err(Failure::usage("FOCUS files tie to whole invoices, so there are none for one company").hint(
                "leave focus out of --format, or leave --company out; `seatledger report chargeback` has the parts of \
                 each company",
            ));
        }
        if self.excel {
            return Err(Failure::usage("a feed is for programs: its values are exact, and none is changed for Excel")
                .hint("write a report for Excel instead, such as `seatledger report licenses --format csv --excel -o licenses.csv`"));
        }
        Ok(())
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
        let names = tables().into_iter().map(|table| table.file).chain([MANIFEST.to_owned()]);
        let own = OwnFiles::of(&settings, context)?;
        for name in names {
            own.refuse_as_output(&folder.join(name))?;
        }
        let ground = Ground::read(REPORTS, &self.rules, &settings, context)?;
        ground.warn(None, &selection, context);
        let feed = Feed {
            basis: ground.basis(&reader, &selection),
            completeness: &completeness,
            people: &people,
            redactions: Redactions { fields: &context.permission.redactions, key: key.as_ref() },
        };
        let formats = self.formats(&feed)?;
        let pending = write_feed(&folder, &feed, &formats)?;
        pending.manifest().warnings.iter().for_each(|sentence| context.ui.warning(sentence));
        let files = &pending.manifest().files;
        let rows = files.iter().filter_map(|file| file.rows).sum();
        let bytes = files.iter().map(|file| file.bytes).sum();
        context.spent.set(Spent { rows: Some(rows), bytes: Some(bytes), ..Spent::default() });
        let mut sentences: Vec<_> = files.iter().map(|file| sentence(&folder, file)).collect();
        sentences.push(format!("Wrote {}, which names them.", folder.join(MANIFEST).display()));
        context.publish_feed_later(pending, sentences);
        if selection.hides_rest {
            context.ui.status("You may see some companies only.");
        }
        context.warn_of_gaps(&completeness);
        context.warn_of_failed_runs(&reader, &completeness.orgs)?;
        Ok(if completeness.is_complete() { Exit::Complete } else { Exit::Incomplete })
    }

    /// What the feed is to hold.
    fn formats(&self, feed: &Feed<'_>) -> Result<BTreeSet<FeedFormat>, Failure> {
        let has_contracts = feed.basis.books.contracts.is_some();
        let selection = feed.basis.selection;
        let mut formats: BTreeSet<_> = self
            .format
            .iter()
            .map(|format| match format {
                Format::Csv => FeedFormat::Csv,
                Format::Focus => FeedFormat::Focus,
                Format::Parquet => FeedFormat::Parquet,
                Format::Prometheus => FeedFormat::Prometheus,
            })
            .collect();
        if formats.is_empty() {
            formats.insert(FeedFormat::Csv);
            if has_contracts {
                formats.insert(FeedFormat::Focus);
            }
        } else if formats.contains(&FeedFormat::Focus) && !has_contracts {
            return Err(Failure::usage("FOCUS says what contracts cost, and no contract file is configured").hint(
                "name one with `contracts` under [finance]; `seatledger contracts template` writes one to fill in",
            ));
        }
        if selection.is_of_companies() {
            // It tells what the whole org costs.
            formats.remove(&FeedFormat::Focus);
        }
        Ok(formats)
    }
}

fn sentence(folder: &Path, file: &FileEntry) -> String {
    let path = folder.join(&file.name);
    match file.rows {
        None => format!("Wrote {}.", path.display()),
        Some(1) => format!("Wrote 1 row into {}.", path.display()),
        Some(rows) => format!("Wrote {rows} rows into {}.", path.display()),
    }
}
