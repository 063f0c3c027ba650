//! What the org can be asked for: the fields of each object, from the cache or from `describe`.

use std::collections::BTreeMap;

use super::request::Request;
use super::side_by_side::side_by_side;
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
    side_by_side(&missing, request.concurrency, |object| {
        let _span = tracing::info_span!("object", object = object.name).entered();
        Ok((object.name, describe(session, object)?))
    })
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
