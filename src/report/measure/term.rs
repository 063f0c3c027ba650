//! How long something still runs.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Whole days from the UTC date of `as_of` to `end`, negative once it has passed; `None` when `end` does not start
/// with a date.
pub fn days_until(end: &str, as_of: Timestamp) -> Option<i64> {
    let end: Date = end.get(..10)?.parse().ok()?;
    Some(days_between(utc_date(as_of), end))
}

/// The day of `as_of` in UTC.
pub fn utc_date(as_of: Timestamp) -> Date {
    as_of.to_zoned(TimeZone::UTC).date()
}

/// Days from the one to the other, negative when the other is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_between_utc_dates() {
        let as_of: Timestamp = "2026-11-21T23:59:59Z".parse().unwrap();
        let cases = [
            ("2026-11-21", Some(0)),
            ("2026-11-22", Some(1)),
            ("2026-11-22T00:00:00.000Z", Some(1)),
            ("2027-11-21", Some(365)),
            ("2026-10-22", Some(-30)),
            ("", None),
            ("soon", None),
        ];
        for (end, days) in cases {
            assert_eq!(days_until(end, as_of), days, "{end}");
        }
    }
}
