//! What the org can be asked for: the fields of each object, from the cache or from `describe`.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::request::Request;
use crate::catalogue::{Need, Object};
use crate::salesforce::{Action, DescribedField, Error, Session};

/// What the org says of an object.
#[derive(Clone, Debug)]
pub enum Described {
    /// Its fields.
    Fields(Vec<DescribedField>),
    /// It does not describe the object; whether it can be queried, a query shows.
    Nothing,
}

/// Describes the objects of the request that `known` does not hold, several at a time.
pub(super) fn describe_missing(
    session: &Session,
    request: &Request,
    known: &BTreeMap<&'static str, Described>,
) -> Result<Vec<(&'static str, Described)>, Error> {
    let missing: Vec<&'static Object> =
        request.objects().filter(|object| object.described && !known.contains_key(object.name)).collect();
    let queue = Mutex::new(missing.into_iter());
    let results = Mutex::new(Vec::new());
    let run = tracing::Span::current();
    std::thread::scope(|threads| {
        for _ in 0..request.concurrency {
            threads.spawn(|| {
                while let Some(object) = next(&queue) {
                    let _span = tracing::info_span!(parent: &run, "object", object = object.name).entered();
                    let result = describe(session, object);
                    if let Ok(mut results) = results.lock() {
                        results.push(result.map(|described| (object.name, described)));
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_default().into_iter().collect()
}

fn next<Item>(queue: &Mutex<impl Iterator<Item = Item>>) -> Option<Item> {
    queue.lock().ok()?.next()
}

/// Describes one object; one that is hidden from the user is no error.
pub(super) fn describe(session: &Session, object: &Object) -> Result<Described, Error> {
    match session.describe(object.name) {
        Ok(fields) => Ok(Described::Fields(fields)),
        Err(Error::Api(refused)) if hides_object(refused.action) => Ok(Described::Nothing),
        Err(other) => Err(other),
    }
}

/// Why an object is not there, and what would show it. `found` is what Salesforce answered, or did not.
pub(super) fn hidden_reason(object: &Object, found: &str) -> String {
    match object.need {
        Need::Optional(usual) => format!("{found}; usually {usual}"),
        Need::Required => format!("{found}; it needs {}", object.permission),
    }
}

/// Whether a refusal means that the object is not there for this user.
pub(super) fn hides_object(action: Action) -> bool {
    matches!(action, Action::SkipObject | Action::ObjectUnavailable)
}
