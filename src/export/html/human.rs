//! Values as people read them.

use crate::base::printable;
use crate::report::{Cell, Kind};

/// The value of a cell of a column of `kind`, without what could turn or hide the text beside it; `None` for unknown.
pub(super) fn value_text(kind: Kind, cell: &Cell<'_>) -> Option<String> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Boolean(true) => "yes".to_owned(),
        Cell::Boolean(false) => "no".to_owned(),
        Cell::Text(text) if kind == Kind::DateTime && text.len() == "YYYY-MM-DDTHH:MM:SS.sssZ".len() => {
            minutes(&printable(text))
        }
        Cell::Text(text) => printable(text).into_owned(),
        Cell::BasisPoints(_) => format!("{} %", grouped(&cell.text())),
        number => grouped(&number.text()),
    })
}

/// The same with the currency of an amount of money.
pub(super) fn amount_text(kind: Kind, cell: &Cell<'_>) -> Option<String> {
    let text = value_text(kind, cell)?;
    Some(match cell {
        Cell::Money(amount) => format!("{text} {}", amount.currency),
        _ => text,
    })
}

/// `2026-11-21T03:00:00.000Z` as `2026-11-21 03:00`.
pub(super) fn minutes(instant: &str) -> String {
    instant.chars().take("YYYY-MM-DDTHH:MM".len()).map(|each| if each == 'T' { ' ' } else { each }).collect()
}

/// `-1234567.5` as `-1,234,567.5`.
pub(super) fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, decimals) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + decimals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Money;

    #[test]
    fn values_read_as_people_write_them() {
        let money = Cell::Money(Money { minor: -123_456_789, currency: "EUR".parse().unwrap() });
        for (kind, cell, text) in [
            (Kind::Integer, Cell::Integer(0), "0"),
            (Kind::Integer, Cell::Integer(123), "123"),
            (Kind::Integer, Cell::Integer(-1_234), "-1,234"),
            (Kind::Number, Cell::Number(1_234_567.25), "1,234,567.25"),
            (Kind::Percent, Cell::BasisPoints(7843), "78.43 %"),
            (Kind::Money, money, "-1,234,567.89 EUR"),
            (Kind::DateTime, Cell::from("2026-11-21T03:00:00.000Z"), "2026-11-21 03:00"),
            (Kind::DateTime, Cell::from("***"), "***"),
            (Kind::Text, Cell::from("N\u{202e}g"), "N\\u{202e}g"),
            (Kind::Boolean, Cell::Boolean(true), "yes"),
        ] {
            assert_eq!(amount_text(kind, &cell).as_deref(), Some(text));
        }
        assert_eq!(amount_text(Kind::Integer, &Cell::Null), None, "unknown is no zero");
    }
}
