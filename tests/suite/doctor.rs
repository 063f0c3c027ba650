//! `doctor`, and the exit codes and sentences of what can keep an org from being read.

use serde_json::{Value, json};

use crate::emulator_caller::read_faults;
use crate::site::Site;

/// The findings of the org, as `check`, `verdict`, `found` and `fix`.
fn findings(site: &Site, code: i32) -> Vec<Value> {
    let ran = site.run(&["doctor", "--json"]).exits(code);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let parts = document["parts"].as_array().unwrap();
    parts.iter().flat_map(|part| part["findings"].as_array().unwrap().clone()).collect()
}

fn finding<'findings>(findings: &'findings [Value], check: &str) -> &'findings Value {
    findings
        .iter()
        .find(|finding| finding["check"] == check)
        .unwrap_or_else(|| panic!("{check}: {findings:#?}"))
}

#[test]
fn a_sound_org_has_no_problem() {
    let site = Site::new(50);
    let findings = findings(&site, 0);
    for check in
        ["configuration", "database", "private key", "clock", "token", "API version", "User", "LoginHistory"]
    {
        assert_eq!(finding(&findings, check)["verdict"], "ok", "{check}");
    }
    assert!(findings.iter().all(|finding| finding["verdict"] != "problem"), "{findings:#?}");
    assert!(!site.home.path("seatledger.db").exists(), "doctor writes nothing");

    let text = site.run(&["doctor"]).exits(0).stdout;
    assert!(text.contains("  ok       token: signed in as collector@emulated.example"), "{text}");
    assert!(text.contains("  warning  certificate: no certificate is configured"), "{text}");
    assert!(text.contains("           fix: name the certificate"), "{text}");
}

#[test]
fn what_the_user_may_not_see_is_named_with_its_loss_and_its_permission() {
    let cases = [
        (
            "UserLicense",
            "problem",
            "how many seats of each user license",
            "grant View Setup and Configuration",
            3,
        ),
        ("UserRole", "warning", "lost without it", "View Roles", 0),
        ("LoginHistory", "problem", "when users last logged in", "grant Monitor Login History", 3),
        ("TenantUsageEntitlement", "warning", "lost without it", "nothing, if this holds", 0),
    ];
    for (object, verdict, lost, fix, code) in cases {
        let site = Site::new(50);
        site.server.hide_object(object, true).unwrap();
        let findings = findings(&site, code);
        let finding = finding(&findings, object);
        assert_eq!(finding["verdict"], verdict, "{finding}");
        assert!(finding["found"].as_str().unwrap().contains(lost), "{finding}");
        assert!(finding["fix"].as_str().unwrap().contains(fix), "{finding}");
    }
}

#[test]
fn one_cause_is_one_problem() {
    let cases: &[(&str, &str, i32, &str, &str)] = &[
        ("token:invalid_grant=invalid assertion*all", "token", 5, "invalid assertion", "Login History"),
        ("token:inactive_user*all", "token", 5, "User is inactive", "Multi-Factor Authentication"),
        ("versions:410*all", "API version", 1, "refused", ""),
    ];
    for (fault, check, code, found, also) in cases {
        let site = Site::new(50);
        site.server.set_faults(read_faults(&[fault]));
        let findings = findings(&site, *code);
        let problems: Vec<_> = findings.iter().filter(|finding| finding["verdict"] == "problem").collect();
        assert_eq!(problems.len(), 1, "{fault}: {problems:#?}");
        assert_eq!(problems[0]["check"], *check, "{fault}");
        let text = problems[0].to_string();
        assert!(text.contains(found) && text.contains(also), "{fault}: {text}");
    }
}

/// Spoils an org or its configuration.
type Spoil = fn(&Site);

#[test]
fn each_kind_of_end_has_its_exit_code_and_its_sentence() {
    let cases: &[(&str, Spoil, i32, &[&str])] = &[
        ("nothing", |_| {}, 0, &[]),
        (
            "hidden required object",
            |site| site.server.hide_object("UserLicense", true).unwrap(),
            3,
            &["warning: acme: UserLicense is unavailable"],
        ),
        (
            "refused user",
            |site| site.server.set_faults(read_faults(&["token:inactive_user*all"])),
            5,
            &["error: org `acme` could not be read", "caused by: Salesforce refused to sign in", "hint: "],
        ),
        (
            "allowance used up",
            |site| site.server.set_api_usage(95, 100),
            8,
            &["API allowance fell below 20 %", "hint: run again when"],
        ),
        (
            "retired API version",
            |site| site.server.set_faults(read_faults(&["query:410*all"])),
            1,
            &["error: org `acme` could not be read", "UNSUPPORTED_API_VERSION"],
        ),
        (
            "open key file",
            |site| {
                use std::os::unix::fs::PermissionsExt as _;
                let open = std::fs::Permissions::from_mode(0o644);
                std::fs::set_permissions(site.home.path("acme.key"), open).unwrap();
            },
            2,
            &["acme.key is too open: mode 0644", "chmod 600"],
        ),
        (
            "plain http to an org",
            |site| {
                let config = site.home.read("seatledger.toml").replace("insecure_loopback = true", "");
                site.home.write("seatledger.toml", &config);
            },
            2,
            &["seatledger.toml:"],
        ),
    ];
    for (case, spoil, code, sentences) in cases {
        let site = Site::new(50);
        spoil(&site);
        let ran = site.run(&["collect"]).exits(*code);
        for sentence in *sentences {
            assert!(ran.stderr.contains(sentence), "{case}: no `{sentence}` in\n{}", ran.stderr);
        }
    }
}

#[test]
fn an_org_of_two_names_is_told_before_and_after_it_is_counted_twice() {
    let site = Site::with_org_keys(50, "company_names = [\"Acme GmbH\"]");
    let config = site.home.read("seatledger.toml");
    let (before, acme) = config.split_at(config.find("[[org]]").unwrap());
    let labs = acme.replace("\"acme\"", "\"labs\"").replace("Acme GmbH", "Acme UK Ltd");
    site.home.write("seatledger.toml", &format!("{before}{acme}{labs}"));
    let all = findings(&site, 0);
    let warned = finding(&all, "organization");
    assert_eq!(warned["verdict"], "warning");
    let found = warned["found"].as_str().unwrap();
    assert!(found.contains("labs and acme are the same Salesforce org"), "{found}");
    assert_eq!(all.iter().filter(|finding| finding["check"] == "organization").count(), 1);

    site.run(&["collect"]).exits(0);
    let report = site.run(&["report", "data-quality", "--format", "json"]).exits(0).stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["finding"] == "same_org").unwrap();
    assert_eq!((&row["subject"], &row["count"]), (&json!("acme, labs"), &json!(2)));
    assert_eq!(row["is_blocking"], true);
    assert!(row["what_to_do"].as_str().unwrap().contains("keep one [[org]] table"), "{row}");
    let one = ["report", "data-quality", "--org", "acme"];
    assert!(!site.run(&one).exits(0).stdout.contains("same_org"));
}

#[test]
fn several_orgs_are_judged_together() {
    let site = Site::new(50);
    let url = site.server.url();
    let second = format!(
        "[[org]]\nid = \"labs\"\nurl = \"{url}\"\nlogin_url = \"{url}\"\nclient_id = \"3MVG9wrong\"\n\
         username = \"collector@emulated.example\"\nprivate_key_file = \"acme.key\"\ninsecure_loopback = true\n"
    );
    let config = site.home.read("seatledger.toml") + &second;
    site.home.write("seatledger.toml", &config);
    let ran = site.run(&["collect", "--json"]).exits(3).says(&["error: org `labs` could not be read"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let codes: Vec<_> =
        document["orgs"].as_array().unwrap().iter().map(|org| org["exit_code"].clone()).collect();
    assert_eq!(codes, [json!(0), json!(5)]);
    site.run(&["collect", "--org", "labs"]).exits(5);
    site.run(&["collect", "--org", "acme"]).exits(0);
    site.run(&["collect", "--org", "lab"])
        .exits(2)
        .says(&["no org is configured as `lab`", "did you mean `labs`?"]);
}

#[test]
fn a_dry_run_shows_the_queries_and_writes_nothing() {
    let site = Site::new(50);
    site.run(&["collect", "--dry-run"]).exits(0).prints(&[
        "acme",
        "  User\n",
        "FROM LoginHistory WHERE LoginTime >=",
    ]);
    let ran = site.run(&["collect", "--dry-run", "--json"]).exits(0);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(document["plans"][0]["objects"].as_array().unwrap().len() > 10);
    assert!(!site.home.path("seatledger.db").exists());
}
