//! Configuration: the example loads, overrides win, and everything that is wrong is said at once, by file and line.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use seatledger::auth::{KeySource, PassphraseSource};
use seatledger::base::{Environment, Stop, SystemClock, World};
use seatledger::collect::CompanyField;
use seatledger::config::{Errors, Flag, KEYS, KeyDefault, LoadOptions, Settings, load};
use seatledger::http::{Proxy, Roots};
use seatledger::report::Rules;
use tempfile::TempDir;

const OBJECTS: &[&str] = &["Organization", "UserLicense", "User", "Profile", "LoginHistory"];

/// Files that the examples name; every test folder holds them, empty.
const NAMED_FILES: &[&str] = &[
    "keys/acme.key",
    "keys/passphrase",
    "keys/acme.crt",
    "keys/privacy.key",
    "corporate-ca.pem",
    "policy.toml",
    "contracts.csv",
    "exemptions.csv",
    "people.csv",
];

/// Lines that make a whole org.
const ORG: &str = r#"
[[org]]
id = "acme"
url = "https://acme.my.salesforce.com"
client_id = "3MVG9..."
username = "collector@acme.example"
private_key_file = "keys/acme.key"
"#;

/// A folder with a configuration and the files that it names.
struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    fn with(text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("keys")).unwrap();
        for name in NAMED_FILES {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::write(folder.path().join("seatledger.toml"), text).unwrap();
        Self { folder, variables: Vec::new() }
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn world(&self) -> World {
        World {
            environment: self.variables.iter().cloned().collect::<Environment>(),
            clock: Arc::new(SystemClock),
            current_dir: self.folder.path().into(),
            stop: Stop::default(),
        }
    }

    fn load(&self) -> Result<Settings, Errors> {
        load(&LoadOptions { objects: OBJECTS, ..LoadOptions::default() }, &self.world())
    }

    fn settings(&self) -> Settings {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// What a person reads, with paths as seen from the folder.
    fn refusal(&self) -> String {
        match self.load() {
            Ok(_) => panic!("accepted"),
            Err(errors) => errors.to_string().replace(&format!("{}/", self.folder.path().display()), ""),
        }
    }
}

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/config").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn example() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config.example.toml")).unwrap()
}

#[test]
fn the_example_loads_with_every_value_it_shows() {
    let place = Place::with(example());
    let settings = place.settings();
    assert_eq!(settings.file, place.path("seatledger.toml"));
    assert_eq!(settings.store.path, place.path("seatledger.db"));
    assert_eq!(settings.collect.concurrency, 4);
    assert_eq!(settings.collect.login_history_days, 90);
    assert_eq!(settings.collect.keep_free_api_percent, 20);
    assert_eq!(settings.collect.exclude, ["LoginHistory"]);
    assert!(
        matches!(&settings.http.proxy, Proxy::Url(url) if url.expose() == "http://proxy.acme.example:3128")
    );
    assert_eq!(settings.http.ca_file, Some(place.path("corporate-ca.pem")));
    assert_eq!(settings.http.roots, Roots::System);
    assert_eq!(settings.http.timeout.as_secs(), 60);
    assert_eq!(settings.policy.file, Some(place.path("policy.toml")));
    assert_eq!(settings.audit.path, place.path("audit.db"));
    assert_eq!(settings.privacy.key_file, Some(place.path("keys/privacy.key")));
    assert_eq!(settings.finance.people, Some(place.path("people.csv")));
    assert_eq!(settings.finance.cost_center_field.as_deref(), Some("CostCenter__c"));
    assert!(settings.finance.people_complete);
    assert_eq!(settings.finance.grace_days, 60);

    let [org] = settings.orgs.as_slice() else { panic!("one org") };
    assert_eq!(org.key.key, KeySource::File(place.path("keys/acme.key")));
    assert_eq!(org.key.passphrase, Some(PassphraseSource::File(place.path("keys/passphrase"))));
    assert_eq!(org.key.certificate_file, Some(place.path("keys/acme.crt")));
    assert_eq!(org.company_names, ["Acme GmbH", "Acme UK Ltd"]);
    assert_eq!(org.company_aliases["Acme GmbH"], ["ACME Gesellschaft"]);
    assert_eq!(org.company_field, CompanyField::UserCompanyName);
    assert_eq!(org.organization_id.unwrap().as_str(), "00D000000000001EAA");
    assert_eq!(org.extra_fields["User"], ["CostCenter__c"]);
}

#[test]
fn the_example_holds_every_key_below_its_description() {
    let text = example();
    let mut section = "";
    let mut described = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']);
        }
        if let (Some(about), Some(next)) = (line.strip_prefix("# "), lines.peek()) {
            let (name, _) = next.trim_start_matches("# ").split_once(" = ").unwrap_or_default();
            if !name.is_empty() {
                described.push((section.to_owned(), name.to_owned(), about.to_owned()));
            }
        }
    }
    let expected: Vec<_> =
        KEYS.iter().map(|key| (key.section.to_owned(), key.name.to_owned(), key.about.to_owned())).collect();
    assert_eq!(described, expected);
}

#[test]
fn the_table_of_keys_is_in_order() {
    let mut sections: Vec<_> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    assert_eq!(sections, ["store", "collect", "http", "policy", "audit", "privacy", "finance", "org"]);
    let names: BTreeSet<_> = KEYS.iter().map(|key| key.full_name()).collect();
    assert_eq!(names.len(), KEYS.len(), "no name twice");
    for key in KEYS {
        assert!(!key.about.is_empty() && !key.about.ends_with('.'), "{}", key.full_name());
        if let KeyDefault::SameAs(other) = key.default {
            let place = |name| KEYS.iter().position(|key| key.section == "org" && key.name == name);
            assert!(place(other) < place(key.name), "{} is filled in after {other}", key.name);
        }
    }
}

#[test]
fn valid_files_load() {
    for file in fixtures("valid") {
        let outcome = Place::with(fs::read(&file).unwrap()).load();
        assert!(outcome.is_ok(), "{}: {}", file.display(), outcome.err().unwrap());
    }
}

#[test]
fn invalid_files_are_refused_with_the_message_beside_them() {
    for file in fixtures("invalid") {
        let message = Place::with(fs::read(&file).unwrap()).refusal();
        let expected = fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        assert_eq!(message, expected.trim_end(), "{}", file.display());
        assert!(!message.contains("hunter2"), "a value that could be secret is quoted: {message}");
    }
}

#[test]
fn defaults_hold_where_nothing_is_written() {
    let settings = Place::with(ORG).settings();
    assert!(matches!(settings.http.proxy, Proxy::None));
    assert_eq!(settings.http.ca_file, None);
    assert_eq!(settings.collect.include, [""; 0]);
    assert_eq!(settings.policy.file, None);
    assert!(!settings.finance.people_complete);
    assert_eq!(settings.finance.grace_days, Rules::default().grace_days);
    let org = &settings.orgs[0];
    assert_eq!(org.login_url, "https://login.salesforce.com");
    assert_eq!(org.audience, "https://login.salesforce.com");
    assert_eq!(org.api_version, "67.0");
    assert_eq!(org.key.passphrase, None);
    assert!(!org.insecure_loopback);
    assert_eq!(org.organization_id, None);
}

#[test]
fn the_audience_follows_the_login_url_and_the_journal_follows_the_store() {
    let place = Place::with(format!("[store]\npath = \"data/seats.db\"\n{ORG}"))
        .variable("SEATLEDGER_ORG_ACME_LOGIN_URL", "https://Acme.my.salesforce.com/");
    let settings = place.settings();
    assert_eq!(settings.orgs[0].login_url, "https://acme.my.salesforce.com");
    assert_eq!(settings.orgs[0].audience, "https://acme.my.salesforce.com");
    assert_eq!(settings.audit.path, place.path("data/audit.db"));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let place = Place::with(format!("[collect]\nconcurrency = 2\nlogin_history_days = 3\n{ORG}"))
        .variable("SEATLEDGER_COLLECT_CONCURRENCY", "5")
        .variable("SEATLEDGER_COLLECT_LOGIN_HISTORY_DAYS", "6")
        .variable("SEATLEDGER_COLLECT_INCLUDE", r#"["User", "Profile"]"#)
        .variable("SEATLEDGER_ORG_ACME_INSECURE_LOOPBACK", "true")
        .variable("SEATLEDGER_ORG_ACME_URL", "http://127.0.0.1:8080")
        .variable("SEATLEDGER_CLOCK", "2026-11-21T03:00:00Z");
    let flags = vec![Flag { flag: "--concurrency", key: "collect.concurrency", value: "7" }];
    let options = LoadOptions { objects: OBJECTS, flags, ..LoadOptions::default() };
    let settings = load(&options, &place.world()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(settings.collect.concurrency, 7);
    assert_eq!(settings.collect.login_history_days, 6);
    assert_eq!(settings.collect.include, ["User", "Profile"]);
    assert_eq!(settings.orgs[0].url, "http://127.0.0.1:8080");
}

#[test]
fn relative_paths_start_from_the_file_or_for_overrides_from_the_working_folder() {
    let place = Place::with(ORG);
    let elsewhere = tempfile::tempdir().unwrap();
    let mut world = place.world();
    world.current_dir = elsewhere.path().into();
    let file = Some(place.path("seatledger.toml"));
    let flags = vec![Flag { flag: "--store", key: "store.path", value: "here.db" }];
    let settings = load(&LoadOptions { file, flags, objects: OBJECTS }, &world);
    let settings = settings.unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(settings.store.path, elsewhere.path().join("here.db"));
    assert_eq!(settings.orgs[0].key.key, KeySource::File(place.path("keys/acme.key")));
}

#[test]
fn wrong_overrides_are_refused_by_name() {
    let cases = [
        (
            ("SEATLEDGER_COLLECT_CONCURENCY", "hunter2"),
            "environment variable SEATLEDGER_COLLECT_CONCURENCY: it overrides no key; the nearest valid variable is \
             SEATLEDGER_COLLECT_CONCURRENCY",
        ),
        (
            ("SEATLEDGER_ORG_ACNE_USERNAME", "hunter2"),
            "environment variable SEATLEDGER_ORG_ACNE_USERNAME: it overrides no key; the nearest valid variable is \
             SEATLEDGER_ORG_ACME_USERNAME",
        ),
        (
            ("SEATLEDGER_COLLECT_CONCURRENCY", "hunter2"),
            "environment variable SEATLEDGER_COLLECT_CONCURRENCY: `concurrency` must be a whole number from 1 to 25, \
             written as TOML",
        ),
        (
            ("SEATLEDGER_COLLECT_CONCURRENCY", "26"),
            "environment variable SEATLEDGER_COLLECT_CONCURRENCY: `concurrency` must be a whole number from 1 to 25; \
             found 26",
        ),
        (
            ("SEATLEDGER_HTTP_ROOTS", "hunter2"),
            "environment variable SEATLEDGER_HTTP_ROOTS: `roots` must be \"system\" or \"bundled\"",
        ),
        (
            ("SEATLEDGER_HTTP_PROXY", "hunter2"),
            "environment variable SEATLEDGER_HTTP_PROXY: `proxy` must be \"none\", \"env\" or the URL of a proxy, \
             which starts with http:// or https://",
        ),
        (
            ("SEATLEDGER_ORG_ACME_PRIVATE_KEY_ENV", "ACME_KEY"),
            "environment variable SEATLEDGER_ORG_ACME_PRIVATE_KEY_ENV: `private_key_env` names a second private key; \
             `private_key_file` stands at seatledger.toml:7; keep one of them",
        ),
    ];
    for ((variable, value), expected) in cases {
        let message = Place::with(ORG).variable(variable, value).refusal();
        assert_eq!(message, expected);
    }
}

#[test]
fn an_override_that_is_empty_is_refused() {
    for variable in [
        "SEATLEDGER_PRIVACY_KEY_FILE",
        "SEATLEDGER_STORE_PATH",
        "SEATLEDGER_COLLECT_CONCURRENCY",
        "SEATLEDGER_COLLECT_INCLUDE",
        "SEATLEDGER_ORG_ACME_COMPANY_NAMES",
        "SEATLEDGER_ORG_ACME_USERNAME",
        "SEATLEDGER_CONFIG",
        "SEATLEDGER_CLOCK",
        "SEATLEDGER_WAIT",
    ] {
        for empty in ["", " "].into_iter().filter(|text| variable != "SEATLEDGER_CONFIG" || text.is_empty()) {
            let message = Place::with(ORG).variable(variable, empty).refusal();
            let expected =
                format!("environment variable {variable}: it is set but empty; give it a value or unset it");
            assert_eq!(message, expected);
        }
    }
    let place = Place::with(ORG).variable("NO_COLOR", "").variable("SEATLEDGERS", "");
    assert_eq!(place.settings().orgs[0].id, "acme");
}

#[test]
fn a_variable_that_holds_a_key_may_begin_like_an_override() {
    let text =
        ORG.replace("private_key_file = \"keys/acme.key\"", "private_key_env = \"SEATLEDGER_ACME_KEY\"");
    let place = Place::with(text).variable("SEATLEDGER_ACME_KEY", "hunter2");
    assert_eq!(place.settings().orgs[0].key.key, KeySource::Environment("SEATLEDGER_ACME_KEY".into()));
}

#[test]
fn a_variable_that_could_mean_two_orgs_is_refused() {
    let other = ORG.replace("\"acme\"", "\"acme_login\"");
    let message = Place::with(format!("{ORG}{other}"))
        .variable("SEATLEDGER_ORG_ACME_LOGIN_URL", "https://acme.my.salesforce.com")
        .refusal();
    assert_eq!(
        message,
        "environment variable SEATLEDGER_ORG_ACME_LOGIN_URL: it could mean keys of two orgs; \
         rename one of them or write the value into the file"
    );
}

#[test]
fn a_flag_for_no_key_is_refused() {
    let place = Place::with(ORG);
    let flags = vec![Flag { flag: "--speed", key: "collect.speed", value: "7" }];
    let errors =
        load(&LoadOptions { objects: OBJECTS, flags, ..LoadOptions::default() }, &place.world()).err();
    assert_eq!(errors.unwrap().to_string(), "flag --speed: there is no key `collect.speed` to set");
}

#[test]
fn every_key_is_shown_with_its_origin_and_no_secret() {
    let place =
        Place::with(format!("[http]\nproxy = \"http://user:hunter2@proxy.acme.example:3128\"\n{ORG}"))
            .variable("SEATLEDGER_ORG_ACME_COMPANY_NAMES", r#"["Acme, Inc."]"#);
    let settings = place.settings();
    assert_eq!(settings.shown.len(), KEYS.len());
    let shown = |key: &str| {
        let line = settings.shown.iter().find(|line| line.key == key).unwrap();
        let text = line.value.clone().or(line.without.map(str::to_owned)).unwrap();
        format!("{text} ({})", line.origin).replace(&format!("{}/", place.folder.path().display()), "")
    };
    let cases = [
        ("http.proxy", "\"http://***@proxy.acme.example:3128\" (seatledger.toml:2)"),
        ("collect.concurrency", "4 (default)"),
        ("policy.file", "no policy (default)"),
        ("audit.path", "\"audit.db\" (default)"),
        ("org.acme.private_key_file", "\"keys/acme.key\" (seatledger.toml:9)"),
        (
            "org.acme.company_names",
            "[\"Acme, Inc.\"] (environment variable SEATLEDGER_ORG_ACME_COMPANY_NAMES)",
        ),
        ("org.acme.extra_fields", "{} (default)"),
        ("org.acme.audience", "\"https://login.salesforce.com\" (default)"),
    ];
    for (key, expected) in cases {
        assert_eq!(shown(key), expected, "{key}");
    }
    for line in &settings.shown {
        assert!(!format!("{line:?}").contains("hunter2"), "{line:?}");
    }
}

#[test]
fn the_file_is_found_by_flag_then_variable_then_name() {
    let place = Place::with("").variable("SEATLEDGER_CONFIG", "variable.toml");
    fs::write(place.path("variable.toml"), ORG).unwrap();
    fs::write(place.path("flag.toml"), ORG).unwrap();
    assert_eq!(place.settings().file, place.path("variable.toml"));
    let options = LoadOptions { file: Some("flag.toml".into()), objects: OBJECTS, ..LoadOptions::default() };
    let settings = load(&options, &place.world()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(settings.file, place.path("flag.toml"));
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let place = Place::with(ORG).variable("SEATLEDGER_CONFIG", "missing.toml");
    assert_eq!(
        place.refusal(),
        "missing.toml: there is no configuration file here; run `seatledger init` to write one, or name one with \
         --config"
    );
    let place = Place::with(ORG).variable("SEATLEDGER_CONFIG", "keys");
    assert_eq!(place.refusal(), "keys: this is a folder; name the configuration file in it");
    let place = Place::with(b"[store]\n# S\xf6hne\n");
    assert_eq!(place.refusal(), "seatledger.toml:2: this line is not UTF-8; save the file as UTF-8");
}

proptest! {
    // The same damage on every run.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(67),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever a slip of the editor leaves behind is read or refused, never a panic, and the credentials of the proxy
    /// are not quoted.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "[\\[\\]{}=\"'\n.#a0-]{0,3}"), 1..6),
    ) {
        let mut text = example().replace("proxy.acme", "user:hunter2@proxy.acme");
        for (at, length, patch) in cuts {
            let begin = at.index(text.len());
            text.replace_range(begin..text.len().min(begin + length), &patch);
        }
        let place = Place::with(text);
        if let Err(errors) = place.load() {
            prop_assert!(!errors.problems().is_empty());
            prop_assert!(!errors.to_string().contains("hunter2"), "{errors}");
        }
    }
}

#[test]
fn windows_files_are_read() {
    let text = format!("\u{feff}{}", ORG.replace('\n', "\r\n"));
    assert_eq!(Place::with(text).settings().orgs[0].id, "acme");
}
