//! Changes between states, and that they lead from the one to the other.

use std::collections::BTreeSet;

use seatledger::report::{DIFF, FORECAST, Rules, SAVINGS, TREND};
use seatledger::store::Reader;

use super::history_site::{CONTRACT_HEADER, DAYS, Told, given, given_of, told, whole};

fn since(time: &str) -> Rules {
    Rules { since: Some(time.parse().unwrap()), ..Rules::default() }
}

#[test]
fn the_listed_changes_lead_from_one_state_to_the_next() {
    let Told { site, holders, .. } = told();
    let second = Reader::open_as_of(
        &site.home.path("seatledger.db"),
        format!("{}T23:00:00Z", DAYS[1]).parse().unwrap(),
    )
    .unwrap();
    let given = given_of(&second, &DIFF, None, &since("2026-11-22T00:00:00Z"));
    let users: BTreeSet<_> = given
        .rows()
        .filter(|row| row["what"].text() == "user")
        .map(|row| {
            let columns = ["change", "field", "before", "after"];
            columns.map(|column| row[column].text().into_owned())
        })
        .collect();
    let has = |change: &str, field: &str, after: &str| {
        users.iter().any(|row| row[0] == change && row[1] == field && row[3] == after)
    };
    assert!(has("changed", "department", "Moved") && has("changed", "department", ""), "{users:?}");
    assert!(has("changed", "is_active", "false") && has("changed", "title", "Head of Nothing"), "{users:?}");
    assert_eq!(users.len(), 5, "{users:?}");
    let held = |place: usize| holders[place].values().sum::<i64>();
    assert_eq!(given.total("assignments_before"), Some(held(0)));
    assert_eq!(given.total("assignments_after"), Some(held(1)));
    assert!(given.total("assignments_removed").unwrap() >= 3, "two assignments and the leaver's seats");
    assert_eq!(given.total("users_before"), given.total("users_after"));
}

#[test]
fn what_went_and_came_back_is_no_change() {
    let Told { holders, .. } = told();
    let given = given(&DIFF, None, &Rules::default());
    assert!(
        given.rows().all(|row| row["since_at"].text().starts_with("2026-11-21T12:00")),
        "the oldest state"
    );
    assert!(given.rows().all(|row| row["field"].text() != "is_active"), "who left is back");
    let removed: Vec<_> = given
        .rows()
        .filter(|row| row["what"].text() == "user" && row["change"].text() == "removed")
        .collect();
    assert_eq!(removed.len(), 1);
    assert_eq!(given.total("users_removed"), Some(1));
    assert_eq!(given.total("users_added"), Some(0));
    let net: i128 = given.rows().filter_map(|row| whole(&row["assignments"])).sum();
    let held = |place: usize| holders[place].values().map(|count| i128::from(*count)).sum::<i128>();
    assert_eq!(held(0) + net, held(2));
}

#[test]
fn the_same_state_twice_has_no_difference() {
    let given = given(&DIFF, None, &since("2026-11-28T13:00:00Z"));
    assert_eq!(given.rows().count(), 0);
    assert_eq!(given.total("users_before"), given.total("users_after"));
    told()
        .site
        .run(&["report", "diff", "--since", "2026-11-01"])
        .exits(2)
        .says(&["no collected state is as old as 2026-11-01T00:00:00.000Z"]);
}

#[test]
fn a_trend_shows_every_state_as_it_was() {
    let Told { counted, .. } = told();
    let given = given(&TREND, None, &Rules::default());
    assert_eq!(given.total("days"), Some(3));
    for (day, counted) in DAYS.iter().zip(counted) {
        for ([kind, key], used) in counted {
            let of_license = |row: &std::collections::BTreeMap<_, seatledger::report::Cell<'_>>| {
                row["day"].text() == *day && row["kind"].text() == *kind && row["key"].text() == *key
            };
            let found: i128 =
                given.rows().filter(of_license).filter_map(|row| whole(&row["used_counted"])).sum();
            assert_eq!(found, i128::from(*used), "{kind} {key} on {day}");
        }
    }
    let marks: BTreeSet<_> = given
        .rows()
        .map(|row| ["day", "week", "is_last_of_week"].map(|column| row[column].text().into_owned()))
        .collect();
    let expected = [
        ["2026-11-21", "2026-11-16", "true"],
        ["2026-11-23", "2026-11-23", "false"],
        ["2026-11-28", "2026-11-23", "true"],
    ];
    assert_eq!(marks, expected.map(|mark| mark.map(str::to_owned)).into());
    let later = super::history_site::given(&TREND, None, &since("2026-11-22T00:00:00Z"));
    assert_eq!(later.total("days"), Some(2));
}

#[test]
fn two_weeks_are_no_history() {
    let given = given(&FORECAST, None, &Rules::default());
    assert!(given.rows().count() > 10);
    for row in given.rows() {
        assert_eq!(row["weeks"].text(), "2");
        assert_eq!(row["outlook"].text(), "insufficient history");
        assert!(row["holders_per_week"].text().is_empty() && row["exhausted_on"].text().is_empty());
    }
}

#[test]
fn savings_are_three_numbers_with_a_price_each() {
    let line = "main,acme,user,SFDC,400,100,month,10,EUR,2026-10-01,2027-10-01,2026-09-15\n";
    let book = format!("{CONTRACT_HEADER}{line}");
    let second = Reader::open_as_of(
        &told().site.home.path("seatledger.db"),
        format!("{}T23:00:00Z", DAYS[1]).parse().unwrap(),
    )
    .unwrap();
    let rules = Rules { buffer_seats: 1, ..since("2026-11-22T00:00:00Z") };
    let given = given_of(&second, &SAVINGS, Some(&book), &rules);
    let rows: Vec<_> = given.rows().filter(|row| row["license_key"].text() == "SFDC").collect();
    assert_eq!(rows.len(), 1);
    let number = |column: &str| whole(&rows[0][column]).unwrap();
    assert_eq!(number("realized_seats"), 1, "the one who left");
    assert_eq!(number("realized"), 120_000);
    assert_eq!(number("avoidable_seats"), number("reusable_now") + number("unassigned") - 1);
    let paid = number("avoidable_seats").min(400);
    assert_eq!(number("avoidable_at_renewal"), paid * 132_000);
    assert_eq!(rows[0]["renews_on"].text(), "2027-10-01");
    for row in given.rows().filter(|row| row["license_key"].text() != "SFDC") {
        assert!(row["currency"].text().is_empty() && row["avoidable_at_renewal"].text().is_empty());
    }
}
