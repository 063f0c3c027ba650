//! What a run leaves behind: states, history, gaps and exit codes, with the real program against the emulated org.

use std::process::Stdio;

use seatledger::emulator::{Fault, ORGANIZATION_ID, ORGANIZATION_NAME, USERNAME};
use serde_json::json;

use crate::emulator_caller::{REGISTERED, read_faults};
use crate::site::Site;
use crate::support::Ran;

/// Requests that may be sent after the last page that a killed run staged.
const UNDER_WAY: i64 = 10;

/// Rows of every history table.
fn history_rows(site: &Site) -> i64 {
    let tables =
        site.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%\\_past' ESCAPE '\\'");
    assert!(tables.len() > 20);
    tables
        .into_iter()
        .map(|row| site.number(&format!("SELECT count(*) FROM {}", row[0].as_deref().unwrap())))
        .sum()
}

fn one_user(site: &Site) -> String {
    let found = site
        .rows("SELECT user_id FROM users WHERE is_active = 1 AND user_type = 'Standard' LIMIT 1 OFFSET 7");
    found[0][0].clone().unwrap()
}

fn faults(site: &Site, faults: &[&str]) {
    let faults: Vec<Fault> = read_faults(faults);
    site.server.set_faults(faults);
}

#[test]
fn an_unchanged_org_adds_no_history_but_the_collectors_own_login() {
    let site = Site::new(300);
    site.run(&["collect"]).exits(0);
    let own_logins = format!(
        "SELECT (SELECT count(*) FROM user_counter_past JOIN users ON user_id = id WHERE username = '{USERNAME}')
              + (SELECT count(*) FROM login_day_past JOIN login_user USING (user_no) JOIN users USING (user_id)
                 WHERE username = '{USERNAME}')"
    );
    assert_eq!(history_rows(&site), 0);

    site.later(1);
    site.run(&["collect"]).exits(0);
    assert_eq!(site.number(&own_logins), 2, "the collector's own LastLoginDate and login day");
    assert_eq!(history_rows(&site), 2);

    let user = one_user(&site);
    site.server.set_field("User", &user, "Title", &json!("Prokuristin")).unwrap();
    site.later(1);
    site.run(&["collect"]).exits(0);
    assert_eq!(site.number("SELECT count(*) FROM user_past"), 1, "the changed user");
    let past = site.number(&format!("SELECT count(*) FROM user_past WHERE id = '{user}'"));
    assert_eq!(past, 1);
    assert_eq!(history_rows(&site), site.number(&own_logins) + 1);
}

#[test]
fn an_earlier_state_is_exported_byte_for_byte() {
    let site = Site::new(300);
    site.run(&["collect"]).exits(0);
    let as_of = site.rows("SELECT max(finished_at) FROM runs")[0][0].clone().unwrap();
    site.run(&["export", "first", "--identify"]).exits(0);

    let user = one_user(&site);
    site.server.set_field("User", &user, "Title", &json!("Prokuristin")).unwrap();
    site.later(24);
    site.run(&["collect"]).exits(0);
    site.run(&["export", "second", "--identify"]).exits(0);
    site.run(&["export", "again", "--identify", "--as-of", &as_of]).exits(0);
    for file in ["licenses.csv", "users.csv", "subscriptions.csv"] {
        assert_eq!(
            site.home.read(&format!("first/{file}")),
            site.home.read(&format!("again/{file}")),
            "{file}"
        );
    }
    assert_ne!(site.home.read("first/users.csv"), site.home.read("second/users.csv"));
}

#[test]
fn a_killed_run_leaves_the_last_state_and_the_next_goes_on() {
    let site = Site::new(3_000);
    site.run(&["collect"]).exits(0);
    let state = site.rows("SELECT user_id, title FROM users ORDER BY 1");
    let user = one_user(&site);
    site.server.set_field("User", &user, "Title", &json!("Prokuristin")).unwrap();

    // The last query of the run never ends, so the run is killed with most objects staged.
    faults(&site, &["query/UserRole:slow=60000"]);
    site.server.clear_requests();
    let mut child = site
        .home
        .command(&["collect"])
        .env("SEATLEDGER_CLOCK", "2026-11-21T13:00:00Z")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    site.wait_until(&mut child, |site| site.is_staged("User"));
    child.kill().unwrap();
    child.wait().unwrap();
    let sent_before = site.server.hits("/services/data/");
    assert_eq!(site.rows("SELECT user_id, title FROM users ORDER BY 1"), state);

    faults(&site, &[]);
    site.server.clear_requests();
    let resumed = Ran::of(
        &["collect"],
        site.home.command(&["collect"]).env("SEATLEDGER_CLOCK", "2026-11-21T14:00:00Z").output().unwrap(),
    );
    resumed.exits(0);
    assert_eq!(site.server.hits("FROM%20User%20"), 0, "staged pages are not asked for again");
    assert_eq!(site.number("SELECT count(*) FROM runs"), 2, "resumed under the same run");
    let sent = i64::try_from(sent_before + site.server.hits("/services/data/")).unwrap();
    let recorded = site.number("SELECT api_calls FROM runs ORDER BY started_at DESC LIMIT 1");
    // What was under way when the run was killed is known to nobody.
    assert!((sent - UNDER_WAY..=sent).contains(&recorded), "{recorded} of {sent} requests are recorded");
    assert_eq!(site.number("SELECT count(*) FROM users WHERE title = 'Prokuristin'"), 1);
    let left: Vec<_> = std::fs::read_dir(site.home.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("stage"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "the stage is deleted once merged");
}

#[test]
fn a_company_nobody_has_makes_the_run_incomplete_and_names_the_nearest() {
    let site = Site::with_org_keys(400, "company_names = [\"Acme GmbH\", \"Akme UK Ltd\"]");
    site.run(&["collect"]).exits(3).says(&["no user has the company name `Akme UK Ltd`", "`Acme UK Ltd`"]);
    assert_eq!(site.rows("SELECT status FROM runs")[0][0].as_deref(), Some("incomplete"));
    assert!(site.number("SELECT count(*) FROM users WHERE company = 'Acme GmbH'") > 0);
}

#[test]
fn an_org_of_another_name_or_id_is_not_written() {
    let keys = "company_names = [\"Umbrella AG\"]\ncompany_field = \"Organization.Name\"";
    let site = Site::with_org_keys(50, keys);
    site.run(&["collect"]).exits(2).says(&[ORGANIZATION_NAME, "Umbrella AG"]);
    assert_eq!(site.number("SELECT count(*) FROM users"), 0);

    let keys = format!("company_names = [\"{ORGANIZATION_NAME}\"]\ncompany_field = \"Organization.Name\"");
    site.configure("", &keys);
    site.run(&["collect"]).exits(0);
    let companies = site.rows("SELECT DISTINCT company FROM users");
    assert_eq!(companies, [vec![Some(ORGANIZATION_NAME.to_owned())]]);

    site.configure("", "organization_id = \"00Dxx0000001gPLEAY\"");
    site.run(&["collect"]).exits(2).says(&["00Dxx0000001gPLEAY"]);
    assert_eq!(site.number("SELECT count(*) FROM runs WHERE status = 'failed'"), 2);
}

#[test]
fn hidden_objects_and_fields_leave_a_gap_and_not_a_failure() {
    let site = Site::new(200);
    site.server.hide_object("TenantUsageEntitlement", true).unwrap();
    site.server.hide_field("User", "EmployeeNumber", true).unwrap();
    site.run(&["collect"]).exits(0);
    let status = |object: &str| {
        format!("SELECT status, reason FROM run_objects WHERE object = '{object}' ORDER BY run_id DESC")
    };
    assert_eq!(site.rows(&status("TenantUsageEntitlement"))[0][0].as_deref(), Some("unavailable"));
    assert_eq!(site.number("SELECT count(employee_number) FROM users"), 0);

    // Shown and hidden again: what was read stays, marked as old, and the run says so.
    site.server.hide_object("TenantUsageEntitlement", false).unwrap();
    site.later(1);
    site.run(&["collect"]).exits(0);
    let entitlements =
        site.number("SELECT count(*) FROM subscriptions WHERE source = 'TenantUsageEntitlement'");
    assert!(entitlements > 0);
    site.server.hide_object("TenantUsageEntitlement", true).unwrap();
    site.later(1);
    site.run(&["collect"]).exits(3).says(&["TenantUsageEntitlement is stale"]);
    assert_eq!(
        site.number("SELECT count(*) FROM subscriptions WHERE source = 'TenantUsageEntitlement'"),
        entitlements
    );

    site.server.hide_object("UserLicense", true).unwrap();
    site.later(1);
    site.run(&["collect"]).exits(3).says(&["UserLicense is stale", "View Setup and Configuration"]);
}

#[test]
fn a_field_that_vanishes_between_two_runs_is_dropped() {
    let site = Site::new(200);
    site.run(&["collect"]).exits(0);
    site.server.hide_field("User", "Division", true).unwrap();
    site.server.clear_requests();
    site.later(1);
    site.run(&["collect"]).exits(0);
    assert_eq!(site.number("SELECT count(division) FROM users"), 0);
    assert_eq!(site.server.hits("/sobjects/User/describe"), 1);
    assert_eq!(site.server.hits("/describe"), 1, "other descriptions come from the cache");
}

#[test]
fn what_the_configuration_leaves_out_is_skipped() {
    let site = Site::new(100);
    site.configure("exclude = [\"LoginHistory\", \"UserRole\"]", "");
    site.run(&["collect"]).exits(0);
    let skipped = site.rows("SELECT object FROM run_objects WHERE status = 'skipped' ORDER BY 1");
    assert_eq!(skipped, [vec![Some("LoginHistory".to_owned())], vec![Some("UserRole".to_owned())]]);
    assert_eq!(site.server.hits("LoginHistory"), 0);
    assert_eq!(site.number("SELECT count(role) FROM users"), 0);
}

#[test]
fn extra_fields_are_kept_as_json() {
    let site = Site::with_org_keys(100, "extra_fields = { User = [\"CostCenter__c\"] }");
    site.run(&["collect"]).exits(0);
    assert!(
        site.number("SELECT count(*) FROM users WHERE json_extract(extra, '$.CostCenter__c') IS NOT NULL")
            > 0
    );
}

#[test]
fn what_was_hidden_or_failed_is_described_anew() {
    let site = Site::with_org_keys(100, "extra_fields = { User = [\"CostCenter__c\"] }");
    site.run(&["collect"]).exits(0);
    let described = |object: &str| site.server.hits(&format!("/sobjects/{object}/describe"));
    site.run(&["collect"]).exits(0);
    assert_eq!(described("User"), 1, "descriptions are kept");
    // As it was described before an administrator granted the field.
    site.database()
        .execute_batch(
            "UPDATE describe_cache SET fields = (
                 SELECT json_group_array(json(value)) FROM json_each(fields)
                 WHERE json_extract(value, '$.name') <> 'CostCenter__c')
             WHERE object = 'User'",
        )
        .unwrap();
    site.run(&["collect"]).exits(0);
    assert_eq!(described("User"), 2);

    faults(&site, &["query/Profile:page-missing*all", "query/Profile:total-size=9999*all"]);
    site.run(&["collect"]).exits(3).says(&["Profile is stale"]);
    let before = described("Profile");
    faults(&site, &[]);
    site.run(&["collect"]).exits(0);
    assert_eq!(described("Profile"), before + 1);
}

#[test]
fn an_expired_token_is_renewed_once_in_the_middle_of_a_run() {
    let site = Site::new(100);
    faults(&site, &["query:401@5"]);
    site.run(&["collect"]).exits(0);
    assert_eq!(site.server.hits("/services/oauth2/token"), 2);
}

#[test]
fn limits_stop_a_run_before_they_are_used_up() {
    let site = Site::new(100);
    site.server.set_api_usage(85_000, 100_000);
    site.run(&["collect"]).exits(8).says(&["API allowance", "20 %"]);
    assert!(site.server.hits("/query") == 0);
    site.server.set_api_usage(10, 100_000);
    faults(&site, &["query:limit@3"]);
    site.run(&["collect"]).exits(8).says(&["REQUEST_LIMIT_EXCEEDED"]);
    faults(&site, &[]);
    site.run(&["collect"]).exits(0);
}

#[test]
fn a_lost_cursor_restarts_its_object() {
    let site = Site::new(5_000);
    faults(&site, &["query:next-records-url=/services/data/v67.0/query/01gGONE00000000000-2000@1"]);
    let ran = site.run(&["collect"]);
    ran.exits(0);
    assert_eq!(site.number("SELECT count(*) FROM users"), 5_000);
}

#[test]
fn the_lock_holds_whatever_path_leads_to_the_database() {
    let site = Site::new(100);
    site.run(&["collect"]).exits(0);
    let _held = seatledger::store::Store::open(&site.home.path("seatledger.db")).unwrap();
    std::os::unix::fs::symlink("seatledger.db", site.home.path("link.db")).unwrap();
    let config = site.home.read("seatledger.toml").replace("seatledger.db", "link.db");
    site.home.write("linked.toml", &config);
    site.run(&["--config", "linked.toml", "collect"]).exits(9);
}

#[test]
fn a_store_that_is_no_database_is_refused_without_litter() {
    let site = Site::new(50);
    site.home.write("notes.txt", "these are notes, and not a database");
    let config = site.home.read("seatledger.toml");
    for (path, found) in
        [("notes.txt", "does not begin as one"), ("/dev/null", "no regular file"), (".", "no regular file")]
    {
        site.home.write("seatledger.toml", &config.replace("seatledger.db", path));
        site.run(&["collect"]).exits(1).says(&[found]);
    }
    assert!(!site.home.path("notes.txt.lock").exists());
    assert!(!std::path::Path::new("/dev/null.lock").exists());
}

#[test]
fn extra_fields_may_repeat_the_catalogue_and_must_exist() {
    let site = Site::with_org_keys(50, "extra_fields = { User = [\"Email\", \"CostCentre__c\"] }");
    site.run(&["collect"]).exits(3).says(&["no field `CostCentre__c`"]);
    assert!(site.number("SELECT count(*) FROM users WHERE json_extract(extra, '$.Email') = email") > 40);
}

#[test]
fn a_database_in_a_folder_that_nobody_can_write_to_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    site.run(&["db", "backup", "copy.db"]).exits(0);
    std::fs::create_dir(site.home.path("archive")).unwrap();
    std::fs::rename(site.home.path("copy.db"), site.home.path("archive/seatledger.db")).unwrap();
    let config = site.home.read("seatledger.toml").replace("\"seatledger.db\"", "\"archive/seatledger.db\"");
    site.home.write("seatledger.toml", &config);
    std::fs::set_permissions(site.home.path("archive"), std::fs::Permissions::from_mode(0o500)).unwrap();
    site.run(&["report", "users", "--format", "csv"]).exits(0).prints(&["user_id"]);
    std::fs::set_permissions(site.home.path("archive"), std::fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn no_secret_is_said_or_kept() {
    let site = Site::new(300);
    let mut said = String::new();
    for fault in
        ["query:401@3", "query:503-html@4", "query/User:next-records-url=https://evil.example/x", "token:503"]
    {
        faults(&site, &[fault]);
        let ran = site.run(&["-vv", "collect", "--full"]);
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    }
    faults(&site, &["token:invalid_grant=user hasn't approved this consumer*all"]);
    said.push_str(&site.run(&["-vv", "--log-format", "json", "collect"]).exits(5).stderr);
    faults(&site, &["query/LoginHistory:401*all"]);
    said.push_str(&site.run(&["-vv", "collect"]).exits(5).stderr);
    faults(&site, &[]);
    site.run(&["export", "feed", "--identify"]);

    let key_line = REGISTERED.key.lines().nth(5).unwrap();
    let session = format!("{}!", &ORGANIZATION_ID[..15]);
    let secrets = [key_line, "PRIVATE KEY", "eyJ", session.as_str()];
    let mut searched = vec![("what was said".to_owned(), said.into_bytes())];
    let mut folders = vec![site.home.path(".")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("acme.key") {
                searched.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    assert!(searched.iter().any(|(name, _)| name.contains("stage")), "an unfinished run leaves its stage");
    assert!(searched.iter().any(|(name, _)| name.ends_with("users.csv")));
    for (name, content) in &searched {
        for secret in secrets {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{name} holds `{}…`", &secret[..3]);
        }
    }
}
