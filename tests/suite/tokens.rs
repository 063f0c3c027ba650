//! Tokens, right and wrong in every known way; a number in a name is that of the attack in the list it stands in.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use seatledger::base::{Environment, Stop, SystemClock, World};
use seatledger::identity::{ClaimNames, IssuerSettings, LARGEST_TOKEN_BYTES, TenantRule, TokenSource};
use serde_json::{Value, json};

use crate::token_maker::{
    EC, ISSUER, Machine, NOW, OTHER_RSA, RSA, RsaKey, claims, claims_with, encoded, header, issuer, key_set,
    signed, signed_with_ec, signed_with_other_key, signed_with_pss, signed_with_secret, token,
    token_with_header, unsigned,
};

/// Verifies tokens by the usual rules, each named for its case.
fn check(cases: &[(&str, String, &str)]) {
    let machine = Machine::new();
    let issuer = machine.issuer();
    for (case, token, expected) in cases {
        assert_eq!(machine.verdict(&issuer, token), *expected, "{case}");
    }
}

/// The same for claims that are rightly signed.
fn check_claims(cases: &[(&str, Value, &str)]) {
    let tokens: Vec<_> = cases
        .iter()
        .map(|(case, changes, expected)| (*case, token(&claims_with(changes.clone())), *expected))
        .collect();
    check(&tokens);
}

/// The same for headers.
fn check_headers(cases: &[(&str, Value, &str)]) {
    let tokens: Vec<_> = cases
        .iter()
        .map(|(case, changes, expected)| {
            let mut header = header();
            header.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            (*case, token_with_header(&header), *expected)
        })
        .collect();
    check(&tokens);
}

fn set(items: &[&str]) -> BTreeSet<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

#[test]
fn a_good_token_says_who_it_is() {
    let machine = Machine::new();
    let token = token(&claims_with(json!({
        "email": "anna@acme.example", "jti": "t-1", "act": { "sub": "agent", "act": { "sub": "planner" } },
    })));
    let verified = machine.verify(&[machine.issuer()], &token).unwrap();
    assert_eq!((verified.issuer_name.as_str(), verified.issuer.as_str()), ("okta", ISSUER));
    assert_eq!(verified.subject, "00u-anna");
    assert_eq!(verified.email.as_deref(), Some("anna@acme.example"));
    assert_eq!(verified.scopes, set(&["usage:report"]));
    assert_eq!(verified.roles, set(&["license-analysts"]));
    assert_eq!(verified.companies, Some(set(&["Acme GmbH"])));
    assert_eq!(verified.actors, ["agent", "planner"]);
    assert_eq!(verified.token_id.as_deref(), Some("t-1"));
    assert_eq!(verified.refused_from.as_second(), NOW + 600 + 30);
    assert!(!verified.used_stale_keys);
}

#[test]
fn case_1_a_token_must_be_there() {
    check(&[("empty", String::new(), "token_missing")]);
}

#[test]
fn cases_2_to_4_only_the_listed_algorithms_count() {
    let alg = |name: &str| json!({ "alg": name, "kid": "one", "typ": "JWT" });
    let public = RSA.jwk("one").to_string();
    check(&[
        ("2 none, unsigned", unsigned(&alg("none")), "token_alg"),
        ("2 None, unsigned", unsigned(&alg("None")), "token_alg"),
        ("2 nOnE, unsigned", unsigned(&alg("nOnE")), "token_alg"),
        ("2 none, signed", token_with_header(&alg("none")), "token_alg"),
        ("2 RS256, unsigned", unsigned(&alg("RS256")), "token_signature"),
        ("2 no alg", unsigned(&json!({ "kid": "one" })), "token_alg"),
        ("2 rs256", token_with_header(&alg("rs256")), "token_alg"),
        ("3 HS256 with the JWK as secret", signed_with_secret(&alg("HS256"), public.as_bytes()), "token_alg"),
        (
            "3 HS256 with the modulus as secret",
            signed_with_secret(&alg("HS256"), &RSA.modulus()),
            "token_alg",
        ),
        ("3 RS256 that is HS256", signed_with_secret(&alg("RS256"), &RSA.modulus()), "token_signature"),
        ("4 PS256", signed_with_pss(&alg("PS256")), "token_alg"),
        ("4 PS256 that says RS256", signed_with_pss(&alg("RS256")), "token_signature"),
        ("4 ES256", signed_with_ec(&alg("ES256")), "token_alg"),
    ]);
}

#[test]
fn cases_5_and_6_a_header_brings_no_keys_and_changes_no_rules() {
    check_headers(&[
        ("5 jwk", json!({ "jwk": OTHER_RSA.jwk("one") }), "token_header"),
        ("5 jku", json!({ "jku": "https://evil.example/keys" }), "token_header"),
        ("5 jku to a metadata service", json!({ "jku": "http://169.254.169.254/" }), "token_header"),
        ("5 x5u", json!({ "x5u": "https://evil.example/cert" }), "token_header"),
        ("5 x5c", json!({ "x5c": ["MII"] }), "token_header"),
        ("6 crit", json!({ "crit": ["exp"] }), "token_header"),
        ("6 b64", json!({ "b64": false }), "token_header"),
        ("6 zip", json!({ "zip": "DEF" }), "token_header"),
    ]);
}

#[test]
fn case_7_a_key_id_is_only_compared() {
    check_headers(&[
        ("path", json!({ "kid": "../../etc/passwd" }), "token_key"),
        ("SQL", json!({ "kid": "' OR 1=1 --" }), "token_key"),
        ("long", json!({ "kid": "k".repeat(10_000) }), "token_key"),
        ("other case", json!({ "kid": "ONE" }), "token_key"),
        ("number", json!({ "kid": 1 }), "token_malformed"),
    ]);
    let machine = Machine::new();
    let twice = machine.key_file("twice.json", &key_set(&[OTHER_RSA.jwk("one"), RSA.jwk("one")]));
    let issuer = IssuerSettings { keys: twice, ..machine.issuer() };
    assert_eq!(machine.verdict(&issuer, &token(&claims())), "jwks_refused");
}

#[test]
fn a_token_without_key_id_needs_the_only_key() {
    let machine = Machine::new();
    let nameless = token_with_header(&json!({ "alg": "RS256" }));
    assert_eq!(machine.verdict(&machine.issuer(), &nameless), "allowed");
    let for_encryption = json!({ "kty": "RSA", "kid": "enc", "use": "enc", "n": "AQAB", "e": "AQAB" });
    for (more, expected) in [(for_encryption, "allowed"), (OTHER_RSA.jwk("two"), "token_key")] {
        let keys = machine.key_file("more.json", &key_set(&[RSA.jwk("one"), more]));
        let issuer = IssuerSettings { keys, ..machine.issuer() };
        assert_eq!(machine.verdict(&issuer, &nameless), expected);
    }
}

#[test]
fn case_14_keys_of_one_issuer_do_not_vouch_for_another() {
    let machine = Machine::new();
    let other = IssuerSettings {
        name: "other".into(),
        issuer: "https://other.example".into(),
        keys: machine.key_file("other.json", &key_set(&[OTHER_RSA.jwk("one")])),
        ..issuer()
    };
    let issuers = [machine.issuer(), other];
    let code = |token: &str| machine.verify(&issuers, token).map_or_else(|error| error.code(), |_| "allowed");
    let by_other = claims_with(json!({ "iss": "https://other.example" }));
    assert_eq!(code(&signed_with_other_key(&header(), &by_other)), "allowed");
    assert_eq!(code(&signed_with_other_key(&header(), &claims())), "token_signature");
    assert_eq!(code(&token(&by_other)), "token_signature");
}

#[test]
fn issuers_are_compared_to_the_byte() {
    check_claims(&[
        ("other", json!({ "iss": "https://evil.example" }), "token_issuer"),
        ("trailing slash", json!({ "iss": format!("{ISSUER}/") }), "token_issuer"),
        ("case", json!({ "iss": ISSUER.to_uppercase() }), "token_issuer"),
        ("missing", json!({ "iss": null }), "token_issuer"),
        ("array", json!({ "iss": [ISSUER] }), "token_malformed"),
        ("number", json!({ "iss": 1 }), "token_malformed"),
    ]);
    let machine = Machine::new();
    let alias = format!("{ISSUER}/");
    let aliased = IssuerSettings { issuer_aliases: vec![alias.clone()], ..machine.issuer() };
    let verified = machine.verify(&[aliased], &token(&claims_with(json!({ "iss": alias })))).unwrap();
    assert_eq!(verified.issuer, ISSUER, "one person is one principal under either spelling");
}

#[test]
fn case_15_the_audience_must_be_this_program() {
    check_claims(&[
        ("another", json!({ "aud": "other-app" }), "token_aud"),
        ("missing", json!({ "aud": null }), "token_aud"),
        ("object", json!({ "aud": { "seatledger": true } }), "token_aud"),
        ("empty list", json!({ "aud": [] }), "token_aud"),
        ("mixed list", json!({ "aud": ["seatledger", 1] }), "token_aud"),
        ("prefix", json!({ "aud": "seatledger2" }), "token_aud"),
        ("case", json!({ "aud": "Seatledger" }), "token_aud"),
        ("list with it", json!({ "aud": ["https://login.acme.example/userinfo", "seatledger"] }), "allowed"),
    ]);
}

#[test]
fn case_16_other_kinds_of_tokens_are_refused() {
    check_headers(&[
        ("logout", json!({ "typ": "logout+jwt" }), "token_typ"),
        ("long form that is not listed", json!({ "typ": "application/at+jwt" }), "token_typ"),
        ("case", json!({ "typ": "jwt" }), "token_typ"),
        ("access token", json!({ "typ": "at+jwt" }), "allowed"),
        ("not a text", json!({ "typ": ["JWT"] }), "token_malformed"),
    ]);
    check_claims(&[
        ("ID token with nonce", json!({ "nonce": "n" }), "token_typ"),
        ("ID token with at_hash", json!({ "at_hash": "h" }), "token_typ"),
        ("ID token for its client", json!({ "aud": "0oa1" }), "token_aud"),
        ("logout token", json!({ "events": {} }), "token_typ"),
    ]);
    let machine = Machine::new();
    let google = IssuerSettings { accept_id_token: true, ..machine.issuer() };
    assert_eq!(machine.verdict(&google, &token(&claims_with(json!({ "nonce": "n" })))), "allowed");
}

#[test]
fn the_profile_of_rfc_9068_is_demanded_in_full() {
    let machine = Machine::new();
    let strict = IssuerSettings { requires_rfc9068: true, ..machine.issuer() };
    let at = |claims: &Value| {
        signed(&json!({ "alg": "RS256", "kid": "one", "typ": "at+jwt" }).to_string(), &claims.to_string())
    };
    let whole = json!({ "client_id": "0oa1", "jti": "t-1" });
    assert_eq!(machine.verdict(&strict, &at(&claims_with(whole.clone()))), "allowed");
    assert_eq!(machine.verdict(&strict, &token(&claims_with(whole.clone()))), "token_typ");
    assert_eq!(
        machine.verdict(
            &strict,
            &signed(r#"{"alg":"RS256","kid":"one"}"#, &claims_with(whole.clone()).to_string())
        ),
        "token_typ"
    );
    for missing in ["client_id", "jti", "iat"] {
        let mut claims = claims_with(whole.clone());
        claims.as_object_mut().unwrap().remove(missing);
        assert_eq!(machine.verdict(&strict, &at(&claims)), "token_malformed", "{missing}");
    }
}

#[test]
fn cases_17_and_18_times_are_checked() {
    check_claims(&[
        ("17 no exp", json!({ "exp": null }), "token_malformed"),
        ("17 text", json!({ "exp": "9999999999" }), "token_malformed"),
        ("17 negative", json!({ "exp": -1 }), "token_malformed"),
        ("17 1e300", json!({ "exp": 1e300 }), "token_malformed"),
        ("17 true", json!({ "exp": true }), "token_malformed"),
        ("17 30 s past", json!({ "exp": NOW - 30 }), "token_expired"),
        ("17 31 s past", json!({ "exp": NOW - 31 }), "token_expired"),
        ("17 29 s past", json!({ "exp": NOW - 29 }), "allowed"),
        ("17 with a fraction", json!({ "exp": 1_767_323_045.5 }), "allowed"),
        ("18 nbf in 1 h", json!({ "nbf": NOW + 3600 }), "token_not_yet_valid"),
        ("18 nbf in 30 s", json!({ "nbf": NOW + 30 }), "allowed"),
        ("18 nbf is a text", json!({ "nbf": "0" }), "token_malformed"),
        ("18 iat in 1 h", json!({ "iat": NOW + 3600, "exp": NOW + 3700 }), "token_not_yet_valid"),
        ("18 iat is a text", json!({ "iat": "0" }), "token_malformed"),
        ("18 lifetime of 30 days", json!({ "exp": NOW + 30 * 86_400 }), "token_lifetime"),
        ("18 the same without iat", json!({ "iat": null, "exp": NOW + 30 * 86_400 }), "token_lifetime"),
        ("18 longest lifetime", json!({ "iat": NOW - 60, "exp": NOW + 3540 }), "allowed"),
        ("18 a second more", json!({ "iat": NOW - 60, "exp": NOW + 3541 }), "token_lifetime"),
    ]);
}

#[test]
fn case_26_a_token_that_runs_out_is_refused_at_the_next_operation() {
    let machine = Machine::new();
    let token = token(&claims());
    assert_eq!(machine.verdict(&machine.issuer(), &token), "allowed");
    machine.clock.set(NOW + 630);
    assert_eq!(machine.verdict(&machine.issuer(), &token), "token_expired");
}

#[test]
fn cases_19_and_20_there_is_one_way_to_write_a_token() {
    let good = token(&claims());
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let text = claims().to_string();
    let twice = text.replacen('{', r#"{"scp":["usage:admin"],"#, 1);
    let escaped = text.replacen('{', r#"{"s\u0063p":["usage:admin"],"#, 1);
    // The last character of a 256-byte signature carries two bits of it and four that stand for nothing.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    let trailing = format!("{head}.{body}.{}{next}", &signature[..signature.len() - 1]);
    let json_form = json!({ "protected": head, "payload": body, "signature": signature }).to_string();
    check(&[
        ("19 claim twice", signed(&header().to_string(), &twice), "token_malformed"),
        ("19 claim twice, once escaped", signed(&header().to_string(), &escaped), "token_malformed"),
        ("19 header twice", signed(r#"{"alg":"RS256","alg":"RS256","kid":"one"}"#, &text), "token_malformed"),
        ("20 JSON form", json_form, "token_malformed"),
        ("20 encrypted", format!("{good}.AA.AA"), "token_malformed"),
        (
            "20 nested",
            signed(&json!({ "alg": "RS256", "kid": "one", "cty": "JWT" }).to_string(), &good),
            "token_malformed",
        ),
        ("20 two parts", format!("{head}.{body}"), "token_malformed"),
        ("20 padding", format!("{good}="), "token_malformed"),
        ("20 white space", format!("{good} "), "token_malformed"),
        ("20 line end within", format!("{head}.\n{body}.{signature}"), "token_malformed"),
        (
            "20 standard base64",
            format!("{head}.{body}.{}", signature.replacen(['-', '_'], "+", 1)),
            "token_malformed",
        ),
        ("20 bits that stand for nothing", trailing, "token_malformed"),
        ("20 claims are a list", signed(&header().to_string(), "[]"), "token_malformed"),
        (
            "20 claims are not text",
            format!("{head}.{}.{signature}", encoded(b"{\"a\":\"\xff\"}")),
            "token_malformed",
        ),
        ("20 too long", format!("{good}{}", "A".repeat(LARGEST_TOKEN_BYTES)), "token_malformed"),
        ("20 empty parts", "..".into(), "token_malformed"),
        (
            "20 other claims",
            format!("{head}.{}.{signature}", encoded(claims_with(json!({ "sub": "bob" })).to_string())),
            "token_signature",
        ),
    ]);
}

#[test]
fn case_21_weak_and_foreign_keys_check_nothing() {
    let machine = Machine::new();
    let small = RsaKey::generate(1024).jwk("one");
    let with = |changes: Value| {
        let mut key = RSA.jwk("one");
        for (name, value) in changes.as_object().unwrap() {
            match value {
                Value::Null => key.as_object_mut().unwrap().remove(name),
                value => key.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        key
    };
    let cases = [
        ("good", with(json!({})), "allowed"),
        ("1024 bits", small, "token_key"),
        ("e = 1", with(json!({ "e": "AQ" })), "token_key"),
        ("e even", with(json!({ "e": "AQAA" })), "token_key"),
        ("no e", with(json!({ "e": null })), "token_key"),
        (
            "padded n",
            with(json!({ "n": format!("{}=", RSA.jwk("one")["n"].as_str().unwrap()) })),
            "token_key",
        ),
        ("for encryption", with(json!({ "use": "enc" })), "token_key"),
        ("use is a list", with(json!({ "use": ["sig"] })), "token_key"),
        ("no use", with(json!({ "use": null })), "allowed"),
        ("key_ops encrypt", with(json!({ "use": null, "key_ops": ["encrypt"] })), "token_key"),
        ("key_ops verify", with(json!({ "key_ops": ["verify"] })), "allowed"),
        ("for another algorithm", with(json!({ "alg": "PS256" })), "token_key"),
        ("for this algorithm", with(json!({ "alg": "RS256" })), "allowed"),
        ("private", with(json!({ "d": "AQAB" })), "token_key"),
        ("shared", json!({ "kty": "oct", "kid": "one", "k": "AQAB" }), "token_key"),
        ("unknown kind", json!({ "kty": "AKP", "kid": "one" }), "token_key"),
        ("RSA with a curve", with(json!({ "crv": "P-256" })), "token_key"),
        ("EC for RS256", EC.jwk("one"), "token_key"),
        ("kid is a number", with(json!({ "kid": 1 })), "jwks_refused"),
    ];
    for (case, key, expected) in cases {
        let keys = machine.key_file("case.json", &key_set(&[key]));
        let issuer = IssuerSettings { keys, ..machine.issuer() };
        assert_eq!(machine.verdict(&issuer, &token(&claims())), expected, "{case}");
    }
    for (case, set) in [
        ("no list", "{}".to_owned()),
        ("not JSON", "<html>".to_owned()),
        ("a key is a text", r#"{"keys":["x"]}"#.to_owned()),
        ("list twice", r#"{"keys":[],"keys":[]}"#.to_owned()),
    ] {
        let issuer = IssuerSettings { keys: machine.key_file("case.json", &set), ..machine.issuer() };
        assert_eq!(machine.verdict(&issuer, &token(&claims())), "jwks_refused", "{case}");
    }
}

#[test]
fn case_21_points_must_lie_on_their_curve() {
    let machine = Machine::new();
    let es256 = signed_with_ec(&json!({ "alg": "ES256", "kid": "one" }));
    let good = EC.jwk("one");
    let with = |x: &str| {
        let mut key = good.clone();
        key["x"] = x.into();
        key
    };
    let off_curve = with(&encoded([7; 32]));
    let short = with(&encoded([7; 31]));
    let other_curve =
        json!({ "kty": "EC", "crv": "P-384", "kid": "one", "x": encoded([7; 48]), "y": encoded([7; 48]) });
    let cases = [
        ("good", good.clone(), "allowed"),
        ("off the curve", off_curve, "token_signature"),
        ("short coordinate", short, "token_key"),
        ("other curve", other_curve, "token_key"),
        ("RSA for ES256", RSA.jwk("one"), "token_key"),
    ];
    for (case, key, expected) in cases {
        let keys = machine.key_file("case.json", &key_set(&[key]));
        let issuer =
            IssuerSettings { keys, algorithms: vec!["ES256".into(), "RS256".into()], ..machine.issuer() };
        assert_eq!(machine.verdict(&issuer, &es256), expected, "{case}");
    }
}

#[test]
fn a_key_serves_one_algorithm() {
    let machine = Machine::new();
    let mut named = RSA.jwk("one");
    named["alg"] = "PS256".into();
    let keys = [
        machine.key_file("silent.json", &key_set(&[RSA.jwk("one")])),
        machine.key_file("named.json", &key_set(&[named])),
    ];
    let ps256 = signed_with_pss(&json!({ "alg": "PS256", "kid": "one" }));
    let both = vec!["RS256".to_owned(), "PS256".to_owned()];
    let [silent, named] =
        keys.map(|keys| IssuerSettings { keys, algorithms: both.clone(), ..machine.issuer() });
    assert_eq!(machine.verdict(&silent, &ps256), "token_key", "it could be for either");
    assert_eq!(machine.verdict(&named, &ps256), "allowed");
    assert_eq!(machine.verdict(&named, &token(&claims())), "token_key");
}

#[test]
fn case_22_subjects_are_text_to_compare_exactly() {
    check_claims(&[
        ("empty", json!({ "sub": "" }), "token_sub"),
        ("missing", json!({ "sub": null }), "token_sub"),
        ("number", json!({ "sub": 7 }), "token_sub"),
        ("300 characters", json!({ "sub": "x".repeat(300) }), "token_sub"),
        ("255 characters", json!({ "sub": "ö".repeat(255) }), "allowed"),
        ("NUL", json!({ "sub": "anna\0" }), "token_sub"),
        ("line end", json!({ "sub": "anna\nadmin" }), "token_sub"),
    ]);
    let machine = Machine::new();
    let look_alike = "00u-\u{0430}nna";
    let verified =
        machine.verify(&[machine.issuer()], &token(&claims_with(json!({ "sub": look_alike })))).unwrap();
    assert_ne!(verified.subject, "00u-anna");
}

#[test]
fn case_23_the_party_must_be_listed() {
    check_claims(&[
        ("not listed", json!({ "cid": "evil" }), "token_azp"),
        ("missing", json!({ "cid": null }), "token_azp"),
        ("azp", json!({ "cid": null, "azp": "0oa1" }), "allowed"),
        ("client_id", json!({ "cid": null, "client_id": "0oa1" }), "allowed"),
        ("appid", json!({ "cid": null, "appid": "0oa1" }), "allowed"),
        ("two that disagree", json!({ "azp": "evil" }), "token_azp"),
        ("list", json!({ "cid": ["0oa1"] }), "token_azp"),
    ]);
    let machine = Machine::new();
    let open = IssuerSettings { authorized_parties: Vec::new(), ..machine.issuer() };
    assert_eq!(machine.verdict(&open, &token(&claims_with(json!({ "cid": "anything" })))), "allowed");
}

#[test]
fn cases_24_and_25_tenant_and_groups_must_be_there() {
    check_claims(&[
        ("24 other", json!({ "org_id": "globex" }), "tenant_mismatch"),
        ("24 missing", json!({ "org_id": null }), "tenant_mismatch"),
        ("24 array", json!({ "org_id": ["acme"] }), "tenant_mismatch"),
        ("25 left out", json!({ "groups": null, "_claim_names": { "groups": "src1" } }), "groups_overage"),
        ("25 flagged", json!({ "groups": null, "hasgroups": true }), "groups_overage"),
    ]);
}

#[test]
fn cases_29_30_and_38_scopes_and_roles_are_words() {
    let machine = Machine::new();
    let cases = [
        ("30 list", json!({ "scp": ["a", "b"] }), Ok(set(&["a", "b"]))),
        ("30 text", json!({ "scp": "a b" }), Ok(set(&["a", "b"]))),
        ("30 number", json!({ "scp": 1 }), Err("token_malformed")),
        ("30 nested", json!({ "scp": [["a"]] }), Err("token_malformed")),
        ("30 blank in a list", json!({ "scp": ["a b"] }), Err("token_malformed")),
        ("30 object", json!({ "scp": { "a": true } }), Err("token_malformed")),
        ("29 tab does not separate", json!({ "scp": "a\tb" }), Ok(set(&["a\tb"]))),
        ("29 missing", json!({ "scp": null }), Ok(set(&[]))),
    ];
    for (case, changes, expected) in cases {
        let scopes = machine.verify(&[machine.issuer()], &token(&claims_with(changes)));
        assert_eq!(scopes.map(|token| token.scopes).map_err(|error| error.code()), expected, "{case}");
    }
    let cases = [
        ("38 one text is one role", json!({ "groups": "sf readers" }), Ok(set(&["sf readers"]))),
        ("38 number", json!({ "groups": 7 }), Err("token_malformed")),
        ("38 missing", json!({ "groups": null }), Ok(set(&[]))),
    ];
    for (case, changes, expected) in cases {
        let roles = machine.verify(&[machine.issuer()], &token(&claims_with(changes)));
        assert_eq!(roles.map(|token| token.roles).map_err(|error| error.code()), expected, "{case}");
    }
}

#[test]
fn a_star_from_an_issuer_is_a_company_of_that_name() {
    let machine = Machine::new();
    let token = token(&claims_with(json!({ "companies": ["*"] })));
    assert_eq!(machine.verify(&[machine.issuer()], &token).unwrap().companies, Some(set(&["*"])));
}

#[test]
fn actors_must_be_named() {
    check_claims(&[
        ("no subject", json!({ "act": {} }), "token_malformed"),
        ("text", json!({ "act": "agent" }), "token_malformed"),
        ("deep", json!({ "act": { "sub": "a", "act": { "act": {} } } }), "token_malformed"),
    ]);
}

#[test]
fn the_dialects_of_identity_providers_are_understood() {
    let machine = Machine::new();
    let names = |subject: &str, scope: &str, roles: &str| ClaimNames {
        subject: subject.into(),
        email: None,
        scope: Some(scope.into()),
        roles: Some(roles.into()),
        companies: None,
    };
    let tenant = |claim: &str| Some(TenantRule { claim: claim.into(), value: "acme".into() });
    let base = json!({ "aud": "seatledger", "sub": "s-1", "iat": NOW, "exp": NOW + 60 });
    let cases = [
        (
            "https://acme.auth0.example/",
            names("sub", "scope", "permissions"),
            tenant("org_id"),
            json!({
                "aud": ["seatledger", "https://acme.auth0.example/userinfo"], "azp": "0oa1", "org_id": "acme",
                "scope": "openid usage:report", "permissions": ["reader"],
            }),
        ),
        (
            "https://login.acme.example/oauth2/default",
            names("sub", "scp", "groups"),
            None,
            json!({ "cid": "0oa1", "uid": "00u1", "scp": ["usage:report", "openid"], "groups": ["reader"] }),
        ),
        (
            "https://login.entra.example/acme/v2.0",
            names("oid", "scp", "roles"),
            tenant("tid"),
            json!({ "oid": "s-1", "sub": "pairwise", "tid": "acme", "azp": "0oa1", "scp": "usage:report openid", "roles": ["reader"] }),
        ),
        (
            "https://id.acme.example/application/o/seatledger/",
            names("sub", "scope", "groups"),
            None,
            json!({ "azp": "0oa1", "scope": "usage:report openid", "groups": ["reader"] }),
        ),
    ];
    for (iss, claims, tenant, own) in cases {
        let issuer = IssuerSettings { issuer: iss.into(), claims, tenant, ..machine.issuer() };
        let mut all = base.clone();
        all["iss"] = iss.into();
        all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        let verified =
            machine.verify(&[issuer], &token(&all)).unwrap_or_else(|error| panic!("{iss}: {error}"));
        assert_eq!(verified.subject, "s-1", "{iss}");
        assert_eq!(verified.scopes, set(&["openid", "usage:report"]), "{iss}");
        assert_eq!(verified.roles, set(&["reader"]), "{iss}");
    }
}

#[test]
fn case_27_a_token_file_is_read_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let world = World {
        environment: [("TOKEN".to_owned(), "by-variable".to_owned())].into_iter().collect::<Environment>(),
        clock: std::sync::Arc::new(SystemClock),
        current_dir: folder.path().into(),
        stop: Stop::default(),
    };
    let read = |source: &TokenSource| match source.read(&world) {
        Ok(token) => token.expose().to_owned(),
        Err(error) => error.code().to_owned(),
    };
    let file = TokenSource::File("token".into());
    assert_eq!(read(&file), "token_unreadable");
    seatledger::base::write_private(&path, b"first\n").unwrap();
    assert_eq!(read(&file), "first");
    std::fs::write(&path, "second\r\n").unwrap();
    assert_eq!(read(&file), "second");
    std::fs::write(&path, "\n").unwrap();
    assert_eq!(read(&file), "token_missing");
    std::fs::write(&path, b"\xff").unwrap();
    assert_eq!(read(&file), "token_unreadable");

    assert_eq!(read(&TokenSource::Environment("TOKEN".into())), "by-variable");
    assert_eq!(read(&TokenSource::Environment("OTHER".into())), "token_missing");

    std::fs::write(&path, "by-descriptor\n").unwrap();
    let open = std::fs::File::open(&path).unwrap();
    let number = u32::try_from(std::os::fd::AsRawFd::as_raw_fd(&open)).unwrap();
    assert_eq!(read(&TokenSource::Descriptor(number)), "by-descriptor");
    assert_eq!(read(&TokenSource::Descriptor(9999)), "token_unreadable");
}

/// What `tests/clients/make_tokens.py` writes.
#[derive(serde::Deserialize)]
struct IndependentTokens {
    now: i64,
    cases: Vec<IndependentToken>,
}

#[derive(serde::Deserialize)]
struct IndependentToken {
    name: String,
    expected: String,
    token: String,
    key_set: Value,
    algorithms: Vec<String>,
}

#[test]
#[ignore = "needs the tokens that tests/clients/tokens.sh makes with PyJWT"]
fn tokens_of_an_independent_library_get_the_same_verdicts() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("independent-tokens.json");
    let tokens: IndependentTokens = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(tokens.cases.len() > 50);
    let machine = Machine::new();
    machine.clock.set(tokens.now);
    for case in tokens.cases {
        let keys = machine.key_file("independent.json", &case.key_set.to_string());
        let issuer = IssuerSettings { keys, algorithms: case.algorithms, ..issuer() };
        assert_eq!(machine.verdict(&issuer, &case.token), case.expected, "{}", case.name);
    }
}

#[test]
fn every_refusal_has_a_reason_that_the_policy_knows() {
    let source = include_str!("../../src/identity/error.rs");
    let codes: Vec<_> = source.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(codes.len() > 15);
    for code in codes {
        let reason = seatledger::policy::reason(code).unwrap_or_else(|| panic!("{code} is no reason"));
        assert_eq!(reason.family, seatledger::policy::Family::Identity, "{code}");
    }
}

proptest! {
    // The same damage on every run.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(20),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// No byte of a token can be changed, taken out or added.
    #[test]
    fn a_damaged_token_is_refused(at: prop::sample::Index, length in 0usize..3, patch in "[A-Za-z0-9._=\\n-]{0,3}") {
        static GOOD: LazyLock<String> = LazyLock::new(|| token(&claims()));
        let (machine, good) = (Machine::new(), &*GOOD);
        let mut damaged = good.clone();
        let from = at.index(good.len());
        damaged.replace_range(from..(from + length).min(good.len()), &patch);
        let verdict = machine.verdict(&machine.issuer(), &damaged);
        prop_assert_eq!(verdict == "allowed", damaged == *good, "{} {}", verdict, damaged);
    }
}
