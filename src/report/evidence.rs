//! The rows behind a number, so that anyone can trace it and add it up again.

use std::io;

use super::Error;
use super::books::ContractLine;
use super::table::Cell;

/// Receives what a report gives: its rows in order, and beside them the evidence of its measures.
pub trait Sink {
    /// Takes a row, cells in the order of the report's columns.
    ///
    /// # Errors
    /// It cannot be written.
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()>;

    /// Whether evidence is of any use, so that a report need not look for what nobody asked for.
    fn wants_evidence(&self) -> bool {
        false
    }

    /// Takes one piece of evidence. Most sinks have no use for it.
    ///
    /// # Errors
    /// It cannot be written.
    fn evidence(&mut self, _evidence: &Evidence<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl<F: FnMut(&[Cell<'_>]) -> io::Result<()>> Sink for F {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self(cells)
    }
}

/// One record behind the number of one measure. The amounts of all evidence with the same `row` and measure add up to
/// the number that stands there.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The values of the report's key columns in the row that the number stands in; empty for a total.
    pub row: &'a [Cell<'a>],
    /// The column or total that it counts in.
    pub measure: &'static str,
    /// What it adds: an integer, an amount of money or a number.
    pub amount: Cell<'a>,
    /// The org of the record.
    pub org: &'a str,
    /// The Salesforce object of the record, or the file that it stands in, such as `contracts`.
    pub object: &'static str,
    /// The record's id, or its line in the file.
    pub record_id: &'a str,
    /// The user it is about, if it is about one.
    pub user_id: Option<&'a str>,
    /// Why it counts, in a few words.
    pub because: &'a str,
}

impl<'a> Evidence<'a> {
    /// A record that adds one to a total.
    pub fn one(
        measure: &'static str,
        org: &'a str,
        object: &'static str,
        record_id: &'a str,
        because: &'a str,
    ) -> Self {
        let amount = Cell::Integer(1);
        Self { row: &[], measure, amount, org, object, record_id, user_id: None, because }
    }
}

/// Gives a line of the contracts as the evidence for `amount`.
pub(super) fn prove_by_line(
    sink: &mut dyn Sink,
    row: &[Cell<'_>],
    measure: &'static str,
    amount: Cell<'_>,
    line: &ContractLine,
    because: &str,
) -> Result<(), Error> {
    let evidence = Evidence {
        row,
        measure,
        amount,
        org: &line.org,
        object: "contracts",
        record_id: &line.file_line.to_string(),
        user_id: None,
        because,
    };
    sink.evidence(&evidence).map_err(Error::Write)
}

/// What the number in a column stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The record that the row is.
    Record,
    /// The sum of the amounts of its evidence.
    Sum,
    /// Other columns of the same row (of the totals, for a total).
    From(Formula, &'static [&'static str]),
}

/// How a column is made from others, which are named in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Formula {
    /// All added.
    Sum,
    /// The first less the second.
    Difference,
    /// The first less the second, and at least zero.
    Excess,
    /// The first divided by the second, in basis points, half up.
    Share,
    /// A rule that the column's meaning tells.
    Rule,
}
