//! The token endpoint: what it gives, and its answer to each way of being wrong.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use seatledger::base::RecordId;
use seatledger::emulator::{ORGANIZATION_ID, ORGANIZATION_NAME, Server, USERNAME};
use serde_json::{Value, json};

use crate::emulator_caller::{
    Caller, REGISTERED, agent, birthday, claims, exchange, identity, json_body, org, post, read_faults, sign,
};

#[test]
fn a_good_assertion_gets_what_salesforce_sends() {
    let org = org(20);
    let (status, body) = exchange(&agent(), &org, &sign(&REGISTERED.key, &claims(&org)));
    assert_eq!(status, 200);
    let keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["access_token", "id", "instance_url", "scope", "token_type"]);
    assert_eq!(body["instance_url"], org.url());
    assert_eq!(body["token_type"], "Bearer");
    let (organization, secret) = body["access_token"].as_str().unwrap().split_once('!').unwrap();
    assert_eq!((organization, secret.len()), (&ORGANIZATION_ID[..15], 96));
    let identity = body["id"].as_str().unwrap().strip_prefix(&format!("{}/id/", org.url())).unwrap();
    let (organization, user) = identity.split_once('/').unwrap();
    assert_eq!(organization, ORGANIZATION_ID);
    assert_eq!(RecordId::parse(user).unwrap().as_str(), user);
}

#[test]
fn each_wrong_assertion_gets_the_text_that_salesforce_uses() {
    let org = org(20);
    let agent = agent();
    let changed = |claim: &str, value: Value| {
        let mut claims = claims(&org);
        claims[claim] = value;
        sign(&REGISTERED.key, &claims)
    };
    let hs256 =
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(&org), &EncodingKey::from_secret(b"x"))
            .unwrap();
    let rs512 = jsonwebtoken::encode(
        &Header::new(Algorithm::RS512),
        &claims(&org),
        &EncodingKey::from_rsa_pem(REGISTERED.key.as_bytes()).unwrap(),
    )
    .unwrap();
    let admin = "ada.admin@emulated.example";
    let cases = [
        ("another key", sign(&identity().key, &claims(&org)), "invalid_grant", "invalid assertion"),
        ("HS256", hs256, "invalid_grant", "invalid assertion"),
        ("RS512", rs512, "invalid_grant", "invalid assertion"),
        ("no JWT", "nonsense".to_owned(), "invalid_grant", "invalid assertion"),
        ("nothing", String::new(), "invalid_grant", "invalid assertion"),
        ("no sub", changed("sub", Value::Null), "invalid_grant", "invalid assertion"),
        (
            "foreign client",
            changed("iss", json!("3MVG9other")),
            "invalid_client_id",
            "client identifier invalid",
        ),
        (
            "sandbox host",
            changed("aud", json!("https://test.salesforce.com")),
            "invalid_grant",
            "audience is invalid",
        ),
        (
            "trailing slash",
            changed("aud", json!(format!("{}/", org.url()))),
            "invalid_grant",
            "audience is invalid",
        ),
        (
            "expired",
            changed("exp", json!(birthday().as_second() - 1)),
            "invalid_grant",
            "expired authorization code",
        ),
        ("no exp", changed("exp", Value::Null), "invalid_grant", "expired authorization code"),
        ("nobody", changed("sub", json!("nobody@emulated.example")), "invalid_grant", "invalid user"),
        (
            "not pre-authorized",
            changed("sub", json!(admin)),
            "invalid_app_access",
            "user is not admin approved to access this app",
        ),
    ];
    for (case, assertion, error, description) in cases {
        let (status, body) = exchange(&agent, &org, &assertion);
        assert_eq!(
            (status, body),
            (400, json!({"error": error, "error_description": description})),
            "{case}"
        );
    }
    for fine in [json!((birthday().as_second() + 60).to_string()), json!(birthday().as_millisecond())] {
        let (status, body) = exchange(&agent, &org, &changed("exp", fine.clone()));
        assert_eq!(status, 200, "exp {fine}: {body}");
    }
}

#[test]
fn the_generic_host_is_an_audience_until_the_org_forbids_it() {
    let org = org(20);
    let mut generic = claims(&org);
    generic["aud"] = json!("https://login.salesforce.com");
    let assertion = sign(&REGISTERED.key, &generic);
    assert_eq!(exchange(&agent(), &org, &assertion).0, 200);
    org.accept_login_host(false);
    let refusal = json!({"error": "invalid_grant", "error_description": "audience is invalid"});
    assert_eq!(exchange(&agent(), &org, &assertion), (400, refusal));
}

#[test]
fn wrong_requests_are_told_apart() {
    let org = org(20);
    let agent = agent();
    let assertion = sign(&REGISTERED.key, &claims(&org));
    let (_, body) = post(&agent, &org, &[("grant_type", "password"), ("assertion", &assertion)]);
    assert_eq!(body["error"], "unsupported_grant_type");
    let (_, body) = post(&agent, &org, &[("assertion", &assertion)]);
    assert_eq!(body["error"], "invalid_request");
    let url = format!("{}/services/oauth2/token?assertion={assertion}", org.url());
    let body = json_body(&mut agent.get(url).call().unwrap());
    assert_eq!(body["error"], "invalid_request", "the parameters belong into a posted body");
}

#[test]
fn states_of_the_org_refuse_a_good_assertion() {
    let org = org(20);
    let agent = agent();
    let assertion = sign(&REGISTERED.key, &claims(&org));
    let answer = |org: &Server| exchange(&agent, org, &assertion).1;
    for (fault, error, description) in [
        ("token:invalid_grant", "invalid_grant", "user hasn't approved this consumer"),
        ("token:invalid_grant=ip restricted", "invalid_grant", "ip restricted"),
        ("token:invalid_grant=inactive organization", "invalid_grant", "inactive organization"),
        ("token:app_not_found", "app_not_found", "External client app is not installed in this org"),
    ] {
        org.set_faults(read_faults(&[fault]));
        assert_eq!(answer(&org), json!({"error": error, "error_description": description}), "{fault}");
    }
    let caller = Caller::of(&org);
    let user = caller.records(&format!("SELECT Id FROM User WHERE Username = '{USERNAME}'"));
    org.set_field("User", user[0]["Id"].as_str().unwrap(), "IsActive", &json!(false)).unwrap();
    assert_eq!(answer(&org), json!({"error": "invalid_grant", "error_description": "inactive user"}));
}

#[test]
fn a_token_exchange_is_a_login() {
    let org = org(20);
    let caller = Caller::of(&org);
    let user = caller.records(&format!("SELECT Id, LastLoginDate FROM User WHERE Username = '{USERNAME}'"));
    let last = user[0]["LastLoginDate"].as_str().unwrap();
    assert!(last.starts_with("2026-11-21T12:0"), "{last}");
    let history = caller.records(&format!(
        "SELECT LoginType, Status, LoginTime FROM LoginHistory WHERE LoginTime >= 2026-11-21T00:00:00Z AND UserId = {}",
        user[0]["Id"].to_string().replace('"', "'")
    ));
    assert_eq!(history.len(), 1);
    assert_eq!(
        (&history[0]["LoginType"], &history[0]["Status"]),
        (&json!("Remote Access 2.0"), &json!("Success"))
    );
    assert_eq!(history[0]["LoginTime"], user[0]["LastLoginDate"]);

    Caller::of(&org);
    let again = caller.records(&format!("SELECT LastLoginDate FROM User WHERE Username = '{USERNAME}'"));
    assert_eq!(again[0]["LastLoginDate"], user[0]["LastLoginDate"], "less than a minute later");
}

#[test]
fn the_published_constants_are_the_orgs_own() {
    let org = org(20);
    let records = Caller::of(&org).records("SELECT Id, Name FROM Organization");
    assert_eq!(
        (&records[0]["Id"], &records[0]["Name"]),
        (&json!(ORGANIZATION_ID), &json!(ORGANIZATION_NAME))
    );
}
