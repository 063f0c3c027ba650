//! A data set: its columns, its rows as text, and how they become a file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use rust_decimal::Decimal;

use super::column::FocusColumn;
use super::contract_commitment::CONTRACT_COMMITMENT;
use super::cost_and_usage::COST_AND_USAGE;
use crate::export::feed::{ControlTotal, Table};

/// A FOCUS data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum DataSet {
    /// What was charged, to whom and for what.
    CostAndUsage,
    /// What was bought.
    ContractCommitment,
}

/// One row: the text of each column, empty for null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::export) struct FocusRow {
    set: DataSet,
    pub(super) fields: Vec<String>,
}

impl DataSet {
    /// Both.
    pub(in crate::export) const ALL: &'static [Self] = &[Self::CostAndUsage, Self::ContractCommitment];

    /// Its name in FOCUS.
    pub(in crate::export) fn id(self) -> &'static str {
        match self {
            Self::CostAndUsage => "CostAndUsage",
            Self::ContractCommitment => "ContractCommitment",
        }
    }

    /// The columns in the order of the file.
    pub(in crate::export) fn columns(self) -> &'static [FocusColumn] {
        match self {
            Self::CostAndUsage => COST_AND_USAGE,
            Self::ContractCommitment => CONTRACT_COMMITMENT,
        }
    }

    /// Its CSV file in a feed.
    pub(in crate::export) fn csv_file(self) -> &'static str {
        match self {
            Self::CostAndUsage => "focus-cost-and-usage.csv",
            Self::ContractCommitment => "focus-contract-commitment.csv",
        }
    }

    /// The columns of money whose sums a receiver can check.
    pub(in crate::export) fn summed(self) -> &'static [&'static str] {
        match self {
            Self::CostAndUsage => &["BilledCost", "ContractedCost", "EffectiveCost", "ListCost"],
            Self::ContractCommitment => &["ContractCommitmentCost"],
        }
    }

    /// The column whose values are counted.
    pub(in crate::export) fn class(self) -> &'static str {
        match self {
            Self::CostAndUsage => "ChargeCategory",
            Self::ContractCommitment => "ContractCommitmentLifecycleStatus",
        }
    }

    /// The columns that no two rows share.
    pub(super) fn key(self) -> &'static [&'static str] {
        match self {
            Self::CostAndUsage => &["x_LedgerKey", "x_LedgerEntry", "SubAccountId"],
            Self::ContractCommitment => &["ContractCommitmentId"],
        }
    }

    /// The data set as a table of the feed.
    pub(in crate::export) fn table(self) -> Table {
        let (title, description) = match self {
            Self::CostAndUsage => {
                ("FOCUS 1.4 Cost and Usage", "What the contracts cost, by month and by who bears it")
            }
            Self::ContractCommitment => ("FOCUS 1.4 Contract Commitment", "What the contracts hold"),
        };
        Table {
            file: self.csv_file().to_owned(),
            title,
            description,
            fields: self.columns().iter().map(FocusColumn::field).collect(),
            key: self.key(),
        }
    }

    /// The place of a column.
    pub(super) fn place(self, name: &str) -> Option<usize> {
        self.columns().binary_search_by(|column| column.name.cmp(name)).ok()
    }

    /// A row with nothing in it.
    pub(super) fn row(self) -> FocusRow {
        FocusRow { set: self, fields: vec![String::new(); self.columns().len()] }
    }

    /// Writes the rows: RFC 4180, LF line ends, UTF-8 without a byte order mark, as every CSV file of the feed.
    pub(in crate::export) fn write_csv(self, rows: &[FocusRow], out: &mut dyn Write) -> io::Result<()> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::Any(b'\n'))
            .quote_style(QuoteStyle::Necessary)
            .from_writer(out);
        writer.write_record(self.columns().iter().map(|column| column.name))?;
        for row in rows {
            writer.write_record(&row.fields)?;
        }
        writer.flush()
    }

    /// Reads what [`Self::write_csv`] wrote; columns that are not there are empty.
    pub(in crate::export) fn read_csv(self, input: impl io::Read) -> io::Result<Vec<FocusRow>> {
        let mut reader = ::csv::Reader::from_reader(input);
        let places: Vec<_> = reader.headers()?.iter().map(|name| self.place(name)).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let mut row = self.row();
            for (text, place) in record?.iter().zip(&places) {
                if let Some(place) = place {
                    text.clone_into(&mut row.fields[*place]);
                }
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// The sums of the money columns by currency.
    pub(in crate::export) fn control_totals(self, rows: &[FocusRow]) -> Vec<ControlTotal> {
        let mut sums: BTreeMap<(&str, &str), Decimal> = BTreeMap::new();
        for row in rows {
            for column in self.summed() {
                if let Ok(amount) = row.get(column).parse::<Decimal>() {
                    *sums.entry((column, row.get("BillingCurrency"))).or_default() += amount;
                }
            }
        }
        let total = |((column, currency), amount): ((&str, &str), Decimal)| ControlTotal {
            column: column.to_owned(),
            currency: currency.to_owned(),
            amount: amount.to_string(),
        };
        sums.into_iter().map(total).collect()
    }

    /// How many rows are of each class.
    pub(in crate::export) fn classes(self, rows: &[FocusRow]) -> BTreeMap<String, u64> {
        let mut classes = BTreeMap::new();
        for row in rows {
            *classes.entry(row.get(self.class()).to_owned()).or_default() += 1;
        }
        classes
    }
}

impl FocusRow {
    /// The text of a column.
    pub(in crate::export) fn get(&self, name: &str) -> &str {
        self.set.place(name).map_or("", |place| &self.fields[place])
    }

    /// The number in a column; zero when it is empty.
    pub(super) fn number(&self, name: &str) -> Decimal {
        self.get(name).parse().unwrap_or_default()
    }

    /// Sets a column.
    pub(super) fn set(&mut self, name: &str, text: impl Into<String>) {
        let place = self.set.place(name).expect("rows are made of the columns of their table");
        self.fields[place] = text.into();
    }
}

/// A number as FOCUS wants it: at least one decimal place.
pub(super) fn decimal_text(number: Decimal, least_digits: u32) -> String {
    let mut number = number.normalize();
    if number.scale() < least_digits.max(1) {
        number.rescale(least_digits.max(1));
    }
    number.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_focus_come_first_and_all_are_in_order() {
        for set in DataSet::ALL {
            let names: Vec<_> = set.columns().iter().map(|column| column.name).collect();
            assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
            for column in set.columns() {
                assert_eq!(set.place(column.name).map(|place| names[place]), Some(column.name));
                assert!(!column.meaning.is_empty() && !column.meaning.ends_with('.'), "{}", column.name);
            }
            for name in set.summed().iter().chain([&set.class()]).chain(set.key()) {
                assert!(set.place(name).is_some(), "{name}");
            }
        }
        assert_eq!(COST_AND_USAGE.len(), 67 + 4);
        assert_eq!(CONTRACT_COMMITMENT.len(), 30);
    }

    #[test]
    fn numbers_have_a_decimal_place() {
        for (number, digits, text) in [
            ("5", 2, "5.00"),
            ("1234", 0, "1234.0"),
            ("8.3333333333", 2, "8.3333333333"),
            ("-1.50", 1, "-1.5"),
            ("0", 2, "0.00"),
        ] {
            assert_eq!(decimal_text(number.parse().unwrap(), digits), text);
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let mut row = DataSet::CostAndUsage.row();
        row.set("ServiceName", "Säles \"Cloud\",\nEnterprise");
        row.set("BilledCost", "1.00");
        let mut bytes = Vec::new();
        DataSet::CostAndUsage.write_csv(&[row.clone()], &mut bytes).unwrap();
        assert_eq!(DataSet::CostAndUsage.read_csv(&*bytes).unwrap(), [row]);
    }
}
