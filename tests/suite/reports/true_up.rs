//! Report `true-up`.

use super::contract_site::{LINES, report, row, site_with};

#[test]
fn missing_seats_are_priced_at_the_price_for_further_seats() {
    let (site, used) = site_with(LINES);
    let document = report(&site, &["true-up"]);
    let short = row(&document, "license_key", "SFDC");
    assert_eq!((&short["state"], &short["contracted"]), (&"short".into(), &(used - 2).into()));
    assert_eq!((&short["shortfall"], &short["unused"]), (&2.into(), &0.into()));
    // Two seats at 150.00 for ten contract months and 10 of 30 days.
    assert_eq!((&short["shortfall_cost"], &short["currency"]), (&3100.00.into(), &"EUR".into()));
    let covered = row(&document, "license_key", "AUL");
    assert_eq!((&covered["state"], &covered["shortfall_cost"]), (&"covered".into(), &0.0.into()));
    let absent = row(&document, "license_key", "gone");
    assert_eq!((&absent["state"], &absent["contracted"]), (&"absent".into(), &10.into()));
    assert!(
        absent["used_counted"].is_null()
            && absent["shortfall"].is_null()
            && absent["shortfall_cost"].is_null()
    );
    // The term of its only line has ended, and that of the other has not begun.
    for key in ["PID_CHATTER", "dsfs"] {
        let unpriced = row(&document, "license_key", key);
        assert_eq!(unpriced["state"], "uncontracted", "{unpriced}");
        assert_eq!(unpriced["unpriced_seats"], unpriced["used_counted"], "{unpriced}");
        for unknown in ["contracted", "shortfall", "unused", "shortfall_cost", "currency"] {
            assert!(unpriced[unknown].is_null(), "{unknown}: {unpriced}");
        }
    }
    let unpriced = site.number(
        "SELECT sum(used_counted) FROM licenses WHERE kind <> 'feature' AND key NOT IN ('SFDC', 'AUL')",
    );
    assert_eq!(document["totals"]["all_unpriced_seats"], unpriced);
    assert_eq!(
        (&document["totals"]["licenses_short"], &document["totals"]["all_missing_seats"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn an_earlier_knowledge_gives_the_earlier_numbers() {
    let (site, used) = site_with(LINES);
    let earlier = report(&site, &["true-up", "--known-on", "2026-09-14"]);
    let short = row(&earlier, "license_key", "SFDC");
    assert_eq!((&short["state"], &short["unpriced_seats"]), (&"uncontracted".into(), &used.into()));
    let renewals = report(&site, &["renewals", "--known-on", "2026-11-19"]);
    assert_eq!(row(&renewals, "license_key", "AUL")["renewed"], false);
}
