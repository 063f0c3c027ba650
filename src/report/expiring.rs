//! Report `expiring`: licenses and contract lines that end, and in how many days.

use jiff::civil::Date;

use super::books::{ContractLine, Contracts};
use super::charges::license_object;
use super::counted_holders::CountedHolders;
use super::measure::{days_between, utc_date};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Evidence, Formula, Reach, Report, ReportOption, Sink, knows_all};
use crate::store::LicenseRow;

/// The report.
pub const EXPIRING: Report = Report {
    id: "expiring",
    title: "Expiring",
    description: "Licenses and contract lines that end, soonest first",
    definition: "One row per license for which Salesforce tells a last day, and per contract line. `last_day` is the \
                 last day on which it can be used: of a contract line, the day before its end. What ended before \
                 as_of is left out, except licenses that still have holders. Salesforce tells no last day of user and \
                 feature licenses, so that without a contract file only permission set and package licenses are here.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::KnownOn],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("source", Kind::Text, "license, as Salesforce tells it, or contract").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_key", Kind::Text, "Key of the license, the same in every org").shown(),
        Column::new(
            "record_id",
            Kind::Text,
            "Salesforce's id of the license, or the id of the contract line",
        )
        .shown(),
        Column::new("name", Kind::Text, "Label of the license, or what the seller calls it")
            .of(&["PermissionSetLicense.MasterLabel", "PackageLicense.NamespacePrefix"]),
        Column::new("seats", Kind::Integer, "Seats that end; empty when unlimited or unknown")
            .of(&["PermissionSetLicense.TotalLicenses", "PackageLicense.AllowedLicenses"])
            .shown(),
        Column::new("used_counted", Kind::Integer, "Holders over the whole org; empty for contract lines")
            .sum()
            .shown(),
        Column::new("last_day", Kind::Date, "Last day on which it can be used")
            .of(&["PermissionSetLicense.ExpirationDate", "PackageLicense.ExpirationDate"])
            .shown(),
        Column::new("days_left", Kind::Integer, "Days from as_of to last_day, negative once it has passed")
            .from(Formula::Rule, &["last_day"])
            .shown(),
        Column::new(
            "renewed",
            Kind::Boolean,
            "Of a contract line, whether the next term is in the file already; empty for licenses",
        )
        .shown(),
    ],
    totals: &[
        Column::new(
            "ends_within_a_month",
            Kind::Integer,
            "Rows with 0 to 30 days left, without renewed lines",
        )
        .sum(),
        Column::new(
            "ends_within_a_quarter",
            Kind::Integer,
            "Rows with 0 to 90 days left, without renewed lines",
        )
        .sum(),
        Column::new(
            "ended_with_holders",
            Kind::Integer,
            "Licenses past their last day that still have holders",
        )
        .sum(),
    ],
    sources: SOURCES,
    key: &["org", "source", "kind", "license_key", "record_id", "last_day"],
    label: &["org", "license_key", "record_id"],
    about: &["last_day", "days_left"],
    write,
};

const SOURCES: &[&str] =
    &["PermissionSetLicense", "PermissionSetLicenseAssign", "PackageLicense", "UserPackageLicense"];

const MONTH_DAYS: i64 = 30;
const QUARTER_DAYS: i64 = 90;

/// Something that ends, in the order of the rows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct End {
    last_day: Date,
    org: String,
    source: &'static str,
    kind: String,
    license_key: Option<String>,
    record_id: String,
    name: Option<String>,
    seats: Option<i64>,
    used: Option<i64>,
    renewed: Option<bool>,
    /// Where it stands: an object, and its id or line there.
    found_in: (&'static str, String),
}

impl End {
    fn of_license(license: LicenseRow) -> Option<Self> {
        Some(Self {
            last_day: license.expires_on?.parse().ok()?,
            org: license.org,
            source: "license",
            found_in: (license_object(&license.kind), license.license_id.clone()),
            kind: license.kind,
            license_key: license.key,
            record_id: license.license_id,
            name: license.name,
            seats: license.total,
            used: license.used_counted,
            renewed: None,
        })
    }

    fn of_line(line: &ContractLine, contracts: &Contracts) -> Option<Self> {
        Some(Self {
            last_day: line.ends_on.yesterday().ok()?,
            org: line.org.clone(),
            source: "contract",
            kind: line.kind.clone(),
            license_key: Some(line.license_key.clone()),
            record_id: line.line_id.clone(),
            name: Some(line.sku.clone()),
            seats: Some(line.quantity),
            used: None,
            renewed: Some(contracts.is_renewed(line)),
            found_in: ("contracts", line.file_line.to_string()),
        })
    }
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, books, .. } = *basis;
    let today = utc_date(selection.as_of);
    let mut ends = Vec::new();
    reader.licenses(selection, |license| {
        ends.extend(End::of_license(license));
        Ok::<_, Error>(())
    })?;
    if let Some(contracts) = &books.contracts {
        let is_selected =
            |line: &&ContractLine| selection.orgs.is_empty() || selection.orgs.contains(&line.org);
        let lines = contracts.lines.iter().filter(is_selected);
        ends.extend(lines.filter_map(|line| End::of_line(line, contracts)));
    }
    ends.retain(|end| end.last_day >= today || end.used.is_some_and(|holders| holders > 0));
    ends.sort();

    let holders = CountedHolders::read(basis, sink)?;
    let mut counts = [0_i64; EXPIRING.totals.len()];
    for end in &ends {
        let days_left = days_between(today, end.last_day);
        let last_day = end.last_day.to_string();
        let (org, source, kind, record_id): (Cell<'_>, Cell<'_>, Cell<'_>, Cell<'_>) =
            ((&end.org).into(), end.source.into(), (&end.kind).into(), (&end.record_id).into());
        let license_key = Cell::from(end.license_key.as_ref());
        let row = [org, source, kind, license_key, record_id, (&last_day).into()];
        let name = (end.org.as_str(), end.kind.as_str(), end.record_id.as_str());
        holders.tell(sink, "used_counted", &row, name, end.used)?;
        let [org, source, kind, license_key, record_id, last_day_cell] = row;
        sink.row(&[
            org,
            source,
            kind,
            license_key,
            record_id,
            end.name.as_ref().into(),
            end.seats.into(),
            end.used.into(),
            last_day_cell,
            days_left.into(),
            end.renewed.into(),
        ])
        .map_err(Error::Write)?;
        let ends_within = |days: i64| end.renewed != Some(true) && (0..=days).contains(&days_left);
        let counts_in = [ends_within(MONTH_DAYS), ends_within(QUARTER_DAYS), days_left < 0];
        for ((total, count), _) in
            EXPIRING.totals.iter().zip(&mut counts).zip(counts_in).filter(|(_, counts)| *counts)
        {
            *count += 1;
            let (object, record_id) = &end.found_in;
            let evidence = Evidence {
                row: &[],
                measure: total.name,
                amount: Cell::Integer(1),
                org: &end.org,
                object,
                record_id,
                user_id: None,
                because: &format!("its last day is {last_day}"),
            };
            sink.evidence(&evidence).map_err(Error::Write)?;
        }
    }
    let is_known = knows_all(reader, selection, SOURCES)?;
    Ok(counts.map(|count| if is_known { Cell::Integer(count) } else { Cell::Null }).to_vec())
}
