//! People of record: who is employed, by the list of human resources or of the identity provider.

use jiff::civil::Date;

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleList {
    /// Whether it is declared to hold everybody, so that who is absent from it has left.
    pub is_complete: bool,
    /// In the order of the file.
    pub people: Vec<PersonOfRecord>,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonOfRecord {
    /// Their line in the file, counted from 1.
    pub file_line: u64,
    /// Personnel number.
    pub employee_number: Option<String>,
    /// What single sign-on knows them by.
    pub federation_identifier: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Whether they have left, or will on a known day.
    pub has_left: bool,
    /// The last day of their employment, when it is known.
    pub left_on: Option<Date>,
}

impl PersonOfRecord {
    /// Whether they are gone this day; without a day of leaving, who has left is gone.
    pub fn is_gone_on(&self, day: Date) -> bool {
        self.has_left && self.left_on.is_none_or(|last| last < day)
    }
}
