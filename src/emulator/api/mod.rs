//! The REST API: versions, limits, describe and queries, each behind the access token.

mod describe;
mod error;
mod queries;
mod versions;

use serde_json::json;

pub(crate) use error::ApiError;
pub(crate) use queries::Cursors;

use super::org::{Org, object};
use super::wire::{Answer, Request};

/// What an API request is about; faults are asked for by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource<'path> {
    /// `/services/oauth2/token`.
    Token,
    /// `/services/data`.
    Versions,
    /// Something below a version.
    Versioned {
        version: &'path str,
        path: &'path str,
    },
    /// Who is behind a token.
    Identity,
    Unknown,
}

/// Says what a path is about.
pub(crate) fn resource(path: &str) -> Resource<'_> {
    if path == "/services/oauth2/token" {
        return Resource::Token;
    }
    if path == "/services/oauth2/userinfo" || path.starts_with("/id/") {
        return Resource::Identity;
    }
    let Some(rest) = path.strip_prefix("/services/data") else { return Resource::Unknown };
    match rest.trim_matches('/') {
        "" => Resource::Versions,
        inner => {
            let (version, path) = inner.split_once('/').unwrap_or((inner, ""));
            Resource::Versioned { version, path }
        }
    }
}

/// The org's daily API allowance.
#[derive(Clone, Copy)]
pub(crate) struct Allowance {
    pub(crate) used: u64,
    pub(crate) max: u64,
}

/// The list of versions, which needs no token.
pub(crate) fn versions() -> Answer {
    Answer::json(200, versions::list())
}

/// Answers a request below a version, from a caller whose token is good.
pub(crate) fn versioned(
    org: &Org,
    cursors: &Cursors,
    allowance: Allowance,
    request: &Request,
    version: &str,
    path: &str,
) -> Result<Answer, ApiError> {
    versions::check(version)?;
    if request.method != "GET" {
        return Err(ApiError::method_not_allowed(&request.method));
    }
    let base = format!("/services/data/{version}");
    let parts: Vec<&str> = path.split('/').collect();
    let json = match parts[..] {
        [""] => resources(&base),
        ["limits"] => json!({
            "DailyApiRequests": {"Max": allowance.max, "Remaining": allowance.max.saturating_sub(allowance.used)},
            "ConcurrentAsyncGetReportInstances": {"Max": 200, "Remaining": 200},
            "DataStorageMB": {"Max": 10_240, "Remaining": 9_811},
            "FileStorageMB": {"Max": 102_400, "Remaining": 98_304},
        }),
        ["limits", "recordCount"] => record_counts(org, request),
        ["sobjects"] => describe::global(&org.view(false), &base),
        ["sobjects", name] => describe::basic(&org.view(false), &base, name)?,
        ["sobjects", name, "describe"] => describe::full(&org.view(false), &base, name)?,
        ["query"] => return queries::run(org, cursors, request, &base, false),
        ["queryAll"] => return queries::run(org, cursors, request, &base, true),
        ["query" | "queryAll", locator] => return queries::next(org, cursors, request, &base, locator),
        _ => return Err(ApiError::not_found()),
    };
    Ok(Answer::json(200, json.to_string()))
}

fn resources(base: &str) -> serde_json::Value {
    let names = ["limits", "query", "queryAll", "sobjects"];
    names.iter().map(|name| ((*name).to_owned(), json!(format!("{base}/{name}")))).collect()
}

/// `limits/recordCount`: an object that does not exist is left out (REST API, "Record Count").
fn record_counts(org: &Org, request: &Request) -> serde_json::Value {
    let names = request.parameter("sObjects").unwrap_or_default();
    let view = org.view(false);
    let counts: Vec<_> = names
        .split(',')
        .filter_map(|name| object(name.trim()).filter(|object| !view.hides(object, None)))
        .map(|object| json!({"count": view.count(object), "name": object.name}))
        .collect();
    json!({ "sObjects": counts })
}
