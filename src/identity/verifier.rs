//! The verification of a token, step by step.

use std::path::PathBuf;

use jsonwebtoken::crypto;

use super::claims::{self, VerifiedToken};
use super::compact::Compact;
use super::key_cache::{self, Sources};
use super::key_set::allowed_signature;
use super::{Error, IssuerSettings};
use crate::base::{Secret, World};
use crate::http;

/// Checks tokens of the configured issuers.
pub struct Verifier<'a> {
    /// The issuers; their identifiers and aliases are all different.
    pub issuers: &'a [IssuerSettings],
    /// The way to the network.
    pub http: &'a http::Settings,
    /// The folder in which keys are kept between runs; it is made when it is needed.
    pub cache_folder: PathBuf,
    /// Clock and environment.
    pub world: &'a World,
}

impl Verifier<'_> {
    /// Who the token speaks for (RFC 7519 §7.2, RFC 8725).
    ///
    /// # Errors
    /// The first thing that is wrong. Nothing is fetched for a token whose form, algorithm, kind or issuer is wrong.
    pub fn verify(&self, token: &Secret) -> Result<VerifiedToken, Error> {
        if token.expose().is_empty() {
            return Err(Error::TokenMissing { place: "the request".into() });
        }
        let compact = Compact::parse(token.expose())?;
        let issuer = self.issuer_of(&compact)?;
        let signature = allowed_signature(&compact.algorithm, &issuer.algorithms).ok_or(Error::Algorithm)?;
        claims::check_kind(&compact, issuer)?;
        let sources = Sources { http: self.http, folder: &self.cache_folder, world: self.world };
        let key = key_cache::key(&sources, issuer, compact.key_id.as_deref(), signature)?;
        let verified =
            crypto::verify(compact.signature, compact.signed.as_bytes(), &key.decoding, signature.algorithm);
        if !verified.is_ok_and(|verified| verified) {
            return Err(Error::Signature);
        }
        let mut token = claims::check(&compact.claims, issuer, self.world.clock.now())?;
        token.used_stale_keys = key.is_stale;
        Ok(token)
    }

    /// The issuer whose identifier, or one of whose aliases, is the token's `iss` to the byte. A token with an
    /// algorithm that nobody could allow is refused for that, whoever it claims to come from.
    fn issuer_of(&self, compact: &Compact<'_>) -> Result<&IssuerSettings, Error> {
        if !self.issuers.iter().any(|issuer| issuer.algorithms.contains(&compact.algorithm)) {
            return Err(Error::Algorithm);
        }
        let claimed = compact.claims.get("iss").ok_or(Error::Issuer)?;
        let claimed = claimed.as_str().ok_or_else(|| Error::Malformed("`iss` is not a text".into()))?;
        let found = self.issuers.iter().find(|issuer| {
            issuer.issuer == claimed || issuer.issuer_aliases.iter().any(|alias| alias == claimed)
        });
        found.ok_or(Error::Issuer)
    }
}
