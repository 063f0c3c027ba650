//! Report `access-review` against the public views and the assignments as they were collected.

use super::document::{Document, collected, found, last_logins};
use crate::site::Site;

/// What active users hold, as user, kind, id, name and time of the assignment, for queries that begin with it.
fn held(as_of: &str) -> String {
    format!(
        "WITH held AS (
             SELECT user_id, 'profile' AS kind, profile_id AS id, profile AS name, NULL AS at
             FROM users WHERE is_active = 1 AND profile_id IS NOT NULL
             UNION ALL
             SELECT a.user_id, CASE a.kind WHEN 'permission_set' THEN 'permission_set_license'
                 WHEN 'package' THEN 'package_license' ELSE 'feature_license' END, a.license_id, l.name, a.assigned_at
             FROM license_assignments AS a JOIN users AS u USING (user_id)
             LEFT JOIN licenses AS l ON l.kind = a.kind AND l.license_id = a.license_id
             WHERE u.is_active = 1 AND a.kind <> 'user'
             UNION ALL
             SELECT DISTINCT a.assignee_id,
                 iif(a.permission_set_group_id IS NULL, 'permission_set', 'permission_set_group'),
                 coalesce(a.permission_set_group_id, a.permission_set_id), s.label, NULL
             FROM permission_set_assignment_now AS a JOIN users AS u ON u.user_id = a.assignee_id
             LEFT JOIN permission_set_now AS s ON s.id = a.permission_set_id
             WHERE u.is_active = 1
                 AND (a.expires_at IS NULL OR a.expires_at > unixepoch('{as_of}', 'subsec') * 1000)
         )"
    )
}

#[test]
fn whatever_an_active_user_holds_is_listed_once() {
    let site = collected();
    let report = Document::of(site, &["access-review"]);
    let expected =
        found(site, &format!("{} SELECT user_id, kind, id, name, at FROM held", held(&report.as_of)));
    for kind in
        ["profile", "permission_set_group", "permission_set", "permission_set_license", "package_license"]
    {
        assert!(expected.iter().any(|row| row[1] == kind), "{kind}");
    }
    let columns = ["user_id", "kind", "access_id", "access", "granted_at"];
    assert_eq!(report.texts(&columns), expected);
    assert_eq!(report.total("accesses"), i64::try_from(expected.len()).unwrap());
    let users = format!("{} SELECT count(DISTINCT user_id) FROM held", held(&report.as_of));
    assert_eq!(report.total("users"), site.number(&users));
    for row in &report.rows {
        for column in ["decision", "reviewer", "decided_on", "comment"] {
            assert!(row[column].is_null(), "{row}");
        }
        let is_profile = row["kind"] == "profile";
        assert_eq!(row["license"].is_string(), is_profile, "{row}");
    }
}

#[test]
fn each_user_stands_with_manager_state_and_last_use() {
    let site = collected();
    let report = Document::of(site, &["access-review"]);
    let as_of = &report.as_of;
    let expected = found(
        site,
        &format!(
            "{} SELECT user_id, username, name, department, manager_id, is_frozen, license, any_at,
                 CAST(julianday('{as_of}') - julianday(any_at) AS INTEGER)
             FROM last WHERE is_active = 1 AND profile_id IS NOT NULL",
            last_logins(as_of)
        ),
    );
    let columns = [
        "user_id",
        "username",
        "name",
        "department",
        "manager_id",
        "is_frozen",
        "license",
        "last_any_at",
        "days_since_use",
    ];
    let profiles: Vec<_> = report.rows.iter().filter(|row| row["kind"] == "profile").cloned().collect();
    let report = Document { rows: profiles, ..report };
    assert_eq!(report.texts(&columns), expected);
    assert!(expected.iter().any(|row| row[5] == "1") && expected.iter().any(|row| row[8].is_empty()));
}

#[test]
fn an_assignment_that_has_expired_grants_nothing() {
    let site = Site::new(200);
    site.run(&["collect"]).exits(0);
    let query =
        "SELECT min(a.id) FROM permission_set_assignment_now AS a JOIN users AS u ON u.user_id = a.assignee_id
         WHERE u.is_active = 1 AND a.permission_set_group_id IS NULL AND a.expires_at IS NULL";
    let assignment = site.rows(query)[0][0].clone().unwrap();
    let before = Document::of(&site, &["access-review"]);
    let end = |shift: &str| {
        let update = format!(
            "UPDATE permission_set_assignment_now
             SET expires_at = unixepoch('{}', '{shift}', 'subsec') * 1000 WHERE id = '{assignment}'",
            before.as_of
        );
        assert_eq!(site.database().execute(&update, []).unwrap(), 1);
        Document::of(&site, &["access-review"])
    };
    let ended = end("-1 second");
    assert_eq!(ended.total("accesses"), before.total("accesses") - 1);
    let ending = end("+1 second");
    assert_eq!(ending.total("accesses"), before.total("accesses"));
    let ends = |report: &Document| report.rows.iter().filter(|row| row["expires_at"].is_string()).count();
    assert_eq!(ends(&ending), ends(&before) + 1);
}

#[test]
fn a_company_sees_its_own_users_only() {
    let site = collected();
    let company =
        site.rows("SELECT min(company) FROM users WHERE company IS NOT NULL")[0][0].clone().unwrap();
    let report = Document::of(site, &["access-review", "--company", &company]);
    let expected = found(
        site,
        &format!(
            "{} SELECT user_id, kind, id FROM held JOIN users USING (user_id) WHERE company = '{}'",
            held(&report.as_of),
            company.replace('\'', "''")
        ),
    );
    assert!(!expected.is_empty());
    assert_eq!(report.texts(&["user_id", "kind", "access_id"]), expected);
}

#[test]
fn what_could_not_be_read_leaves_the_totals_unknown() {
    let site = Site::new(50);
    site.configure("exclude = [\"UserPackageLicense\"]", "");
    site.run(&["collect"]).exits(0);
    let report = Document::ending_with(3, &site, &["access-review"]);
    assert!(!report.rows.is_empty());
    assert!(report.totals.as_object().unwrap().values().all(serde_json::Value::is_null), "{}", report.totals);
}

#[test]
fn people_stand_under_pseudonyms_in_a_feed() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    site.write_private("privacy.key", &"7".repeat(64));
    site.configure("", "[privacy]\nkey_file = \"privacy.key\"");
    site.run(&["export", "feed"]).exits(0);
    let file = site.home.read("feed/access-review.csv");
    for person in site.rows("SELECT user_id, username, email FROM users WHERE is_active = 1") {
        for text in person.into_iter().flatten() {
            assert!(!file.contains(&text), "{text}");
        }
    }
    assert!(file.lines().count() > 50);
}
