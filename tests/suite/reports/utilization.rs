//! Report `utilization` against the public views.

use serde_json::Value;

use super::document::{Document, collected, days_before, found, last_logins};
use crate::site::Site;

#[test]
fn every_license_is_shown_with_its_holders_and_who_of_them_is_active() {
    let site = collected();
    let report = Document::of(site, &["utilization"]);
    let expected = found(
        site,
        &format!(
            "{} SELECT l.kind, l.license_id, l.total, l.unlimited, l.used_reported, l.used_reported_at,
                 l.used_counted,
                 l.used_reported - l.used_counted, coalesce(held.holders, 0), coalesce(held.active, 0), 0
             FROM licenses AS l LEFT JOIN (
                 SELECT a.kind, a.license_id, count(*) AS holders, sum(coalesce(last.any_at >= {}, 0)) AS active
                 FROM license_assignments AS a JOIN last ON last.user_id = a.user_id GROUP BY 1, 2
             ) AS held ON held.kind = l.kind AND held.license_id = l.license_id",
            last_logins(&report.as_of),
            days_before(&report.as_of, 90)
        ),
    );
    let columns = [
        "kind",
        "license_id",
        "provisioned",
        "is_unlimited",
        "assigned_reported",
        "assigned_reported_at",
        "assigned_counted",
        "drift",
        "holders",
        "active",
        "unknown",
    ];
    assert_eq!(report.texts(&columns), expected);
}

/// Basis points of a percent cell.
fn points(cell: &Value) -> Option<i64> {
    cell.as_f64().map(|percent| (percent * 100.0).round() as i64)
}

fn half_up(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| (20_000 * part + whole) / (2 * whole))
}

#[test]
fn shares_are_of_finite_seats_and_roll_ups_divide_sums() {
    let report = Document::of(collected(), &["utilization"]);
    let number = |row: &Value, column: &str| row[column].as_i64();
    let mut ended = 0;
    for kind in ["user", "permission_set", "package", "feature"] {
        let (mut seats, mut assigned, mut active) = (0, 0, 0);
        for row in report.rows.iter().filter(|row| row["kind"] == kind) {
            let of_row = |column| number(row, column).unwrap();
            assert_eq!(
                points(&row["activity_percent"]),
                half_up(of_row("active"), of_row("holders")),
                "{row}"
            );
            let Some(provisioned) = number(row, "provisioned") else {
                assert!(row["utilization_percent"].is_null() && row["effective_percent"].is_null(), "{row}");
                continue;
            };
            let (used, in_use) = (of_row("assigned_counted"), of_row("active"));
            assert_eq!(points(&row["utilization_percent"]), half_up(used, provisioned), "{row}");
            assert_eq!(points(&row["effective_percent"]), half_up(in_use, provisioned), "{row}");
            assert_eq!(of_row("shortfall"), (used - provisioned).max(0), "{row}");
            if row["state"] != "usable" {
                assert_eq!(of_row("available"), 0, "{row}");
                ended += 1;
                continue;
            }
            assert_eq!(of_row("available"), (provisioned - used).max(0), "{row}");
            (seats, assigned, active) = (seats + provisioned, assigned + used, active + in_use);
        }
        assert!(seats > 0 && assigned > 0 && active > 0, "{kind}");
        let total = |name: &str| report.total(&format!("{kind}_{name}"));
        assert_eq!((total("provisioned"), total("assigned"), total("active")), (seats, assigned, active));
        let share = |name: &str| points(&report.totals[format!("{kind}_{name}_percent")]);
        assert_eq!(share("utilization"), half_up(assigned, seats), "{kind}");
        assert_eq!(share("activity"), half_up(active, assigned), "{kind}");
        assert_eq!(share("effective"), half_up(active, seats), "{kind}");
    }
    assert_eq!(report.total("ended_licenses"), ended);
    assert!(ended > 0);
    let unlimited = report.rows.iter().filter(|row| row["is_unlimited"] == true).count();
    assert_eq!(report.total("unlimited_licenses"), i64::try_from(unlimited).unwrap());
    assert!(unlimited > 0);
}

#[test]
fn seats_under_contract_are_those_in_force() {
    let site = Site::new(50);
    site.home.write(
        "contracts.csv",
        "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at\n\
         1,acme,user,SFDC,100,131.25,month,EUR,2026-10-01,2027-10-01,2026-09-15\n\
         2,acme,user,SFDC,20,131.25,month,EUR,2026-11-21,2027-10-01,2026-11-15\n\
         3,acme,user,SFDC,7,131.25,month,EUR,2025-11-21,2026-11-21,2025-11-15\n\
         4,acme,package,SBQQ,30,75,month,EUR,2026-10-01,2027-10-01,2026-09-15\n",
    );
    site.configure("[finance]\ncontracts = \"contracts.csv\"", "");
    site.run(&["collect"]).exits(0);
    for row in Document::of(&site, &["utilization"]).texts(&["kind", "license_key", "contracted"]) {
        let expected = match (row[0].as_str(), row[1].as_str()) {
            ("user", "SFDC") => "120",
            ("package", "SBQQ") => "30",
            _ => "",
        };
        assert_eq!(row[2], expected, "{row:?}");
    }
}

#[test]
fn where_only_companies_are_collected_no_share_is_told_of_everyone() {
    let site = Site::with_org_keys(300, "company_names = [\"Acme GmbH\"]");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["utilization"]);
    let mut partly_known = 0;
    for row in &report.rows {
        let (holders, assigned) =
            (row["holders"].as_i64().unwrap(), row["assigned_counted"].as_i64().unwrap());
        assert!(holders <= assigned, "{row}");
        if holders < assigned {
            assert!(row["effective_percent"].is_null(), "{row}");
            partly_known += i64::from(!row["activity_percent"].is_null());
        }
    }
    assert!(partly_known > 0);
    assert!(report.totals["user_effective_percent"].is_null());
    assert!(!report.totals["user_activity_percent"].is_null());
}
