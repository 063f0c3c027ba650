//! What the policy's limits ask of one operation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::request::Unit;
use crate::audit;
use crate::limits::{Budget, Demand, Key, Limits, Rate, Refusal, Reservation, SummedRefusals, Verdict};
use crate::policy::{Denial, LimitRules, Tier, reason};

/// Beside the journal, so that whoever protects one protects both.
pub(super) fn limits_path(journal: &Path) -> PathBuf {
    journal.with_file_name("limits.db")
}

/// A place in the rate and a part of each budget, or nothing when no limit is set.
pub(super) struct Reserved(Option<(Limits, Reservation)>);

impl Reserved {
    pub(super) fn new(
        path: &Path,
        rules: Option<&LimitRules>,
        tier: Tier,
        key: Key,
        spends: &[Unit],
        now: Timestamp,
    ) -> Result<Self, Denial> {
        let Some(rules) = rules else { return Ok(Self(None)) };
        let rate = rules.rate_of(tier);
        let budgets: Vec<_> = spends
            .iter()
            .filter_map(|unit| {
                let most = daily(rules, *unit)?;
                Some(Budget { unit: unit.name(), most, wanted: most, least: 1 })
            })
            .collect();
        if rate.is_none() && budgets.is_empty() {
            return Ok(Self(None));
        }
        let rate =
            rate.map(|rate| Rate { most: rate.max, window: Duration::from_secs(rate.window_s.into()) });
        let unavailable = |error: crate::limits::Error| {
            tracing::debug!("limits: {error}");
            denial("limits_unavailable", error.to_string())
        };
        let mut limits = Limits::open(path).map_err(unavailable)?;
        let demand = Demand { key, rate, budgets: &budgets };
        match limits.reserve(&demand, now).map_err(unavailable)? {
            Verdict::Admitted(reservation) => Ok(Self(Some((limits, reservation)))),
            Verdict::RateLimited { retry_after } => {
                Err(denial("rate_limited", format!("again in {} s", retry_after.as_secs() + 1)))
            }
            Verdict::BudgetExceeded { unit, .. } => Err(denial("budget_exceeded", unit)),
        }
    }

    /// How much of `unit` may be spent; `None` without a budget of it.
    pub(super) fn granted(&self, unit: Unit) -> Option<u64> {
        self.0.as_ref().and_then(|(_, reservation)| reservation.granted(unit.name()))
    }

    /// Charges what was used. What cannot be charged stays reserved, which is the safe side.
    pub(super) fn settle(self, outcome: &audit::Outcome, now: Timestamp) {
        let Some((mut limits, reservation)) = self.0 else { return };
        let used = [
            (Unit::ApiCalls.name(), outcome.api_calls.unwrap_or_default()),
            (Unit::Rows.name(), outcome.rows.unwrap_or_default()),
            (Unit::Bytes.name(), outcome.bytes.unwrap_or_default()),
        ];
        if let Err(error) = limits.settle(reservation, &used, now) {
            tracing::warn!("{error}; what was reserved stays charged until the day ends");
        }
    }

    /// Gives everything back: nothing was done.
    pub(super) fn release(self, now: Timestamp) {
        let Some((mut limits, reservation)) = self.0 else { return };
        if let Err(error) = limits.release(reservation, now) {
            tracing::warn!("{error}; what was reserved stays charged until the day ends");
        }
    }
}

/// Whether a refusal is recorded by itself, and the refusals of past minutes that were only counted. When the counts
/// cannot be reached, everything is recorded.
pub(super) fn count_refusal(path: &Path, key: &Key, now: Timestamp) -> (Refusal, Vec<SummedRefusals>) {
    let counted = Limits::open(path).and_then(|mut limits| {
        let sums = limits.summed_refusals(now)?;
        Ok((limits.count_refusal(key, now)?, sums))
    });
    counted.unwrap_or((Refusal::Record, Vec::new()))
}

fn daily(rules: &LimitRules, unit: Unit) -> Option<u64> {
    match unit {
        Unit::ApiCalls => rules.daily_api_calls,
        Unit::Rows => rules.daily_rows,
        Unit::Bytes => rules.daily_bytes,
    }
}

/// A refusal for the reason of this code.
pub(super) fn denial(code: &str, detail: impl Into<String>) -> Denial {
    Denial::new(reason(code).expect("every code used by the guard is in the table of reasons"), detail)
}
