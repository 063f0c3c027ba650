//! Every number of every report adds up from its evidence.

use std::collections::BTreeMap;
use std::io;

use seatledger::report::books::{Books, Contracts, Exemptions, PeopleList};
use seatledger::report::{Basis, Cell, Column, Evidence, Formula, Made, REPORTS, Report, Rules, Sink};
use seatledger::store::{Reader, Selection};

use super::{demo, run};

/// What a report gave: texts of rows, and the sums of its evidence by row key and measure.
#[derive(Default)]
struct Given {
    rows: Vec<Vec<String>>,
    sums: BTreeMap<(Vec<String>, &'static str), Sum>,
}

#[derive(Default)]
struct Sum {
    integer: i128,
    number: f64,
    decimals: u32,
    is_money: bool,
    is_number: bool,
}

impl Sum {
    fn add(&mut self, amount: &Cell<'_>) {
        match amount {
            Cell::Integer(number) => self.integer += i128::from(*number),
            Cell::Money(amount) => {
                self.is_money = true;
                self.decimals = amount.currency.digits();
                self.integer += amount.minor;
            }
            Cell::Number(number) => {
                self.is_number = true;
                self.number += number;
            }
            other => panic!("evidence of {other:?}"),
        }
    }

    fn equals(&self, text: &str) -> bool {
        if self.is_number {
            return (self.number - text.parse::<f64>().unwrap()).abs() < 1e-6;
        }
        let digits: String = text.chars().filter(|character| *character != '.').collect();
        let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        digits.parse::<i128>().unwrap() == self.integer
            && (!self.is_money || decimals == self.decimals as usize)
    }
}

impl Sink for Given {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.rows.push(texts(cells));
        Ok(())
    }

    fn wants_evidence(&self) -> bool {
        true
    }

    fn evidence(&mut self, evidence: &Evidence<'_>) -> io::Result<()> {
        assert!(!evidence.because.is_empty() && !evidence.object.is_empty(), "{evidence:?}");
        self.sums.entry((texts(evidence.row), evidence.measure)).or_default().add(&evidence.amount);
        Ok(())
    }
}

fn texts(cells: &[Cell<'_>]) -> Vec<String> {
    cells.iter().map(|cell| cell.text().into_owned()).collect()
}

fn basis_points(used: &str, total: &str) -> String {
    let [used, total] = [used, total].map(|text| text.parse::<i128>().unwrap_or_default());
    if total <= 0 || used < 0 {
        return String::new();
    }
    let points = (20_000 * used + total) / (2 * total);
    format!("{}.{:02}", points / 100, points % 100)
}

/// Checks one row (or the totals) and gives how many of its numbers stand on evidence.
fn check(report: &Report, columns: &[Column], cells: &[String], key: &[String], given: &Given) -> usize {
    let mut summed = 0;
    let named = |name: &str| &cells[columns.iter().position(|column| column.name == name).unwrap()];
    for (column, cell) in columns.iter().zip(cells) {
        let place = format!("{} {key:?} {} {cell:?}", report.id, column.name);
        if cell.is_empty() || !column.kind.is_number() {
            continue;
        }
        match column.made {
            Made::Record => {}
            Made::Sum => {
                let sum = given.sums.get(&(key.to_vec(), column.name));
                let equals = match sum {
                    Some(sum) => sum.equals(cell),
                    None => cell.parse::<f64>().unwrap() == 0.0,
                };
                assert!(equals, "{place}: evidence gives {:?}", sum.map(|sum| sum.integer));
                summed += usize::from(sum.is_some());
            }
            Made::From(formula, names) => {
                let parts: Vec<_> = names.iter().map(|name| named(name)).collect();
                let whole = |text: &String| text.replace('.', "").parse::<i128>().unwrap();
                let expected = match formula {
                    Formula::Rule => continue,
                    Formula::Share => {
                        assert_eq!(*cell, basis_points(parts[0], parts[1]), "{place}");
                        continue;
                    }
                    Formula::Sum => parts.iter().map(|text| whole(text)).sum(),
                    Formula::Difference => whole(parts[0]) - whole(parts[1]),
                    Formula::Excess => (whole(parts[0]) - whole(parts[1])).max(0),
                };
                assert_eq!(whole(cell), expected, "{place}");
            }
        }
    }
    summed
}

/// Reports that have nothing to sum in an org that was collected once; their own tests add theirs up.
const BARE_HERE: &[&str] = &["integration-users"];

/// The books that the demo comes with.
pub(super) fn books() -> Books {
    let read = |name: &str| std::fs::read_to_string(demo().path(&format!("seatledger-demo/{name}"))).unwrap();
    Books {
        contracts: Some(Contracts::parse(&read("contracts.csv"), &["demo"]).unwrap()),
        exemptions: Some(Exemptions::parse(&read("exemptions.csv"), &["demo"]).unwrap()),
        people: Some(PeopleList::parse(&read("people.csv"), false).unwrap()),
    }
}

#[test]
fn every_number_of_every_report_adds_up_from_its_evidence() {
    let reader = Reader::open(&demo().path("seatledger-demo/seatledger.db")).unwrap();
    let as_of = reader.as_of(&[]).unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let books = books();
    let rules = Rules { cost_center_field: Some("CostCenter__c".to_owned()), ..Rules::default() };
    let basis = Basis { reader: &reader, selection: &selection, books: &books, rules: &rules };
    for report in REPORTS {
        let mut given = Given::default();
        let totals = texts(&(report.write)(&basis, &mut given).unwrap());
        let places: Vec<_> = report
            .key
            .iter()
            .map(|name| report.columns.iter().position(|column| column.name == *name).unwrap())
            .collect();
        let key = |row: &[String]| places.iter().map(|place| row[*place].clone()).collect::<Vec<_>>();
        let keys: std::collections::BTreeSet<_> = given.rows.iter().map(|row| key(row)).collect();
        assert_eq!(keys.len(), given.rows.len(), "{}: no two rows share a key", report.id);
        let mut summed = check(report, report.totals, &totals, &[], &given);
        for row in &given.rows {
            summed += check(report, report.columns, row, &key(row), &given);
        }
        let sums = report.columns.iter().chain(report.totals).filter(|column| column.made == Made::Sum);
        let is_bare = BARE_HERE.contains(&report.id);
        assert_eq!(summed > 0, sums.count() > 0 && !is_bare, "{}: something is explained", report.id);
        let stray = given.sums.keys().find(|(row, _)| !row.is_empty() && !keys.contains(row));
        assert_eq!(stray, None, "{}: evidence of a row that is not there", report.id);
    }
}

#[test]
fn an_explanation_lists_the_records_and_ends_with_the_number() {
    let users = super::json(&["report", "users"]);
    let total = &users["totals"]["active_users"];
    let explained = super::json(&["explain", "users", "active_users"]);
    assert_eq!(explained["totals"]["explained"], *total);
    assert_eq!(explained["rows"].as_array().unwrap().len() as i64, total.as_i64().unwrap());
    assert_eq!(explained["rows"][0]["because"], "is active");

    let share = super::json(&[
        "explain",
        "subscriptions",
        "utilization",
        "--at",
        "name=Salesforce",
        "--at",
        "source=UserLicense",
        "--org",
        "demo",
    ]);
    let names: Vec<_> = share["rows"].as_array().unwrap().iter().map(|row| row["object"].clone()).collect();
    assert_eq!(names, ["used", "quantity"]);
}

#[test]
fn a_cell_that_is_not_there_is_told_with_what_there_is() {
    for (arguments, sentence) in [
        (&["users", "seats"][..], "report `users` has no number `seats`; it has users, active_users"),
        (&["licenses", "total"], "`total` stands in every row: say in which with --at COLUMN=VALUE"),
        (&["licenses", "total", "--at", "sku=1"], "report `licenses` has no column `sku`; it has org, kind"),
        (&["licenses", "total", "--at", "kind=user"], "rows of report `licenses` are selected, not one"),
        (&["licenses", "total", "--at", "kind=none"], "0 rows of report `licenses` are selected, not one"),
        (&["users", "users", "--at", "org=demo"], "`users` is a total of the whole report"),
        (&["licenses", "total", "--at", "kind"], "write a column and its value"),
    ] {
        for format in ["table", "json", "csv"] {
            let ran = run(&[&["explain"], arguments, &["--format", format]].concat());
            assert_eq!(ran.exits(2).says(&[sentence]).stdout, "", "{format}");
        }
    }
}

/// A number that Salesforce did not send was counted or computed, and says from what.
#[test]
fn only_what_salesforce_sent_stands_on_its_record_alone() {
    let without_origin = |report: &Report| -> Vec<String> {
        let numbers = report.columns.iter().filter(|column| column.kind.is_number());
        let columns = numbers.filter(|column| column.made == Made::Record && column.fields.is_empty());
        let totals = report.totals.iter().filter(|total| total.made == Made::Record);
        columns.chain(totals).map(|column| format!("{} {}", report.id, column.name)).collect()
    };
    assert_eq!(REPORTS.iter().flat_map(without_origin).collect::<Vec<_>>(), Vec::<String>::new());
}
