//! Personal numbers, on their way in and on their way out.

use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, events, policy, refused, site_with};
use crate::emulator_caller::read_faults;
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
fn cases_64_and_65_no_spelling_hides_a_number() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let cases: [(&str, &[&str], &str); 9] = [
        ("64 alone", &["--company", "536-22-1234"], "US_SSN"),
        ("64 within", &["--company", "like %536-22-1234%"], "US_SSN"),
        ("64 name of a file", &["--format", "csv", "--output", "536-22-1234.csv"], "US_SSN"),
        ("65 blanks", &["--company", "4111 1111 1111 1111"], "CREDIT_CARD"),
        ("65 hyphens", &["--company", "4111-1111-1111-1111"], "CREDIT_CARD"),
        ("65 no-break spaces", &["--company", "4111\u{a0}1111\u{a0}1111\u{a0}1111"], "CREDIT_CARD"),
        ("65 full width", &["--company", "４１１１１１１１１１１１１１１１"], "CREDIT_CARD"),
        ("65 joiners", &["--company", "4111\u{200d}111111111111"], "CREDIT_CARD"),
        ("65 no separator", &["--company", "4111111111111111"], "CREDIT_CARD"),
    ];
    for (case, arguments, kind) in cases {
        let ran = site.run(&[&["report", "users"], arguments].concat());
        assert_eq!(ran.code, 6, "{case}: {}", ran.stderr);
        refused(&site, &format!("pii_blocked:{kind}"));
    }
    let text = site.run(&["audit", "export", "--format", "jsonl"]).exits(0).stdout;
    // Random ids can have four of the digits in a row, and no more of them.
    let spellings =
        ["536-22", "4111 1111", "4111-1111", "4111\u{a0}", "４１１１", "4111\u{200d}", "41111111"];
    for spelling in spellings {
        assert!(!text.contains(spelling), "{spelling}: {text}");
    }
}

#[test]
fn case_66_numbers_of_other_kinds_pass() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["collect"]).exits(0);
    let numbers = [
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "078-05-1120",
        "123456789012",
        "500000000000001",
        "0018d00000abcdeAAA",
        "2010-09-21",
    ];
    for number in numbers {
        // There is no such company, which is all that is wrong.
        site.run(&["report", "users", "--company", number]).exits(2).says(&["knows no company"]);
    }
}

#[test]
fn case_67_an_address_is_noted_by_its_fingerprint() {
    let audit = "[audit]\nhmac_key_file = \"audit.hmac\"\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", audit));
    site.write_private("audit.hmac", &"h".repeat(64));
    site.run(&["collect"]).exits(0);
    site.run(&["report", "users", "--company", "bob@acme.example"]).exits(2);
    let attempt = events(&site).into_iter().rfind(|event| event["kind"] == "attempt").unwrap();
    let found = attempt.to_string();
    assert!(found.contains("\"type\":\"EMAIL\"") && found.contains("\"action\":\"detect\""), "{found}");
    let text = site.run(&["audit", "export", "--format", "jsonl"]).exits(0).stdout;
    assert!(!text.contains("bob@acme"), "{text}");
}

#[test]
fn case_69_arguments_have_a_length() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let long = "x".repeat(100_000);
    site.run(&["report", "users", "--org", &long, "--org", &long, "--org", &long])
        .exits(6)
        .says(&["bad_request"]);
    refused(&site, "bad_request");
    let mut not_text = site.command(&["report", "users", "--company"]);
    not_text.arg(std::ffi::OsStr::from_bytes(b"Acme\xff"));
    assert_eq!(not_text.output().unwrap().status.code(), Some(2));
    assert_eq!(site.server.requests(), []);
}

#[test]
fn cases_71_and_102_what_an_org_says_is_kept_without_numbers_and_tokens() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl";
    let fault = format!("query/User:error=400/MALFORMED_QUERY/ask 536-22-1234 with {token}*all");
    site.server.set_faults(read_faults(&[&fault]));
    let ran = site.run(&["collect"]);
    assert_ne!(ran.code, 0);
    let kept = site.run(&["audit", "export", "--format", "jsonl"]).exits(0).stdout;
    for (place, text) in
        [("journal", &kept), ("standard error", &ran.stderr), ("standard output", &ran.stdout)]
    {
        assert!(!text.contains("536-22-1234"), "{place}: {text}");
        assert!(!text.contains("eyJhbGci"), "{place}: {text}");
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
