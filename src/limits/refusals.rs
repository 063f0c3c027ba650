//! Keeps a flood of refused calls from filling the disk with records of them.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::error::Doing as _;
use super::{Error, Key, Limits};

/// So many refusals of one caller in a minute are recorded one by one; the rest of that minute is one record.
pub const MOST_REFUSALS_A_MINUTE: i64 = 100;

const MINUTE_MILLISECONDS: i64 = 60_000;

/// What to do about one refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Record it.
    Record,
    /// Do not; it is counted and will come out of [`Limits::summed_refusals`].
    Withhold,
}

/// The refusals of one caller in one minute that were not recorded one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummedRefusals {
    /// Who was refused.
    pub caller: Key,
    /// When the minute began.
    pub minute: Timestamp,
    /// How many refusals.
    pub count: u64,
}

impl Limits {
    /// Counts a refusal of `caller`. All callers that nobody knows share one key, so that inventing names does not
    /// help.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used.
    pub fn count_refusal(&mut self, caller: &Key, now: Timestamp) -> Result<Refusal, Error> {
        self.decide(now, |transaction, at| {
            let seen: i64 = transaction
                .prepare_cached(
                    "INSERT INTO refusal VALUES (?1, ?2, 1, 0)
                     ON CONFLICT DO UPDATE SET seen = seen + 1, withheld = max(0, seen + 1 - ?3)
                     RETURNING seen",
                )
                .and_then(|mut statement| {
                    statement
                        .query_row(params![caller.0, minute_of(at), MOST_REFUSALS_A_MINUTE], |row| row.get(0))
                })
                .doing("counting a refusal")?;
            Ok(if seen > MOST_REFUSALS_A_MINUTE { Refusal::Withhold } else { Refusal::Record })
        })
    }

    /// Takes out the sums of all minutes that are over; each comes out once, and its taker records it.
    ///
    /// # Errors
    /// [`Error`] when the file cannot be used.
    pub fn summed_refusals(&mut self, now: Timestamp) -> Result<Vec<SummedRefusals>, Error> {
        self.decide(now, |transaction, at| take_sums(transaction, minute_of(at)).doing("summing refusals"))
    }
}

fn take_sums(transaction: &Transaction<'_>, before: i64) -> rusqlite::Result<Vec<SummedRefusals>> {
    let mut sums: Vec<SummedRefusals> = transaction
        .prepare("DELETE FROM refusal WHERE minute < ?1 RETURNING caller, minute, withheld")?
        .query_map([before], |row| {
            let minute: i64 = row.get(1)?;
            Ok(SummedRefusals {
                caller: Key(row.get(0)?),
                minute: Timestamp::from_millisecond(minute * MINUTE_MILLISECONDS).unwrap_or_default(),
                count: u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default(),
            })
        })?
        .collect::<Result<_, _>>()?;
    sums.retain(|sum| sum.count > 0);
    sums.sort_by_key(|sum| (sum.minute, sum.caller.0));
    Ok(sums)
}

fn minute_of(at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(MINUTE_MILLISECONDS)
}
