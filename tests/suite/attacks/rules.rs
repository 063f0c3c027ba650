//! What a policy says, and what is wrong with it.

use super::policed_site::{ALL_SCOPES, events, policy, refused, site_with};

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
fn decisions_are_explained() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    site.run(&["policy", "explain", "usage.collect"]).exits(0).prints(&["usage.collect: allow", "scopes"]);
    site.run(&["policy", "explain", "usage.backup"]).exits(0).prints(&["usage.backup: deny", "NO"]);
    site.run(&["policy", "explain", "usage.report", "--as", "okta:bob", "--scope", "usage:report"])
        .exits(0)
        .prints(&["usage.report: deny", "company_none"]);
    site.run(&["policy", "explain", "usage.collcet"]).exits(2).says(&["there is no operation"]);
}
