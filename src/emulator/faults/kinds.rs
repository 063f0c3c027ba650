//! What can go wrong: one row for each kind of fault. Adding a kind is adding a row.

use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use serde_json::{Value as Json, json};

use crate::emulator::api::ApiError;
use crate::emulator::token::{OAUTH_ERRORS, OAuthError};
use crate::emulator::wire::{Answer, Delivery, Sent, gzip};

/// A kind of fault.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) argument: Argument,
    pub(crate) when: When,
    pub(crate) apply: fn(&str, &Situation<'_>, &mut Answer),
}

/// When a fault comes into play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// In place of the real answer, which is not even made.
    Instead,
    /// On the real answer.
    Afterwards,
}

/// What a kind takes after `=`: what people read about it, and what is taken when it is left out, if it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    None,
    Number(&'static str, Option<&'static str>),
    Text(&'static str, Option<&'static str>),
}

const SECONDS: &str = "a number of seconds";
const MILLISECONDS: Argument = Argument::Number("a number of milliseconds", None);
const URL: Argument = Argument::Text("a URL", None);

/// What a fault knows about the request it hits.
pub(crate) struct Situation<'request> {
    /// Path and query.
    pub(crate) target: &'request str,
    pub(crate) now: Timestamp,
}

impl Argument {
    /// What people read about it.
    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::None => "nothing to say",
            Self::Number(what, _) | Self::Text(what, _) => what,
        }
    }

    /// The argument to use, if `given` fits.
    pub(super) fn read(self, given: Option<&str>) -> Option<String> {
        let text = match (self, given) {
            (Self::None, None) => Some(""),
            (Self::None, Some(_)) => None,
            (Self::Number(_, default) | Self::Text(_, default), None) => default,
            (Self::Number(..), Some(text)) => text.parse::<u32>().is_ok().then_some(text),
            (Self::Text(..), Some(text)) => (!text.is_empty()).then_some(text),
        };
        text.map(str::to_owned)
    }
}

const fn instead(
    name: &'static str,
    argument: Argument,
    apply: fn(&str, &Situation<'_>, &mut Answer),
) -> Kind {
    Kind { name, argument, when: When::Instead, apply }
}

const fn afterwards(
    name: &'static str,
    argument: Argument,
    apply: fn(&str, &Situation<'_>, &mut Answer),
) -> Kind {
    Kind { name, argument, when: When::Afterwards, apply }
}

/// The error at a place of [`OAUTH_ERRORS`].
const fn refusal<const PLACE: usize>() -> Kind {
    instead(OAUTH_ERRORS[PLACE].0, Argument::Text("a description", Some("")), |description, _, answer| {
        let error = OAUTH_ERRORS[PLACE].0;
        let usual = description.is_empty();
        *answer = if usual { OAuthError::usual(error) } else { OAuthError::new(error, description) }.answer();
    })
}

/// The kinds.
pub(super) const KINDS: &[Kind] = &[
    // Errors of the REST API.
    instead("401", Argument::None, |_, _, answer| {
        api(answer, 401, "INVALID_SESSION_ID", "Session expired or invalid")
    }),
    instead("401-scope", Argument::None, |_, _, answer| {
        let text = "This session is not valid for use with the specified REST API endpoint. One of the following \
                    scopes is required: api";
        api(answer, 401, "INVALID_SESSION_ID", text);
    }),
    instead("403", Argument::None, |_, _, answer| {
        api(answer, 403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id");
    }),
    instead("404", Argument::None, |_, _, answer| *answer = ApiError::not_found().answer()),
    instead("410", Argument::None, |_, _, answer| {
        api(answer, 410, "UNSUPPORTED_API_VERSION", "The requested API version is no longer supported");
    }),
    instead("429", Argument::Number(SECONDS, Some("1")), |seconds, _, answer| {
        api(answer, 429, "REQUEST_LIMIT_EXCEEDED", "Too many requests");
        answer.headers.push(("Retry-After", seconds.to_owned()));
    }),
    instead("429-date", Argument::Number(SECONDS, Some("1")), |seconds, situation, answer| {
        api(answer, 429, "REQUEST_LIMIT_EXCEEDED", "Too many requests");
        answer.headers.push(("Retry-After", http_date(situation.now, seconds)));
    }),
    instead("500", Argument::None, |_, _, answer| {
        let text = "An unexpected error occurred. Please include this ErrorId if you contact support: 1234567890-1 \
                    (-123456789)";
        api(answer, 500, "UNKNOWN_EXCEPTION", text);
    }),
    instead("503", Argument::Number(SECONDS, Some("")), |seconds, _, answer| {
        api(answer, 503, "SERVER_UNAVAILABLE", "Server Unavailable");
        if !seconds.is_empty() {
            answer.headers.push(("Retry-After", seconds.to_owned()));
        }
    }),
    instead("concurrent", Argument::None, |_, _, answer| *answer = ApiError::concurrent_requests().answer()),
    instead("limit", Argument::None, |_, _, answer| *answer = ApiError::total_requests().answer()),
    instead("locator", Argument::None, |_, _, answer| {
        api(answer, 400, "INVALID_QUERY_LOCATOR", "invalid query locator");
    }),
    instead("timeout", Argument::None, |_, _, answer| {
        api(answer, 400, "QUERY_TIMEOUT", "Your query request was running for too long.");
    }),
    instead("error", Argument::Text("STATUS/CODE/MESSAGE", None), |argument, _, answer| {
        let mut parts = argument.splitn(3, '/');
        let status = parts.next().and_then(|status| status.parse().ok()).unwrap_or(400);
        api(answer, status, parts.next().unwrap_or("UNKNOWN_EXCEPTION"), parts.next().unwrap_or_default());
    }),
    // Errors of the token endpoint.
    refusal::<0>(),
    refusal::<1>(),
    refusal::<2>(),
    refusal::<3>(),
    refusal::<4>(),
    refusal::<5>(),
    refusal::<6>(),
    refusal::<7>(),
    refusal::<8>(),
    refusal::<9>(),
    refusal::<10>(),
    refusal::<11>(),
    // What stands in front of the instance: no JSON.
    instead("414", Argument::None, |_, _, answer| *answer = Answer::html(414, "URI Too Long")),
    instead("406", Argument::None, |_, _, answer| *answer = Answer::html(406, "Not Acceptable")),
    instead("420", Argument::None, |_, _, answer| *answer = Answer::html(420, "No routing for this host")),
    instead("502", Argument::None, |_, _, answer| *answer = Answer::html(502, "Bad Gateway")),
    instead("503-html", Argument::None, |_, _, answer| {
        *answer = Answer::html(503, "We are down for maintenance.")
    }),
    instead("html", Argument::None, |_, _, answer| *answer = Answer::html(200, "Salesforce - Login")),
    instead("redirect", URL, |url, _, answer| {
        *answer = Answer::html(302, "Moved").with_header("Location", url);
    }),
    instead("xml", Argument::None, |_, _, answer| {
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Errors><Error><errorCode>SERVER_UNAVAILABLE</errorCode>\
                    <message>Server Unavailable</message></Error></Errors>";
        *answer = Answer::of_type(503, "application/xml", body);
    }),
    // Bodies that cannot be read.
    instead("empty", Argument::Number("a status", Some("200")), |status, _, answer| {
        *answer = Answer::of_type(status.parse().unwrap_or(200), "application/json;charset=UTF-8", "");
    }),
    instead("endless", Argument::None, |_, _, answer| {
        *answer = Answer::json(200, " ".repeat(65_536));
        answer.delivery = Delivery::Endless;
    }),
    instead("gzip-bomb", Argument::None, |_, _, answer| {
        let zeros = vec![b' '; 256 << 20];
        *answer = Answer::json(200, gzip(&zeros)).with_header("Content-Encoding", "gzip");
    }),
    afterwards("gzip-wrong", Argument::None, |_, _, answer| {
        answer.headers.push(("Content-Encoding", "gzip".to_owned()));
    }),
    afterwards("truncated-json", Argument::None, |_, _, answer| answer.body.truncate(answer.body.len() / 2)),
    // Deliveries.
    afterwards("cut", Argument::None, |_, _, answer| answer.delivery = Delivery::Cut),
    afterwards("reset", Argument::None, |_, _, answer| answer.delivery = Delivery::Reset(Sent::Nothing)),
    afterwards("reset-in-head", Argument::None, |_, _, answer| {
        answer.delivery = Delivery::Reset(Sent::HalfHead);
    }),
    afterwards("reset-after-head", Argument::None, |_, _, answer| {
        answer.delivery = Delivery::Reset(Sent::Head);
    }),
    afterwards("slow", MILLISECONDS, |pause, _, answer| answer.delay = milliseconds(pause)),
    afterwards("drip", MILLISECONDS, |pause, _, answer| {
        answer.delivery = Delivery::Drip(milliseconds(pause));
    }),
    // Answers that lie.
    afterwards("instance-url", URL, |url, _, answer| {
        edit(answer, |body| body["instance_url"] = json!(url));
    }),
    afterwards("identity-url", URL, |url, _, answer| {
        edit(answer, |body| body["id"] = json!(url));
    }),
    afterwards("next-records-url", URL, |url, _, answer| {
        edit(answer, |body| {
            body["nextRecordsUrl"] = json!(url);
            body["done"] = json!(false);
        });
    }),
    afterwards("page-repeated", Argument::None, |_, situation, answer| {
        edit(answer, |body| body["nextRecordsUrl"] = json!(situation.target));
    }),
    afterwards("page-missing", Argument::None, |_, _, answer| {
        edit(answer, |body| _ = body.as_object_mut().and_then(|page| page.remove("nextRecordsUrl")));
    }),
    afterwards("records-missing", Argument::Number("a number of records", None), |count, _, answer| {
        let count = count.parse().unwrap_or(1);
        edit(answer, |body| {
            if let Some(records) = body["records"].as_array_mut() {
                records.truncate(records.len().saturating_sub(count));
            }
        });
    }),
    afterwards("total-size", Argument::Number("a number of records", None), |total, _, answer| {
        let total: u64 = total.parse().unwrap_or_default();
        edit(answer, |body| body["totalSize"] = json!(total));
    }),
    afterwards("limit-info", Argument::Text("USED/MAX", None), |usage, _, answer| {
        answer.headers.retain(|(name, _)| *name != "Sforce-Limit-Info");
        answer.headers.push(("Sforce-Limit-Info", format!("api-usage={usage}")));
    }),
    afterwards("record-repeated", Argument::None, |_, _, answer| {
        edit(answer, |body| {
            if let Some([first, .., last]) = body["records"].as_array_mut().map(Vec::as_mut_slice) {
                last.clone_from(first);
            }
        });
    }),
    afterwards("field", Argument::Text("FIELD/JSON", None), |argument, _, answer| {
        let (field, json) = argument.split_once('/').unwrap_or((argument, "null"));
        let json: Json = serde_json::from_str(json).unwrap_or_else(|_| json!(json));
        edit(answer, |body| {
            for record in body["records"].as_array_mut().into_iter().flatten() {
                record[field] = json.clone();
            }
        });
    }),
    afterwards("number-as-text", Argument::None, |_, _, answer| edit(answer, numbers_as_text)),
    afterwards("nul", Argument::None, |_, _, answer| {
        edit(answer, |body| each_text(body, &|text| text.push('\0')))
    }),
];

/// The kinds' names.
pub(super) fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

fn api(answer: &mut Answer, status: u16, code: &str, message: &str) {
    *answer = ApiError::new(status, code, message).answer();
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap_or_default())
}

/// `seconds` from now, as RFC 9110 writes dates.
fn http_date(now: Timestamp, seconds: &str) -> String {
    let later = now.checked_add(seconds.parse::<i64>().unwrap_or_default().seconds()).unwrap_or(now);
    later.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn edit(answer: &mut Answer, change: impl FnOnce(&mut Json)) {
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        change(&mut body);
        answer.body = body.to_string().into_bytes();
    }
}

/// Writes the numbers inside records as text; the page's own stay.
fn numbers_as_text(page: &mut Json) {
    let fields =
        page["records"].as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut).flatten();
    for (_, value) in fields {
        if value.is_number() {
            *value = json!(value.to_string());
        }
    }
}

/// Changes every text inside records, but neither addresses nor ids.
fn each_text(page: &mut Json, change: &dyn Fn(&mut String)) {
    let fields =
        page["records"].as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut).flatten();
    for (name, value) in fields {
        if let Json::String(text) = value
            && !name.ends_with("Id")
            && !name.ends_with("Date")
        {
            change(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_changes_the_answer() {
        let situation = Situation { target: "/services/data/v67.0/query?q=x", now: Timestamp::UNIX_EPOCH };
        let mut names = BTreeSet::new();
        for kind in KINDS {
            assert!(names.insert(kind.name), "{} is there twice", kind.name);
            let argument = match kind.argument {
                Argument::None => None,
                Argument::Number(..) => Some("7"),
                Argument::Text(..) => Some("https://other.example"),
            };
            let argument = kind.argument.read(argument).unwrap();
            let body = r#"{"access_token":"t","totalSize":2,"done":false,"nextRecordsUrl":"/next","records":[{"N":1,"T":"x"},{"N":2}]}"#;
            let mut answer = Answer::json(200, body);
            (kind.apply)(&argument, &situation, &mut answer);
            let unchanged = answer.status == 200
                && answer.body == body.as_bytes()
                && answer.headers.len() == 1
                && answer.delivery == Delivery::Whole
                && answer.delay.is_zero();
            assert!(!unchanged, "{} does nothing", kind.name);
        }
        for (error, _) in OAUTH_ERRORS {
            assert!(names.contains(error), "no fault for {error}");
        }
    }

    #[test]
    fn dates_of_retry_after_are_http_dates() {
        assert_eq!(http_date(Timestamp::UNIX_EPOCH, "61"), "Thu, 01 Jan 1970 00:01:01 GMT");
    }
}
