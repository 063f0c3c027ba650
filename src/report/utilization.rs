//! Report `utilization`: how many seats of each license were bought, exist, are assigned and are used.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::books::Book;
use super::counted_holders::CountedHolders;
use super::evidence::{Evidence, Formula, prove_by_line};
use super::licenses::{license_state, plain_label};
use super::measure::{LicenseState, Seats, basis_points};
use super::seat_use::{Holders, SeatUse};
use super::table::{Cell, Column, Kind};
use super::user_columns::{KIND, LICENSE, LICENSE_ID, LICENSE_KEY, LICENSE_STATE, ORG, count, people};
use super::{Basis, Error, LICENSES_THEN_USERS, Reach, Report, ReportOption, Sink, all_names, knows_all};
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
                 assigned / provisioned, activity active / holders, effective active / provisioned. Salesforce counts \
                 `assigned_reported` by and by, and tells for user licenses when it did last, in \
                 `assigned_reported_at`. `contracted` may differ from `provisioned`; `data-quality` lists where it \
                 does, and where contract and license end on different days. An expired or disabled license has no \
                 seat available; like an unlimited one, which has no share, it is in no sum. The totals add up the \
                 usable licenses of a kind with a finite known number of seats, and divide sums: they are no means of \
                 shares. Seats of different kinds are not added here.",
    reach: Reach::Companies,
    options: &[ReportOption::Window, ReportOption::KnownOn],
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
        LICENSE_STATE,
        count("contracted", "Seats under contract at as_of; empty without a contract line")
            .asks(Book::Contracts)
            .shown(),
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
        Column::new(
            "assigned_reported_at",
            Kind::DateTime,
            "When Salesforce counted them; empty for licenses of which it does not tell",
        )
        .of(&["UserLicense.UsedLicensesLastUpdated"]),
        count("assigned_counted", "Assigned seats counted over the whole org").shown(),
        Column::new("drift", Kind::Integer, "assigned_reported - assigned_counted")
            .from(Formula::Difference, &["assigned_reported", "assigned_counted"])
            .shown(),
        count("holders", "Assigned seats whose holders are known in person, of which `active` counts")
            .shown(),
        people("active", "Holders with a login during the window").shown(),
        people("unknown", "Holders whose logins are not known"),
        Column::new(
            "utilization_percent",
            Kind::Percent,
            "assigned_counted / provisioned; empty without a finite number of seats",
        )
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
        Column::new(
            "available",
            Kind::Integer,
            "Seats that somebody could be given; none of a license that is over",
        )
        .from(Formula::Rule, &["provisioned", "assigned_counted", "state"]),
        Column::new("shortfall", Kind::Integer, "Assigned seats beyond those that exist")
            .from(Formula::Excess, &["assigned_counted", "provisioned"]),
        Column::new("over_assigned", Kind::Integer, "Assigned seats of a license that has no seat at all")
            .from(Formula::Rule, &["assigned_counted", "provisioned"]),
    ],
    totals: &[
        count("user_provisioned", "Seats of user licenses; here and below without those left out"),
        count("user_assigned", "Assigned seats of the same licenses"),
        count("user_holders", "Of these, those whose holders are known in person"),
        people("user_active", "Of these holders, those with a login during the window"),
        Column::new("user_utilization_percent", Kind::Percent, "user_assigned / user_provisioned")
            .from(Formula::Share, &["user_assigned", "user_provisioned"]),
        Column::new(
            "user_activity_percent",
            Kind::Percent,
            "user_active / user_holders; empty as in the rows",
        )
        .from(Formula::Rule, &["user_active", "user_holders"]),
        Column::new(
            "user_effective_percent",
            Kind::Percent,
            "user_active / user_provisioned; empty as in the rows",
        )
        .from(Formula::Rule, &["user_active", "user_provisioned", "user_holders", "user_assigned"]),
        count("permission_set_provisioned", "Seats of permission set licenses"),
        count("permission_set_assigned", "Assigned seats of the same licenses"),
        count("permission_set_holders", "Of these, those whose holders are known in person"),
        people("permission_set_active", "Of these holders, those with a login during the window"),
        Column::new(
            "permission_set_utilization_percent",
            Kind::Percent,
            "permission_set_assigned / permission_set_provisioned",
        )
        .from(Formula::Share, &["permission_set_assigned", "permission_set_provisioned"]),
        Column::new(
            "permission_set_activity_percent",
            Kind::Percent,
            "permission_set_active / permission_set_holders; empty as in the rows",
        )
        .from(Formula::Rule, &["permission_set_active", "permission_set_holders"]),
        Column::new(
            "permission_set_effective_percent",
            Kind::Percent,
            "permission_set_active / permission_set_provisioned; empty as in the rows",
        )
        .from(
            Formula::Rule,
            &[
                "permission_set_active",
                "permission_set_provisioned",
                "permission_set_holders",
                "permission_set_assigned",
            ],
        ),
        count("package_provisioned", "Seats of package licenses"),
        count("package_assigned", "Assigned seats of the same licenses"),
        count("package_holders", "Of these, those whose holders are known in person"),
        people("package_active", "Of these holders, those with a login during the window"),
        Column::new("package_utilization_percent", Kind::Percent, "package_assigned / package_provisioned")
            .from(Formula::Share, &["package_assigned", "package_provisioned"]),
        Column::new(
            "package_activity_percent",
            Kind::Percent,
            "package_active / package_holders; empty as in the rows",
        )
        .from(Formula::Rule, &["package_active", "package_holders"]),
        Column::new(
            "package_effective_percent",
            Kind::Percent,
            "package_active / package_provisioned; empty as in the rows",
        )
        .from(
            Formula::Rule,
            &["package_active", "package_provisioned", "package_holders", "package_assigned"],
        ),
        count("feature_provisioned", "Seats of feature licenses"),
        count("feature_assigned", "Assigned seats of the same licenses"),
        count("feature_holders", "Of these, those whose holders are known in person"),
        people("feature_active", "Of these holders, those with a login during the window"),
        Column::new("feature_utilization_percent", Kind::Percent, "feature_assigned / feature_provisioned")
            .from(Formula::Share, &["feature_assigned", "feature_provisioned"]),
        Column::new(
            "feature_activity_percent",
            Kind::Percent,
            "feature_active / feature_holders; empty as in the rows",
        )
        .from(Formula::Rule, &["feature_active", "feature_holders"]),
        Column::new(
            "feature_effective_percent",
            Kind::Percent,
            "feature_active / feature_provisioned; empty as in the rows",
        )
        .from(
            Formula::Rule,
            &["feature_active", "feature_provisioned", "feature_holders", "feature_assigned"],
        ),
        count("ended_licenses", "Licenses in none of these sums because they are expired or disabled"),
        count("unlimited_licenses", "Licenses in none of these sums because they have no limit"),
        count("unknown_licenses", "Licenses in none of these sums because a number is not known"),
    ],
    sources: &all_names::<9>(&[LICENSES_THEN_USERS, &["ActiveFeatureLicenseMetric", "LoginHistory"]]),
    key: &["org", "kind", "license_id"],
    label: &["org", "kind", "license"],
    about: &["provisioned", "assigned_counted", "active"],
    write,
};

/// A kind of license, its totals, and the objects without which they are not known.
struct KindTotals {
    kind: &'static str,
    measures: [&'static str; 4],
    objects: &'static [&'static str],
}

const KINDS: [KindTotals; 4] = [
    KindTotals {
        kind: "user",
        measures: ["user_provisioned", "user_assigned", "user_holders", "user_active"],
        objects: &["UserLicense", "User", "Profile"],
    },
    KindTotals {
        kind: "permission_set",
        measures: [
            "permission_set_provisioned",
            "permission_set_assigned",
            "permission_set_holders",
            "permission_set_active",
        ],
        objects: &["PermissionSetLicense", "PermissionSetLicenseAssign"],
    },
    KindTotals {
        kind: "package",
        measures: ["package_provisioned", "package_assigned", "package_holders", "package_active"],
        objects: &["PackageLicense", "UserPackageLicense"],
    },
    KindTotals {
        kind: "feature",
        measures: ["feature_provisioned", "feature_assigned", "feature_holders", "feature_active"],
        objects: &["User", "ActiveFeatureLicenseMetric"],
    },
];

/// The finite licenses of a kind added up.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    provisioned: i64,
    assigned: i64,
    holders: Holders,
}

/// Licenses in no sum, by the reason.
#[derive(Clone, Copy, Debug, Default)]
struct LeftOut {
    ended: i64,
    unlimited: i64,
    unknown: i64,
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let use_of = SeatUse::count(basis, sink)?;
    let counted = CountedHolders::read(basis, sink)?;
    let today = selection.as_of.to_zoned(TimeZone::UTC).date();
    let mut sums = [Sums::default(); KINDS.len()];
    let mut left_out = LeftOut::default();
    reader.licenses(selection, |license| {
        let holders = use_of.holders(&license.org, &license.kind, &license.license_id);
        if selection.hides_rest && holders.all == 0 {
            return Ok(());
        }
        let license = if selection.hides_rest { without_whole_org(license) } else { license };
        let contracted = contracted(basis, sink, &license, today)?;
        let state = license_state(&license, selection);
        sink.row(&cells(&license, state, contracted, holders)).map_err(Error::Write)?;
        let row = [(&license.org).into(), (&license.kind).into(), (&license.license_id).into()];
        let name = (license.org.as_str(), license.kind.as_str(), license.license_id.as_str());
        counted.tell(sink, "assigned_counted", &row, name, license.used_counted)?;
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        let (LicenseState::Usable, Seats::Finite(provisioned), Some(assigned)) =
            (state, seats, license.used_counted)
        else {
            let (count, measure) = match (state, seats) {
                (LicenseState::Expired | LicenseState::Disabled, _) => {
                    (&mut left_out.ended, "ended_licenses")
                }
                (LicenseState::Usable, Seats::Unlimited) => (&mut left_out.unlimited, "unlimited_licenses"),
                (LicenseState::Usable, _) => (&mut left_out.unknown, "unknown_licenses"),
            };
            *count += 1;
            return sink.evidence(&of_total(&license, measure, 1)).map_err(Error::Write);
        };
        let Some(place) = KINDS.iter().position(|totals| totals.kind == license.kind) else { return Ok(()) };
        sums[place].add(provisioned, assigned, holders);
        let amounts = [provisioned, assigned, holders.all, holders.active];
        for (measure, amount) in KINDS[place].measures.into_iter().zip(amounts) {
            sink.evidence(&of_total(&license, measure, amount)).map_err(Error::Write)?;
        }
        Ok(())
    })?;
    if selection.hides_rest {
        return Ok(vec![Cell::Null; UTILIZATION.totals.len()]);
    }
    totals(basis, &sums, left_out)
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
        let row = [(&license.org).into(), (&license.kind).into(), (&license.license_id).into()];
        prove_by_line(sink, &row, "contracted", line.quantity.into(), line, "a contract line in force")?;
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

impl Sums {
    fn add(&mut self, provisioned: i64, assigned: i64, holders: Holders) {
        self.provisioned += provisioned;
        self.assigned += assigned;
        self.holders.all += holders.all;
        self.holders.active += holders.active;
        self.holders.unknown += holders.unknown;
    }
}

/// Takes out every number that is about more than the companies asked for.
fn without_whole_org(license: LicenseRow) -> LicenseRow {
    LicenseRow {
        total: None,
        unlimited: None,
        used_reported: None,
        used_reported_at: None,
        used_counted: None,
        ..license
    }
}

fn totals(basis: &Basis<'_>, sums: &[Sums], left_out: LeftOut) -> Result<Vec<Cell<'static>>, Error> {
    let mut cells = Vec::with_capacity(UTILIZATION.totals.len());
    let mut all_known = true;
    for (KindTotals { objects, .. }, sums) in KINDS.iter().zip(sums) {
        let is_known = knows_all(basis.reader, basis.selection, objects)?;
        all_known &= is_known;
        let Sums { provisioned, assigned, holders } = *sums;
        let number = |number: i64| if is_known { Cell::Integer(number) } else { Cell::Null };
        let share = |points: Option<i64>| points.filter(|_| is_known).map_or(Cell::Null, Cell::BasisPoints);
        cells.extend([
            number(provisioned),
            number(assigned),
            number(holders.all),
            number(holders.active),
            share(basis_points(assigned, provisioned)),
            share(holders.activity()),
            share(holders.effective(Some(assigned), Some(provisioned))),
        ]);
    }
    let LeftOut { ended, unlimited, unknown } = left_out;
    cells.extend(
        [ended, unlimited, unknown].map(|number| if all_known { Cell::Integer(number) } else { Cell::Null }),
    );
    Ok(cells)
}

fn cells(
    license: &LicenseRow,
    state: LicenseState,
    contracted: Option<i64>,
    holders: Holders,
) -> [Cell<'_>; 23] {
    let seats = Seats::of(license.total, license.unlimited == Some(true));
    let used = seats.used_by(license.used_counted);
    let drift = license.used_reported.zip(license.used_counted).map(|(reported, counted)| reported - counted);
    let points = |points: Option<i64>| points.map_or(Cell::Null, Cell::BasisPoints);
    [
        (&license.org).into(),
        (&license.kind).into(),
        (&license.license_id).into(),
        license.key.as_ref().into(),
        plain_label(&license.kind, license.name.as_ref()),
        license.status.as_ref().into(),
        state.word().into(),
        contracted.into(),
        license.total.into(),
        license.unlimited.into(),
        license.used_reported.into(),
        license.used_reported_at.as_ref().into(),
        license.used_counted.into(),
        drift.into(),
        holders.all.into(),
        holders.active.into(),
        holders.unknown.into(),
        points(used.utilization),
        points(holders.activity()),
        points(holders.effective(license.used_counted, license.total)),
        state.assignable(used.available).into(),
        used.shortfall.into(),
        used.over_assigned.into(),
    ]
}
