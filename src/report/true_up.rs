//! Report `true-up`: holders against seats under contract, and what the missing seats cost.

use std::collections::BTreeMap;

use super::books::{Book, ContractLine, Contracts};
use super::counted_holders::CountedHolders;
use super::evidence::prove_by_line;
use super::measure::{add_on_total, utc_date};
use super::table::{Cell, Column, Kind};
use super::{
    Basis, Error, Evidence, Formula, LICENSES_THEN_USERS, Reach, Report, ReportOption, Sink, knows_all,
};
use crate::base::Money;
use crate::catalogue::LicenseKind;
use crate::store::LicenseRow;

/// The report.
pub const TRUE_UP: Report = Report {
    id: "true-up",
    title: "True-up",
    description: "Holders against seats under contract, and what the missing seats cost",
    definition: "One row per license that is held or under contract. `contracted` are the seats of all lines whose term \
                 holds on the day of as_of, `used_counted` our count of holders over the whole org. Missing seats cost \
                 the price for further seats of the line that began last, from the day of as_of until that line ends, by \
                 contract months; a price for the term is spread evenly over its contract months. \
                 A license without a line is unpriced: its contracted seats and costs are empty, never zero, and its \
                 holders count as `unpriced_seats`; feature \
                 licenses, which come with user licenses, are left out unless there is a line. Amounts of different currencies are never added. Without a contract \
                 file nothing is known.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::KnownOn],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_key", Kind::Text, "Key of the license, the same in every org").shown(),
        Column::new("license", Kind::Text, "Label of the license; empty when the org does not have it")
            .of(&["UserLicense.Name", "PermissionSetLicense.MasterLabel", "PackageLicense.NamespacePrefix"]),
        Column::new(
            "state",
            Kind::Text,
            "covered, short, uncontracted (held without a contract line), absent (under contract, but not in the org) or unknown",
        )
        .shown(),
        Column::new("contracted", Kind::Integer, "Seats under contract; empty without a line").asks(Book::Contracts).sum().shown(),
        Column::new("provisioned", Kind::Integer, "Seats in the org; empty when unlimited or unknown").of(&[
            "UserLicense.TotalLicenses",
            "PermissionSetLicense.TotalLicenses",
            "PackageLicense.AllowedLicenses",
        ]),
        Column::new("used_counted", Kind::Integer, "Holders counted over the whole org").sum().shown(),
        Column::new("shortfall", Kind::Integer, "Holders beyond the seats under contract; empty without a line").asks(Book::Contracts)
            .from(Formula::Excess, &["used_counted", "contracted"])
            .shown(),
        Column::new("unused", Kind::Integer, "Seats under contract that nobody holds").asks(Book::Contracts)
            .from(Formula::Excess, &["contracted", "used_counted"]),
        Column::new("unpriced_seats", Kind::Integer, "Holders without a contract line").asks(Book::Contracts)
            .from(Formula::Rule, &["used_counted", "contracted"])
            .shown(),
        Column::new("term_ends_on", Kind::Date, "First day after the term of the line that prices further seats").asks(Book::Contracts),
        Column::new("shortfall_cost", Kind::Money, "What the missing seats cost until then; empty when unpriced").asks(Book::Contracts).sum().shown(),
        Column::new("currency", Kind::Text, "ISO 4217 code; empty when unpriced").asks(Book::Contracts).shown(),
    ],
    totals: &[
        Column::new("licenses_short", Kind::Integer, "Licenses with more holders than seats under contract").asks(Book::Contracts).sum(),
        Column::new("all_missing_seats", Kind::Integer, "Their holders beyond these seats").asks(Book::Contracts).sum(),
        Column::new("all_unpriced_seats", Kind::Integer, "Holders of licenses without a contract line").asks(Book::Contracts).sum(),
    ],
    sources: LICENSES_THEN_USERS,
    key: &["org", "kind", "license_key"],
    label: &["org", "license_key"],
    about: &["contracted", "used_counted", "shortfall_cost"],
    write,
};

/// A license by org, kind and key.
type LicenseName = (String, LicenseKind, String);

/// What is under contract of a license, and what is held.
#[derive(Default)]
struct Holding<'a> {
    lines: Vec<&'a ContractLine>,
    /// The org's records of this key; one, as far as anybody has seen.
    licenses: Vec<LicenseRow>,
}

impl Holding<'_> {
    fn contracted(&self) -> Option<i64> {
        self.lines.iter().map(|line| line.quantity).reduce(|sum, seats| sum + seats)
    }

    fn provisioned(&self) -> Option<i64> {
        self.sum(|license| license.total)
    }

    fn used(&self) -> Option<i64> {
        self.sum(|license| license.used_counted)
    }

    /// Over all records; `None` without any and when one of them is unknown.
    fn sum(&self, number: fn(&LicenseRow) -> Option<i64>) -> Option<i64> {
        self.licenses.iter().map(number).reduce(|sum, more| Some(sum? + more?))?
    }

    fn shortfall(&self) -> Option<i64> {
        Some((self.used()? - self.contracted()?).max(0))
    }

    fn unpriced_seats(&self) -> Option<i64> {
        if self.lines.is_empty() { self.used() } else { Some(0) }
    }

    fn state(&self) -> &'static str {
        match self.shortfall() {
            _ if self.licenses.is_empty() => "absent",
            _ if self.lines.is_empty() => "uncontracted",
            None => "unknown",
            Some(0) => "covered",
            Some(_) => "short",
        }
    }
}

/// Every license that is held or under contract. Feature licenses come with user licenses, as a rule, and count only
/// when there is a line.
fn holdings<'a>(
    basis: &Basis<'_>,
    contracts: &'a Contracts,
) -> Result<BTreeMap<LicenseName, Holding<'a>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let today = utc_date(selection.as_of);
    let mut holdings: BTreeMap<LicenseName, Holding<'a>> = BTreeMap::new();
    let is_selected = |line: &&ContractLine| selection.orgs.is_empty() || selection.orgs.contains(&line.org);
    for line in contracts.lines.iter().filter(is_selected).filter(|line| line.holds_on(today)) {
        let Some(kind) = LicenseKind::from_word(&line.kind) else { continue };
        let name = (line.org.clone(), kind, line.license_key.clone());
        holdings.entry(name).or_default().lines.push(line);
    }
    reader.licenses(selection, |license| {
        let Some(kind) = LicenseKind::from_word(&license.kind) else { return Ok(()) };
        let key = license.key.as_ref().unwrap_or(&license.license_id);
        let name = (license.org.clone(), kind, key.clone());
        let is_held = kind != LicenseKind::Feature && license.used_counted.is_none_or(|holders| holders > 0);
        if is_held || holdings.contains_key(&name) {
            holdings.entry(name).or_default().licenses.push(license);
        }
        Ok::<_, Error>(())
    })?;
    Ok(holdings)
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let Some(contracts) = &books.contracts else { return Ok(vec![Cell::Null; TRUE_UP.totals.len()]) };
    let mut sums = [0_i64; TRUE_UP.totals.len()];
    let today = utc_date(selection.as_of);
    let holders = CountedHolders::read(basis, sink)?;
    for ((org, kind, license_key), holding) in holdings(basis, contracts)? {
        let row = [Cell::from(&org), Cell::from(kind.word()), Cell::from(&license_key)];
        for line in &holding.lines {
            let because = format!("line {} holds until before {}", line.line_id, line.ends_on);
            prove_by_line(sink, &row, "contracted", line.quantity.into(), line, &because)?;
        }
        for license in holding.licenses.iter().filter(|_| holding.used().is_some()) {
            let name = (org.as_str(), kind.word(), license.license_id.as_str());
            holders.tell(sink, "used_counted", &row, name, license.used_counted)?;
        }
        let pricing = contracts.price(&org, kind.word(), &license_key, today);
        let cost = pricing.zip(holding.shortfall()).map(|(line, seats)| {
            let too_large = |source| Error::TooLarge { file_line: line.file_line, source };
            Ok::<_, Error>((line, seats, add_on_total(line, seats, today).map_err(too_large)?))
        });
        let cost: Option<(&ContractLine, i64, Money)> = cost.transpose()?;
        if let Some((line, seats, money)) = cost.filter(|(_, seats, _)| *seats > 0) {
            let because = format!(
                "{seats} further seats at {} {} per {}, from {today} until before {}",
                line.price_of_add_on(),
                line.currency,
                line.price_period.word(),
                line.ends_on
            );
            prove_by_line(sink, &row, "shortfall_cost", money.into(), line, &because)?;
        }
        let contracted = holding.contracted();
        let unused = contracted.zip(holding.used()).map(|(seats, used)| (seats - used).max(0));
        let term_ends_on = pricing.map(|line| line.ends_on.to_string());
        let license = holding.licenses.first();
        let [org_cell, kind_cell, key_cell] = row;
        sink.row(&[
            org_cell,
            kind_cell,
            key_cell,
            license.and_then(|license| license.name.as_ref()).into(),
            holding.state().into(),
            contracted.into(),
            holding.provisioned().into(),
            holding.used().into(),
            holding.shortfall().into(),
            unused.into(),
            holding.unpriced_seats().into(),
            term_ends_on.as_ref().into(),
            cost.map(|(_, _, money)| money).into(),
            pricing.map(|line| line.currency.code()).into(),
        ])
        .map_err(Error::Write)?;
        let missing = holding.shortfall().unwrap_or_default();
        let unpriced = holding.unpriced_seats().unwrap_or_default();
        let amounts = [i64::from(missing > 0), missing, unpriced];
        for ((total, sum), amount) in TRUE_UP.totals.iter().zip(&mut sums).zip(amounts) {
            *sum += amount;
            if let Some(license) = license.filter(|_| amount > 0) {
                let because = match holding.contracted() {
                    None => format!("{amount} holders and no contract line"),
                    Some(seats) => format!("{} holders and {seats} seats under contract", seats + missing),
                };
                let evidence = Evidence {
                    row: &[],
                    measure: total.name,
                    amount: amount.into(),
                    org: &org,
                    object: kind.license_object(),
                    record_id: &license.license_id,
                    user_id: None,
                    because: &because,
                };
                sink.evidence(&evidence).map_err(Error::Write)?;
            }
        }
    }
    let is_known = knows_all(reader, selection, LICENSES_THEN_USERS)?;
    Ok(sums.map(|sum| if is_known { Cell::Integer(sum) } else { Cell::Null }).to_vec())
}
