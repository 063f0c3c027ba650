//! Report `licenses`: every license of an org, its seats, who uses them by Salesforce's count and by ours.

use super::charges::license_object;
use super::counted_holders::CountedHolders;
use super::measure::{LicenseState, Pool, Seats, days_until};
use super::table::{Cell, Column, Kind};
use super::user_columns::{LICENSE_STATE, count};
use super::{
    Basis, Error, Evidence, Formula, LICENSES_THEN_USERS, Reach, Report, Sink, all_names, knows_all,
};
use crate::store::{LicenseRow, Selection};

/// The report.
pub const LICENSES: Report = Report {
    id: "licenses",
    title: "Licenses",
    description: "Seats of every user, permission set, package and feature license, and how many are used",
    definition: "One row per license and org. `used_reported` is Salesforce's count, `used_counted` ours over the whole \
                 org: active users for user and feature licenses, assignment rows for the others. Salesforce counts \
                 by and by, and tells for user licenses when it did last, in `used_reported_at`. A license whose last \
                 day has passed is `expired`, one that Salesforce has turned off `disabled`: nobody can be given its \
                 seats, so none is available. Seats of different kinds are not added here, and licenses that are not \
                 usable or without a finite known total are in no sum.",
    reach: Reach::Companies,
    options: &[],
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
        LICENSE_STATE,
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
        Column::new(
            "used_reported_at",
            Kind::DateTime,
            "When Salesforce counted; empty for licenses of which it does not tell",
        )
        .of(&["UserLicense.UsedLicensesLastUpdated"]),
        count("used_counted", "Holders counted over the whole org").shown(),
        Column::new("drift", Kind::Integer, "used_reported - used_counted")
            .from(Formula::Difference, &["used_reported", "used_counted"])
            .shown(),
        Column::new(
            "utilization_percent",
            Kind::Percent,
            "used_counted / total; empty without a finite total",
        )
        .from(Formula::Share, &["used_counted", "total"])
        .shown(),
        Column::new(
            "available",
            Kind::Integer,
            "Seats that somebody could be given; none of a license that is over",
        )
        .from(Formula::Rule, &["total", "used_counted", "state"])
        .shown(),
        Column::new("shortfall", Kind::Integer, "Holders beyond the seats")
            .from(Formula::Excess, &["used_counted", "total"]),
        Column::new("over_assigned", Kind::Integer, "Holders of a license that has no seat at all")
            .from(Formula::Rule, &["used_counted", "total"]),
        Column::new("expires_on", Kind::Date, "Last day of the license")
            .of(&["PermissionSetLicense.ExpirationDate", "PackageLicense.ExpirationDate"])
            .shown(),
        Column::new("expires_in_days", Kind::Integer, "Days from as_of to expires_on")
            .from(Formula::Rule, &["expires_on"]),
        count("used_by_company", "Holders in the companies asked for; empty without one")
            .shown_with_company(),
    ],
    totals: &[
        count("user_seats", "Seats of user licenses; here and below without those left out"),
        count("user_used", "Holders of the same licenses"),
        Column::new("user_utilization_percent", Kind::Percent, "user_used / user_seats")
            .from(Formula::Share, &["user_used", "user_seats"]),
        count("permission_set_seats", "Seats of permission set licenses"),
        count("permission_set_used", "Holders of the same licenses"),
        Column::new(
            "permission_set_utilization_percent",
            Kind::Percent,
            "permission_set_used / permission_set_seats",
        )
        .from(Formula::Share, &["permission_set_used", "permission_set_seats"]),
        count("package_seats", "Seats of package licenses"),
        count("package_used", "Holders of the same licenses"),
        Column::new("package_utilization_percent", Kind::Percent, "package_used / package_seats")
            .from(Formula::Share, &["package_used", "package_seats"]),
        count("feature_seats", "Seats of feature licenses"),
        count("feature_used", "Holders of the same licenses"),
        Column::new("feature_utilization_percent", Kind::Percent, "feature_used / feature_seats")
            .from(Formula::Share, &["feature_used", "feature_seats"]),
        count("total_shortfall", "Holders beyond the seats of their license, of every kind"),
        count("licenses_left_out", "Licenses in none of these sums: not usable, unlimited or unknown"),
    ],
    sources: &all_names::<8>(&[LICENSES_THEN_USERS, &["ActiveFeatureLicenseMetric"]]),
    key: &["org", "kind", "license_id"],
    label: &["org", "kind", "name"],
    about: &["total", "used_counted", "utilization_percent"],
    write,
};

/// A kind of license: the measures of its seats and of their holders, and the objects that list both. Seats of different
/// kinds are never added: one person holds one user license and any number of the others.
struct KindTotals {
    kind: &'static str,
    seats: &'static str,
    used: &'static str,
    objects: &'static [&'static str],
}

/// In the order of the totals.
const KINDS: [KindTotals; 4] = [
    KindTotals {
        kind: "user",
        seats: "user_seats",
        used: "user_used",
        objects: &["UserLicense", "User", "Profile"],
    },
    KindTotals {
        kind: "permission_set",
        seats: "permission_set_seats",
        used: "permission_set_used",
        objects: &["PermissionSetLicense", "PermissionSetLicenseAssign"],
    },
    KindTotals {
        kind: "package",
        seats: "package_seats",
        used: "package_used",
        objects: &["PackageLicense", "UserPackageLicense"],
    },
    KindTotals { kind: "feature", seats: "feature_seats", used: "feature_used", objects: &["User"] },
];

/// Salesforce tells the seats of feature licenses only here, and not in every org.
const FEATURE_SEATS: &str = "ActiveFeatureLicenseMetric";

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let holders = CountedHolders::read(basis, sink)?;
    let of_companies = CountedHolders::read_of_companies(basis, sink)?;
    let mut pools = [Pool::default(); KINDS.len()];
    reader.licenses(selection, |mut license| {
        if selection.hides_rest {
            if license.used_by_company.is_none_or(|used| used == 0) {
                return Ok(());
            }
            hide_whole_org(&mut license);
        }
        let state = license_state(&license, selection);
        sink.row(&cells(&license, state, selection)).map_err(Error::Write)?;
        let row = [(&license.org).into(), (&license.kind).into(), (&license.license_id).into()];
        let name = (license.org.as_str(), license.kind.as_str(), license.license_id.as_str());
        holders.tell(sink, "used_counted", &row, name, license.used_counted)?;
        of_companies.tell(sink, "used_by_company", &row, name, license.used_by_company)?;
        let place = KINDS.iter().position(|totals| totals.kind == license.kind);
        if let Some(place) = place.filter(|_| !selection.hides_rest) {
            add_to_totals(&KINDS[place], &mut pools[place], &license, state, sink)?;
        }
        Ok::<_, Error>(())
    })?;
    if selection.hides_rest {
        return Ok(vec![Cell::Null; LICENSES.totals.len()]);
    }
    let mut totals = Vec::new();
    let mut all_listed = true;
    for (KindTotals { kind, objects, .. }, pool) in KINDS.iter().zip(&pools) {
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

/// Adds a license to the sums of its kind, and tells what it added.
fn add_to_totals(
    kind: &KindTotals,
    pool: &mut Pool,
    license: &LicenseRow,
    state: LicenseState,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let before = *pool;
    match state {
        LicenseState::Usable => {
            pool.add(Seats::of(license.total, license.unlimited == Some(true)), license.used_counted);
        }
        LicenseState::Expired | LicenseState::Disabled => pool.left_out += 1,
    }
    let left_out = match state {
        LicenseState::Usable => "it is unlimited, or a number of it is not known".to_owned(),
        LicenseState::Expired | LicenseState::Disabled => format!("it is {}", state.word()),
    };
    for (measure, amount, because) in [
        (kind.seats, pool.total - before.total, "seats of this license"),
        (kind.used, pool.used - before.used, "holders of this license"),
        ("total_shortfall", pool.shortfall - before.shortfall, "holders beyond the seats of this license"),
        ("licenses_left_out", pool.left_out - before.left_out, left_out.as_str()),
    ] {
        if amount != 0 {
            let object = license_object(&license.kind);
            let one = Evidence::one(measure, &license.org, object, &license.license_id, because);
            sink.evidence(&Evidence { amount: amount.into(), ..one }).map_err(Error::Write)?;
        }
    }
    Ok(())
}

/// How the license stands at the selection's time.
pub(super) fn license_state(license: &LicenseRow, selection: &Selection) -> LicenseState {
    LicenseState::at(selection.as_of, license.status.as_deref(), license.expires_on.as_deref())
}

/// The licenses that have expired or are disabled.
pub(super) fn licenses_over(basis: &Basis<'_>) -> Result<Vec<LicenseRow>, Error> {
    let selection = Selection { companies: Vec::new(), ..basis.selection.clone() };
    let mut over = Vec::new();
    basis.reader.licenses(&selection, |license| -> Result<(), Error> {
        if license_state(&license, &selection) != LicenseState::Usable {
            over.push(license);
        }
        Ok(())
    })?;
    Ok(over)
}

/// Takes out every number that is about more than the companies asked for.
fn hide_whole_org(license: &mut LicenseRow) {
    license.total = None;
    license.unlimited = None;
    license.used_reported = None;
    license.used_reported_at = None;
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

fn cells<'row>(license: &'row LicenseRow, state: LicenseState, selection: &Selection) -> [Cell<'row>; 20] {
    let seats = Seats::of(license.total, license.unlimited == Some(true));
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
        state.word().into(),
        license.total.into(),
        license.unlimited.into(),
        license.used_reported.into(),
        license.used_reported_at.as_ref().into(),
        license.used_counted.into(),
        drift.into(),
        used.utilization.map_or(Cell::Null, Cell::BasisPoints),
        state.assignable(used.available).into(),
        used.shortfall.into(),
        used.over_assigned.into(),
        license.expires_on.as_ref().into(),
        expires_in_days.into(),
        license.used_by_company.into(),
    ]
}
