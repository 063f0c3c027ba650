//! Changes between states, and that they lead from the one to the other.

use std::collections::BTreeSet;

use seatledger::report::{DIFF, Rules};

use super::history_site::{Told, given, given_of, second_state, since, told, whole};

#[test]
fn the_listed_changes_lead_from_one_state_to_the_next() {
    let Told { holders, .. } = told();
    let given = given_of(&second_state(), &DIFF, None, &since("2026-11-22T00:00:00Z"));
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
    let newest = told().site.rows("SELECT max(finished_at) FROM runs")[0][0].clone().unwrap();
    let given = given(&DIFF, None, &since(&newest));
    assert_eq!(given.rows().count(), 0);
    assert_eq!(given.total("users_before"), given.total("users_after"));
    told()
        .site
        .run(&["report", "diff", "--since", "2026-11-01"])
        .exits(2)
        .says(&["no collected state is as old as 2026-11-01T00:00:00.000Z"]);
}
