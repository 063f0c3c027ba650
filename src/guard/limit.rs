//! What the policy's limits ask of one operation.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::request::Unit;
use crate::audit;
use crate::base::Clock;
use crate::limits::{
    Budget, Demand, Error, Key, Limits, Rate, Refusal, Reservation, SummedRefusals, Verdict,
};
use crate::policy::{Denial, LimitRules, Tier, reason};

/// An operation reserves this share of a day's budget at a time, so that several can go on side by side, and what a
/// killed one leaves reserved is little.
const SHARES_OF_A_DAY: u64 = 20;

/// The counts of this installation, opened when they are first needed and kept open. They stand beside the journal, so
/// that whoever protects one protects both.
pub(super) struct Counts {
    path: PathBuf,
    open: Mutex<Option<Limits>>,
}

impl Counts {
    pub(super) fn beside(journal: &Path) -> Self {
        Self { path: Self::path_beside(journal), open: Mutex::default() }
    }

    pub(super) fn path_beside(journal: &Path) -> PathBuf {
        journal.with_file_name("limits.db")
    }

    fn with<T>(&self, ask: impl FnOnce(&mut Limits) -> Result<T, Error>) -> Result<T, Error> {
        let mut open = locked(&self.open);
        let limits = match &mut *open {
            Some(limits) => limits,
            closed => closed.insert(Limits::open(&self.path)?),
        };
        ask(limits)
    }

    /// Whether a refusal is recorded by itself, and the refusals of past minutes that were only counted. When the
    /// counts cannot be reached, everything is recorded.
    pub(super) fn count_refusal(&self, key: &Key, now: Timestamp) -> (Refusal, Vec<SummedRefusals>) {
        let counted = self.with(|limits| {
            let sums = limits.summed_refusals(now)?;
            Ok((limits.count_refusal(key, now)?, sums))
        });
        counted.unwrap_or((Refusal::Record, Vec::new()))
    }
}

/// A place in the rate, and what an operation pays from: of each budget a share, and another whenever that is used up
/// and the day has one left. Threads may pay side by side.
#[derive(Clone)]
pub struct Purse(Arc<Inside>);

struct Inside {
    counts: Arc<Counts>,
    clock: Arc<dyn Clock>,
    paid: Mutex<Paid>,
}

struct Paid {
    /// Nothing once it is settled or given back.
    reservation: Option<Reservation>,
    budgets: Vec<Account>,
}

/// One budget.
struct Account {
    unit: Unit,
    /// The whole day's allowance.
    most: u64,
    used: u64,
}

impl Purse {
    /// Reserves a place in the rate and the first share of each budget; nothing when no limit is set.
    pub(super) fn reserve(
        counts: &Arc<Counts>,
        rules: Option<&LimitRules>,
        tier: Tier,
        key: Key,
        spends: &[Unit],
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<Self>, Denial> {
        let Some(rules) = rules else { return Ok(None) };
        let rate = rules.rate_of(tier);
        let rate =
            rate.map(|rate| Rate { most: rate.max, window: Duration::from_secs(rate.window_s.into()) });
        let accounts = spends.iter().filter_map(|unit| {
            let most = daily(rules, *unit)?;
            Some(Account { unit: *unit, most, used: 0 })
        });
        let budgets: Vec<_> = accounts.collect();
        if rate.is_none() && budgets.is_empty() {
            return Ok(None);
        }
        let wanted: Vec<_> = budgets.iter().map(|account| account.asking_for(0)).collect();
        let demand = Demand { key, rate, budgets: &wanted };
        let verdict = counts.with(|limits| limits.reserve(&demand, clock.now())).map_err(|error| {
            tracing::debug!("limits: {error}");
            denial("limits_unavailable", error.to_string())
        })?;
        match verdict {
            Verdict::Admitted(reservation) => Ok(Some(Self(Arc::new(Inside {
                counts: Arc::clone(counts),
                clock: Arc::clone(clock),
                paid: Mutex::new(Paid { reservation: Some(reservation), budgets }),
            })))),
            Verdict::RateLimited { retry_after } => {
                Err(denial("rate_limited", format!("again in {} s", retry_after.as_secs() + 1)))
            }
            Verdict::BudgetExceeded { unit, .. } => Err(denial("budget_exceeded", unit)),
        }
    }

    /// Takes one request, unless the day's requests or bytes are used up.
    ///
    /// # Errors
    /// The name of what is used up; nothing was taken.
    pub fn take_request(&self) -> Result<(), &'static str> {
        let mut paid = locked(&self.0.paid);
        // How long an answer is shows when it is there, so another is asked for while a byte is left.
        if !self.has(&mut paid, Unit::Bytes, 1) {
            return Err(Unit::Bytes.name());
        }
        if !self.has(&mut paid, Unit::ApiCalls, 1) {
            return Err(Unit::ApiCalls.name());
        }
        paid.charge(Unit::ApiCalls, 1);
        Ok(())
    }

    /// Takes bytes that were received.
    pub fn take_bytes(&self, bytes: u64) {
        locked(&self.0.paid).charge(Unit::Bytes, bytes);
    }

    /// How much is reserved of each budget.
    pub(super) fn reserved(&self) -> Vec<(Unit, u64)> {
        let paid = locked(&self.0.paid);
        paid.budgets.iter().map(|account| (account.unit, paid.granted(account.unit))).collect()
    }

    /// How much was taken of `unit`; `None` without a budget of it.
    pub(super) fn used(&self, unit: Unit) -> Option<u64> {
        locked(&self.0.paid).budgets.iter().find(|account| account.unit == unit).map(|account| account.used)
    }

    /// Takes `rows` that are about to leave, unless the day has fewer left; whether it had.
    pub(super) fn take_rows(&self, rows: u64) -> bool {
        let mut paid = locked(&self.0.paid);
        let has = self.has(&mut paid, Unit::Rows, rows);
        if has {
            paid.charge(Unit::Rows, rows);
        }
        has
    }

    /// Charges what was used, which may be more than was reserved. What cannot be charged stays reserved, which is the
    /// safe side.
    pub(super) fn settle(&self, outcome: &audit::Outcome) {
        let used = [
            (Unit::ApiCalls.name(), outcome.api_calls.unwrap_or_default()),
            (Unit::Rows.name(), outcome.rows.unwrap_or_default()),
            (Unit::Bytes.name(), outcome.bytes.unwrap_or_default()),
        ];
        self.give_up(|limits, reservation, now| limits.settle(reservation, &used, now));
    }

    /// Gives everything back: nothing was done.
    pub(super) fn release(&self) {
        self.give_up(|limits, reservation, now| limits.release(reservation, now));
    }

    fn give_up(&self, end: impl FnOnce(&mut Limits, Reservation, Timestamp) -> Result<(), Error>) {
        let Some(reservation) = locked(&self.0.paid).reservation.take() else { return };
        let now = self.0.clock.now();
        if let Err(error) = self.0.counts.with(|limits| end(limits, reservation, now)) {
            tracing::warn!("{error}; what was reserved stays charged until the day ends");
        }
    }

    /// Whether `amount` more of `unit` can be taken, after reserving more of it if need be. Without a budget it can.
    fn has(&self, paid: &mut Paid, unit: Unit, amount: u64) -> bool {
        let Some(account) = paid.budgets.iter().find(|account| account.unit == unit) else { return true };
        let granted = paid.granted(unit);
        let missing = account.used.saturating_add(amount).saturating_sub(granted);
        if missing == 0 {
            return true;
        }
        let Some(reservation) = &mut paid.reservation else { return false };
        let budget = account.asking_for(missing);
        let extended = self.0.counts.with(|limits| limits.extend(reservation, &budget, self.0.clock.now()));
        extended.is_ok_and(|added| added >= missing)
    }
}

impl Paid {
    fn granted(&self, unit: Unit) -> u64 {
        self.reservation.as_ref().and_then(|reservation| reservation.granted(unit.name())).unwrap_or_default()
    }

    fn charge(&mut self, unit: Unit, amount: u64) {
        if let Some(account) = self.budgets.iter_mut().find(|account| account.unit == unit) {
            account.used = account.used.saturating_add(amount);
        }
    }
}

impl Account {
    /// A share, or `missing` when that is more.
    fn asking_for(&self, missing: u64) -> Budget<'static> {
        let share = self.most.div_ceil(SHARES_OF_A_DAY);
        Budget { unit: self.unit.name(), most: self.most, wanted: share.max(missing), least: 1 }
    }
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

/// A thread that panicked while it held the lock leaves counts that are whole: each is written in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
