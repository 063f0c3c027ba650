//! Errors of the token endpoint: an object, unlike those of the REST API, and always HTTP 400.

use serde_json::json;

use crate::emulator::wire::Answer;

/// Error codes of the token endpoint, each with the text that usually goes with it. The texts are those of recorded
/// answers.
pub(crate) const OAUTH_ERRORS: &[(&str, &str)] = &[
    ("app_not_found", "External client app is not installed in this org"),
    ("inactive_org", "Org is locked, closed, or suspended"),
    ("inactive_user", "User is inactive"),
    ("invalid_app_access", "user is not admin approved to access this app"),
    ("invalid_client", "app must be installed into org"),
    ("invalid_client_id", "client identifier invalid"),
    ("invalid_grant", "user hasn't approved this consumer"),
    ("invalid_request", "invalid request"),
    ("rate_limit_exceeded", "Number of logins exceeded"),
    ("retry_request", "retry your request"),
    ("unknown_error", "retry your request"),
    ("unsupported_grant_type", "grant type not supported"),
];

/// An error answer.
#[derive(Debug)]
pub(crate) struct OAuthError {
    error: String,
    description: String,
}

impl OAuthError {
    /// An error code with a text of its own.
    pub(crate) fn new(error: &str, description: &str) -> Self {
        Self { error: error.to_owned(), description: description.to_owned() }
    }

    /// An error code with its usual text.
    pub(crate) fn usual(error: &str) -> Self {
        let known = OAUTH_ERRORS.iter().find(|(known, _)| *known == error);
        Self::new(error, known.map_or("", |(_, description)| description))
    }

    /// The answer on the wire.
    pub(crate) fn answer(&self) -> Answer {
        let body = json!({"error": self.error, "error_description": self.description});
        Answer::json(400, body.to_string())
    }
}
