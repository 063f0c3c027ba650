//! Report `users` against the public views.

use super::document::{Document, collected, found};

#[test]
fn every_user_in_scope_is_listed_and_counted() {
    let site = collected();
    let report = Document::of(site, &["users"]);
    let columns =
        ["user_id", "username", "company", "is_active", "license_id", "created_at", "last_login_at"];
    let sql = "SELECT user_id, username, company, is_active, license_id, created_at, last_login_at
               FROM users ORDER BY user_id";
    assert_eq!(report.texts(&columns), found(site, sql));
    for (total, condition) in [
        ("users", "true"),
        ("active_users", "is_active = 1"),
        ("frozen_users", "is_active = 1 AND is_frozen = 1"),
        ("active_without_license", "is_active = 1 AND license_id IS NULL"),
    ] {
        let sql = format!("SELECT count(*) FROM users WHERE {condition}");
        assert_eq!(report.total(total), site.number(&sql), "{total}");
    }
}
