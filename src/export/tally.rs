//! Control totals: what a receiver adds up again to see that a file arrived as it was sent.

use std::collections::BTreeMap;

use crate::base::{Currency, Money};
use crate::report::{Cell, Column, Kind};

/// The column whose values are counted.
const CLASS_COLUMN: &str = "class";

/// Sums of money by column and currency, and numbers of rows by class, of the rows as they were written.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    money: Vec<(usize, &'static str)>,
    class: Option<usize>,
    sums: BTreeMap<(&'static str, Currency), i128>,
    /// How many rows are of each class, when the report has classes.
    pub classes: BTreeMap<String, u64>,
}

impl Tally {
    /// Of no row yet.
    pub(super) fn new(columns: &[Column]) -> Self {
        let money = columns.iter().enumerate().filter(|(_, column)| column.kind == Kind::Money);
        Self {
            money: money.map(|(place, column)| (place, column.name)).collect(),
            class: columns.iter().position(|column| column.name == CLASS_COLUMN),
            ..Self::default()
        }
    }

    /// Counts a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        for (place, column) in &self.money {
            if let Cell::Money(amount) = &cells[*place] {
                *self.sums.entry((column, amount.currency)).or_default() += amount.minor;
            }
        }
        if let Some(place) = self.class {
            *self.classes.entry(cells[place].text().into_owned()).or_default() += 1;
        }
    }

    /// The sums, by column and currency.
    pub fn sums(&self) -> impl Iterator<Item = (&'static str, Money)> {
        self.sums
            .iter()
            .map(|((column, currency), minor)| (*column, Money { minor: *minor, currency: *currency }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_are_never_added() {
        let columns = [
            Column::new("class", Kind::Text, "Class"),
            Column::new("cost", Kind::Money, "Cost"),
            Column::new("seats", Kind::Integer, "Seats"),
        ];
        let money = |minor, code: &str| Cell::Money(Money { minor, currency: code.parse().unwrap() });
        let mut tally = Tally::new(&columns);
        for (class, cost) in [
            ("never", money(1250, "EUR")),
            ("frozen", money(-50, "EUR")),
            ("never", money(7, "JPY")),
            ("", Cell::Null),
        ] {
            tally.row(&[class.into(), cost, 3.into()]);
        }
        let sums: Vec<_> = tally
            .sums()
            .map(|(column, sum)| format!("{column} {} {}", sum.amount_text(), sum.currency))
            .collect();
        assert_eq!(sums, ["cost 12.00 EUR", "cost 7 JPY"]);
        let classes: Vec<_> = tally.classes.iter().map(|(class, rows)| (class.as_str(), *rows)).collect();
        assert_eq!(classes, [("", 1), ("frozen", 1), ("never", 2)]);
    }
}
