//! Report `people`: one row per person, with their accounts in all orgs and what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::evidence::Evidence;
use super::measure::person::{Conflict, PersonNumber, Persons};
use super::persons::{last_login, persons_beside, seats_by_user};
use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::base::utc_text;
use crate::store::{Holder, HolderRow, Selection};

/// The report.
pub const PEOPLE: Report = Report {
    id: "people",
    title: "People",
    description: "One row per person across orgs: accounts, licenses held, and keys that contradict each other",
    definition: "Accounts are one person's when they share an employee number, a federation identifier, an e-mail \
                 address or a user name without the sandbox's suffix, tried in this order; names are never \
                 compared. Shared mailboxes and addresses on more than three accounts of an org name nobody. A key \
                 joins no accounts that a stronger key tells apart: these stay apart, and each such case counts in \
                 `conflicts`. Accounts of programs (integrations, agents, guests, automated processes) are no \
                 persons. A row is named after the person's first account by org and id; `licenses` counts seats \
                 of every kind in all orgs.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org of the person's first account").shown(),
        Column::new("user_id", Kind::Text, "Salesforce's id of the first account's user")
            .personal(Personal::Pseudonym("User.Id")),
        Column::new("name", Kind::Text, "First and last name in the first account")
            .of(&["User.Name"])
            .personal(Personal::Pseudonym("User.Name"))
            .shown(),
        Column::new("employee_number", Kind::Text, "Employee number in the first account that has one")
            .of(&["User.EmployeeNumber"])
            .personal(Personal::Pseudonym("User.EmployeeNumber")),
        Column::new("orgs", Kind::Integer, "Orgs with an account of the person").sum().shown(),
        Column::new("accounts", Kind::Integer, "Accounts of the person").sum().shown(),
        Column::new("active_accounts", Kind::Integer, "Of these, active").sum().shown(),
        Column::new("licenses", Kind::Integer, "Seats held, of every kind").sum().shown(),
        Column::new("held", Kind::Text, "Names of the licenses held, each once").shown(),
        Column::new("last_login_at", Kind::DateTime, "Last known login with any of the accounts")
            .of(&["User.LastLoginDate"])
            .shown(),
        Column::new(
            "conflicts",
            Kind::Integer,
            "Groups of accounts with contradicting keys that one of theirs is in",
        )
        .sum()
        .shown(),
        Column::new("conflict", Kind::Text, "Which keys contradict each other"),
    ],
    totals: &[
        Column::new("persons", Kind::Integer, "Persons").counts_people().sum(),
        Column::new("persons_in_several_orgs", Kind::Integer, "Of these, with accounts in more than one org")
            .counts_people()
            .sum(),
        Column::new(
            "persons_with_conflicts",
            Kind::Integer,
            "Of these, with an account whose keys contradict another's",
        )
        .counts_people()
        .sum(),
        Column::new("accounts_of_persons", Kind::Integer, "Accounts of all persons").counts_people().sum(),
        Column::new("accounts_of_programs", Kind::Integer, "Accounts that are no person's").sum(),
    ],
    sources: &["User", "Profile", "UserLicense", "PermissionSetLicenseAssign", "UserPackageLicense"],
    key: &["org", "user_id"],
    label: &["org", "name"],
    about: &["accounts", "licenses"],
    write,
};

/// What tells persons from programs.
const PERSON_SOURCES: &[&str] = &["User", "Profile", "UserLicense"];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let users = reader.users_with_logins(selection)?;
    let (persons, holdings) = persons_beside(basis, || Ok(reader.holdings(selection)?))?;
    let seats = seats_by_user(&holdings);
    let conflicts = conflicts_by_person(&persons, selection);
    let knows_persons = knows_all(reader, selection, PERSON_SOURCES)?;
    let knows_seats =
        knows_persons && knows_all(reader, selection, &["PermissionSetLicenseAssign", "UserPackageLicense"])?;

    let mut accounts: BTreeMap<PersonNumber, Vec<&Rc<Holder>>> = BTreeMap::new();
    let mut totals = [0_i64; PEOPLE.totals.len()];
    let mut tell = |sink: &mut dyn Sink, place: usize, user: &Holder, because: &str| {
        totals[place] += 1;
        let one = Evidence::one(PEOPLE.totals[place].name, &user.org, "User", &user.user_id, because);
        sink.evidence(&Evidence { user_id: Some(&user.user_id), ..one }).map_err(Error::Write)
    };
    for user in &users {
        match persons.person_of(&user.org, &user.user_id) {
            Some(person) => {
                tell(sink, ACCOUNTS, user, "an account of a person")?;
                accounts.entry(person).or_default().push(user);
            }
            None => tell(sink, PROGRAMS, user, "an account of a program")?,
        }
    }
    for (number, accounts) in &accounts {
        let seats =
            accounts.iter().flat_map(|user| seats.get(&Rc::as_ptr(user)).copied().into_iter().flatten());
        let conflicts = conflicts.get(number).map(Vec::as_slice).unwrap_or_default();
        let person = Person { accounts, seats: seats.collect(), knows_seats, conflicts };
        person.write(sink)?;
        let first = accounts[0];
        tell(sink, PERSONS, first, "the person's first account")?;
        if person.orgs().len() > 1 {
            tell(sink, SEVERAL_ORGS, first, &format!("has accounts in {}", person.orgs().join(", ")))?;
        }
        if let Some(conflict) = conflicts.first() {
            tell(sink, CONFLICTS, first, &conflict.1)?;
        }
    }
    Ok(totals.map(|total| if knows_persons { Cell::Integer(total) } else { Cell::Null }).to_vec())
}

// The places of the totals.
const PERSONS: usize = 0;
const SEVERAL_ORGS: usize = 1;
const CONFLICTS: usize = 2;
const ACCOUNTS: usize = 3;
const PROGRAMS: usize = 4;

/// A conflict, what is said of it, and the person's first account in it.
type Involved<'a> = (&'a Conflict, String, &'a (String, String));

/// The conflicts of each person, each once.
fn conflicts_by_person<'a>(
    persons: &'a Persons,
    selection: &Selection,
) -> HashMap<PersonNumber, Vec<Involved<'a>>> {
    let mut by_person: HashMap<_, Vec<Involved<'_>>> = HashMap::new();
    for conflict in persons.conflicts() {
        for account in &conflict.accounts {
            let Some(person) = persons.person_of(&account.0, &account.1) else { continue };
            let of_person = by_person.entry(person).or_default();
            if of_person.last().is_none_or(|(last, ..)| !std::ptr::eq(*last, conflict)) {
                // How many others there are is nothing for who may not know of them.
                let words = if selection.hides_rest { conflict.kinds() } else { conflict.words() };
                of_person.push((conflict, words, account));
            }
        }
    }
    by_person
}

/// One person.
struct Person<'a> {
    /// At least one; by org and id.
    accounts: &'a [&'a Rc<Holder>],
    seats: Vec<&'a HolderRow>,
    knows_seats: bool,
    conflicts: &'a [Involved<'a>],
}

impl Person<'_> {
    /// The orgs with an account, in order.
    fn orgs(&self) -> Vec<&str> {
        let mut orgs: Vec<&str> = self.accounts.iter().map(|account| &*account.org).collect();
        orgs.dedup();
        orgs
    }

    fn write(&self, sink: &mut dyn Sink) -> Result<(), Error> {
        let Self { accounts, seats, knows_seats, conflicts } = self;
        let first = accounts[0];
        let active = accounts.iter().filter(|account| account.is_active == Some(true));
        let names: BTreeSet<&str> = seats.iter().filter_map(|seat| seat.license.name.as_deref()).collect();
        let last: Option<Timestamp> = accounts.iter().filter_map(|account| last_login(account)).max();
        let conflict = conflicts.iter().map(|(_, words, _)| words.as_str()).collect::<Vec<_>>().join("; ");
        let count = |number: usize| Cell::Integer(number as i64);
        let text = |text: String| if text.is_empty() { Cell::Null } else { Cell::Text(text.into()) };
        let cells: [Cell<'_>; 12] = [
            (&*first.org).into(),
            (&first.user_id).into(),
            first.name.as_ref().into(),
            accounts.iter().find_map(|account| account.employee_number.as_ref()).into(),
            count(self.orgs().len()),
            count(accounts.len()),
            count(active.count()),
            if *knows_seats { count(seats.len()) } else { Cell::Null },
            text(names.into_iter().collect::<Vec<_>>().join("; ")),
            last.map_or(Cell::Null, |last| Cell::Text(utc_text(last).into())),
            count(conflicts.len()),
            text(conflict),
        ];
        sink.row(&cells).map_err(Error::Write)?;
        if sink.wants_evidence() { self.prove(&cells[..2], sink) } else { Ok(()) }
    }

    fn prove(&self, row: &[Cell<'_>], sink: &mut dyn Sink) -> Result<(), Error> {
        let mut tell = |measure, org: &str, object, user_id: &str, record_id: &str, because: &str| {
            let one = Evidence::one(measure, org, object, record_id, because);
            sink.evidence(&Evidence { row, user_id: Some(user_id), ..one }).map_err(Error::Write)
        };
        let mut last_org = None;
        for account in self.accounts {
            let Holder { org, user_id, .. } = &***account;
            if last_org.replace(org) != Some(org) {
                tell("orgs", org, "User", user_id, user_id, "the first account in the org")?;
            }
            tell("accounts", org, "User", user_id, user_id, "an account of the person")?;
            if account.is_active == Some(true) {
                tell("active_accounts", org, "User", user_id, user_id, "an active account of the person")?;
            }
        }
        for seat in self.seats.iter().filter(|_| self.knows_seats) {
            let Holder { org, user_id, .. } = &*seat.holder;
            let because =
                format!("holds {}", seat.license.name.as_deref().unwrap_or(&seat.license.license_id));
            tell("licenses", org, seat.object(), user_id, &seat.license.license_id, &because)?;
        }
        for (_, words, (org, user_id)) in self.conflicts {
            tell("conflicts", org, "User", user_id, user_id, words)?;
        }
        Ok(())
    }
}
