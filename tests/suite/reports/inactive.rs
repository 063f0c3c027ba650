//! Report `inactive` against the public views.

use super::document::{Document, collected, days_before, found, last_logins};
use crate::site::Site;

const BANDS: [(&str, &str); 7] = [
    ("0-30", "up_to_thirty_days"),
    ("30-60", "thirty_to_sixty_days"),
    ("60-90", "sixty_to_ninety_days"),
    ("90-180", "ninety_to_hundred_eighty_days"),
    ("180+", "over_hundred_eighty_days"),
    ("never", "never_logged_in"),
    ("unknown", "unknown_activity"),
];

#[test]
fn every_active_user_is_in_the_band_of_the_last_login() {
    let site = collected();
    let report = Document::of(site, &["inactive"]);
    let since = |days| days_before(&report.as_of, days);
    let expected = found(
        site,
        &format!(
            "{} SELECT user_id, iif(any_at IS NULL, 'never', CASE
                 WHEN any_at >= {} THEN '0-30' WHEN any_at >= {} THEN '30-60' WHEN any_at >= {} THEN '60-90'
                 WHEN any_at >= {} THEN '90-180' ELSE '180+' END), is_new
             FROM last WHERE is_active = 1",
            last_logins(&report.as_of),
            since(30),
            since(60),
            since(90),
            since(180)
        ),
    );
    assert_eq!(report.texts(&["user_id", "band", "is_new"]), expected);

    let users = i64::try_from(expected.len()).unwrap();
    assert_eq!(report.total("active_users"), users);
    let mut in_bands = 0;
    for (band, total) in BANDS {
        let count = i64::try_from(expected.iter().filter(|row| row[1] == band).count()).unwrap();
        assert_eq!(report.total(total), count, "{band}");
        assert!(count > 0 || band == "unknown", "somebody is in band {band}");
        in_bands += count;
    }
    assert_eq!(in_bands, users);
    let new_users = expected.iter().filter(|row| row[2] == "1").count();
    assert_eq!(report.total("new_users"), i64::try_from(new_users).unwrap());
}

#[test]
fn a_history_that_is_too_short_makes_nobody_a_user_who_never_logged_in() {
    let site = collected();
    let (whole, long) =
        (Document::of(site, &["inactive"]), Document::of(site, &["inactive", "--window", "180"]));
    assert!(whole.total("never_logged_in") > 0);
    assert_eq!(long.total("never_logged_in"), 0);
    assert_eq!(long.total("unknown_activity"), whole.total("never_logged_in"));
    for (_, total) in &BANDS[..5] {
        assert_eq!(long.total(total), whole.total(total), "{total}");
    }
}

#[test]
fn without_the_login_history_only_activity_can_be_shown() {
    let site = Site::new(100);
    site.configure("login_history_days = 0", "");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["inactive"]);
    let expected = found(
        &site,
        &format!(
            "SELECT user_id, iif(last_login_at >= {}, 1, 0) FROM users WHERE is_active = 1",
            days_before(&report.as_of, 90)
        ),
    );
    assert_eq!(report.total("active_users"), i64::try_from(expected.len()).unwrap());
    for (user, told) in expected.iter().zip(report.texts(&["user_id", "band"])) {
        assert_eq!((&user[0], user[1] == "0"), (&told[0], told[1] == "unknown"), "{told:?}");
    }
    let unknown = expected.iter().filter(|row| row[1] == "0").count();
    assert_eq!(report.total("unknown_activity"), i64::try_from(unknown).unwrap());
    assert!(unknown > 0);
}

#[test]
fn a_right_that_was_lost_makes_activity_unknown() {
    let site = Site::new(100);
    site.run(&["collect"]).exits(0);
    assert_eq!(Document::of(&site, &["inactive"]).total("unknown_activity"), 0);
    site.later(24);
    site.server.hide_object("LoginHistory", true).unwrap();
    site.run(&["collect"]).exits(3);
    let report = Document::ending_with(3, &site, &["inactive"]);
    assert_eq!(report.total("never_logged_in") + report.total("over_hundred_eighty_days"), 0);
    assert!(report.total("unknown_activity") > 0);
}

#[test]
fn a_company_sees_its_own_users() {
    let site = Site::with_org_keys(300, "company_names = [\"Acme GmbH\", \"O'Brien & Söhne\"]");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["inactive", "--company", "O'Brien & Söhne"]);
    let expected =
        found(&site, "SELECT user_id FROM users WHERE is_active = 1 AND company = 'O''Brien & Söhne'");
    assert_eq!(report.texts(&["user_id"]), expected);
    assert!(!expected.is_empty());
}
