//! Callers of one company, and fields that are not for everybody.

use seatledger::report::{REPORTS, Reach};
use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, as_person, at_site, policy, refused, site_with};
use crate::site::Site;
use crate::support::Ran;
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
        (&["report", "trend"], "company_denied"),
        (&["report", "chargeback"], "company_denied"),
        (&["explain", "subscriptions", "exceeded_subscriptions"], "company_denied"),
        (&["explain", "users", "active_users", "--company", "Acme UK Ltd"], "company_denied"),
        (&["export", "feed", "--company", "Acme UK Ltd"], "company_denied"),
        (&["contracts", "check"], "company_denied"),
        (&["contracts", "template", "--from-database"], "company_denied"),
        (&["doctor"], "company_denied"),
        (&["db", "purge", "--before", "2026-01-01"], "scope_missing"),
        (&["db", "check"], "company_denied"),
        (&["runs"], "company_denied"),
        (&["config", "show"], "company_denied"),
        (&["export", "feed", "--identify"], "scope_missing"),
        (&["db", "backup", "copy.db"], "scope_missing"),
        (&["audit", "list"], "scope_missing"),
    ] {
        site.server.clear_requests();
        as_person(&site, &mine, arguments).exits(6).says(&[reason]);
        refused(&site, reason);
    }
    as_person(&site, &mine, &["export", "feed"]).exits(0);
    assert!(site.home.path("feed/users.csv").exists() && !site.home.path("feed/subscriptions.csv").exists());
    let told: Value = serde_json::from_str(&site.home.read("feed/manifest.json")).unwrap();
    assert_eq!(told["companies"], json!(["Acme GmbH"]));
    assert!(told["warnings"][0].as_str().unwrap().contains("subscriptions"), "{}", told["warnings"]);
    let feed = site.home.read("feed/users.csv");
    let mut feed = csv::Reader::from_reader(feed.as_bytes());
    let company = feed.headers().unwrap().iter().position(|name| name == "company").unwrap();
    assert!(feed.records().all(|row| &row.unwrap()[company] == "Acme GmbH"));
}

/// Prices, so that money could tell of seats.
const CONTRACTS: &str = "line_id,org,kind,license_key,quantity,price,price_period,currency,starts_on,ends_on,recorded_at\n\
    1,acme,user,SFDC,40,131.25,month,EUR,2026-10-01,2027-10-01,2026-09-15\n\
    2,acme,user,AUL,10,300,year,EUR,2026-01-01,2027-01-01,2026-01-01\n";

/// Changes what is known of everybody who is not of `Acme GmbH`, and everything that counts whole orgs.
const CHANGE_THE_REST: &str = "
    CREATE TEMP TABLE other AS SELECT user_id FROM users WHERE company IS NOT 'Acme GmbH';
    UPDATE user_now SET is_active = 1 - is_active, name = 'Changed', title = 'changed', department = 'changed',
        employee_number = 'changed', email = 'changed@acme.example', last_login_at = NULL
        WHERE id IN (SELECT user_id FROM other);
    UPDATE login_day_now SET interactive = interactive + 7, api = api + 7 WHERE user_no IN
        (SELECT user_no FROM login_user WHERE user_id IN (SELECT user_id FROM other));
    DELETE FROM permission_set_license_assign_now WHERE assignee_id IN (SELECT user_id FROM other);
    DELETE FROM user_package_license_now WHERE user_id IN (SELECT user_id FROM other);
    DELETE FROM permission_set_assignment_now WHERE assignee_id IN (SELECT user_id FROM other);
    UPDATE user_license_now SET total = total + 7, used = used + 3 WHERE total >= 0;
    UPDATE permission_set_license_now SET total = total + 7, used = used + 3 WHERE total >= 0;
    UPDATE package_license_now SET allowed = allowed + 7, used = used + 3 WHERE allowed >= 0;
    UPDATE feature_license_now SET holders = holders + 5;
    UPDATE assignment_count_now SET holders = holders + 5;
    UPDATE company_count_now SET users = users + 5 WHERE company IS NOT 'Acme GmbH';
    UPDATE run SET rows = rows + 7, api_calls = api_calls + 7, bytes = bytes + 7;
    UPDATE run_object SET rows = rows + 7, promised_rows = promised_rows + 7;";

/// Everything that any command gives this caller, by the command or the file.
fn all_that_leaves(site: &Site, token: &str) -> Vec<(String, String)> {
    let mut left = Vec::new();
    let mut keep = |arguments: &[&str]| {
        let Ran { code, stdout, stderr, .. } = as_person(site, token, arguments);
        left.push((arguments.join(" "), format!("{code}\n{stdout}{stderr}")));
    };
    for report in REPORTS {
        keep(&["report", report.id, "--format", "json"]);
        // One is enough where the report itself is refused.
        let measures = report.measures().take(if report.reach == Reach::Companies { usize::MAX } else { 1 });
        measures.for_each(|measure| keep(&["explain", report.id, measure.name, "--format", "json"]));
    }
    for measure in ["total", "used_counted", "used_by_company"] {
        keep(&["explain", "licenses", measure, "--at", "key=SFDC", "--format", "json"]);
    }
    keep(&["report", "overview", "--format", "html"]);
    keep(&["report", "licenses", "--fail-on", "utilization > 1"]);
    keep(&["contracts", "check"]);
    keep(&["contracts", "template", "--from-database"]);
    keep(&["doctor"]);
    keep(&["runs"]);
    let _ = std::fs::remove_dir_all(site.home.path("feed"));
    keep(&["export", "feed", "--format", "csv,focus,parquet,prometheus"]);
    keep(&["feed", "verify", "feed", "--json"]);
    for file in std::fs::read_dir(site.home.path("feed")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            left.push((path.display().to_string(), text));
        }
    }
    left.sort();
    left
}

#[test]
fn what_changes_in_another_company_changes_nothing_that_leaves() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.home.write("contracts.csv", CONTRACTS);
    let config = site.home.read("seatledger.toml");
    site.home.write("seatledger.toml", &format!("{config}\n[finance]\ncontracts = \"contracts.csv\"\n"));
    site.run(&["collect"]).exits(0);
    let scopes = ["usage:report", "usage:export", "usage:identify"];
    let token = token(&at_site(json!({ "scp": scopes, "companies": ["Acme GmbH"] })));
    let whole = || site.run(&["report", "overview", "--format", "html"]).exits(0).stdout;
    let (before, whole_before) = (all_that_leaves(&site, &token), whole());
    site.database().execute_batch(CHANGE_THE_REST).unwrap();
    let after = all_that_leaves(&site, &token);
    assert_ne!(whole(), whole_before, "whoever may see everything sees the change");
    let names = |left: &[(String, String)]| left.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    let unlike: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert!(unlike.is_empty(), "{unlike:#?}");
    let shown = after.iter().filter(|(_, text)| text.starts_with("0\n")).count();
    assert!(shown > REPORTS.len(), "{shown}");
    for (name, text) in after {
        assert!(!text.contains("Acme UK Ltd"), "{name} names another company: {text}");
    }
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
    let department = site.rows("SELECT min(department) FROM users").remove(0).remove(0).unwrap();
    let pool = format!("owner={department}s");
    let chargeback = ["report", "chargeback", "--by", "department", "--pool", &pool];
    let refused = site.run(&chargeback).exits(2).says(&["which --pool names"]);
    assert!(!refused.stderr.contains("probably"), "{}", refused.stderr);
}
