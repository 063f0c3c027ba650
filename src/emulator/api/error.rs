//! Errors of the REST API: an array with one object that has a message and a code.

use serde_json::json;

use crate::emulator::soql::Problem;
use crate::emulator::wire::Answer;

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl ApiError {
    /// An error with Salesforce's code and text.
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// A path that leads nowhere.
    pub(crate) fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "The requested resource does not exist")
    }

    /// A method that the resource does not have.
    pub(crate) fn method_not_allowed(method: &str) -> Self {
        let message = format!("HTTP Method '{method}' not allowed. Allowed are GET");
        Self::new(405, "METHOD_NOT_ALLOWED", message)
    }

    /// A token that is none, or no longer one.
    pub(crate) fn invalid_session() -> Self {
        Self::new(401, "INVALID_SESSION_ID", "Session expired or invalid")
    }

    /// The day's requests are used up.
    pub(crate) fn total_requests() -> Self {
        Self::new(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    }

    /// Too many requests run at once.
    pub(crate) fn concurrent_requests() -> Self {
        let message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded.";
        Self::new(403, "REQUEST_LIMIT_EXCEEDED", message)
    }

    /// A refused query.
    pub(crate) fn of_query(problem: &Problem, query: &str) -> Self {
        Self::new(400, problem.code, problem.message(query))
    }

    /// The answer on the wire.
    pub(crate) fn answer(&self) -> Answer {
        let body = json!([{"message": self.message, "errorCode": self.code}]);
        Answer::json(self.status, body.to_string())
    }
}
