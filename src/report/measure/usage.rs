//! Consumption of usage-based entitlements: the window that an amount was counted in, and where it leads.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::basis_points;

/// A projection from less of the window than this share would make one unit on the first day a catastrophe.
pub const LEAST_ELAPSED: i64 = 500;

/// The same for less consumed than this share, in basis points too.
pub const LEAST_CONSUMED: i64 = 1000;

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageWindow {
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

impl UsageWindow {
    /// The window of an entitlement that holds `instant` (in UTC): its first one begins on `start_on`, and each next one
    /// after the frequency's days or months, on the same day of the month or the month's last. The last one ends with
    /// the entitlement. `None` before the start, after the end, and for an entitlement that does not start anew
    /// (Object Reference, "TenantUsageEntitlement", field `Frequency`).
    pub fn holding(
        instant: Timestamp,
        start_on: Date,
        end_on: Option<Date>,
        frequency: &str,
    ) -> Option<Self> {
        let day = instant.to_zoned(TimeZone::UTC).date();
        if day < start_on || end_on.is_some_and(|end| end < day) {
            return None;
        }
        let step = Step::of(frequency)?;
        let number = step.whole_steps(start_on, day)?;
        let first = step.after(start_on, number)?;
        let last = step.after(start_on, number + 1)?.yesterday().ok()?;
        Some(Self { first, last: end_on.map_or(last, |end| end.min(last)) })
    }

    /// The share of the window that has passed at `instant`, in basis points; at most the whole.
    pub fn elapsed(self, instant: Timestamp) -> Option<i64> {
        let start = self.first.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let end = self.last.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let passed = instant.min(end).duration_since(start).as_secs();
        basis_points(passed, end.duration_since(start).as_secs())
    }
}

/// How far apart windows begin.
#[derive(Clone, Copy)]
enum Step {
    Days(i32),
    Months(i32),
}

impl Step {
    fn of(frequency: &str) -> Option<Self> {
        Some(match frequency {
            "Daily" => Self::Days(1),
            "Weekly" => Self::Days(7),
            "Fortnightly" => Self::Days(14),
            "Monthly" => Self::Months(1),
            "Quarterly" => Self::Months(3),
            "Yearly" => Self::Months(12),
            _ => return None,
        })
    }

    /// How many steps fit between the two days.
    fn whole_steps(self, start: Date, day: Date) -> Option<i32> {
        match self {
            Self::Days(days) => Some(start.until(day).ok()?.get_days() / days),
            Self::Months(months) => {
                let years = i32::from(day.year()) - i32::from(start.year());
                let most = (years * 12 + i32::from(day.month()) - i32::from(start.month())) / months;
                // In its own month the window may begin only after the day.
                Some(if self.after(start, most)? <= day { most } else { most - 1 })
            }
        }
    }

    fn after(self, start: Date, number: i32) -> Option<Date> {
        let span = match self {
            Self::Days(days) => Span::new().try_days(number * days),
            Self::Months(months) => Span::new().try_months(number * months),
        };
        start.checked_add(span.ok()?).ok()
    }
}

/// `used / of` in basis points, by the rule of [`basis_points`]. Amounts may have decimals; millionths keep every one that
/// Salesforce shows.
pub fn share_of_amounts(used: f64, of: f64) -> Option<i64> {
    const MILLIONTHS: f64 = 1e6;
    /// Amounts up to here are exact to the millionth in a 64-bit float's 53 bits.
    const LARGEST: f64 = 9e9;
    if used > LARGEST || of > LARGEST {
        return basis_points(used.round() as i64, of.round() as i64);
    }
    basis_points((used * MILLIONTHS).round() as i64, (of * MILLIONTHS).round() as i64)
}

/// Where a consumption leads by the end of its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Projection {
    /// To this share of what is allowed, in basis points.
    Share(i64),
    /// Too little of the window has passed to tell.
    TooEarly,
    /// Too little is consumed to tell.
    TooLittleUsed,
}

impl Projection {
    /// The share that will be consumed at the window's end if it goes on like this. Both shares in basis points.
    pub fn of(consumed: i64, elapsed: i64) -> Self {
        if elapsed < LEAST_ELAPSED {
            return Self::TooEarly;
        }
        match basis_points(consumed, elapsed).filter(|_| consumed >= LEAST_CONSUMED) {
            Some(share) => Self::Share(share),
            None => Self::TooLittleUsed,
        }
    }

    /// The share, where one can be told.
    pub fn share(self) -> Option<i64> {
        match self {
            Self::Share(share) => Some(share),
            Self::TooEarly | Self::TooLittleUsed => None,
        }
    }

    /// Its words in reports.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Share(_) => "projected",
            Self::TooEarly => "too early to say",
            Self::TooLittleUsed => "too little used to say",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn window(day: &str, start: &str, end: Option<&str>, frequency: &str) -> Option<(String, String)> {
        let noon = date(day).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let window = UsageWindow::holding(noon, date(start), end.map(date), frequency)?;
        Some((window.first.to_string(), window.last.to_string()))
    }

    #[test]
    fn windows_roll_by_their_frequency() {
        let cases = [
            ("2026-11-21", "2026-11-21", None, "Daily", Some(("2026-11-21", "2026-11-21"))),
            ("2026-11-21", "2026-11-02", None, "Weekly", Some(("2026-11-16", "2026-11-22"))),
            ("2026-11-15", "2026-11-02", None, "Fortnightly", Some(("2026-11-02", "2026-11-15"))),
            ("2026-11-16", "2026-11-02", None, "Fortnightly", Some(("2026-11-16", "2026-11-29"))),
            ("2026-11-14", "2025-03-15", None, "Monthly", Some(("2026-10-15", "2026-11-14"))),
            ("2026-11-15", "2025-03-15", None, "Monthly", Some(("2026-11-15", "2026-12-14"))),
            // On the 31st, or the last day that there is.
            ("2027-02-27", "2026-01-31", None, "Monthly", Some(("2027-01-31", "2027-02-27"))),
            ("2027-02-28", "2026-01-31", None, "Monthly", Some(("2027-02-28", "2027-03-30"))),
            ("2027-03-31", "2026-01-31", None, "Monthly", Some(("2027-03-31", "2027-04-29"))),
            ("2026-11-21", "2026-08-31", None, "Quarterly", Some(("2026-08-31", "2026-11-29"))),
            ("2027-02-28", "2024-02-29", None, "Yearly", Some(("2027-02-28", "2028-02-28"))),
            // The entitlement's end cuts the window short; after it there is none.
            ("2026-11-21", "2026-11-01", Some("2026-11-25"), "Monthly", Some(("2026-11-01", "2026-11-25"))),
            ("2026-11-25", "2026-11-01", Some("2026-11-25"), "Monthly", Some(("2026-11-01", "2026-11-25"))),
            ("2026-11-26", "2026-11-01", Some("2026-11-25"), "Monthly", None),
            ("2026-10-31", "2026-11-01", None, "Monthly", None),
            ("2026-11-21", "2026-11-01", None, "Once", None),
            ("2026-11-21", "2026-11-01", None, "", None),
        ];
        for (day, start, end, frequency, expected) in cases {
            let expected = expected.map(|(first, last)| (first.to_owned(), last.to_owned()));
            assert_eq!(window(day, start, end, frequency), expected, "{day} from {start} {frequency}");
        }
    }

    #[test]
    fn every_day_is_in_the_window_found_for_it_and_windows_meet() {
        for frequency in ["Daily", "Weekly", "Fortnightly", "Monthly", "Quarterly", "Yearly"] {
            for start in ["2024-01-31", "2024-02-29", "2023-12-30"] {
                let mut day = date(start);
                let mut before: Option<UsageWindow> = None;
                while day < date("2028-04-01") {
                    let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
                    let window = UsageWindow::holding(noon, date(start), None, frequency).unwrap();
                    assert!(window.first <= day && day <= window.last, "{frequency} {start} {day}");
                    if let Some(before) = before.filter(|before| *before != window) {
                        assert_eq!(before.last.tomorrow().unwrap(), window.first, "{frequency} {start}");
                    }
                    before = Some(window);
                    day = day.tomorrow().unwrap();
                }
            }
        }
    }

    #[test]
    fn time_passes_through_a_window() {
        let november = UsageWindow { first: date("2026-11-01"), last: date("2026-11-30") };
        let cases = [
            ("2026-11-01T00:00:00Z", 0),
            ("2026-11-02T12:00:00Z", 500),
            ("2026-11-16T00:00:00Z", 5000),
            ("2026-11-30T23:59:59Z", 10_000),
            ("2027-01-01T00:00:00Z", 10_000),
        ];
        for (instant, elapsed) in cases {
            assert_eq!(november.elapsed(instant.parse().unwrap()), Some(elapsed), "{instant}");
        }
    }

    #[test]
    fn a_projection_needs_something_to_stand_on() {
        let cases = [
            ((1000, 500), Projection::Share(20_000)),
            ((999, 500), Projection::TooLittleUsed),
            ((1000, 499), Projection::TooEarly),
            ((999, 499), Projection::TooEarly),
            ((5000, 5000), Projection::Share(10_000)),
            ((13_800, 6667), Projection::Share(20_699)),
            ((0, 9000), Projection::TooLittleUsed),
        ];
        for ((consumed, elapsed), expected) in cases {
            assert_eq!(Projection::of(consumed, elapsed), expected, "{consumed} after {elapsed}");
        }
    }
}
