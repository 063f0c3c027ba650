//! The error catalogue of the data API, as data.
//!
//! Codes and texts from Salesforce, "REST API Developer Guide", Status Codes and Error Responses, from the
//! `ExceptionCode` list of the SOAP API, and from what clients such as jsforce, simple-salesforce and the Airbyte
//! connector have met. The first row that matches is taken, so a row with a text stands before the one without.

use std::ops::RangeInclusive;

use super::{Action, Call};
use crate::http::MOST_RETRIES;

/// What a code of the data API means.
pub struct ApiErrorRow {
    /// The `errorCode`s that mean the same.
    pub codes: &'static [&'static str],
    /// In lower case, a part of the message; empty for any.
    pub text: &'static str,
    /// The one question for which the row holds; `None` for any.
    pub call: Option<Call>,
    /// What follows.
    pub action: Action,
    /// How often the same request is repeated before that.
    pub retries: u32,
    /// Why it happens.
    pub cause: &'static str,
    /// What an administrator can do.
    pub fix: &'static str,
}

/// What a status means when the answer carries no code of the catalogue.
pub struct StatusErrorRow {
    /// The statuses that mean the same.
    pub statuses: RangeInclusive<u16>,
    /// What follows.
    pub action: Action,
    /// Why it happens.
    pub cause: &'static str,
    /// What an administrator can do.
    pub fix: &'static str,
}

const ANY: ApiErrorRow =
    ApiErrorRow { codes: &[], text: "", call: None, action: Action::Bug, retries: 0, cause: "", fix: "" };

const REPORT: &str = "this is a fault of seatledger: report it with the message above";

/// Every code that is acted on.
pub const API_ERRORS: &[ApiErrorRow] = &[
    ApiErrorRow {
        codes: &["INVALID_SESSION_ID"],
        text: "scopes is required",
        action: Action::StopUser,
        cause: "the app's token lacks a scope that the REST API asks for",
        fix: "give the app the scopes `api` and `refresh_token, offline_access`, wait ten minutes, and approve it again",
        ..ANY
    },
    ApiErrorRow {
        codes: &[
            "INVALID_SESSION_ID",
            "INVALID_AUTH_HEADER",
            "INVALID_JWT_FORMAT",
            "Bad_OAuth_Token",
            "Missing_OAuth_Token",
        ],
        action: Action::RenewToken,
        cause: "the token has expired or was revoked",
        fix: "nothing to do: the collector signs in again",
        ..ANY
    },
    ApiErrorRow {
        codes: &["REQUEST_LIMIT_EXCEEDED"],
        text: "concurrent",
        action: Action::BackOff,
        retries: MOST_RETRIES,
        cause: "too many long requests of this org run at the same time, this collector's among them",
        fix: "lower `concurrency` under [collect], or run when fewer integrations do",
        ..ANY
    },
    ApiErrorRow {
        codes: &["REQUEST_LIMIT_EXCEEDED"],
        action: Action::StopLimits,
        cause: "the org has used up its API requests of the last 24 hours",
        fix: "run again when the allowance has recovered; Setup, Company Information shows the use, and API Total Usage \
              shows which app it is",
        ..ANY
    },
    ApiErrorRow {
        codes: &["API_DISABLED_FOR_ORG"],
        action: Action::StopFailed,
        cause: "the org's edition has no REST API",
        fix: "ask Salesforce for API access; it is part of Enterprise, Unlimited, Performance and Developer Edition",
        ..ANY
    },
    ApiErrorRow {
        codes: &["API_CURRENTLY_DISABLED"],
        action: Action::StopUser,
        cause: "the run-as user may not use the API",
        fix: "give the user the permission API Enabled through a profile or permission set",
        ..ANY
    },
    ApiErrorRow {
        codes: &["FUNCTIONALITY_NOT_ENABLED"],
        action: Action::SkipObject,
        cause: "the feature behind this object is not switched on for the org or the run-as user",
        fix: "nothing to do unless the feature is in use; then switch it on for the user",
        ..ANY
    },
    ApiErrorRow {
        codes: &[
            "FUNCTIONALITY_TEMPORARILY_UNAVAILABLE",
            "ORG_IN_MAINTENANCE",
            "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE",
        ],
        action: Action::BackOff,
        retries: MOST_RETRIES,
        cause: "the org is under maintenance",
        fix: "run again later; trust.salesforce.com announces maintenance windows",
        ..ANY
    },
    ApiErrorRow {
        codes: &["ORG_LOCKED", "TRIAL_EXPIRED"],
        action: Action::StopFailed,
        cause: "the org is locked or its trial is over",
        fix: "renew the org with Salesforce, or take it out of the configuration",
        ..ANY
    },
    ApiErrorRow {
        codes: &["LOGIN_DURING_RESTRICTED_TIME", "LOGIN_DURING_RESTRICTED_DOMAIN"],
        action: Action::StopUser,
        cause: "the run-as user's profile does not allow logins at this hour or from this address",
        fix: "add this machine's outgoing address to the profile's login IP ranges, and this hour to its login hours",
        ..ANY
    },
    ApiErrorRow {
        codes: &["CLIENT_NOT_ACCESSIBLE_FOR_USER"],
        action: Action::StopUser,
        cause: "the app may not be used by the run-as user",
        fix: "assign the app to the user's profile or to a permission set the user has",
        ..ANY
    },
    ApiErrorRow {
        codes: &["PASSWORD_LOCKOUT", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD"],
        action: Action::StopUser,
        cause: "the run-as user is locked out or the user's password has expired",
        fix: "unlock the user in Setup, and give it a profile whose passwords never expire",
        ..ANY
    },
    ApiErrorRow {
        codes: &["INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"],
        action: Action::SkipObject,
        cause: "the run-as user may not read this object",
        fix: "give the user the permission that the object needs; `seatledger doctor` names it",
        ..ANY
    },
    ApiErrorRow {
        codes: &["INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY"],
        action: Action::SkipObject,
        cause: "the run-as user may not read a record that this object refers to",
        fix: "give the user access to the referenced object; `seatledger doctor` names the permissions",
        ..ANY
    },
    ApiErrorRow {
        codes: &["INVALID_TYPE"],
        action: Action::ObjectUnavailable,
        cause: "the object does not exist in this edition, its feature is off, or the run-as user may not see it",
        fix: "if the org has the feature, give the user the permission; `seatledger doctor` names it",
        ..ANY
    },
    ApiErrorRow {
        codes: &["INVALID_TYPE_FOR_OPERATION"],
        cause: "the object can never be queried",
        fix: REPORT,
        ..ANY
    },
    ApiErrorRow {
        codes: &["INVALID_FIELD"],
        text: "can select only recordid",
        cause: "the object answers only about single records",
        fix: REPORT,
        ..ANY
    },
    ApiErrorRow {
        codes: &["INVALID_FIELD"],
        action: Action::DropField,
        cause: "a field does not exist in this org or API version, or field-level security hides it from the run-as user",
        fix: "let the user read the field, or take it out of `extra_fields`",
        ..ANY
    },
    ApiErrorRow {
        codes: &["MALFORMED_QUERY", "MALFORMED_ID", "EXTERNAL_OBJECT_UNSUPPORTED_EXCEPTION"],
        cause: "Salesforce does not understand the question",
        fix: REPORT,
        ..ANY
    },
    ApiErrorRow {
        codes: &["NOT_FOUND"],
        call: Some(Call::Describe),
        action: Action::ObjectUnavailable,
        cause: "the object does not exist in this edition, its feature is off, or the run-as user may not see it",
        fix: "if the org has the feature, give the user the permission; `seatledger doctor` names it",
        ..ANY
    },
    ApiErrorRow {
        codes: &["NOT_FOUND", "INVALID_QUERY_LOCATOR"],
        call: Some(Call::QueryMore),
        action: Action::RestartQuery,
        cause: "the cursor of the query is gone; cursors live two days",
        fix: "nothing to do: the object is read from its start",
        ..ANY
    },
    ApiErrorRow {
        codes: &["NOT_FOUND"],
        action: Action::StopFailed,
        cause: "the org does not know this path, so it does not offer this API version",
        fix: "set `api_version` to one that the org offers; `seatledger doctor` lists them",
        ..ANY
    },
    ApiErrorRow {
        codes: &["INVALID_QUERY_LOCATOR", "INVALID_REPLICATION_DATE"],
        action: Action::RestartQuery,
        cause: "the place to go on from is no longer known to the org",
        fix: "nothing to do: the object is read from its start",
        ..ANY
    },
    ApiErrorRow {
        codes: &["QUERY_TIMEOUT"],
        action: Action::Narrow,
        retries: 1,
        cause: "the query ran longer than Salesforce allows",
        fix: "nothing to do unless the object fails: then run when the org is less busy",
        ..ANY
    },
    ApiErrorRow {
        codes: &["QUERY_TOO_COMPLICATED", "OPERATION_TOO_LARGE", "EXCEEDED_ID_LIMIT"],
        action: Action::Narrow,
        cause: "the query asks for too much at once",
        fix: "nothing to do unless the object fails: then shorten `company_names` or `extra_fields`",
        ..ANY
    },
    ApiErrorRow {
        codes: &["UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE"],
        action: Action::BackOff,
        retries: MOST_RETRIES,
        cause: "the org is too busy at the moment",
        fix: "run again later",
        ..ANY
    },
    ApiErrorRow {
        codes: &["TXN_SECURITY_NO_ACCESS"],
        action: Action::StopFailed,
        cause: "a transaction security policy of the org blocks queries through the API",
        fix: "exempt the run-as user in Setup, Transaction Security Policies",
        ..ANY
    },
    ApiErrorRow {
        codes: &["TXN_SECURITY_METERING_ERROR"],
        action: Action::SkipObject,
        cause: "a transaction security policy could not be evaluated for this query in time",
        fix: "give the run-as user the permission Exempt from Transaction Security",
        ..ANY
    },
    ApiErrorRow {
        codes: &["UNSUPPORTED_API_VERSION"],
        action: Action::StopFailed,
        cause: "the configured API version is retired",
        fix: "raise `api_version`; `seatledger doctor` lists the versions that the org offers",
        ..ANY
    },
    ApiErrorRow {
        codes: &["UNKNOWN_EXCEPTION"],
        action: Action::BackOff,
        retries: 2,
        cause: "Salesforce failed on its own side",
        fix: "run again later; if it stays so, give the error id in the message to Salesforce Support",
        ..ANY
    },
];

/// What the status alone says; the last row holds for everything.
pub const STATUS_ERRORS: &[StatusErrorRow] = &[
    StatusErrorRow {
        statuses: 300..=399,
        action: Action::StopFailed,
        cause: "the host sends requests elsewhere, and redirects are not followed",
        fix: "set `url` to the org's My Domain URL, as Setup, My Domain shows it",
    },
    StatusErrorRow {
        statuses: 401..=401,
        action: Action::RenewToken,
        cause: "the token is not taken",
        fix: "nothing to do: the collector signs in again",
    },
    StatusErrorRow {
        statuses: 403..=403,
        action: Action::SkipObject,
        cause: "the run-as user may not do this",
        fix: "run `seatledger doctor`, which names the permissions that are missing",
    },
    StatusErrorRow {
        statuses: 404..=404,
        action: Action::StopFailed,
        cause: "the host does not know this path",
        fix: "check `url`, and set `api_version` to one that the org offers",
    },
    StatusErrorRow {
        statuses: 410..=410,
        action: Action::StopFailed,
        cause: "the configured API version is retired",
        fix: "raise `api_version`; `seatledger doctor` lists the versions that the org offers",
    },
    StatusErrorRow {
        statuses: 414..=414,
        action: Action::Narrow,
        cause: "the query is longer than a request may be",
        fix: "shorten `company_names` or `extra_fields` if the object fails",
    },
    StatusErrorRow {
        statuses: 431..=431,
        action: Action::Narrow,
        cause: "the query is longer than a request may be",
        fix: "shorten `company_names` or `extra_fields` if the object fails",
    },
    StatusErrorRow {
        statuses: 420..=420,
        action: Action::BackOff,
        cause: "Salesforce's edge does not know where this org lives at the moment",
        fix: "run again later; check `url` if it stays so",
    },
    StatusErrorRow {
        statuses: 429..=429,
        action: Action::BackOff,
        cause: "too many requests in a short time",
        fix: "lower `concurrency` under [collect], or run later",
    },
    StatusErrorRow {
        statuses: 500..=599,
        action: Action::BackOff,
        cause: "Salesforce, or a gateway before it, failed on its own side",
        fix: "run again later; trust.salesforce.com shows known trouble",
    },
    StatusErrorRow {
        statuses: 406..=408,
        action: Action::BackOff,
        cause: "a gateway before Salesforce did not let the request through",
        fix: "run again later; ask who runs the proxy if it stays so",
    },
    StatusErrorRow {
        statuses: 0..=u16::MAX,
        action: Action::StopFailed,
        cause: "Salesforce refused the request for a reason that is not in the catalogue",
        fix: "read Salesforce's words above; report them if they do not help",
    },
];
