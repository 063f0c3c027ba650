//! One request and its answer, as plain data.

use jiff::Timestamp;
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use crate::base::Secret;

use super::{LARGEST_BODY_BYTES, Origin, percent_encode};

/// A request to a checked origin.
pub struct Request {
    pub(super) method: Method,
    pub(super) origin: Origin,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) form: Option<Secret>,
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
            form: None,
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
        let request = Self { method: Method::POST, form: Some(Secret::new(form)), ..Self::get(origin, path) };
        request.with_header("content-type", "application/x-www-form-urlencoded")
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
}

/// The instant in an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
pub fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}
