//! Findings about the files that people keep: exemptions, contracts and the list of people.

use std::collections::BTreeSet;
use std::rc::Rc;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Finding, Findings, Record};
use crate::report::books::{ContractLine, nearest_key};
use crate::report::charges::license_object;
use crate::report::measure::employment::ListCoverage;
use crate::report::orphans::coverage;
use crate::report::{Basis, Error, knows_all};
use crate::store::Holder;

/// The objects without which nobody knows all seats and their holders.
const SEATS: &[&str] =
    &["User", "Profile", "UserLicense", "PermissionSetLicenseAssign", "UserPackageLicense"];

/// Exemptions that are over, and those that protect nothing.
pub(super) fn add_exemptions(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let Some(exemptions) = &books.exemptions else { return Ok(()) };
    let today = day_of(basis);
    for exemption in exemptions.expired(today) {
        let because = format!("it expired on {}", exemption.expires_on);
        let org = exemption.org.as_deref().unwrap_or_default();
        add_line(findings, Finding::ExpiredExemption, org, "exemptions", exemption.file_line, because);
    }
    if !knows_all(reader, selection, SEATS)? {
        return Ok(());
    }
    let (mut of_user, mut of_seat) = (BTreeSet::new(), BTreeSet::new());
    reader.holders(selection, |seat| -> Result<(), Error> {
        let (holder, key) = (&seat.holder, seat.license.key.as_deref());
        let (org, id, name) = (&holder.org, &holder.user_id, holder.username.as_deref());
        of_seat.extend(exemptions.about(org, id, name, key).iter().map(|exemption| exemption.file_line));
        of_user.extend(exemptions.of_user(id, name).iter().map(|exemption| exemption.file_line));
        Ok(())
    })?;
    let orgs = collected_orgs(basis)?;
    for exemption in exemptions.list().iter().filter(|exemption| exemption.expires_on >= today) {
        let is_looked_at = match &exemption.org {
            Some(org) => orgs.contains(org),
            None => selection.orgs.is_empty(),
        };
        if !is_looked_at || of_seat.contains(&exemption.file_line) {
            continue;
        }
        let because = match (&exemption.license_key, of_user.contains(&exemption.file_line)) {
            (Some(key), true) => format!("the user holds no seat of a license with the key `{key}` there"),
            (None, true) => "the user holds seats in other orgs only".to_owned(),
            (_, false) => "no collected user of this name or id holds a seat".to_owned(),
        };
        let org = exemption.org.as_deref().unwrap_or_default();
        add_line(findings, Finding::ExemptionWithoutSeat, org, "exemptions", exemption.file_line, because);
    }
    Ok(())
}

/// Contract lines, not yet ended, of licenses that their org does not have.
pub(super) fn add_contracts(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let Some(contracts) = &books.contracts else { return Ok(()) };
    let today = day_of(basis);
    let mut known = BTreeSet::new();
    reader.licenses(selection, |license| -> Result<(), Error> {
        if let Some(key) = license.key {
            known.insert((license.org, license.kind, key, license.name));
        }
        Ok(())
    })?;
    let orgs = collected_orgs(basis)?;
    let is_looked_at = |line: &&ContractLine| line.ends_on > today && orgs.contains(&line.org);
    for line in contracts.lines.iter().filter(is_looked_at) {
        let source = license_object(&line.kind);
        let of_kind: Vec<_> =
            known.iter().filter(|(org, kind, ..)| *org == line.org && *kind == line.kind).collect();
        let is_known = of_kind.iter().any(|(_, _, key, _)| *key == line.license_key);
        if is_known || !reader.knows(selection, source)? {
            continue;
        }
        let is_called = |name: &str| name.eq_ignore_ascii_case(&line.license_key);
        let named = of_kind.iter().find(|(_, _, _, name)| name.as_deref().is_some_and(is_called));
        let nearest = named
            .map(|(_, _, key, _)| key.as_str())
            .or_else(|| nearest_key(&line.license_key, of_kind.iter().map(|(_, _, key, _)| key.as_str())));
        let because = format!("the org has no {} license with the key `{}`", line.kind, line.license_key);
        let finding = Finding::ContractWithoutLicense;
        let found = add_line(findings, finding, &line.org, "contracts", line.file_line, because);
        if let Some(nearest) = nearest {
            found.what_to_do = format!("{}; the nearest is `{nearest}`", finding.what_to_do());
        }
    }
    Ok(())
}

/// A list of people that is declared complete and lacks most of the employees.
pub(super) fn add_people(
    findings: &mut Findings,
    basis: &Basis<'_>,
    users: &[Rc<Holder>],
) -> Result<(), Error> {
    let Some(list) = basis.books.people.as_ref().filter(|list| list.is_complete) else { return Ok(()) };
    let coverage = coverage(list, users);
    if coverage.is_short() {
        let ListCoverage { compared, absent } = coverage;
        let because = format!("{absent} of {compared} active accounts of employees have nobody on it");
        let absent = i64::try_from(absent).unwrap_or(i64::MAX);
        let record = Record::new("people", "people", absent, because);
        findings.add(Finding::ShortPeopleList, "", "the list of people", record).is_blocking = true;
    }
    Ok(())
}

fn add_line<'a>(
    findings: &'a mut Findings,
    finding: Finding,
    org: &str,
    file: &'static str,
    line: u64,
    because: String,
) -> &'a mut super::Found {
    let record = Record::new(file, &line.to_string(), 1, because);
    findings.add(finding, org, &format!("line {line} of the {file}"), record)
}

fn day_of(basis: &Basis<'_>) -> Date {
    basis.selection.as_of.to_zoned(TimeZone::UTC).date()
}

/// The selected orgs that have a state.
fn collected_orgs(basis: &Basis<'_>) -> Result<BTreeSet<String>, Error> {
    let states = basis.reader.org_states(&basis.selection.orgs)?;
    Ok(states.into_iter().map(|state| state.org).collect())
}
