//! What rows of a month say of who held the seats.

use super::charges::UNASSIGNED;
use super::data_set::FocusRow;
use crate::report::measure::Month;

/// Whether somebody held the seats that a part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holding {
    Held,
    Unheld,
    /// Nothing was collected that tells.
    Unknown,
}

impl Holding {
    /// How the description of a row ends whose seats may or may not have been held.
    const UNKNOWN_WORDS: &'static str = "; who held them is not known";

    /// What became of the license-months of a month.
    pub(super) fn words(self, month: Month) -> String {
        match self {
            Self::Held => format!("held in {month}"),
            Self::Unheld => format!("not held in {month}"),
            Self::Unknown => format!("under contract in {month}{}", Self::UNKNOWN_WORDS),
        }
    }

    /// What a published row says.
    pub(super) fn of_row(row: &FocusRow) -> Self {
        match row.get("SubAccountId") {
            UNASSIGNED => Self::Unheld,
            _ if row.get("ChargeDescription").ends_with(Self::UNKNOWN_WORDS) => Self::Unknown,
            _ => Self::Held,
        }
    }
}
