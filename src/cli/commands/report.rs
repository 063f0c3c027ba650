//! `report`: one report in any format, or the overview of several as a page.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::cli::basis::{Ground, RuleArguments, refuse_unused, tell_of_whole_orgs};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArguments, FormatName};
use crate::cli::own_files::OwnFiles;
use crate::cli::people::Hiding;
use crate::cli::scope::ScopeArguments;
use crate::export::{
    Document, Feed, FileError, Redactions, overview_reports, write_overview, write_overview_file,
    write_report, write_report_file,
};
use crate::report::{self, Completeness, REPORTS, Reach, Report, Threshold, Watch};

/// The word for several reports on one page.
const OVERVIEW: &str = "overview";

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
    #[command(flatten)]
    format: FormatArguments,
    /// Write into this file, which is replaced whole, instead of standard output, which is also called -
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// End with exit code 4 when a number meets this condition, such as 'user_utilization_percent > 95', or when a total is
    /// unknown (3 when the report is incomplete); may be given several times
    #[arg(long, value_name = "MEASURE OP NUMBER")]
    fail_on: Vec<Threshold>,
}

fn names() -> PossibleValuesParser {
    let reports = REPORTS.iter().map(|report| PossibleValue::new(report.id).help(report.description));
    let overview = PossibleValue::new(OVERVIEW)
        .help("The reports a manager reads first, as one html page without names of people");
    reports.chain([overview]).collect::<Vec<_>>().into()
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
         seatledger report licenses --format csv --excel --locale de -o licenses.csv\n  \
         seatledger report overview --format html -o report.html\n  \
         seatledger report licenses --fail-on 'user_utilization_percent > 95' --fail-on 'expires_in_days < 30'",
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
        self.format.check()?;
        match self.report()? {
            Some(report) => {
                refuse_unused(report, self.company(), &self.rules)?;
                Watch::new(report, &self.fail_on).map(|_| ()).map_err(Failure::from)
            }
            None if self.format.format != FormatName::Html => Err(Failure::usage(format!(
                "the overview is a page of several reports: it exists as html only, not as {}",
                self.format.format.word()
            ))
            .hint("add --format html, or name one report, such as `seatledger report utilization`, for the others")),
            None if !self.fail_on.is_empty() => {
                Err(Failure::usage("the overview has no measures of its own")
                    .hint("use --fail-on with one of its reports"))
            }
            None => Ok(()),
        }
    }

    /// Whether the report can only be about whole orgs.
    pub(super) fn is_about_whole_orgs(&self) -> bool {
        Report::named(&self.name).is_some_and(|report| report.reach == Reach::WholeOrgs)
    }

    /// The report asked for; `None` for the overview.
    fn report(&self) -> Result<Option<&'static Report>, Failure> {
        match Report::named(&self.name) {
            None if self.name == OVERVIEW => Ok(None),
            None => Err(Failure::usage("there is no such report")),
            found => Ok(found),
        }
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let report = self.report()?;
        let settings = context.settings()?;
        let output = self.output.as_deref().filter(|path| *path != Path::new("-"));
        let output = output.map(|path| context.world.absolute(path));
        if let Some(path) = &output {
            OwnFiles::of(&settings, context)?.refuse_as_output(path)?;
        }
        let reader = context.reader(&settings.store.path, self.scope.as_of)?;
        let (selection, completeness) =
            self.scope.resolve(&reader, &settings, &context.permission.companies)?;
        let ground = match report {
            Some(report) => Ground::read([report], &self.rules, &settings, context)?,
            None => Ground::read(overview_reports(), &self.rules, &settings, context)?,
        };
        ground.warn(report, &selection, context);
        if report.is_none() {
            tell_of_whole_orgs(overview_reports(), self.company(), &selection, context);
        }
        // The overview is made to be passed on.
        let hiding = match report {
            Some(_) => Hiding::permitted(&settings, context)?,
            None => Hiding::everyone(&settings, context)?,
        };
        let completeness = report.map_or(completeness.clone(), |report| completeness.of(report));
        let made_from = Feed {
            basis: ground.basis(&reader, &selection),
            completeness: &completeness,
            people: &hiding.people,
            redactions: hiding.redactions(),
        };
        let is_over = match report {
            Some(report) => self.write(report, &made_from, output.as_deref(), context)?,
            None => write_the_overview(&made_from, output.as_deref(), context)?,
        };
        // A table says it in its footer.
        if self.format.format != FormatName::Table {
            context.warn_of_gaps(&completeness);
        }
        context.warn_of_failed_runs(&reader, &completeness.orgs)?;
        reader.close();
        Ok(exit(&completeness, is_over))
    }

    /// Writes one report; whether a threshold was crossed.
    fn write(
        &self,
        report: &'static Report,
        made_from: &Feed<'_>,
        output: Option<&Path>,
        context: &Context,
    ) -> Result<bool, Failure> {
        let Feed { basis, completeness, people, redactions } = made_from;
        let mut watch = Watch::new(report, &self.fail_on)?;
        let document = Document {
            report,
            selection: basis.selection,
            completeness,
            people,
            redactions: *redactions,
            books: basis.books,
        };
        let format = self.format.format(output.is_none(), &context.ui)?;
        let written = match output {
            None => write_report(&document, basis, format, Some(&mut watch), &mut context.ui.data())
                .map_err(|error| with_nearest_owner(error, *redactions))?,
            Some(path) => {
                let written = write_report_file(path, &document, basis, format, Some(&mut watch));
                let (written, file) = written.map_err(|error| match error {
                    FileError::Rows { source, .. } if source.is_about_the_question() => {
                        with_nearest_owner(source, *redactions)
                    }
                    error => error.into(),
                })?;
                context.publish_later(file, None);
                written
            }
        };
        context.spent.set(Spent { rows: Some(written.rows), ..Spent::default() });
        for threshold in watch.unseen() {
            context.ui.warning(&format!(
                "the threshold `{threshold}` could not be compared: its column is empty in all {} rows",
                written.rows
            ));
        }
        let crossings = watch.finish(&written.totals);
        crossings.iter().for_each(|crossing| context.ui.warning(&crossing.to_string()));
        Ok(!crossings.is_empty())
    }
}

/// Says whom `--pool` probably means, unless a policy changes what names are shown.
fn with_nearest_owner(error: report::Error, redactions: Redactions<'_>) -> Failure {
    let nearest = match &error {
        report::Error::UnknownOwner { nearest, .. } if redactions.fields.is_empty() => nearest.clone(),
        _ => None,
    };
    let failure = Failure::from(error);
    match nearest {
        Some(name) => failure.hint(format!("`{name}` is probably meant")),
        None => failure,
    }
}

/// Writes the overview, which crosses no threshold.
fn write_the_overview(
    made_from: &Feed<'_>,
    output: Option<&Path>,
    context: &Context,
) -> Result<bool, Failure> {
    let rows = match output {
        None => write_overview(made_from, &mut context.ui.data())?,
        Some(path) => {
            let (rows, file) = write_overview_file(path, made_from)?;
            context.publish_later(file, None);
            rows
        }
    };
    context.spent.set(Spent { rows: Some(rows), ..Spent::default() });
    Ok(false)
}

fn exit(completeness: &Completeness, is_over: bool) -> Exit {
    if !completeness.is_complete() {
        Exit::Incomplete
    } else if is_over {
        Exit::Threshold
    } else {
        Exit::Complete
    }
}
