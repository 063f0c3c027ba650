//! Tokens that are wrong in every known way, handed to a command that would send something; the number of a case is that
//! of the attack in the list it stands in.

use seatledger::audit::{Outcome, Status};
use seatledger::guard::{self, Acted, Asked, Guard};
use seatledger::identity::TokenSource;
use seatledger::policy::{CompaniesAsked, Operation};
use serde_json::{Value, json};

use super::policed_site::{
    ALL_SCOPES, as_person, at_site, events, merged, policy, refused, set_policy, site_with,
};
use crate::emulator_caller::birthday;
use crate::site::Site;
use crate::support::Ran;
use crate::token_maker::{
    EC, Machine, NOW, OTHER_RSA, RSA, RsaKey, claims, encoded, header, key_set, signed,
    signed_with_other_key, token,
};

/// Claims that let their bearer collect.
fn collector() -> Value {
    at_site(json!({ "scp": ["usage:collect"], "companies": ["Acme GmbH", "Acme UK Ltd"] }))
}

/// A collector's token with other claims.
fn with(changes: Value) -> String {
    token(&merged(collector(), changes))
}

/// A collector's token, rightly signed under another header.
fn headed(changes: Value) -> String {
    signed(&merged(header(), changes).to_string(), &collector().to_string())
}

/// A collector's token that says this algorithm and is not signed.
fn unsigned(algorithm: &str) -> String {
    let header = json!({ "alg": algorithm, "kid": "one" }).to_string();
    format!("{}.{}.", encoded(header), encoded(collector().to_string()))
}

fn installed() -> Site {
    site_with(&policy(ALL_SCOPES, "\"*\"", ""))
}

/// Collects with each token and checks the reason of its one refusal, on record and to the caller.
#[track_caller]
fn check(site: &Site, cases: &[(&str, String, &str)]) {
    for (case, token, reason) in cases {
        let before = if site.home.path("audit.db").exists() { events(site).len() } else { 0 };
        let ran = as_person(site, token, &["collect"]);
        assert_eq!(ran.code, 6, "{case}: {}", ran.stderr);
        assert!(ran.stderr.contains(reason), "{case}: {}", ran.stderr);
        refused(site, reason);
        assert_eq!(events(site).len(), before + 1, "{case}: one record");
    }
    assert!(!site.home.path("seatledger.db").exists());
}

/// The same with claims that are rightly signed.
#[track_caller]
fn check_claims(cases: &[(&str, Value, &str)]) {
    let tokens: Vec<_> =
        cases.iter().map(|(case, changes, reason)| (*case, with(changes.clone()), *reason)).collect();
    check(&installed(), &tokens);
}

/// Checks that a command goes through with these tokens.
#[track_caller]
fn accepted(site: &Site, tokens: &[(&str, String)]) {
    for (case, token) in tokens {
        let ran = as_person(site, token, &["collect", "--dry-run"]);
        assert_eq!(ran.code, 0, "{case}: {}", ran.stderr);
    }
}

#[test]
fn cases_1_to_4_only_a_signature_of_a_listed_algorithm_counts() {
    let hs256 = |secret: &[u8]| {
        let key = jsonwebtoken::EncodingKey::from_secret(secret);
        let header = jsonwebtoken::Header { kid: Some("one".into()), ..Default::default() };
        jsonwebtoken::encode(&header, &collector(), &key).unwrap()
    };
    check(
        &installed(),
        &[
            ("1 empty", String::new(), "token_missing"),
            ("2 none", unsigned("none"), "token_alg"),
            ("2 None", unsigned("None"), "token_alg"),
            ("2 nOnE", unsigned("nOnE"), "token_alg"),
            ("2 empty signature", unsigned("RS256"), "token_signature"),
            ("3 the JWK as secret", hs256(RSA.jwk("one").to_string().as_bytes()), "token_alg"),
            ("3 the modulus as secret", hs256(&RSA.modulus()), "token_alg"),
            ("4 PS256", headed(json!({ "alg": "PS256" })), "token_alg"),
        ],
    );
}

#[test]
fn cases_5_to_7_a_header_brings_no_keys_and_changes_no_rules() {
    let site = installed();
    let stolen = format!("{}/stolen", site.server.url());
    check(
        &site,
        &[
            ("5 jwk", headed(json!({ "jwk": OTHER_RSA.jwk("one") })), "token_header"),
            ("5 jku", headed(json!({ "jku": stolen })), "token_header"),
            ("5 x5u", headed(json!({ "x5u": stolen })), "token_header"),
            (
                "5 jku to a metadata service",
                headed(json!({ "jku": "http://169.254.169.254/" })),
                "token_header",
            ),
            ("6 crit", headed(json!({ "crit": ["exp"] })), "token_header"),
            ("6 b64", headed(json!({ "b64": false })), "token_header"),
            ("7 path", headed(json!({ "kid": "../../etc/passwd" })), "token_key"),
            ("7 SQL", headed(json!({ "kid": "' OR 1=1 --" })), "token_key"),
            ("7 long", headed(json!({ "kid": "k".repeat(10_000) })), "token_key"),
        ],
    );
    site.home.write("keys.json", &key_set(&[OTHER_RSA.jwk("one"), RSA.jwk("one")]));
    check(&site, &[("7 twice in the set", with(json!({})), "jwks_refused")]);
}

#[test]
fn case_14_keys_of_one_issuer_do_not_vouch_for_another() {
    let other = "[[identity.issuer]]\nname = \"other\"\nissuer = \"https://other.example\"\n\
        audience = [\"seatledger\"]\nalgorithms = [\"RS256\"]\njwks = { file = \"others.json\" }\n\
        claims = { subject = \"sub\", scope = \"scp\", companies = \"companies\" }\ngrant = \"scope\"\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", other));
    site.home.write("others.json", &key_set(&[OTHER_RSA.jwk("one")]));
    let of_other = merged(collector(), json!({ "iss": "https://other.example" }));
    check(
        &site,
        &[
            ("by the other's key", signed_with_other_key(&header(), &collector()), "token_signature"),
            ("for the other", token(&of_other), "token_signature"),
            ("of nobody", with(json!({ "iss": "https://evil.example" })), "token_issuer"),
        ],
    );
    accepted(
        &site,
        &[("its own", with(json!({}))), ("the other's", signed_with_other_key(&header(), &of_other))],
    );
}

#[test]
fn cases_15_and_16_a_token_is_for_this_program_and_of_the_right_kind() {
    check_claims(&[
        ("15 other", json!({ "aud": "other" }), "token_aud"),
        ("15 missing", json!({ "aud": null }), "token_aud"),
        ("15 object", json!({ "aud": { "seatledger": true } }), "token_aud"),
        ("15 empty list", json!({ "aud": [] }), "token_aud"),
        ("16 ID token", json!({ "nonce": "n" }), "token_typ"),
        ("16 ID token of its client", json!({ "aud": "0oa1" }), "token_aud"),
        ("16 logout token", json!({ "events": {} }), "token_typ"),
    ]);
    let site = installed();
    check(&site, &[("16 logout", headed(json!({ "typ": "logout+jwt" })), "token_typ")]);
    accepted(&site, &[("15 list with it", with(json!({ "aud": ["other", "seatledger"] })))]);
}

#[test]
fn cases_17_and_18_times_are_checked() {
    let now = birthday().as_second();
    check_claims(&[
        ("17 no exp", json!({ "exp": null }), "token_malformed"),
        ("17 text", json!({ "exp": "9999999999" }), "token_malformed"),
        ("17 negative", json!({ "exp": -1 }), "token_malformed"),
        ("17 1e300", json!({ "exp": 1e300 }), "token_malformed"),
        ("17 31 s past", json!({ "exp": now - 31 }), "token_expired"),
        ("18 nbf in 1 h", json!({ "nbf": now + 3600 }), "token_not_yet_valid"),
        ("18 iat in 1 h", json!({ "iat": now + 3600, "exp": now + 3700 }), "token_not_yet_valid"),
        ("18 30 days", json!({ "exp": now + 30 * 86_400 }), "token_lifetime"),
    ]);
    // The program's clock goes on while it starts, so the leeway is not used up to its last second.
    accepted(&installed(), &[("17 within the leeway", with(json!({ "exp": now - 1 })))]);
}

#[test]
fn cases_19_and_20_there_is_one_way_to_write_a_token() {
    let text = collector().to_string();
    let twice = text.replacen('{', r#"{"scp":["usage:report"],"#, 1);
    let good = with(json!({}));
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let json_form = json!({ "protected": head, "payload": body, "signature": signature }).to_string();
    let standard = signature.replacen(['-', '_'], "+", 1);
    // The last character of a 256-byte signature carries two bits of it and four that stand for nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&signature[signature.len() - 1..]).unwrap();
    let trailing = format!("{}{}", &good[..good.len() - 1], &alphabet[last + 1..last + 2]);
    check(
        &installed(),
        &[
            ("19 claim twice", signed(&header().to_string(), &twice), "token_malformed"),
            (
                "19 header twice",
                signed(r#"{"alg":"RS256","alg":"RS256","kid":"one"}"#, &text),
                "token_malformed",
            ),
            ("20 JSON form", json_form, "token_malformed"),
            ("20 nested", signed(&header().to_string(), &good), "token_malformed"),
            ("20 encrypted", format!("{good}.AA.AA"), "token_malformed"),
            ("20 padding", format!("{good}="), "token_malformed"),
            ("20 white space", format!("{head}. {body}.{signature}"), "token_malformed"),
            ("20 standard base64", format!("{head}.{body}.{standard}"), "token_malformed"),
            ("20 bits that stand for nothing", trailing, "token_malformed"),
        ],
    );
}

#[test]
fn case_21_weak_and_foreign_keys_check_nothing() {
    let site = installed();
    let with_members = |changes: Value| merged(RSA.jwk("one"), changes);
    let cases = [
        ("1024 bits", RsaKey::generate(1024).jwk("one"), "token_key"),
        ("e = 1", with_members(json!({ "e": "AQ" })), "token_key"),
        ("for encryption", with_members(json!({ "use": "enc" })), "token_key"),
        ("key_ops encrypt", with_members(json!({ "use": null, "key_ops": ["encrypt"] })), "token_key"),
        ("EC for RS256", EC.jwk("one"), "token_key"),
        ("private", with_members(json!({ "d": "AQAB" })), "token_key"),
    ];
    for (case, key, reason) in cases {
        site.home.write("keys.json", &key_set(&[key]));
        check(&site, &[(case, with(json!({})), reason)]);
    }
    let es256 = policy(ALL_SCOPES, "\"*\"", "").replace("[\"RS256\"]", "[\"ES256\"]");
    set_policy(&site, &es256);
    let mut off_curve = EC.jwk("one");
    off_curve["x"] = encoded([7; 32]).into();
    site.home.write("keys.json", &key_set(&[off_curve]));
    let by_point = signed(r#"{"alg":"ES256","kid":"one"}"#, &collector().to_string());
    as_person(&site, &by_point, &["collect"]).exits(6).says(&["token_signature"]);
    refused(&site, "token_signature");
}

#[test]
fn cases_22_to_25_a_token_says_who_for_whom_and_of_which_tenant() {
    check_claims(&[
        ("22 empty", json!({ "sub": "" }), "token_sub"),
        ("22 number", json!({ "sub": 7 }), "token_sub"),
        ("22 300 characters", json!({ "sub": "x".repeat(300) }), "token_sub"),
        ("22 NUL", json!({ "sub": "anna\0" }), "token_sub"),
        ("22 line end", json!({ "sub": "anna\nadmin" }), "token_sub"),
        ("23 other party", json!({ "cid": "0oa2" }), "token_azp"),
        ("23 missing", json!({ "cid": null }), "token_azp"),
        ("24 other tenant", json!({ "org_id": "labs" }), "tenant_mismatch"),
        ("24 missing", json!({ "org_id": null }), "tenant_mismatch"),
        ("24 array", json!({ "org_id": ["acme"] }), "tenant_mismatch"),
        ("25 flagged", json!({ "hasgroups": true }), "groups_overage"),
        ("25 left out", json!({ "groups": null, "_claim_names": { "groups": "src1" } }), "groups_overage"),
    ]);
}

#[test]
fn case_22_a_look_alike_is_somebody_else() {
    let of_anna = "[[permission]]\nsubject = { issuer = \"okta\", sub = \"00u-anna\" }\n\
        operation = \"usage.collect\"\neffect = \"allow\"\n\
        [[permission]]\noperation = \"usage.collect\"\neffect = \"deny\"\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", of_anna));
    check(&site, &[("Cyrillic", with(json!({ "sub": "00u-\u{0430}nna" })), "permission_denied")]);
    accepted(&site, &[("Latin", with(json!({})))]);
}

#[test]
fn cases_29_and_30_scopes_are_compared_exactly() {
    check_claims(&[
        ("29 missing", json!({ "scp": null }), "scope_missing"),
        ("29 other", json!({ "scp": ["usage:report"] }), "scope_missing"),
        ("29 longer", json!({ "scp": ["usage:collectall"] }), "scope_missing"),
        ("29 other case", json!({ "scp": ["Usage:Collect"] }), "scope_missing"),
        ("29 tab", json!({ "scp": "usage:collect\tusage:report" }), "scope_missing"),
        ("29 star", json!({ "scp": ["usage:*"] }), "scope_missing"),
        ("30 number", json!({ "scp": 1 }), "token_malformed"),
        ("30 nested", json!({ "scp": [["usage:collect"]] }), "token_malformed"),
        ("company of others", json!({ "companies": ["Acme GmbH"] }), "company_denied"),
        ("star for a company", json!({ "companies": ["*"] }), "company_denied"),
        ("no company", json!({ "companies": [] }), "company_none"),
    ]);
    let accepted_forms = [
        ("30 list", with(json!({ "scp": ["openid", "usage:collect"] }))),
        ("30 text", with(json!({ "scp": "openid usage:collect" }))),
    ];
    accepted(&installed(), &accepted_forms);
}

#[test]
fn a_good_token_collects() {
    let site = installed();
    as_person(&site, &with(json!({})), &["collect"]).exits(0);
    assert!(site.number("SELECT count(*) FROM users") > 0);
}

#[test]
fn case_26_a_token_that_runs_out_meanwhile_is_refused_at_the_next_command() {
    let site = installed();
    let token = with(json!({}));
    as_person(&site, &token, &["collect"]).exits(0);
    site.server.clear_requests();
    site.later(1);
    as_person(&site, &token, &["collect"]).exits(6).says(&["token_expired"]);
    refused(&site, "token_expired");
}

#[test]
fn case_26_a_token_that_runs_out_meanwhile_is_refused_at_the_next_operation() {
    let machine = Machine::new();
    let path = |name: &str| machine.folder.path().join(name);
    let rules = policy(ALL_SCOPES, "\"*\"", "");
    let keys = key_set(&[RSA.jwk("one")]);
    let files = [("policy.toml", rules), ("keys.json", keys), ("token", token(&claims()))];
    files
        .iter()
        .for_each(|(name, text)| seatledger::base::write_private(&path(name), text.as_bytes()).unwrap());
    let settings = guard::Settings {
        policy_file: Some(path("policy.toml")),
        database: path("seatledger.db"),
        journal: path("audit.db"),
        token: Some(TokenSource::File(path("token"))),
        http: machine.http.clone(),
    };
    // A command that collects several orgs runs one operation after the other.
    let mut guard = Guard::open(&settings, &machine.world).unwrap();
    let asked = Asked {
        operation: Operation::REPORT,
        including: &[],
        hoping_for: &[],
        companies: CompaniesAsked::Permitted,
        arguments: &json!({}),
        target: Default::default(),
        spends: &[],
    };
    let mut run = |second| {
        machine.clock.set(NOW + second);
        let acted = guard.run(&asked, |_| Acted { outcome: Outcome::new(Status::Success), result: () });
        acted.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(run(629), Ok(()));
    assert!(run(630).unwrap_err().contains("token_expired"));
}

#[test]
fn case_27_a_replaced_token_counts_from_the_next_command_on() {
    let site = installed();
    accepted(&site, &[("as it was", with(json!({})))]);
    site.server.clear_requests();
    as_person(&site, &with(json!({ "scp": ["usage:report"] })), &["collect"])
        .exits(6)
        .says(&["scope_missing"]);
    refused(&site, "scope_missing");
}

#[test]
fn case_40_agents_are_on_record_and_change_nothing() {
    let rate = "[limits]\nkey = \"user\"\n[limits.rate]\ninteractive = { max = 2, window_s = 60 }\n";
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", rate));
    let by = |agent: &str| with(json!({ "act": { "sub": agent, "tier": "interactive" } }));
    accepted(&site, &[("one agent", by("planner")), ("another", by("writer"))]);
    site.server.clear_requests();
    as_person(&site, &by("third"), &["collect"]).exits(8).says(&["rate_limited"]);
    refused(&site, "rate_limited");
    let is_told = |event: &Value| event["decision"] == "allow" && event.to_string().contains("planner");
    assert!(events(&site).iter().any(is_told));
    // Another person's calls are counted apart.
    accepted(&site, &[("73 another person", with(json!({ "sub": "00u-bob" })))]);
    site.server.clear_requests();
    let deep = (0..9).fold(json!({ "sub": "last" }), |inner, _| json!({ "sub": "agent", "act": inner }));
    check(&site, &[("too many hands", with(json!({ "act": deep })), "delegation_too_deep")]);
}

#[test]
fn case_99_a_persons_token_is_kept_nowhere() {
    let site = installed();
    let token = with(json!({}));
    let told = |ran: &Ran| [&ran.stdout, &ran.stderr].iter().any(|text| text.contains(&token));
    assert!(!told(&as_person(&site, &token, &["collect", "-vv"]).exits(0)));
    assert!(!told(&as_person(&site, &format!("{token}x"), &["collect", "-vv"]).exits(6)));
    site.run(&["audit", "export", "--output", "events.jsonl"]).exits(0);
    std::fs::remove_file(site.home.path("token")).unwrap();
    for file in std::fs::read_dir(site.home.path("")).unwrap() {
        let path = file.unwrap().path();
        let content = std::fs::read(&path).unwrap_or_default();
        let found = content.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!found, "{}", path.display());
    }
}

#[test]
fn a_token_in_the_arguments_is_refused_and_repeated_nowhere() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let token = token(&at_site(json!({})));
    let ran = site.run(&["collect", "--org", &token]).exits(2).says(&["--token-file"]);
    assert!(!ran.stderr.contains(&token) && !ran.stdout.contains(&token));
    assert!(!site.home.path("audit.db").exists());
    assert_eq!(site.server.requests(), []);
}
