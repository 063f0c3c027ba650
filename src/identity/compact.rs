//! A token's compact form (RFC 7515 §7.1), taken apart strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::json::{self, Object};
use super::{Error, LARGEST_TOKEN_BYTES};

/// Parameters of a header that bring their own key or change how the token is read (RFC 7515 §4.1, RFC 7797 §3).
const REFUSED_PARAMETERS: &[&str] = &["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];

/// A token taken apart; nothing in it is verified.
pub(super) struct Compact<'a> {
    /// The signature algorithm's name.
    pub(super) algorithm: String,
    /// The key's name.
    pub(super) key_id: Option<String>,
    /// The kind of token.
    pub(super) kind: Option<String>,
    pub(super) claims: Object,
    /// What is signed.
    pub(super) signed: &'a str,
    /// The signature, still encoded.
    pub(super) signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Error::Malformed`], or [`Error::Header`] for a header parameter that is never accepted.
    pub(super) fn parse(token: &'a str) -> Result<Self, Error> {
        if token.len() > LARGEST_TOKEN_BYTES {
            return Err(malformed("it is longer than any token"));
        }
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else {
            return Err(malformed("it does not have three parts"));
        };
        let header = part(header).ok_or_else(|| malformed("its header is not readable"))?;
        if let Some(refused) = REFUSED_PARAMETERS.iter().find(|name| header.contains_key(**name)) {
            return Err(Error::Header(refused));
        }
        let text = |name: &str| match header.get(name) {
            None => Ok(None),
            Some(value) => value
                .as_str()
                .map(|text| Some(text.to_owned()))
                .ok_or_else(|| malformed(&format!("`{name}` in its header is not a text"))),
        };
        let compact = Self {
            algorithm: text("alg")?.ok_or(Error::Algorithm)?,
            key_id: text("kid")?,
            kind: text("typ")?,
            claims: part(claims).ok_or_else(|| malformed("its claims are not readable"))?,
            signed: &token[..header_and_claims(token)],
            signature,
        };
        // An empty one is base64url too; it fits no algorithm.
        decode(signature).ok_or_else(|| malformed("its signature is not base64url"))?;
        Ok(compact)
    }
}

/// Strict base64url: no padding, no white space, no bits that stand for nothing.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

fn part(text: &str) -> Option<Object> {
    json::object(&decode(text)?)
}

fn header_and_claims(token: &str) -> usize {
    token.rfind('.').unwrap_or_default()
}

fn malformed(what: &str) -> Error {
    Error::Malformed(what.to_owned())
}
