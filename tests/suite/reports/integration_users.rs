//! Report `integration-users` against the public views.

use super::document::{Document, collected, days_before, found, last_logins};

#[test]
fn users_with_logins_by_api_alone_are_listed() {
    let site = collected();
    let report = Document::of(site, &["integration-users"]);
    let since = days_before(&report.as_of, 90);
    let expected = found(
        site,
        &format!(
            "{} SELECT user_id, license <> 'Salesforce Integration' FROM last
             WHERE is_active = 1 AND license IS NOT NULL AND api_at >= {since}
             AND coalesce(interactive_at < {since}, 1) AND coalesce(unknown_at < {since}, 1)",
            last_logins(&report.as_of)
        ),
    );
    assert_eq!(report.texts(&["user_id", "is_on_full_seat"]), expected);
    let on_full_seats = expected.iter().filter(|row| row[1] == "1").count();
    assert!(on_full_seats > 0 && on_full_seats < expected.len(), "{on_full_seats} of {}", expected.len());
    assert_eq!(report.total("api_only_users"), i64::try_from(expected.len()).unwrap());
    assert_eq!(report.total("on_full_seats"), i64::try_from(on_full_seats).unwrap());
    assert_eq!(report.total("users_without_evidence"), 0);
}

#[test]
fn a_window_beyond_the_history_leaves_users_without_evidence() {
    let site = collected();
    let report = Document::of(site, &["integration-users", "--window", "120"]);
    assert_eq!(report.total("api_only_users"), 0, "an earlier login may have been a person's");
    let since = days_before(&report.as_of, 120);
    let expected = format!(
        "{} SELECT count(*) FROM last WHERE is_active = 1 AND license IS NOT NULL
         AND coalesce(interactive_at < {since}, 1) AND coalesce(unknown_at < {since}, 1)",
        last_logins(&report.as_of)
    );
    assert_eq!(report.total("users_without_evidence"), site.number(&expected));
}
