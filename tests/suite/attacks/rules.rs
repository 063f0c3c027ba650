//! What a policy says, and what is wrong with it.

use serde_json::json;

use super::policed_site::{
    ALL_SCOPES, as_person, at_site, events, merged, policy, refused, set_policy, site_with,
};
use crate::token_maker::token;

fn sink(url: &str) -> String {
    format!(
        "[[audit.sink]]\nname = \"siem\"\nurl = \"{url}\"\nsecret_file = \"siem.secret\"\nformat = \"ocsf-1.8\"\n\
         max_backlog = 100\non_backlog = \"warn\"\n"
    )
}

#[test]
fn keys_that_change_nothing_are_told_of() {
    let idle = "[salesforce]\nmax_rows = 10\n[pii.write]\nEMAIL = \"block\"\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", idle));
    let lines = site.home.read("policy.toml");
    let line = 1 + lines.lines().position(|line| line == "max_rows = 10").unwrap();
    site.run(&["policy", "check"]).exits(0).says(&[
        "can be used",
        &format!("warning: line {line}: `salesforce.max_rows` has no effect in this version: "),
        "`pii.write` has no effect in this version: nothing is ever written to Salesforce",
    ]);
    let found = site.run(&["doctor", "--json"]).exits(0).stdout;
    assert!(found.contains("salesforce.max_rows, pii.write have no effect in this version"), "{found}");
    set_policy(&site, &policy(ALL_SCOPES, "\"*\"", ""));
    let checked = site.run(&["policy", "check"]).exits(0);
    assert!(!checked.stderr.contains("warning"), "{}", checked.stderr);
    let found = site.run(&["doctor", "--json"]).exits(0).stdout;
    assert!(!found.contains("no effect"), "{found}");
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
        ("33 unquoted", good.replace("\"usage.collect\" =", "usage.collect =")),
        ("33 twice", good.replace("[operations]", "[operations]\n\"usage.collect\" = [\"usage:report\"]")),
        ("33 key of no table", format!("{good}[limits]\nkey = \"user\"\nmost = 1\n")),
        ("32 other case", good.replace("usage.collect", "usage.Collect")),
        ("32 blank", good.replace("\"usage.collect\"", "\"usage.collect \"")),
        ("32 nothing that there is", good.replace("\"usage.collect\"", "\"salesforce.deleteRecord\"")),
        ("32 star", good.replace("\"usage.collect\"", "\"usage.*\"")),
        ("87 plain http", format!("{good}{}", sink("http://siem.example.com/hook"))),
        ("87 private address", format!("{good}{}", sink("https://10.0.0.1/hook"))),
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
fn case_35_a_policy_that_breaks_denies_until_it_is_mended() {
    let good = policy(ALL_SCOPES, "\"*\"", "");
    let site = site_with(&good);
    site.run(&["config", "show"]).exits(0);
    set_policy(&site, &good.replace("version = 1", "version = 2"));
    site.run(&["collect"]).exits(2);
    refused(&site, "policy_unusable");
    set_policy(&site, &good);
    site.run(&["collect"]).exits(0);
}

#[test]
fn cases_36_and_37_a_prohibition_is_absolute_and_the_most_specific_permission_wins() {
    let deny = "[[permission]]\noperation = \"usage.collect\"\neffect = \"deny\"\n";
    let allow_anna = "[[permission]]\nsubject = { issuer = \"okta\", sub = \"00u-anna\" }\n\
        operation = \"usage.collect\"\neffect = \"allow\"\n";
    let conflict = "[[permission]]\nsubject = { issuer = \"okta\", sub = \"00u-anna\" }\n\
        operation = \"usage.collect\"\neffect = \"deny\"\n";
    let forbid = "[[forbid]]\nid = \"nobody\"\noperation = \"usage.collect\"\n";
    let everybody = at_site(json!({ "scp": ["usage:collect"], "companies": ["Acme GmbH", "Acme UK Ltd"] }));
    let without_scope = merged(everybody.clone(), json!({ "scp": ["usage:report"] }));
    let cases = [
        ("36 forbid and allow", [forbid, allow_anna].concat(), &everybody, "forbidden:nobody"),
        ("37 deny all, allow one", [deny, allow_anna].concat(), &everybody, "allowed"),
        ("the allowed one without scope", [deny, allow_anna].concat(), &without_scope, "scope_missing"),
        ("two that contradict", [allow_anna, conflict].concat(), &everybody, "permission_conflict"),
    ];
    for (case, more, claims, reason) in cases {
        let site = site_with(&policy(ALL_SCOPES, "\"*\"", &more));
        let ran = as_person(&site, &token(claims), &["collect"]);
        assert_eq!(ran.code, if reason == "allowed" { 0 } else { 6 }, "{case}: {}", ran.stderr);
        if reason != "allowed" {
            refused(&site, reason);
        }
    }
}

#[test]
fn cases_38_and_39_roles_give_what_the_policy_says() {
    let role = "[[role]]\nmatch = \"collectors\"\nscopes = [\"usage:collect\"]\ncompanies = [\"*\"]\n";
    let cases = [
        ("38 its role", "role", json!({ "groups": ["collectors"] }), "allowed"),
        ("38 one text", "role", json!({ "groups": "collectors" }), "allowed"),
        ("38 no such role", "role", json!({ "groups": ["sf-admins"] }), "scope_missing"),
        ("38 other case", "role", json!({ "groups": ["Collectors"] }), "scope_missing"),
        ("38 a number", "role", json!({ "groups": 7 }), "token_malformed"),
        ("39 both", "scope_and_role", json!({ "groups": ["collectors"] }), "allowed"),
        ("39 scope only", "scope_and_role", json!({ "groups": ["others"] }), "scope_missing"),
        ("39 role only", "scope_and_role", json!({ "groups": ["collectors"], "scp": [] }), "scope_missing"),
    ];
    for (case, grant, changes, reason) in cases {
        let rules = policy(ALL_SCOPES, "\"*\"", role);
        let site = site_with(&rules.replace("grant = \"scope\"", &format!("grant = \"{grant}\"")));
        let companies = ["Acme GmbH", "Acme UK Ltd"];
        let claims = merged(at_site(json!({ "scp": ["usage:collect"], "companies": companies })), changes);
        let ran = as_person(&site, &token(&claims), &["collect", "--dry-run"]);
        assert_eq!(ran.code, if reason == "allowed" { 0 } else { 6 }, "{case}: {}", ran.stderr);
        if reason != "allowed" {
            refused(&site, reason);
        }
    }
}

#[test]
fn case_41_another_account_is_not_the_service() {
    let own = rustix::process::geteuid().as_raw();
    let rules = policy(ALL_SCOPES, "\"*\"", "");
    let site = site_with(&rules.replace(&format!("\"#{own}\""), &format!("\"#{}\"", own + 1)));
    site.run(&["collect"]).exits(6).says(&["principal_unknown"]);
    refused(&site, "principal_unknown");
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
