//! Report `subscriptions` against the public views.

use super::document::{Document, collected, found};

#[test]
fn every_subscription_is_listed_and_counted() {
    let site = collected();
    let report = Document::of(site, &["subscriptions"]);
    let columns = ["source", "subscription_id", "name", "start_on", "end_on", "status"];
    let sql = "SELECT source, subscription_id, name, start_on, end_on, status FROM subscriptions
               ORDER BY source, name, subscription_id";
    assert_eq!(report.texts(&columns), found(site, sql));
    let number =
        |condition: &str| site.number(&format!("SELECT count(*) FROM subscriptions WHERE {condition}"));
    assert_eq!(report.total("subscriptions"), number("true"));
    assert_eq!(report.total("exceeded_subscriptions"), number("used > quantity"));
}
