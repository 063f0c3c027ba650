//! Report `orphans`: accounts without a person of record, and persons of record without an account.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::books::{Book, PeopleList, PersonOfRecord};
use super::evidence::Evidence;
use super::measure::employment::ListCoverage;
use super::measure::identity::{Account, is_human};
use super::measure::person::{PersonNumber, Persons};
use super::persons::{account, last_login, warn_of_short_list};
use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::base::utc_text;
use crate::store::Holder;

/// The report.
pub const ORPHANS: Report = Report {
    id: "orphans",
    title: "Orphans",
    description: "Accounts whose person has left or is on no list of people, and listed people without an account",
    definition: "Compares the active accounts of employees (user types Standard and CsnOnly, without programs) with the \
                 list of people that is configured as `finance.people`. An account and a line belong to the same \
                 person by the rules of the report `people`; user names are not on the list. `left`: every line of \
                 the person says gone by as_of. `not_listed`: no line is the person's; where the list is not \
                 complete this may mean nothing. `conflict`: a key of the account is on a line that a stronger key \
                 tells apart. `without_account`: the person is employed and has no active account in the orgs \
                 asked for; not told of single companies. Without a list there is one row per org that says \
                 `no_list`, and every number about it is unknown.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("finding", Kind::Text, "left, not_listed, conflict, without_account or no_list").shown(),
        Column::new("org", Kind::Text, "Short name of the account's org").shown(),
        Column::new("user_id", Kind::Text, "Salesforce's id of the account's user")
            .personal(Personal::Pseudonym("User.Id")),
        Column::new("username", Kind::Text, "Login name of the account")
            .of(&["User.Username"])
            .personal(Personal::Pseudonym("User.Username"))
            .shown(),
        Column::new("name", Kind::Text, "First and last name in the account")
            .of(&["User.Name"])
            .personal(Personal::Pseudonym("User.Name"))
            .shown(),
        Column::new("email", Kind::Text, "E-mail address of the account, else of the line")
            .of(&["User.Email"])
            .personal(Personal::Pseudonym("User.Email")),
        Column::new("employee_number", Kind::Text, "Employee number of the account, else of the line")
            .of(&["User.EmployeeNumber"])
            .personal(Personal::Pseudonym("User.EmployeeNumber"))
            .shown(),
        Column::new("company", Kind::Text, "Configured company of the account").of(&["User.CompanyName"]),
        Column::new("license", Kind::Text, "Name of the user license").of(&["UserLicense.Name"]).shown(),
        Column::new("last_login_at", Kind::DateTime, "Last known login with the account")
            .of(&["User.LastLoginDate"])
            .shown(),
        Column::new("left_on", Kind::Date, "Last day of the person by the list").shown(),
        Column::new("list_line", Kind::Text, "Line of the person in the list, counted from 1"),
    ],
    totals: &[
        Column::new("accounts", Kind::Integer, "Active accounts of employees")
            .asks(Book::People)
            .counts_people()
            .sum(),
        Column::new("people_listed", Kind::Integer, "Lines of the list")
            .asks(Book::People)
            .counts_people()
            .sum(),
        Column::new("left", Kind::Integer, "Accounts whose person has left")
            .asks(Book::People)
            .counts_people()
            .sum(),
        Column::new("not_listed", Kind::Integer, "Accounts whose person is not on the list")
            .asks(Book::People)
            .counts_people()
            .sum(),
        Column::new("conflicts", Kind::Integer, "Accounts whose keys contradict the list")
            .asks(Book::People)
            .counts_people()
            .sum(),
        Column::new("without_account", Kind::Integer, "Employed people without an active account")
            .asks(Book::People)
            .counts_people()
            .sum(),
    ],
    sources: SOURCES,
    key: &["finding", "org", "user_id", "list_line"],
    label: &["finding", "org", "username"],
    about: &["license"],
    write,
};

const SOURCES: &[&str] = &["User", "Profile", "UserLicense"];

/// The file that evidence from the list stands in.
const LIST: &str = "people";

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let users = reader.users_with_logins(selection)?;
    let staff: Vec<&Holder> = users.iter().map(Rc::as_ref).filter(|user| is_staff(user)).collect();
    for user in &staff {
        tell(sink, "accounts", user, "an active account of an employee")?;
    }
    let is_known = knows_all(reader, selection, SOURCES)?;
    let known = |number: usize| if is_known { Cell::Integer(number as i64) } else { Cell::Null };
    // A list that names nobody says nothing of anybody.
    let Some(list) = books.people.as_ref().filter(|list| !list.people.is_empty()) else {
        for state in reader.org_states(&selection.orgs)? {
            let mut cells = vec![Cell::Null; ORPHANS.columns.len()];
            cells[0] = "no_list".into();
            cells[1] = (&state.org).into();
            sink.row(&cells).map_err(Error::Write)?;
        }
        let mut totals = vec![Cell::Null; ORPHANS.totals.len()];
        totals[0] = known(staff.len());
        totals[1] = books.people.as_ref().map(|_| 0_i64).into();
        return Ok(totals);
    };
    for person in &list.people {
        tell_line(sink, "people_listed", person, "a line of the list")?;
    }
    let today = selection.as_of.to_zoned(TimeZone::UTC).date();
    let matched = Matched::new(list, &users);
    let mut counts: BTreeMap<Finding, usize> = BTreeMap::new();
    for user in &staff {
        let Some((finding, line)) = matched.finding(user, today) else { continue };
        *counts.entry(finding).or_default() += 1;
        row(sink, finding, Some(user), line)?;
        tell(sink, finding.measure(), user, &finding.because(line))?;
    }
    // The list knows nothing of companies: people of the others have their accounts there.
    let tells_people = selection.companies.is_empty();
    let employed = list.people.iter().filter(|person| tells_people && !person.is_gone_on(today));
    for person in employed.filter(|person| !matched.has_account(person)) {
        *counts.entry(Finding::WithoutAccount).or_default() += 1;
        row(sink, Finding::WithoutAccount, None, Some(person))?;
        tell_line(sink, Finding::WithoutAccount.measure(), person, "no active account is theirs")?;
    }
    let coverage = ListCoverage {
        compared: staff.len(),
        absent: counts.get(&Finding::NotListed).copied().unwrap_or_default(),
    };
    if list.is_complete && coverage.is_short() {
        warn_of_short_list(coverage);
    }
    let count = |finding| known(counts.get(&finding).copied().unwrap_or_default());
    let without_account = if tells_people { count(Finding::WithoutAccount) } else { Cell::Null };
    Ok(vec![
        known(staff.len()),
        Cell::Integer(list.people.len() as i64),
        count(Finding::Left),
        count(Finding::NotListed),
        count(Finding::Conflict),
        without_account,
    ])
}

/// How far the list covers the active accounts of employees.
pub(super) fn coverage(list: &PeopleList, users: &[Rc<Holder>]) -> ListCoverage {
    let matched = Matched::new(list, users);
    let staff: Vec<_> = users.iter().filter(|user| is_staff(user)).collect();
    let absent = staff.iter().filter(|user| !matched.is_listed(user)).count();
    ListCoverage { compared: staff.len(), absent }
}

/// Whether it is an active account of somebody who could be on a list of employees.
fn is_staff(user: &Holder) -> bool {
    /// Object Reference, "User", field `UserType`: employees, with and without a paid license; all others are customers,
    /// partners and visitors of sites.
    const EMPLOYEES: &[&str] = &["Standard", "CsnOnly"];
    user.is_active == Some(true)
        && is_human(&account(user))
        && user.user_type.as_deref().is_some_and(|user_type| EMPLOYEES.contains(&user_type))
}

/// What is to be said of an account or a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    Left,
    NotListed,
    Conflict,
    WithoutAccount,
}

impl Finding {
    /// Its word in the column `finding`.
    const fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::NotListed => "not_listed",
            Self::Conflict => "conflict",
            Self::WithoutAccount => "without_account",
        }
    }

    /// The total that counts it.
    const fn measure(self) -> &'static str {
        match self {
            Self::Conflict => "conflicts",
            other => other.word(),
        }
    }

    fn because(self, line: Option<&PersonOfRecord>) -> String {
        match (self, line.and_then(|person| person.left_on)) {
            (Self::Left, Some(day)) => format!("the person's last day was {day}"),
            (Self::Left, None) => "the list says that the person has left".to_owned(),
            (Self::Conflict, _) => "its keys are on lines of different people".to_owned(),
            _ => "no line of the list is the person's".to_owned(),
        }
    }
}

/// The org that lines of the list are accounts of while persons are looked for; no org has an empty name.
const LIST_ORG: &str = "";

/// The id of a line among such accounts. All are of the same length, so that their order is that of the lines.
fn name_of_line(person: &PersonOfRecord) -> String {
    format!("{:010}", person.file_line)
}

/// The list and the accounts, person by person.
struct Matched<'a> {
    persons: Persons,
    lines: BTreeMap<PersonNumber, Vec<&'a PersonOfRecord>>,
    /// The persons with an active account.
    with_account: BTreeSet<PersonNumber>,
    /// The accounts whose keys contradict a line, by org and id.
    contradicted: BTreeSet<(String, String)>,
}

impl<'a> Matched<'a> {
    fn new(list: &'a PeopleList, users: &[Rc<Holder>]) -> Self {
        let names: Vec<String> = list.people.iter().map(name_of_line).collect();
        let lines = list.people.iter().zip(&names).map(|(person, name)| Account {
            org: LIST_ORG,
            user_id: name,
            email: person.email.as_deref(),
            employee_number: person.employee_number.as_deref(),
            federation_identifier: person.federation_identifier.as_deref(),
            user_type: Some("Standard"),
            ..Account::default()
        });
        let persons =
            Persons::resolve(&lines.chain(users.iter().map(|user| account(user))).collect::<Vec<_>>());
        let mut by_person: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (person, name) in list.people.iter().zip(&names) {
            if let Some(number) = persons.person_of(LIST_ORG, name) {
                by_person.entry(number).or_default().push(person);
            }
        }
        let with_lines = persons
            .conflicts()
            .iter()
            .filter(|conflict| conflict.accounts.iter().any(|(org, _)| org == LIST_ORG));
        let contradicted = with_lines.flat_map(|conflict| conflict.accounts.iter().cloned()).collect();
        let active = users.iter().filter(|user| user.is_active == Some(true));
        let with_account = active.filter_map(|user| persons.person_of(&user.org, &user.user_id)).collect();
        Self { with_account, lines: by_person, contradicted, persons }
    }

    /// What is to be said of an account, and the line that says so.
    fn finding(&self, user: &Holder, today: Date) -> Option<(Finding, Option<&'a PersonOfRecord>)> {
        let person = self.persons.person_of(&user.org, &user.user_id);
        let lines = person.and_then(|person| self.lines.get(&person)).map(Vec::as_slice).unwrap_or_default();
        if lines.is_empty() {
            let name = (user.org.to_string(), user.user_id.clone());
            let is_contradicted = self.contradicted.contains(&name);
            return Some((if is_contradicted { Finding::Conflict } else { Finding::NotListed }, None));
        }
        let last = lines.iter().max_by_key(|person| (person.left_on, person.file_line)).copied();
        lines.iter().all(|person| person.is_gone_on(today)).then_some((Finding::Left, last))
    }

    /// Whether the account's person is on the list, employed or gone.
    fn is_listed(&self, user: &Holder) -> bool {
        let person = self.persons.person_of(&user.org, &user.user_id);
        person.is_some_and(|person| self.lines.contains_key(&person))
    }

    /// Whether the person of a line has an active account.
    fn has_account(&self, person: &PersonOfRecord) -> bool {
        let number = self.persons.person_of(LIST_ORG, &name_of_line(person));
        number.is_some_and(|number| self.with_account.contains(&number))
    }
}

fn row(
    sink: &mut dyn Sink,
    finding: Finding,
    user: Option<&Holder>,
    person: Option<&PersonOfRecord>,
) -> Result<(), Error> {
    let of_user = |value: fn(&Holder) -> Option<&String>| user.and_then(value);
    let of_line = |value: fn(&PersonOfRecord) -> Option<&String>| person.and_then(value);
    let license = user.and_then(|user| user.user_license.as_deref());
    let last = user.and_then(last_login).map(utc_text);
    let left_on = person.and_then(|person| person.left_on).map(|day| day.to_string());
    let line = person.map(|person| person.file_line.to_string());
    sink.row(&[
        finding.word().into(),
        user.map(|user| &*user.org).into(),
        of_user(|user| Some(&user.user_id)).into(),
        of_user(|user| user.username.as_ref()).into(),
        of_user(|user| user.name.as_ref()).into(),
        of_user(|user| user.email.as_ref()).or_else(|| of_line(|person| person.email.as_ref())).into(),
        of_user(|user| user.employee_number.as_ref())
            .or_else(|| of_line(|person| person.employee_number.as_ref()))
            .into(),
        user.and_then(|user| user.company.as_deref()).into(),
        license.and_then(|license| license.name.as_ref()).into(),
        last.as_ref().into(),
        left_on.as_ref().into(),
        line.as_ref().into(),
    ])
    .map_err(Error::Write)
}

fn tell(sink: &mut dyn Sink, measure: &'static str, user: &Holder, because: &str) -> Result<(), Error> {
    let one = Evidence::one(measure, &user.org, "User", &user.user_id, because);
    sink.evidence(&Evidence { user_id: Some(&user.user_id), ..one }).map_err(Error::Write)
}

fn tell_line(
    sink: &mut dyn Sink,
    measure: &'static str,
    person: &PersonOfRecord,
    because: &str,
) -> Result<(), Error> {
    let line = person.file_line.to_string();
    sink.evidence(&Evidence::one(measure, LIST_ORG, LIST, &line, because)).map_err(Error::Write)
}
