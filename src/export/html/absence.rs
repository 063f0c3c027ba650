//! Why a number is not there: nobody asked, it must not leave, it does not apply, or it is unknown. None of them is zero.

use crate::export::{Document, People};
use crate::report::books::Book;
use crate::report::{Column, Report};

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

    /// Why the column, one of `columns`, may be empty.
    pub(super) fn reason(&self, column: &Column, columns: &[Column]) -> Reason {
        let counts_people = |column: &Column| column.counts_people;
        if let Some(book) = column.asks.filter(|book| self.missing.contains(book)) {
            return Reason { word: "not asked", because: Some(book.absence().to_owned()) };
        }
        if self.hides_people && (counts_people(column) || column.is_made_from(columns, &counts_people)) {
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
