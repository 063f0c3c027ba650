//! The options of reports about change and about costs.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::failure::Failure;
use super::scope::instant;
use crate::report::measure::amortization::Spread;
use crate::report::measure::{ChargeBy, Month, UnassignedPool};
use crate::report::{ReportOption, Rules};

/// What is compared, and how costs are charged.
#[derive(Debug, Args)]
pub(super) struct CostArguments {
    /// The earlier time that reports about change compare with: a date or RFC 3339, between the oldest state and the
    /// report's time [default: 30 days before the report's time, or the oldest state where the history begins later]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Option<Timestamp>,
    /// The month that is charged, such as 2026-11 [default: the one that was running just before the report's time]
    #[arg(long, value_name = "MONTH")]
    month: Option<Month>,
    /// What costs are charged by [default: company]
    #[arg(long, value_enum, value_name = "WHAT")]
    by: Option<By>,
    /// Who bears seats that nobody held: central (they stay apart), pro-rata (everybody, by what they hold) or
    /// owner=NAME (this company, department or cost center) [default: central]
    #[arg(long, value_name = "POLICY")]
    pool: Option<UnassignedPool>,
    /// What bears alike of a term's costs [default: months]
    #[arg(long, value_enum, value_name = "WHAT")]
    spread: Option<Bears>,
    /// Seats of each license to keep free when savings at a renewal are counted [default: 0]
    #[arg(long, value_name = "SEATS", value_parser = clap::value_parser!(i64).range(0..))]
    buffer: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// The configured company
    Company,
    /// The department of the user
    Department,
    /// The configured cost center field
    CostCenter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Bears {
    /// Every contract month, booked in the calendar month that it begins in
    Months,
    /// Every day
    Days,
}

impl CostArguments {
    /// The options that are given.
    pub(super) fn given(&self) -> impl Iterator<Item = ReportOption> {
        let options = [
            (ReportOption::Since, self.since.is_some()),
            (ReportOption::Month, self.month.is_some()),
            (ReportOption::By, self.by.is_some()),
            (ReportOption::Pool, self.pool.is_some()),
            (ReportOption::Spread, self.spread.is_some()),
            (ReportOption::Buffer, self.buffer.is_some()),
        ];
        options.into_iter().filter(|(_, is_given)| *is_given).map(|(option, _)| option)
    }

    /// Sets the rules that these options are about.
    ///
    /// # Errors
    /// Costs are to be charged by a field that is not configured.
    pub(super) fn apply(&self, rules: &mut Rules) -> Result<(), Failure> {
        if self.by == Some(By::CostCenter) && rules.cost_center_field.is_none() {
            return Err(Failure::usage(
                "costs cannot be charged by cost center: no field is configured for it",
            )
            .hint("name one of extra_fields as `cost_center_field` under [finance], and collect"));
        }
        rules.since = self.since;
        rules.month = self.month;
        rules.buffer_seats = self.buffer.unwrap_or(rules.buffer_seats);
        rules.charge_by = match self.by.unwrap_or(By::Company) {
            By::Company => ChargeBy::Company,
            By::Department => ChargeBy::Department,
            By::CostCenter => ChargeBy::CostCenter,
        };
        rules.unassigned_pool = self.pool.clone().unwrap_or_default();
        rules.spread = match self.spread.unwrap_or(Bears::Months) {
            Bears::Months => Spread::Equal,
            Bears::Days => Spread::Daily,
        };
        Ok(())
    }
}
