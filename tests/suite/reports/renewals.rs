//! Report `renewals`.

use serde_json::Value;

use super::contract_site::{LINES, report, row, site_with};
use crate::site::Site;

#[test]
fn the_most_urgent_renewal_comes_first() {
    let (site, used) = site_with(LINES);
    let document = report(&site, &["renewals"]);
    let ids: Vec<_> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (row["line_id"].as_str().unwrap(), row["notice_on"].as_str(), row["days_until_notice"].as_i64())
        })
        .collect();
    let expected = [
        ("2", Some("2026-11-01"), Some(-20)),
        ("4", Some("2026-11-22"), Some(1)),
        ("1", Some("2027-08-02"), Some(254)),
        ("2", Some("2027-11-01"), Some(345)),
        ("3", None, None),
    ];
    assert_eq!(ids, expected);
    let first = &document["rows"][0];
    assert_eq!((&first["renewed"], &first["days_until_end"]), (&true.into(), &10.into()));
    let main = row(&document, "license_key", "SFDC");
    let value = (used - 2) as f64 * 131.25 * 12.0;
    assert_eq!((&main["value"], &main["uplift_percent"]), (&value.into(), &7.0.into()));
    assert!((main["renewal_value"].as_f64().unwrap() - value * 1.07).abs() < 0.006, "{main}");
    assert_eq!(row(&document, "license_key", "gone")["renewal_value"], 1100.0);
    let totals = &document["totals"];
    assert_eq!(
        (&totals["lines"], &totals["notices_due"], &totals["notices_missed"]),
        (&5.into(), &1.into(), &0.into())
    );
}

#[test]
fn without_contracts_nothing_is_known_of_them() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    for name in ["renewals", "true-up"] {
        let document = report(&site, &[name]);
        assert_eq!(document["rows"], serde_json::json!([]), "{name}");
        assert!(document["totals"].as_object().unwrap().values().all(Value::is_null), "{name}");
        site.run(&["report", name]).exits(0).says(&["no contracts are configured", "contracts template"]);
    }
    assert!(report(&site, &["expiring"])["totals"]["ends_within_a_quarter"].is_i64());
}
