//! `report`: one report, as a table, CSV or JSON.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};

use crate::cli::basis::{Ground, RuleArguments};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::own_files::refuse_as_output;
use crate::cli::scope::ScopeArguments;
use crate::export::{self, Document, People, PrivacyKey, Redactions, write_report, write_report_file};
use crate::report::{REPORTS, Reach, Report, Threshold, Watch};

/// Print a report
#[derive(Debug, Args)]
#[command(after_help = help())]
pub(in crate::cli) struct ReportCommand {
    /// Which report
    #[arg(value_parser = names(), value_name = "REPORT")]
    name: String,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rules: RuleArguments,
    /// How to write it
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// Write into this file, which is replaced whole, instead of standard output, which is also called -
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with exit code 4 when a number meets this condition, such as 'utilization > 95', or when a total is
    /// unknown (3 when the report is incomplete); may be given several times
    #[arg(long, value_name = "MEASURE OP NUMBER")]
    fail_on: Vec<Threshold>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

fn names() -> PossibleValuesParser {
    REPORTS.iter().map(|report| PossibleValue::new(report.id).help(report.description)).into()
}

fn help() -> String {
    let measures = REPORTS.iter().map(|report| {
        let names: Vec<_> = report.measures().map(|column| column.name).collect();
        format!("  {}: {}", report.id, names.join(", "))
    });
    format!(
        "Measures for --fail-on (a column is met by any row, a total by its one number):\n{}\n\n\
         Examples:\n  seatledger report licenses\n  \
         seatledger report users --company 'Acme GmbH' --format csv -o users.csv\n  \
         seatledger report licenses --fail-on 'utilization > 95' --fail-on 'expires_in_days < 30'",
        measures.collect::<Vec<_>>().join("\n")
    )
}

impl ReportCommand {
    /// The company asked for.
    pub(super) fn company(&self) -> Option<&str> {
        self.scope.company.as_deref()
    }

    /// Checks what can be checked without any data.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let report = Report::named(&self.name).ok_or_else(|| Failure::usage("there is no such report"))?;
        Watch::new(report, &self.fail_on).map(|_| ()).map_err(Failure::from)
    }

    /// Whether the report can only be about whole orgs.
    pub(super) fn is_about_whole_orgs(&self) -> bool {
        Report::named(&self.name).is_some_and(|report| report.reach == Reach::WholeOrgs)
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let report = Report::named(&self.name).ok_or_else(|| Failure::usage("there is no such report"))?;
        let mut watch = Watch::new(report, &self.fail_on)?;
        let settings = context.settings()?;
        let output = self.output.as_deref().filter(|path| *path != Path::new("-"));
        let output = output.map(|path| context.world.absolute(path));
        if let Some(path) = &output {
            refuse_as_output(path, &settings)?;
        }
        let reader = context.reader(&settings.store.path, self.scope.as_of)?;
        let (selection, completeness) =
            self.scope.resolve(&reader, &settings, &context.permission.companies)?;
        let completeness = completeness.of(report);
        let ground = Ground::read(&self.rules, &settings, context)?;
        ground.warn(Some(report), &selection, context);
        let basis = ground.basis(&reader, &selection);
        let needs_key = !context.permission.shows_persons || !context.permission.redactions.is_empty();
        let key_file = settings.privacy.key_file.as_ref().filter(|_| needs_key);
        let key = key_file.map(|path| PrivacyKey::read(path, &context.world)).transpose()?;
        let people = match (context.permission.shows_persons, &key) {
            (true, _) => People::Shown,
            (false, Some(key)) => People::Hidden(key.clone()),
            (false, None) => People::Withheld,
        };
        let document = Document {
            report,
            selection: &selection,
            completeness: &completeness,
            people: &people,
            redactions: Redactions { fields: &context.permission.redactions, key: key.as_ref() },
        };
        let format = match self.format {
            Format::Table => {
                let bold_header = output.is_none() && context.ui.styles_data();
                export::Format::Table { bold_header }
            }
            Format::Csv => export::Format::Csv,
            Format::Json => export::Format::Json,
        };
        let written = match &output {
            None => write_report(&document, &basis, format, Some(&mut watch), &mut context.ui.data())?,
            Some(path) => {
                let (written, file) = write_report_file(path, &document, &basis, format, Some(&mut watch))?;
                context.publish_later(file, None);
                written
            }
        };
        context.spent.set(Spent { rows: Some(written.rows), ..Spent::default() });
        // A table says it in its footer.
        if self.format != Format::Table {
            context.warn_of_gaps(&completeness);
        }
        context.warn_of_failed_runs(&reader, &completeness.orgs)?;
        let crossings = watch.finish(&written.totals);
        for crossing in &crossings {
            context.ui.warning(&crossing.to_string());
        }
        Ok(if !completeness.is_complete() {
            Exit::Incomplete
        } else if crossings.is_empty() {
            Exit::Complete
        } else {
            Exit::Threshold
        })
    }
}
