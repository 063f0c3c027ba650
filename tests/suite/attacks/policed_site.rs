//! An installation under a policy, and what its journal says of a run.

use seatledger::audit::CheckpointKey;
use serde_json::{Value, json};

use crate::emulator_caller::birthday;
use crate::site::Site;
use crate::support::Ran;
use crate::token_maker::{ISSUER, RSA, claims_with, key_set};

/// The user who runs the tests as a service of the policy, and an issuer whose keys are in a file.
pub(super) fn policy(scopes: &str, companies: &str, more: &str) -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!(
        r##"version = 1
tenant = "acme"
[identity]
anonymous = "deny"
[[identity.service]]
name = "nightly"
unix_user = "#{uid}"
tier = "background"
scopes = [{scopes}]
companies = [{companies}]
[[identity.issuer]]
name = "okta"
issuer = "{ISSUER}"
audience = ["seatledger"]
algorithms = ["RS256"]
jwks = {{ file = "keys.json" }}
authorized_parties = ["0oa1"]
claims = {{ subject = "sub", email = "email", scope = "scp", roles = "groups", tenant = "org_id", companies = "companies" }}
grant = "scope"
[operations]
"usage.collect" = ["usage:collect"]
"audit.push" = ["audit:read"]
"usage.inspect" = ["usage:report"]
"usage.report" = ["usage:report"]
"usage.export" = ["usage:export"]
"usage.identify" = ["usage:identify"]
"usage.purge" = ["usage:admin"]
"usage.backup" = ["usage:admin"]
"policy.explain" = ["usage:report"]
"audit.read" = ["audit:read"]
"audit.verify" = ["audit:read"]
[company]
enforce = true
{more}
"##
    )
}

pub(super) const ALL_SCOPES: &str =
    r#""usage:collect", "usage:report", "usage:export", "usage:identify", "audit:read""#;

/// An installation with this policy.
pub(super) fn site_with(policy: &str) -> Site {
    let site = Site::with_org_keys(60, "company_names = [\"Acme GmbH\", \"Acme UK Ltd\"]");
    set_policy(&site, policy);
    site
}

pub(super) fn set_policy(site: &Site, policy: &str) {
    if !site.home.path("keys.json").exists() {
        site.home.write("keys.json", &key_set(&[RSA.jwk("one")]));
        site.home.write("privacy.key", &"k".repeat(64));
        close(site, "privacy.key");
        let config = site.home.read("seatledger.toml");
        let rooms = "[policy]\nfile = \"policy.toml\"\n[privacy]\nkey_file = \"privacy.key\"\n";
        site.home.write("seatledger.toml", &format!("{rooms}{config}"));
        close(site, "seatledger.toml");
    }
    site.home.write("policy.toml", policy);
    close(site, "policy.toml");
}

pub(super) fn close(site: &Site, name: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(site.home.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// An `[audit]` that names everything it can, and sends to `sink`.
pub(super) fn audit_rooms(sink: &str) -> String {
    format!(
        "[audit]\npath = \"records/audit.db\"\nhmac_key_file = \"audit.hmac\"\n\
         checkpoint = {{ every = 100, sign_key_file = \"audit.key\", copy_to = \"heads\" }}\n\
         [[audit.sink]]\nname = \"siem\"\nurl = \"{sink}/hook\"\nallow_private = true\n\
         secret_file = \"siem.secret\"\nformat = \"ocsf-1.8\"\nmax_backlog = 100\non_backlog = \"warn\"\n"
    )
}

/// The keys and the secret that [`audit_rooms`] names.
pub(super) fn write_audit_secrets(site: &Site) {
    site.write_private("audit.hmac", &"h".repeat(64));
    site.write_private("audit.key", CheckpointKey::generate().unwrap().expose());
    site.write_private("siem.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

/// The claims of a token that is valid at the site's time, with changes.
pub(super) fn at_site(changes: Value) -> Value {
    let now = birthday().as_second();
    merged(claims_with(json!({ "iat": now - 60, "exp": now + 600 })), changes)
}

/// An object with some members replaced; a `null` takes one out.
pub(super) fn merged(mut object: Value, changes: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    members.extend(changes.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    object
}

pub(super) fn as_person(site: &Site, token: &str, arguments: &[&str]) -> Ran {
    site.home.write("token", token);
    close(site, "token");
    let mut arguments = arguments.to_vec();
    arguments.extend(["--token-file", "token"]);
    site.run(&arguments)
}

pub(super) fn events(site: &Site) -> Vec<Value> {
    let journal = rusqlite::Connection::open(site.home.path("audit.db")).unwrap();
    let mut statement = journal.prepare("SELECT body FROM event ORDER BY seq").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| serde_json::from_slice(&body.unwrap()).unwrap()).collect()
}

/// Checks that the newest event is a refusal for `reason`, and that nothing was sent.
#[track_caller]
pub(super) fn refused(site: &Site, reason: &str) {
    let newest = events(site).pop().unwrap();
    assert_eq!((&newest["decision"], &newest["final"]), (&json!("deny"), &json!(true)), "{newest}");
    assert_eq!(newest["reason"], reason, "{newest}");
    assert_eq!(site.server.requests(), [], "nothing is sent");
}

/// What is used and reserved of a unit.
pub(super) fn charged(site: &Site, unit: &str) -> (i64, i64) {
    let limits = rusqlite::Connection::open(site.home.path("limits.db")).unwrap();
    limits
        .query_row("SELECT sum(used), sum(reserved) FROM usage WHERE unit = ?1", [unit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
}
