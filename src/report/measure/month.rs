//! A calendar month, in which amounts are booked and license-days counted.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use thiserror::Error;

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first_day: Date,
}

/// Why a text names no month.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no month: write it like 2026-11")]
pub struct MonthError(String);

impl Month {
    /// The month that `day` is in.
    pub fn of(day: Date) -> Self {
        Self { first_day: day.first_of_month() }
    }

    /// The month that was running just before `as_of`: at the first instant of a month, the one that has ended.
    pub fn before(as_of: Timestamp) -> Self {
        Self::of(last_day_before(as_of))
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        self.first_day
    }

    /// The first day of the next month.
    pub fn end(self) -> Date {
        self.first_day.last_of_month().tomorrow().unwrap_or(Date::MAX)
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        i64::from(self.first_day.days_in_month())
    }
}

/// The last UTC day that had begun before `as_of`.
pub fn last_day_before(as_of: Timestamp) -> Date {
    let before = Timestamp::from_nanosecond(as_of.as_nanosecond() - 1).unwrap_or(as_of);
    before.to_zoned(TimeZone::UTC).date()
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.first_day.year(), self.first_day.month())
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let day = crate::base::date_text(&format!("{text}-01")).and_then(|day| day.parse().ok());
        day.map(Self::of).ok_or_else(|| MonthError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_knows_its_days() {
        for (text, end, days) in
            [("2026-11", "2026-12-01", 30), ("2026-12", "2027-01-01", 31), ("2028-02", "2028-03-01", 29)]
        {
            let month: Month = text.parse().unwrap();
            assert_eq!(
                (month.to_string(), month.end().to_string(), month.days()),
                (text.into(), end.into(), days)
            );
        }
        for wrong in ["", "2026", "2026-13", "2026-1", "2026-11-01", "November"] {
            assert_eq!(wrong.parse::<Month>(), Err(MonthError(wrong.to_owned())));
        }
    }

    #[test]
    fn at_the_first_instant_of_a_month_the_last_one_counts() {
        for (as_of, month) in [
            ("2026-11-30T23:59:59Z", "2026-11"),
            ("2026-12-01T00:00:00Z", "2026-11"),
            ("2026-12-01T00:00:00.001Z", "2026-12"),
        ] {
            assert_eq!(Month::before(as_of.parse().unwrap()).to_string(), month, "{as_of}");
        }
    }
}
