//! Output takes the place of nothing that the program lives on.

use std::fs;
use std::os::unix::fs::symlink;

use seatledger::policy::KEY_TABLES;

use super::policed_site::{
    ALL_SCOPES, as_person, at_site, audit_rooms, policy, site_with, write_audit_secrets,
};
use crate::token_maker::token;

/// What names the file, and the file.
const OWN_FILES: &[(&str, &str)] = &[
    ("configuration", "seatledger.toml"),
    ("store.path", "seatledger.db"),
    ("a write-ahead log of the store", "seatledger.db-wal"),
    ("the lock of a run", "seatledger.db.lock"),
    ("a stage of the store", "seatledger.db.stage-1"),
    ("a write-ahead log of a stage", "seatledger.db.stage-1-wal"),
    ("a stage of the store, by a link", "stage.link"),
    ("policy.file", "policy.toml"),
    ("org.private_key_file", "acme.key"),
    ("privacy.key_file", "privacy.key"),
    ("--token-file", "token"),
    ("identity.issuer.jwks.file", "keys.json"),
    ("fetched keys", "jwks/jwks-00.json"),
    ("audit.path", "records/audit.db"),
    ("a write-ahead log of the journal", "records/audit.db-wal"),
    ("the lock of a delivery", "records/audit.db.delivery-lock"),
    ("the mark of a running process", "records/audit.db.alive-00"),
    ("the counts beside the journal", "records/limits.db"),
    ("audit.hmac_key_file", "audit.hmac"),
    ("audit.hmac_key_file, by a link", "hmac.link"),
    ("audit.checkpoint.sign_key_file", "audit.key"),
    ("audit.checkpoint.copy_to", "heads"),
    ("a copied checkpoint", "heads/00-0000000001.note"),
    ("audit.sink.secret_file", "siem.secret"),
];

#[test]
fn every_file_that_a_policy_names_is_among_them() {
    let is_file = |name: &str| ["path", "file", "copy_to"].contains(&name) || name.ends_with("_file");
    for table in KEY_TABLES {
        for name in table.keys.iter().filter(|key| is_file(key.name)).map(|key| table.full_name(key)) {
            assert!(OWN_FILES.iter().any(|(named_by, _)| *named_by == name), "{name} has no row");
        }
    }
}

#[test]
fn output_never_replaces_what_configuration_and_policy_name() {
    let site = site_with(&policy(ALL_SCOPES, "\"*\"", &audit_rooms("http://127.0.0.1:9")));
    write_audit_secrets(&site);
    fs::create_dir(site.home.path("heads")).unwrap();
    symlink("audit.hmac", site.home.path("hmac.link")).unwrap();
    symlink("seatledger.db.stage-1", site.home.path("stage.link")).unwrap();
    site.run(&["collect"]).exits(0);
    let scopes = ["usage:report", "usage:export", "audit:read"];
    let token = token(&at_site(serde_json::json!({ "scp": scopes, "companies": ["Acme GmbH"] })));
    for (named_by, own) in OWN_FILES {
        for command in [["audit", "export"], ["report", "users"]] {
            let before = fs::read(site.home.path(own)).ok();
            let told = as_person(&site, &token, &[command, ["--output", own]].concat());
            let is_refused = told.code == 2 && told.stderr.contains("output never replaces it");
            assert!(is_refused, "{named_by}: {}", told.stderr);
            let is_living = own.starts_with("records/") || *own == "token";
            assert!(is_living || fs::read(site.home.path(own)).ok() == before, "{named_by}");
        }
    }
    for own in ["heads/users.csv", "seatledger.db.csv", "audit.hmac.csv"] {
        as_person(&site, &token, &["report", "users", "--output", own]).exits(0);
    }
    site.run(&["audit", "verify"]).exits(0).prints(&["INTACT"]);
}
