//! Callers of one company, and fields that are not for everybody.

use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, as_person, at_site, policy, site_with};
use crate::token_maker::token;

#[test]
fn a_caller_of_one_company_learns_nothing_of_the_others() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["collect"]).exits(0);
    let scopes = ["usage:report", "usage:export"];
    let mine = token(&at_site(json!({ "scp": scopes, "companies": ["Acme GmbH"] })));
    let users = as_person(&site, &mine, &["report", "users", "--format", "json"]).exits(0).stdout;
    let users: Value = serde_json::from_str(&users).unwrap();
    let rows = users["rows"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| row["company"] == "Acme GmbH"));
    assert!(rows.iter().all(|row| row["name"].as_str().unwrap().starts_with("p_")), "no right to names");
    assert_eq!(users["totals"]["users"], rows.len());

    let licenses = as_person(&site, &mine, &["report", "licenses", "--format", "json"]).exits(0).stdout;
    let licenses: Value = serde_json::from_str(&licenses).unwrap();
    for row in licenses["rows"].as_array().unwrap() {
        for number in ["total", "used_reported", "used_counted", "drift", "available", "utilization_percent"]
        {
            assert_eq!(row[number], Value::Null, "{row}");
        }
        assert!(row["used_by_company"].as_i64().unwrap() > 0);
    }
    let totals = licenses["totals"].as_object().unwrap();
    assert!(totals.values().all(Value::is_null), "{totals:?}");

    for (arguments, reason) in [
        (&["report", "users", "--company", "Acme UK Ltd"][..], "company_denied"),
        (&["report", "subscriptions"], "company_denied"),
        (&["runs"], "company_denied"),
        (&["config", "show"], "company_denied"),
        (&["export", "feed", "--identify"], "scope_missing"),
        (&["db", "backup", "copy.db"], "scope_missing"),
        (&["audit", "list"], "scope_missing"),
    ] {
        as_person(&site, &mine, arguments).exits(6).says(&[reason]);
    }
    as_person(&site, &mine, &["export", "feed"]).exits(0);
    assert!(site.home.path("feed/users.csv").exists() && !site.home.path("feed/subscriptions.csv").exists());
    let feed = site.home.read("feed/users.csv");
    let mut feed = csv::Reader::from_reader(feed.as_bytes());
    let company = feed.headers().unwrap().iter().position(|name| name == "company").unwrap();
    assert!(feed.records().all(|row| &row.unwrap()[company] == "Acme GmbH"));
}

#[test]
fn masked_fields_leave_as_the_policy_says() {
    let object = "[[object]]\nname = \"User\"\noperations = [\"salesforce.query\"]\n\
         fields = [\"Id\", \"Name\", \"Email\", \"Username\", \"Title\", \"Department\"]\n\
         redact = { Email = \"last4\", Username = \"hmac\", Title = \"hidden\", Department = \"mask\" }\n\
         company_path = \"CompanyName\"\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", object));
    site.run(&["collect"]).exits(0);
    let users = site.run(&["report", "users", "--format", "json"]).exits(0).stdout;
    let users: Value = serde_json::from_str(&users).unwrap();
    for row in users["rows"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        assert!(row["email"].is_null() || text("email").starts_with("***"), "{row}");
        assert!(text("username").starts_with("p_"), "{row}");
        assert!(row["title"].is_null());
        assert!(row["department"].is_null() || text("department") == "***", "{row}");
        assert!(!text("name").is_empty());
    }
}
