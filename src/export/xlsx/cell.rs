//! One cell of a sheet: typed where a spreadsheet can hold the value exactly, text where it cannot.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

use crate::base::Money;
use crate::report::{Cell, Kind};

/// What one cell holds, in UTF-16 units (Microsoft, "Excel specifications and limits").
const MOST_UNITS: usize = 32_767;
/// Numbers are 64-bit floats of which 15 digits count (the same page, "number precision").
const LARGEST_EXACT: u128 = 999_999_999_999_999;
/// The most decimal places of a currency (ISO 4217).
const MOST_MONEY_DIGITS: usize = 4;

/// Day 0 of the serial numbers; true from day 61 on, before which Excel counts a 29 February 1900 that never was.
const DAY_ZERO: Date = Date::constant(1899, 12, 30);
const FIRST_TRUE_DAY: f64 = 61.0;
const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// How values of each kind are shown.
pub(super) struct CellFormats {
    integer: Format,
    number: Format,
    percent: Format,
    date: Format,
    instant: Format,
    money: Vec<Format>,
}

impl CellFormats {
    pub(super) fn new() -> Self {
        let shown = |number_format: &str| Format::new().set_num_format(number_format);
        let money = |digits| match digits {
            0 => shown("#,##0"),
            digits => shown(&format!("#,##0.{}", "0".repeat(digits))),
        };
        Self {
            integer: shown("#,##0"),
            number: shown("#,##0.######"),
            percent: shown("0.00%"),
            date: shown("yyyy-mm-dd"),
            instant: shown("yyyy-mm-dd hh:mm:ss"),
            money: (0..=MOST_MONEY_DIGITS).map(money).collect(),
        }
    }

    /// Writes a cell of a column of `kind`. Unknown is an empty cell.
    pub(super) fn write(
        &self,
        sheet: &mut Worksheet,
        (row, place): (u32, u16),
        kind: Kind,
        cell: &Cell<'_>,
    ) -> Result<(), XlsxError> {
        match cell {
            Cell::Null => {}
            Cell::Boolean(value) => {
                sheet.write_boolean(row, place, *value)?;
            }
            cell => match self.number(kind, cell) {
                Some((number, format)) => {
                    sheet.write_number_with_format(row, place, number, format)?;
                }
                None => {
                    sheet.write_string(row, place, fitting(&cell.text()))?;
                }
            },
        }
        Ok(())
    }

    /// The number that stands for the value, if it does so exactly, and how it is shown.
    fn number(&self, kind: Kind, cell: &Cell<'_>) -> Option<(f64, &Format)> {
        match (kind, cell) {
            (_, Cell::Integer(number)) => (u128::from(number.unsigned_abs()) <= LARGEST_EXACT)
                .then_some((*number as f64, &self.integer)),
            (_, Cell::Number(number)) => Some((*number, &self.number)),
            (_, Cell::BasisPoints(points)) => Some((*points as f64 / 10_000.0, &self.percent)),
            (_, Cell::Money(amount)) => {
                let format = self.money.get(amount.currency.digits() as usize)?;
                Some((money_number(*amount)?, format))
            }
            (Kind::Date, Cell::Text(text)) => {
                let date: Date = text.parse().ok()?;
                Some((serial(date, 0)?, &self.date))
            }
            (Kind::DateTime, Cell::Text(text)) => {
                let instant: Timestamp = text.parse().ok()?;
                let milliseconds = instant.as_millisecond();
                let day = Timestamp::from_millisecond(milliseconds).ok()?;
                let at = jiff::tz::Offset::UTC.to_datetime(day);
                let since_midnight = milliseconds.rem_euclid(MILLISECONDS_PER_DAY as i64);
                Some((serial(at.date(), since_midnight)?, &self.instant))
            }
            _ => None,
        }
    }
}

/// The usual width of a column, in characters.
pub(super) const fn typical_width(kind: Kind) -> usize {
    match kind {
        Kind::Text => 26,
        Kind::Money => 16,
        Kind::DateTime => 20,
        Kind::Date => 12,
        Kind::Integer | Kind::Number | Kind::Percent | Kind::Boolean => 10,
    }
}

fn money_number(amount: Money) -> Option<f64> {
    if amount.minor.unsigned_abs() > LARGEST_EXACT {
        return None;
    }
    // The float nearest to the decimal text, which a division of floats need not be.
    amount.amount_text().parse().ok()
}

/// Days since day zero; `None` before the first day that Excel counts truly.
fn serial(date: Date, milliseconds: i64) -> Option<f64> {
    let days = f64::from(date.since(DAY_ZERO).ok()?.get_days());
    (days >= FIRST_TRUE_DAY).then_some(days + milliseconds as f64 / MILLISECONDS_PER_DAY)
}

/// The text, cut to what a cell can hold, which it then says at its end.
pub(super) fn fitting(text: &str) -> Cow<'_, str> {
    const END: &str = "… (cut: a cell holds no more)";
    let units = |text: &str| text.encode_utf16().count();
    if units(text) <= MOST_UNITS {
        return Cow::Borrowed(text);
    }
    let mut left = MOST_UNITS - units(END);
    let kept = text.chars().take_while(|character| {
        let fits = character.len_utf16() <= left;
        left = left.saturating_sub(character.len_utf16());
        fits
    });
    Cow::Owned(kept.collect::<String>() + END)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_numbers_only_where_these_are_exact() {
        let formats = CellFormats::new();
        let money = |minor, currency: &str| Cell::Money(Money { minor, currency: currency.parse().unwrap() });
        for (kind, cell, expected) in [
            (Kind::Integer, Cell::Integer(-153), Some(-153.0)),
            (Kind::Integer, Cell::Integer(i64::MAX), None),
            (Kind::Percent, Cell::BasisPoints(7843), Some(0.7843)),
            (Kind::Money, money(-24_097_505, "EUR"), Some(-240_975.05)),
            (Kind::Money, money(1234, "JPY"), Some(1234.0)),
            (Kind::Money, money(1234, "KWD"), Some(1.234)),
            (Kind::Money, money(1_000_000_000_000_000, "EUR"), None),
            (Kind::Date, Cell::from("1900-03-01"), Some(61.0)),
            (Kind::Date, Cell::from("1900-02-28"), None),
            (Kind::Date, Cell::from("2026-11-21"), Some(46_347.0)),
            (Kind::Date, Cell::from("***"), None),
            (Kind::DateTime, Cell::from("2026-11-21T12:00:00.000Z"), Some(46_347.5)),
            (Kind::DateTime, Cell::from("1969-12-31T18:00:00.000Z"), Some(25_568.75)),
            (Kind::Text, Cell::from("2026-11-21"), None),
            (Kind::Text, Cell::from("=1+1"), None),
            (Kind::Integer, Cell::from("***"), None),
        ] {
            assert_eq!(formats.number(kind, &cell).map(|(number, _)| number), expected, "{cell:?}");
        }
    }

    #[test]
    fn a_text_that_no_cell_holds_is_cut_between_characters_and_says_so() {
        assert!(matches!(fitting(&"é".repeat(MOST_UNITS)), Cow::Borrowed(_)));
        let cut = fitting(&"\u{1f600}".repeat(MOST_UNITS)).into_owned();
        assert!(cut.ends_with("(cut: a cell holds no more)"), "{}", cut.len());
        assert!((MOST_UNITS - 1..=MOST_UNITS).contains(&cut.encode_utf16().count()));
    }
}
