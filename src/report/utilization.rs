//! Report `utilization`: how many seats of each license were bought, exist, are assigned and are used.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::evidence::{Evidence, Formula};
use super::licenses::plain_label;
use super::measure::{Seats, basis_points};
use super::seat_use::{Holders, SeatUse};
use super::table::{Cell, Column, Kind};
use super::user_columns::{KIND, LICENSE, LICENSE_ID, LICENSE_KEY, ORG, count};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::store::LicenseRow;

/// The report.
pub const UTILIZATION: Report = Report {
    id: "utilization",
    title: "Utilization",
    description: "Seats of each license under contract, provisioned, assigned and in use during the window",
    definition: "One row per license and org. `provisioned` and `assigned_reported` are Salesforce's numbers, \
                 `assigned_counted` is ours over the whole org: active users for user and feature licenses, assignment rows for \
                 the others. `holders` are those of them whom the report knows in person: fewer where only some companies are \
                 collected or asked for. `active` are holders with a login of any kind during the window, `unknown` those \
                 whose logins are not known; while there are any, no share of active holders is given. Utilization is \
                 assigned / provisioned, activity active / holders, effective active / provisioned. Unlimited \
                 licenses have no share and are in no sum. The totals add up the licenses of a kind with a finite \
                 known number of seats, and divide sums: they are no means of shares. Seats of different kinds \
                 are never added.",
    reach: Reach::Companies,
    columns: &[
        ORG,
        KIND,
        LICENSE_ID,
        LICENSE_KEY,
        LICENSE,
        Column::new("status", Kind::Text, "Salesforce's word for its state").of(&[
            "UserLicense.Status",
            "PermissionSetLicense.Status",
            "PackageLicense.Status",
        ]),
        count("contracted", "Seats under contract at as_of; empty without a contract line").shown(),
        Column::new("provisioned", Kind::Integer, "Seats; empty when unlimited or unknown")
            .of(&[
                "UserLicense.TotalLicenses",
                "PermissionSetLicense.TotalLicenses",
                "PackageLicense.AllowedLicenses",
            ])
            .shown(),
        Column::new("is_unlimited", Kind::Boolean, "Whether there is no limit of seats"),
        Column::new("assigned_reported", Kind::Integer, "Assigned seats as Salesforce counts them").of(&[
            "UserLicense.UsedLicenses",
            "PermissionSetLicense.UsedLicenses",
            "PackageLicense.UsedLicenses",
        ]),
        Column::new("assigned_counted", Kind::Integer, "Assigned seats counted over the whole org").shown(),
        Column::new("drift", Kind::Integer, "assigned_reported - assigned_counted")
            .from(Formula::Difference, &["assigned_reported", "assigned_counted"])
            .shown(),
        count("holders", "Assigned seats whose holders are known in person"),
        count("active", "Holders with a login during the window").shown(),
        count("unknown", "Holders whose logins are not known"),
        Column::new("utilization_percent", Kind::Percent, "assigned_counted / provisioned")
            .from(Formula::Share, &["assigned_counted", "provisioned"])
            .shown(),
        Column::new("activity_percent", Kind::Percent, "active / holders; empty while some are unknown")
            .from(Formula::Rule, &["active", "holders", "unknown"])
            .shown(),
        Column::new(
            "effective_percent",
            Kind::Percent,
            "active / provisioned; empty while some are unknown or not known in person",
        )
        .from(Formula::Rule, &["active", "provisioned", "holders", "assigned_counted", "unknown"])
        .shown(),
        Column::new("available", Kind::Integer, "Seats left")
            .from(Formula::Excess, &["provisioned", "assigned_counted"]),
        Column::new("shortfall", Kind::Integer, "Assigned seats beyond those that exist")
            .from(Formula::Excess, &["assigned_counted", "provisioned"]),
        Column::new("over_assigned", Kind::Integer, "Assigned seats of a license that has no seat at all")
            .from(Formula::Rule, &["assigned_counted", "provisioned"]),
    ],
    totals: &[
        count("user_provisioned", "Seats of user licenses; here and below without those left out"),
        count("user_assigned", "Assigned seats of the same licenses"),
        count("user_active", "Of these, with a login during the window"),
        share(
            "user_utilization_percent",
            "user_assigned / user_provisioned",
            &["user_assigned", "user_provisioned"],
        ),
        share("user_activity_percent", "user_active / user_assigned", &["user_active", "user_assigned"]),
        share(
            "user_effective_percent",
            "user_active / user_provisioned",
            &["user_active", "user_provisioned"],
        ),
        count("permission_set_provisioned", "Seats of permission set licenses"),
        count("permission_set_assigned", "Assigned seats of the same licenses"),
        count("permission_set_active", "Of these, with a login during the window"),
        share(
            "permission_set_utilization_percent",
            "permission_set_assigned / permission_set_provisioned",
            &["permission_set_assigned", "permission_set_provisioned"],
        ),
        share(
            "permission_set_activity_percent",
            "permission_set_active / permission_set_assigned",
            &["permission_set_active", "permission_set_assigned"],
        ),
        share(
            "permission_set_effective_percent",
            "permission_set_active / permission_set_provisioned",
            &["permission_set_active", "permission_set_provisioned"],
        ),
        count("package_provisioned", "Seats of package licenses"),
        count("package_assigned", "Assigned seats of the same licenses"),
        count("package_active", "Of these, with a login during the window"),
        share(
            "package_utilization_percent",
            "package_assigned / package_provisioned",
            &["package_assigned", "package_provisioned"],
        ),
        share(
            "package_activity_percent",
            "package_active / package_assigned",
            &["package_active", "package_assigned"],
        ),
        share(
            "package_effective_percent",
            "package_active / package_provisioned",
            &["package_active", "package_provisioned"],
        ),
        count("feature_provisioned", "Seats of feature licenses"),
        count("feature_assigned", "Assigned seats of the same licenses"),
        count("feature_active", "Of these, with a login during the window"),
        share(
            "feature_utilization_percent",
            "feature_assigned / feature_provisioned",
            &["feature_assigned", "feature_provisioned"],
        ),
        share(
            "feature_activity_percent",
            "feature_active / feature_assigned",
            &["feature_active", "feature_assigned"],
        ),
        share(
            "feature_effective_percent",
            "feature_active / feature_provisioned",
            &["feature_active", "feature_provisioned"],
        ),
        count("unlimited_licenses", "Licenses in none of these sums because they have no limit"),
        count("unknown_licenses", "Licenses in none of these sums because a number is not known"),
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
        "LoginHistory",
    ],
    key: &["org", "kind", "license_id"],
    label: &["org", "kind", "license"],
    write,
};

const fn share(name: &'static str, meaning: &'static str, of: &'static [&'static str]) -> Column {
    Column::new(name, Kind::Percent, meaning).from(Formula::Share, of)
}

/// A kind of license, its totals, and the objects without which they are not known.
struct KindTotals {
    kind: &'static str,
    measures: [&'static str; 3],
    objects: &'static [&'static str],
}

const KINDS: [KindTotals; 4] = [
    KindTotals {
        kind: "user",
        measures: ["user_provisioned", "user_assigned", "user_active"],
        objects: &["UserLicense", "User", "Profile"],
    },
    KindTotals {
        kind: "permission_set",
        measures: ["permission_set_provisioned", "permission_set_assigned", "permission_set_active"],
        objects: &["PermissionSetLicense", "PermissionSetLicenseAssign"],
    },
    KindTotals {
        kind: "package",
        measures: ["package_provisioned", "package_assigned", "package_active"],
        objects: &["PackageLicense", "UserPackageLicense"],
    },
    KindTotals {
        kind: "feature",
        measures: ["feature_provisioned", "feature_assigned", "feature_active"],
        objects: &["User", "ActiveFeatureLicenseMetric"],
    },
];

/// The finite licenses of a kind added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    provisioned: i64,
    assigned: i64,
    /// `None` once some holder's activity is not known.
    active: Option<i64>,
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let use_of = SeatUse::count(basis, sink)?;
    let today = selection.as_of.to_zoned(TimeZone::UTC).date();
    let mut sums = [Sums { active: Some(0), ..Sums::default() }; KINDS.len()];
    let (mut unlimited, mut unknown) = (0, 0);
    reader.licenses(selection, |license| {
        let holders = use_of.holders(&license.org, &license.kind, &license.license_id);
        if selection.hides_rest && holders.all == 0 {
            return Ok(());
        }
        let license = if selection.hides_rest { without_whole_org(license) } else { license };
        let contracted = contracted(basis, sink, &license, today)?;
        sink.row(&cells(&license, contracted, holders)).map_err(Error::Write)?;
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        let (Seats::Finite(provisioned), Some(assigned)) = (seats, license.used_counted) else {
            let (count, measure) = match seats {
                Seats::Unlimited => (&mut unlimited, "unlimited_licenses"),
                Seats::Finite(_) | Seats::Unknown => (&mut unknown, "unknown_licenses"),
            };
            *count += 1;
            return sink.evidence(&of_total(&license, measure, 1)).map_err(Error::Write);
        };
        let Some(place) = KINDS.iter().position(|totals| totals.kind == license.kind) else { return Ok(()) };
        let sum = &mut sums[place];
        let active = (holders.unknown == 0 && holders.all == assigned).then_some(holders.active);
        sum.provisioned += provisioned;
        sum.assigned += assigned;
        sum.active = sum.active.zip(active).map(|(sum, active)| sum + active);
        for (measure, amount) in
            KINDS[place].measures.into_iter().zip([Some(provisioned), Some(assigned), active])
        {
            if let Some(amount) = amount {
                sink.evidence(&of_total(&license, measure, amount)).map_err(Error::Write)?;
            }
        }
        Ok(())
    })?;
    if selection.hides_rest {
        return Ok(vec![Cell::Null; UTILIZATION.totals.len()]);
    }
    totals(basis, &sums, unlimited, unknown)
}

/// The seats under contract, and the lines as evidence for them.
fn contracted(
    basis: &Basis<'_>,
    sink: &mut dyn Sink,
    license: &LicenseRow,
    today: Date,
) -> Result<Option<i64>, Error> {
    let (Some(contracts), Some(key)) = (&basis.books.contracts, &license.key) else { return Ok(None) };
    if basis.selection.hides_rest {
        return Ok(None);
    }
    for line in contracts.in_force(&license.org, &license.kind, key, today) {
        let evidence = Evidence {
            row: &[(&license.org).into(), (&license.kind).into(), (&license.license_id).into()],
            measure: "contracted",
            amount: line.quantity.into(),
            org: &license.org,
            object: "contracts",
            record_id: &line.file_line.to_string(),
            user_id: None,
            because: "a contract line in force",
        };
        sink.evidence(&evidence).map_err(Error::Write)?;
    }
    Ok(contracts.contracted(&license.org, &license.kind, key, today))
}

fn of_total<'a>(license: &'a LicenseRow, measure: &'static str, amount: i64) -> Evidence<'a> {
    Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(amount),
        org: &license.org,
        object: "licenses",
        record_id: &license.license_id,
        user_id: None,
        because: "a number of this license",
    }
}

/// Takes out every number that is about more than the companies asked for.
fn without_whole_org(license: LicenseRow) -> LicenseRow {
    LicenseRow { total: None, unlimited: None, used_reported: None, used_counted: None, ..license }
}

fn totals(
    basis: &Basis<'_>,
    sums: &[Sums],
    unlimited: i64,
    unknown: i64,
) -> Result<Vec<Cell<'static>>, Error> {
    let mut cells = Vec::with_capacity(UTILIZATION.totals.len());
    let mut all_known = true;
    for (KindTotals { objects, .. }, sums) in KINDS.iter().zip(sums) {
        let is_known = knows_all(basis.reader, basis.selection, objects)?;
        all_known &= is_known;
        let Sums { provisioned, assigned, active } = *sums;
        let number = |number: i64| if is_known { Cell::Integer(number) } else { Cell::Null };
        let active = active.filter(|_| is_known);
        let share = |part: Option<i64>, whole: i64| {
            let points = part.filter(|_| is_known).and_then(|part| basis_points(part, whole));
            points.map_or(Cell::Null, Cell::BasisPoints)
        };
        cells.extend([
            number(provisioned),
            number(assigned),
            active.into(),
            share(Some(assigned), provisioned),
            share(active, assigned),
            share(active, provisioned),
        ]);
    }
    cells.extend(
        [unlimited, unknown].map(|number| if all_known { Cell::Integer(number) } else { Cell::Null }),
    );
    Ok(cells)
}

fn cells(license: &LicenseRow, contracted: Option<i64>, holders: Holders) -> [Cell<'_>; 21] {
    let seats = Seats::of(license.total, license.unlimited == Some(true));
    let used = seats.used_by(license.used_counted);
    let drift = license.used_reported.zip(license.used_counted).map(|(reported, counted)| reported - counted);
    let is_all_known = holders.unknown == 0;
    let is_whole = is_all_known && license.used_counted == Some(holders.all);
    let points = |points: Option<i64>| points.map_or(Cell::Null, Cell::BasisPoints);
    let activity = basis_points(holders.active, holders.all).filter(|_| is_all_known);
    let effective = license.total.and_then(|total| basis_points(holders.active, total)).filter(|_| is_whole);
    [
        (&license.org).into(),
        (&license.kind).into(),
        (&license.license_id).into(),
        license.key.as_ref().into(),
        plain_label(&license.kind, license.name.as_ref()),
        license.status.as_ref().into(),
        contracted.into(),
        license.total.into(),
        license.unlimited.into(),
        license.used_reported.into(),
        license.used_counted.into(),
        drift.into(),
        holders.all.into(),
        holders.active.into(),
        holders.unknown.into(),
        points(used.utilization),
        points(activity),
        points(effective),
        used.available.into(),
        used.shortfall.into(),
        used.over_assigned.into(),
    ]
}
