//! The shape of what a report gives: columns, rows of cells, and which of them are about a person.

use std::borrow::Cow;

use super::books::Book;
use super::evidence::{Formula, Made};
use crate::base::Money;

/// One column of a report; the same in every format.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The header, as stable as a view's column.
    pub name: &'static str,
    /// What its cells hold.
    pub kind: Kind,
    /// One line for documentation.
    pub meaning: &'static str,
    /// How the column is treated when people must not be recognizable; `None` when it says nothing about a person.
    pub personal: Option<Personal>,
    /// When a table for a terminal, which has little room, shows it.
    pub shown: Shown,
    /// The Salesforce fields that its cells come from, as `Object.Field`, which a policy may have changed or hidden.
    pub fields: &'static [&'static str],
    /// What its numbers stand on.
    pub made: Made,
    /// Whether its numbers count people, and so are left out of shared output where a group is small.
    pub counts_people: bool,
    /// The book without which its cells are empty, since nobody asked.
    pub asks: Option<Book>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// An amount that may have decimals.
    Number,
    /// A share in percent with two decimals, exact: the cell holds basis points.
    Percent,
    /// An amount of money. A column `currency` of the same row names what it is counted in; amounts of different
    /// currencies are never added.
    Money,
    /// A calendar date `YYYY-MM-DD`.
    Date,
    /// An instant `YYYY-MM-DDTHH:MM:SS.sssZ`.
    DateTime,
    /// Yes or no.
    Boolean,
}

impl Kind {
    /// The word for it in documents.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Money => "money",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Boolean => "boolean",
        }
    }

    /// Whether cells are numbers, which tables align to the right and thresholds can compare.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Percent | Self::Money)
    }
}

/// What becomes of a person's column in a feed that must not show people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal {
    /// Replaced by a pseudonym. Columns that name the same domain give the same pseudonym for the same value, so that
    /// files can still be joined.
    Pseudonym(&'static str),
    /// Left empty: nothing is known about what it holds.
    Withheld,
}

/// When a table for a terminal shows a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In every table.
    Always,
    /// Only when one company was asked for.
    WithCompany,
    /// Never; the machine formats have it.
    Never,
}

impl Column {
    /// A column that only the machine formats show and that says nothing about a person.
    pub const fn new(name: &'static str, kind: Kind, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            meaning,
            personal: None,
            shown: Shown::Never,
            fields: &[],
            made: Made::Record,
            counts_people: false,
            asks: None,
        }
    }

    /// The same, shown in tables.
    pub const fn shown(self) -> Self {
        Self { shown: Shown::Always, ..self }
    }

    /// The same, shown in tables about one company.
    pub const fn shown_with_company(self) -> Self {
        Self { shown: Shown::WithCompany, ..self }
    }

    /// The same, with these fields in its cells.
    pub const fn of(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// The same, the sum of its evidence.
    pub const fn sum(self) -> Self {
        Self { made: Made::Sum, ..self }
    }

    /// The same, a count of people in a group.
    pub const fn counts_people(self) -> Self {
        Self { counts_people: true, ..self }
    }

    /// The same, empty without this book.
    pub const fn asks(self, book: Book) -> Self {
        Self { asks: Some(book), ..self }
    }

    /// Whether it is made, in however many steps, from a column of which `is_so`; `columns` are all of its row.
    pub fn is_made_from(&self, columns: &[Self], is_so: &dyn Fn(&Self) -> bool) -> bool {
        let Made::From(_, names) = self.made else { return false };
        let mut sources = columns.iter().filter(|column| names.contains(&column.name));
        sources.any(|source| is_so(source) || source.is_made_from(columns, is_so))
    }

    /// The same, made from other columns.
    pub const fn from(self, formula: Formula, columns: &'static [&'static str]) -> Self {
        Self { made: Made::From(formula, columns), ..self }
    }

    /// The same, about a person.
    pub const fn personal(self, treatment: Personal) -> Self {
        Self { personal: Some(treatment), ..self }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'row> {
    /// Unknown or not applicable; never zero.
    Null,
    /// Text, a date or an instant.
    Text(Cow<'row, str>),
    /// A whole number.
    Integer(i64),
    /// An amount that may have decimals.
    Number(f64),
    /// Hundredths of a percent.
    BasisPoints(i64),
    /// An amount of money, exact to its currency's minor unit.
    Money(Money),
    /// Yes or no.
    Boolean(bool),
}

impl<'row> From<&'row str> for Cell<'row> {
    fn from(text: &'row str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'row> From<&'row String> for Cell<'row> {
    fn from(text: &'row String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<i64> for Cell<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<f64> for Cell<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Money> for Cell<'_> {
    fn from(amount: Money) -> Self {
        Self::Money(amount)
    }
}

impl<'row, Value: Into<Cell<'row>>> From<Option<Value>> for Cell<'row> {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Cell<'_> {
    /// The same cell, with a text of its own.
    #[must_use]
    pub fn to_owned_cell(&self) -> Cell<'static> {
        match self {
            Self::Text(text) => Cell::Text(Cow::Owned(text.clone().into_owned())),
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(*number),
            Self::Number(number) => Cell::Number(*number),
            Self::BasisPoints(points) => Cell::BasisPoints(*points),
            Self::Money(amount) => Cell::Money(*amount),
            Self::Boolean(value) => Cell::Boolean(*value),
        }
    }

    /// The text of a machine format: empty for null, percents with two decimals, booleans as `true` and `false`.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Null => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::BasisPoints(points) => Cow::Owned(percent_text(*points)),
            Self::Money(amount) => Cow::Owned(amount.amount_text()),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
        }
    }
}

/// Basis points as percent: 7843 is `78.43`.
fn percent_text(points: i64) -> String {
    let sign = if points < 0 { "-" } else { "" };
    let points = points.unsigned_abs();
    format!("{sign}{}.{:02}", points / 100, points % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_one_text_each() {
        let cases = [
            (Cell::Null, ""),
            (Cell::from("Zoë"), "Zoë"),
            (Cell::Integer(-3), "-3"),
            (Cell::Number(1_500_000.0), "1500000"),
            (Cell::Number(0.1), "0.1"),
            (Cell::BasisPoints(7843), "78.43"),
            (Cell::BasisPoints(5), "0.05"),
            (Cell::BasisPoints(-1234), "-12.34"),
            (Cell::Boolean(true), "true"),
        ];
        for (cell, text) in cases {
            assert_eq!(cell.text(), text, "{cell:?}");
        }
    }
}
