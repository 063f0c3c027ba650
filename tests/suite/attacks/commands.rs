//! Every command of the table, under a policy that allows nothing and without a journal.

use seatledger::cli::{COMMANDS, Duty};
use seatledger::policy::OPERATIONS;
use serde_json::json;

use super::policed_site::{events, policy, refused, site_with};
use crate::site::Site;

/// A command line for every command that is an operation, beside the command's words.
const COMMAND_LINES: &[(&str, &[&str])] = &[
    ("collect", &[]),
    ("report", &["users"]),
    ("explain", &["users", "active_users"]),
    ("export", &["feed"]),
    ("doctor", &[]),
    ("runs", &[]),
    ("contracts check", &[]),
    ("contracts template", &["--from-database"]),
    ("config show", &[]),
    ("db backup", &["copy.db"]),
    ("db purge", &["--before", "2026-01-01"]),
    ("db check", &[]),
    ("policy explain", &["usage.collect"]),
    ("audit list", &[]),
    ("audit show", &["1"]),
    ("audit export", &["--output", "events.jsonl"]),
    ("audit verify", &[]),
    ("audit push", &[]),
];

/// Further forms of commands that could do another thing than the plain one.
const OTHER_FORMS: &[(&str, &[&str])] = &[
    ("collect", &["--dry-run"]),
    ("report", &["overview", "--format", "html", "--output", "overview.html"]),
    ("report", &["trend"]),
    ("report", &["chargeback"]),
    ("export", &["feed", "--identify"]),
    ("export", &["feed", "--format", "csv,parquet,prometheus"]),
    ("db purge", &["--before", "2026-01-01", "--dry-run"]),
    ("audit verify", &["audit.db"]),
];

/// Every guarded command with the operation that it is, and its arguments.
fn guarded() -> Vec<(&'static str, Vec<&'static str>)> {
    let lines = COMMAND_LINES.iter().chain(OTHER_FORMS);
    let words = |(path, more): &(&'static str, &[&'static str])| {
        let (_, duty) = COMMANDS.iter().find(|(command, _)| command == path).unwrap();
        let (Duty::Guarded(operation) | Duty::Asks(operation)) = duty else { panic!("{path} is free") };
        (operation.name(), path.split(' ').chain(more.iter().copied()).collect())
    };
    lines.map(words).collect()
}

/// The names and bytes of all files of the home but the journal's and the counts'.
fn files(site: &Site) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(site.home.path(""))
        .unwrap()
        .map(|file| file.unwrap())
        .filter(|file| {
            !["audit.db", "limits.db"].iter().any(|own| file.file_name().to_string_lossy().starts_with(own))
        })
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap_or_default()))
        .collect();
    files.sort();
    files
}

/// A collected installation whose requests are counted from here on.
fn collected() -> Site {
    let site = site_with(&policy("\"usage:collect\"", "\"*\"", ""));
    site.run(&["collect"]).exits(0);
    site.server.clear_requests();
    site
}

#[test]
fn every_guarded_command_has_a_command_line_here() {
    for (path, duty) in COMMANDS {
        let has_one = COMMAND_LINES.iter().any(|(command, _)| command == path);
        assert_eq!(has_one, !matches!(duty, Duty::Free(_)), "{path}");
    }
}

#[test]
fn a_policy_that_allows_nothing_denies_every_command() {
    let site = collected();
    super::policed_site::set_policy(&site, &policy("\"nothing:at-all\"", "\"*\"", ""));
    let before = files(&site);
    for (operation, arguments) in guarded() {
        let recorded = events(&site).len();
        let ran = site.run(&arguments).exits(6).says(&["refused"]);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        refused(&site, "scope_missing");
        let events = events(&site);
        assert_eq!(events.last().unwrap()["operation"], json!(operation), "{arguments:?}");
        // The first run under the changed policy records the change, too.
        let changes =
            events[recorded..].iter().filter(|event| event["operation"] == "policy.changed").count();
        assert_eq!(events.len() - recorded - changes, 1, "{arguments:?}");
    }
    assert_eq!(files(&site), before, "nothing is written");
}

#[test]
fn without_a_journal_every_command_does_nothing() {
    let site = collected();
    let all =
        r#""usage:collect", "usage:report", "usage:export", "usage:identify", "usage:admin", "audit:read""#;
    super::policed_site::set_policy(&site, &policy(all, "\"*\"", ""));
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    journal.execute_batch(refuse).unwrap();
    drop(journal);
    let before = files(&site);
    let recorded = events(&site).len();
    for (_, arguments) in guarded() {
        let ran = site.run(&arguments).exits(7).says(&["nothing was done"]);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    assert_eq!(site.server.requests(), []);
    assert_eq!(files(&site), before, "nothing is written");
    assert_eq!(events(&site).len(), recorded);
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
    for operation in OPERATIONS.iter().filter(|operation| operation.is_available()) {
        // Persons in clear are part of a report or an export.
        assert!(runs(operation.name()) || operation.name() == "usage.identify", "{}", operation.name());
    }
}
