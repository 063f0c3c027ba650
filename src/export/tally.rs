//! Control totals: what a receiver adds up again to see that a file arrived as it was sent.

use std::collections::BTreeMap;

use crate::base::{Currency, Money};
use crate::report::{Cell, Column, Kind, PriceBasis};

/// The column whose values are counted.
const CLASS_COLUMN: &str = "class";

/// Of the rows as they were written: sums of money by column and currency, without prices that are estimates, and
/// numbers of rows by class.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    money: Vec<(usize, &'static str)>,
    class: Option<usize>,
    price_basis: Option<usize>,
    sums: BTreeMap<(&'static str, Currency), i128>,
    /// How many rows are of each class, when the report has classes.
    pub classes: BTreeMap<String, u64>,
}

impl Tally {
    /// Of no row yet.
    pub(super) fn new(columns: &[Column]) -> Self {
        let money = columns.iter().enumerate().filter(|(_, column)| column.kind == Kind::Money);
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        Self {
            money: money.map(|(place, column)| (place, column.name)).collect(),
            class: place(CLASS_COLUMN),
            price_basis: place(PriceBasis::COLUMN),
            ..Self::default()
        }
    }

    /// Counts a row.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        let is_estimate = self.price_basis.is_some_and(|place| PriceBasis::is_estimate(&cells[place].text()));
        for (place, column) in self.money.iter().filter(|_| !is_estimate) {
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
    fn neither_currencies_nor_estimates_are_added() {
        let columns = [
            Column::new("class", Kind::Text, "Class"),
            Column::new("cost", Kind::Money, "Cost"),
            Column::new("seats", Kind::Integer, "Seats"),
            Column::new(PriceBasis::COLUMN, Kind::Text, "What the cost stands on"),
        ];
        let money = |minor, code: &str| Cell::Money(Money { minor, currency: code.parse().unwrap() });
        let mut tally = Tally::new(&columns);
        for (class, cost, basis) in [
            ("never", money(1250, "EUR"), "contract"),
            ("frozen", money(-50, "EUR"), "contract"),
            ("never", money(7, "JPY"), "contract"),
            ("never", money(300, "EUR"), "list_estimated"),
            ("never", money(300, "USD"), "list_estimated"),
            ("", Cell::Null, ""),
        ] {
            tally.row(&[class.into(), cost, 3.into(), basis.into()]);
        }
        let sums: Vec<_> = tally
            .sums()
            .map(|(column, sum)| format!("{column} {} {}", sum.amount_text(), sum.currency))
            .collect();
        assert_eq!(sums, ["cost 12.00 EUR", "cost 7 JPY"]);
        let classes: Vec<_> = tally.classes.iter().map(|(class, rows)| (class.as_str(), *rows)).collect();
        assert_eq!(classes, [("", 1), ("frozen", 1), ("never", 4)]);
    }
}
