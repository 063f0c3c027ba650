//! Report `chargeback`: what each license cost in a month, divided among those who held it.

use super::books::{Book, nearest_key};
use super::charges::{Charge, charges_of, knows_holders};
use super::evidence::prove_by_line;
use super::measure::{CostKey, Month, UnassignedPool, utc_date};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Evidence, Formula, Reach, Report, ReportOption, Sink};
use crate::base::{Money, utc_text};

/// The report.
pub const CHARGEBACK: Report = Report {
    id: "chargeback",
    title: "Chargeback",
    description: "What each license cost in a month, by company, department or cost center",
    definition: "The amount of each contract line for the month is divided in proportion to license-days by the \
                 method of the largest remainder, so that the parts add up to it exactly. A seat counts one \
                 license-day for whoever its holder belonged to on that day, as the collected states tell: a state \
                 holds from its day until the day of the next. Days before the first state and days after as_of are \
                 not known and count for nobody; `unknown_days` counts the first of them. Seats under contract that \
                 nobody held are `(unassigned)`, or borne as `--pool` says. Holders without a value, and lines of \
                 which no holder is known, are `(unallocated)`; holders outside the configured companies, of whom \
                 only the number is known, are `(unmatched)`. A license without a contract line in the month is \
                 unpriced: its amount is empty and its seats count as `unpriced_seats`. Where the lines of a license \
                 are in several currencies, its seats and license-days stand in the rows of the newest line's \
                 currency and are empty in the others. The amounts are those of contract lines: taxes and credits \
                 of invoices are not in them, and the FOCUS file is what ties to an invoice, by BilledCost per \
                 InvoiceId. The month is the one of `--month`, else the one that was running just before as_of; one that has not begun by then is \
                 refused. Its row is `final` once the month has ended and the holders of all its days are known; \
                 `partial` when it has ended and some days are not known, so that the known days stand for the \
                 others; and `open` while it runs: its parts will change. Where the holders of no day \
                 are known the totals are empty, not zero. The owner that `--pool` names must be one that holders of \
                 the month have. Always of the whole org.",
    reach: Reach::WholeOrgs,
    options: &[
        ReportOption::KnownOn,
        ReportOption::Month,
        ReportOption::By,
        ReportOption::Pool,
        ReportOption::Spread,
    ],
    columns: &[
        Column::new("month", Kind::Text, "The month, YYYY-MM").shown(),
        Column::new(
            "month_state",
            Kind::Text,
            "final, partial (some days are not known) or open (it still runs)",
        )
        .shown(),
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("license", Kind::Text, "Label of the license; empty when the org does not have it")
            .shown(),
        Column::new(
            "cost_key_type",
            Kind::Text,
            "company, department or cost_center; unmatched, unassigned or unallocated for what belongs to none",
        ),
        Column::new("cost_key", Kind::Text, "Who bears it")
            .of(&["User.CompanyName", "User.Department"])
            .shown(),
        Column::new("seats", Kind::Integer, "Seats on the last known day of the month; empty when unknown")
            .sum()
            .shown(),
        Column::new("license_days", Kind::Integer, "License-days in the month; empty when unknown")
            .sum()
            .shown(),
        Column::new("known_days", Kind::Integer, "Days of the month for which holders are known")
            .sum()
            .shown(),
        Column::new("unknown_days", Kind::Integer, "Days of the month up to as_of for which they are not")
            .from(Formula::Rule, &["month", "known_days"]),
        Column::new("month_days", Kind::Integer, "Days of the month").from(Formula::Rule, &["month"]).shown(),
        Column::new("unpriced_seats", Kind::Integer, "The seats, when no contract line prices them")
            .from(Formula::Rule, &["seats", "amount"])
            .shown(),
        Column::new(
            "amount",
            Kind::Money,
            "Part of what the license costs in the month; empty when unpriced",
        )
        .asks(Book::Contracts)
        .sum()
        .shown(),
        Column::new("currency", Kind::Text, "ISO 4217 code; empty when unpriced")
            .asks(Book::Contracts)
            .shown(),
    ],
    totals: &[
        Column::new(
            "licenses_unpriced",
            Kind::Integer,
            "Licenses held without a contract line; empty when the holders of no day are known",
        )
        .sum(),
        Column::new(
            "all_unpriced_seats",
            Kind::Integer,
            "Their seats; empty when the holders of no day are known",
        )
        .sum(),
    ],
    sources: SOURCES,
    key: &["month", "org", "kind", "license_key", "cost_key_type", "cost_key", "currency"],
    label: &["org", "license", "cost_key"],
    about: &["month", "month_state", "known_days", "amount"],
    write,
};

const SOURCES: &[&str] = &[
    "User",
    "Profile",
    "UserLicense",
    "PermissionSetLicense",
    "PermissionSetLicenseAssign",
    "PackageLicense",
    "UserPackageLicense",
];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let month = basis.rules.month.unwrap_or_else(|| Month::before(basis.selection.as_of));
    let as_of = basis.selection.as_of;
    if month > Month::before(as_of) {
        return Err(Error::MonthNotBegun { month, as_of: utc_text(as_of) });
    }
    let month_text = month.to_string();
    let charges = charges_of(basis, month)?;
    refuse_unknown_owner(&charges, month, basis)?;
    let (mut licenses, mut seats) = (0, 0);
    let mut unpriced_before = None;
    for charge in &charges {
        let cells = cells(charge, month, &month_text, basis);
        sink.row(&cells).map_err(Error::Write)?;
        let key = [0, 2, 3, 4, 6, 7, 15].map(|column: usize| cells[column].clone());
        if sink.wants_evidence() {
            trace(charge, &month_text, &key, sink)?;
        }
        if charge.currency.is_none() {
            let license = (&charge.org, charge.kind, &charge.license_key);
            let is_new = unpriced_before.replace(license) != Some(license);
            licenses += i64::from(is_new);
            seats += charge.seats.unwrap_or_default();
            let mut total = |measure, amount: i64| {
                sink.evidence(&Evidence {
                    row: &[],
                    measure,
                    amount: amount.into(),
                    org: &charge.org,
                    object: charge.kind.license_object(),
                    record_id: charge.license_key.as_deref().unwrap_or_default(),
                    user_id: None,
                    because: "held in the month, and no contract line prices it",
                })
            };
            total("licenses_unpriced", is_new.into()).map_err(Error::Write)?;
            total("all_unpriced_seats", charge.seats.unwrap_or_default()).map_err(Error::Write)?;
        }
    }
    let is_known = knows_holders(basis, month, SOURCES)?;
    Ok([licenses, seats].map(|total| Cell::from(is_known.then_some(total))).to_vec())
}

/// Refuses a pool whose owner no holder of the month has: a slip of the hand would be charged like anybody else. Where
/// no holder is known, nothing goes to the pool.
fn refuse_unknown_owner(charges: &[Charge<'_>], month: Month, basis: &Basis<'_>) -> Result<(), Error> {
    let UnassignedPool::Owner(owner) = &basis.rules.unassigned_pool else { return Ok(()) };
    let held_days = |charge: &Charge<'_>| charge.license_days.unwrap_or_default() - charge.unheld.0;
    let holders = || {
        charges.iter().filter(|charge| held_days(charge) > 0).filter_map(|charge| match &charge.bearer {
            CostKey::Named(name) => Some(name.as_str()),
            CostKey::Unmatched | CostKey::Unassigned | CostKey::Unallocated => None,
        })
    };
    if charges.iter().all(|charge| charge.license_days.is_none()) || holders().any(|name| name == owner) {
        return Ok(());
    }
    let nearest = nearest_key(owner, holders()).map(str::to_owned);
    Err(Error::UnknownOwner { owner: owner.clone(), by: basis.rules.charge_by.words(), month, nearest })
}

fn cells<'row>(
    charge: &'row Charge<'_>,
    month: Month,
    month_text: &'row str,
    basis: &Basis<'_>,
) -> [Cell<'row>; 16] {
    let amount = charge.currency.zip(charge.minor()).map(|(currency, minor)| Money { minor, currency });
    let unpriced_seats = if amount.is_some() { Some(0) } else { charge.seats };
    let days = charge.license_days.filter(|_| charge.tells_seats);
    let has_ended = month.end() <= utc_date(basis.selection.as_of);
    let month_state = match (has_ended, charge.known_days() == month.days()) {
        (false, _) => "open",
        (true, false) => "partial",
        (true, true) => "final",
    };
    [
        month_text.into(),
        month_state.into(),
        (&charge.org).into(),
        charge.kind.word().into(),
        charge.license_key.as_ref().into(),
        charge.license.as_ref().into(),
        charge.bearer.kind(basis.rules.charge_by).into(),
        charge.bearer.text().into(),
        charge.seats.filter(|_| charge.tells_seats).into(),
        days.map(|days| i64::try_from(days).unwrap_or(i64::MAX)).into(),
        charge.known_days().into(),
        charge.unknown_days.into(),
        month.days().into(),
        unpriced_seats.into(),
        amount.into(),
        charge.currency.map(|currency| currency.code()).into(),
    ]
}

/// Tells the holders behind the seats and license-days, and the contract lines behind the amount.
fn trace(charge: &Charge<'_>, month: &str, key: &[Cell<'_>], sink: &mut dyn Sink) -> Result<(), Error> {
    for day in charge.known.iter() {
        let (day, because) = (day.to_string(), "a collected state holds on this day");
        let one = Evidence::one("known_days", &charge.org, "runs", &day, because);
        sink.evidence(&Evidence { row: key, ..one }).map_err(Error::Write)?;
    }
    for part in &charge.parts {
        let currency = part.line.currency;
        let amount = Money { minor: part.minor, currency };
        let whole = Money { minor: part.month_minor, currency }.amount_text();
        let (mine, all) = (charge.license_days.unwrap_or_default(), charge.all_days);
        let of_line = format!("line {}, {whole} {currency} in {month}", part.line.line_id);
        let because = match charge.has_known_holders() {
            true => format!("{mine} of {all} license-days of {of_line}"),
            false => format!("all of {of_line}: the holders are not known"),
        };
        prove_by_line(sink, key, "amount", amount.into(), part.line, &because)?;
    }
    if !charge.tells_seats {
        return Ok(());
    }
    let mut tell =
        |measure, amount: Cell<'_>, object, record_id: &str, user_id: Option<&str>, because: &str| {
            let org = &charge.org;
            sink.evidence(&Evidence { row: key, measure, amount, org, object, record_id, user_id, because })
                .map_err(Error::Write)
        };
    let object = charge.kind.holding_object();
    let mut sentences = Vec::new();
    for held in &charge.held {
        let days = held.days as usize;
        while sentences.len() <= days {
            sentences.push(format!("held it on {} days of {month}", sentences.len()));
        }
        let (record, user) = (held.record_id.as_str(), Some(held.user_id.as_str()));
        tell("license_days", i64::from(held.days).into(), object, record, user, &sentences[days])?;
        if held.to_the_end {
            tell("seats", 1.into(), object, record, user, "held it on the last known day")?;
        }
    }
    let (unheld_days, unheld_seats) = charge.unheld;
    let outside_days = if charge.bearer == CostKey::Unmatched {
        charge.license_days.unwrap_or_default() - unheld_days
    } else {
        0
    };
    let outside_seats = if outside_days > 0 { charge.seats.unwrap_or_default() - unheld_seats } else { 0 };
    let license = charge.license_key.as_deref().unwrap_or_default();
    let days = |days: u64| Cell::from(i64::try_from(days).unwrap_or(i64::MAX));
    let because = "holders outside the configured companies, known by number only";
    let object = charge.kind.license_object();
    if outside_days > 0 {
        tell("license_days", days(outside_days), object, license, None, because)?;
        tell("seats", outside_seats.into(), object, license, None, because)?;
    }
    if unheld_days > 0 {
        let because = "seats under contract that nobody held";
        tell("license_days", days(unheld_days), "contracts", license, None, because)?;
        tell("seats", unheld_seats.into(), "contracts", license, None, because)?;
    }
    Ok(())
}
