//! The books and rules that reports are made from, as the configuration and the options name them.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::context::Context;
use super::failure::Failure;
use crate::config::Settings;
use crate::report::books::Books;
use crate::report::measure::amortization::Spread;
use crate::report::measure::{ChargeBy, Month, UnassignedPool};
use crate::report::{Basis, Rules};
use crate::store::{Reader, Selection};

/// The options that set the rules of the measures.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Days before the report's time within which a login counts as activity
    #[arg(long, value_name = "DAYS", default_value_t = Rules::default().window_days,
          value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub window: i64,
    /// The earlier time that the state is compared with, by reports about change: a date (its first instant in UTC)
    /// or RFC 3339; the oldest state when the history begins later [default: 30 days before the report's time]
    #[arg(long, value_name = "TIME", value_parser = super::scope::instant)]
    pub since: Option<Timestamp>,
    /// The month whose costs are charged, like 2026-11 [default: the month that was running just before the report's
    /// time]
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// What costs are charged by
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = By::default())]
    pub by: By,
    /// Who bears seats that nobody held: central (they stay apart), pro-rata (everybody, by what they hold) or
    /// owner=NAME (this company, department or cost center)
    #[arg(long, value_name = "POLICY", default_value = "central")]
    pub pool: UnassignedPool,
    /// How the costs of a term are spread over its months: each contract month alike, or each day alike
    #[arg(long, value_enum, value_name = "HOW", default_value_t = SpreadOver::default())]
    pub spread: SpreadOver,
}

/// What costs are charged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum By {
    #[default]
    Company,
    Department,
    CostCenter,
}

/// How the costs of a term are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SpreadOver {
    #[default]
    Equal,
    Daily,
}

/// Books and rules.
pub(super) struct Ground {
    books: Books,
    rules: Rules,
}

impl Ground {
    /// Reads the configured books.
    ///
    /// # Errors
    /// A file cannot be read, or everything that is wrong in it, with its lines.
    pub(super) fn read(
        arguments: &RuleArguments,
        settings: &Settings,
        _context: &Context,
    ) -> Result<Self, Failure> {
        let collectors = settings.orgs.iter().map(|org| (org.id.clone(), org.username.clone())).collect();
        let cost_center_field = settings.finance.cost_center_field.clone();
        if arguments.by == By::CostCenter && cost_center_field.is_none() {
            return Err(Failure::usage("no cost center field is configured")
                .hint("name one of extra_fields as `cost_center_field` under [finance], and collect"));
        }
        let rules = Rules {
            window_days: arguments.window,
            cost_center_field,
            collectors,
            since: arguments.since,
            month: arguments.month,
            charge_by: match arguments.by {
                By::Company => ChargeBy::Company,
                By::Department => ChargeBy::Department,
                By::CostCenter => ChargeBy::CostCenter,
            },
            unassigned_pool: arguments.pool.clone(),
            spread: match arguments.spread {
                SpreadOver::Equal => Spread::Equal,
                SpreadOver::Daily => Spread::Daily,
            },
            ..Rules::default()
        };
        Ok(Self { books: Books::default(), rules })
    }

    /// What a report of these rows is made from.
    pub(super) fn basis<'a>(&'a self, reader: &'a Reader, selection: &'a Selection) -> Basis<'a> {
        Basis { reader, selection, books: &self.books, rules: &self.rules }
    }
}
