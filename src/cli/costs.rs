//! The options of reports about change and about costs.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::failure::Failure;
use super::scope::instant;
use crate::report::Rules;
use crate::report::measure::amortization::Spread;
use crate::report::measure::{ChargeBy, Month, UnassignedPool};

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
    /// What costs are charged by
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = By::Company)]
    by: By,
    /// Who bears seats that nobody held: central (they stay apart), pro-rata (everybody, by what they hold) or
    /// owner=NAME (this company, department or cost center)
    #[arg(long, value_name = "POLICY", default_value = "central")]
    pool: UnassignedPool,
    /// What bears alike of a term's costs
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = Bears::Months)]
    spread: Bears,
    /// Seats of each license to keep free when savings at a renewal are counted
    #[arg(long, value_name = "SEATS", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    buffer: i64,
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
    /// Sets the rules that these options are about.
    ///
    /// # Errors
    /// Costs are to be charged by a field that is not configured.
    pub(super) fn apply(&self, rules: &mut Rules) -> Result<(), Failure> {
        if self.by == By::CostCenter && rules.cost_center_field.is_none() {
            return Err(Failure::usage(
                "costs cannot be charged by cost center: no field is configured for it",
            )
            .hint("name one of extra_fields as `cost_center_field` under [finance], and collect"));
        }
        rules.since = self.since;
        rules.month = self.month;
        rules.buffer_seats = self.buffer;
        rules.charge_by = match self.by {
            By::Company => ChargeBy::Company,
            By::Department => ChargeBy::Department,
            By::CostCenter => ChargeBy::CostCenter,
        };
        rules.unassigned_pool = self.pool.clone();
        rules.spread = match self.spread {
            Bears::Months => Spread::Equal,
            Bears::Days => Spread::Daily,
        };
        Ok(())
    }
}
