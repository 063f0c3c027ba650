//! Report `expiring`.

use super::contract_site::{LINES, report, row, site_with};

#[test]
fn licenses_and_contract_lines_end_together() {
    let (site, _) = site_with(LINES);
    let document = report(&site, &["expiring"]);
    let rows = document["rows"].as_array().unwrap();
    let days: Vec<_> = rows.iter().map(|row| row["days_left"].as_i64().unwrap()).collect();
    assert!(days.is_sorted(), "{days:?}");
    let line = row(&document, "license_key", "gone");
    assert_eq!(
        (&line["source"], &line["last_day"], &line["days_left"]),
        (&"contract".into(), &"2026-11-30".into(), &9.into())
    );
    assert!(rows.iter().all(|row| row["license_key"] != "PID_CHATTER"), "ended in June");
    let count = |sql: &str| site.number(&format!("SELECT count(*) FROM licenses WHERE {sql}"));
    let ended = count("expires_on < '2026-11-21' AND used_counted > 0");
    assert_eq!(document["totals"]["ended_with_holders"], ended);
    let soon = count("expires_on BETWEEN '2026-11-21' AND '2026-12-21'");
    // The line of `AUL` ends within the month too, and its next term is in the file.
    assert_eq!(document["totals"]["ends_within_a_month"], soon + 1);
    let renewed = |key: &str| row(&document, "license_key", key)["renewed"].clone();
    assert_eq!((renewed("gone"), renewed("AUL")), (false.into(), true.into()));
    assert!(rows.iter().all(|row| row["renewed"].is_boolean() == (row["source"] == "contract")));
    let licenses = rows.iter().filter(|row| row["source"] == "license").count();
    let current = count("expires_on >= '2026-11-21'");
    assert_eq!(i64::try_from(licenses).unwrap(), ended + current);
}
