//! The policy file: what is valid loads, and everything that is wrong is said at once, by line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use seatledger::policy::{
    Channel, Companies, Effect, Grant, JwksSource, KEY_TABLES, LARGEST_POLICY_BYTES, Masking, Operation,
    PermissionTarget, PiiAction, Policy, Rate, Redaction, Rules, STARTER, Tier,
};

fn fixtures(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    assert!(!files.is_empty());
    files
}

fn refusal(content: &[u8]) -> String {
    Policy::parse(content).expect_err("the policy must not load").to_string()
}

fn rules(name: &str) -> Rules {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy/valid").join(name);
    let policy = Policy::parse(&fs::read(path).unwrap()).unwrap_or_else(|problems| panic!("{problems}"));
    policy.rules().unwrap().clone()
}

#[test]
fn valid_files_load() {
    for file in fixtures("valid") {
        let outcome = Policy::parse(&fs::read(&file).unwrap());
        assert!(outcome.is_ok(), "{}:\n{}", file.display(), outcome.unwrap_err());
    }
}

#[test]
fn invalid_files_are_refused_with_the_message_beside_them() {
    for file in fixtures("invalid") {
        let message = refusal(&fs::read(&file).unwrap());
        let expected = fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        assert_eq!(message, expected.trim_end(), "{}", file.display());
        assert!(!message.contains("hunter2"), "a value that could be secret is quoted: {message}");
    }
}

#[test]
fn what_is_no_text_of_a_sane_size_is_refused() {
    let mut latin = STARTER.as_bytes().to_vec();
    latin.extend(b"\n# K\xf6ln\n");
    let last = STARTER.lines().count() + 2;
    assert_eq!(refusal(&latin), format!("line {last}: this line is not UTF-8; save the file as UTF-8"));

    let large = format!("{STARTER}#{}", "x".repeat(LARGEST_POLICY_BYTES));
    assert_eq!(refusal(large.as_bytes()), "line 1: the file has more than 1024 KiB, too much for a policy");
}

#[test]
fn the_starter_loads_also_with_its_issuer() {
    let policy = Policy::parse(STARTER.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(policy.rules().unwrap().issuers, []);

    let mut with_issuer = String::new();
    for line in STARTER.lines() {
        let is_example = line.starts_with("# [")
            || line
                .split_once(" = ")
                .is_some_and(|(key, _)| key.strip_prefix("# ").is_some_and(|key| !key.contains(' ')));
        with_issuer.push_str(if is_example { &line[2..] } else { line });
        with_issuer.push('\n');
    }
    let policy = Policy::parse(with_issuer.as_bytes()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(policy.rules().unwrap().issuers[0].grant, Grant::ScopeAndRole);
}

#[test]
fn the_starter_lists_every_operation_that_can_run() {
    let policy = Policy::parse(STARTER.as_bytes()).unwrap();
    let listed: Vec<_> = policy.rules().unwrap().operations.keys().copied().collect();
    let mut available: Vec<_> = seatledger::policy::OPERATIONS
        .iter()
        .filter(|operation| operation.is_available())
        .map(Operation::name)
        .collect();
    available.sort_unstable();
    assert_eq!(listed, available);
}

#[test]
fn every_key_arrives() {
    let rules = rules("everything.toml");
    assert_eq!(rules.tenant, "acme");
    let issuer = &rules.issuers[0];
    assert_eq!(issuer.issuer, "https://login.acme.example/oauth2/default");
    assert_eq!(issuer.algorithms, ["ES256", "RS256"]);
    assert_eq!((&issuer.jwks, issuer.grant), (&JwksSource::Discover, Grant::ScopeAndRole));
    assert_eq!(issuer.claims.companies.as_deref(), Some("companies"));
    assert_eq!((issuer.leeway_s, issuer.max_lifetime_s, issuer.stale_if_error_s), (30, 3600, 3600));
    assert_eq!(rules.services[0].companies, Companies::All);
    assert_eq!(
        rules.roles["sf-ops"].companies,
        Companies::only(["Acme GmbH".into(), "Acme SAS".into()].into())
    );
    assert_eq!(rules.operations.len(), 16);
    assert!(rules.channels["salesforce.createRecord"].contains(&Channel::McpHttp));
    assert_eq!(rules.permissions[0].about, PermissionTarget::Operation(&Operation::UPDATE_RECORD));
    assert_eq!(rules.permissions[1].effect, Effect::Allow);
    let forbidden: Vec<_> = rules.forbids["no-writes-by-background"].operations.iter().copied().collect();
    assert_eq!(forbidden, ["salesforce.createRecord", "salesforce.updateRecord"]);
    let phone = Redaction { object: "Account".into(), field: "Phone".into(), masking: Masking::Last4 };
    assert_eq!(rules.redactions, [phone]);
    assert!(rules.scopes_companies);
    assert_eq!(rules.limits.rate_of(Tier::Api), Some(Rate { max: 30, window_s: 60 }));
    assert_eq!((rules.limits.daily_rows, rules.limits.keep_free_api_percent), (Some(200_000), Some(20)));
    assert_eq!(rules.pii.query["CREDIT_CARD"], PiiAction::Block);
    assert_eq!(rules.audit.checkpoint.as_ref().map(|checkpoint| checkpoint.every), Some(100));
    assert_eq!(rules.audit.sinks["siem"].max_backlog, 10_000);
}

#[test]
fn defaults_are_the_strict_ones() {
    let entra = &rules("issuers.toml").issuers[1];
    assert_eq!(entra.jwks_hosts, ["login.entra.example"]);
    assert_eq!(entra.allowed_typ, ["at+jwt", "JWT"]);
    assert!(!entra.allow_private && !entra.accept_id_token && !entra.requires_rfc9068);

    let rules = rules("services-only.toml");
    assert!(rules.scopes_companies);
    assert_eq!(rules.services[1].companies, Companies::None);
    assert_eq!(rules.limits.rate_of(Tier::Api), None);
}

#[test]
fn keys_that_change_nothing_are_named() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy/valid/everything.toml");
    let text = fs::read_to_string(path).unwrap().replace("[pii]\n", "[pii]\naccept_changed_query = true\n");
    let policy = Policy::parse(text.as_bytes()).unwrap();
    let named: BTreeSet<_> = policy.idle_keys().iter().map(|key| key.name.clone()).collect();
    let idle: BTreeSet<_> = KEY_TABLES
        .iter()
        .flat_map(|table| table.keys.iter().filter(|key| key.idle.is_some()).map(|key| table.full_name(key)))
        .collect();
    assert_eq!(named, idle, "the file has every key");
    for key in policy.idle_keys() {
        let line = text.lines().nth(key.line - 1).unwrap();
        let name = key.name.rsplit('.').next().unwrap();
        assert!(line.contains(name), "{line}");
    }
    assert!(policy.idle_keys().is_sorted_by_key(|key| key.line));
    assert_eq!(Policy::parse(STARTER.as_bytes()).unwrap().idle_keys(), []);
}

#[test]
fn what_only_idle_keys_say_leaves_the_rules_as_they_are() {
    let idle = "[salesforce]\nrun_as = \"service\"\nuser_link = \"table\"\nnever_run_as = [\"a\"]\nhosts = [\"b\"]\n\
                max_rows = 1\nall_rows = true\nusing_scope = true\nsoql_functions = [\"COUNT\"]\n\
                [pii]\naccept_changed_query = true\n[pii.write]\nEMAIL = \"block\"\n\
                [[object]]\nname = \"User\"\noperations = [\"salesforce.query\"]\nfields = [\"Id\"]\n\
                write_fields = [\"Id\"]\ncompany_path = \"none\"\n";
    let with_idle = Policy::parse(format!("{STARTER}\n{idle}").as_bytes()).unwrap();
    assert_eq!(with_idle.rules(), Policy::parse(STARTER.as_bytes()).unwrap().rules());
    let idle_keys = KEY_TABLES.iter().flat_map(|table| table.keys).filter(|key| key.idle.is_some());
    assert_eq!(with_idle.idle_keys().len(), idle_keys.count());
}

#[test]
fn a_tier_without_a_rate_has_the_strictest() {
    let policy = Policy::parse(STARTER.as_bytes()).unwrap();
    let limits = &policy.rules().unwrap().limits;
    assert_eq!(limits.rate_of(Tier::Subagent), Some(Rate { max: 20, window_s: 60 }));
    assert_eq!(limits.rate_of(Tier::Interactive), Some(Rate { max: 60, window_s: 60 }));
}

#[test]
fn a_policy_is_identified_by_its_bytes() {
    let one = Policy::parse(STARTER.as_bytes()).unwrap();
    let other = Policy::parse(format!("{STARTER}\n").as_bytes()).unwrap();
    assert_ne!(one.id(), other.id());
    assert_eq!(one.rules(), other.rules());
    let expected = {
        use sha2::Digest as _;
        sha2::Sha256::digest(STARTER).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(one.id(), Some(expected.as_str()));
    assert_eq!(Policy::of_owner(1000).id(), None);
}

proptest! {
    // The same damage on every run.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(34),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever a slip of the editor leaves behind is read or refused, never a panic, and no credentials are quoted.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "[\\[\\]{}=\"'\n.#*a0-]{0,3}"), 1..6),
    ) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/policy/valid/everything.toml");
        let mut text = fs::read_to_string(path).unwrap().replace("https://siem", "https://anna:hunter2@siem");
        for (at, length, patch) in cuts {
            let places: Vec<_> = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
            let from = at.index(places.len());
            let until = (from + length).min(places.len() - 1);
            text.replace_range(places[from]..places[until], &patch);
        }
        if let Err(problems) = Policy::parse(text.as_bytes()) {
            prop_assert!(!problems.list().is_empty());
            prop_assert!(!problems.to_string().contains("hunter2"), "{}", problems);
        }
    }
}
