//! Savings against a contract and the people who left.

use std::collections::BTreeMap;

use seatledger::report::{Cell, Rules, SAVINGS, TRUE_UP};
use seatledger::store::Reader;

use super::history_site::{CONTRACT_HEADER, DAYS, given_of, second_state, since, told, whole};

#[test]
fn savings_are_three_numbers_with_a_price_each() {
    let line = "main,acme,user,SFDC,400,100,month,10,EUR,2026-10-01,2027-10-01,2026-09-15\n";
    let book = format!("{CONTRACT_HEADER}{line}");
    let rules = Rules { buffer_seats: 1, ..since("2026-11-22T00:00:00Z") };
    let given = given_of(&second_state(), &SAVINGS, Some(&book), &rules);
    let rows: Vec<_> = given.rows().filter(|row| row["license_key"].text() == "SFDC").collect();
    assert_eq!(rows.len(), 1);
    let number = |column: &str| whole(&rows[0][column]).unwrap();
    assert_eq!(number("realized_seats"), 1, "the one who left");
    assert_eq!(number("realized"), 120_000);
    assert_eq!(number("avoidable_seats"), number("seats") - number("assigned") + number("reusable_now") - 1);
    assert_eq!(number("contracted"), 400);
    assert_eq!(number("avoidable_at_renewal"), number("avoidable_seats") * 132_000);
    assert_eq!(rows[0]["renews_on"].text(), "2027-10-01");
    for row in given.rows().filter(|row| row["license_key"].text() != "SFDC") {
        assert!(row["currency"].text().is_empty() && row["avoidable_at_renewal"].text().is_empty());
    }
}

#[test]
fn only_seats_under_contract_are_avoided() {
    let of_sfdc = |report, quantity: i128, buffer_seats| -> BTreeMap<&'static str, Cell<'static>> {
        let line =
            format!("main,acme,user,SFDC,{quantity},100,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n");
        let rules = Rules { buffer_seats, ..Rules::default() };
        let given = given_of(&second_state(), report, Some(&format!("{CONTRACT_HEADER}{line}")), &rules);
        given.rows().find(|row| row["license_key"].text() == "SFDC").unwrap()
    };
    let number = |row: &BTreeMap<_, _>, column: &str| whole(&row[column]).unwrap();
    let all = of_sfdc(&SAVINGS, 100_000, 0);
    let (seats, needed) = (number(&all, "seats"), number(&all, "assigned") - number(&all, "reusable_now"));
    assert!(2 < needed && needed + 3 < seats && number(&all, "reusable_now") > 1);
    for (contracted, buffer, avoidable) in [
        (needed - 2, 0, 0),
        (needed, 0, 0),
        (needed + 1, 0, 1),
        (needed + 3, 1, 2),
        (seats, 0, seats - needed),
        (seats + 50, 0, seats - needed),
    ] {
        let row = of_sfdc(&SAVINGS, contracted, buffer);
        assert_eq!(number(&row, "contracted"), contracted);
        assert_eq!(number(&row, "avoidable_seats"), avoidable, "{contracted} under contract");
        assert_eq!(number(&row, "avoidable_at_renewal"), avoidable * 120_000);
        // Who has to buy seats beyond what can be taken back has none to leave out.
        let true_up = of_sfdc(&TRUE_UP, contracted, 0);
        let short = number(&true_up, "shortfall") > number(&row, "reusable_now");
        assert!(!short || avoidable == 0);
    }
}

#[test]
fn what_is_committed_cannot_be_avoided() {
    let main = "main,acme,user,SFDC,400,100,month,,EUR,2026-10-01,2027-10-01,2026-09-15,,\n";
    let next = main.replace("2026-10-01,2027-10-01", "2027-10-01,2028-10-01");
    let header = CONTRACT_HEADER.replace("recorded_at", "recorded_at,notice_days,auto_renew");
    let of_sfdc = |lines: &[&str]| -> BTreeMap<&'static str, Cell<'static>> {
        let book = format!("{header}{}", lines.concat());
        let given = given_of(&second_state(), &SAVINGS, Some(&book), &Rules::default());
        given.rows().find(|row| row["license_key"].text() == "SFDC").unwrap()
    };
    let avoidable = |row: &BTreeMap<&'static str, Cell<'static>>| {
        let number = |column: &str| whole(&row[column]).unwrap();
        (number("avoidable_seats"), number("avoidable_at_renewal"), row["renews_on"].text().into_owned())
    };
    let (seats, cost, _) = avoidable(&of_sfdc(&[main]));
    assert!(seats > 3 && cost == seats * 120_000);
    let missed = main.replace(",,\n", ",360,yes\n");
    let unasked = main.replace(",,\n", ",360,no\n");
    let small = "small,acme,user,SFDC,3,50,month,,USD,2026-11-01,2027-11-01,2026-09-15,,\n";
    assert_eq!(avoidable(&of_sfdc(&[main, &next])), (0, 0, String::new()), "renewed already");
    assert_eq!(avoidable(&of_sfdc(&[&missed])), (0, 0, String::new()), "renews by itself");
    assert_eq!(avoidable(&of_sfdc(&[&unasked])), (seats, cost, "2027-10-01".to_owned()));
    let row = of_sfdc(&[&missed, small]);
    assert_eq!((whole(&row["avoidable_seats"]), row["currency"].text()), (Some(3), "EUR".into()));
}

#[test]
fn a_seat_given_back_has_the_price_of_the_line_with_most_seats() {
    let main = "main,acme,user,SFDC,400,100,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n";
    for add_on in [
        "more,acme,user,SFDC,3,150,month,,EUR,2026-11-01,2027-10-01,2026-09-15\n",
        "more,acme,user,SFDC,3,150,month,,USD,2026-11-01,2027-10-01,2026-09-15\n",
    ] {
        let book = format!("{CONTRACT_HEADER}{main}{add_on}");
        let given = given_of(&second_state(), &SAVINGS, Some(&book), &since("2026-11-22T00:00:00Z"));
        let row = given.rows().find(|row| row["license_key"].text() == "SFDC").unwrap();
        assert_eq!((whole(&row["realized"]), row["currency"].text()), (Some(120_000), "EUR".into()));
    }
}

#[test]
fn without_an_earlier_state_nothing_is_known_to_be_saved() {
    let line = "main,acme,user,SFDC,400,100,month,,EUR,2026-10-01,2027-10-01,2026-09-15\n";
    let book = format!("{CONTRACT_HEADER}{line}");
    for rules in [since("2026-11-23T23:00:00Z"), since("2026-11-23T22:00:00Z")] {
        let given = given_of(&second_state(), &SAVINGS, Some(&book), &rules);
        for row in given.rows() {
            for column in ["since_at", "realized_seats", "realized"] {
                assert_eq!(row[column].text(), "", "{column}");
            }
        }
    }
    let first = format!("{}T23:00:00Z", DAYS[0]).parse().unwrap();
    let first = Reader::open_as_of(&told().site.home.path("seatledger.db"), first).unwrap();
    let given = given_of(&first, &SAVINGS, Some(&book), &Rules::default());
    assert!(
        given.rows().all(|row| row["since_at"].text().is_empty() && row["realized_seats"].text().is_empty())
    );
}
