//! Leaves out counts of people in groups so small that a count speaks of persons.
//!
//! Only columns that count people are touched; money and seats stay, so that they add up (a rule of statistical
//! disclosure control: the group and, so that it cannot be worked out from a sum, at least one other).

use std::collections::BTreeMap;

use crate::report::measure::left_out;
use crate::report::{self, Basis, Cell, Report, Sink};

/// Hands the report's rows to `sink` without the counts of groups smaller than the rules' `smallest_group`.
///
/// # Errors
/// Those of the report.
pub(super) fn write_without_small_groups(
    report: &Report,
    basis: &Basis<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<Cell<'static>>, report::Error> {
    let places: Vec<_> =
        (0..report.columns.len()).filter(|place| report.columns[*place].counts_people).collect();
    if places.is_empty() && !report.totals.iter().any(|total| total.counts_people) {
        return (report.write)(basis, sink);
    }
    let mut rows: Vec<Vec<Cell<'static>>> = Vec::new();
    let mut totals = (report.write)(basis, &mut |cells: &[Cell<'_>]| {
        rows.push(cells.iter().map(Cell::to_owned_cell).collect());
        Ok(())
    })?;
    let smallest = basis.rules.smallest_group;
    let mut hides_totals = false;
    for place in &places {
        for group in groups(report, &rows).values() {
            let counts: Vec<_> = group.iter().map(|row| count(&rows[*row][*place])).collect();
            let marks = left_out(&counts, smallest);
            hides_totals |= marks.is_none();
            let marks = marks.unwrap_or_else(|| counts.iter().map(|count| *count != Some(0)).collect());
            for (row, _) in group.iter().zip(marks).filter(|(_, mark)| *mark) {
                rows[*row][*place] = Cell::Null;
            }
        }
    }
    for (total, column) in totals.iter_mut().zip(report.totals) {
        let is_small = count(total).is_some_and(|count| count > 0 && count < smallest);
        if column.counts_people && (hides_totals || is_small) {
            *total = Cell::Null;
        }
    }
    rows.iter().try_for_each(|row| sink.row(row)).map_err(report::Error::Write)?;
    Ok(totals)
}

/// The rows that share a sum which others can know: all but the last of the key columns are equal.
fn groups(report: &Report, rows: &[Vec<Cell<'static>>]) -> BTreeMap<Vec<String>, Vec<usize>> {
    let named = |name: &&str| report.columns.iter().position(|column| column.name == *name);
    let shared: Vec<_> = report.key.iter().filter_map(named).collect();
    let shared = &shared[..shared.len().saturating_sub(1)];
    let mut groups = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        let group: Vec<_> = shared.iter().map(|column| row[*column].text().into_owned()).collect();
        groups.entry(group).or_insert_with(Vec::new).push(place);
    }
    groups
}

fn count(cell: &Cell<'_>) -> Option<i64> {
    match cell {
        Cell::Integer(count) => Some(*count),
        _ => None,
    }
}
