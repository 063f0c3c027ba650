//! Report `licenses`: every license of an org, its seats, who uses them by Salesforce's count and by ours.

use super::measure::{Pool, Seats, days_until};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::store::{LicenseRow, Selection};

/// The report.
pub const LICENSES: Report = Report {
    id: "licenses",
    title: "Licenses",
    description: "Seats of every user, permission set, package and feature license, and how many are used",
    definition: "One row per license and org. `used_reported` is Salesforce's count, `used_counted` ours over the whole \
                 org: active users for user and feature licenses, assignment rows for the others. Seats of different \
                 kinds are never added, and licenses without a finite known total are in no sum.",
    reach: Reach::Companies,
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("name", Kind::Text, "Label of the license; not unique")
            .of(&["UserLicense.Name", "PermissionSetLicense.MasterLabel", "PackageLicense.NamespacePrefix"])
            .shown(),
        Column::new("status", Kind::Text, "Salesforce's word for its state")
            .of(&["UserLicense.Status", "PermissionSetLicense.Status", "PackageLicense.Status"])
            .shown(),
        Column::new("total", Kind::Integer, "Seats; empty when unlimited or unknown")
            .of(&[
                "UserLicense.TotalLicenses",
                "PermissionSetLicense.TotalLicenses",
                "PackageLicense.AllowedLicenses",
            ])
            .shown(),
        Column::new("unlimited", Kind::Boolean, "Whether there is no limit of seats").shown(),
        Column::new("used_reported", Kind::Integer, "Used seats as Salesforce counts them")
            .of(&[
                "UserLicense.UsedLicenses",
                "PermissionSetLicense.UsedLicenses",
                "PackageLicense.UsedLicenses",
            ])
            .shown(),
        Column::new("used_counted", Kind::Integer, "Holders counted over the whole org").shown(),
        Column::new("drift", Kind::Integer, "used_reported - used_counted").shown(),
        Column::new(
            "utilization_percent",
            Kind::Percent,
            "used_counted / total; empty without a finite total",
        )
        .shown(),
        Column::new("available", Kind::Integer, "Seats left").shown(),
        Column::new("shortfall", Kind::Integer, "Holders beyond the seats"),
        Column::new("over_assigned", Kind::Integer, "Holders of a license that has no seat at all"),
        Column::new("expires_on", Kind::Date, "Last day of the license")
            .of(&["PermissionSetLicense.ExpirationDate", "PackageLicense.ExpirationDate"])
            .shown(),
        Column::new("expires_in_days", Kind::Integer, "Days from as_of to expires_on"),
        Column::new(
            "used_by_company",
            Kind::Integer,
            "Holders in the companies asked for; empty without one",
        )
        .shown_with_company(),
    ],
    totals: &[
        Column::new(
            "user_seats",
            Kind::Integer,
            "Seats of user licenses; here and below without those left out",
        ),
        Column::new("user_used", Kind::Integer, "Holders of the same licenses"),
        Column::new("user_utilization_percent", Kind::Percent, "user_used / user_seats"),
        Column::new("permission_set_seats", Kind::Integer, "Seats of permission set licenses"),
        Column::new("permission_set_used", Kind::Integer, "Holders of the same licenses"),
        Column::new(
            "permission_set_utilization_percent",
            Kind::Percent,
            "permission_set_used / permission_set_seats",
        ),
        Column::new("package_seats", Kind::Integer, "Seats of package licenses"),
        Column::new("package_used", Kind::Integer, "Holders of the same licenses"),
        Column::new("package_utilization_percent", Kind::Percent, "package_used / package_seats"),
        Column::new("feature_seats", Kind::Integer, "Seats of feature licenses"),
        Column::new("feature_used", Kind::Integer, "Holders of the same licenses"),
        Column::new("feature_utilization_percent", Kind::Percent, "feature_used / feature_seats"),
        Column::new(
            "total_shortfall",
            Kind::Integer,
            "Holders beyond the seats of their license, of every kind",
        ),
        Column::new(
            "licenses_left_out",
            Kind::Integer,
            "Licenses in none of these sums: unlimited or unknown",
        ),
    ],
    sources: &[
        "UserLicense",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "PackageLicense",
        "UserPackageLicense",
        "User",
        "Profile",
        "ActiveFeatureLicenseMetric",
    ],
    key: &["org", "kind", "license_id"],
    label: &["org", "kind", "name"],
    about: &["total", "used_counted", "utilization_percent"],
    write,
};

/// The kinds of licenses in the order of the totals, each with the objects that list its licenses and their holders.
/// Seats of different kinds are never added: one person holds one user license and any number of the others.
const KINDS: [(&str, &[&str]); 4] = [
    ("user", &["UserLicense", "User", "Profile"]),
    ("permission_set", &["PermissionSetLicense", "PermissionSetLicenseAssign"]),
    ("package", &["PackageLicense", "UserPackageLicense"]),
    ("feature", &["User"]),
];

/// Salesforce tells the seats of feature licenses only here, and not in every org.
const FEATURE_SEATS: &str = "ActiveFeatureLicenseMetric";

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut pools = [Pool::default(); KINDS.len()];
    reader.licenses(selection, |mut license| {
        if selection.hides_rest {
            if license.used_by_company.is_none_or(|used| used == 0) {
                return Ok(());
            }
            hide_whole_org(&mut license);
        }
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        if let Some(place) = KINDS.iter().position(|(kind, _)| *kind == license.kind) {
            pools[place].add(seats, license.used_counted);
        }
        sink.row(&cells(&license, seats, selection)).map_err(Error::Write)
    })?;
    if selection.hides_rest {
        return Ok(vec![Cell::Null; LICENSES.totals.len()]);
    }
    let mut totals = Vec::new();
    let mut all_listed = true;
    for ((kind, objects), pool) in KINDS.iter().zip(&pools) {
        let is_listed = knows_all(reader, selection, objects)?;
        all_listed &= is_listed;
        let has_seats = is_listed && (*kind != "feature" || reader.knows(selection, FEATURE_SEATS)?);
        let known = |number: i64| if has_seats { Cell::Integer(number) } else { Cell::Null };
        let utilization = pool.utilization().filter(|_| has_seats);
        totals.extend([
            known(pool.total),
            known(pool.used),
            utilization.map_or(Cell::Null, Cell::BasisPoints),
        ]);
    }
    let sum = |number: fn(&Pool) -> i64| {
        if all_listed { Cell::Integer(pools.iter().map(number).sum()) } else { Cell::Null }
    };
    totals.extend([sum(|pool| pool.shortfall), sum(|pool| pool.left_out)]);
    Ok(totals)
}

/// Takes out every number that is about more than the companies asked for.
fn hide_whole_org(license: &mut LicenseRow) {
    license.total = None;
    license.unlimited = None;
    license.used_reported = None;
    license.used_counted = None;
}

/// The label of a license for people. The label of the field that stands for a feature license begins with words that
/// say nothing of the license.
pub(super) fn plain_label<'a>(kind: &str, label: Option<&'a String>) -> Cell<'a> {
    const NOISE: &str = "User Permissions ";
    match label {
        Some(label) if kind == "feature" => label.strip_prefix(NOISE).unwrap_or(label).into(),
        label => label.into(),
    }
}

fn cells<'row>(license: &'row LicenseRow, seats: Seats, selection: &Selection) -> [Cell<'row>; 18] {
    let used = seats.used_by(license.used_counted);
    let drift = license.used_reported.zip(license.used_counted).map(|(reported, counted)| reported - counted);
    let expires_in_days = license.expires_on.as_deref().and_then(|end| days_until(end, selection.as_of));
    [
        (&license.org).into(),
        (&license.kind).into(),
        (&license.license_id).into(),
        license.key.as_ref().into(),
        plain_label(&license.kind, license.name.as_ref()),
        license.status.as_ref().into(),
        license.total.into(),
        license.unlimited.into(),
        license.used_reported.into(),
        license.used_counted.into(),
        drift.into(),
        used.utilization.map_or(Cell::Null, Cell::BasisPoints),
        used.available.into(),
        used.shortfall.into(),
        used.over_assigned.into(),
        license.expires_on.as_ref().into(),
        expires_in_days.into(),
        license.used_by_company.into(),
    ]
}
