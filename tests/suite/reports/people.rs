//! Report `people` in an org whose accounts are given keys by hand.

use serde_json::json;

use super::document::{Document, found};
use crate::site::Site;

/// An org of 60 users of which the first six active employees are accounts of fewer people, and these six.
pub(super) fn with_shared_accounts() -> (Site, Vec<String>) {
    // The same users are in every org of this size.
    let like_it = Site::new(60);
    like_it.run(&["collect"]).exits(0);
    let users = found(
        &like_it,
        "SELECT user_id FROM users WHERE is_active = 1 AND license = 'Salesforce' AND username NOT LIKE '%@emulated%'
         ORDER BY user_id LIMIT 6",
    );
    let users: Vec<String> = users.into_iter().map(|mut row| row.remove(0)).collect();
    let site = Site::new(60);
    let keys = [
        // One person by the employee number, used last on the second account.
        ("EmployeeNumber", ["E-1", "E-1", "E-3", "E-4", "", "E-6"]),
        ("FederationIdentifier", ["", "", "", "", "", ""]),
        // The third and the fourth contradict each other; the fifth is the sixth.
        (
            "Email",
            [
                "a@acme.example",
                "b@acme.example",
                "c@acme.example",
                "c@acme.example",
                "f@acme.example",
                "F@acme.example.invalid",
            ],
        ),
    ];
    for (field, values) in keys {
        for (user, value) in users.iter().zip(values) {
            let value = if value.is_empty() { json!(null) } else { json!(value) };
            site.server.set_field("User", user, field, &value).unwrap();
        }
    }
    for (user, at) in users.iter().zip(["2026-11-01T08:00:00Z", "2026-11-21T08:00:00Z"]) {
        site.server.set_field("User", user, "LastLoginDate", &json!(at)).unwrap();
    }
    site.run(&["collect"]).exits(0);
    (site, users)
}

#[test]
fn accounts_are_joined_by_their_keys_and_kept_apart_by_contradictions() {
    let (site, users) = with_shared_accounts();
    let report = Document::of(&site, &["people"]);
    let of = |user: &String| {
        let row = report.rows.iter().find(|row| row["user_id"] == **user);
        row.map(|row| (row["accounts"].as_i64().unwrap(), row["conflicts"].as_i64().unwrap()))
    };
    let rows: Vec<_> = users.iter().map(of).collect();
    assert_eq!(rows, [Some((2, 0)), None, Some((1, 1)), Some((1, 1)), Some((2, 0)), None]);
    let held = |user: &String| {
        site.number(&format!("SELECT count(*) FROM license_assignments WHERE user_id = '{user}'"))
    };
    let first = report.rows.iter().find(|row| row["user_id"] == *users[0]).unwrap();
    assert_eq!(first["licenses"], held(&users[0]) + held(&users[1]));
    assert_eq!(first["last_login_at"].as_str().unwrap()[..10], *"2026-11-21");
    let third = report.rows.iter().find(|row| row["user_id"] == *users[2]).unwrap();
    assert_eq!(third["conflict"], "2 accounts share the e-mail address but not the employee number");

    let accounts: i64 = report.rows.iter().map(|row| row["accounts"].as_i64().unwrap()).sum();
    assert_eq!(accounts, report.total("accounts_of_persons"));
    assert_eq!(accounts + report.total("accounts_of_programs"), site.number("SELECT count(*) FROM users"));
    let programs = "SELECT count(*) FROM users WHERE user_type IS NULL
        OR user_type IN ('AutomatedProcess', 'CloudIntegrationUser', 'Guest')
        OR license IN ('Salesforce Integration', 'Analytics Cloud Integration User')";
    assert_eq!(report.total("accounts_of_programs"), site.number(programs));
    assert_eq!(report.total("persons"), i64::try_from(report.rows.len()).unwrap());
    assert_eq!(report.total("persons_in_several_orgs"), 0);
}

#[test]
fn nobody_can_be_told_without_users() {
    let site = Site::new(50);
    site.configure("exclude = [\"UserLicense\"]", "");
    site.run(&["collect"]).exits(0);
    let report = Document::ending_with(3, &site, &["people"]);
    assert!(report.totals.as_object().unwrap().values().all(serde_json::Value::is_null), "{}", report.totals);
}
