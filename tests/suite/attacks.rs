//! Known ways of misuse against the whole program: each is refused with its reason, nothing is sent, one record is kept.

use std::process::Stdio;

use seatledger::audit::CheckpointKey;
use seatledger::cli::{COMMANDS, Duty};
use seatledger::policy::OPERATIONS;
use serde_json::{Value, json};

use crate::emulator_caller::{birthday, read_faults};
use crate::scripted_server::{Reply, ScriptedServer};
use crate::site::Site;
use crate::support::Ran;
use crate::token_maker::{ISSUER, RSA, claims_with, header, key_set, signed_with_other_key, token};

/// Attacks on operations that do not exist yet, by their numbers in the list of attacks, and what they wait for.
const PENDING: &[(&str, &str)] = &[
    ("1, 27, 41, 92 to 98", "there is no server yet: requests come from the command line only"),
    (
        "26",
        "a person's token is checked once for each command, and no command runs several operations of a person",
    ),
    ("31, 42 to 63", "no operation takes a query or writes a record yet"),
    ("40", "the command line takes no claims about agents; the evaluator's own tests have them"),
    (
        "77 for rows of a collection",
        "it stops at its budget of requests and bytes; its rows are charged when it ends",
    ),
    (
        "79 and 80 with a full disk",
        "a disk of its own is needed for that; a journal that refuses stands in for it here",
    ),
    ("99, 104, 105", "operations run as the org's configured user; none runs as the person yet"),
];

/// The user who runs the tests as a service of the policy, and an issuer whose keys are in a file.
fn policy(scopes: &str, companies: &str, more: &str) -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!(
        r##"version = 1
tenant = "acme"
[identity]
anonymous = "deny"
[[identity.service]]
name = "nightly"
unix_user = "#{uid}"
tier = "background"
scopes = [{scopes}]
companies = [{companies}]
[[identity.issuer]]
name = "okta"
issuer = "{ISSUER}"
audience = ["seatledger"]
algorithms = ["RS256"]
jwks = {{ file = "keys.json" }}
authorized_parties = ["0oa1"]
claims = {{ subject = "sub", email = "email", scope = "scp", roles = "groups", tenant = "org_id", companies = "companies" }}
grant = "scope"
[operations]
"usage.collect" = ["usage:collect"]
"audit.push" = ["audit:read"]
"usage.inspect" = ["usage:report"]
"usage.report" = ["usage:report"]
"usage.export" = ["usage:export"]
"usage.identify" = ["usage:identify"]
"usage.backup" = ["usage:admin"]
"policy.explain" = ["usage:report"]
"audit.read" = ["audit:read"]
"audit.verify" = ["audit:read"]
[company]
enforce = true
{more}
"##
    )
}

const ALL_SCOPES: &str = r#""usage:collect", "usage:report", "usage:export", "usage:identify", "audit:read""#;

/// An installation with this policy.
fn site_with(policy: &str) -> Site {
    let site = Site::with_org_keys(60, "company_names = [\"Acme GmbH\", \"Acme UK Ltd\"]");
    set_policy(&site, policy);
    site
}

fn set_policy(site: &Site, policy: &str) {
    if !site.home.path("keys.json").exists() {
        site.home.write("keys.json", &key_set(&[RSA.jwk("one")]));
        site.home.write("privacy.key", &"k".repeat(64));
        close(site, "privacy.key");
        let config = site.home.read("seatledger.toml");
        let rooms = "[policy]\nfile = \"policy.toml\"\n[privacy]\nkey_file = \"privacy.key\"\n";
        site.home.write("seatledger.toml", &format!("{rooms}{config}"));
        close(site, "seatledger.toml");
    }
    site.home.write("policy.toml", policy);
    close(site, "policy.toml");
}

fn close(site: &Site, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(site.home.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The claims of a token that is valid at the site's time, with changes.
fn at_site(changes: Value) -> Value {
    let now = birthday().as_second();
    let mut claims = json!({ "iat": now - 60, "exp": now + 600 });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    claims_with(claims)
}

fn as_person(site: &Site, token: &str, arguments: &[&str]) -> Ran {
    site.home.write("token", token);
    close(site, "token");
    let mut arguments = arguments.to_vec();
    arguments.extend(["--token-file", "token"]);
    site.run(&arguments)
}

fn events(site: &Site) -> Vec<Value> {
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    let mut statement = journal.prepare("SELECT body FROM event ORDER BY seq").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| serde_json::from_slice(&body.unwrap()).unwrap()).collect()
}

/// Checks that the newest event is a refusal for `reason`, and that nothing was sent.
#[track_caller]
fn refused(site: &Site, reason: &str) {
    let newest = events(site).pop().unwrap();
    assert_eq!((&newest["decision"], &newest["final"]), (&json!("deny"), &json!(true)), "{newest}");
    assert_eq!(newest["reason"], reason, "{newest}");
    assert_eq!(site.server.requests(), [], "nothing is sent");
}

#[test]
fn every_command_has_a_duty_and_every_operation_a_command() {
    for (path, duty) in COMMANDS {
        match duty {
            Duty::Free(why) => assert!(!why.is_empty(), "{path}"),
            Duty::Guarded(operation) | Duty::Asks(operation) => assert!(operation.is_available(), "{path}"),
        }
    }
    let runs = |name: &str| {
        COMMANDS.iter().any(|(_, duty)| {
            matches!(duty, Duty::Guarded(operation) | Duty::Asks(operation) if operation.name() == name)
        })
    };
    // Persons in clear are part of a report or an export; purging has no command yet.
    let parts = ["usage.identify", "usage.purge"];
    for operation in OPERATIONS.iter().filter(|operation| operation.is_available()) {
        assert!(runs(operation.name()) || parts.contains(&operation.name()), "{}", operation.name());
    }
    assert!(PENDING.iter().all(|(attacks, why)| !attacks.is_empty() && !why.is_empty()));
}

#[test]
fn bad_tokens_collect_nothing() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let good = json!({ "scp": ["usage:collect"], "companies": ["Acme GmbH", "Acme UK Ltd"] });
    let with = |changes: Value| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        token(&at_site(claims))
    };
    let now = birthday().as_second();
    let cases = [
        ("1 empty", String::new(), "token_missing"),
        ("14 other key", signed_with_other_key(&header(), &at_site(good.clone())), "token_signature"),
        ("15 other audience", with(json!({ "aud": "other" })), "token_aud"),
        ("17 expired", with(json!({ "exp": now - 31 })), "token_expired"),
        ("18 not yet valid", with(json!({ "nbf": now + 3600 })), "token_not_yet_valid"),
        ("20 not a token", "{\"payload\":\"\"}".into(), "token_malformed"),
        ("22 empty subject", with(json!({ "sub": "" })), "token_sub"),
        ("23 other party", with(json!({ "cid": "0oa2" })), "token_azp"),
        ("24 other tenant", with(json!({ "org_id": "labs" })), "tenant_mismatch"),
        ("25 groups overage", with(json!({ "hasgroups": true })), "groups_overage"),
        ("29 missing scope", with(json!({ "scp": ["usage:report"] })), "scope_missing"),
        ("29 wildcard scope", with(json!({ "scp": ["usage:*"] })), "scope_missing"),
        ("29 other case", with(json!({ "scp": ["Usage:Collect"] })), "scope_missing"),
        ("30 scope is a number", with(json!({ "scp": 1 })), "token_malformed"),
        ("company of others", with(json!({ "companies": ["Acme GmbH"] })), "company_denied"),
        ("no company", with(json!({ "companies": [] })), "company_none"),
    ];
    for (case, token, reason) in cases {
        let before = if site.home.path("audit.db").exists() { events(&site).len() } else { 0 };
        let ran = as_person(&site, &token, &["collect"]).exits(6);
        assert!(ran.stderr.contains(reason), "{case}: {}", ran.stderr);
        refused(&site, reason);
        assert_eq!(events(&site).len(), before + 1, "{case}: one record");
    }
    assert!(!site.home.path("seatledger.db").exists());
    as_person(&site, &with(json!({})), &["collect"]).exits(0);
}

#[test]
fn a_token_in_the_arguments_is_refused_and_repeated_nowhere() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let token = token(&at_site(json!({})));
    let ran = site.run(&["collect", "--org", &token]).exits(2).says(&["--token-file"]);
    assert!(!ran.stderr.contains(&token) && !ran.stdout.contains(&token));
    assert!(!site.home.path("audit.db").exists());
    assert_eq!(site.server.requests(), []);
}

#[test]
fn broken_policies_deny_everything() {
    let good = policy(ALL_SCOPES, "\"*\"", "");
    let cases = [
        ("33 unknown key", good.replace("[operations]", "[opertions]")),
        (
            "33 empty scopes",
            good.replace("\"usage.collect\" = [\"usage:collect\"]", "\"usage.collect\" = []"),
        ),
        ("34 empty", String::new()),
        ("34 not TOML", "version = ".into()),
    ];
    for (case, broken) in cases {
        let site = site_with(&broken);
        for command in ["collect", "runs"] {
            let ran = site.run(&[command]).exits(2);
            assert!(ran.stderr.contains("the policy file cannot be loaded"), "{case}: {}", ran.stderr);
            refused(&site, "policy_unusable");
        }
        site.run(&["policy", "check"]).exits(2).says(&["line "]);
    }
}

#[test]
fn a_policy_that_cannot_be_read_denies_everything_on_record() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    type Break = fn(&std::path::Path);
    let cases: [(&str, Break, &str); 6] = [
        ("missing", |file| std::fs::remove_file(file).unwrap(), "No such file"),
        (
            "0666",
            |file| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o666)).unwrap(),
            "lets other accounts change it",
        ),
        (
            "a link in a folder that everybody may change",
            |file| {
                let open = file.with_file_name("open");
                std::fs::create_dir(&open).unwrap();
                std::fs::rename(file, open.join("policy.toml")).unwrap();
                std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
                symlink("open/policy.toml", file).unwrap();
            },
            "",
        ),
        (
            "a folder",
            |file| {
                std::fs::remove_file(file).unwrap();
                std::fs::create_dir(file).unwrap();
            },
            "",
        ),
        ("not UTF-8", |file| std::fs::write(file, b"version = 1\n# \xff").unwrap(), "UTF-8"),
        (
            "100 MB",
            |file| std::fs::File::options().write(true).open(file).unwrap().set_len(100 << 20).unwrap(),
            "",
        ),
    ];
    for (case, damage, said) in cases {
        let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
        damage(&site.home.path("policy.toml"));
        for command in ["collect", "runs"] {
            let ran = site.run(&[command]).exits(2);
            assert!(ran.stderr.contains("the policy file cannot be loaded"), "{case}: {}", ran.stderr);
            assert!(ran.stderr.contains(said), "{case}: {}", ran.stderr);
            refused(&site, "policy_unusable");
        }
        assert_eq!(events(&site).len(), 2, "{case}: one record for each");
    }
}

#[test]
fn prohibitions_channels_and_unlisted_operations_are_refused() {
    let forbid =
        "[[forbid]]\nid = \"no-machines\"\ntiers = [\"background\"]\noperation = \"usage.collect\"\n";
    let channel = "[channels]\n\"usage.collect\" = [\"mcp-http\"]\n";
    let permission = "[[permission]]\noperation = \"usage.collect\"\neffect = \"deny\"\n";
    let listed = "\"usage.collect\" = [\"usage:collect\"]\n";
    let cases = [
        (policy(ALL_SCOPES, "\"*\"", forbid), "forbidden:no-machines", "forbidden"),
        (policy(ALL_SCOPES, "\"*\"", channel), "channel_denied", "channel_denied"),
        (policy(ALL_SCOPES, "\"*\"", permission), "permission_denied", "permission_denied"),
        (policy(ALL_SCOPES, "\"*\"", "").replace(listed, ""), "operation_unknown", "operation_unknown"),
        (policy("\"usage:report\"", "\"*\"", ""), "scope_missing", "scope_missing"),
        (policy(ALL_SCOPES, "\"Acme GmbH\"", ""), "company_denied", "company_denied"),
    ];
    for (policy, recorded, told) in cases {
        let site = site_with(&policy);
        let ran = site.run(&["collect"]).exits(6).says(&[told]);
        assert!(!ran.stderr.contains("no-machines"), "which rule it was is not the caller's business");
        refused(&site, recorded);
    }
}

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
fn rates_are_exact_and_refused_calls_are_not_counted() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\nbackground = { max = 3, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    site.run(&["db", "backup", "copy.db"]).exits(6);
    for _ in 0..3 {
        site.run(&["config", "show"]).exits(0);
    }
    site.run(&["collect"]).exits(8).says(&["rate_limited"]);
    refused(&site, "rate_limited");
    site.later(1);
    site.run(&["config", "show"]).exits(0);
}

#[test]
fn eight_processes_share_one_rate() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\nbackground = { max = 5, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    let now = birthday().to_string();
    let start = |_| {
        let mut command = site.home.command(&["config", "show"]);
        command.env("SEATLEDGER_CLOCK", &now).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    let programs: Vec<_> = (0..8).map(start).collect();
    let mut codes: Vec<_> =
        programs.into_iter().map(|mut program| program.wait().unwrap().code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 0, 0, 0, 0, 8, 8, 8]);
    site.later(1);
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
}

#[test]
fn a_killed_collection_gets_an_unknown_outcome() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    site.server.clear_requests();
    let mut program = site.home.command(&["collect"]).stderr(Stdio::null()).spawn().unwrap();
    while site.server.hits("/query") == 0 && program.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    site.server.set_faults(Vec::new());
    site.run(&["audit", "verify"]).exits(0);
    let unknown = events(&site).into_iter().filter(|event| event["status"] == "unknown").count();
    assert_eq!(unknown, 1);
}

#[test]
fn the_stricter_share_of_the_orgs_requests_stays_free() {
    let limits = "[limits]\nkey = \"user\"\n[limits.org]\nkeep_free_api_percent = 60\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.server.set_api_usage(50, 100);
    site.run(&["collect"]).exits(8).says(&["API allowance fell below 60 %"]);
    assert!(site.server.hits("/query") == 0, "only the allowance was asked for");
    let newest = events(&site).pop().unwrap();
    assert_eq!((&newest["kind"], &newest["reason"]), (&json!("outcome"), &json!("org_limit")), "{newest}");
}

#[test]
fn a_budget_of_requests_stops_a_collection_to_the_request() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 5\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["collect"]).exits(8).says(&["budget of api_calls is used up"]);
    assert_eq!(site.server.hits("/services/data/"), 5);
    site.server.clear_requests();
    site.run(&["collect"]).exits(8).says(&["budget_exceeded:api_calls"]);
    refused(&site, "budget_exceeded:api_calls");
}

#[test]
fn what_doctor_sends_is_charged_to_the_budget() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 400\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["doctor"]).exits(0);
    // The look at the clock needs no session and is no request that Salesforce counts.
    let sent = i64::try_from(site.server.hits("/services/data")).unwrap() - 1;
    assert!(sent > 10);
    assert_eq!(events(&site).pop().unwrap()["api_calls"], sent);
    assert_eq!(charged(&site, "api_calls"), (sent, 0));

    let site = site_with(&policy(ALL_SCOPES, "\"*\"", &limits.replace("400", "3")));
    site.run(&["doctor"]);
    assert_eq!(site.server.hits("/services/data"), 3 + 1);
    assert_eq!(charged(&site, "api_calls"), (3, 0));
}

/// What is used and reserved of a unit.
fn charged(site: &Site, unit: &str) -> (i64, i64) {
    let limits = rusqlite::Connection::open(site.home.path("limits.db")).unwrap();
    limits
        .query_row("SELECT sum(used), sum(reserved) FROM usage WHERE unit = ?1", [unit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
}

#[test]
fn operations_side_by_side_share_a_budget() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\napi_calls = 1000\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    let mut hanging = site.command(&["collect"]).stderr(Stdio::null()).spawn().unwrap();
    while site.server.hits("/query") == 0 && hanging.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(charged(&site, "api_calls").1 < 200, "a share, not the day");
    site.server.set_faults(Vec::new());
    site.run(&["doctor"]).exits(0);
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    site.run(&["collect"]).exits(0);
}

#[test]
fn a_report_beyond_the_budget_of_rows_is_withheld_and_not_charged() {
    let limits = "[limits]\nkey = \"user\"\n[limits.daily]\nrows = 100000\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", limits));
    site.run(&["collect"]).exits(0);
    let collected = charged(&site, "rows").0;
    let rows = site.number("SELECT count(*) FROM users");
    let limits = limits.replace("100000", &(collected + rows + 1).to_string());
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", &limits));
    site.run(&["report", "users"]).exits(0);
    assert_eq!(charged(&site, "rows"), (collected + rows, 0));
    let ran = site.run(&["report", "users"]).exits(8).says(&["budget_exceeded:rows"]);
    assert_eq!(ran.stdout, "");
    site.run(&["export", "feed"]).exits(8);
    assert!(!site.home.path("feed/users.csv").exists());
    let newest = events(&site).pop().unwrap();
    assert_eq!((&newest["status"], &newest["reason"]), (&json!("failure"), &json!("budget_exceeded:rows")));
    assert_eq!(charged(&site, "rows"), (collected + rows, 0), "nothing left, nothing is charged");
}

#[test]
fn a_result_that_cannot_be_put_into_its_place_is_corrected_on_record() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let status = site.command(&["report", "users"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let events = events(&site);
    let told: Vec<_> = events.iter().rev().take(2).map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["failure", "success"], "newest first");
    let newest = events.last().unwrap();
    assert_eq!(newest["reason"], "release_failed");
    assert!(newest["error"].as_str().unwrap().contains("No space left"), "{newest}");
    assert_eq!(newest["trace_id"], events[events.len() - 2]["trace_id"]);
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
}

#[test]
fn a_journal_that_cannot_be_written_refuses_everything() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new(60);
    site.run(&["config", "show"]).exits(0);
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    journal.execute_batch("BEGIN IMMEDIATE").unwrap();
    site.run(&["collect"]).exits(7).says(&["nothing was done"]);
    journal.execute_batch("ROLLBACK").unwrap();
    drop(journal);
    std::fs::set_permissions(site.home.path("audit.db"), std::fs::Permissions::from_mode(0o644)).unwrap();
    site.run(&["collect"]).exits(7).says(&["nothing was done"]);
    // Who runs as root may write whatever its mode is; SQLite keeps a read-only journal of its own.
    close(&site, "audit.db");
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'readonly'); END";
    journal.execute_batch(refuse).unwrap();
    drop(journal);
    site.run(&["collect"]).exits(7).says(&["nothing was done"]);
    assert_eq!(site.server.requests(), []);
    assert!(!site.home.path("seatledger.db").exists());
}

#[test]
fn without_a_record_nothing_is_done() {
    let site = Site::new(60);
    std::fs::create_dir(site.home.path("audit.db")).unwrap();
    site.run(&["collect"]).exits(7).says(&["nothing was done"]);
    assert_eq!(site.server.requests(), []);
    assert!(!site.home.path("seatledger.db").exists());
    std::fs::remove_dir(site.home.path("audit.db")).unwrap();
    site.home.write("audit.db", "not a journal");
    close(&site, "audit.db");
    site.run(&["collect"]).exits(7);
    assert_eq!(site.server.requests(), []);
}

#[test]
fn a_result_whose_outcome_cannot_be_recorded_is_withheld() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    journal
        .execute_batch(
            "CREATE TRIGGER full BEFORE INSERT ON event WHEN new.body LIKE '%\"kind\":\"outcome\"%'
             BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
        )
        .unwrap();
    let ran = site.run(&["report", "users"]).exits(7).says(&["may have taken effect"]);
    assert_eq!(ran.stdout, "");
    site.run(&["report", "users", "--format", "csv", "-o", "users.csv"]).exits(7);
    site.run(&["export", "feed", "--identify"]).exits(7);
    site.run(&["db", "backup", "copy.db"]).exits(7);
    assert!(!site.home.path("users.csv").exists() && !site.home.path("copy.db").exists());
    assert!(std::fs::read_dir(site.home.path("feed")).map_or(true, |mut files| files.next().is_none()));
    let before = site.number("SELECT count(*) FROM run WHERE merged = 1");
    site.run(&["collect"]).exits(7);
    assert_eq!(site.number("SELECT count(*) FROM run WHERE merged = 1"), before, "nothing is merged");
}

#[test]
fn every_operation_leaves_an_attempt_and_an_outcome() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    site.run(&["report", "licenses"]).exits(0);
    let events = events(&site);
    let told: Vec<_> = events
        .iter()
        .map(|event| (event["kind"].as_str().unwrap(), event["operation"].as_str().unwrap()))
        .collect();
    let expected = [
        ("attempt", "usage.collect"),
        ("outcome", "usage.collect"),
        ("attempt", "usage.report"),
        ("outcome", "usage.report"),
    ];
    assert_eq!(told, expected);
    assert_eq!(events[1]["status"], "success");
    assert!(events[1]["rows"].as_i64().unwrap() > 60 && events[1]["api_calls"].as_i64().unwrap() > 5);
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
    site.run(&["audit", "list"]).exits(0).prints(&["usage.collect", "success"]);
    site.run(&["audit", "show", "1"]).exits(0).prints(&["\"attempt\""]);
    site.run(&["audit", "export", "--format", "csv"]).exits(0).prints(&["seq,time,kind"]);
}

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

#[test]
fn decisions_are_explained() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["policy", "explain", "usage.collect"]).exits(0).prints(&["usage.collect: allow", "scopes"]);
    site.run(&["policy", "explain", "usage.backup"]).exits(0).prints(&["usage.backup: deny", "NO"]);
    site.run(&["policy", "explain", "usage.report", "--as", "okta:bob", "--scope", "usage:report"])
        .exits(0)
        .prints(&["usage.report: deny", "company_none"]);
    site.run(&["policy", "explain", "usage.collcet"]).exits(2).says(&["there is no operation"]);
}

#[test]
fn a_changed_policy_is_an_event() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["config", "show"]).exits(0);
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", "# changed\n"));
    site.run(&["config", "show"]).exits(0);
    let changes = events(&site).into_iter().filter(|event| event["operation"] == "policy.changed").count();
    assert_eq!(changes, 1);
}

#[test]
fn events_reach_a_sink_and_heads_are_signed() {
    let sink = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let audit = format!(
        "[audit]\npath = \"records/audit.db\"\nhmac_key_file = \"audit.hmac\"\n\
         checkpoint = {{ every = 100, sign_key_file = \"audit.key\", copy_to = \"heads\" }}\n\
         [[audit.sink]]\nname = \"siem\"\nurl = \"{}/hook\"\nallow_private = true\n\
         secret_file = \"siem.secret\"\nformat = \"ocsf-1.8\"\nmax_backlog = 100\non_backlog = \"warn\"\n",
        sink.url()
    );
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", &audit));
    let secrets = [
        ("audit.hmac", "h".repeat(64)),
        ("audit.key", CheckpointKey::generate().unwrap().expose().to_owned()),
        ("siem.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()),
    ];
    for (name, secret) in &secrets {
        site.home.write(name, secret);
        close(&site, name);
    }
    std::fs::create_dir(site.home.path("heads")).unwrap();
    site.run(&["report", "users", "--org", "acme"]).exits(2);
    site.run(&["collect"]).exits(0);
    assert_eq!(sink.hits("/hook"), 6, "two records and a signed head for each of the two");
    assert_eq!(std::fs::read_dir(site.home.path("heads")).unwrap().count(), 2);
    assert!(!site.home.path("audit.db").exists(), "the policy's word counts more than the configuration's");
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
    site.run(&["audit", "push"]).exits(0).prints(&["siem:"]);
    site.run(&["audit", "push", "--enable", "other"]).exits(2);
}
