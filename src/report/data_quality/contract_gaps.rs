//! Findings where the contracts say one thing of a license and its org another: how many seats, and until when.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Finding, Findings, Record};
use crate::report::books::{ContractLine, Contracts};
use crate::report::charges::license_object;
use crate::report::measure::{Seats, days_between, utc_date};
use crate::report::{Basis, Error};
use crate::store::LicenseRow;

/// One finding for each license under contract whose quantity differs from the seats of its org, and one for each whose
/// last days differ.
pub(super) fn add(findings: &mut Findings, basis: &Basis<'_>) -> Result<(), Error> {
    let Some(contracts) = &basis.books.contracts else { return Ok(()) };
    let today = utc_date(basis.selection.as_of);
    let mut licenses: BTreeMap<(String, String, String), Vec<LicenseRow>> = BTreeMap::new();
    basis.reader.licenses(basis.selection, |license| -> Result<(), Error> {
        if let Some(key) = license.key.clone() {
            licenses.entry((license.org.clone(), license.kind.clone(), key)).or_default().push(license);
        }
        Ok(())
    })?;
    for ((org, kind, key), licenses) in &licenses {
        let Some(contracted) = contracts.contracted(org, kind, key, today) else { continue };
        let (subject, object) = (format!("{kind} {key}"), license_object(kind));
        if let Some(provisioned) = provisioned(licenses).filter(|seats| *seats != contracted) {
            let because = format!("{contracted} seats under contract, {provisioned} provisioned");
            let record = Record::new(object, key, (contracted - provisioned).abs(), because.as_str());
            let finding = Finding::ContractQuantityGap;
            let found = findings.add(finding, org, &subject, record);
            found.what_to_do = format!("{because}: {}", finding.what_to_do());
        }
        let ends = paid_until(contracts, org, kind, key, today).zip(usable_until(licenses));
        if let Some((paid, usable)) = ends.filter(|(paid, usable)| paid != usable) {
            let days = days_between(usable, paid);
            let gap = if days > 0 { "less" } else { "more" };
            let because =
                format!("under contract until {paid}, usable until {usable}, {} days {gap}", days.abs());
            let finding = Finding::ContractEndGap;
            let found = findings.add(finding, org, &subject, Record::new(object, key, 1, because.as_str()));
            found.what_to_do = format!("{because}: {}", finding.what_to_do());
        }
    }
    Ok(())
}

/// The seats of all licenses of a key; `None` when one of them is unlimited or unknown.
fn provisioned(licenses: &[LicenseRow]) -> Option<i64> {
    let seats = |license: &LicenseRow| match Seats::of(license.total, license.unlimited == Some(true)) {
        Seats::Finite(seats) => Some(seats),
        Seats::Unlimited | Seats::Unknown => None,
    };
    licenses.iter().map(seats).sum()
}

/// The first last day that Salesforce tells of the licenses of a key.
fn usable_until(licenses: &[LicenseRow]) -> Option<Date> {
    licenses.iter().filter_map(|license| license.expires_on.as_deref()?.parse().ok()).min()
}

/// The last day of the lines in force and of those that follow without a gap.
fn paid_until(contracts: &Contracts, org: &str, kind: &str, key: &str, today: Date) -> Option<Date> {
    let end_of =
        |day: Date| contracts.in_force(org, kind, key, day).map(|line: &ContractLine| line.ends_on).max();
    let mut end = end_of(today)?;
    while let Some(next) = end_of(end) {
        end = next;
    }
    end.yesterday().ok()
}
