//! One request and its answer, as plain data.

use std::time::Duration;

use jiff::Timestamp;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::base::Secret;

use super::retry::retry_after_delay;
use super::{LARGEST_BODY_BYTES, Origin, percent_encode};

/// A request to a checked origin.
pub struct Request {
    pub(super) method: Method,
    pub(super) origin: Origin,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Secret>,
    pub(super) public_only: bool,
    pub(super) timeout: Option<Duration>,
    pub(super) largest_body: u64,
}

impl Request {
    /// Asks for `path` (with its query, percent-encoded) on `origin`.
    pub fn get(origin: &Origin, path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            origin: origin.clone(),
            path: path.into(),
            headers: HeaderMap::new(),
            body: None,
            public_only: false,
            timeout: None,
            largest_body: LARGEST_BODY_BYTES,
        }
    }

    /// Sends `fields` as a form. They travel in the body, so that they appear in no access log.
    pub fn post_form(origin: &Origin, path: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        // The longest field is encoded to at most three times its length; room for it keeps the buffer, which may hold
        // a secret, from being moved and left behind in memory.
        let length: usize = fields.iter().map(|(name, value)| 3 * (name.len() + value.len()) + 2).sum();
        let mut form = String::with_capacity(length);
        for (name, value) in fields {
            if !form.is_empty() {
                form.push('&');
            }
            percent_encode(name, &mut form);
            form.push('=');
            percent_encode(value, &mut form);
        }
        let request = Self { method: Method::POST, body: Some(Secret::new(form)), ..Self::get(origin, path) };
        request.with_header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sends `body`, which is JSON.
    pub fn post_json(origin: &Origin, path: impl Into<String>, body: String) -> Self {
        let request = Self { method: Method::POST, body: Some(Secret::new(body)), ..Self::get(origin, path) };
        request.with_header("content-type", "application/json")
    }

    /// Refuses to connect to an address that is not on the public internet. Checked when the name has been looked up,
    /// so that a name cannot lead inside. Behind a proxy the proxy looks names up, and only a host that is written as
    /// an address is checked.
    #[must_use]
    pub fn to_public_addresses_only(mut self) -> Self {
        self.public_only = true;
        self
    }

    /// Gives the request less time than the client's usual.
    #[must_use]
    pub fn within(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a header; one whose value cannot be sent is left out.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// Reads at most so many bytes of the answer, after decompression, instead of [`LARGEST_BODY_BYTES`].
    pub fn with_largest_body(mut self, bytes: u64) -> Self {
        self.largest_body = bytes.min(LARGEST_BODY_BYTES);
        self
    }

    /// Adds `Authorization: Bearer`, marked so that no log shows it.
    pub fn with_bearer(mut self, token: &Secret) -> Self {
        if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", token.expose())) {
            value.set_sensitive(true);
            self.headers.insert(header::AUTHORIZATION, value);
        }
        self
    }
}

/// A whole answer.
pub struct Response {
    /// The HTTP status, whatever it is: refusals are answers too.
    pub status: u16,
    /// The body, read to its end and decompressed.
    pub body: Vec<u8>,
    pub(super) headers: HeaderMap,
}

impl Response {
    /// The value of a header, whatever the case of its name; `None` also when it is not printable ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// How long the server asks to wait: `Retry-After` as seconds or as a date (RFC 9110, section 10.2.3).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        retry_after_delay(self.header("retry-after")?, now)
    }
}

/// The instant in an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
pub fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}
