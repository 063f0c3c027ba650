//! Refusals of the token endpoint, before a run and when a token has to be renewed in its middle.

use super::{After, ONE_UNANSWERED, QUIET, Row, row, sweep};

/// Error, description (empty for the usual one), exit code, words.
const REFUSALS: &[(&str, &str, i32, &str)] = &[
    ("invalid_grant", "user hasn't approved this consumer", 5, "pre-authorized"),
    ("invalid_grant", "audience is invalid", 5, "My Domain URL"),
    ("invalid_grant", "Audience validation failed", 5, "My Domain URL"),
    ("invalid_grant", "invalid assertion", 5, "certificate"),
    ("invalid_grant", "expired authorization code", 5, "this machine's time is 2026-11-22T12:00:0"),
    ("invalid_grant", "invalid user", 5, "`username`"),
    ("invalid_grant", "inactive user", 5, "activate the user"),
    ("invalid_grant", "inactive organization", 5, "renew the org"),
    ("invalid_grant", "ip restricted or invalid login hours", 5, "login IP ranges"),
    ("invalid_grant", "authentication failure", 5, "unlock"),
    ("invalid_grant", "user is locked", 5, "unlock"),
    ("invalid_app_access", "", 5, "assign"),
    ("invalid_client_id", "", 5, "consumer key"),
    ("invalid_client", "app must be installed into org", 5, "install the app"),
    ("app_not_found", "", 5, "My Domain URL"),
    ("unsupported_grant_type", "", 5, "JWT Bearer Flow"),
    ("invalid_request", "", 5, "proxy"),
    ("rate_limit_exceeded", "", 8, "wait an hour"),
];

/// Faults of the endpoint that pass when they come once.
const PASSING: &[(&str, i32)] = &[
    ("retry_request", 5),
    ("unknown_error", 5),
    ("503-html", 1),
    ("502", 1),
    ("html", 1),
    ("empty=500", 1),
    ("reset", 1),
    ("cut", 1),
];

#[test]
fn a_refusal_before_a_run() {
    let refused = |&(error, description, exit, words): &(&str, &str, i32, &'static str)| {
        let fault = if description.is_empty() { error.to_owned() } else { format!("{error}={description}") };
        row(format!("token:{fault}*all"), exit, &["Salesforce refused to sign in", words], After::Old, 1)
    };
    sweep(REFUSALS.iter().map(refused).collect());
}

#[test]
fn a_refusal_in_the_middle_of_a_run() {
    let refused = |&(error, description, exit, words): &(&str, &str, i32, &'static str)| {
        let fault = if description.is_empty() { error.to_owned() } else { format!("{error}={description}") };
        Row {
            faults: vec!["query/User:401@2*all".to_owned(), format!("token:{fault}@2*all")],
            ..row("", exit, &["Salesforce refused to sign in", words], After::Old, QUIET)
        }
    };
    sweep(REFUSALS.iter().map(refused).collect());
}

#[test]
fn trouble_that_passes_or_stays() {
    let once = PASSING
        .iter()
        .map(|(fault, _)| row(format!("token:{fault}"), 0, &["trying again"], After::New, QUIET));
    let always = PASSING
        .iter()
        .map(|(fault, exit)| row(format!("token:{fault}*all"), *exit, &["trying again"], After::Old, 6));
    sweep(once.chain(always).collect());
}

#[test]
fn tokens_that_are_not_taken() {
    sweep(vec![
        row("query/User:401@2", 0, &[], After::New, QUIET),
        row("any:401@9", 0, &[], After::New, QUIET),
        row(
            "query/User:401@2*all",
            5,
            &["a token issued a moment ago is refused as well"],
            After::Old,
            QUIET,
        ),
        row("query/User:401-scope", 5, &["scope"], After::Old, QUIET),
        row("token:instance-url=https://other.example", 1, &["instance_url is not followed"], After::Old, 1),
        row("token:truncated-json", 1, &["lacks one of access_token"], After::Old, 1),
        row(
            "token:identity-url=https://login.salesforce.com/id/00Dxx0000001gPLEAY/005xx000001SwiUAAS",
            2,
            &["was collected from organization", "00Dxx0000001gPLEAY", "an `id` of its own"],
            After::Old,
            1,
        ),
        row("token:drip=1", 0, &[], After::New, ONE_UNANSWERED),
    ]);
}
