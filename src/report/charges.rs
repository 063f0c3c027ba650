//! What each license of each org cost in a month, and who bears it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::civil::Date;

use super::books::ContractLine;
use super::measure::amortization::line_in_month;
use super::measure::{ChargeBy, CostKey, Month, charge, last_day_before, place_pool, utc_date};
use super::{Basis, Error, knows_all};
use crate::base::Currency;
use crate::catalogue::LicenseKind;
use crate::store::{GroupKey, Held, HolderGroup, LicenseDays, OrgDays, Timeline};

/// What one bearer has of one license of an org in a month. A license whose lines are in several currencies has one
/// for each of them.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    /// Short name of the org.
    pub org: String,
    /// Kind of the license.
    pub kind: LicenseKind,
    /// Key of the license.
    pub license_key: Option<String>,
    /// Its label; `None` when the org does not have the license.
    pub license: Option<String>,
    /// Who bears it.
    pub bearer: CostKey,
    /// What the amounts are counted in; `None` for a license without a contract line.
    pub currency: Option<Currency>,
    /// The parts of the contract lines; none for a license without one.
    pub parts: Vec<Part<'a>>,
    /// Whether the license's seats and license-days are to be told with this currency: that of the line that began last.
    pub tells_seats: bool,
    /// License-days that count for the bearer; `None` when no holder is known on any day of the month.
    pub license_days: Option<u64>,
    /// The license-days of all bearers together.
    pub all_days: u64,
    /// Seats on the last known day.
    pub seats: Option<i64>,
    /// Who held them.
    pub held: Vec<Held>,
    /// Those of the license-days and seats that nobody held.
    pub unheld: (u64, i64),
    /// The days of the month for which holders are known.
    pub known: Rc<[Date]>,
    /// Days of the month that had begun before as_of and for which holders are not known.
    pub unknown_days: i64,
}

/// What a bearer has of a contract line.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The line.
    pub line: &'a ContractLine,
    /// The line's amount for the month, in minor units.
    pub month_minor: i128,
    /// The bearer's part of it.
    pub minor: i128,
}

impl Charge<'_> {
    /// How many days of the month have known holders.
    pub fn known_days(&self) -> i64 {
        i64::try_from(self.known.len()).unwrap_or(i64::MAX)
    }

    /// Whether anybody is known to hold the license, or not to hold its seats, on a day that its lines are about.
    pub fn has_known_holders(&self) -> bool {
        self.all_days > 0
    }

    /// What the bearer has to pay, in minor units; `None` when unpriced.
    pub fn minor(&self) -> Option<i128> {
        self.currency.map(|_| self.parts.iter().map(|part| part.minor).sum())
    }
}

/// Everything about one license that charges are made from.
struct License<'a> {
    org: &'a str,
    kind: LicenseKind,
    key: Option<String>,
    days: Option<LicenseDays>,
    known: Rc<[Date]>,
    unknown_days: i64,
}

/// The charges of a month by org, kind, license, bearer and currency. For each contract line the parts add up to its
/// amount for the month.
///
/// # Errors
/// The history cannot be read; an amount is too large; the parts of a line do not add up.
pub fn charges_of<'a>(basis: &Basis<'a>, month: Month) -> Result<Vec<Charge<'a>>, Error> {
    let Basis { reader, selection, books, rules } = *basis;
    let group = match (rules.charge_by, &rules.cost_center_field) {
        (ChargeBy::Company, _) | (ChargeBy::CostCenter, None) => HolderGroup::Company,
        (ChargeBy::Department, _) => HolderGroup::Department,
        (ChargeBy::CostCenter, Some(field)) => HolderGroup::ExtraField(field),
    };
    let today = last_day_before(selection.as_of);
    let until = month.end().min(today.tomorrow().unwrap_or(today));
    let begun = month.first_day().until(until).map_or(0, |span| i64::from(span.get_days()).max(0));
    let lines: Vec<_> = books
        .contracts
        .iter()
        .flat_map(|contracts| &contracts.lines)
        .filter(|line| selection.orgs.is_empty() || selection.orgs.contains(&line.org))
        .filter(|line| line.starts_on < month.end() && month.first_day() < line.ends_on)
        .collect();
    let timelines = reader.timelines_of_people(selection)?;
    let orgs: BTreeSet<&str> = timelines
        .iter()
        .map(|timeline| timeline.org.as_str())
        .chain(lines.iter().map(|line| line.org.as_str()))
        .collect();
    let mut charges = Vec::new();
    for org in orgs {
        let timeline = timelines.iter().find(|timeline| timeline.org == org);
        let mut days = match timeline {
            Some(timeline) => reader.license_days(timeline, group, month.first_day(), until)?,
            None => OrgDays::default(),
        };
        let lines_of_org = || lines.iter().copied().filter(|line| line.org == org);
        for (kind, key) in licenses_of(&days, lines_of_org()) {
            let known: Rc<[Date]> = days.known.get(&kind).map(Vec::as_slice).unwrap_or_default().into();
            let unknown_days = begun - i64::try_from(known.len()).unwrap_or_default();
            let is_it = |found: &LicenseDays| found.kind == kind && found.license_key == key;
            let found = days.licenses.iter().position(is_it).map(|place| days.licenses.swap_remove(place));
            let lines: Vec<_> = lines_of_org()
                .filter(|line| line.kind == kind.word() && Some(&line.license_key) == key.as_ref())
                .collect();
            let license = License { org, kind, key, days: found, known, unknown_days };
            charge_license(basis, month, license, &lines, &mut charges)?;
        }
    }
    Ok(charges)
}

/// Whether the holders are known on some day of the month, in every org.
pub(super) fn knows_holders(basis: &Basis<'_>, month: Month, sources: &[&str]) -> Result<bool, Error> {
    let timelines = basis.reader.timelines_of_people(basis.selection)?;
    let begins_in_time = |timeline: &Timeline| {
        let first = timeline.states.first().map(|state| utc_date(state.collected_at));
        first.is_some_and(|first| first < month.end())
    };
    Ok(timelines.iter().all(begins_in_time) && knows_all(basis.reader, basis.selection, sources)?)
}

/// The licenses that are held or under contract, by kind and key.
fn licenses_of<'a>(
    days: &OrgDays,
    lines: impl Iterator<Item = &'a ContractLine>,
) -> BTreeSet<(LicenseKind, Option<String>)> {
    let held = days.licenses.iter().map(|license| (license.kind, license.license_key.clone()));
    let bought = lines.filter_map(|line| {
        let kind = LicenseKind::from_word(&line.kind)?;
        Some((kind, Some(line.license_key.clone())))
    });
    held.chain(bought).collect()
}

fn charge_license<'a>(
    basis: &Basis<'_>,
    month: Month,
    license: License<'_>,
    lines: &[&'a ContractLine],
    charges: &mut Vec<Charge<'a>>,
) -> Result<(), Error> {
    let is_known = !license.known.is_empty();
    let (holders, label, mut groups) = match license.days {
        Some(days) => (days.holders, days.name, days.groups),
        None => (vec![0; license.known.len()], None, Vec::new()),
    };
    groups.retain(|_| is_known);
    let mut weights = BTreeMap::new();
    let mut bearers = BTreeMap::new();
    for group in groups {
        let bearer = match group.key {
            GroupKey::Named(name) => CostKey::Named(name),
            GroupKey::Blank => CostKey::Unallocated,
            GroupKey::Outside => CostKey::Unmatched,
        };
        weights.insert(bearer.clone(), group.days);
        bearers.insert(bearer, (group.seats, group.held));
    }
    let unheld: Vec<i64> = license
        .known
        .iter()
        .zip(&holders)
        .map(|(day, holders)| {
            let bought: i64 = lines.iter().filter(|line| line.holds_on(*day)).map(|line| line.quantity).sum();
            (bought - holders).max(0)
        })
        .collect();
    let held_days = weights.clone();
    place_pool(&mut weights, unheld.iter().sum::<i64>().unsigned_abs(), &basis.rules.unassigned_pool);
    let all_days = weights.values().sum();
    let currencies: BTreeSet<_> = lines.iter().map(|line| line.currency).collect();
    let newest = lines.iter().max_by_key(|line| (line.starts_on, &line.line_id));
    let main = newest.map(|line| line.currency);
    let currencies: Vec<_> =
        if lines.is_empty() { vec![None] } else { currencies.into_iter().map(Some).collect() };
    let mut rows: BTreeMap<(CostKey, Option<Currency>), Vec<Part<'a>>> = BTreeMap::new();
    for (bearer, currency) in weights.keys().flat_map(|bearer| currencies.iter().map(move |of| (bearer, of)))
    {
        rows.insert((bearer.clone(), *currency), Vec::new());
    }
    for line in lines {
        let too_large = |source| Error::TooLarge { file_line: line.file_line, source };
        let month_minor = line_in_month(line, month, basis.rules.spread).map_err(too_large)?.minor;
        let shares = charge(month_minor, &weights);
        if shares.values().sum::<i128>() != month_minor {
            return Err(Error::Unbalanced { file_line: line.file_line, month });
        }
        for (bearer, minor) in shares {
            let parts = rows.entry((bearer, Some(line.currency))).or_default();
            parts.push(Part { line, month_minor, minor });
        }
    }
    for ((bearer, currency), parts) in rows {
        let (seats, held) = bearers.get(&bearer).cloned().unwrap_or_default();
        let days = weights.get(&bearer).copied().unwrap_or_default();
        let unheld_days = days - held_days.get(&bearer).copied().unwrap_or_default();
        let unheld_seats = if unheld_days > 0 { unheld.last().copied().unwrap_or_default() } else { 0 };
        charges.push(Charge {
            org: license.org.to_owned(),
            kind: license.kind,
            license_key: license.key.clone(),
            license: label.clone(),
            bearer,
            currency,
            parts,
            tells_seats: currency == main,
            license_days: is_known.then_some(days),
            all_days,
            seats: is_known.then_some(seats + unheld_seats),
            held,
            unheld: (unheld_days, unheld_seats),
            known: Rc::clone(&license.known),
            unknown_days: license.unknown_days,
        });
    }
    Ok(())
}

/// The object whose records say who holds a license, by the word of its kind in a view.
pub(super) fn holding_object(kind: &str) -> &'static str {
    LicenseKind::from_word(kind).map_or("User", LicenseKind::holding_object)
}

/// The object whose records are the licenses, by the word of their kind in a view.
pub(super) fn license_object(kind: &str) -> &'static str {
    LicenseKind::from_word(kind).map_or("User", LicenseKind::license_object)
}
