//! Every number that is said to be a sum is the sum of its evidence.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use seatledger::report::books::{Books, Contracts};
use seatledger::report::{Basis, Cell, EXPIRING, Evidence, Made, RENEWALS, Report, Rules, Sink, TRUE_UP};
use seatledger::store::{Reader, Selection};

use super::contract_site::{LINES, site_with};

/// Adds evidence up by row key and measure, and keeps the rows.
struct Proof {
    report: &'static Report,
    rows: Vec<Vec<Cell<'static>>>,
    sums: BTreeMap<(String, &'static str), i128>,
}

impl Sink for Proof {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.rows.push(cells.iter().map(owned).collect());
        Ok(())
    }

    fn wants_evidence(&self) -> bool {
        true
    }

    fn evidence(&mut self, evidence: &Evidence<'_>) -> io::Result<()> {
        assert!(!evidence.because.is_empty() && !evidence.record_id.is_empty(), "{evidence:?}");
        let amount = number(&evidence.amount).unwrap();
        *self.sums.entry((format!("{:?}", evidence.row), evidence.measure)).or_default() += amount;
        Ok(())
    }
}

fn owned(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Null => Cell::Null,
        Cell::Text(text) => Cell::Text(text.to_string().into()),
        Cell::Integer(number) => Cell::Integer(*number),
        Cell::Number(number) => Cell::Number(*number),
        Cell::BasisPoints(points) => Cell::BasisPoints(*points),
        Cell::Money(amount) => Cell::Money(*amount),
        Cell::Boolean(value) => Cell::Boolean(*value),
    }
}

fn number(cell: &Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Integer(number) => Some((*number).into()),
        Cell::Money(amount) => Some(amount.minor),
        _ => None,
    }
}

impl Proof {
    /// Checks one number and forgets its evidence.
    fn check(&mut self, row: &[Cell<'_>], name: &'static str, cell: &Cell<'_>) -> bool {
        let found = self.sums.remove(&(format!("{row:?}"), name));
        match number(cell) {
            None => assert_eq!(found, None, "{}.{name} is unknown and has evidence", self.report.id),
            Some(number) => {
                assert_eq!(found.unwrap_or_default(), number, "{}.{name} {row:?}", self.report.id)
            }
        }
        found.is_some()
    }
}

#[test]
fn sums_are_those_of_their_evidence() {
    let (site, _) = site_with(LINES);
    let reader = Reader::open(&site.home.path("seatledger.db")).unwrap();
    let as_of = reader.as_of(&[]).unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let text = fs::read_to_string(site.home.path("contracts.csv")).unwrap();
    let contracts = Contracts::parse(&text, &["acme"]).unwrap();
    let books = Books { contracts: Some(contracts), ..Books::default() };
    let rules = Rules::default();
    let basis = Basis { reader: &reader, selection: &selection, books: &books, rules: &rules };
    for report in [&EXPIRING, &RENEWALS, &TRUE_UP] {
        let mut proof = Proof { report, rows: Vec::new(), sums: BTreeMap::new() };
        let totals = (report.write)(&basis, &mut proof).unwrap();
        let place = |name: &str| report.columns.iter().position(|column| column.name == name).unwrap();
        let mut proven = 0;
        for row in std::mem::take(&mut proof.rows) {
            let key: Vec<_> = report.key.iter().map(|name| row[place(name)].clone()).collect();
            for (column, cell) in
                report.columns.iter().zip(&row).filter(|(column, _)| column.made == Made::Sum)
            {
                proven += usize::from(proof.check(&key, column.name, cell));
            }
        }
        for (total, cell) in report.totals.iter().zip(&totals).filter(|(total, _)| total.made == Made::Sum) {
            proven += usize::from(proof.check(&[], total.name, cell));
        }
        assert!(proven >= 2, "{}: hardly anything has evidence", report.id);
        assert!(proof.sums.is_empty(), "{}: evidence of no number: {:?}", report.id, proof.sums);
    }
}
