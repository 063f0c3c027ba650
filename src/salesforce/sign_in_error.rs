//! A refusal of the token endpoint.

use std::fmt;

use jiff::Timestamp;

use crate::base::utc_text;
use crate::http::{Failure, MOST_RETRIES, Response, http_date};

use super::known_secrets::KnownSecrets;
use super::sign_in_error_table::SIGN_IN_ERRORS;
use super::{ErrorKind, refusal_text};

/// Why Salesforce gave no token, in words for people. An administrator finds the exact reason in the user's login
/// history.
#[derive(Debug)]
pub struct SignInRefused {
    /// The user to impersonate.
    pub username: String,
    /// The HTTP status.
    pub status: u16,
    /// The `error`, or `ERROR_HTTP_<status>` when the answer carried none.
    pub error: String,
    /// The `error_description` on one line, bounded, without credentials.
    pub description: String,
    /// What kind of end this is.
    pub kind: ErrorKind,
    /// Why this happens.
    pub cause: &'static str,
    /// What an administrator can do.
    pub fix: &'static str,
    /// This machine's time, and the server's if it told it, when the clock may be the cause.
    pub clocks: Option<(Timestamp, Option<Timestamp>)>,
    has_own_code: bool,
    passing: bool,
    retry_after: Option<String>,
}

impl SignInRefused {
    /// Reads a refusal of a request that carried `secrets`, which arrived at `now`, and looks it up in
    /// [`SIGN_IN_ERRORS`].
    pub(super) fn read(username: &str, response: &Response, secrets: &KnownSecrets, now: Timestamp) -> Self {
        let read = refusal_text::read(response.status, &response.body, secrets);
        let lower = read.message.to_lowercase();
        let row = SIGN_IN_ERRORS
            .iter()
            .find(|row| (row.error.is_empty() || row.error == read.code) && lower.contains(row.text))
            .expect("the last row of the table holds for every error");
        // Only the endpoint itself can refuse a user; a gateway's page or a server's failure says nothing of one.
        let failed = !read.has_own_code || response.status >= 500;
        let (cause, fix) = if read.has_own_code {
            (row.cause, row.fix)
        } else {
            (
                "not the token endpoint answered but something before it, or Salesforce is under maintenance",
                "check `login_url` and the proxy on the way, and run again later",
            )
        };
        let server_time = || response.header("date").and_then(http_date);
        Self {
            username: username.to_owned(),
            status: response.status,
            kind: if failed { ErrorKind::Failed } else { row.kind },
            cause,
            fix,
            clocks: row.about_time.then(|| (now, server_time())),
            passing: row.passing,
            retry_after: response.header("retry-after").map(str::to_owned),
            has_own_code: read.has_own_code,
            error: read.code,
            description: read.message,
        }
    }

    /// How the retry rules see this refusal. A page in place of an answer passes even with a successful status.
    pub(super) fn failure(&self) -> Failure<'_> {
        let retry_after = self.retry_after.as_deref();
        if self.passing || (!self.has_own_code && self.status < 300) {
            Failure::Known { most: MOST_RETRIES, retry_after }
        } else if self.has_own_code && self.status < 500 {
            Failure::Known { most: 0, retry_after }
        } else {
            Failure::Status(self.status, retry_after)
        }
    }
}

impl fmt::Display for SignInRefused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Salesforce refused to sign in `{}`: {}", self.username, self.error)?;
        if !self.description.is_empty() {
            write!(formatter, ": {}", self.description)?;
        }
        if let Some((local, server)) = self.clocks {
            write!(formatter, " (this machine's time is {}", utc_text(local))?;
            if let Some(server) = server {
                write!(formatter, ", Salesforce's {}", utc_text(server))?;
            }
            formatter.write_str(")")?;
        }
        if self.kind == ErrorKind::Authentication {
            formatter.write_str("; the user's Login History in Setup shows the exact reason")?;
        }
        Ok(())
    }
}

impl std::error::Error for SignInRefused {}
