//! What is left of a day's allowance.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::error::Doing as _;
use super::{Budget, Error, Key, Reservation, Usage};

/// Days are kept this long after they ended, for whoever wants to look.
const KEPT_DAYS: i64 = 31;

/// `YYYY-MM-DD` in UTC.
pub(super) fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// The first instant of the next day in UTC.
pub(super) fn next_day(at: Timestamp) -> Timestamp {
    at.to_zoned(TimeZone::UTC)
        .tomorrow()
        .and_then(|tomorrow| tomorrow.start_of_day())
        .map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

pub(super) fn left(
    transaction: &Transaction<'_>,
    key: &Key,
    budget: &Budget<'_>,
    bucket: &str,
) -> Result<u64, Error> {
    let taken: Option<i64> = transaction
        .prepare_cached("SELECT used + reserved FROM usage WHERE key = ?1 AND unit = ?2 AND bucket = ?3")
        .and_then(|mut statement| {
            statement.query_row(params![key.0, budget.unit, bucket], |row| row.get(0)).optional()
        })
        .doing("reading a budget")?;
    Ok(budget.most.saturating_sub(unsigned(taken.unwrap_or_default())))
}

/// Reserves as much as is wanted and left; gives the amount.
pub(super) fn reserve(
    transaction: &Transaction<'_>,
    key: &Key,
    budget: &Budget<'_>,
    bucket: &str,
) -> Result<u64, Error> {
    let amount = left(transaction, key, budget, bucket)?.min(budget.wanted);
    transaction
        .prepare_cached(
            "INSERT INTO usage (key, unit, bucket, reserved) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET reserved = reserved + excluded.reserved",
        )
        .and_then(|mut statement| statement.execute(params![key.0, budget.unit, bucket, signed(amount)]))
        .doing("reserving of a budget")?;
    forget_old_days(transaction, bucket)?;
    Ok(amount)
}

pub(super) fn settle(
    transaction: &Transaction<'_>,
    reservation: &Reservation,
    unit: &str,
    granted: u64,
    used: u64,
) -> Result<(), Error> {
    transaction
        .prepare_cached(
            "UPDATE usage SET reserved = reserved - ?4, used = used + ?5
             WHERE key = ?1 AND unit = ?2 AND bucket = ?3",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                reservation.key.0,
                unit,
                reservation.bucket,
                signed(granted),
                signed(used)
            ])
        })
        .map(|_| ())
        .doing("settling a budget")
}

pub(super) fn usage(transaction: &Transaction<'_>, key: &Key, bucket: &str) -> Result<Vec<Usage>, Error> {
    transaction
        .prepare("SELECT unit, used, reserved FROM usage WHERE key = ?1 AND bucket = ?2 ORDER BY unit")
        .and_then(|mut statement| {
            statement
                .query_map(params![key.0, bucket], |row| {
                    Ok(Usage {
                        unit: row.get(0)?,
                        used: unsigned(row.get(1)?),
                        reserved: unsigned(row.get(2)?),
                    })
                })?
                .collect()
        })
        .doing("reading the budgets")
}

fn forget_old_days(transaction: &Transaction<'_>, bucket: &str) -> Result<(), Error> {
    let Some(oldest) =
        bucket.parse::<jiff::civil::Date>().ok().and_then(|day| day.checked_sub(KEPT_DAYS.days()).ok())
    else {
        return Ok(());
    };
    transaction
        .prepare_cached("DELETE FROM usage WHERE bucket < ?1")
        .and_then(|mut statement| statement.execute([oldest.to_string()]))
        .map(|_| ())
        .doing("forgetting old days")
}

/// Amounts beyond SQLite's integers count as its largest.
fn signed(amount: u64) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

fn unsigned(amount: i64) -> u64 {
    u64::try_from(amount).unwrap_or_default()
}
