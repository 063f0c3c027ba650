//! Report `frozen` against the public views.

use super::document::{Document, collected, found};
use crate::site::Site;

#[test]
fn every_active_frozen_user_is_listed_with_the_seats_held() {
    let site = collected();
    let report = Document::of(site, &["frozen"]);
    let expected = found(
        site,
        "SELECT u.user_id, sum(a.kind = 'user'), sum(a.kind = 'permission_set'), sum(a.kind = 'package'),
             sum(a.kind = 'feature')
         FROM users AS u JOIN license_assignments AS a ON a.user_id = u.user_id
         WHERE u.is_active = 1 AND u.is_frozen = 1 GROUP BY u.user_id",
    );
    assert!(expected.len() > 1, "{expected:?}");
    let columns = ["user_id", "user_seats", "permission_set_seats", "package_seats", "feature_seats"];
    assert_eq!(report.texts(&columns), expected);
    assert_eq!(report.total("frozen_users"), i64::try_from(expected.len()).unwrap());
    for (place, column) in columns.iter().enumerate().skip(1) {
        let sum: i64 = expected.iter().map(|row| row[place].parse::<i64>().unwrap()).sum();
        assert_eq!(report.total(&format!("all_{column}")), sum, "{column}");
    }
}

#[test]
fn who_is_frozen_is_unknown_where_it_could_not_be_read() {
    let site = Site::new(50);
    site.configure("exclude = [\"UserLogin\"]", "");
    site.run(&["collect"]).exits(0);
    let report = Document::of(&site, &["frozen"]);
    assert!(report.rows.is_empty());
    assert!(report.totals.as_object().unwrap().values().all(serde_json::Value::is_null), "{}", report.totals);
}
