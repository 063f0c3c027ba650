//! What a term costs, and which part of it each calendar month bears.
//!
//! Amounts are integers of the minor unit; everything between the price and the booked amount is a fraction of
//! integers, so that nothing is rounded twice. A term is booked by cumulative rounding: what all months up to one bear
//! is rounded half up, and the month bears what is not booked yet. The months of a term therefore add up to it exactly.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::Decimal;
use thiserror::Error;

use super::month::Month;
use crate::base::Money;
use crate::report::books::{ContractLine, PricePeriod};

/// How a term is spread over calendar months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spread {
    /// Every contract month, counted from the first day of the term, bears the same and is booked in the calendar
    /// month that it begins in.
    #[default]
    Equal,
    /// Every day bears the same.
    Daily,
}

/// A stretch of days for which something was bought; not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    starts_on: Date,
    ends_on: Date,
}

/// An amount has more digits than can be counted with.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an amount is too large to be counted in minor units of its currency")]
pub struct TooLarge;

/// A fraction of positive denominator.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Term {
    /// From the first day to the first day after; `None` when that is no day at all.
    pub fn new(starts_on: Date, ends_on: Date) -> Option<Self> {
        (starts_on < ends_on).then_some(Self { starts_on, ends_on })
    }

    /// How many days it has.
    pub fn days(self) -> i64 {
        days_between(self.starts_on, self.ends_on)
    }

    /// Its contract months as numerator and denominator; a broken month counts by its days.
    pub fn months(self) -> (i128, i128) {
        let Ratio { numerator, denominator } = self.months_until(self.ends_on);
        (numerator, denominator)
    }

    /// First day of the contract month with this number. It begins on the day of month that the term begins on, or on
    /// the last day of a month that is too short for it.
    fn month_start(self, number: i64) -> Date {
        self.starts_on.saturating_add(number.months())
    }

    /// Whole contract months that lie in the term before `day`, and the part of the next one.
    fn months_until(self, day: Date) -> Ratio {
        let day = day.clamp(self.starts_on, self.ends_on);
        let mut whole = calendar_months(self.starts_on, day);
        if self.month_start(whole) > day {
            whole -= 1;
        }
        let (start, next) = (self.month_start(whole), self.month_start(whole + 1));
        let length = i128::from(days_between(start, next)).max(1);
        Ratio {
            numerator: i128::from(whole) * length + i128::from(days_between(start, day)),
            denominator: length,
        }
    }

    /// The part of the term that is booked in calendar months before `month`.
    fn share_before(self, month: Month, spread: Spread) -> Ratio {
        let first = month.first_day();
        if first <= self.starts_on {
            return Ratio { numerator: 0, denominator: 1 };
        }
        match spread {
            Spread::Daily => Ratio {
                numerator: i128::from(days_between(self.starts_on, first.min(self.ends_on))),
                denominator: i128::from(self.days()),
            },
            Spread::Equal => {
                let begun = i128::from(calendar_months(self.starts_on, first));
                let all = self.months_until(self.ends_on);
                Ratio { numerator: (begun * all.denominator).min(all.numerator), denominator: all.numerator }
            }
        }
    }
}

/// What the seats of a contract line cost for its whole term, rounded half up to the minor unit. A year is twelve
/// contract months, and a broken month counts by its days.
///
/// # Errors
/// [`TooLarge`].
pub fn line_total(line: &ContractLine) -> Result<Money, TooLarge> {
    line_total_from(line, line.starts_on)
}

/// The same for what is left of the term from `from` on, in contract months counted from that day; a price for the term
/// is spread evenly over the contract months of the whole term.
///
/// # Errors
/// [`TooLarge`].
pub fn line_total_from(line: &ContractLine, from: Date) -> Result<Money, TooLarge> {
    let currency = line.currency;
    let whole = Term::new(line.starts_on, line.ends_on);
    let left = Term::new(from.max(line.starts_on), line.ends_on);
    let Some((whole, left)) = whole.zip(left) else { return Ok(Money { minor: 0, currency }) };
    let months = left.months_until(left.ends_on);
    let periods = match line.price_period {
        PricePeriod::Month => months,
        PricePeriod::Year => Ratio { denominator: 12 * months.denominator, ..months },
        PricePeriod::Term if left == whole => Ratio { numerator: 1, denominator: 1 },
        PricePeriod::Term => {
            let all = whole.months_until(whole.ends_on);
            Ratio {
                numerator: months.numerator * all.denominator,
                denominator: months.denominator * all.numerator,
            }
        }
    };
    let price = line.price.normalize();
    let factors = [price.mantissa(), line.quantity.into(), 10_i128.pow(currency.digits()), periods.numerator];
    let denominator = checked_product(&[10_i128.pow(price.scale()), periods.denominator])?;
    Ok(Money { minor: round_half_up(checked_product(&factors)?, denominator), currency })
}

/// What one seat of a contract line costs in twelve contract months, rounded half up to the minor unit; a price for the
/// whole term is spread evenly over its contract months.
///
/// # Errors
/// [`TooLarge`].
pub fn seat_year(line: &ContractLine) -> Result<Money, TooLarge> {
    seat_year_at(line, line.price)
}

/// The same where the seat has another price for the period of the line, such as its list price.
///
/// # Errors
/// [`TooLarge`].
pub fn seat_year_at(line: &ContractLine, price: Decimal) -> Result<Money, TooLarge> {
    let years = match (line.price_period, Term::new(line.starts_on, line.ends_on)) {
        (PricePeriod::Month, _) => Ratio { numerator: 12, denominator: 1 },
        (PricePeriod::Year, _) | (PricePeriod::Term, None) => Ratio { numerator: 1, denominator: 1 },
        (PricePeriod::Term, Some(term)) => {
            let months = term.months_until(term.ends_on);
            Ratio { numerator: 12 * months.denominator, denominator: months.numerator }
        }
    };
    let price = price.normalize();
    let factors = [price.mantissa(), 10_i128.pow(line.currency.digits()), years.numerator];
    let denominator = checked_product(&[10_i128.pow(price.scale()), years.denominator])?;
    let minor = round_half_up(checked_product(&factors)?, denominator);
    Ok(Money { minor, currency: line.currency })
}

/// The part of [`line_total`] that `month` bears; zero outside the term.
///
/// # Errors
/// [`TooLarge`].
pub fn line_in_month(line: &ContractLine, month: Month, spread: Spread) -> Result<Money, TooLarge> {
    let total = line_total(line)?;
    let minor = Term::new(line.starts_on, line.ends_on)
        .map_or(0, |term| month_of_term(total.minor, term, month, spread));
    Ok(Money { minor, ..total })
}

/// The part of `total_minor` that `month` bears; zero outside the term.
pub fn month_of_term(total_minor: i128, term: Term, month: Month, spread: Spread) -> i128 {
    let booked = |month| booked_before(total_minor, term.share_before(month, spread));
    booked(Month::of(month.end())) - booked(month)
}

/// The calendar months of a term with what each bears, in order.
pub fn months_of_term(total_minor: i128, term: Term, spread: Spread) -> Vec<(Month, i128)> {
    let mut months = Vec::new();
    let mut month = Month::of(term.starts_on);
    while month.first_day() < term.ends_on {
        months.push((month, month_of_term(total_minor, term, month, spread)));
        month = Month::of(month.end());
    }
    months
}

/// `total · share`, rounded half up. The total is divided first, so that no product exceeds it.
fn booked_before(total_minor: i128, share: Ratio) -> i128 {
    let Ratio { numerator, denominator } = share;
    let (whole, rest) = (total_minor.abs() / denominator, total_minor.abs() % denominator);
    total_minor.signum() * (whole * numerator + round_half_up(rest * numerator, denominator))
}

/// Half a unit goes away from zero, so that a credit mirrors its invoice.
fn round_half_up(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator.abs() / denominator, numerator.abs() % denominator);
    numerator.signum() * (whole + i128::from(rest >= denominator - rest))
}

fn checked_product(factors: &[i128]) -> Result<i128, TooLarge> {
    factors.iter().try_fold(1_i128, |product, factor| product.checked_mul(*factor)).ok_or(TooLarge)
}

/// How many months the calendar turns from the one day to the other.
fn calendar_months(from: Date, to: Date) -> i64 {
    let number = |date: Date| 12 * i64::from(date.year()) + i64::from(date.month());
    number(to) - number(from)
}

fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::report::books::Billing;

    pub(crate) fn line(
        quantity: i64,
        price: &str,
        price_period: PricePeriod,
        term: [&str; 2],
    ) -> ContractLine {
        ContractLine {
            file_line: 2,
            line_id: "L-1".to_owned(),
            org: "acme".to_owned(),
            kind: "user".to_owned(),
            license_key: "SFDC".to_owned(),
            sku: "Sales Cloud".to_owned(),
            quantity,
            price: price.parse().unwrap(),
            price_period,
            add_on_price: None,
            list_price: None,
            currency: "EUR".parse().unwrap(),
            starts_on: term[0].parse().unwrap(),
            ends_on: term[1].parse().unwrap(),
            billing: Billing::Annually,
            notice_days: None,
            auto_renew: false,
            uplift_percent: None,
            invoice_ids: Vec::new(),
            invoice_issuer: "Salesforce".to_owned(),
            recorded_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn term(from: &str, to: &str) -> Term {
        Term::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_seat_has_a_price_for_a_year_whatever_the_period_of_the_contract() {
        let cases = [
            ("165", PricePeriod::Month, ["2026-10-01", "2027-10-01"], 198_000),
            ("165.005", PricePeriod::Month, ["2026-10-01", "2027-10-01"], 198_006),
            ("1980", PricePeriod::Year, ["2026-10-01", "2029-10-01"], 198_000),
            ("0.005", PricePeriod::Year, ["2026-10-01", "2027-10-01"], 1),
            ("5940", PricePeriod::Term, ["2026-10-01", "2029-10-01"], 198_000),
            ("1000", PricePeriod::Term, ["2026-10-01", "2027-05-01"], 171_429),
            ("90", PricePeriod::Term, ["2027-04-01", "2027-05-16"], 72_783),
        ];
        for (price, period, term, minor) in cases {
            assert_eq!(seat_year(&line(7, price, period, term)).unwrap().minor, minor, "{price} {period:?}");
        }
    }

    #[test]
    fn a_term_is_booked_to_the_last_unit() {
        let year = term("2026-10-01", "2027-10-01");
        let equal: Vec<_> =
            months_of_term(10_000, year, Spread::Equal).iter().map(|(_, amount)| *amount).collect();
        assert_eq!(equal, [833, 834, 833].repeat(4));

        let daily = months_of_term(24_097_500, year, Spread::Daily);
        let of = |month: &str| {
            let found = daily.iter().find(|(found, _)| found.to_string() == month);
            found.map(|(_, amount)| *amount)
        };
        assert_eq!(daily.len(), 12);
        for (month, amount) in [
            ("2026-10", 2_046_637),
            ("2026-11", 1_980_616),
            ("2027-02", 1_848_576),
            ("2027-06", 1_980_617),
            ("2027-10", 0),
        ] {
            assert_eq!(of(month).unwrap_or_default(), amount, "{month}");
        }
        assert_eq!(daily.iter().map(|(_, amount)| amount).sum::<i128>(), 24_097_500);
    }

    #[test]
    fn contract_months_begin_on_the_day_of_the_term() {
        let amounts = |total, from: &str, to: &str| -> Vec<(String, i128)> {
            let months = months_of_term(total, term(from, to), Spread::Equal).into_iter();
            months.map(|(month, amount)| (month.to_string(), amount)).collect()
        };
        let expected = |months: &[(&str, i128)]| -> Vec<(String, i128)> {
            months.iter().map(|(month, amount)| ((*month).to_owned(), *amount)).collect()
        };
        assert_eq!(
            amounts(300, "2026-10-15", "2027-01-15"),
            expected(&[("2026-10", 100), ("2026-11", 100), ("2026-12", 100), ("2027-01", 0)]),
        );
        assert_eq!(
            amounts(300, "2027-01-31", "2027-03-31"),
            expected(&[("2027-01", 150), ("2027-02", 150), ("2027-03", 0)]),
            "February has no 31st"
        );
        // Two months, and 14 of the 28 days of the third.
        assert_eq!(
            amounts(250, "2026-12-01", "2027-02-15"),
            expected(&[("2026-12", 100), ("2027-01", 100), ("2027-02", 50)]),
        );
        assert_eq!(
            amounts(-301, "2026-10-01", "2026-12-01"),
            expected(&[("2026-10", -151), ("2026-11", -150)])
        );
    }

    #[test]
    fn a_price_is_for_a_month_a_year_or_the_term() {
        let whole_year = ["2026-10-01", "2027-10-01"];
        let cases = [
            ((153, "131.25", PricePeriod::Month, whole_year), Ok(24_097_500)),
            ((153, "1575", PricePeriod::Year, whole_year), Ok(24_097_500)),
            ((153, "1575.00", PricePeriod::Term, whole_year), Ok(24_097_500)),
            ((3, "100", PricePeriod::Year, ["2026-10-01", "2026-11-01"]), Ok(2_500)),
            ((1, "100", PricePeriod::Year, ["2026-10-01", "2026-11-01"]), Ok(833)),
            ((1, "0.005", PricePeriod::Term, whole_year), Ok(1)),
            ((1, "30", PricePeriod::Month, ["2026-11-01", "2026-11-16"]), Ok(1_500)),
            ((-2, "10", PricePeriod::Month, ["2026-11-01", "2027-01-01"]), Ok(-4_000)),
            ((1, "10", PricePeriod::Month, ["2026-11-01", "2026-11-01"]), Ok(0)),
            ((i64::MAX, "79228162514264337593543950335", PricePeriod::Term, whole_year), Err(TooLarge)),
        ];
        for ((quantity, price, period, term), total) in cases {
            let found = line_total(&line(quantity, price, period, term)).map(|money| money.minor);
            assert_eq!(found, total, "{quantity} at {price} for {term:?}");
        }
    }

    #[test]
    fn the_largest_totals_are_booked_without_overflow() {
        let months = months_of_term(i128::MAX, term("2026-10-01", "2036-10-01"), Spread::Daily);
        assert_eq!(months.iter().map(|(_, amount)| amount).sum::<i128>(), i128::MAX);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_term_sums_exactly(
            total in any::<i64>(),
            start in 0..4_000_i64,
            days in 1..2_000_i64,
            is_daily in any::<bool>(),
        ) {
            let first: Date = "2020-01-01".parse().unwrap();
            let starts_on = first.saturating_add(start.days());
            let term = Term::new(starts_on, starts_on.saturating_add(days.days())).unwrap();
            let spread = if is_daily { Spread::Daily } else { Spread::Equal };
            let months = months_of_term(total.into(), term, spread);
            prop_assert_eq!(months.iter().map(|(_, amount)| amount).sum::<i128>(), i128::from(total));
            let against = months.iter().find(|(_, amount)| amount.signum() == -i128::from(total.signum()));
            prop_assert!(against.is_none() || total == 0, "{against:?} has the other sign");
        }
    }
}
