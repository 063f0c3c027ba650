//! Report `data-quality`: every kind of finding, made by hand.

use serde_json::json;

use super::document::{Document, found};
use crate::site::Site;

#[test]
fn every_finding_is_counted_and_says_what_to_do() {
    let site = Site::with_org_keys(
        300,
        "company_names = [\"Acme GmbH\"]\n[finance]\nexemptions = \"exemptions.csv\"",
    );
    site.write_private(
        "exemptions.csv",
        "user,reason,owner,expires_on\nada.admin@emulated.example,audit,ada,2026-11-20\n\
         erp.sync@emulated.example,audit,ada,2026-11-21\n",
    );
    site.server.hide_object("UserLogin", true).unwrap();
    let platform = site.server.truth().used.keys().find(|id| id.starts_with("100")).unwrap().clone();
    for field in ["LicenseDefinitionKey", "Name"] {
        site.server.set_field("UserLicense", &platform, field, &json!("PID_Telepathy")).unwrap();
    }
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["data-quality", "--window", "180"]);
    let columns = ["finding", "subject", "is_blocking", "count"];
    let rows = report.texts(&columns);
    let expected = |finding: &str, subject: &str, is_blocking: &str, count: i64| {
        let count = count.to_string();
        let row = [finding, subject, is_blocking, count.as_str()].map(str::to_owned).to_vec();
        assert!(rows.contains(&row), "{row:?} in {rows:?}");
    };
    expected("missing_object", "UserLogin", "0", 1);
    expected("expired_exemption", "line 2 of the exemptions", "0", 1);
    expected("short_login_history", "LoginHistory", "0", 1);
    let unmatched = site.number("SELECT sum(users) FROM company_counts WHERE company = '(unmatched)'");
    assert!(unmatched > 0);
    expected("unmatched_company", "(unmatched)", "0", unmatched);
    let used = format!("SELECT used_counted FROM licenses WHERE license_id = '{platform}'");
    expected("unmapped_license", "PID_Telepathy", "0", site.number(&used));
    assert!(!rows.iter().any(|row| row[1].contains("line 3")), "the last day is still exempt");
    assert_eq!(report.total("findings"), i64::try_from(rows.len()).unwrap());
    assert_eq!(report.total("blocking_findings"), 0);
    for row in &report.rows {
        assert!(
            !row["what_to_do"].as_str().unwrap().is_empty() && !row["touches"].as_str().unwrap().is_empty(),
            "{row}"
        );
    }
}

#[test]
fn what_was_not_read_blocks() {
    let site = Site::new(50);
    site.server.hide_object("UserLicense", true).unwrap();
    site.run(&["collect"]).exits(3);
    let report = Document::ending_with(3, &site, &["data-quality"]);
    let missing = report.rows.iter().find(|row| row["subject"] == "UserLicense").unwrap();
    assert_eq!((&missing["finding"], &missing["is_blocking"]), (&json!("missing_object"), &json!(true)));
    assert!(missing["what_to_do"].as_str().unwrap().contains("View Setup and Configuration"), "{missing}");

    site.server.hide_object("UserLicense", false).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(0);
    site.server.hide_object("Profile", true).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(3);
    let report = Document::ending_with(3, &site, &["data-quality"]);
    let stale = report.rows.iter().find(|row| row["subject"] == "Profile").unwrap();
    assert_eq!((&stale["finding"], &stale["is_blocking"]), (&json!("stale_object"), &json!(true)));
}

#[test]
fn contradicting_keys_are_listed_by_the_key_they_share() {
    let site = super::people::with_shared_accounts().0;
    let rows = Document::of(&site, &["data-quality"]).texts(&["finding", "subject"]);
    assert!(rows.contains(&["contradicting_keys", "e-mail address"].map(str::to_owned).to_vec()), "{rows:?}");
    assert!(found(&site, "SELECT email FROM users WHERE email = 'c@acme.example'").len() == 2);
}
