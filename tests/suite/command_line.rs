//! What every command has in common: help, streams, exit codes, mistakes on the command line.

use std::collections::BTreeSet;
use std::process::Stdio;

use seatledger::cli::{COMMANDS, EXIT_CODES};

use crate::support::{Home, mode};

/// Every command with its subcommands, found by reading the help texts from the top.
fn commands() -> Vec<(Vec<String>, String)> {
    let home = Home::new();
    let mut found = Vec::new();
    let mut waiting = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        let path: Vec<String> = path;
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = home.run(&arguments).exits(0).stdout;
        let listed = help.split("\nCommands:\n").nth(1).unwrap_or_default();
        for line in listed.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap();
            if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
                waiting.push(path.iter().cloned().chain([name.to_owned()]).collect());
            }
        }
        found.push((path, help));
    }
    found
}

#[test]
fn every_command_has_help_with_an_example() {
    let commands = commands();
    assert!(commands.len() > 10, "the reading of help texts finds hardly any command");
    for (path, help) in commands {
        let command = path.iter().fold("\n  seatledger".to_owned(), |text, word| text + " " + word);
        let examples = help.split("\nExample").nth(1).unwrap_or_default();
        assert!(examples.contains(&command), "`seatledger {}` has no example:\n{help}", path.join(" "));
    }
}

#[test]
fn every_command_is_in_the_table_of_operations() {
    let all: Vec<_> = commands().into_iter().map(|(path, _)| path.join(" ")).collect();
    let is_leaf =
        |path: &&String| !path.is_empty() && !all.iter().any(|other| other.starts_with(&format!("{path} ")));
    let leaves: BTreeSet<_> = all.iter().filter(is_leaf).map(String::as_str).collect();
    let table: BTreeSet<_> = COMMANDS.iter().map(|(path, _)| *path).collect();
    assert_eq!(leaves, table);
}

#[test]
fn output_that_nobody_can_get_is_an_error() {
    let home = Home::new().with("SEATLEDGER_CLOCK", "2026-11-21T03:00:00Z");
    home.run(&["demo", "--users", "60"]).exits(0);
    let ends = |redirection: &str, command: &str| {
        let script = format!("exec {} {command} {redirection}", env!("CARGO_BIN_EXE_seatledger"));
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script]).current_dir(home.path("seatledger-demo")).env_clear();
        let output =
            shell.env("SEATLEDGER_CLOCK", "2026-11-21T03:00:00Z").stdin(Stdio::null()).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for command in [
        "report users --format csv",
        "report users",
        "report overview --format html",
        "explain users active_users",
        "runs",
        "config show",
        "audit list",
    ] {
        for redirection in ["1</dev/null", ">/dev/full"] {
            let (code, said) = ends(redirection, command);
            assert_eq!(code, 1, "{command} {redirection}: {said}");
            assert!(said.contains("cannot write the output"), "{command} {redirection}: {said}");
        }
        let (code, said) = ends(">/dev/null", command);
        assert_eq!(code, 0, "{command}: {said}");
    }
    for command in ["completions bash", "man", "--help", "--version", "report --help"] {
        assert_eq!(ends(">/dev/full", command).0, 1, "{command}");
        assert_eq!(ends(">/dev/null", command).0, 0, "{command}");
    }
    for command in ["feed verify feed", "audit verify", "contracts check"] {
        assert_eq!(ends("1</dev/null", command).0, 1, "{command}");
    }
    assert_eq!(ends("1</dev/null", "report users -o users.txt").0, 0);
    assert_eq!(ends("| true", "report users --format csv"), (0, String::new()));
}

#[test]
fn exit_codes_are_those_of_the_readme() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let table = readme.split("<!-- exit-codes -->").nth(1).and_then(|rest| rest.split("<!--").next());
    let table = table.expect("README.md marks its table of exit codes");
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let documented: Vec<_> = table.lines().map(cells).filter(|row| row[0].parse::<u8>().is_ok()).collect();
    let expected: Vec<_> = EXIT_CODES
        .iter()
        .map(|(exit, meaning)| vec![exit.code().to_string(), (*meaning).to_owned()])
        .collect();
    assert_eq!(documented, expected);
}

#[test]
fn mistakes_on_the_command_line_are_usage_errors() {
    let cases: &[(&[&str], &str)] = &[
        (&[], "Usage: seatledger"),
        (&["colect"], "'collect'"),
        (&["report", "licences"], "[possible values: licenses, users, subscriptions, "),
        (&["report", "licenses", "--as-of", "yesterday"], "write a date like 2026-11-21"),
        (&["report", "licenses", "--fail-on", "utilization"], "not of the form MEASURE OP NUMBER"),
        (
            &["report", "licenses", "--fail-on", "seats > 3"],
            "report `licenses` has no measure `seats`; it has total",
        ),
        (&["keygen", "--bits", "1024"], "[possible values: 2048, 4096]"),
        (&["keygen", "--days", "0"], "valid for 1 to 3653 days, and 0 were asked for"),
        (&["init", "--org", "../acme"], "only the characters a-z, 0-9, - and _"),
    ];
    for (arguments, sentence) in cases {
        let ran = Home::new().run(arguments).exits(2).says(&[sentence]);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
}

#[test]
fn mistakes_are_json_lines_where_logs_are() {
    for arguments in
        [&["colect", "--log-format", "json"][..], &["--log-format=json", "report", "licenses", "--frmat"]]
    {
        let ran = Home::new().run(arguments).exits(2);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        let line: serde_json::Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!(line["level"], "ERROR");
        assert!(line["message"].as_str().unwrap().contains("tip: "), "{line}");
    }
}

#[test]
fn a_missing_configuration_is_explained() {
    Home::new().run(&["runs"]).exits(2).says(&["seatledger.toml", "`seatledger init`"]);
    Home::new().run(&["runs", "--config", "other.toml"]).exits(2).says(&["other.toml"]);
    Home::new().with("SEATLEDGER_CONFIG", "third.toml").run(&["runs"]).exits(2).says(&["third.toml"]);
}

#[test]
fn a_configuration_is_a_file_and_its_first_breach_is_told() {
    let home = Home::new();
    let pipe = home.path("pipe.toml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    home.run(&["runs", "--config", "pipe.toml"]).exits(2).says(&["this is a pipe, socket or device"]);

    home.write("broken.toml", "x = [1,\n[store]\npath = \"a\"\n[[org]]\nid = \"acme\"\n");
    let said = home.run(&["runs", "--config", "broken.toml"]).exits(2).says(&["is not valid TOML"]).stderr;
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_wrong_clock_is_refused() {
    Home::new()
        .with("SEATLEDGER_CLOCK", "noon")
        .run(&["man"])
        .exits(2)
        .says(&["error: SEATLEDGER_CLOCK must be an instant like 2026-11-21T03:00:00Z"]);
    Home::new()
        .with("SEATLEDGER_WAIT", "soon")
        .run(&["runs"])
        .exits(2)
        .says(&["error: SEATLEDGER_WAIT must be a number of milliseconds like 5"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let home = Home::new();
    let mut program = home.command(&["completions", "bash"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(program.stdout.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));
}

#[test]
fn color_is_for_those_who_want_it() {
    let home = Home::new();
    let plain = home.run(&["runs"]).exits(2).stderr;
    assert!(plain.starts_with("error: "), "{plain}");
    let painted = home.run(&["runs", "--color", "always"]).exits(2).stderr;
    assert!(painted.starts_with("\u{1b}[1;31merror\u{1b}[0m: "), "{painted}");
}

#[test]
fn json_logs_are_json_in_every_line() {
    let home = Home::new().with("SEATLEDGER_CLOCK", "2026-11-21T03:00:00Z");
    let ran = home.run(&["runs", "--log-format", "json"]).exits(2);
    for line in ran.stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].as_str().unwrap().starts_with("2026-11-21T03:00:0"), "{line}");
        assert_eq!(line["level"], "ERROR");
    }
    assert!(!ran.stderr.is_empty());
}

#[test]
fn keygen_writes_a_private_key_for_its_owner_only_and_never_over_another() {
    let home = Home::new();
    let ran = home.run(&["keygen", "--key", "acme.key", "--certificate", "acme.crt"]).exits(0);
    assert_eq!(ran.stdout, "");
    let key = home.read("acme.key");
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----"), "PKCS#8");
    assert!(!ran.stderr.contains(key.lines().nth(1).unwrap()));
    assert_eq!(mode(&home.path("acme.key")), 0o600);
    assert!(home.read("acme.crt").starts_with("-----BEGIN CERTIFICATE-----"));

    home.run(&["keygen", "--key", "acme.key", "--certificate", "new.crt"])
        .exits(2)
        .says(&["acme.key exists already and is not replaced"]);
    home.run(&["keygen", "--key", "new.key", "--certificate", "acme.crt"]).exits(2);
    home.run(&["keygen", "--key", "new.key", "--certificate", "new.key"])
        .exits(2)
        .says(&["cannot hold both key and certificate"]);
    assert_eq!(home.read("acme.key"), key);
    assert!(!home.path("new.key").exists(), "neither file when one is in the way");
}

#[test]
fn init_writes_a_configuration_that_loads() {
    let home = Home::new();
    let url = "https://acme.my.salesforce.com";
    let ran = home
        .run(&["init", "--url", url, "--client-id", "3MVG9\"x", "--username", "collector@acme.example"])
        .exits(0)
        .prints(&["External Client App", "keys/acme.crt", "client_id", "seatledger doctor"]);
    for private in ["seatledger.toml", "keys/acme.key", "keys/privacy.key"] {
        assert_eq!(mode(&home.path(private)), 0o600, "{private}");
    }
    let secrets = [home.read("keys/privacy.key"), home.read("keys/acme.key")];
    for secret in secrets {
        let line = secret.lines().nth(1).or(secret.lines().next()).unwrap().to_owned();
        assert!(!ran.stdout.contains(&line) && !ran.stderr.contains(&line));
    }
    let shown = home.run(&["config", "show", "--json"]).exits(0).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let value = |key: &str| {
        let values = shown["values"].as_array().unwrap();
        let found = values.iter().find(|value| value["key"] == key).unwrap();
        (found["value"].as_str().unwrap().to_owned(), found["origin"].as_str().unwrap().to_owned())
    };
    assert_eq!(value("org.acme.login_url").0, format!("\"{url}\""), "External Client Apps need My Domain");
    assert!(value("org.acme.url").1.contains("seatledger.toml:"), "{:?}", value("org.acme.url"));
    assert_eq!(value("http.timeout_seconds").1, "default");

    let before = home.read("seatledger.toml");
    home.run(&["init"]).exits(2).says(&["seatledger.toml exists already and is not replaced"]);
    assert_eq!(home.read("seatledger.toml"), before);
}

#[test]
fn what_init_could_not_know_is_asked_for_by_line() {
    let home = Home::new();
    home.run(&["init"]).exits(0);
    home.run(&["config", "show"]).exits(2).says(&[
        "error: the configuration has 2 mistakes",
        "seatledger.toml:",
        "`client_id` must be",
        "`username` must be",
    ]);
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let home = Home::new();
    let top: BTreeSet<_> = commands().into_iter().filter(|(path, _)| path.len() == 1).collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(&["completions", shell]).exits(0).stdout;
        for (path, _) in &top {
            assert!(script.contains(&path[0]), "{shell} does not complete {}", path[0]);
        }
    }
    home.run(&["man"]).exits(0).prints(&[".TH seatledger 1"]);
    home.run(&["man", "--dir", "man1"]).exits(0);
    for (path, _) in &top {
        assert!(home.path(&format!("man1/seatledger-{}.1", path[0])).exists(), "{}", path[0]);
    }
}

#[test]
fn reports_before_the_first_collection_say_what_to_do() {
    let home = Home::new();
    home.run(&["init", "--client-id", "3MVG9", "--username", "collector@acme.example"]).exits(0);
    let cases: &[&[&str]] =
        &[&["report", "licenses"], &["runs"], &["db", "check"], &["db", "backup", "copy.db"]];
    for arguments in cases {
        home.run(arguments)
            .exits(2)
            .says(&["there is no database at", "hint: `seatledger collect` creates it"]);
    }
    assert!(!home.path("seatledger.db").exists(), "reading creates nothing");
    home.run(&["export", "feed"]).exits(2);
    assert!(!home.path("feed").exists());
}
