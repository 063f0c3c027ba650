//! Personal numbers, on their way in and on their way out.

use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, events, policy, refused, site_with};
use crate::site::Site;

#[test]
fn personal_numbers_in_arguments_are_refused_and_kept_nowhere() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    for (number, reason) in [("536-22-1234", "US_SSN"), ("4111 1111 1111 1111", "CREDIT_CARD")] {
        site.run(&["report", "users", "--org", number]).exits(6).says(&["pii_blocked"]);
        refused(&site, &format!("pii_blocked:{reason}"));
        for file in std::fs::read_dir(site.home.path("")).unwrap() {
            let path = file.unwrap().path();
            let content = std::fs::read(&path).unwrap_or_default();
            let found = content.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn personal_numbers_in_free_text_do_not_leave() {
    let titles = |site: &Site| {
        site.run(&["collect"]).exits(0);
        let database = site.database();
        let write =
            "UPDATE user_now SET title = 'card 4111 1111 1111 1111', department = 'ask for 536-22-1234'";
        database.execute_batch(write).unwrap();
        let users = site.run(&["report", "users", "--format", "json"]).exits(0).stdout;
        site.run(&["export", "feed", "--identify"]).exits(0);
        let feed = site.home.read("feed/users.csv");
        let users: Value = serde_json::from_str(&users).unwrap();
        let row = users["rows"][0].clone();
        (row["title"].clone(), row["department"].clone(), feed)
    };
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let (title, department, feed) = titles(&site);
    assert_eq!((title, department), (json!("card [CREDIT_CARD]"), json!("ask for [US_SSN]")));
    assert!(!feed.contains("536-22-1234") && !feed.contains("4111 1111"));
    let users = site.number("SELECT count(*) FROM users");
    let redactions: Vec<Value> = events(&site).iter().map(|event| event["redactions"].clone()).collect();
    let mut told = redactions.iter().filter(|told| told.as_array().is_some_and(|told| !told.is_empty()));
    let expected = json!([
        { "action": "redact", "count": users, "type": "US_SSN" },
        { "action": "redact", "count": users, "type": "CREDIT_CARD" },
    ]);
    assert_eq!(told.next().unwrap(), &expected, "of the report");
    // Several files of the feed show departments.
    let of_feed = told.next().unwrap();
    assert!(of_feed[0]["count"].as_i64().unwrap() >= users && of_feed[1]["count"] == users, "{of_feed}");

    let rules =
        "[pii]\nmax_input_bytes = 262144\n[pii.result]\nUS_SSN = \"allow\"\nCREDIT_CARD = \"block\"\n";
    let (title, department, _) = titles(&site_with(&policy(ALL_SCOPES, "\"*\"", rules)));
    assert_eq!((title, department), (json!("[withheld]"), json!("ask for 536-22-1234")));
}
