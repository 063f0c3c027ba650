//! The books and rules that reports are made from, as the configuration and the options name them.

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::books;
use super::context::Context;
use super::costs::CostArguments;
use super::failure::Failure;
use super::scope::instant;
use crate::config::Settings;
use crate::report::books::{Book, Books};
use crate::report::{Basis, Report, ReportOption, Rules};
use crate::store::{Reader, Selection};

/// The options that set the rules of the measures.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Days before the report's time within which a login counts as activity [default: 90]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub window: Option<i64>,
    /// Contracts as they were known at this time: a date or RFC 3339 [default: all that is recorded]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub known_on: Option<Timestamp>,
    /// Estimate the price of a seat without a contract line in force by the list price of the license's line that ended
    /// last, else of the one that begins next
    #[arg(long)]
    pub assume_list: bool,
    #[command(flatten)]
    pub costs: CostArguments,
}

impl RuleArguments {
    /// The options that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = ReportOption> {
        let own = [
            (ReportOption::Window, self.window.is_some()),
            (ReportOption::KnownOn, self.known_on.is_some()),
            (ReportOption::AssumeList, self.assume_list),
        ];
        let own = own.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option);
        own.chain(self.costs.given())
    }
}

/// Refuses options that `report` has no use for: its numbers would not be those that were asked for.
///
/// # Errors
/// The first of them, with the reports that take it.
pub(super) fn refuse_unused(
    report: &Report,
    company: Option<&str>,
    rules: &RuleArguments,
) -> Result<(), Failure> {
    let company = company.map(|_| ReportOption::Company);
    let Some(unused) = company.into_iter().chain(rules.given()).find(|option| !report.takes(*option)) else {
        return Ok(());
    };
    let takers: Vec<_> = unused.takers().map(|report| report.id).collect();
    let about =
        if unused == ReportOption::Company { "is always about whole orgs and takes" } else { "takes" };
    Err(Failure::usage(format!("report `{}` {about} no {}", report.id, unused.flag())).hint(format!(
        "leave it out; {} is for {}",
        unused.flag(),
        takers.join(", ")
    )))
}

/// Says which of several reports a company does not narrow.
pub(super) fn tell_of_whole_orgs<'a>(
    reports: impl Iterator<Item = &'a Report>,
    company: Option<&str>,
    selection: &Selection,
    context: &Context,
) {
    let whole: Vec<_> =
        reports.filter(|report| !report.takes(ReportOption::Company)).map(|report| report.id).collect();
    if company.is_some() && !selection.hides_rest {
        let whole = whole.join(", ");
        context.ui.status(&format!("These are about whole orgs all the same: {whole}."));
    }
}

/// Books and rules.
pub(super) struct Ground {
    books: Books,
    rules: Rules,
}

impl Ground {
    /// Reads the configured books that any of `reports` goes by: what is wrong with another is no concern of theirs.
    ///
    /// # Errors
    /// A file cannot be read, or everything that is wrong in it, with its lines.
    pub(super) fn read<'a>(
        reports: impl IntoIterator<Item = &'a Report>,
        arguments: &RuleArguments,
        settings: &Settings,
        context: &Context,
    ) -> Result<Self, Failure> {
        let finance = &settings.finance;
        let reports: Vec<_> = reports.into_iter().collect();
        let mut books = Books::default();
        for book in Book::ALL {
            if reports.iter().any(|report| report.reads(book)) {
                books::add(&mut books, book, settings, context)?;
            }
        }
        if let Some(time) = arguments.known_on {
            books.contracts = books.contracts.map(|contracts| contracts.known_on(time));
        }
        let mut rules = Rules {
            window_days: arguments.window.unwrap_or(Rules::default().window_days),
            grace_days: finance.grace_days,
            assume_list: arguments.assume_list,
            known_on: arguments.known_on,
            smallest_group: settings.privacy.smallest_group,
            cost_center_field: finance.cost_center_field.clone(),
            collectors: settings.orgs.iter().map(|org| (org.id.clone(), org.username.clone())).collect(),
            ..Rules::default()
        };
        arguments.costs.apply(&mut rules)?;
        Ok(Self { books, rules })
    }

    /// What a report of these rows is made from.
    pub(super) fn basis<'a>(&'a self, reader: &'a Reader, selection: &'a Selection) -> Basis<'a> {
        Basis { reader, selection, books: &self.books, rules: &self.rules }
    }

    /// Says what the books lack for this report; `None` for all reports together.
    pub(super) fn warn(&self, report: Option<&Report>, selection: &Selection, context: &Context) {
        let is_one_of = |ids: &[&str]| report.is_some_and(|report| ids.contains(&report.id));
        let needs_contracts = is_one_of(MADE_OF_CONTRACTS) || self.rules.assume_list;
        if needs_contracts && self.books.contracts.is_none() {
            context.ui.warning(
                "no contracts are configured, so seats under contract and prices are unknown; name a file with \
                 `contracts` under [finance] (`seatledger contracts template` writes one to start from)",
            );
        }
        if report.is_some() && !is_one_of(MADE_WITH_EXEMPTIONS) {
            return;
        }
        let Some(exemptions) = &self.books.exemptions else { return };
        let today = selection.as_of.to_zoned(TimeZone::UTC).date();
        let expired: Vec<_> = exemptions.expired(today).map(|one| one.file_line.to_string()).collect();
        if !expired.is_empty() {
            context.ui.warning(&format!(
                "exemptions that expired before {today} are ignored: line {} of the file",
                expired.join(", ")
            ));
        }
    }
}

/// Reports that say next to nothing without contracts.
const MADE_OF_CONTRACTS: &[&str] = &["renewals", "true-up", "chargeback", "savings"];

/// Reports in which an exemption changes what is said of a holder.
const MADE_WITH_EXEMPTIONS: &[&str] = &["reclaimable", "savings"];
