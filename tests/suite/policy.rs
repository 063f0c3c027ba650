//! Decisions: the order of the questions, and the misuse that each of them stops. A number in a name is that of the
//! case in the list it stands in.

use std::collections::BTreeSet;

use seatledger::policy::{
    Account, Channel, Companies, CompaniesAsked, CompanyRule, Decision, Denial, DetailRule, Family, Hop,
    MOST_HOPS, Masking, OPERATIONS, Operation, Person, Policy, Principal, REASONS, Redaction, Request, Tier,
    decide, explain, reason,
};

/// A policy that every test starts from; tests add tables to it.
const POLICY: &str = r##"
version = 1
tenant = "acme"

[identity]
[[identity.issuer]]
name = "okta"
issuer = "https://login.acme.example"
audience = ["seatledger"]
algorithms = ["RS256"]
claims = { scope = "scp", roles = "groups", companies = "companies" }
grant = "scope_and_role"
[[identity.issuer]]
name = "by-scope"
issuer = "https://scope.acme.example"
audience = ["seatledger"]
algorithms = ["RS256"]
grant = "scope"
[[identity.issuer]]
name = "by-role"
issuer = "https://role.acme.example"
audience = ["seatledger"]
algorithms = ["RS256"]
claims = { roles = "groups" }
grant = "role"
[[identity.service]]
name = "nightly"
unix_user = "seatledger"
tier = "background"
scopes = ["usage:collect", "usage:report", "usage:admin", "salesforce:write"]
companies = ["*"]
[[identity.service]]
name = "pod"
unix_user = "#1000680000"
tier = "background"
scopes = ["usage:report", "usage:admin"]
companies = ["Acme GmbH"]
[[identity.service]]
name = "companyless"
unix_user = "clerk"
tier = "interactive"
scopes = ["usage:report", "audit:read"]

[[role]]
match = "readers"
scopes = ["salesforce:read", "usage:report"]
companies = ["Acme GmbH", "Acme SAS"]
[[role]]
match = "writers"
scopes = ["salesforce:read", "salesforce:write"]
companies = ["Acme UK Ltd"]

[operations]
"usage.collect" = ["usage:collect"]
"usage.report" = ["usage:report"]
"usage.purge" = ["usage:admin"]
"usage.backup" = ["usage:admin", "usage:report"]
"audit.read" = ["audit:read"]
"salesforce.query" = ["salesforce:read"]
"salesforce.createRecord" = ["salesforce:write"]
"salesforce.updateRecord" = ["salesforce:write"]

[channels]
"usage.purge" = ["cli"]

[limits.rate]
interactive = { max = 60, window_s = 60 }
background = { max = 20, window_s = 60 }
"##;

fn policy_with(tables: &str) -> Policy {
    Policy::parse(format!("{POLICY}\n{tables}").as_bytes()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

fn account(name: &str) -> Principal {
    Principal::Account(Account { uid: 998, name: Some(name.into()) })
}

fn person(issuer: &str, scopes: &[&str], roles: &[&str]) -> Principal {
    Principal::Person(Person {
        issuer: issuer.into(),
        subject: "00u-bob".into(),
        scopes: set(scopes),
        roles: set(roles),
        companies: None,
        actors: Vec::new(),
    })
}

/// A request for an operation from the command line.
fn asked(operation: &str) -> Request<'_> {
    Request {
        operation,
        channel: Channel::Cli,
        companies: CompaniesAsked::Permitted,
        argument_bytes: 0,
        claimed_tier: None,
        delegation: &[],
    }
}

/// `allowed`, or the code for the record. Explaining must come to the same.
fn verdict(policy: &Policy, principal: &Principal, request: &Request<'_>) -> String {
    let decision = decide(policy, principal, request);
    let explanation = explain(policy, principal, request);
    assert_eq!(explanation.decision, decision);
    let failed = explanation.path.iter().filter(|answer| !answer.passed).count();
    match decision {
        Decision::Allow(_) => {
            assert_eq!((failed, explanation.path.len()), (0, 9));
            "allowed".into()
        }
        Decision::Deny(denial) => {
            assert!(failed == 1 && !explanation.path.last().unwrap().passed);
            denial.recorded_code()
        }
    }
}

fn companies(policy: &Policy, principal: &Principal, request: &Request<'_>) -> Companies {
    match decide(policy, principal, request) {
        Decision::Allow(obligations) => obligations.companies,
        Decision::Deny(denial) => panic!("{denial}"),
    }
}

#[test]
fn without_a_file_the_owner_may_do_everything_and_nobody_else_anything() {
    let policy = Policy::of_owner(998);
    for operation in OPERATIONS {
        let expected = if operation.is_available() { "allowed" } else { "operation_unavailable" };
        assert_eq!(verdict(&policy, &account("seatledger"), &asked(operation.name())), expected);
    }
    assert_eq!(companies(&policy, &account("seatledger"), &asked("usage.report")), Companies::All);
    let stranger = Principal::Account(Account { uid: 0, name: Some("root".into()) });
    assert_eq!(verdict(&policy, &stranger, &asked("usage.report")), "principal_unknown");
    assert_eq!(verdict(&policy, &person("okta", &[], &[]), &asked("usage.report")), "principal_unknown");
    assert_eq!(verdict(&policy, &account("seatledger"), &asked("usage.Report")), "operation_unknown");
    let over_http = Request { channel: Channel::McpHttp, ..asked("usage.report") };
    assert_eq!(verdict(&policy, &account("seatledger"), &over_http), "token_missing");
}

#[test]
fn what_could_not_be_verified_is_refused_for_that_reason() {
    let policy = policy_with("");
    for cause in REASONS.iter().filter(|cause| cause.family == Family::Identity) {
        assert_eq!(verdict(&policy, &Principal::Unverified(cause), &asked("usage.report")), cause.code);
    }
}

#[test]
fn questions_are_asked_in_their_order() {
    // Each of these would be refused for everything that follows too.
    let policy = policy_with(
        r#"
        [[forbid]]
        id = "no-purge"
        operation = "usage.purge"
        [[permission]]
        operation = "usage.purge"
        effect = "deny"
        "#,
    );
    let nobody = person("elsewhere", &[], &[]);
    let somebody = person("okta", &[], &[]);
    let long = Request { argument_bytes: 262_145, ..asked("usage.purge") };
    let over_stdio = Request { channel: Channel::McpStdio, ..asked("usage.purge") };
    assert_eq!(verdict(&policy, &nobody, &long), "bad_request");
    assert_eq!(verdict(&policy, &nobody, &asked("usage.Purge")), "principal_unknown");
    assert_eq!(verdict(&policy, &somebody, &asked("usage.Purge")), "operation_unknown");
    assert_eq!(verdict(&policy, &somebody, &over_stdio), "channel_denied");
    assert_eq!(verdict(&policy, &somebody, &asked("usage.purge")), "forbidden:no-purge");
    let policy = policy_with("[[permission]]\noperation = \"usage.purge\"\neffect = \"deny\"");
    assert_eq!(verdict(&policy, &somebody, &asked("usage.purge")), "permission_denied");
    assert_eq!(verdict(&policy_with(""), &somebody, &asked("usage.purge")), "scope_missing");
    assert_eq!(verdict(&policy_with(""), &account("clerk"), &asked("usage.report")), "company_none");
    let longest = Request { argument_bytes: 262_144, ..asked("usage.collect") };
    assert_eq!(verdict(&policy_with(""), &account("seatledger"), &longest), "allowed");
}

#[test]
fn cases_29_and_31_scopes_are_whole_words() {
    let policy = policy_with("");
    let cases: &[(&[&str], &str, &str)] = &[
        (&[], "salesforce.query", "scope_missing"),
        (&["salesforce:readwrite"], "salesforce.query", "scope_missing"),
        (&["Salesforce:Read"], "salesforce.query", "scope_missing"),
        (&["salesforce:read\tsalesforce:write"], "salesforce.query", "scope_missing"),
        (&["salesforce:*"], "salesforce.query", "scope_missing"),
        (&["*"], "salesforce.query", "scope_missing"),
        (&["salesforce:read"], "salesforce.createRecord", "scope_missing"),
        (&["salesforce:read"], "salesforce.updateRecord", "scope_missing"),
        (&["salesforce:read"], "salesforce.query", "operation_unavailable"),
        (&["usage:admin"], "usage.backup", "scope_missing"),
    ];
    for (scopes, operation, expected) in cases {
        assert_eq!(
            verdict(&policy, &person("by-scope", scopes, &[]), &asked(operation)),
            *expected,
            "{scopes:?}"
        );
    }
}

#[test]
fn case_32_operations_are_known_by_their_exact_name_and_must_be_listed() {
    let policy = policy_with("");
    let cases = [
        "salesforce.Query",
        "salesforce.query ",
        "salesforce.deleteRecord",
        "salesforce.*",
        "",
        "usage.export",
        "salesforce.getRecord",
    ];
    for operation in cases {
        let everything = ["salesforce:read", "salesforce:write", "usage:export"];
        let code = verdict(&policy, &person("by-scope", &everything, &[]), &asked(operation));
        assert_eq!(code, "operation_unknown", "{operation:?}");
    }
}

#[test]
fn case_36_nothing_lifts_a_forbid() {
    let policy = policy_with(
        r#"
        [[forbid]]
        id = "no-writes"
        operation = "salesforce.*Record"
        [[permission]]
        subject = { issuer = "by-scope", sub = "00u-bob" }
        operation = "salesforce.updateRecord"
        effect = "allow"
        "#,
    );
    let bob = person("by-scope", &["salesforce:write"], &[]);
    assert_eq!(verdict(&policy, &bob, &asked("salesforce.updateRecord")), "forbidden:no-writes");
    let Decision::Deny(denial) = decide(&policy, &bob, &asked("salesforce.updateRecord")) else {
        panic!("denied")
    };
    assert_eq!(
        (denial.code().as_str(), denial.detail()),
        ("forbidden", None),
        "the rule is not the caller's business"
    );
    assert_eq!(denial.to_string(), "forbidden: a rule forbids it");
}

#[test]
fn case_37_the_most_specific_permission_wins() {
    let subject = r#"subject = { issuer = "by-scope", sub = "00u-bob" }"#;
    let operation = r#"operation = "usage.backup""#;
    let tier = r#"tier = "interactive""#;
    let rule = |about: &[&str], effect: &str| {
        format!("[[permission]]\n{}\neffect = \"{effect}\"\n", about.join("\n"))
    };
    let cases = [
        (vec![rule(&[operation], "deny"), rule(&[subject, operation], "allow")], "allowed"),
        (vec![rule(&[operation], "allow"), rule(&[subject, operation], "deny")], "permission_denied"),
        (vec![rule(&[subject], "deny"), rule(&[operation], "allow")], "allowed"),
        (vec![rule(&[subject], "allow"), rule(&[operation], "deny")], "permission_denied"),
        (vec![rule(&[tier], "deny"), rule(&[subject], "allow")], "allowed"),
        (vec![rule(&[tier], "deny")], "permission_denied"),
        (vec![rule(&[subject], "deny")], "permission_denied"),
        (vec![rule(&[operation], "allow"), rule(&[operation], "deny")], "permission_conflict"),
        (vec![rule(&[operation], "deny"), rule(&[operation], "deny")], "permission_denied"),
        (vec![rule(&[r#"operation = "usage.purge""#], "deny")], "allowed"),
        (vec![rule(&[r#"subject = { issuer = "okta", sub = "00u-bob" }"#], "deny")], "allowed"),
        (vec![rule(&[r#"subject = { issuer = "by-scope", sub = "00u-ann" }"#], "deny")], "allowed"),
        (vec![rule(&[r#"tier = "background""#], "deny")], "allowed"),
    ];
    let bob = person("by-scope", &["usage:admin", "usage:report"], &[]);
    for (rules, expected) in cases {
        let policy = policy_with(&format!("{}\n[company]\nenforce = false", rules.join("")));
        assert_eq!(verdict(&policy, &bob, &asked("usage.backup")), expected, "{rules:?}");
    }
    let policy = policy_with(&rule(&[subject, operation], "allow"));
    assert_eq!(verdict(&policy, &person("by-scope", &[], &[]), &asked("usage.backup")), "scope_missing");
}

#[test]
fn cases_38_and_39_a_grant_is_never_a_union() {
    let policy = policy_with("");
    let cases: &[(&str, &[&str], &[&str], bool)] = &[
        ("okta", &["salesforce:read"], &["readers"], true),
        ("okta", &["salesforce:read"], &["nobody"], false),
        ("okta", &["salesforce:read"], &["READERS"], false),
        ("okta", &["salesforce:read"], &[], false),
        ("okta", &["salesforce:write"], &["readers"], false),
        ("okta", &[], &["readers"], false),
        ("okta", &["usage:report", "salesforce:read"], &["writers", "nobody"], true),
        ("by-scope", &["salesforce:read"], &[], true),
        ("by-scope", &[], &["readers"], false),
        ("by-role", &[], &["readers"], true),
        ("by-role", &["salesforce:read"], &[], false),
    ];
    for (issuer, scopes, roles, has_scope) in cases {
        let code = verdict(&policy, &person(issuer, scopes, roles), &asked("salesforce.query"));
        let expected = if *has_scope { "operation_unavailable" } else { "scope_missing" };
        assert_eq!(code, expected, "{issuer} {scopes:?} {roles:?}");
    }
    let Decision::Deny(denial) =
        decide(&policy, &person("okta", &[], &["readers"]), &asked("salesforce.query"))
    else {
        panic!("denied")
    };
    assert_eq!(denial.detail(), Some("salesforce:read"), "the caller may know which scope it lacks");
}

#[test]
fn case_40_what_a_caller_claims_never_widens() {
    let forbid = r#"
        [[forbid]]
        id = "no-agents"
        tiers = ["subagent"]
        operation = "usage.report"
    "#;
    let policy = policy_with(forbid);
    let nightly = account("seatledger");
    let claiming = |tier| Request { claimed_tier: Some(tier), ..asked("usage.report") };
    assert_eq!(verdict(&policy, &nightly, &asked("usage.report")), "allowed");
    assert_eq!(verdict(&policy, &nightly, &claiming("subagent")), "forbidden:no-agents");
    assert_eq!(
        verdict(&policy, &nightly, &claiming("superuser")),
        "forbidden:no-agents",
        "it may be any tier"
    );
    let handed_on = Request { delegation: &[Hop { agent: "helper", scopes: None }], ..asked("usage.report") };
    assert_eq!(verdict(&policy, &nightly, &handed_on), "forbidden:no-agents");
    let disguised = Request { claimed_tier: Some("interactive"), ..handed_on };
    assert_eq!(verdict(&policy, &nightly, &disguised), "forbidden:no-agents");

    let policy = policy_with("");
    let limits_of = |principal: &Principal, request: &Request<'_>| match decide(&policy, principal, request) {
        Decision::Allow(obligations) => obligations.tier,
        Decision::Deny(denial) => panic!("{denial}"),
    };
    assert_eq!(limits_of(&nightly, &claiming("interactive")), Tier::Background);
    let bob = person("okta", &["usage:report"], &["readers"]);
    assert_eq!(limits_of(&bob, &asked("usage.report")), Tier::Interactive);
    assert_eq!(limits_of(&bob, &claiming("background")), Tier::Background);
    let unknown = limits_of(&bob, &claiming("superuser"));
    let rate = |tier| policy.rules().unwrap().limits.rate_of(tier).unwrap();
    assert_eq!(rate(unknown), rate(Tier::Background), "an unknown tier has the strictest limits");
}

#[test]
fn case_40_a_chain_of_agents_only_narrows() {
    let policy = policy_with("");
    let nightly = account("seatledger");
    let hop = |scopes| Hop { agent: "helper", scopes };
    let cases: &[(&[Hop<'_>], &str)] = &[
        (&[hop(None)], "allowed"),
        (&[hop(Some(&["usage:report", "everything"]))], "allowed"),
        (&[hop(Some(&["usage:report"])), hop(Some(&["usage:collect"]))], "scope_missing"),
        (&[hop(Some(&[]))], "scope_missing"),
        (&[hop(Some(&["salesforce:read"]))], "scope_missing"),
        (&[hop(None); MOST_HOPS], "allowed"),
        (&[hop(None); MOST_HOPS + 1], "delegation_too_deep"),
    ];
    for (delegation, expected) in cases {
        let request = Request { delegation, ..asked("usage.report") };
        assert_eq!(verdict(&policy, &nightly, &request), *expected, "{delegation:?}");
    }
    let added = Request { delegation: &[hop(Some(&["salesforce:read"]))], ..asked("salesforce.query") };
    assert_eq!(verdict(&policy, &nightly, &added), "scope_missing", "a hop adds no scope");

    let Principal::Person(mut bob) = person("okta", &["usage:report"], &["readers"]) else {
        panic!("a person")
    };
    bob.actors = vec!["agent".into(); MOST_HOPS];
    assert_eq!(verdict(&policy, &Principal::Person(bob.clone()), &asked("usage.report")), "allowed");
    let further = Request { delegation: &[hop(None)], ..asked("usage.report") };
    assert_eq!(verdict(&policy, &Principal::Person(bob), &further), "delegation_too_deep");
}

#[test]
fn case_41_a_service_is_its_account_and_no_other() {
    let policy = policy_with("");
    let pod = |uid, name: Option<&str>| Principal::Account(Account { uid, name: name.map(str::to_owned) });
    let report = asked("usage.report");
    let cases = [
        (account("seatledger"), "allowed"),
        (account("mallory"), "principal_unknown"),
        (account("Seatledger"), "principal_unknown"),
        (pod(1_000_680_000, None), "allowed"),
        (pod(1_000_680_001, None), "principal_unknown"),
        (pod(998, Some("#1000680000")), "principal_unknown"),
        (pod(998, None), "principal_unknown"),
        // One account under two entries is nobody, whichever stands first.
        (pod(1_000_680_000, Some("seatledger")), "principal_unknown"),
    ];
    for (principal, expected) in cases {
        assert_eq!(verdict(&policy, &principal, &report), expected, "{principal:?}");
        let over_http = Request { channel: Channel::McpHttp, ..report };
        assert_eq!(verdict(&policy, &principal, &over_http), "token_missing", "{principal:?}");
    }
}

#[test]
fn callers_are_held_to_their_companies() {
    let policy = policy_with("");
    let nightly = account("seatledger");
    let pod = Principal::Account(Account { uid: 1_000_680_000, name: None });
    let asked_for = |operation, companies| Request { companies, ..asked(operation) };
    let own = Companies::only(set(&["Acme GmbH"]));

    assert_eq!(companies(&policy, &nightly, &asked("usage.report")), Companies::All);
    assert_eq!(companies(&policy, &pod, &asked("usage.report")), own);
    let named = CompaniesAsked::Named(&["Acme GmbH"]);
    assert_eq!(
        companies(&policy, &nightly, &asked_for("usage.report", named)),
        own,
        "no more than was asked for"
    );
    assert_eq!(companies(&policy, &pod, &asked_for("usage.report", named)), own);

    let cases = [
        (&pod, asked_for("usage.report", CompaniesAsked::All), "company_denied"),
        (&pod, asked_for("usage.report", CompaniesAsked::Named(&["Acme SAS"])), "company_denied"),
        (
            &pod,
            asked_for("usage.report", CompaniesAsked::Named(&["Acme GmbH", "Acme SAS"])),
            "company_denied",
        ),
        (&pod, asked_for("usage.report", CompaniesAsked::Named(&["acme gmbh"])), "company_denied"),
        (&pod, asked_for("usage.report", CompaniesAsked::Named(&[])), "company_denied"),
        (&pod, asked_for("usage.backup", named), "company_denied"),
        (&pod, asked("usage.purge"), "company_denied"),
        (&nightly, asked("usage.backup"), "allowed"),
        (&nightly, asked_for("usage.collect", CompaniesAsked::All), "allowed"),
        (&account("clerk"), asked("usage.report"), "company_none"),
        (&account("clerk"), asked("audit.read"), "allowed"),
    ];
    for (principal, request, expected) in cases {
        assert_eq!(verdict(&policy, principal, &request), expected, "{principal:?} {request:?}");
    }
    let open = policy_with("[company]\nenforce = false");
    assert_eq!(companies(&open, &account("clerk"), &asked("usage.report")), Companies::All);
}

#[test]
fn persons_have_the_companies_that_token_and_roles_agree_on() {
    let policy = policy_with("");
    type OfToken = Option<&'static [&'static str]>;
    let cases: &[(&str, OfToken, &[&str], Companies)] = &[
        ("okta", None, &["readers"], Companies::only(set(&["Acme GmbH", "Acme SAS"]))),
        (
            "okta",
            None,
            &["readers", "writers"],
            Companies::only(set(&["Acme GmbH", "Acme SAS", "Acme UK Ltd"])),
        ),
        ("okta", Some(&["Acme SAS", "Globex"]), &["readers"], Companies::only(set(&["Acme SAS"]))),
        ("okta", Some(&["*"]), &["readers"], Companies::None),
        ("okta", Some(&[]), &["readers"], Companies::None),
        ("by-scope", Some(&["Globex"]), &["readers"], Companies::only(set(&["Globex"]))),
        ("by-scope", None, &["readers"], Companies::None),
        ("by-role", Some(&["Globex"]), &["readers"], Companies::only(set(&["Acme GmbH", "Acme SAS"]))),
    ];
    for (issuer, of_token, roles, expected) in cases {
        let Principal::Person(mut bob) = person(issuer, &["usage:report"], roles) else { panic!("a person") };
        bob.companies = of_token.map(set);
        let decision = decide(&policy, &Principal::Person(bob), &asked("usage.report"));
        match decision {
            Decision::Allow(obligations) => {
                assert_eq!(obligations.companies, *expected, "{issuer} {of_token:?}")
            }
            Decision::Deny(denial) => {
                assert_eq!(
                    (denial.code().as_str(), expected),
                    ("company_none", &Companies::None),
                    "{issuer}"
                );
            }
        }
    }
}

#[test]
fn fields_that_must_not_leave_are_named_with_every_permission() {
    let policy = policy_with(
        r#"
        [[object]]
        name = "User"
        operations = ["salesforce.query"]
        fields = ["Id", "Name", "Email", "Phone", "FederationIdentifier"]
        redact = { Name = "mask", Email = "hmac", Phone = "last4", FederationIdentifier = "hidden" }
        "#,
    );
    let Decision::Allow(obligations) = decide(&policy, &account("seatledger"), &asked("usage.report")) else {
        panic!("allowed")
    };
    let redaction = |field: &str, masking| Redaction { object: "User".into(), field: field.into(), masking };
    let expected = [
        redaction("Email", Masking::Hmac),
        redaction("FederationIdentifier", Masking::Hidden),
        redaction("Name", Masking::Mask),
        redaction("Phone", Masking::Last4),
    ];
    assert_eq!(obligations.redactions, expected);
}

#[test]
fn the_path_of_a_decision_names_what_was_found() {
    let policy = policy_with("[[forbid]]\nid = \"no-backup\"\noperation = \"usage.backup\"");
    let denied = explain(&policy, &account("seatledger"), &asked("usage.backup"));
    let last = denied.path.last().unwrap();
    assert_eq!((last.question, last.finding.as_str()), ("forbid", "forbidden:no-backup: a rule forbids it"));

    let allowed = explain(&policy, &account("seatledger"), &asked("usage.report"));
    let path: Vec<_> = allowed.path.iter().map(|answer| (answer.question, answer.finding.as_str())).collect();
    let expected = [
        ("request", "well-formed"),
        ("identity", "service nightly (account seatledger)"),
        ("operation", "listed"),
        ("channel", "from any channel"),
        ("forbid", "no rule forbids it"),
        ("permission", "no permission is about it"),
        ("scopes", "has usage:report"),
        ("arguments", "there is nothing to look into"),
        ("companies", "all companies"),
    ];
    assert_eq!(path, expected);
}

#[test]
fn every_detail_goes_to_whom_it_concerns() {
    let shown = |code: &str| {
        let denial = Denial::new(reason(code).unwrap(), "detail");
        (denial.code(), denial.recorded_code(), denial.detail().map(str::to_owned))
    };
    let text = str::to_owned;
    assert_eq!(shown("pii_blocked"), (text("pii_blocked:detail"), text("pii_blocked:detail"), None));
    assert_eq!(shown("forbidden"), (text("forbidden"), text("forbidden:detail"), None));
    assert_eq!(shown("rate_limited"), (text("rate_limited"), text("rate_limited"), Some(text("detail"))));
    assert_eq!(shown("company_none"), (text("company_none"), text("company_none"), None));
    let hidden = REASONS.iter().filter(|reason| reason.detail == DetailRule::QualifiesRecord);
    assert_eq!(hidden.map(|reason| reason.code).collect::<Vec<_>>(), ["forbidden"]);
}

#[test]
fn whatever_takes_in_all_companies_says_so() {
    let whole = OPERATIONS.iter().filter(|operation| operation.companies() == CompanyRule::Whole);
    assert_eq!(whole.map(Operation::name).collect::<Vec<_>>(), ["usage.purge", "usage.backup"]);
}
