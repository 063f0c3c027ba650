//! A refusal of the data API, and what follows from it.

use thiserror::Error;

use crate::http::{Failure, MOST_RETRIES, Response};

use super::api_error_table::{API_ERRORS, STATUS_ERRORS};
use super::known_secrets::KnownSecrets;
use super::refusal_text::{self, RefusalText};

/// RFC 6585, section 4.
const TOO_MANY_REQUESTS: u16 = 429;

/// What was asked when a refusal came; some codes mean different things to different questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// The first page of a query.
    Query,
    /// A further page.
    QueryMore,
    /// The description of an object.
    Describe,
    /// The list of API versions.
    Versions,
    /// The org's limits.
    Limits,
}

/// What a refusal asks for. Signing in again and waiting are already done when a caller sees one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The token is no longer taken: sign in again. Only inside this room; a caller sees `StopUser` when a fresh
    /// token is refused too.
    RenewToken,
    /// Nothing will be answered to this user or app: stop the org's run as refused.
    StopUser,
    /// A limit is used up: stop the org's run and come back later.
    StopLimits,
    /// The org or the configuration is in no state to answer: stop the org's run as failed.
    StopFailed,
    /// Passing trouble that outlasted its retries: the object failed this time.
    BackOff,
    /// The user may not read this object: leave it out and report the permission.
    SkipObject,
    /// The object does not exist for this user: edition, feature or permission.
    ObjectUnavailable,
    /// A field does not exist for this user: read the description again, drop the field, ask once more.
    DropField,
    /// The cursor is gone: begin the object's query again.
    RestartQuery,
    /// The query is too much at once: split it.
    Narrow,
    /// The question itself is wrong: never repeat it, and report it to the authors.
    Bug,
}

/// A refusal of the data API, in words for people.
#[derive(Debug, Error)]
#[error("Salesforce refused {}: {code}{}{message}", call.noun(), if message.is_empty() { "" } else { ": " })]
pub struct ApiError {
    /// What was asked.
    pub call: Call,
    /// The HTTP status.
    pub status: u16,
    /// Salesforce's `errorCode`, or `ERROR_HTTP_<status>` when the answer carried none.
    pub code: String,
    /// Salesforce's words on one line, bounded, without credentials.
    pub message: String,
    /// What follows from it.
    pub action: Action,
    /// Why this happens.
    pub cause: &'static str,
    /// What an administrator can do.
    pub fix: &'static str,
    /// `None`: as often as the status is worth.
    retries: Option<u32>,
    retry_after: Option<String>,
}

impl Call {
    /// What was refused, for a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Query => "the query",
            Self::QueryMore => "the next page of a query",
            Self::Describe => "the description of an object",
            Self::Versions => "the list of API versions",
            Self::Limits => "the list of the org's limits",
        }
    }
}

impl ApiError {
    /// Reads a refusal of a request that carried `secrets`, and looks it up in [`API_ERRORS`] or, failing that, in [`STATUS_ERRORS`].
    pub(super) fn read(call: Call, response: &Response, secrets: &KnownSecrets) -> Self {
        let RefusalText { code, message, .. } = refusal_text::read(response.status, &response.body, secrets);
        let retry_after = response.header("retry-after").map(str::to_owned);
        let lower = message.to_lowercase();
        let status = response.status;
        let row = API_ERRORS.iter().find(|row| {
            row.codes.contains(&code.as_str())
                && lower.contains(row.text)
                && row.call.is_none_or(|only| only == call)
                // Asks to come back soon, while the code it shares with the day's limit asks to come back tomorrow.
                && status != TOO_MANY_REQUESTS
        });
        match row {
            Some(row) => Self {
                call,
                status,
                code,
                message,
                action: row.action,
                cause: row.cause,
                fix: row.fix,
                retries: Some(row.retries),
                retry_after,
            },
            None => Self::by_status(call, status, code, message, retry_after),
        }
    }

    /// A successful status over something that is no JSON: a maintenance page in place of the answer.
    pub(super) fn not_json(call: Call, response: &Response, secrets: &KnownSecrets) -> Self {
        let RefusalText { code, message, .. } = refusal_text::read(response.status, &response.body, secrets);
        Self {
            call,
            status: response.status,
            code,
            message,
            action: Action::BackOff,
            cause: "something between here and Salesforce, or a maintenance page, answered instead of the API",
            fix: "try again later; if it stays so, ask who runs the proxy on the way to Salesforce",
            retries: Some(MOST_RETRIES),
            retry_after: None,
        }
    }

    fn by_status(
        call: Call,
        status: u16,
        code: String,
        message: String,
        retry_after: Option<String>,
    ) -> Self {
        let row = STATUS_ERRORS.iter().find(|row| row.statuses.contains(&status));
        let row = row.expect("the last row of the table covers every status");
        let (action, cause, fix) = (row.action, row.cause, row.fix);
        Self { call, status, code, message, action, cause, fix, retries: None, retry_after }
    }

    /// How the retry rules see this refusal.
    pub(super) fn failure(&self) -> Failure<'_> {
        let retry_after = self.retry_after.as_deref();
        match self.retries {
            Some(most) => Failure::Known { most, retry_after },
            None => Failure::Status(self.status, retry_after),
        }
    }

    /// Whether the org had enough of this collector's requests for now.
    pub(super) fn is_limit(&self) -> bool {
        self.action == Action::StopLimits || self.is_concurrency_limit() || self.status == TOO_MANY_REQUESTS
    }

    /// Whether too many requests ran at once: fewer would have been answered.
    pub(super) fn is_concurrency_limit(&self) -> bool {
        self.code == "REQUEST_LIMIT_EXCEEDED" && self.action == Action::BackOff
    }

    /// The same refusal once a fresh token was refused too.
    pub(super) fn of_fresh_token(mut self) -> Self {
        self.action = Action::StopUser;
        self.cause = "a token issued a moment ago is refused as well";
        self.fix = "check that the app grants the scope `api` and that no session or transaction policy of the org ends \
                    its sessions at once";
        self
    }
}
