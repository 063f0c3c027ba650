//! Every row of the two error catalogues, as a person meets it: what is said, what follows, how often it is tried.

use std::collections::BTreeSet;

use seatledger::salesforce::{
    API_ERRORS, Action, Call, Error, ErrorKind, NextPage, SIGN_IN_ERRORS, STATUS_ERRORS, Session,
    SignInRefused,
};

use crate::scripted_org::{TOKEN_PATH, open, org};
use crate::scripted_server::{Received, Reply, ScriptedServer};

/// How often something that may pass is asked for in all.
const ALL_TRIES: usize = 6;

/// The refusal of a sign-in that is answered like this, and how often it was tried.
fn sign_in(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (SignInRefused, usize) {
    let server = ScriptedServer::start(move |request, _| reply(request));
    match open(&server).err().unwrap() {
        Error::SignIn(refused) => (*refused, server.hits(TOKEN_PATH)),
        other => panic!("{other:?}"),
    }
}

fn token_error(error: &str, description: &str) -> Reply {
    Reply::json(400, format!(r#"{{"error":"{error}","error_description":"{description}"}}"#))
}

fn api_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, format!(r#"[{{"message":"{message}","errorCode":"{code}"}}]"#))
}

/// Asks `call` of an org that answers everything with `reply`; gives the refusal and how often it was asked.
fn ask(call: Call, reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Error, usize) {
    let server = org(move |_, _| reply());
    let session = open(&server).unwrap();
    let error = asked(&session, call).err().unwrap();
    (error, server.hits("/services/data"))
}

fn asked(session: &Session, call: Call) -> Result<(), Error> {
    match call {
        Call::Query => session.query("SELECT Id FROM User", &[], 2000).map(drop),
        Call::QueryMore => {
            let next = NextPage::parse("/services/data/v67.0/query/01g-2000").unwrap();
            session.query_more(&next, &[]).map(drop)
        }
        Call::Describe => session.describe("User").map(drop),
        Call::Versions => session.versions().map(drop),
        Call::Limits => session.limits().map(drop),
    }
}

#[test]
fn documented_sign_in_errors_name_their_remedy() {
    use ErrorKind::{Authentication, Limits};
    let cases = [
        ("invalid_grant", "user hasn't approved this consumer", Authentication, 1, "pre-authorized"),
        ("invalid_app_access", "user is not admin approved to access this app", Authentication, 1, "assign"),
        ("invalid_grant", "audience is invalid", Authentication, 1, "My Domain URL"),
        ("invalid_grant", "Audience validation failed", Authentication, 1, "My Domain URL"),
        ("invalid_grant", "invalid assertion", Authentication, 1, "certificate"),
        ("invalid_grant", "expired authorization code", Authentication, 1, "clock"),
        ("invalid_grant", "invalid user", Authentication, 1, "`username`"),
        ("invalid_grant", "inactive user", Authentication, 1, "activate the user"),
        ("inactive_user", "User is inactive", Authentication, 1, "activate the user"),
        ("invalid_grant", "inactive organization", Authentication, 1, "renew the org"),
        ("inactive_org", "Org is locked, closed, or suspended", Authentication, 1, "renew the org"),
        ("invalid_grant", "ip restricted", Authentication, 1, "login IP ranges"),
        ("invalid_grant", "ip restricted or invalid login hours", Authentication, 1, "login hours"),
        ("invalid_grant", "authentication failure", Authentication, 1, "unlock"),
        ("invalid_grant", "authentication failure - Invalid Password", Authentication, 1, "unlock"),
        ("invalid_grant", "expired access/refresh token", Authentication, 1, "`login_url`"),
        ("invalid_grant", "user is locked", Authentication, 1, "unlock"),
        ("invalid_grant", "no client credentials user enabled", Authentication, 1, "JWT bearer flow"),
        ("invalid_grant", "request not supported on this domain", Authentication, 1, "My Domain URL"),
        ("invalid_client_id", "client identifier invalid", Authentication, 1, "consumer key"),
        ("invalid_client", "invalid client credentials", Authentication, 1, "consumer key"),
        ("invalid_client", "app must be installed into org", Authentication, 1, "install the app"),
        (
            "app_not_found",
            "External client app is not installed in this org",
            Authentication,
            1,
            "My Domain URL",
        ),
        ("OAUTH_APP_BLOCKED", "this app is blocked by admin", Authentication, 1, "unblock"),
        ("unsupported_grant_type", "grant type not supported", Authentication, 1, "JWT Bearer Flow"),
        ("invalid_request", "malformed", Authentication, 1, "proxy"),
        ("retry_request", "retry your request", Authentication, ALL_TRIES, "later"),
        ("unknown_error", "retry your request", Authentication, ALL_TRIES, "later"),
        ("rate_limit_exceeded", "Number of logins exceeded", Limits, 1, "wait an hour"),
        ("never_seen_before", "", Authentication, 1, "doctor"),
    ];
    for (error, description, kind, tries, remedy) in cases {
        let (refused, tried) = sign_in(move |_| token_error(error, description));
        assert_eq!((refused.kind, tried), (kind, tries), "{error}: {description}");
        assert!(refused.fix.contains(remedy), "{error}: {description}: {}", refused.fix);
        let sentence = refused.to_string();
        let expected = format!("Salesforce refused to sign in `collector@acme.example`: {error}");
        assert!(sentence.starts_with(&expected), "{sentence}");
        assert_eq!(sentence.contains("Login History"), kind == Authentication, "{sentence}");
    }
}

#[test]
fn every_sign_in_row_is_reached_and_says_something() {
    for row in SIGN_IN_ERRORS {
        let error = if row.error.is_empty() { "some_other_error" } else { row.error };
        let (refused, tried) = sign_in(move |_| token_error(error, row.text));
        assert_eq!((refused.cause, refused.fix), (row.cause, row.fix), "{error}: {}", row.text);
        assert_eq!(tried, if row.passing { ALL_TRIES } else { 1 }, "{error}: {}", row.text);
        assert_eq!(refused.clocks.is_some(), row.about_time);
        assert!(!row.cause.is_empty() && !row.fix.is_empty());
        assert_eq!(row.text, row.text.to_lowercase());
    }
}

#[test]
fn gateways_before_the_token_endpoint_accuse_nobody() {
    let cases = [
        (503, "<html><title>Down</title></html>", "ERROR_HTTP_503: a web page titled \"Down\"", ALL_TRIES),
        (502, "", "ERROR_HTTP_502: an empty answer", ALL_TRIES),
        (500, r#"{"error":"unknown_error"}"#, "unknown_error", ALL_TRIES),
        (200, "<html></html>", "ERROR_HTTP_200: a web page", ALL_TRIES),
        (429, "slow down", "ERROR_HTTP_429: slow down", ALL_TRIES),
        (404, "<html></html>", "ERROR_HTTP_404: a web page", 1),
        (302, "", "ERROR_HTTP_302: an empty answer", 1),
        (400, "<Error/>", "ERROR_HTTP_400: a web page", 1),
    ];
    for (status, body, words, tries) in cases {
        let (refused, tried) = sign_in(move |_| Reply::json(status, body));
        assert_eq!((refused.kind, tried), (ErrorKind::Failed, tries), "{status} {body}");
        assert_eq!(
            refused.to_string(),
            format!("Salesforce refused to sign in `collector@acme.example`: {words}")
        );
    }
}

#[test]
fn a_wrong_clock_is_shown_beside_the_servers() {
    let (refused, _) = sign_in(|_| {
        token_error("invalid_grant", "expired authorization code")
            .with("Date", "Sat, 21 Nov 2026 10:07:00 GMT")
    });
    assert_eq!(
        refused.to_string(),
        "Salesforce refused to sign in `collector@acme.example`: invalid_grant: expired authorization code (this \
         machine's time is 2026-11-21T10:00:00.000Z, Salesforce's 2026-11-21T10:07:00.000Z); the user's Login History \
         in Setup shows the exact reason"
    );
}

#[test]
fn every_api_row_is_reached_and_acted_on() {
    for row in API_ERRORS {
        for code in row.codes {
            let call = row.call.unwrap_or(Call::Query);
            let status = if row.action == Action::RenewToken { 401 } else { 400 };
            let (error, asked) = ask(call, move || api_error(status, code, row.text));
            let expected = match row.action {
                Action::RenewToken => (Action::StopUser, 2),
                action => (action, 1 + row.retries as usize),
            };
            assert_eq!((error.action(), asked), (Some(expected.0), expected.1), "{code} {:?}", row.call);
            if row.action != Action::RenewToken {
                assert_eq!((error.cause(), error.hint()), (Some(row.cause), Some(row.fix)), "{code}");
            }
            assert!(!row.cause.is_empty() && !row.fix.is_empty(), "{code}");
            assert_eq!(row.text, row.text.to_lowercase(), "{code}");
        }
    }
    let mut seen = BTreeSet::new();
    for row in API_ERRORS {
        for code in row.codes {
            assert!(seen.insert((code, row.text, row.call.map(Call::noun))), "{code} is there twice");
        }
    }
}

#[test]
fn documented_api_errors_have_their_end() {
    use ErrorKind::{Authentication, Failed, Limits};
    let cases = [
        (401, "INVALID_SESSION_ID", "Session expired or invalid", Action::StopUser, Authentication),
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", Action::StopLimits, Limits),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", Action::BackOff, Limits),
        (429, "REQUEST_LIMIT_EXCEEDED", "Too many requests", Action::BackOff, Limits),
        (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled", Action::StopFailed, Failed),
        (403, "API_CURRENTLY_DISABLED", "API is disabled for this user", Action::StopUser, Authentication),
        (500, "CLIENT_NOT_ACCESSIBLE_FOR_USER", "", Action::StopUser, Authentication),
        (400, "INVALID_FIELD", "No such column 'ABC' on entity 'User'.", Action::DropField, Failed),
        (
            400,
            "INVALID_FIELD",
            "Can select only RecordId, a Has*Access field, and MaxAccessLevel",
            Action::Bug,
            Failed,
        ),
        (410, "UNSUPPORTED_API_VERSION", "", Action::StopFailed, Failed),
    ];
    for (status, code, message, action, kind) in cases {
        let (error, _) = ask(Call::Query, move || api_error(status, code, message));
        assert_eq!((error.action(), error.kind()), (Some(action), kind), "{code}: {message}");
    }
}

#[test]
fn statuses_without_a_code_have_their_end() {
    for row in STATUS_ERRORS {
        assert!(!row.cause.is_empty() && !row.fix.is_empty());
    }
    let cases = [
        (302, Action::StopFailed, 1),
        (401, Action::StopUser, 2),
        (403, Action::SkipObject, 1),
        (404, Action::StopFailed, 1),
        (405, Action::StopFailed, 1),
        (406, Action::BackOff, ALL_TRIES),
        (410, Action::StopFailed, 1),
        (414, Action::Narrow, 1),
        (420, Action::BackOff, ALL_TRIES),
        (429, Action::BackOff, ALL_TRIES),
        (431, Action::Narrow, 1),
        (500, Action::BackOff, ALL_TRIES),
        (504, Action::BackOff, ALL_TRIES),
    ];
    for (status, action, asks) in cases {
        let (error, asked) = ask(Call::Query, move || Reply::json(status, ""));
        assert_eq!((error.action(), asked), (Some(action), asks), "{status}");
        assert_eq!(
            error.to_string(),
            format!("Salesforce refused the query: ERROR_HTTP_{status}: an empty answer")
        );
    }
}

#[test]
fn what_was_sent_in_secret_is_never_repeated() {
    let echo = |request: &Received| {
        let token = request.header("authorization").unwrap_or_default().replace("Bearer ", "");
        Reply::json(400, format!(r#"[{{"message":"bad {} {token}","errorCode":"X"}}]"#, request.body))
    };
    let server = ScriptedServer::start(move |request, _| echo(request));
    let at_sign_in = open(&server).err().unwrap();
    let assertion = server.received()[0].body.rsplit_once('=').unwrap().1.to_owned();
    assert!(assertion.starts_with("eyJ"));
    let server = org(move |request, _| echo(request));
    let later = asked(&open(&server).unwrap(), Call::Limits).err().unwrap();
    for error in [&at_sign_in, &later] {
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("bad"), "{shown}");
        for secret in ["canary0", assertion.as_str(), "eyJ"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
