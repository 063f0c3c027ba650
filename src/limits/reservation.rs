//! Asking for a place: the rate and all budgets are decided together.

use std::time::Duration;

use jiff::Timestamp;

use super::{Error, Key, Limits, budget, rate};

/// At most so many calls in any stretch of time of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// The number of calls.
    pub most: u32,
    /// The length of the stretch.
    pub window: Duration,
}

/// At most so much of a unit on a day, which is a day in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget<'a> {
    /// The name under which the unit is counted.
    pub unit: &'a str,
    /// The whole day's allowance.
    pub most: u64,
    /// How much the call may need at most. As much of it as is left is reserved.
    pub wanted: u64,
    /// With less than this the call is useless and is refused.
    pub least: u64,
}

/// What a call asks for.
pub struct Demand<'a> {
    /// The account that is charged.
    pub key: Key,
    /// The rate that applies, if one does: always the same for one account, since only the calls of its window are
    /// kept.
    pub rate: Option<Rate>,
    /// The budgets that apply.
    pub budgets: &'a [Budget<'a>],
}

/// A place that was given. It is charged until [`Limits::settle`] or [`Limits::release`]; a process that dies in
/// between leaves it charged until the day ends.
#[must_use = "a reservation is settled or released"]
#[derive(Debug)]
pub struct Reservation {
    pub(super) key: Key,
    pub(super) admission: Option<i64>,
    pub(super) bucket: String,
    pub(super) granted: Vec<(String, u64)>,
}

impl Reservation {
    /// How much of `unit` was reserved; `None` when no budget of that name applies.
    pub fn granted(&self, unit: &str) -> Option<u64> {
        self.granted.iter().find(|(name, _)| name == unit).map(|(_, amount)| *amount)
    }
}

/// The answer to a [`Demand`].
#[derive(Debug)]
pub enum Verdict {
    /// The call may be made.
    Admitted(Reservation),
    /// Too many calls; nothing was counted.
    RateLimited {
        /// After this time a place becomes free, if nobody else takes it.
        retry_after: Duration,
    },
    /// Too little is left of a unit; nothing was counted.
    BudgetExceeded {
        /// The unit.
        unit: String,
        /// How much is left.
        left: u64,
        /// After this time the next day begins.
        retry_after: Duration,
    },
}

/// How much of a unit is used and reserved on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// The unit.
    pub unit: String,
    /// What settled calls used.
    pub used: u64,
    /// What unsettled calls may still use.
    pub reserved: u64,
}

impl Limits {
    /// Takes a place in the rate and an amount of each budget, all or nothing. A refused call is not counted.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used; the caller refuses.
    pub fn reserve(&mut self, demand: &Demand<'_>, now: Timestamp) -> Result<Verdict, Error> {
        self.decide(now, |transaction, at| {
            if let Some(rate) = demand.rate
                && let Some(free_at) = rate::full_until(transaction, &demand.key, rate, at)?
            {
                return Ok(Verdict::RateLimited { retry_after: until(free_at, now) });
            }
            let bucket = budget::day(at);
            for wanted in demand.budgets {
                let left = budget::left(transaction, &demand.key, wanted, &bucket)?;
                if left < wanted.least {
                    return Ok(Verdict::BudgetExceeded {
                        unit: wanted.unit.to_owned(),
                        left,
                        retry_after: until(budget::next_day(at), now),
                    });
                }
            }
            let mut granted = Vec::with_capacity(demand.budgets.len());
            for wanted in demand.budgets {
                let amount = budget::reserve(transaction, &demand.key, wanted, &bucket)?;
                granted.push((wanted.unit.to_owned(), amount));
            }
            let admission = match demand.rate {
                Some(rate) => Some(rate::admit(transaction, &demand.key, rate, at)?),
                None => None,
            };
            Ok(Verdict::Admitted(Reservation { key: demand.key, admission, bucket, granted }))
        })
    }

    /// Adds to what was reserved of `wanted`'s unit, as much of it as is left; gives what was added. The day that is
    /// charged is the day of the reservation.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used; nothing was added.
    pub fn extend(
        &mut self,
        reservation: &mut Reservation,
        wanted: &Budget<'_>,
        now: Timestamp,
    ) -> Result<u64, Error> {
        let (key, bucket) = (reservation.key, &reservation.bucket);
        let added = self.decide(now, |transaction, _| budget::reserve(transaction, &key, wanted, bucket))?;
        match reservation.granted.iter_mut().find(|(unit, _)| unit == wanted.unit) {
            Some((_, granted)) => *granted += added,
            None => reservation.granted.push((wanted.unit.to_owned(), added)),
        }
        Ok(added)
    }

    /// Replaces what was reserved by what was `used`, which may be more. A unit that is not named used nothing. The
    /// day that is charged is the day of the reservation.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used; the reservation stays charged.
    pub fn settle(
        &mut self,
        reservation: Reservation,
        used: &[(&str, u64)],
        now: Timestamp,
    ) -> Result<(), Error> {
        self.decide(now, |transaction, _| {
            for (unit, granted) in &reservation.granted {
                let used = used.iter().find(|(name, _)| name == unit).map_or(0, |(_, amount)| *amount);
                budget::settle(transaction, &reservation, unit, *granted, used)?;
            }
            Ok(())
        })
    }

    /// Takes the whole reservation back, its place in the rate included: the call was never made.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used; the reservation stays charged.
    pub fn release(&mut self, reservation: Reservation, now: Timestamp) -> Result<(), Error> {
        self.decide(now, |transaction, _| {
            if let Some(admission) = reservation.admission {
                rate::take_back(transaction, admission)?;
            }
            for (unit, granted) in &reservation.granted {
                budget::settle(transaction, &reservation, unit, *granted, 0)?;
            }
            Ok(())
        })
    }

    /// What `key` has used of each unit today.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used.
    pub fn usage(&mut self, key: &Key, now: Timestamp) -> Result<Vec<Usage>, Error> {
        self.decide(now, |transaction, at| budget::usage(transaction, key, &budget::day(at)))
    }
}

/// How long from the machine's own `now` to `instant`: a clock that was set back has that much further to go.
fn until(instant: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(instant.duration_since(now)).unwrap_or_default()
}
