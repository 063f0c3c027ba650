//! Report `entitlements` against windows and shares worked out by hand.

use serde_json::json;

use super::document::{Document, collected, found};
use crate::site::Site;

#[test]
fn windows_shares_and_projections_are_those_worked_out_by_hand() {
    let report = Document::of(collected(), &["entitlements"]);
    let columns = [
        "name",
        "state",
        "consumed_percent",
        "window_first_day",
        "window_last_day",
        "elapsed_percent",
        "projected_percent",
        "projection",
    ];
    // The org was born on 2026-11-21, and its use was counted when the day before began; what is not metered is
    // measured at noon, when the org was collected.
    let expected = [
        ["API Request Limit per Month", "not_metered", "", "2026-11-04", "2026-12-03", "58.33", "", ""],
        ["Customer Community Logins", "past_window", "138.0", "2026-10-21", "2026-11-20", "96.77", "", ""],
        [
            "External Identity Logins",
            "current",
            "4.09",
            "2026-05-05",
            "2027-05-04",
            "54.52",
            "",
            "too little used to say",
        ],
        ["MaxCdpProfiles", "no_allowance", "", "2026-11-20", "2026-11-20", "0.0", "", ""],
        ["Partner Community Members", "current", "86.2", "", "", "", "", "nothing starts anew"],
        ["Revenue Lifecycle Usage", "ended", "25.0", "", "", "", "", ""],
    ];
    assert_eq!(report.texts(&columns), expected.map(|row| row.map(str::to_owned).to_vec()));
    for (total, count) in [("entitlements", 6), ("metered_entitlements", 5), ("exceeded_entitlements", 1)] {
        assert_eq!(report.total(total), count, "{total}");
    }
    assert!(report.totals["projected_to_exceed"].is_null(), "nothing is projected: {}", report.totals);
}

#[test]
fn an_org_that_shows_no_entitlements_has_an_unknown_number_of_them() {
    let site = Site::new(50);
    site.server.hide_object("TenantUsageEntitlement", true).unwrap();
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["entitlements"]);
    assert!(report.rows.is_empty());
    assert!(report.totals.as_object().unwrap().values().all(serde_json::Value::is_null), "{}", report.totals);
}

#[test]
fn a_projection_is_held_back_until_there_is_something_to_say() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let yearly =
        &found(&site, "SELECT id FROM tenant_usage_entitlement_now WHERE frequency = 'Yearly'")[0][0].clone();
    // Of the year that began on 2026-05-05 and allows 25 000, 200 days have passed at the first instant of the 21st.
    let mut hours = 0;
    let mut told = |start_on: &str, used: f64| {
        for (field, value) in [("StartDate", json!(start_on)), ("AmountUsed", json!(used))] {
            site.server.set_field("TenantUsageEntitlement", yearly, field, &value).unwrap();
        }
        hours += 1;
        site.later(hours);
        site.run(&["collect"]).exits(0);
        let report = Document::of(&site, &["entitlements"]);
        let row = report.rows.iter().find(|row| row["subscription_id"] == **yearly).unwrap();
        let projected = row["projected_percent"].as_f64();
        let words = row["projection"].as_str().unwrap().to_owned();
        let exceeding = report.totals["projected_to_exceed"].as_i64();
        (words, projected, exceeding, report.total("exceeded_entitlements"))
    };
    let word = |word: &str| word.to_owned();
    assert_eq!(told("2026-05-05", 2_499.0), (word("projected"), Some(18.34), Some(0), 1), "rounded to 10 %");
    assert_eq!(told("2026-05-05", 2_490.0), (word("too little used to say"), None, None, 1));
    assert_eq!(told("2026-05-05", 13_500.0), (word("projected"), Some(99.05), Some(0), 1));
    assert_eq!(told("2026-05-05", 14_000.0), (word("projected"), Some(102.71), Some(1), 1));
    assert_eq!(told("2026-11-15", 14_000.0), (word("too early to say"), None, None, 1));
    assert_eq!(
        told("2026-05-05", 25_000.5),
        (word("projected"), Some(183.42), Some(0), 2),
        "exceeded by a hair"
    );
}
