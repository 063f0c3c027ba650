//! Savings against a contract and the people who left.

use seatledger::report::{Rules, SAVINGS};

use super::history_site::{CONTRACT_HEADER, given_of, second_state, since, whole};

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
    let paid = number("avoidable_seats").min(400);
    assert_eq!(number("avoidable_at_renewal"), paid * 132_000);
    assert_eq!(rows[0]["renews_on"].text(), "2027-10-01");
    for row in given.rows().filter(|row| row["license_key"].text() != "SFDC") {
        assert!(row["currency"].text().is_empty() && row["avoidable_at_renewal"].text().is_empty());
    }
}
