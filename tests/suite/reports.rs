//! Reports and exports of a collected org, as their readers see them.

mod access_review;
mod books_read;
mod chargeback;
mod contract_site;
mod data_quality;
mod deactivated_holders;
mod diff;
mod document;
mod duplicates;
mod entitlements;
mod evidence;
mod expiring;
mod explained;
mod forecast;
mod frozen;
mod history_site;
mod inactive;
mod integration_users;
mod licenses;
mod login_based;
mod native_check;
mod options;
mod orphans;
mod people;
mod reclaimable;
mod renewals;
mod savings;
mod small_groups;
mod subscriptions;
mod trend;
mod true_up;
mod users;
mod utilization;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::Value;

use crate::emulator_caller::read_faults;
use crate::site::Site;
use crate::support::{Home, Ran, mode};

/// When the demo that all these tests read was collected.
const COLLECTED: &str = "2026-11-21T03:00:00Z";
const CONFIG: &str = "seatledger-demo/seatledger.toml";

/// A home in which the demo has run once. The tests only read it.
fn demo() -> &'static Home {
    static DEMO: OnceLock<Home> = OnceLock::new();
    DEMO.get_or_init(|| {
        let home = Home::new().with("SEATLEDGER_CLOCK", COLLECTED);
        let ran = home.run(&["demo", "--users", "300"]).exits(0);
        let ran = ran.prints(&["this machine", "complete", "utilization %", " is whole: "]).says(&[
            "simulated",
            "seatledger.db",
            "seatledger emulator --listen 127.0.0.1:",
            "seatledger report utilization --config",
            "more lines",
        ]);
        let lines = |text: &str| text.lines().count();
        assert!(lines(&ran.stdout) < 48 && lines(&ran.stderr) < 64, "{}\n{}", ran.stdout, ran.stderr);
        home
    })
}

/// Runs a command of the demo's configuration.
fn run(arguments: &[&str]) -> Ran {
    demo().run(&[arguments, &["--config", CONFIG]].concat())
}

fn json(arguments: &[&str]) -> Value {
    let text = run(&[arguments, &["--format", "json"]].concat()).exits(0).stdout;
    serde_json::from_str(&text).unwrap()
}

/// The rows of a CSV text by column name.
fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .map(|record| header.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect());
    rows.collect()
}

/// A JSON cell as CSV writes it.
fn csv_text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // Percents have two decimals in both, which the JSON reader does not keep.
        other => other.to_string(),
    }
}

#[test]
fn all_formats_tell_the_same() {
    for report in ["licenses", "users", "subscriptions"] {
        let document = json(&["report", report]);
        assert_eq!(document["report"], report);
        assert_eq!(document["complete"], true);
        let rows = document["rows"].as_array().unwrap();
        assert!(rows.len() > 10, "{report}: {}", rows.len());

        let csv = run(&["report", report, "--format", "csv"]).exits(0).stdout;
        let columns: Vec<_> = document["columns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["name"].as_str().unwrap())
            .collect();
        assert_eq!(csv.lines().next().unwrap(), columns.join(",") + ",as_of,complete");
        let csv = csv_rows(&csv);
        assert_eq!(csv.len(), rows.len(), "{report}");
        for (from_csv, from_json) in csv.iter().zip(rows) {
            assert_eq!(from_csv["as_of"], document["as_of"].as_str().unwrap());
            for column in columns.iter().filter(|column| !column.ends_with("_percent")) {
                assert_eq!(from_csv[*column], csv_text(&from_json[column]), "{report}.{column}");
            }
        }

        let table = run(&["report", report]).exits(0).stdout;
        let lines = table.lines().skip(1).take_while(|line| !line.is_empty()).count();
        assert_eq!(lines, rows.len(), "{report} as a table");
        assert!(
            table.contains(&format!("Complete as of {}.", document["as_of"].as_str().unwrap())),
            "{table}"
        );
    }
}

#[test]
fn an_earlier_time_gives_the_state_of_then() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let report = |as_of: &str| site.run(&["report", "users", "--as-of", as_of]);
    report("2026-11-21T12:00:00Z").exits(2).says(&["no collected state is as old as", "seatledger runs"]);
    report("2026-11-22").exits(2).says(&[
        "nothing was collected at or after 2026-11-22T00:00:00.000Z; the newest state is of 2026-11-21T12:00:0",
        "leave --as-of out",
    ]);
    site.later(24);
    site.run(&["collect"]).exits(0);
    report("2026-11-22").exits(0).prints(&[
        "Complete as of 2026-11-22T00:00:00.000Z.",
        "The newest state up to then was collected at 2026-11-21T12:00:0",
    ]);
}

/// The totals of a report.
fn totals(site: &Site, report: &str, code: i32) -> Value {
    let text = site.run(&["report", report, "--format", "json"]).exits(code).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["complete"], code == 0, "{report}");
    document["totals"].clone()
}

#[test]
fn totals_of_what_was_never_read_are_unknown_and_not_zero() {
    let site = Site::new(50);
    site.configure("exclude = [\"User\", \"UserLicense\"]", "");
    site.run(&["collect"]).exits(0);
    let users = totals(&site, "users", 3);
    assert!(users.as_object().unwrap().values().all(Value::is_null), "{users}");
    let licenses = totals(&site, "licenses", 3);
    for unknown in ["user_seats", "user_used", "feature_used", "total_shortfall", "licenses_left_out"] {
        assert!(licenses[unknown].is_null(), "{unknown}: {licenses}");
    }
    assert!(licenses["permission_set_seats"].as_i64().unwrap() > 0, "{licenses}");
    assert!(totals(&site, "subscriptions", 3)["subscriptions"].is_null());
    site.run(&["report", "users", "--fail-on", "users < 1"])
        .exits(3)
        .says(&["the threshold `users < 1` counts as crossed: its number is unknown"]);

    let site = Site::new(50);
    site.configure("exclude = [\"UserLogin\", \"LoginHistory\"]", "");
    site.run(&["collect"]).exits(0);
    let users = totals(&site, "users", 0);
    assert!(users["users"].as_i64().unwrap() > 0 && users["frozen_users"].is_null(), "{users}");
    site.run(&["report", "users"]).exits(0).prints(&["frozen users -", "acme: UserLogin is skipped"]);
    site.run(&["report", "users", "--fail-on", "frozen_users > 9"])
        .exits(4)
        .says(&["counts as crossed: its number is unknown"]);
    assert!(totals(&site, "licenses", 0)["user_used"].as_i64().unwrap() > 0);
}

#[test]
fn what_is_left_out_after_it_was_collected_is_old() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let before = totals(&site, "users", 0);
    site.later(24);
    site.configure("exclude = [\"User\"]", "");
    site.run(&["collect"]).exits(0);
    assert_eq!(totals(&site, "users", 3), before);
    site.run(&["report", "users"]).exits(3).prints(&[
        "INCOMPLETE as of 2026-11-22T12:00:0",
        "acme: User is skipped: ",
        "; its rows are those of 2026-11-21T12:00:0",
    ]);
    site.run(&["report", "subscriptions"]).exits(0).prints(&["Complete as of 2026-11-22T12:00:0"]);
    site.run(&["export", "feed", "--identify"]).exits(3);
    let complete = |name: &str| csv_rows(&site.home.read(name))[0]["complete"].clone();
    assert_eq!(
        (complete("feed/users.csv"), complete("feed/subscriptions.csv")),
        ("false".into(), "true".into())
    );
}

#[test]
fn an_org_without_a_state_is_named() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let config = site.home.read("seatledger.toml");
    let org = config.split("[[org]]").nth(1).unwrap().replace("\"acme\"", "\"labs\"");
    site.home.write("seatledger.toml", &format!("{config}[[org]]{org}"));
    let sentence = "labs: nothing was collected up to then, and it is in none of these numbers.";
    site.run(&["report", "licenses"]).exits(3).prints(&["INCOMPLETE as of", sentence]);
    site.run(&["export", "feed", "--identify"]).exits(3).says(&[sentence]);
    let text = site.run(&["report", "licenses", "--format", "json"]).exits(3).stdout;
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["orgs"][1]["org"], "labs");
    assert!(document["orgs"][1]["collected_at"].is_null());
    site.run(&["report", "licenses", "--org", "acme"]).exits(0);
    site.run(&["report", "licenses", "--org", "labs"])
        .exits(2)
        .says(&["nothing of labs has been collected into the database yet"]);
}

#[test]
fn thresholds_are_judged_after_the_output_is_written() {
    let crossed = run(&["report", "licenses", "--format", "csv", "--fail-on", "utilization >= 0"]).exits(4);
    assert!(crossed.stdout.lines().count() > 10);
    crossed.says(&["warning: the threshold `utilization >= 0` was crossed", "more"]);
    run(&["report", "licenses", "--fail-on", "utilization > 1000", "--fail-on", "user_seats > 0"])
        .exits(4)
        .says(&["the threshold `user_seats > 0` was crossed"]);
    run(&["report", "licenses", "--fail-on", "utilization > 1000"]).exits(0);
    run(&["report", "users", "--fail-on", "active_without_license < 0"]).exits(0);
    run(&["report", "native-check", "--fail-on", "active_difference > 0"])
        .exits(0)
        .says(&["the threshold `active_difference > 0` could not be compared: its column is empty in all"]);
}

#[test]
fn a_file_is_replaced_whole_and_closed_to_others() {
    let home = demo();
    home.write("licenses.csv", "old");
    let to_file = run(&["report", "licenses", "--format", "csv", "-o", "licenses.csv"]).exits(0);
    assert_eq!(to_file.stdout, "");
    let to_stdout = run(&["report", "licenses", "--format", "csv"]).exits(0).stdout;
    assert_eq!(home.read("licenses.csv"), to_stdout);
    assert_eq!(mode(&home.path("licenses.csv")), 0o600);

    run(&["report", "licenses", "-o", "nowhere/licenses.txt"]).exits(1).says(&[
        "error: cannot write",
        "nowhere/licenses.txt",
        "caused by: No such file or directory",
        "hint: make its folder first",
    ]);
    let to_dash = run(&["report", "licenses", "--format", "csv", "-o", "-"]).exits(0).stdout;
    assert_eq!(to_dash, to_stdout);
    assert!(!home.path("-").exists());
}

#[test]
fn output_never_replaces_what_the_program_lives_on() {
    let home = demo();
    std::os::unix::fs::symlink("seatledger-demo/seatledger.db", home.path("linked.db")).unwrap();
    for own in ["seatledger.db", "seatledger.toml", "keys/demo.key", "keys/privacy.key", "seatledger.db-wal"]
    {
        run(&["report", "licenses", "-o", &format!("seatledger-demo/{own}")])
            .exits(2)
            .says(&["lives on, and output never replaces it"]);
    }
    run(&["report", "licenses", "-o", "linked.db"]).exits(2);
    run(&["db", "check"]).exits(0);
}

#[test]
fn a_reader_that_goes_away_is_content_in_every_format() {
    for format in ["table", "csv", "json"] {
        let arguments = ["report", "users", "--format", format, "--config", CONFIG];
        let mut command = demo().command(&arguments);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut program = command.spawn().unwrap();
        drop(program.stdout.take());
        let ended = program.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{format}");
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "{format}");
    }
}

#[test]
fn exports_hide_people_and_still_join() {
    let home = demo();
    run(&["export", "hidden"]).exits(0).says(&["users.csv"]);
    run(&["export", "shown", "--identify"]).exits(0);
    let (hidden, shown) = (home.read("hidden/users.csv"), home.read("shown/users.csv"));
    let (hidden_rows, shown_rows) = (csv_rows(&hidden), csv_rows(&shown));
    assert_eq!(hidden_rows.len(), shown_rows.len());

    let personal =
        ["user_id", "username", "name", "email", "employee_number", "federation_identifier", "manager_id"];
    for (hidden, shown) in hidden_rows.iter().zip(&shown_rows) {
        for column in personal {
            let is_hidden = hidden[column].starts_with("p_") || shown[column].is_empty();
            assert!(is_hidden && hidden[column] != shown[column] || shown[column].is_empty(), "{column}");
        }
        for column in shown.keys().filter(|column| !personal.contains(&column.as_str()) && *column != "extra")
        {
            assert_eq!(hidden[column], shown[column], "{column}");
        }
    }
    for row in &shown_rows {
        for column in ["username", "email", "user_id"] {
            assert!(
                row[column].is_empty() || !hidden.contains(&row[column]),
                "{} is in the export",
                row[column]
            );
        }
    }
    let join = |rows: &[BTreeMap<String, String>]| -> usize {
        let ids: BTreeSet<_> = rows.iter().map(|row| row["user_id"].clone()).collect();
        rows.iter().filter(|row| ids.contains(&row["manager_id"])).count()
    };
    assert_eq!(join(&hidden_rows), join(&shown_rows), "managers are found under their pseudonyms");
    assert!(join(&shown_rows) > 0);
    for file in ["licenses.csv", "users.csv", "subscriptions.csv"] {
        assert_eq!(mode(&home.path(&format!("hidden/{file}"))), 0o600, "{file}");
    }
}

#[test]
fn the_same_state_is_the_same_bytes_anywhere() {
    let home = demo();
    run(&["export", "here"]).exits(0);
    let mut elsewhere = home.command(&["export", "there", "--config", CONFIG]);
    elsewhere.env("TZ", "America/Caracas").env("LANG", "ar_EG.UTF-8").env("LC_ALL", "tr_TR.UTF-8");
    Ran::of(&["export"], elsewhere.output().unwrap()).exits(0);
    for file in ["licenses.csv", "users.csv", "subscriptions.csv"] {
        let (here, there) = (home.read(&format!("here/{file}")), home.read(&format!("there/{file}")));
        assert!(here == there, "{file} differs");
        assert!(here.is_ascii() || !here.starts_with('\u{feff}'), "no byte order mark");
        assert!(!here.contains('\r'));
    }
}

#[test]
fn an_export_without_a_key_for_pseudonyms_writes_nothing() {
    let home = demo();
    let config = home.read(CONFIG).replace("key_file = \"keys/privacy.key\"", "");
    home.write("seatledger-demo/keyless.toml", &config);
    home.run(&["export", "keyless", "--config", "seatledger-demo/keyless.toml"])
        .exits(2)
        .says(&["there is no key for the pseudonyms of people", "--identify"]);
    assert!(!home.path("keyless").exists());
}

#[test]
fn an_incomplete_state_says_so_everywhere() {
    let site = Site::new(50);
    site.server.hide_object("UserLicense", true).unwrap();
    site.run(&["collect"]).exits(3);
    site.run(&["report", "users"]).exits(3).prints(&[
        "INCOMPLETE as of 2026-11-21T12:00:0",
        "acme: the run that ended 2026-11-21T12:00:0",
        "was incomplete: UserLicense is unavailable:",
    ]);
    let csv =
        site.run(&["report", "users", "--format", "csv"]).exits(3).says(&["warning: INCOMPLETE"]).stdout;
    assert!(csv_rows(&csv).iter().all(|row| row["complete"] == "false"));
    let document: Value =
        serde_json::from_str(&site.run(&["report", "users", "--format", "json"]).exits(3).stdout).unwrap();
    assert_eq!(document["complete"], false);
    let gaps = document["orgs"][0]["gaps"].as_array().unwrap();
    assert!(
        gaps.iter().any(|gap| gap["object"] == "UserLicense" && gap["status"] == "unavailable"),
        "{gaps:?}"
    );
    // Not being whole outweighs a threshold.
    site.run(&["report", "users", "--fail-on", "users > 0"])
        .exits(3)
        .says(&["threshold `users > 0` was crossed"]);
}

#[test]
fn a_failed_run_is_mentioned_beside_the_numbers_before_it() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let before = site.run(&["report", "licenses"]).exits(0);
    assert!(!before.stderr.contains("warning"), "{}", before.stderr);

    site.later(24);
    site.server.set_faults(read_faults(&["token:inactive_user*all"]));
    site.run(&["collect"]).exits(5);
    let after = site.run(&["report", "licenses"]).exits(0).says(&[
        "warning: acme: the run of 2026-11-22T12:00:0",
        " failed; the numbers are those of 2026-11-21T12:00:0",
    ]);
    assert_eq!(after.stdout, before.stdout);
}

#[test]
fn reading_needs_no_key() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    site.configure("", "certificate_file = \"gone/acme.crt\"");
    site.run(&["collect"]).exits(0);
    std::fs::remove_file(site.home.path("acme.key")).unwrap();
    let readers: &[&[&str]] = &[
        &["report", "licenses"],
        &["runs"],
        &["db", "check"],
        &["config", "show"],
        &["export", "feed", "--identify"],
    ];
    for arguments in readers {
        site.run(arguments).exits(0);
    }
    site.run(&["doctor"]).exits(2).prints(&["private key: cannot read", "acme.key"]);
    site.run(&["collect"]).exits(2).says(&["org `acme` could not be read", "acme.key"]);
}

#[test]
fn runs_are_listed_with_their_objects() {
    run(&["runs"]).exits(0).prints(&["started at", "finished at", "demo", "complete"]);
    let runs: Value = serde_json::from_str(&run(&["runs", "--json"]).exits(0).stdout).unwrap();
    let first = &runs["runs"][0];
    assert_eq!(first["status"], "complete");
    let finished_at = first["finished_at"].as_str().unwrap();
    run(&["runs"]).exits(0).prints(&[finished_at]);
    run(&["report", "licenses", "--as-of", finished_at]).exits(0);
    let users =
        first["objects"].as_array().unwrap().iter().find(|object| object["object"] == "User").unwrap();
    assert!(users["rows"].as_u64().unwrap() > 100, "{users}");
    run(&["runs", "--org", "dmeo"]).exits(2).says(&["no org `dmeo`", "did you mean `demo`?"]);
    run(&["runs", "--last", "18446744073709551615"]).exits(2).says(&["--last"]);
}

#[test]
fn a_copy_of_the_database_is_whole_and_never_replaces_a_file() {
    let home = demo();
    run(&["db", "check"]).exits(0).says(&["is sound"]);
    run(&["db", "backup", "copy.db"]).exits(0);
    assert_eq!(mode(&home.path("copy.db")), 0o600);
    run(&["db", "backup", "copy.db"]).exits(2).says(&["copy.db", "hint: name another file"]);
    run(&["db", "backup", "none/copy.db"]).exits(1).says(&["cannot create the copy", "make its folder"]);
    home.write("seatledger-demo/copied.toml", &home.read(CONFIG).replace("seatledger.db", "../copy.db"));
    home.run(&["db", "check", "--config", "seatledger-demo/copied.toml"]).exits(0);
    let copied = home.run(&["report", "licenses", "--config", "seatledger-demo/copied.toml"]).exits(0).stdout;
    assert_eq!(copied, run(&["report", "licenses"]).exits(0).stdout);
}

#[test]
fn the_demo_runs_again_in_its_folder_and_in_no_other() {
    let home = Home::new().with("SEATLEDGER_CLOCK", COLLECTED);
    home.run(&["demo", "--users", "50", "--out", "try"]).exits(0);
    let key = home.read("try/keys/demo.key");
    home.run(&["demo", "--users", "50", "--out", "try"]).exits(0);
    assert_eq!(home.read("try/keys/demo.key"), key);

    std::fs::create_dir(home.path("mine")).unwrap();
    home.write("mine/notes.txt", "precious");
    home.run(&["demo", "--out", "mine"]).exits(2).says(&["mine holds something else than a demo", "--out"]);
    assert_eq!(std::fs::read_dir(home.path("mine")).unwrap().count(), 1);
    home.run(&["demo", "--users", "3", "--out", "tiny"]).exits(2).says(&["from 10 to 10000000 users, not 3"]);
}
