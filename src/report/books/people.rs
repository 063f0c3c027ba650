//! People of record: who is employed, by the list of human resources or of the identity provider.

use jiff::civil::Date;

use super::cell;
use super::problem::{LineProblem, none_or};
use super::sheet::{BookColumn, Row, Sheet};

/// The columns of the file. Nothing else about a person may stand in it, because nothing else is needed.
pub const PEOPLE_COLUMNS: &[BookColumn] = &[
    column("employee_number", "personnel number, as Salesforce has it"),
    column("federation_identifier", "what single sign-on knows the person by"),
    column("email", "mail address"),
    column("has_left", "yes or no; empty means no; whoever has a last day is gone after it, also with no"),
    column("left_on", "last day of employment, such as 2027-03-31; may be empty"),
];

const fn column(name: &'static str, about: &'static str) -> BookColumn {
    BookColumn { name, needed: false, about, sample: "" }
}

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

impl PeopleList {
    /// Reads a list of people; `is_complete` is what its keeper declares.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse(text: &str, is_complete: bool) -> Result<Self, Vec<LineProblem>> {
        let mut problems = Vec::new();
        let sheet = Sheet::read(text, PEOPLE_COLUMNS, &mut problems);
        let people = sheet.map(|sheet| sheet.each(&mut problems, person)).unwrap_or_default();
        none_or(problems, || Self { is_complete, people })
    }
}

fn person(row: &mut Row<'_>) -> Option<PersonOfRecord> {
    let employee_number = row.optional("employee_number", cell::text);
    let federation_identifier = row.optional("federation_identifier", cell::text);
    let email = row.optional("email", cell::text);
    let has_left = row.optional("has_left", cell::yes_or_no);
    let left_on = row.optional("left_on", cell::date);
    let (employee_number, federation_identifier, email) = (employee_number?, federation_identifier?, email?);
    if employee_number.is_none() && federation_identifier.is_none() && email.is_none() {
        row.refuse(
            "employee_number",
            "nobody is named here; fill in employee_number, federation_identifier or email",
        );
        return None;
    }
    let (has_left, left_on) = (has_left?, left_on?);
    Some(PersonOfRecord {
        file_line: row.line,
        employee_number,
        federation_identifier,
        email,
        // Whoever has not left yet may have given notice.
        has_left: has_left == Some(true) || left_on.is_some(),
        left_on,
    })
}

impl PersonOfRecord {
    /// Whether they are gone this day; without a day of leaving, who has left is gone.
    pub fn is_gone_on(&self, day: Date) -> bool {
        self.has_left && self.left_on.is_none_or(|last| last < day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_left_is_gone_after_the_last_day() {
        let list = PeopleList::parse(
            "email,has_left,left_on\na@x.example,,\nb@x.example,yes,\nc@x.example,,2026-11-20\n\
             d@x.example,no,2026-11-20\n",
            true,
        );
        let list = list.unwrap();
        assert!(list.is_complete);
        let gone = |day: &str| -> Vec<bool> {
            list.people.iter().map(|person| person.is_gone_on(day.parse().unwrap())).collect()
        };
        assert_eq!(gone("2026-11-20"), [false, true, false, false]);
        assert_eq!(gone("2026-11-21"), [false, true, true, true]);
    }
}
