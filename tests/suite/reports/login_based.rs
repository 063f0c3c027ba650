//! Report `login-based` against the days of the public views.

use super::document::{Document, collected, found};
use crate::site::Site;

#[test]
fn a_holder_uses_one_login_a_day() {
    let site = collected();
    let report = Document::of(site, &["login-based"]);
    let expected = found(
        site,
        "SELECT u.license, substr(d.day, 1, 7), count(DISTINCT u.user_id), count(DISTINCT u.user_id || d.day)
         FROM login_days AS d JOIN users AS u ON u.user_id = d.user_id
         WHERE u.license LIKE '% Login' GROUP BY 1, 2",
    );
    assert!(expected.len() >= 3, "{expected:?}");
    assert_eq!(report.texts(&["license", "month", "users", "daily_logins"]), expected);
    // From 2026-08-23 to 2026-11-21 the history is known.
    let whole = report.texts(&["month", "is_whole"]);
    let months = [("2026-08", "0"), ("2026-09", "1"), ("2026-10", "1"), ("2026-11", "0")];
    assert_eq!(whole, months.map(|(month, is_whole)| vec![month.to_owned(), is_whole.to_owned()]));
    let newest = report.rows.iter().find(|row| row["month"] == "2026-11").unwrap();
    assert_eq!(newest["monthly_logins"], 2000);
    let drift = newest["used_reported"].as_i64().unwrap() - newest["daily_logins"].as_i64().unwrap();
    assert_eq!(newest["drift"], drift);
    assert_eq!((report.total("login_based_licenses"), report.total("exceeded_months")), (1, 0));
}

#[test]
fn without_login_history_the_logins_are_unknown() {
    let site = Site::new(200);
    site.configure("exclude = [\"LoginHistory\"]", "");
    site.run(&["collect"]).exits(0);
    let report = Document::ending_with(3, &site, &["login-based"]);
    assert_eq!(report.texts(&["month", "users", "daily_logins"]), [["2026-11", "", ""].map(str::to_owned)]);
    assert_eq!(report.total("login_based_licenses"), 1);
    assert!(report.totals["exceeded_months"].is_null());
}

#[test]
fn what_is_consumed_is_told_only_where_the_count_is_whole() {
    let report = Document::of(collected(), &["login-based"]);
    let consumed = report.texts(&["month", "consumed_percent"]);
    let is_told: Vec<_> = consumed.iter().map(|row| (row[0].as_str(), !row[1].is_empty())).collect();
    assert_eq!(is_told, [("2026-08", false), ("2026-09", true), ("2026-10", true), ("2026-11", true)]);

    let site = Site::with_org_keys(600, "company_names = [\"Acme GmbH\"]");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["login-based"]);
    assert!(report.rows.iter().all(|row| row["consumed_percent"].is_null()), "{:?}", report.rows);
    assert!(report.totals["exceeded_months"].is_null());
}

#[test]
fn what_was_purged_is_no_zero() {
    let site = Site::new(600);
    site.run(&["collect"]).exits(0);
    site.run(&["db", "purge", "--before", "2026-11-21T00:00:00Z"]).exits(0);
    let report = Document::of(&site, &["login-based"]);
    for row in &report.rows {
        assert_eq!((&row["month"], &row["is_whole"]), (&"2026-11".into(), &false.into()));
        assert!(row["consumed_percent"].is_null() && row["users"] != 0, "{row}");
    }
    assert!(report.totals["exceeded_months"].is_null());
}
