//! Tokens that are wrong in every known way, handed to a command that would send something.

use serde_json::{Value, json};

use super::policed_site::{ALL_SCOPES, as_person, at_site, events, policy, refused, site_with};
use crate::emulator_caller::birthday;
use crate::token_maker::{header, signed_with_other_key, token};

#[test]
fn bad_tokens_collect_nothing() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", ""));
    let good = json!({ "scp": ["usage:collect"], "companies": ["Acme GmbH", "Acme UK Ltd"] });
    let with = |changes: Value| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        token(&at_site(claims))
    };
    let now = birthday().as_second();
    let cases = [
        ("1 empty", String::new(), "token_missing"),
        ("14 other key", signed_with_other_key(&header(), &at_site(good.clone())), "token_signature"),
        ("15 other audience", with(json!({ "aud": "other" })), "token_aud"),
        ("17 expired", with(json!({ "exp": now - 31 })), "token_expired"),
        ("18 not yet valid", with(json!({ "nbf": now + 3600 })), "token_not_yet_valid"),
        ("20 not a token", "{\"payload\":\"\"}".into(), "token_malformed"),
        ("22 empty subject", with(json!({ "sub": "" })), "token_sub"),
        ("23 other party", with(json!({ "cid": "0oa2" })), "token_azp"),
        ("24 other tenant", with(json!({ "org_id": "labs" })), "tenant_mismatch"),
        ("25 groups overage", with(json!({ "hasgroups": true })), "groups_overage"),
        ("29 missing scope", with(json!({ "scp": ["usage:report"] })), "scope_missing"),
        ("29 wildcard scope", with(json!({ "scp": ["usage:*"] })), "scope_missing"),
        ("29 other case", with(json!({ "scp": ["Usage:Collect"] })), "scope_missing"),
        ("30 scope is a number", with(json!({ "scp": 1 })), "token_malformed"),
        ("company of others", with(json!({ "companies": ["Acme GmbH"] })), "company_denied"),
        ("no company", with(json!({ "companies": [] })), "company_none"),
    ];
    for (case, token, reason) in cases {
        let before = if site.home.path("audit.db").exists() { events(&site).len() } else { 0 };
        let ran = as_person(&site, &token, &["collect"]).exits(6);
        assert!(ran.stderr.contains(reason), "{case}: {}", ran.stderr);
        refused(&site, reason);
        assert_eq!(events(&site).len(), before + 1, "{case}: one record");
    }
    assert!(!site.home.path("seatledger.db").exists());
    as_person(&site, &with(json!({})), &["collect"]).exits(0);
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
