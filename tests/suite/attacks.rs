//! Known ways of misuse against the whole program: each is refused with its reason, nothing is sent, one record is kept.

mod addresses;
mod commands;
mod companies;
mod issuer_keys;
mod limits;
mod own_files;
mod personal_numbers;
mod policed_site;
mod records;
mod rules;
mod tokens;

/// Attacks on operations that do not exist yet, by their numbers in the list of attacks, and what they wait for.
const PENDING: &[(&str, &str)] = &[
    ("1 over a network, 92 to 98", "there is no server yet: requests come from the command line only"),
    ("31", "no operation writes a record yet"),
    (
        "40 as a claim of the request",
        "the command line takes no claims about agents; a token's own are held here",
    ),
    ("42 to 54, 57 to 63", "no operation takes a query, a search or a record's id yet"),
    (
        "77 for rows of a collection",
        "it stops at its budget of requests and bytes; its rows are charged when it ends",
    ),
    (
        "79 and 80 with a full disk",
        "a disk of its own is needed, which tests/full_disk.sh makes; a journal that refuses stands in for it here",
    ),
    ("104, 105", "operations run as the org's configured user; none runs as the person yet"),
];

#[test]
fn what_is_pending_has_a_reason() {
    assert!(PENDING.iter().all(|(attacks, why)| !attacks.is_empty() && !why.is_empty()));
}
