//! Answers that are refusals, that break off, or that are no answers.

use super::{ALL_UNANSWERED, After, ONE_UNANSWERED, QUIET, row, sweep};

/// Trouble that passes by itself: tried again, at most six times in all.
const PASSING: &[(&str, &str)] = &[
    ("reset", "broke before it answered"),
    ("reset-in-head", "connection"),
    ("reset-after-head", "broke off in the middle"),
    ("cut", "broke off in the middle"),
    ("406", "ERROR_HTTP_406"),
    ("420", "ERROR_HTTP_420"),
    ("429=3", "trying again in 3.0 s"),
    ("429-date=90", "trying again in"),
    ("500", "UNKNOWN_EXCEPTION"),
    ("502", "Bad Gateway"),
    ("503", "SERVER_UNAVAILABLE"),
    ("503-html", "down for maintenance"),
    ("xml", "SERVER_UNAVAILABLE"),
    ("html", "a web page titled"),
    ("empty=200", "an empty answer"),
    ("empty=500", "an empty answer"),
    ("concurrent", "ConcurrentRequests"),
    ("timeout", "QUERY_TIMEOUT"),
];

#[test]
fn trouble_that_passes() {
    sweep(
        PASSING
            .iter()
            .map(|(fault, words)| {
                row(format!("query/User:{fault}@2"), 0, &[words, "trying again"], After::New, QUIET)
            })
            .collect(),
    );
}

#[test]
fn trouble_that_stays_with_one_object() {
    sweep(
        PASSING
            .iter()
            .map(|(fault, words)| {
                row(
                    format!("query/User:{fault}*all"),
                    3,
                    &[words, "User is stale"],
                    After::NewBut(&["User"]),
                    ONE_UNANSWERED,
                )
            })
            .collect(),
    );
}

#[test]
fn trouble_that_stays_with_every_object() {
    let ends = |fault: &str| if fault.starts_with("429") || fault == "concurrent" { 8 } else { 1 };
    let rows = PASSING.iter().filter(|(fault, _)| *fault != "timeout");
    sweep(
        rows.map(|(fault, words)| {
            row(format!("query:{fault}*all"), ends(fault), &[words], After::Old, ALL_UNANSWERED)
        })
        .collect(),
    );
}

#[test]
fn refusals_of_one_object() {
    let stale = || After::NewBut(&["User"]);
    sweep(vec![
        row("query/User:403*all", 3, &["User is stale", "INSUFFICIENT_ACCESS"], stale(), QUIET),
        row("query/User:414*all", 3, &["User is stale", "URI Too Long"], stale(), QUIET),
        row(
            "query/User:error=400/INVALID_TYPE/sObject type 'User' is not supported*all",
            3,
            &["User is stale", "INVALID_TYPE"],
            stale(),
            QUIET,
        ),
        row(
            "query/User:error=400/MALFORMED_QUERY/unexpected token*all",
            3,
            &["MALFORMED_QUERY"],
            stale(),
            QUIET,
        ),
        row("query/User:error=400/INVALID_FIELD/No such column*all", 3, &["INVALID_FIELD"], stale(), QUIET),
        row("query/User:error=400/INVALID_FIELD/No such column", 0, &[], After::New, QUIET),
        row("query/User:locator@2", 0, &[], After::New, QUIET),
        row("query/User:404@2", 0, &[], After::New, QUIET),
        row("query/User:locator@2*all", 3, &["INVALID_QUERY_LOCATOR"], stale(), QUIET),
        row(
            "query/UserRole:error=400/INVALID_TYPE/sObject type 'UserRole' is not supported*all",
            3,
            &["UserRole is stale", "View Roles"],
            After::NewBut(&["UserRole"]),
            QUIET,
        ),
    ]);
}

#[test]
fn refusals_of_the_org() {
    sweep(vec![
        row("query:limit@3", 8, &["REQUEST_LIMIT_EXCEEDED", "24 hours"], After::Old, QUIET),
        row("query:limit-info=95/100*all", 8, &["API allowance", "95 of 100"], After::Old, QUIET),
        row("query:404*all", 1, &["api_version"], After::Old, QUIET),
        row("query:410*all", 1, &["the configured API version is retired"], After::Old, QUIET),
        row(
            "query/User:redirect=https://other.example/",
            1,
            &["redirects are not followed"],
            After::Old,
            QUIET,
        ),
        row("limits:503*all", 1, &["SERVER_UNAVAILABLE"], After::Old, 7),
        row("any:reset*all", 1, &["broke before it answered"], After::Old, 6),
        row("query:error=403/API_DISABLED_FOR_ORG/off", 1, &["edition"], After::Old, QUIET),
        row("query:error=418/TEAPOT/short", 1, &["TEAPOT"], After::Old, QUIET),
    ]);
}

#[test]
fn bodies_that_cannot_be_read() {
    let stale = || After::NewBut(&["User"]);
    sweep(vec![
        row("query/User:gzip-wrong", 3, &["User is stale", "cannot be decompressed"], stale(), QUIET),
        row("query/User:truncated-json", 3, &["User is stale", "not the JSON expected"], stale(), QUIET),
        row("query/User:endless", 3, &["User is stale", "larger than 64 MiB"], stale(), QUIET),
        row("query/User:gzip-bomb", 3, &["User is stale", "larger than 64 MiB"], stale(), QUIET),
        row("query:gzip-wrong*all", 1, &["cannot be decompressed"], After::Old, QUIET),
        row("query:endless*all", 1, &["larger than 64 MiB"], After::Old, QUIET),
    ]);
}
