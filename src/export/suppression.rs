//! Leaves out counts of people in groups so small that a count speaks of persons.
//!
//! Only columns that count people are touched, and those made from them; money and seats stay, so that they add up (a
//! rule of statistical disclosure control: the group and, so that it cannot be worked out from a sum, at least one other).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::report::measure::left_out;
use crate::report::{self, Basis, Cell, Column, Evidence, Kind, Report, Sink};

/// Hands the report's rows to `sink` without the counts of groups smaller than the rules' `smallest_group`.
///
/// # Errors
/// Those of the report.
pub(super) fn write_without_small_groups(
    report: &Report,
    basis: &Basis<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<Cell<'static>>, report::Error> {
    let smallest = basis.rules.smallest_group;
    if !report.columns.iter().any(|column| column.counts_people) {
        // Each row is a person, or tells of none: only the totals count them, and some of these are sums of others.
        let totals = (report.write)(basis, sink)?;
        let counts = people_in(report.totals, &totals);
        let marks = left_out(&counts, smallest).unwrap_or_else(|| all_but_zero(&counts));
        return Ok(without(report.totals, totals, &marks));
    }
    let mut held = Held::default();
    let totals = (report.write)(basis, &mut held)?;
    let hidden = hidden_rows(report, &held.rows, smallest);
    let tells = |total: &Column| held.tells(report, &hidden, total, smallest);
    let counts = people_in(report.totals, &totals);
    let marks = report.totals.iter().zip(&counts).map(|(total, count)| match count {
        Some(count) => *count != 0 && (*count < smallest || tells(total)),
        None => false,
    });
    let totals = without(report.totals, totals, &marks.collect::<Vec<_>>());
    for (place, row) in held.rows.into_iter().enumerate() {
        let row = match hidden.contains(&place) {
            // What one of its counts tells, another may tell as well.
            true => {
                let counts = people_in(report.columns, &row);
                without(report.columns, row, &all_but_zero(&counts))
            }
            false => row,
        };
        sink.row(&row).map_err(report::Error::Write)?;
    }
    Ok(totals)
}

/// Rows that wait until all are known, and what the totals are sums of.
#[derive(Default)]
struct Held {
    rows: Vec<Vec<Cell<'static>>>,
    parts: Vec<TotalPart>,
}

/// What a record, which a row is about, adds to a total.
struct TotalPart {
    total: &'static str,
    org: String,
    record_id: String,
    amount: i64,
}

impl Sink for Held {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.rows.push(cells.iter().map(Cell::to_owned_cell).collect());
        Ok(())
    }

    fn evidence(&mut self, evidence: &Evidence<'_>) -> io::Result<()> {
        if let ([], Some(amount)) = (evidence.row, count(&evidence.amount)) {
            let (org, record_id) = (evidence.org.to_owned(), evidence.record_id.to_owned());
            self.parts.push(TotalPart { total: evidence.measure, org, record_id, amount });
        }
        Ok(())
    }
}

impl Held {
    /// Whether the total, with the rows that are shown, would tell what is left out.
    fn tells(&self, report: &Report, hidden: &BTreeSet<usize>, total: &Column, smallest: i64) -> bool {
        let place = |name: &str| report.columns.iter().position(|column| column.name == name);
        let (org, record) = (place("org"), report.key.last().and_then(|name| place(name)));
        let cell = |row: usize, place: Option<usize>| place.map(|place| self.rows[row][place].text());
        let hidden: BTreeSet<_> = hidden.iter().map(|row| (cell(*row, org), cell(*row, record))).collect();
        let is_hidden = |part: &&TotalPart| {
            hidden.contains(&(Some(part.org.as_str().into()), Some(part.record_id.as_str().into())))
        };
        let mut parts = self.parts.iter().filter(|part| part.total == total.name).peekable();
        if parts.peek().is_none() {
            return !hidden.is_empty();
        }
        let hidden: Vec<_> =
            parts.filter(is_hidden).map(|part| part.amount).filter(|amount| *amount != 0).collect();
        !hidden.is_empty() && (hidden.len() < 2 || hidden.iter().sum::<i64>() < smallest)
    }
}

/// The rows whose counts are left out.
fn hidden_rows(report: &Report, rows: &[Vec<Cell<'_>>], smallest: i64) -> BTreeSet<usize> {
    let mut hidden = BTreeSet::new();
    for group in groups(report, rows).values() {
        for (place, _) in report.columns.iter().enumerate().filter(|(_, column)| column.counts_people) {
            let counts: Vec<_> = group.iter().map(|row| count(&rows[*row][place])).collect();
            let marks = left_out(&counts, smallest).unwrap_or_else(|| all_but_zero(&counts));
            hidden.extend(group.iter().zip(marks).filter(|(_, mark)| *mark).map(|(row, _)| *row));
        }
    }
    hidden
}

/// The rows that share a sum which others can know: all but the last of the key columns are equal, and what is so or
/// not of a license, such as that it has no limit and is in no sum.
fn groups(report: &Report, rows: &[Vec<Cell<'_>>]) -> BTreeMap<Vec<String>, Vec<usize>> {
    let shared_keys = &report.key[..report.key.len().saturating_sub(1)];
    let is_shared = |column: &Column| shared_keys.contains(&column.name) || column.kind == Kind::Boolean;
    let mut groups = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let shared = report.columns.iter().zip(row).filter(|(column, _)| is_shared(column));
        let group: Vec<_> = shared.map(|(_, cell)| cell.text().into_owned()).collect();
        groups.entry(group).or_insert_with(Vec::new).push(place);
    }
    groups
}

/// The counts of people; `None` for other columns, which nobody has to leave out.
fn people_in(columns: &[Column], cells: &[Cell<'_>]) -> Vec<Option<i64>> {
    let counted = columns.iter().zip(cells);
    counted.map(|(column, cell)| count(cell).filter(|_| column.counts_people)).collect()
}

/// The cells without the marked ones, and without what is made from these.
fn without(columns: &[Column], mut cells: Vec<Cell<'static>>, marks: &[bool]) -> Vec<Cell<'static>> {
    let marked = columns.iter().zip(marks).filter(|(_, mark)| **mark);
    let marked: BTreeSet<_> = marked.map(|(column, _)| column.name).collect();
    for (cell, column) in cells.iter_mut().zip(columns) {
        if marked.contains(column.name)
            || column.is_made_from(columns, &|source| marked.contains(source.name))
        {
            *cell = Cell::Null;
        }
    }
    cells
}

fn all_but_zero(counts: &[Option<i64>]) -> Vec<bool> {
    counts.iter().map(|count| count.is_some_and(|count| count != 0)).collect()
}

fn count(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Integer(count) => Some(*count),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample::SAMPLE;
    use crate::report::Formula;

    const COLUMNS: &[Column] = &[
        Column::new("org", Kind::Text, "Org"),
        Column::new("license", Kind::Text, "License"),
        Column::new("is_unlimited", Kind::Boolean, "Whether it has no limit"),
        Column::new("seats", Kind::Integer, "Seats"),
        Column::new("active", Kind::Integer, "Active").counts_people(),
        Column::new("rest_percent", Kind::Percent, "1 - share").from(Formula::Rule, &["active_percent"]),
        Column::new("active_percent", Kind::Percent, "active / seats")
            .from(Formula::Share, &["active", "seats"]),
    ];

    fn row(org: &'static str, license: &'static str, is_unlimited: bool, active: i64) -> Vec<Cell<'static>> {
        let percents = [Cell::BasisPoints(9000), Cell::BasisPoints(1000)];
        let cells = [org.into(), license.into(), is_unlimited.into(), 50.into(), active.into()];
        cells.into_iter().chain(percents).collect()
    }

    #[test]
    fn a_small_group_takes_one_along_that_is_in_the_same_sum() {
        let report = Report { columns: COLUMNS, key: &["org", "license"], ..SAMPLE };
        let rows = [
            row("acme", "a", false, 3),
            row("acme", "b", true, 6),
            row("acme", "c", false, 9),
            row("acme", "d", false, 12),
            row("labs", "e", false, 7),
            row("labs", "f", false, 0),
        ];
        assert_eq!(hidden_rows(&report, &rows, 5), BTreeSet::from([0, 2]));
        assert_eq!(hidden_rows(&report, &rows[..2], 5), BTreeSet::from([0]));
        assert_eq!(hidden_rows(&report, &rows[1..], 5), BTreeSet::new());
    }

    #[test]
    fn a_total_goes_that_would_tell_what_is_left_out() {
        let report = Report { columns: COLUMNS, key: &["org", "license"], ..SAMPLE };
        let total = Column::new("all_active", Kind::Integer, "Active").counts_people();
        let rows = [("a", 3), ("b", 4), ("c", 9)];
        let mut held = Held::default();
        for (license, active) in rows {
            held.row(&row("acme", license, false, active)).unwrap();
        }
        let tells =
            |held: &Held, hidden: &[usize]| held.tells(&report, &hidden.iter().copied().collect(), &total, 5);
        assert!(tells(&held, &[0]), "nobody said what it is a sum of");
        for (license, active) in rows {
            let evidence = Evidence {
                amount: Cell::Integer(active),
                ..Evidence::one("all_active", "acme", "licenses", license, "is one")
            };
            held.evidence(&evidence).unwrap();
        }
        for (hidden, expected) in
            [(&[][..], false), (&[0], true), (&[2], true), (&[0, 1], false), (&[0, 2], false)]
        {
            assert_eq!(tells(&held, hidden), expected, "{hidden:?}");
        }
        let other = Column::new("others", Kind::Integer, "Others").counts_people();
        assert!(held.tells(&report, &BTreeSet::from([0, 2]), &other, 5));
    }

    #[test]
    fn what_is_made_from_a_count_goes_with_it() {
        let cells = row("acme", "a", false, 3);
        let marks = all_but_zero(&people_in(COLUMNS, &cells));
        let left = without(COLUMNS, cells, &marks);
        assert_eq!(left[3..], [50.into(), Cell::Null, Cell::Null, Cell::Null]);
    }
}
