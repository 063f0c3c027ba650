//! Report `duplicates`: people who hold the same license twice in the same org.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use hashbrown::HashMap;

use super::evidence::Evidence;
use super::measure::person::PersonNumber;
use super::persons::{last_login, persons_beside};
use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::base::utc_text;
use crate::catalogue::LicenseKind;
use crate::store::{Holder, HolderRow};

const USER_ID: Personal = Personal::Pseudonym("User.Id");

/// The report.
pub const DUPLICATES: Report = Report {
    id: "duplicates",
    title: "Duplicate seats",
    description: "Seats of the same license in the same org that one person holds with several accounts",
    definition: "One row per seat of a person who holds the same license in the same org with more than one active \
                 account; who is one person is what the report `people` says, by all accounts of the orgs asked for. The account used most recently keeps \
                 its seat (of equals the first by id), all others are surplus; where no login is known of any of \
                 them, none is marked as kept, and one of them still is. Seats of deactivated accounts are in none \
                 of this, and whether a seat can be taken back, what with exemptions and grace, is not said here.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("license", Kind::Text, "Name of the license")
            .of(&["UserLicense.Name", "PermissionSetLicense.MasterLabel", "PackageLicense.NamespacePrefix"])
            .shown(),
        Column::new(
            "first_user_id",
            Kind::Text,
            "Id of the first of the accounts, the same for all seats of the person",
        )
        .personal(USER_ID),
        Column::new("user_id", Kind::Text, "Id of the account's user").personal(USER_ID),
        Column::new("username", Kind::Text, "Login name of the account")
            .of(&["User.Username"])
            .personal(Personal::Pseudonym("User.Username"))
            .shown(),
        Column::new("name", Kind::Text, "First and last name")
            .of(&["User.Name"])
            .personal(Personal::Pseudonym("User.Name"))
            .shown(),
        Column::new("company", Kind::Text, "Configured company of the account").of(&["User.CompanyName"]),
        Column::new("last_login_at", Kind::DateTime, "Last known login with the account")
            .of(&["User.LastLoginDate"])
            .shown(),
        Column::new(
            "is_kept",
            Kind::Boolean,
            "Whether the person keeps this seat; empty when no login is known",
        )
        .shown(),
    ],
    totals: &[
        Column::new("surplus_seats", Kind::Integer, "Seats less one for each person and license").sum(),
        Column::new("persons_with_duplicates", Kind::Integer, "Persons who hold a license twice in an org")
            .counts_people()
            .sum(),
    ],
    sources: SOURCES,
    key: &["org", "kind", "license_id", "user_id"],
    label: &["org", "license", "username"],
    about: &["is_kept"],
    write,
};

const SOURCES: &[&str] =
    &["User", "Profile", "UserLicense", "PermissionSetLicenseAssign", "UserPackageLicense"];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let (persons, holdings) = persons_beside(basis, || Ok(reader.holdings(selection)?))?;
    let seats = holdings.iter().flat_map(|org| &org.seats);
    // A license belongs to one org, and all its seats share it.
    let mut held: HashMap<_, Vec<&HolderRow>> = HashMap::new();
    for seat in seats.filter(|seat| seat.holder.is_active == Some(true)) {
        if let Some(person) = persons.person_of(&seat.holder.org, &seat.holder.user_id) {
            let of_person = held.entry((person, Rc::as_ptr(&seat.license))).or_default();
            // One account cannot hold a license twice, whatever its rows say.
            if of_person.last().is_none_or(|last| last.holder.user_id != seat.holder.user_id) {
                of_person.push(seat);
            }
        }
    }
    let several = held.into_iter().filter(|(_, seats)| seats.len() > 1);
    let groups: BTreeMap<_, _> =
        several.map(|((person, _), seats)| (place(seats[0], person), seats)).collect();
    let mut surplus = 0;
    let mut first_seats: BTreeMap<PersonNumber, &HolderRow> = BTreeMap::new();
    for ((.., person), seats) in groups {
        first_seats.entry(person).or_insert(seats[0]);
        surplus += write_group(&seats, sink)?;
    }
    for seat in first_seats.values() {
        let Holder { org, user_id, .. } = &*seat.holder;
        let because = format!("holds {} twice", license_name(seat));
        let one = Evidence::one("persons_with_duplicates", org, "User", user_id, &because);
        sink.evidence(&Evidence { user_id: Some(user_id), ..one }).map_err(Error::Write)?;
    }
    let is_known = knows_all(reader, selection, SOURCES)?;
    let totals = [surplus, first_seats.len() as i64];
    Ok(totals.map(|total| if is_known { Cell::Integer(total) } else { Cell::Null }).to_vec())
}

/// Where the seats of a person stand among the rows: by org, kind and license.
fn place(seat: &HolderRow, person: PersonNumber) -> (Rc<str>, Option<LicenseKind>, String, PersonNumber) {
    let kind = LicenseKind::from_word(seat.license.kind);
    (Rc::clone(&seat.holder.org), kind, seat.license.license_id.clone(), person)
}

fn license_name(seat: &HolderRow) -> &str {
    seat.license.name.as_deref().unwrap_or(&seat.license.license_id)
}

/// Hands over the seats of one person and license, by user id. Gives how many are surplus.
fn write_group(seats: &[&HolderRow], sink: &mut dyn Sink) -> Result<i64, Error> {
    let newest = seats.iter().max_by_key(|seat| (last_login(&seat.holder), Reverse(&seat.holder.user_id)));
    let kept = newest.filter(|seat| last_login(&seat.holder).is_some());
    for seat in seats {
        let HolderRow { holder, license, .. } = seat;
        let last = last_login(holder).map(utc_text);
        sink.row(&[
            (&*holder.org).into(),
            license.kind.into(),
            (&license.license_id).into(),
            license.key.as_ref().into(),
            license.name.as_ref().into(),
            (&seats[0].holder.user_id).into(),
            (&holder.user_id).into(),
            holder.username.as_ref().into(),
            holder.name.as_ref().into(),
            holder.company.as_deref().into(),
            last.as_ref().into(),
            kept.map(|kept| std::ptr::eq(*kept, *seat)).into(),
        ])
        .map_err(Error::Write)?;
    }
    // Without any login, any one of them may be the one that stays.
    let stays = kept.unwrap_or(&seats[0]);
    let other = if kept.is_some() { "the account used most recently" } else { "another account" };
    let because = format!("the person holds {} with {other} too", license_name(stays));
    for seat in seats.iter().filter(|seat| !std::ptr::eq(**seat, *stays)) {
        let Holder { org, user_id, .. } = &*seat.holder;
        let one = Evidence::one("surplus_seats", org, "User", user_id, &because);
        sink.evidence(&Evidence { user_id: Some(user_id), ..one }).map_err(Error::Write)?;
    }
    Ok(seats.len() as i64 - 1)
}
