//! Many orgs in one configuration, some of which fail, each in a way of its own.

use seatledger::emulator::{CLIENT_ID, USERNAME};

use crate::emulator_caller::{identity, read_faults};
use crate::site::Site;

const ORGS: usize = 200;

/// What is wrong with the keys of an org's table: key, value, and what is said.
const WRONG_KEYS: &[(&str, &str, &str)] = &[
    ("username", "nobody@emulated.example", "invalid user"),
    ("username", "ada.admin@emulated.example", "invalid_app_access"),
    ("client_id", "3MVG9.unknown", "invalid_client_id"),
    ("audience", "https://other.example", "audience is invalid"),
    ("private_key_file", "other.key", "invalid assertion"),
    ("private_key_file", "garbage.key", "garbage.key"),
    ("organization_id", "00Dxx0000001gPLEAY", "is configured as 00Dxx0000001gPLEAY"),
    ("api_version", "99.0", "NOT_FOUND"),
    ("url", "https://other.my.salesforce.com", "its instance_url is not followed"),
    ("login_url", "http://127.0.0.1:9", "cannot connect to 127.0.0.1"),
];

/// What is wrong with an org: fault, and what is said.
const FAULTS: &[(&str, &str)] = &[
    ("token:invalid_grant=inactive user*all", "inactive user"),
    ("token:rate_limit_exceeded*all", "Number of logins exceeded"),
    ("token:reset*all", "broke before it answered"),
    ("limits:503*all", "SERVER_UNAVAILABLE"),
    ("any:401@2*all", "INVALID_SESSION_ID"),
    ("describe:html*all", "a web page titled"),
    ("query:limit*all", "TotalRequests Limit exceeded"),
    ("query:cut*all", "broke off in the middle"),
    ("query:410*all", "UNSUPPORTED_API_VERSION"),
    ("query/UserLicense:truncated-json*all", "UserLicense is failed"),
];

/// The table of one org, with one key changed.
fn org(id: &str, url: &str, (changed, value): (&str, &str)) -> String {
    let usual = [
        ("url", url),
        ("login_url", url),
        ("client_id", CLIENT_ID),
        ("username", USERNAME),
        ("private_key_file", "acme.key"),
    ];
    let mut table = format!("[[org]]\nid = \"{id}\"\ninsecure_loopback = true\n");
    for (key, usual) in usual.iter().filter(|(key, _)| *key != changed).chain([&(changed, value)]) {
        table.push_str(&format!("{key} = \"{usual}\"\n"));
    }
    table
}

#[test]
fn of_two_hundred_orgs_twenty_fail_and_the_others_complete() {
    let site = Site::new(10);
    let url = site.server.url();
    site.write_private("other.key", &identity().key);
    site.write_private("garbage.key", "no key at all");
    let faulty: Vec<Site> = FAULTS.iter().map(|_| Site::new(10)).collect();
    let mut orgs = Vec::new();
    let mut wrong = Vec::new();
    for (number, (key, value, says)) in WRONG_KEYS.iter().enumerate() {
        let id = format!("wrong-key-{number}");
        orgs.push(org(&id, &url, (key, value)));
        wrong.push((id, says));
    }
    for (number, ((fault, says), site)) in FAULTS.iter().zip(&faulty).enumerate() {
        let id = format!("faulty-{number}");
        site.server.set_faults(read_faults(&[fault]));
        orgs.push(org(&id, &site.server.url(), ("api_version", "67.0")));
        wrong.push((id, says));
    }
    for number in orgs.len()..ORGS {
        // Those that fail stand between others.
        orgs.insert((number * 7) % orgs.len(), org(&format!("good-{number}"), &url, ("api_version", "67.0")));
    }
    let collect = "[collect]\ninclude = [\"UserLicense\"]\nlogin_history_days = 0\n";
    site.home
        .write("seatledger.toml", &format!("[store]\npath = \"seatledger.db\"\n{collect}{}", orgs.concat()));

    let mut command = site.command(&["collect"]);
    let ran = crate::support::Ran::of(&["collect"], command.env("SEATLEDGER_WAIT", "1").output().unwrap());
    let (said, summary) = (ran.stderr.clone(), ran.stdout.clone());
    ran.exits(3);
    for (id, says) in wrong {
        let about = said
            .split(&format!("org `{id}` could not be read"))
            .nth(1)
            .or_else(|| said.split(&format!("warning: {id}: ")).nth(1));
        let about = about.unwrap_or_else(|| panic!("nothing is said of {id}"));
        let about = about.split("\nerror: org ").next().unwrap_or_default();
        assert!(about.contains(says), "{id}: {about}");
        let line = summary.lines().find(|line| line.starts_with(&format!("{id} "))).unwrap();
        assert!(line.contains("failed") || line.contains("incomplete"), "{line}");
        let why = summary.lines().find(|line| line.starts_with(&format!("{id}: "))).unwrap();
        assert!(why.contains(says), "{why}");
    }
    assert_eq!(site.number("SELECT count(*) FROM runs WHERE status = 'complete'"), 180);
    let kept = "SELECT count(DISTINCT org) FROM licenses WHERE org LIKE 'good-%'";
    assert_eq!(site.number(kept), 180);
    assert_eq!(site.number("SELECT count(*) FROM licenses WHERE org NOT LIKE 'good-%'"), 0);
}
