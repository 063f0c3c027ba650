//! The journal: nothing is done without it, nothing leaves before it, and what it keeps cannot be forged from outside.

use std::process::Stdio;

use serde_json::{Value, json};

use super::policed_site::{
    ALL_SCOPES, as_person, at_site, audit_rooms, close, events, policy, refused, set_policy, site_with,
    write_audit_secrets,
};
use crate::emulator_caller::read_faults;
use crate::scripted_server::{Reply, ScriptedServer};
use crate::site::Site;
use crate::token_maker::token;

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
fn a_killed_collection_gets_an_unknown_outcome() {
    let site = Site::new(60);
    site.run(&["collect"]).exits(0);
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    site.server.clear_requests();
    let mut program = site.home.command(&["collect"]).stderr(Stdio::null()).spawn().unwrap();
    site.wait_until(&mut program, |site| site.server.hits("/query") > 0);
    program.kill().unwrap();
    program.wait().unwrap();
    site.server.set_faults(Vec::new());
    site.run(&["audit", "verify"]).exits(0);
    let unknown = events(&site).into_iter().filter(|event| event["status"] == "unknown").count();
    assert_eq!(unknown, 1);
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
fn a_changed_policy_is_an_event() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["config", "show"]).exits(0);
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", "# changed\n"));
    site.run(&["config", "show"]).exits(0);
    let changes = events(&site).into_iter().filter(|event| event["operation"] == "policy.changed").count();
    assert_eq!(changes, 1);
}

#[test]
fn case_82_what_was_done_to_a_journal_is_told_to_the_event() {
    let cases = [
        (
            "edited",
            "UPDATE event SET body = CAST(replace(body, 'usage.report', 'usage.export') AS BLOB) WHERE seq = 5",
            5,
        ),
        ("deleted", "DELETE FROM event WHERE seq = 3", 3),
        (
            "swapped",
            "UPDATE event SET seq = -seq WHERE seq IN (2, 3); UPDATE event SET seq = 5 + seq WHERE seq < 0",
            2,
        ),
        (
            "inserted",
            "INSERT INTO event (seq, body, prev, hash) SELECT 11, body, prev, zeroblob(32) FROM event WHERE seq = 6",
            11,
        ),
        ("of another chain", "UPDATE meta SET v = zeroblob(16) WHERE k = 'chain_id'", 1),
    ];
    for (case, damage, first_bad) in cases {
        let site = Site::new(20);
        for report in ["users", "licenses", "users", "licenses"] {
            site.run(&["report", report]);
        }
        site.run(&["audit", "verify"]).exits(0);
        let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
        for name in ["event_stays", "event_is_final", "checkpoint_stays", "checkpoint_is_final"] {
            journal.execute_batch(&format!("DROP TRIGGER IF EXISTS {name}")).unwrap();
        }
        let triggers = "SELECT name FROM sqlite_schema WHERE type = 'trigger'";
        let left = journal.prepare(triggers).unwrap().exists([]).unwrap();
        assert!(!left, "{case}");
        journal.execute_batch(&format!("PRAGMA ignore_check_constraints = 1; {damage}")).unwrap();
        // A journal whose end does not fit is not written on, so that a copy is what can be checked.
        let copy = site.home.path("copy.db");
        journal.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        drop(journal);
        let broken = format!("BROKEN at event {first_bad}:");
        let ran = site.run(&["audit", "verify", "copy.db"]).exits(1).prints(&[&broken]);
        assert_eq!(ran.stdout.find("BROKEN"), ran.stdout.find(&broken), "{case}: the first");
    }
}

#[test]
fn cases_84_and_85_what_a_person_is_called_cannot_forge_a_record() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\u{202e}nimda"];
    for name in names {
        let claims =
            at_site(json!({ "sub": name, "email": "a\nb\u{1b}[2J@acme.example", "scp": ["usage:report"] }));
        as_person(&site, &token(&claims), &["policy", "explain", "usage.collect"]).exits(0);
    }
    let lines = site.run(&["audit", "export", "--format", "jsonl"]).exits(0).stdout;
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert!(!lines.contains('\u{1b}') && !lines.contains("a\nb") && !lines.contains('\u{202e}'), "{lines}");
    let sheet = site.run(&["audit", "export", "--format", "csv"]).exits(0).stdout;
    let mut rows = csv::Reader::from_reader(sheet.as_bytes());
    for row in rows.records() {
        for cell in &row.unwrap() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    let table = site.run(&["audit", "list"]).exits(0).stdout;
    assert!(!table.contains('\u{202e}') && !table.contains('\u{1b}'), "{table}");
}

#[test]
fn case_89_a_receiver_that_must_have_every_event_stops_the_work_when_it_is_away() {
    for (on_backlog, code) in [("deny", 7), ("warn", 0)] {
        let sink = ScriptedServer::start(|_, _| Reply::Close);
        let audit = format!(
            "[[audit.sink]]\nname = \"siem\"\nurl = \"{}/hook\"\nallow_private = true\nsecret_file = \"siem.secret\"\n\
             format = \"ocsf-1.8\"\nmax_backlog = 1\non_backlog = \"{on_backlog}\"\n",
            sink.url()
        );
        let site = site_with(&policy(ALL_SCOPES, "\"*\"", &audit));
        site.write_private("siem.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        site.run(&["config", "show"]).exits(0).says(&["has not taken every event"]);
        site.run(&["collect"]).exits(code);
        assert_eq!(site.server.requests().is_empty(), code == 7);
    }
}

#[test]
fn case_90_a_record_names_the_policy_that_it_was_decided_by() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["config", "show"]).exits(0);
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", "# changed\n"));
    site.run(&["config", "show"]).exits(0);
    let attempts = events(&site).into_iter().filter(|event| event["kind"] == "attempt");
    let policies: Vec<_> = attempts.map(|event| event["policy_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(policies.len(), 2);
    assert_ne!(policies[0], policies[1]);
}

#[test]
fn case_91_the_journal_is_for_those_who_may_read_it_and_of_their_tenant() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let person = token(&at_site(json!({ "scp": ["usage:report"] })));
    let commands: [&[&str]; 5] = [
        &["audit", "list"],
        &["audit", "show", "1"],
        &["audit", "export", "--output", "events.jsonl"],
        &["audit", "verify"],
        &["audit", "push"],
    ];
    for command in commands {
        as_person(&site, &person, command).exits(6).says(&["scope_missing"]);
        refused(&site, "scope_missing");
    }
    let labs = policy(ALL_SCOPES, "\"*\"", "").replace("tenant = \"acme\"", "tenant = \"labs\"");
    set_policy(&site, &labs);
    let told = site.run(&["audit", "list", "--last", "100", "--json"]).exits(0).stdout;
    assert!(!told.contains("00u-anna"), "{told}");
    let told = site.run(&["audit", "export"]).exits(0).stdout;
    assert!(!told.contains("00u-anna"), "{told}");
    site.run(&["audit", "show", "1"]).exits(2).says(&["there is no event 1"]);
}

#[test]
fn events_reach_a_sink_and_heads_are_signed() {
    let sink = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", &audit_rooms(sink.url().as_ref())));
    write_audit_secrets(&site);
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
