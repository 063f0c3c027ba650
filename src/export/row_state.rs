//! The state that each row speaks of, in formats that have no other place for it.

use std::collections::BTreeMap;

use super::Document;
use crate::base::utc_text;
use crate::report::{Cell, Kind};

/// The columns that follow the report's own.
pub(super) const STATE_COLUMNS: [(&str, Kind, &str); 2] = [
    ("as_of", Kind::DateTime, "The instant that the row speaks of"),
    (
        "complete",
        Kind::Boolean,
        "Whether what the file shows of the row's org is whole; of a row without an org, whether all of the file is",
    ),
];

/// What [`STATE_COLUMNS`] hold in the rows of a document.
pub(super) struct RowState {
    as_of: String,
    org_column: Option<usize>,
    orgs: BTreeMap<String, bool>,
    whole: bool,
}

impl RowState {
    pub(super) fn of(document: &Document<'_>) -> Self {
        let completeness = document.completeness;
        let orgs = completeness.orgs.iter().map(|org| (org.org.clone(), completeness.is_org_complete(org)));
        Self {
            as_of: utc_text(completeness.as_of),
            org_column: document.report.columns.iter().position(|column| column.name == "org"),
            orgs: orgs.collect(),
            whole: completeness.is_complete(),
        }
    }

    /// The cells that follow those of a row.
    pub(super) fn cells(&self, row: &[Cell<'_>]) -> [Cell<'_>; 2] {
        let org = self.org_column.and_then(|place| self.orgs.get(row[place].text().as_ref()));
        // A row without an org speaks of all that were asked for.
        [self.as_of.as_str().into(), Cell::Boolean(org.copied().unwrap_or(self.whole))]
    }
}
