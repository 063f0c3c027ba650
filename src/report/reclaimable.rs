//! Report `reclaimable`: the seats that can be taken back, each with its reason and what it costs.

use std::collections::BTreeSet;
use std::rc::Rc;

use hashbrown::HashMap;

use super::books::Book;
use super::evidence::Evidence;
use super::licenses::{license_state, plain_label};
use super::measure::reclaim::{Class, Kept, Verdict};
use super::measure::tally::Tally;
use super::measure::{LicenseState, Seats};
use super::seat_judge::{JudgedSeat, judge_seats};
use super::seat_price::{PriceBasis, SeatPrice, SeatPrices, price_cells};
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, CONTRACT_ENDS_ON, CONTRACT_LINE, CREATED_AT, CURRENCY, DEPARTMENT, KIND, LAST_ANY_AT,
    LAST_API_AT, LAST_INTERACTIVE_AT, LICENSE, LICENSE_ID, LICENSE_KEY, NAME, ORG, PRICE_BASIS, USER_ID,
    USER_ID_TREATMENT, USER_TYPE, USERNAME, YEAR_PRICE, count, instant, text,
};
use super::{Basis, Error, Reach, Report, ReportOption, Sink, knows_all};
use crate::store::{HeldLicense, HolderRow};

/// The report.
pub const RECLAIMABLE: Report = Report {
    id: "reclaimable",
    title: "Reclaimable seats",
    description: "Seats that can be taken back, by class, with the reason, the evidence and the price",
    definition: "One row per seat of any kind that can be taken back. The first class that fits counts: \
                 held_by_deactivated (a permission set or package seat of a deactivated user), leaver (gone by the list \
                 of people, or absent from a list declared complete that has at \
                 least half of the active employees' accounts looked at), frozen, duplicate (the same person uses another \
                 account with the same license in the same org), never (no login at all), inactive (no login during the \
                 window), psl_unused (a permission set license that no permission set of its holder needs), downgrade. \
                 Which objects users work with is not collected, so for downgrade there is insufficient evidence: no seat \
                 is in it and its total is empty. Never in a class are exempt seats, licenses that have expired or are disabled, licenses made for programs and what \
                 such programs hold, the user that collects, Salesforce's own users, user types without paid seats, \
                 accounts and assignments younger than the grace, and seats whose evidence is missing. Classes, kept, \
                 exempt and unknown seats together are the assigned ones, over all kinds of licenses: one person can \
                 count with a user license and with any number of others, so these totals are no number of people, and \
                 no seat of one kind stands in for another. A seat that is not assigned to anybody stands beside them, \
                 and only of user licenses. The price is the contract line's for twelve months, of several lines in force that of the one with \
                 most seats and of equals the one that began first; giving a seat back \
                 during the term saves nothing before its end. With `--assume-list`, a seat whose license has no line in \
                 force has the list price, where there is one, of the line that ended last, else of the one that begins \
                 next. Such a price is an estimate, marked `list_estimated`: it is in no sum, and its seat counts in \
                 `estimated_seats` and not in `unpriced_seats`.",
    reach: Reach::Companies,
    options: &[ReportOption::Window, ReportOption::KnownOn, ReportOption::AssumeList],
    columns: &[
        ORG,
        Column::new("class", Kind::Text, "Why the seat can be taken back").shown(),
        KIND,
        LICENSE_ID,
        LICENSE_KEY,
        LICENSE,
        USER_ID,
        USERNAME,
        NAME,
        COMPANY,
        DEPARTMENT,
        USER_TYPE,
        Column::new("reason", Kind::Text, "What the class stands on")
            .of(&["User.LastLoginDate", "LoginHistory.LoginTime"])
            .shown(),
        Column::new("kept_user_id", Kind::Text, "Of a duplicate: the user whose seat the person keeps")
            .personal(USER_ID_TREATMENT),
        LAST_ANY_AT,
        LAST_INTERACTIVE_AT,
        LAST_API_AT,
        CREATED_AT,
        Column::new("assigned_at", Kind::DateTime, "When the seat was assigned, where Salesforce tells")
            .of(&["PermissionSetLicenseAssign.CreatedDate", "UserPackageLicense.CreatedDate"]),
        YEAR_PRICE,
        CURRENCY,
        PRICE_BASIS,
        CONTRACT_LINE,
        CONTRACT_ENDS_ON,
    ],
    totals: &[
        count("assigned_seats", "Seats that somebody holds: classes, kept, exempt and unknown"),
        count(CLASS_TOTALS[0], "Permission set and package seats of deactivated users"),
        count(
            CLASS_TOTALS[1],
            "Seats of people who have left; empty without a list of people, or with one that lists nobody",
        )
        .asks(Book::People),
        count(CLASS_TOTALS[2], "Seats of frozen users; empty when nobody could read who is frozen"),
        count(CLASS_TOTALS[3], "Seats that a person holds twice"),
        count(CLASS_TOTALS[4], "Seats of users who never logged in"),
        count(CLASS_TOTALS[5], "Seats of users without a login during the window"),
        count(CLASS_TOTALS[6], "Permission set licenses that no permission set needs"),
        count(
            CLASS_TOTALS[7],
            "Seats for which a cheaper license would do; empty, as the evidence is insufficient",
        ),
        count("reclaimable_seats", "All classes together: the seats listed"),
        count("kept_seats", "Seats that stay"),
        count("new_seats", "Of the seats that stay, those too new to be judged"),
        count("ended_seats", "Of the seats that stay, those of licenses that are expired or disabled"),
        count("exempt_seats", "Seats that an exemption in force protects"),
        count("unknown_seats", "Seats whose evidence is missing"),
        count(
            "unassigned_seats",
            "Seats of usable, limited user licenses that nobody holds; in none of the other numbers, and empty for single companies",
        ),
        count("unpriced_seats", "Of the reclaimable seats, those without a price"),
        count("estimated_seats", "Of the reclaimable seats, those priced by list"),
    ],
    sources: &[
        "User",
        "Profile",
        "UserLogin",
        "UserLicense",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "PackageLicense",
        "UserPackageLicense",
        "PermissionSet",
        "PermissionSetAssignment",
        "LoginHistory",
    ],
    key: &["org", "kind", "license_id", "user_id"],
    label: &["org", "license", "username"],
    about: &["class", "year_price", PriceBasis::COLUMN],
    write,
};

/// The totals of the classes, in the order of [`Class::ALL`].
const CLASS_TOTALS: [&str; Class::ALL.len()] = [
    "held_by_deactivated_seats",
    "leaver_seats",
    "frozen_seats",
    "duplicate_seats",
    "never_seats",
    "inactive_seats",
    "psl_unused_seats",
    "downgrade_seats",
];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let judged = judge_seats(basis)?;
    let tally = balanced(&judged)?;
    let mut listed: Vec<_> = judged.iter().filter_map(|seat| Some((class_of(seat)?, seat))).collect();
    // Seats come by org and user, which the sort leaves as they are within a class and a license.
    let places = license_places(&judged);
    listed.sort_by_key(|(class, judged)| {
        let (org, license) = places[&Rc::as_ptr(&judged.seat.license)];
        (org, *class, license)
    });
    let mut prices = SeatPrices::of(basis);
    let (mut unpriced, mut estimated) = (0, 0);
    for (class, judged) in listed {
        let price = prices.price(&judged.seat);
        give_evidence(sink, judged, "reclaimable_seats", judged.reason())?;
        match price.map(|price| price.basis) {
            Some(PriceBasis::Contract) => {}
            Some(PriceBasis::ListEstimated) => {
                estimated += 1;
                give_evidence(sink, judged, "estimated_seats", "no contract line in force: priced by list")?;
            }
            None => {
                unpriced += 1;
                give_evidence(sink, judged, "unpriced_seats", "no contract line prices it")?;
            }
        }
        sink.row(&cells(class, judged, price)).map_err(Error::Write)?;
    }
    let proven = if sink.wants_evidence() { &*judged } else { &[] };
    for judged in proven {
        give_evidence(sink, judged, "assigned_seats", judged.reason())?;
        give_evidence(sink, judged, total_of(judged.verdict), judged.reason())?;
        match judged.verdict {
            Verdict::Kept(Kept::New) => give_evidence(sink, judged, "new_seats", judged.reason())?,
            Verdict::Kept(Kept::LicenseOver) => {
                give_evidence(sink, judged, "ended_seats", judged.reason())?;
            }
            _ => {}
        }
    }
    let unassigned = unassigned(basis, sink)?;
    totals(basis, &tally, unassigned, [unpriced, estimated])
}

/// For each license, which all its seats share, where its org stands and where it stands itself, by kind and id.
fn license_places(judged: &[JudgedSeat]) -> HashMap<*const HeldLicense, (usize, usize)> {
    let first_seats: HashMap<_, _> =
        judged.iter().map(|judged| (Rc::as_ptr(&judged.seat.license), &judged.seat)).collect();
    let orgs: BTreeSet<&str> = first_seats.values().map(|seat| &*seat.holder.org).collect();
    let mut licenses: Vec<_> = first_seats.into_iter().collect();
    licenses.sort_by_key(|(_, seat)| (seat.license.kind, &seat.license.license_id));
    let place = |(place, (license, seat)): (usize, (*const HeldLicense, &HolderRow))| {
        (license, (orgs.iter().position(|org| **org == *seat.holder.org).unwrap_or_default(), place))
    };
    licenses.into_iter().enumerate().map(place).collect()
}

/// The verdicts counted, license by license and all together.
///
/// # Errors
/// [`Error::Misjudged`] when the parts of a license are not its seats.
fn balanced(judged: &[JudgedSeat]) -> Result<Tally, Error> {
    let mut all = Tally::default();
    // All seats of a license share it.
    let mut by_license: HashMap<_, (&JudgedSeat, Tally, i64)> = HashMap::new();
    for judged in judged {
        let (_, tally, assigned) = by_license
            .entry(Rc::as_ptr(&judged.seat.license))
            .or_insert_with(|| (judged, Tally::default(), 0));
        tally.add(judged.verdict);
        *assigned += 1;
        all.add(judged.verdict);
    }
    match by_license.into_values().find(|(_, tally, assigned)| tally.assigned() != *assigned) {
        None => Ok(all),
        Some((JudgedSeat { seat, .. }, tally, assigned)) => Err(Error::Misjudged {
            org: seat.holder.org.to_string(),
            license_id: seat.license.license_id.clone(),
            assigned,
            judged: tally.assigned(),
        }),
    }
}

fn class_of(seat: &JudgedSeat) -> Option<Class> {
    match seat.verdict {
        Verdict::Reclaimable(class) => Some(class),
        Verdict::Kept(_) | Verdict::Exempt | Verdict::Unknown => None,
    }
}

/// The total that a seat with this verdict counts in.
fn total_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reclaimable(class) => CLASS_TOTALS[class as usize],
        Verdict::Kept(_) => "kept_seats",
        Verdict::Exempt => "exempt_seats",
        Verdict::Unknown => "unknown_seats",
    }
}

/// Seats of usable, limited user licenses that nobody holds; `None` when this is not known, and for single companies, whose seats
/// are not the org's.
fn unassigned(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Option<i64>, Error> {
    let Basis { reader, selection, .. } = *basis;
    if selection.hides_rest || !selection.companies.is_empty() || !knows_all(reader, selection, ASSIGNED)? {
        return Ok(None);
    }
    let mut sum = 0;
    reader.licenses(selection, |license| {
        if license.kind != "user" || license_state(&license, selection) != LicenseState::Usable {
            return Ok(());
        }
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        let Some(available @ 1..) = seats.used_by(license.used_counted).available else { return Ok(()) };
        sum += available;
        let evidence = Evidence {
            row: &[],
            measure: "unassigned_seats",
            amount: Cell::Integer(available),
            org: &license.org,
            object: "licenses",
            record_id: &license.license_id,
            user_id: None,
            because: "seats that nobody holds",
        };
        sink.evidence(&evidence).map_err(Error::Write)
    })?;
    Ok(Some(sum))
}

/// The objects without which nobody knows all seats and their holders.
const ASSIGNED: &[&str] = &["User", "Profile", "PermissionSetLicenseAssign", "UserPackageLicense"];

fn totals(
    basis: &Basis<'_>,
    tally: &Tally,
    unassigned: Option<i64>,
    [unpriced, estimated]: [i64; 2],
) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let all_known = knows_all(reader, selection, ASSIGNED)?;
    let is_known = |class: Class| -> Result<bool, Error> {
        Ok(match class {
            Class::Leaver => books.people.as_ref().is_some_and(|list| !list.people.is_empty()),
            Class::Frozen => knows_all(reader, selection, &["UserLogin"])?,
            Class::PermissionSetLicenseUnused => {
                knows_all(reader, selection, &["PermissionSet", "PermissionSetAssignment"])?
            }
            Class::Downgrade => false,
            _ => true,
        })
    };
    let cell = |number: i64, is_known: bool| if is_known { Cell::Integer(number) } else { Cell::Null };
    let mut totals = vec![cell(tally.assigned(), all_known)];
    for class in Class::ALL {
        totals.push(cell(tally.of_class(class), all_known && is_known(class)?));
    }
    for number in [
        tally.reclaimable(),
        tally.kept(),
        tally.new_seats(),
        tally.of_ended_licenses(),
        tally.exempt(),
        tally.unknown(),
    ] {
        totals.push(cell(number, all_known));
    }
    totals.push(unassigned.into());
    totals.push(cell(unpriced, all_known));
    totals.push(cell(estimated, all_known));
    Ok(totals)
}

fn give_evidence(
    sink: &mut dyn Sink,
    judged: &JudgedSeat,
    measure: &'static str,
    because: &str,
) -> Result<(), Error> {
    let seat = &judged.seat;
    let evidence = Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(1),
        org: &seat.holder.org,
        object: seat.object(),
        record_id: &seat.license.license_id,
        user_id: Some(&seat.holder.user_id),
        because,
    };
    sink.evidence(&evidence).map_err(Error::Write)
}

fn cells<'row>(class: Class, judged: &'row JudgedSeat, price: Option<SeatPrice<'row>>) -> [Cell<'row>; 24] {
    let JudgedSeat { seat, last_any, kept_user, .. } = judged;
    let (holder, license) = (&*seat.holder, &*seat.license);
    let [year_price, currency, price_basis, contract_line, contract_ends_on] = price_cells(price);
    [
        Cell::from(&*holder.org),
        class.word().into(),
        license.kind.into(),
        (&license.license_id).into(),
        license.key.as_ref().into(),
        plain_label(license.kind, license.name.as_ref()),
        (&holder.user_id).into(),
        holder.username.as_ref().into(),
        holder.name.as_ref().into(),
        text(holder.company.as_ref()),
        text(holder.department.as_ref()),
        text(holder.user_type.as_ref()),
        judged.reason().into(),
        kept_user.as_ref().map(|kept| kept.user_id.as_str()).into(),
        instant(*last_any),
        instant(holder.last_interactive_at),
        instant(holder.last_api_at),
        instant(holder.created_at),
        instant(seat.assigned_at),
        year_price,
        currency,
        price_basis,
        contract_line,
        contract_ends_on,
    ]
}
