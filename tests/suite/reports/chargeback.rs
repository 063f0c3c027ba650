//! License-days against the states as they were collected, and amounts against the contracts.

use std::collections::{BTreeMap, BTreeSet};

use seatledger::report::measure::{ChargeBy, UnassignedPool};
use seatledger::report::{CHARGEBACK, Rules};

use serde_json::Value;

use super::contract_site::{LINES, site_with};
use super::history_site::{CONTRACT_HEADER, Told, given, told, whole};
use crate::site::Site;

/// On how many days of November each of the three states holds.
const STATE_DAYS: [i64; 3] = [2, 5, 1];

fn contracts(lines: &str) -> String {
    format!("{CONTRACT_HEADER}{lines}")
}

fn november(charge_by: ChargeBy) -> Rules {
    let month = Some("2026-11".parse().unwrap());
    Rules { charge_by, month, cost_center_field: Some("CostCenter__c".to_owned()), ..Rules::default() }
}

#[test]
fn license_days_are_those_of_the_collected_states() {
    let Told { holders, counted, .. } = told();
    for (by, column, kind) in [
        (ChargeBy::Company, 2, "company"),
        (ChargeBy::Department, 3, "department"),
        (ChargeBy::CostCenter, 4, "cost_center"),
    ] {
        let mut expected: BTreeMap<[String; 4], i64> = BTreeMap::new();
        let mut in_person: BTreeMap<[String; 2], i64> = BTreeMap::new();
        for (holders, days) in holders.iter().zip(STATE_DAYS) {
            for (key, count) in holders {
                let value = &key[column];
                let (bearer_type, bearer) =
                    if value.is_empty() { ("unallocated", "(unallocated)") } else { (kind, value.trim()) };
                let license = [key[0].clone(), key[1].clone()];
                *in_person.entry(license.clone()).or_default() += count * days;
                let [kind, license] = license;
                *expected.entry([kind, license, bearer_type.into(), bearer.into()]).or_default() +=
                    count * days;
            }
        }
        let mut whole_org: BTreeMap<[String; 2], i64> = BTreeMap::new();
        for (counted, days) in counted.iter().zip(STATE_DAYS) {
            for (license, count) in counted {
                *whole_org.entry(license.clone()).or_default() += count * days;
            }
        }
        for ([kind, license], all) in whole_org {
            let outside = all - in_person.get(&[kind.clone(), license.clone()]).copied().unwrap_or_default();
            if outside > 0 {
                expected.insert([kind, license, "unmatched".into(), "(unmatched)".into()], outside);
            }
        }
        let given = given(&CHARGEBACK, None, &november(by));
        let found: BTreeMap<_, _> = given
            .rows()
            .map(|row| {
                assert_eq!(row["known_days"].text(), "8", "from the first state on, up to as_of");
                assert_eq!(row["unknown_days"].text(), "20");
                assert!(row["amount"].text().is_empty() && row["currency"].text().is_empty());
                assert_eq!(row["unpriced_seats"], row["seats"]);
                let key = ["kind", "license_key", "cost_key_type", "cost_key"];
                (
                    key.map(|column| row[column].text().into_owned()),
                    row["license_days"].text().parse().unwrap(),
                )
            })
            .collect();
        assert_eq!(found, expected, "by {kind}");
        let unpriced: i128 = given.rows().filter_map(|row| whole(&row["seats"])).sum();
        assert_eq!(given.total("all_unpriced_seats").map(i128::from), Some(unpriced));
    }
}

#[test]
fn what_is_charged_is_what_the_month_costs() {
    // The add-on starts in the middle of the month; the dollars are a line of their own; nobody has the last license.
    let book = contracts(
        "main,acme,user,SFDC,400,131.25,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n\
         more,acme,user,SFDC,7,1000,term,,EUR,2026-11-15,2027-10-01,2026-11-15\n\
         far,acme,user,SFDC,10,99.99,year,,USD,2026-10-01,2027-10-01,2026-09-15\n\
         none,acme,package,nobody,5,10,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n\
         old,acme,user,SFDC,400,1,month,,EUR,2025-10-01,2026-10-01,2025-09-15\n",
    );
    let Told { counted, .. } = told();
    let sfdc = ["user".to_owned(), "SFDC".to_owned()];
    let contracted = [407, 407, 407].map(|seats| seats + 10);
    let unheld: i64 =
        (0..3).map(|state| (contracted[state] - counted[state][&sfdc]) * STATE_DAYS[state]).sum();
    for (pool, central) in [("central", true), ("pro-rata", false), ("owner=Acme GmbH", false)] {
        let pool: UnassignedPool = pool.parse().unwrap();
        let rules = Rules { unassigned_pool: pool.clone(), ..november(ChargeBy::Company) };
        let given = given(&CHARGEBACK, Some(&book), &rules);
        let mut amounts: BTreeMap<(String, String), i128> = BTreeMap::new();
        for row in given.rows() {
            let key = (row["license_key"].text().into_owned(), row["currency"].text().into_owned());
            if let Some(amount) = whole(&row["amount"]) {
                *amounts.entry(key).or_default() += amount;
            }
        }
        // A year of 999.90 is 83.325 a month, of which October bore 83.33. 7 000.00 over ten contract months and 16 of the 30 days of the eleventh, of which the first is booked.
        let eur = 400 * 13_125 + 700_000 * 30 / (10 * 30 + 16);
        let expected = BTreeMap::from([
            (("SFDC".to_owned(), "EUR".to_owned()), eur + 1),
            (("SFDC".to_owned(), "USD".to_owned()), 8_332),
            (("nobody".to_owned(), "EUR".to_owned()), 5_000),
        ]);
        assert_eq!(amounts, expected, "{pool:?}");
        // Dollars do not tell the seats once more.
        for row in given.rows().filter(|row| row["license_key"].text() == "SFDC") {
            let is_told = row["currency"].text() == "EUR";
            assert_eq!(
                (whole(&row["seats"]).is_some(), whole(&row["license_days"]).is_some()),
                (is_told, is_told)
            );
            assert_eq!(whole(&row["unpriced_seats"]), Some(0));
        }
        let unassigned: Vec<_> =
            given.rows().filter(|row| row["cost_key_type"].text() == "unassigned").collect();
        let mut of_sfdc = unassigned.iter().filter(|row| row["license_key"].text() == "SFDC");
        let of_sfdc = of_sfdc.find(|row| row["currency"].text() == "EUR");
        assert_eq!(of_sfdc.is_some(), central);
        if let Some(row) = of_sfdc {
            assert_eq!(whole(&row["license_days"]), Some(i128::from(unheld)));
        }
        let nobody: Vec<_> = given.rows().filter(|row| row["license_key"].text() == "nobody").collect();
        assert_eq!(nobody.len(), 1);
        assert_eq!(nobody[0]["license_days"].text(), "40", "five seats on eight known days");
    }
}

#[test]
fn a_month_before_the_history_is_unallocated_and_not_zero() {
    let book = contracts("main,acme,user,SFDC,400,131.25,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n");
    let rules = Rules { month: Some("2026-10".parse().unwrap()), ..Rules::default() };
    let given = given(&CHARGEBACK, Some(&book), &rules);
    let rows: Vec<_> = given.rows().collect();
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(row["cost_key"].text(), "(unallocated)");
    assert_eq!(row["amount"].text(), "52500.00");
    assert!(row["license_days"].text().is_empty() && row["seats"].text().is_empty());
    assert_eq!((row["known_days"].text(), row["unknown_days"].text()), ("0".into(), "31".into()));
    assert_eq!((row["month_state"].text(), row["month_days"].text()), ("partial".into(), "31".into()));
    for total in ["licenses_unpriced", "all_unpriced_seats"] {
        assert_eq!(given.total(total), None, "{total}");
    }
}

#[test]
fn an_amount_of_unknown_holders_is_not_explained_by_license_days() {
    let (site, _) = site_with(LINES);
    let explain = ["explain", "chargeback", "amount", "--month", "2026-10", "--at", "license_key=SFDC"];
    site.run(&[&explain[..], &["--format", "csv"]].concat())
        .exits(0)
        .prints(&["all of line 1, ", " EUR in 2026-10: the holders are not known"]);
}

#[test]
fn the_pool_has_no_owner_that_nobody_knows() {
    let site = &told().site;
    let report = |owner: &str, month: &str, output: &[&str]| {
        let pool = format!("owner={owner}");
        let arguments = ["report", "chargeback", "--format", "csv", "--month", month, "--pool", &pool];
        site.run(&[&arguments[..], output].concat())
    };
    report("Acme GmbH", "2026-11", &[]).exits(0);
    for output in [&[][..], &["-o", "chargeback.csv"]] {
        let refused = report("Acme Gmbh", "2026-11", output).exits(2).says(&[
            "no holder of 2026-11 has the company `Acme Gmbh`, which --pool names",
            "`Acme GmbH` is probably meant",
        ]);
        assert!(refused.stdout.lines().count() <= 1, "a header at most: {}", refused.stdout);
    }
    let far = report("Nobody", "2026-11", &[]).exits(2).says(&["--pool", "leave --pool out"]);
    assert!(!far.stderr.contains("probably"), "{}", far.stderr);
    report("Acme Gmbh", "2026-10", &[]).exits(0);
}

#[test]
fn a_month_says_whether_its_amounts_can_change() {
    let site = Site::new(50);
    let states = |site: &Site, options: &[&str]| -> BTreeSet<String> {
        let arguments = [&["report", "chargeback", "--format", "json"], options].concat();
        let document: Value = serde_json::from_str(&site.run(&arguments).exits(0).stdout).unwrap();
        let state = |row: &Value| format!("{} {}", row["month_state"].as_str().unwrap(), row["known_days"]);
        document["rows"].as_array().unwrap().iter().map(state).collect()
    };
    let only = |state: &str| BTreeSet::from([state.to_owned()]);
    // Collected on the 21st, and again on the 1st of the next month and the one after it.
    site.run(&["collect"]).exits(0);
    assert_eq!(states(&site, &[]), only("open 1"));
    site.run(&["report", "chargeback"]).exits(0).prints(&["month state", "open"]);
    site.run(&["report", "chargeback", "--month", "2026-12"]).exits(2).says(&[
        "the month 2026-12 has not begun at 2026-11-21T12:00:",
        "hint: name an earlier month with --month",
    ]);
    site.later(24 * 10);
    site.run(&["collect"]).exits(0);
    assert_eq!(states(&site, &["--month", "2026-11"]), only("partial 10"));
    assert_eq!(states(&site, &["--month", "2026-12"]), only("open 1"));
    site.later(24 * 31);
    site.run(&["collect"]).exits(0);
    assert_eq!(states(&site, &["--month", "2026-12"]), only("final 31"));
}

#[test]
fn options_say_what_is_charged_and_how() {
    let site = &told().site;
    let report =
        |options: &[&str]| site.run(&[&["report", "chargeback", "--format", "csv"], options].concat());
    assert!(report(&["--by", "department"]).exits(0).stdout.contains("2026-11,open,acme,user,"));
    assert!(
        report(&["--month", "2026-10"]).exits(0).stdout.lines().count() == 1,
        "nothing was bought or known"
    );
    report(&["--by", "cost-center"]).exits(2).says(&["no field is configured", "cost_center_field"]);
    report(&["--month", "November"]).exits(2).says(&["write it like 2026-11"]);
    report(&["--pool", "nobody"]).exits(2).says(&["none of central, pro-rata and owner=NAME"]);
}
