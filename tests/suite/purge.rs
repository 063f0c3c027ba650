//! `db purge`: what was known of people before a time leaves the file, and everything else stays.

use serde_json::{Value, json};

use crate::site::Site;

const LEAVER: &str = "SELECT user_id FROM users WHERE user_type = 'Standard' AND is_active = 1 ORDER BY user_id LIMIT 1 OFFSET 20";
const RENAMED: &str =
    "SELECT user_id FROM users WHERE user_type = 'Standard' AND is_active = 1 ORDER BY user_id DESC LIMIT 1";

/// Versions of the number of users per company and license that have ended.
const COUNTS: &str = "SELECT count(*) FROM company_count_past";

/// An org collected on three days: on the second a user has left and another has a new name.
fn three_days() -> (Site, [String; 3]) {
    let site = Site::new(200);
    site.run(&["collect"]).exits(0);
    let one = |sql: &str| site.rows(sql)[0][0].clone().unwrap();
    let (leaver, renamed) = (one(LEAVER), one(RENAMED));
    site.server.set_field("User", &leaver, "Name", &json!("Quirinus Vanishing")).unwrap();
    site.server.set_field("User", &renamed, "Email", &json!("maiden.name@acme.example")).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(0);
    site.server.delete("User", &leaver).unwrap();
    site.server.set_field("User", &renamed, "Email", &json!("married.name@acme.example")).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(0);
    let finished = site.rows("SELECT finished_at FROM runs ORDER BY finished_at");
    let times: Vec<String> = finished.into_iter().map(|row| row[0].clone().unwrap()).collect();
    (site, times.try_into().unwrap())
}

/// Whether the text stands anywhere in the database's files, whatever SQLite thinks of that place.
fn is_in_the_files(site: &Site, text: &str) -> bool {
    ["seatledger.db", "seatledger.db-wal"].iter().any(|name| {
        let bytes = std::fs::read(site.home.path(name)).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

fn report(site: &Site, as_of: &str) -> [String; 2] {
    ["licenses", "users"]
        .map(|name| site.run(&["report", name, "--format", "csv", "--as-of", as_of]).exits(0).stdout)
}

#[test]
fn nothing_of_those_who_were_purged_is_left_in_the_file() {
    let (site, [first, second, third]) = three_days();
    for text in ["Quirinus Vanishing", "maiden.name@acme.example"] {
        assert!(is_in_the_files(&site, text), "{text} is part of the history");
    }
    let counts = site.number(COUNTS);
    assert!(counts > 0, "the number of users changed");
    let (then, now) = (report(&site, &second), report(&site, &third));
    site.run(&["db", "purge", "--before", &third, "--dry-run"]).exits(0).says(&["Would remove", "user_past"]);
    assert!(is_in_the_files(&site, "Quirinus Vanishing"), "a rehearsal removes nothing");
    assert_eq!(report(&site, &second), then);

    // Up to the second day, only what ended by then goes.
    site.run(&["db", "purge", "--before", &second]).exits(0);
    assert_eq!(report(&site, &second), then);
    assert_eq!(report(&site, &third), now);
    assert!(is_in_the_files(&site, "Quirinus Vanishing"), "still known on the second day");
    site.run(&["report", "users", "--as-of", &first]).exits(2).says(&["was purged", &second]);

    site.run(&["db", "purge", "--before", &third]).exits(0).says(&["Reports reach back to"]);
    for text in ["Quirinus Vanishing", "maiden.name@acme.example"] {
        assert!(!is_in_the_files(&site, text), "{text}");
    }
    assert!(is_in_the_files(&site, "married.name@acme.example"));
    assert_eq!(report(&site, &third), now);
    site.run(&["report", "users", "--as-of", &second]).exits(2).says(&["was purged"]);
    // What changed since a state that is gone is unknown, and the states that are left tell of no change.
    let diff: Value =
        serde_json::from_str(&site.run(&["report", "diff", "--format", "json"]).exits(0).stdout).unwrap();
    assert_eq!(diff["totals"]["users_added"], 0, "{}", diff["totals"]);
    assert_eq!(diff["totals"]["users_before"], diff["totals"]["users_after"], "{}", diff["totals"]);
    site.run(&["report", "diff", "--since", &first]).exits(2).says(&["no collected state is as old"]);
    site.run(&["report", "diff", "--since", "2099-01-01"]).exits(2).says(&["is later than the report's own"]);
    site.run(&["db", "check"]).exits(0);
    assert_eq!(site.number("SELECT count(*) FROM runs"), 3);
    assert_eq!(site.number(COUNTS), counts, "counts of licenses are kept");
}

#[test]
fn logins_that_were_purged_do_not_come_back() {
    let (site, [.., third]) = three_days();
    let horizon = &third[..10];
    // Someone whose program logged in once, long ago, and who still logs in.
    site.database()
        .execute_batch(
            "CREATE TEMP TABLE one AS SELECT org_no, user_no FROM login_user ORDER BY user_no LIMIT 1;
             DELETE FROM login_day_now WHERE user_no IN (SELECT user_no FROM temp.one);
             INSERT INTO login_day_now
             SELECT org_no, user_no, day, 1, interactive, 1 - interactive, 0, iif(interactive, 5, NULL),
                 iif(interactive, NULL, 5), NULL
             FROM temp.one, (SELECT 10000 AS day, 0 AS interactive UNION SELECT 30000, 1);
             UPDATE login_user
             SET last_interactive_at = 30000 * 86400000 + 5, last_api_at = 10000 * 86400000 + 5, last_unknown_at = NULL
             WHERE user_no IN (SELECT user_no FROM temp.one)",
        )
        .unwrap();
    site.run(&["db", "purge", "--before", horizon]).exits(0);
    let earlier = format!("SELECT count(*) FROM login_days WHERE day < '{horizon}'");
    assert_eq!(site.number(&earlier), 0);
    let as_kept =
        "SELECT user_no, last_interactive_at, last_api_at, last_unknown_at FROM login_user ORDER BY user_no";
    let as_of_days = "SELECT user_no, max(day * 86400000 + last_interactive), max(day * 86400000 + last_api),
        max(day * 86400000 + last_unknown) FROM login_user LEFT JOIN login_day_now USING (org_no, user_no)
        GROUP BY user_no ORDER BY user_no";
    assert_eq!(site.rows(as_kept), site.rows(as_of_days));
    // Another scope makes the run read its whole stretch of the login history again.
    site.configure("login_history_days = 60", "");
    site.later(24);
    site.run(&["collect"]).exits(0);
    assert!(site.server.hits("FROM+LoginHistory") > 0 || site.server.hits("LoginHistory") > 0);
    assert_eq!(site.number(&earlier), 0);
}

#[test]
fn a_purge_that_makes_no_sense_changes_nothing() {
    let (site, [first, ..]) = three_days();
    let before = std::fs::read(site.home.path("seatledger.db")).unwrap();
    for (arguments, sentence) in [
        (&["db", "purge", "--before", "2099-01-01"][..], "no state was collected at or after 2099-01-01"),
        (&["db", "purge", "--before", "soon"], "write a date like"),
        (&["db", "purge"], "--before <TIME>"),
    ] {
        site.run(arguments).exits(2).says(&[sentence]);
    }
    site.run(&["db", "purge", "--before", &first]).exits(0).says(&["Reports reach back to"]);
    assert_ne!(before.len(), 0);
    std::fs::remove_file(site.home.path("seatledger.db")).unwrap();
    site.run(&["db", "purge", "--before", &first]).exits(2).says(&["there is no database"]);
    assert!(!site.home.path("seatledger.db").exists());
}
