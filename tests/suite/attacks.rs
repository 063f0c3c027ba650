//! Known ways of misuse against the whole program: each is refused with its reason, nothing is sent, one record is kept.

mod commands;
mod companies;
mod issuer_keys;
mod limits;
mod personal_numbers;
mod policed_site;
mod records;
mod rules;
mod tokens;

/// Attacks on operations that do not exist yet, by their numbers in the list of attacks, and what they wait for.
const PENDING: &[(&str, &str)] = &[
    ("1, 27, 41, 92 to 98", "there is no server yet: requests come from the command line only"),
    (
        "26",
        "a person's token is checked once for each command, and no command runs several operations of a person",
    ),
    ("31, 42 to 63", "no operation takes a query or writes a record yet"),
    ("40", "the command line takes no claims about agents; the evaluator's own tests have them"),
    (
        "77 for rows of a collection",
        "it stops at its budget of requests and bytes; its rows are charged when it ends",
    ),
    (
        "79 and 80 with a full disk",
        "a disk of its own is needed for that; a journal that refuses stands in for it here",
    ),
    ("99, 104, 105", "operations run as the org's configured user; none runs as the person yet"),
];

#[test]
fn what_is_pending_has_a_reason() {
    assert!(PENDING.iter().all(|(attacks, why)| !attacks.is_empty() && !why.is_empty()));
}
