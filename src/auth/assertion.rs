//! The signed statement that is exchanged for an access token.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, encode};
use serde::Serialize;

use super::{Error, SigningKey};
use crate::base::Secret;

/// How long an assertion may be presented. Salesforce asks for a short life without naming a limit that it enforces;
/// three minutes is what simple-salesforce, restforce and jsforce's example use.
pub const ASSERTION_LIFETIME_SECONDS: i64 = 180;

/// Who asks, for whom, where (RFC 7523 §3; Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server
/// Integration").
#[derive(Clone, Copy, Debug)]
pub struct Claims<'a> {
    /// The app's consumer key.
    pub issuer: &'a str,
    /// The username of the user to impersonate; neither a mail address nor an id.
    pub subject: &'a str,
    /// The authorization server, without a trailing slash.
    pub audience: &'a str,
}

/// A signed JWT. Whoever holds it can log in until it expires, so it has no `Debug` and is consumed by its use.
pub struct Assertion(Secret);

impl Assertion {
    /// The compact form, `header.claims.signature`.
    pub fn into_secret(self) -> Secret {
        self.0
    }
}

/// Signs `claims` with RS256, to expire [`ASSERTION_LIFETIME_SECONDS`] after `now`.
///
/// # Errors
/// [`Error::Signing`] when the library refuses the key.
pub fn sign(key: &SigningKey, claims: &Claims<'_>, now: Timestamp) -> Result<Assertion, Error> {
    #[derive(Serialize)]
    struct Payload<'a> {
        iss: &'a str,
        sub: &'a str,
        aud: &'a str,
        exp: i64,
    }
    let payload = Payload {
        iss: claims.issuer,
        sub: claims.subject,
        aud: claims.audience,
        exp: now.as_second() + ASSERTION_LIFETIME_SECONDS,
    };
    let text = encode(&Header::new(Algorithm::RS256), &payload, key.encoding()).map_err(Error::Signing)?;
    Ok(Assertion(Secret::new(text)))
}
