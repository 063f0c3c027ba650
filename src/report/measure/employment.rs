//! Whether the person behind an account is still employed, by the list of people of record.

use std::borrow::Cow;

use hashbrown::HashMap;
use jiff::civil::Date;

use super::identity::{Account, comparable_email, comparable_identifier, is_human};
use crate::report::books::{PeopleList, PersonOfRecord};

/// What the list says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Employment<'a> {
    /// Someone employed.
    Employed,
    /// Someone who is gone.
    Left(&'a PersonOfRecord),
    /// Nobody, although the list is complete and the account says who it would be.
    Absent,
    /// Nothing: the account says too little, the list may lack people, or its lines contradict each other.
    Unknown,
}

/// How far a list that is declared complete covers the active accounts of employees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListCoverage {
    /// Accounts that were held against it.
    pub compared: usize,
    /// Of these, those whose person it lacks.
    pub absent: usize,
}

impl ListCoverage {
    /// Whether the list lacks so many that it cannot be whole, and absence from it shows nothing.
    pub fn is_short(self) -> bool {
        2 * self.absent > self.compared
    }
}

/// The kinds of values that the list and accounts share.
const KEYS: usize = 3;

/// The list on one day, by the values that accounts are found by.
pub struct Staff<'a> {
    is_complete: bool,
    by_key: [HashMap<Cow<'a, str>, OfValue<'a>>; KEYS],
}

/// Who of the list has a value.
#[derive(Clone, Copy, Default)]
struct OfValue<'a> {
    is_employed: bool,
    /// The first who is gone.
    gone: Option<&'a PersonOfRecord>,
}

impl<'a> Staff<'a> {
    /// The list as it counts on `day`.
    pub fn on(day: Date, list: &'a PeopleList) -> Self {
        let mut by_key: [HashMap<_, OfValue<'_>>; KEYS] = Default::default();
        for person in &list.people {
            let PersonOfRecord { employee_number, federation_identifier, email, .. } = person;
            let is_gone = person.is_gone_on(day);
            let values =
                values(employee_number.as_deref(), federation_identifier.as_deref(), email.as_deref());
            for (people, value) in by_key.iter_mut().zip(values) {
                if let Some(value) = value {
                    let of_value = people.entry(value).or_default();
                    of_value.is_employed |= !is_gone;
                    of_value.gone = of_value.gone.or(is_gone.then_some(person));
                }
            }
        }
        Self { is_complete: list.is_complete, by_key }
    }

    /// What the list says of `account`.
    pub fn employment(&self, account: &Account<'_>) -> Employment<'a> {
        let Account { employee_number, federation_identifier, email, .. } = *account;
        let (mut is_comparable, mut found) = (false, OfValue::default());
        for (people, value) in self.by_key.iter().zip(values(employee_number, federation_identifier, email)) {
            let Some(value) = value else { continue };
            // A kind of value that nobody on the list has cannot show that someone is absent.
            is_comparable |= !people.is_empty();
            if let Some(of_value) = people.get(&*value) {
                found.is_employed |= of_value.is_employed;
                found.gone = found.gone.or(of_value.gone);
            }
        }
        match (found.gone, found.is_employed) {
            (None, true) => Employment::Employed,
            (Some(person), false) => Employment::Left(person),
            (Some(_), true) => Employment::Unknown,
            (None, false) if self.is_complete && is_comparable && is_staff(account) => Employment::Absent,
            (None, false) => Employment::Unknown,
        }
    }
}

/// Whether the account would be an employee's: customers and partners are on no list of employees.
pub fn is_staff(account: &Account<'_>) -> bool {
    /// Object Reference, "User", field `UserType`: members of the company, with or without a Salesforce license.
    const INTERNAL: [&str; 2] = ["Standard", "CsnOnly"];
    is_human(account) && account.user_type.is_some_and(|user_type| INTERNAL.contains(&user_type))
}

fn values<'a>(
    employee_number: Option<&'a str>,
    federation_identifier: Option<&'a str>,
    email: Option<&'a str>,
) -> [Option<Cow<'a, str>>; KEYS] {
    [
        employee_number.and_then(comparable_identifier),
        federation_identifier.and_then(comparable_identifier),
        email.and_then(comparable_email),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(file_line: u64, number: &str, email: &str, left_on: Option<&str>) -> PersonOfRecord {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        PersonOfRecord {
            file_line,
            employee_number: text(number),
            federation_identifier: None,
            email: text(email),
            has_left: left_on.is_some(),
            left_on: left_on.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn an_account_is_found_by_any_key_and_a_contradiction_says_nothing() {
        let people = vec![
            person(2, "E-1", "ada@acme.example", None),
            person(3, "E-2", "bob@acme.example", Some("2026-11-19")),
            person(4, "E-3", "", Some("2026-11-21")),
            // Left, and came back under the same number.
            person(5, "E-4", "", Some("2024-01-31")),
            person(6, "E-4", "", None),
        ];
        let day = "2026-11-21".parse().unwrap();
        let cases = [
            // employee number, e-mail, user type: line of who left, or what else is said
            (("e-1 ", "", "Standard"), "Employed"),
            (("", "ADA@acme.example.invalid", "Standard"), "Employed"),
            (("E-2", "", "Standard"), "Left 3"),
            (("E-2", "nobody.yet@acme.example", "Standard"), "Left 3"),
            (("E-2", "bob@acme.example", "PowerPartner"), "Left 3"),
            (("E-3", "", "Standard"), "Employed"),
            (("E-4", "", "Standard"), "Unknown"),
            (("E-1", "bob@acme.example", "Standard"), "Unknown"),
            (("E-9", "", "Standard"), "Absent"),
            (("E-9", "", "CsnOnly"), "Absent"),
            (("E-9", "", "PowerPartner"), "Unknown"),
            (("", "noreply@acme.example", "Standard"), "Unknown"),
            (("", "", "Standard"), "Unknown"),
        ];
        for is_complete in [true, false] {
            let list = PeopleList { is_complete, people: people.clone() };
            let staff = Staff::on(day, &list);
            for ((number, email, user_type), expected) in cases {
                let account = Account {
                    employee_number: Some(number),
                    email: Some(email),
                    user_type: Some(user_type),
                    ..Account::default()
                };
                let found = match staff.employment(&account) {
                    Employment::Left(person) => format!("Left {}", person.file_line),
                    other => format!("{other:?}"),
                };
                let expected = if expected == "Absent" && !is_complete { "Unknown" } else { expected };
                assert_eq!(found, expected, "{number} {email} {user_type}, complete: {is_complete}");
            }
        }
    }

    #[test]
    fn a_list_that_lacks_more_than_half_is_short() {
        for (compared, absent, is_short) in
            [(0, 0, false), (1, 0, false), (1, 1, true), (4, 2, false), (5, 3, true)]
        {
            assert_eq!(ListCoverage { compared, absent }.is_short(), is_short, "{absent} of {compared}");
        }
    }

    #[test]
    fn a_list_without_the_keys_of_an_account_cannot_miss_it() {
        let list = PeopleList { is_complete: true, people: vec![person(2, "", "ada@acme.example", None)] };
        let staff = Staff::on("2026-11-21".parse().unwrap(), &list);
        let account =
            Account { employee_number: Some("E-9"), user_type: Some("Standard"), ..Account::default() };
        assert_eq!(staff.employment(&account), Employment::Unknown);
    }
}
