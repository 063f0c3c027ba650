//! Verifies an assertion (RFC 7523; Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration").

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value};

use super::certificate::Certificate;
use super::oauth_error::OAuthError;
use crate::emulator::CLIENT_ID;

/// Checks an assertion against the app, the certificates, the audiences and the clock; gives the user name it is for.
pub(super) fn verify(
    assertion: &str,
    certificates: &[Certificate],
    audiences: &[&str],
    now: Timestamp,
) -> Result<String, OAuthError> {
    let invalid = || OAuthError::new("invalid_grant", "invalid assertion");
    let unverified: Map<String, Value> =
        jsonwebtoken::dangerous::insecure_decode_claims(assertion).map_err(|_| invalid())?;
    let text = |claim: &str| unverified.get(claim).and_then(Value::as_str);
    if text("iss") != Some(CLIENT_ID) {
        return Err(OAuthError::usual("invalid_client_id"));
    }
    if !certificates.iter().any(|certificate| is_signed_by(assertion, certificate)) {
        return Err(invalid());
    }
    if !text("aud").is_some_and(|audience| audiences.contains(&audience)) {
        return Err(OAuthError::new("invalid_grant", "audience is invalid"));
    }
    // The text is Salesforce's; it means the assertion's `exp`.
    let expires = unverified.get("exp").and_then(seconds);
    if expires.is_none_or(|expires| expires <= now.as_second()) {
        return Err(OAuthError::new("invalid_grant", "expired authorization code"));
    }
    let username = text("sub").filter(|username| !username.is_empty());
    Ok(username.ok_or_else(invalid)?.to_owned())
}

fn is_signed_by(assertion: &str, certificate: &Certificate) -> bool {
    let mut signature_only = Validation::new(Algorithm::RS256);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    jsonwebtoken::decode::<Map<String, Value>>(assertion, certificate.key(), &signature_only).is_ok()
}

/// Seconds since 1970, as a number or, as Salesforce's own sample writes them, as text.
fn seconds(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}
