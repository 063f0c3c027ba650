//! Why nobody could be verified, each with the stable code that policy and audit know it by.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::base::PrivateFileError;
use crate::http;

/// Why nobody could be verified. Carries no part of a token beyond names of claims.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no token.
    #[error("there is no token in {place}")]
    TokenMissing {
        /// Where it should be.
        place: String,
    },
    /// The token's file breaks a rule for files that hold secrets.
    #[error(transparent)]
    TokenFile(#[from] PrivateFileError),
    /// The token cannot be read.
    #[error("cannot read the token from {place}")]
    TokenUnreadable {
        /// Where it should be.
        place: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The token is no signed JWT in the compact form, or one of its claims is not of the right type.
    #[error("the token is malformed: {0}")]
    Malformed(String),
    /// The header has a parameter that changes how a token is read or names a key.
    #[error("the token's header carries `{0}`, which is never accepted")]
    Header(&'static str),
    /// The algorithm is not one of the issuer's.
    #[error("the token is signed with an algorithm that is not allowed for its issuer")]
    Algorithm,
    /// It is another kind of token.
    #[error("the token is not an access token for this: {0}")]
    Type(&'static str),
    /// No such issuer is configured.
    #[error("the token's issuer is not configured")]
    Issuer,
    /// No key fits.
    #[error("no key of the issuer can check the token: {0}")]
    Key(&'static str),
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
    /// It is for somebody else.
    #[error("the token is not meant for this program: `aud` does not name a configured audience")]
    Audience,
    /// It names no usable subject.
    #[error("the token's subject claim must be a text of 1 to 255 characters without control characters")]
    Subject,
    /// It is over.
    #[error("the token is expired; get a new one")]
    Expired,
    /// It has not begun.
    #[error("the token is not valid yet; check this machine's clock")]
    NotYetValid,
    /// It is valid for too long.
    #[error("the token is valid for longer than the policy's max_lifetime_s")]
    Lifetime,
    /// It was issued to another application.
    #[error("the token was issued to an application that is not one of authorized_parties")]
    AuthorizedParty,
    /// The groups were left out.
    #[error(
        "the issuer left the groups out because there are too many; have it send the assigned groups only"
    )]
    GroupsOverage,
    /// It belongs to another tenant.
    #[error("the token belongs to another tenant, or to none")]
    Tenant,
    /// The discovery document is another issuer's.
    #[error("the discovery document speaks for another issuer; write `issuer` exactly as it stands there")]
    IssuerMismatch,
    /// The keys are where they must not be, or not what they must be.
    #[error("the issuer's keys are refused: {0}")]
    KeysRefused(String),
    /// The keys' file breaks a rule.
    #[error("cannot use the file with the issuer's keys")]
    KeysFile(#[source] PrivateFileError),
    /// The request for the keys leads to a private address or gives too much.
    #[error("the issuer's keys are refused")]
    KeysRefusedByTransport(#[source] http::Error),
    /// The keys cannot be fetched.
    #[error("the issuer's keys cannot be fetched")]
    KeysUnreachable(#[source] http::Error),
    /// The server of the keys does not give them.
    #[error("the issuer's keys cannot be fetched: the server answered with status {0}")]
    KeysStatus(u16),
    /// The attempt shortly before failed.
    #[error(
        "the issuer's keys could not be fetched a moment ago; the next attempt is made within {0} seconds"
    )]
    KeysCooldown(i64),
    /// The cache cannot be used.
    #[error("cannot keep the issuer's keys in {}", path.display())]
    KeyCache {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The account is not one.
    #[error(
        "the program runs with the rights of user id {effective} for user id {real}; run it as one account"
    )]
    TwoAccounts {
        /// Who started it.
        real: u32,
        /// Whose rights it has.
        effective: u32,
    },
}

impl Error {
    /// The stable code, as policy and audit know it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TokenMissing { .. } => "token_missing",
            Self::TokenFile(_) | Self::TokenUnreadable { .. } => "token_unreadable",
            Self::Malformed(_) => "token_malformed",
            Self::Header(_) => "token_header",
            Self::Algorithm => "token_alg",
            Self::Type(_) => "token_typ",
            Self::Issuer => "token_issuer",
            Self::Key(_) => "token_key",
            Self::Signature => "token_signature",
            Self::Audience => "token_aud",
            Self::Subject => "token_sub",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Lifetime => "token_lifetime",
            Self::AuthorizedParty => "token_azp",
            Self::GroupsOverage => "groups_overage",
            Self::Tenant => "tenant_mismatch",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::KeysRefused(_) | Self::KeysFile(_) | Self::KeysRefusedByTransport(_) => "jwks_refused",
            Self::KeysUnreachable(_)
            | Self::KeysStatus(_)
            | Self::KeysCooldown(_)
            | Self::KeyCache { .. } => "jwks_unavailable",
            Self::TwoAccounts { .. } => "account_unknown",
        }
    }
}
