//! Report `entitlements` against windows and shares worked out by hand.

use super::document::{Document, collected};
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
    ];
    // The org was born on 2026-11-21, and its use was counted when the day before began; what is not metered is
    // measured at noon, when the org was collected.
    let expected = [
        ["API Request Limit per Month", "not_metered", "", "2026-11-04", "2026-12-03", "58.33", ""],
        ["Customer Community Logins", "past_window", "138.0", "2026-10-21", "2026-11-20", "96.77", ""],
        ["External Identity Logins", "current", "4.09", "2026-05-05", "2027-05-04", "54.52", ""],
        ["MaxCdpProfiles", "no_allowance", "", "2026-11-20", "2026-11-20", "0.0", ""],
        ["Partner Community Members", "current", "86.2", "", "", "", ""],
        ["Revenue Lifecycle Usage", "ended", "25.0", "", "", "", ""],
    ];
    assert_eq!(report.texts(&columns), expected.map(|row| row.map(str::to_owned).to_vec()));
    for (total, count) in [
        ("entitlements", 6),
        ("metered_entitlements", 5),
        ("exceeded_entitlements", 1),
        ("projected_to_exceed", 0),
    ] {
        assert_eq!(report.total(total), count, "{total}");
    }
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
