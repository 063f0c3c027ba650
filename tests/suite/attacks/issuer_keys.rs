//! Keys that an issuer serves, renews, withdraws or should never have pointed to, between commands that share a cache.

use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, at_site, close, events, merged, policy, site_with};
use crate::site::Site;
use crate::support::Ran;
use crate::token_keys::{Provider, Reaction};
use crate::token_maker::{ISSUER, OTHER_RSA, RSA, header, key_set, signed_with_other_key, token};

/// A site whose policy discovers the keys of this provider, with more keys of its issuer.
fn site_of(provider: &Provider, more: &str) -> Site {
    let discovers = format!("jwks = \"discover\"\nallow_private = true\n{more}");
    let policy = policy(ALL_SCOPES, "\"*\"", "").replace(ISSUER, &provider.server.url());
    site_with(&policy.replace("jwks = { file = \"keys.json\" }", &discovers))
}

/// Claims of the provider that stay valid for most of an hour.
fn claims(provider: &Provider) -> Value {
    let at_site = at_site(json!({ "scp": ["usage:report"] }));
    let exp = at_site["exp"].as_i64().unwrap() + 2400;
    merged(at_site, json!({ "iss": provider.server.url(), "iat": null, "exp": exp }))
}

/// The decision of a command that person runs this many seconds after the site's time, by code.
#[track_caller]
fn verdict(site: &Site, second: i64, token: &str) -> String {
    site.home.write("token", token);
    close(site, "token");
    let arguments = ["policy", "explain", "usage.collect", "--token-file", "token"];
    let Ran { code, stdout, stderr, .. } = site.run_after(second, &arguments);
    assert_eq!(site.server.requests(), [], "nothing is sent to the org");
    let newest = events(site).into_iter().rev().find(|event| event["kind"] == "attempt").unwrap();
    assert_eq!(newest["decision"], if code == 0 { "allow" } else { "deny" }, "{stdout}{stderr}");
    if code != 0 {
        assert_eq!(code, 6, "{stderr}");
        assert!(stderr.contains(newest["reason"].as_str().unwrap()), "{stderr}");
    }
    newest["reason"].as_str().unwrap().to_owned()
}

/// A token by another key of this name.
fn by_other_key(provider: &Provider, kid: &str) -> String {
    signed_with_other_key(&merged(header(), json!({ "kid": kid })), &claims(provider))
}

#[test]
fn case_8_made_up_key_ids_do_not_flood_the_issuer() {
    let provider = Provider::start();
    let site = site_of(&provider, "");
    for second in 0..10 {
        let token = by_other_key(&provider, &format!("made-up-{second}"));
        assert_eq!(verdict(&site, second, &token), "token_key");
    }
    assert_eq!(provider.server.hits("/keys"), 1);
}

#[test]
fn cases_9_and_10_keys_come_and_go() {
    let provider = Provider::start();
    let site = site_of(&provider, "");
    let by_first = token(&claims(&provider));
    assert_eq!(verdict(&site, 0, &by_first), "allowed");
    provider.serve(Reaction::Keys(key_set(&[RSA.jwk("one"), OTHER_RSA.jwk("two")])));
    assert_eq!(verdict(&site, 60, &by_other_key(&provider, "two")), "allowed");
    assert_eq!(provider.server.hits("/keys"), 2, "one renewal");
    provider.serve(Reaction::Keys(key_set(&[OTHER_RSA.jwk("two")])));
    assert_eq!(verdict(&site, 120, &by_first), "allowed", "the copy is fresh");
    assert_eq!(verdict(&site, 900, &by_first), "token_key");
}

#[test]
fn case_11_old_keys_serve_for_a_while_when_the_issuer_is_down() {
    let provider = Provider::start();
    let site = site_of(&provider, "stale_if_error_s = 1200");
    let token = token(&claims(&provider));
    assert_eq!(verdict(&site, 0, &token), "allowed");
    provider.serve(Reaction::Down);
    let stale = |site: &Site| {
        let attempts = events(site).into_iter().rev().find(|event| event["kind"] == "attempt");
        attempts.unwrap().pointer("/counters/jwks_stale").cloned()
    };
    assert_eq!(verdict(&site, 300, &token), "allowed");
    assert_eq!(stale(&site), None);
    assert_eq!(verdict(&site, 900, &token), "allowed");
    assert_eq!(stale(&site), Some(json!(1)), "the record says so");
    assert_eq!(verdict(&site, 1500, &token), "jwks_unavailable");
}

#[test]
fn cases_12_and_13_keys_come_from_where_they_may_and_nowhere_else() {
    let stranger = Provider::start();
    let elsewhere = stranger.server.url();
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(512 * 1024));
    let keys = || Reaction::Keys(key_set(&[RSA.jwk("one")]));
    let cases = [
        ("12 other", json!({ "issuer": "https://evil.example" }), keys(), "issuer_mismatch"),
        ("12 slash", json!({}), keys(), "issuer_mismatch"),
        ("13 plain http", json!({ "jwks_uri": "http://login.acme.example/keys" }), keys(), "jwks_refused"),
        ("13 other host", json!({ "jwks_uri": "https://evil.example/keys" }), keys(), "jwks_refused"),
        ("13 other port", json!({ "jwks_uri": format!("{elsewhere}/keys") }), keys(), "jwks_refused"),
        ("13 private", json!({ "jwks_uri": "https://169.254.169.254/keys" }), keys(), "jwks_refused"),
        ("13 redirect", json!({}), Reaction::Redirect(format!("{elsewhere}/keys")), "jwks_refused"),
        ("13 too large", json!({}), Reaction::Keys(large), "jwks_refused"),
    ];
    for (case, mut discovery, keys, reason) in cases {
        let provider = Provider::start();
        if case == "12 slash" {
            discovery["issuer"] = format!("{}/", provider.server.url()).into();
        }
        provider.describe(discovery);
        provider.serve(keys);
        let site = site_of(&provider, "");
        assert_eq!(verdict(&site, 0, &token(&claims(&provider))), reason, "{case}");
    }
    assert_eq!(stranger.server.hits(""), 0);
}
