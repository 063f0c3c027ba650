//! Why a number is not there: nobody asked, it must not leave, it does not apply, or it is unknown. None of them is zero.

use crate::export::{Document, People};
use crate::report::books::Book;
use crate::report::{Cell, Column, Kind, Made, Report};

/// What keeps numbers of a document from being there.
pub(super) struct Absence {
    missing: Vec<Book>,
    hides_people: bool,
}

/// A word for a number that is not there, and the reason.
pub(super) struct Reason {
    pub(super) word: &'static str,
    pub(super) because: Option<String>,
}

impl Absence {
    pub(super) fn of(document: &Document<'_>) -> Self {
        Self {
            missing: Book::ALL.into_iter().filter(|book| !document.books.has(*book)).collect(),
            hides_people: !matches!(document.people, People::Shown),
        }
    }

    /// Why the column, one of `columns`, is empty in a row of these cells.
    pub(super) fn reason(&self, column: &Column, columns: &[Column], cells: &[Cell<'_>]) -> Reason {
        let cell_of =
            |name: &str| columns.iter().position(|column| column.name == name).map(|place| &cells[place]);
        if let Some(book) = column.asks.filter(|book| self.missing.contains(book)) {
            return Reason { word: "not asked", because: Some(book.absence().to_owned()) };
        }
        let sources = match column.made {
            Made::From(_, sources) => sources,
            Made::Record | Made::Sum => &[],
        };
        if let (Kind::Percent, Some(whole)) = (column.kind, sources.get(1))
            && cell_of(whole) == Some(&Cell::Integer(0))
        {
            let because = format!("not applicable, as {} is 0", whole.replace('_', " "));
            return Reason { word: "not applicable", because: Some(because) };
        }
        if let [source] = sources
            && let Some(Cell::Text(outlook)) = cell_of(source)
        {
            return Reason { word: "unknown", because: Some(outlook.clone().into_owned()) };
        }
        // What a count says that is there is not left out of what is made from it.
        let is_left_out = |source: &Column| source.counts_people && cell_of(source.name) == Some(&Cell::Null);
        if self.hides_people && (is_left_out(column) || column.is_made_from(columns, &is_left_out)) {
            let because = "unknown, or a count of a small group of people, which is left out".to_owned();
            return Reason { word: "withheld", because: Some(because) };
        }
        // The meaning of a column says when it is empty.
        let because = column
            .meaning
            .split_once("; empty ")
            .map(|(_, when)| format!("empty {}", when.replace('_', " ")));
        Reason { word: "unknown", because }
    }

    /// Why a report has no rows.
    pub(super) fn of_rows(&self, report: &Report) -> String {
        let asked = report.totals.iter().find_map(|total| total.asks);
        match asked.filter(|book| self.missing.contains(book)) {
            Some(book) => format!("Not asked: {}.", book.absence()),
            None => "There are no rows.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FORECAST, UTILIZATION};

    #[test]
    fn an_empty_cell_has_the_reason_of_its_own_row() {
        let rows = UTILIZATION.columns;
        let totals = UTILIZATION.totals;
        let small = "unknown, or a count of a small group of people, which is left out";
        let none = "not applicable, as holders is 0";
        type Known<'a> = &'a [(&'a str, Cell<'a>)];
        let cases: [(&[Column], &str, Known<'_>, &str, &str); 6] = [
            (
                rows,
                "activity_percent",
                &[("active", 0.into()), ("holders", 0.into())],
                "not applicable",
                none,
            ),
            (rows, "activity_percent", &[("holders", 3.into())], "withheld", small),
            (
                rows,
                "activity_percent",
                &[("active", 7.into()), ("holders", 9.into()), ("unknown", 2.into())],
                "unknown",
                "empty while some are unknown",
            ),
            (rows, "active", &[("holders", 3.into())], "withheld", small),
            (
                totals,
                "user_effective_percent",
                &[("user_active", 7.into())],
                "unknown",
                "empty as in the rows",
            ),
            (
                FORECAST.columns,
                "exhausted_on",
                &[("outlook", "insufficient history".into())],
                "unknown",
                "insufficient history",
            ),
        ];
        let absence = Absence { missing: Vec::new(), hides_people: true };
        for (columns, name, known, word, because) in cases {
            let cell = |column: &Column| {
                let found = known.iter().find(|(name, _)| *name == column.name);
                found.map_or(Cell::Null, |(_, cell)| cell.clone())
            };
            let cells: Vec<_> = columns.iter().map(cell).collect();
            let column = columns.iter().find(|column| column.name == name).unwrap();
            let reason = absence.reason(column, columns, &cells);
            assert_eq!((reason.word, reason.because.as_deref()), (word, Some(because)), "{name}: {known:?}");
        }
    }
}
