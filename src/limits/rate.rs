//! The sliding window: one row for each admitted call, so that no window anywhere holds more than its number.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::Doing as _;
use super::{Error, Key, Rate};

/// When the next place becomes free, if none is at `at`.
pub(super) fn full_until(
    transaction: &Transaction<'_>,
    key: &Key,
    rate: Rate,
    at: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let Some(offset) = rate.most.checked_sub(1) else {
        return Ok(Some(after(at, rate)));
    };
    // The call that must leave the window before another may enter.
    let nth_last: Option<i64> = transaction
        .prepare_cached("SELECT at FROM admission WHERE key = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2")
        .and_then(|mut statement| statement.query_row(params![key.0, offset], |row| row.get(0)).optional())
        .doing("counting the calls of the window")?;
    let free_at =
        nth_last.and_then(|at| Timestamp::from_millisecond(at).ok()).map(|nth_last| after(nth_last, rate));
    Ok(free_at.filter(|free_at| *free_at > at))
}

/// Counts a call at `at`, and forgets those that left the window.
pub(super) fn admit(
    transaction: &Transaction<'_>,
    key: &Key,
    rate: Rate,
    at: Timestamp,
) -> Result<i64, Error> {
    let left_by =
        at.as_millisecond().saturating_sub(i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX));
    transaction
        .prepare_cached("DELETE FROM admission WHERE key = ?1 AND at <= ?2")
        .and_then(|mut statement| statement.execute(params![key.0, left_by]))
        .doing("forgetting old calls")?;
    transaction
        .prepare_cached("INSERT INTO admission (key, at) VALUES (?1, ?2)")
        .and_then(|mut statement| statement.insert(params![key.0, at.as_millisecond()]))
        .doing("counting a call")
}

pub(super) fn take_back(transaction: &Transaction<'_>, admission: i64) -> Result<(), Error> {
    transaction
        .execute("DELETE FROM admission WHERE id = ?1", [admission])
        .map(|_| ())
        .doing("taking a call back")
}

fn after(instant: Timestamp, rate: Rate) -> Timestamp {
    let window = SignedDuration::try_from(rate.window).unwrap_or(SignedDuration::MAX);
    instant.checked_add(window).unwrap_or(Timestamp::MAX)
}
