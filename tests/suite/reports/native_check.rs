//! Report `native-check` against the emulated org's own figures, which it counts from its people and not from logins.

use super::document::{Document, collected};
use crate::site::Site;

#[test]
fn a_whole_org_has_as_many_active_users_as_salesforce_says() {
    let report = Document::of(collected(), &["native-check"]);
    for row in &report.rows {
        assert_eq!((&row["assigned_difference"], &row["active_difference"]), (&0.into(), &0.into()), "{row}");
    }
    let sum = |kind: &str, column: &str| -> i64 {
        let rows = report.rows.iter().filter(|row| row["kind"] == kind);
        rows.map(|row| row[column].as_i64().unwrap()).sum()
    };
    for kind in ["profile", "permission_set", "feature"] {
        let (active, assigned) = (sum(kind, "active_counted"), sum(kind, "assigned_counted"));
        assert!(0 < active && active < assigned, "{kind}: {active} of {assigned}");
    }
    assert_eq!(report.total("compared_metrics"), report.total("metrics"));
    assert_eq!(report.total("differing_metrics"), 0);
}

#[test]
fn what_cannot_be_counted_is_not_compared() {
    let short = Site::new(50);
    short.configure("login_history_days = 20", "");
    short.run(&["collect"]).exits(0);
    let report = Document::of(&short, &["native-check"]);
    assert!(report.rows.iter().all(|row| row["active_counted"].is_null() && row["assigned_difference"] == 0));
    assert_eq!(report.total("compared_metrics"), 0);
    assert!(report.total("metrics") > 0 && report.totals["differing_metrics"].is_null());

    let part = Site::with_org_keys(50, "company_names = [\"Acme GmbH\"]");
    part.run(&["collect"]).exits(0);
    let report = Document::of(&part, &["native-check"]);
    assert!(
        report.rows.iter().all(|row| row["assigned_counted"].is_null() && row["active_counted"].is_null())
    );
}
