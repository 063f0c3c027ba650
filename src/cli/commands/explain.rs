//! `explain`: the records behind one number of a report.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::cli::basis::{Ground, RuleArguments, refuse_unused};
use crate::cli::context::{Context, Spent};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::format::{FormatArguments, FormatName};
use crate::cli::people::Hiding;
use crate::cli::scope::ScopeArguments;
use crate::export::{Document, write_rows};
use crate::report::{EXPLANATION, Question, REPORTS, Reach, Report};

/// List the records behind a number of a report; their amounts add up to it
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    seatledger explain users active_users\n  \
    seatledger explain licenses used_counted --at org=acme --at key=SFDC\n  \
    seatledger explain utilization active --at license=Salesforce --org acme --window 30")]
pub(in crate::cli) struct Explain {
    /// Which report
    #[arg(value_parser = names(), value_name = "REPORT")]
    report: String,
    /// Which number: a total, or a number column of the row that --at selects
    #[arg(value_name = "MEASURE")]
    measure: String,
    /// In the row where this column has this value; may be given several times
    #[arg(long, value_name = "COLUMN=VALUE", value_parser = condition)]
    at: Vec<(String, String)>,
    #[command(flatten)]
    scope: ScopeArguments,
    #[command(flatten)]
    rules: RuleArguments,
    #[command(flatten)]
    format: FormatArguments,
}

fn names() -> PossibleValuesParser {
    REPORTS.iter().map(|report| PossibleValue::new(report.id).help(report.description)).into()
}

fn condition(text: &str) -> Result<(String, String), String> {
    let (column, value) = text.split_once('=').ok_or("write a column and its value, such as key=SFDC")?;
    Ok((column.trim().to_owned(), value.to_owned()))
}

impl Explain {
    /// The company asked for.
    pub(super) fn company(&self) -> Option<&str> {
        self.scope.company.as_deref()
    }

    /// Checks what can be checked without any data.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.format.check()?;
        let (report, _) = self.question()?;
        refuse_unused(report, self.company(), &self.rules)
    }

    /// Whether the report can only be about whole orgs.
    pub(super) fn is_about_whole_orgs(&self) -> bool {
        Report::named(&self.report).is_some_and(|report| report.reach == Reach::WholeOrgs)
    }

    fn question(&self) -> Result<(&'static Report, Question), Failure> {
        let report = Report::named(&self.report).ok_or_else(|| Failure::usage("there is no such report"))?;
        Ok((report, Question::new(report, &self.measure, &self.at)?))
    }

    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let (report, question) = self.question()?;
        let settings = context.settings()?;
        let reader = context.reader(&settings.store.path, self.scope.as_of)?;
        let (selection, completeness) =
            self.scope.resolve(&reader, &settings, &context.permission.companies)?;
        let completeness = completeness.of(report);
        let ground = Ground::read([report], &self.rules, &settings, context)?;
        ground.warn(Some(report), &selection, context);
        let basis = ground.basis(&reader, &selection);
        let hiding = Hiding::permitted(&settings, context)?;
        if let Some(redaction) = context.permission.redactions.fields.first() {
            // A reason could tell what a field is not to tell.
            return Err(Failure::new(
                Exit::Denied,
                format!(
                    "your policy changes the field {}, and an explanation could tell it",
                    redaction.field
                ),
            )
            .hint("ask for the report itself, or explain as someone who may see every field"));
        }
        if question.counts_people() && !context.permission.shows_persons {
            return Err(Failure::new(
                Exit::Denied,
                "this number counts people, and you may not see persons: the records behind it would tell the count of \
                 a small group",
            )
            .hint("ask for `usage.identify` in the policy"));
        }
        let document = Document {
            report: &EXPLANATION,
            selection: &selection,
            completeness: &completeness,
            people: &hiding.people,
            redactions: hiding.redactions(),
            books: basis.books,
        };
        let format = self.format.format(true, &context.ui)?;
        let found = question.find(&basis)?;
        let written = write_rows(&document, format, None, &mut context.ui.data(), |sink| {
            question.answer(&found, &basis, sink)
        })?;
        context.spent.set(Spent { rows: Some(written.rows), ..Spent::default() });
        if self.format.format != FormatName::Table {
            context.warn_of_gaps(&completeness);
        }
        Ok(if completeness.is_complete() { Exit::Complete } else { Exit::Incomplete })
    }
}
