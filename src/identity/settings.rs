//! How an issuer's tokens are checked.

use std::path::PathBuf;

/// An issuer and the rules for its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// Its short name.
    pub name: String,
    /// Its issuer identifier, to the byte.
    pub issuer: String,
    /// Other spellings of the identifier that mean the same issuer.
    pub issuer_aliases: Vec<String>,
    /// The audiences of which a token must name one.
    pub audiences: Vec<String>,
    /// The names of accepted signature algorithms (RFC 7518 §3.1); a name that is not one never matches.
    pub algorithms: Vec<String>,
    /// Where its keys are.
    pub keys: KeySource,
    /// The hosts that keys may be fetched from, in lower case.
    pub key_hosts: Vec<String>,
    /// Whether keys may be fetched from private addresses and, on this machine, over plain http.
    pub allow_private: bool,
    /// How old fetched keys may become while they cannot be fetched anew, in seconds from when they were fetched.
    /// Fresh keys are used whatever this says.
    pub stale_if_error_s: u32,
    /// The values of the `typ` header that are accepted.
    pub types: Vec<String>,
    /// The parties that tokens may have been issued to; empty for any.
    pub authorized_parties: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u32,
    /// How long a token may be valid, in seconds.
    pub max_lifetime_s: u32,
    /// Whether tokens must be `at+jwt` with `client_id`, `iat` and `jti` (RFC 9068 §2).
    pub requires_rfc9068: bool,
    /// Whether ID tokens are accepted.
    pub accept_id_token: bool,
    /// What its claims are called.
    pub claims: ClaimNames,
    /// The tenant that tokens must belong to; `None` for an issuer that has only one.
    pub tenant: Option<TenantRule>,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Where its discovery document says (OpenID Connect Discovery 1.0 §4).
    Discover,
    /// At this URL.
    Uri(String),
    /// In this file, which nobody else can change.
    File(PathBuf),
}

/// What an issuer's claims are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The person, within the issuer.
    pub subject: String,
    /// The mail address, for display only.
    pub email: Option<String>,
    /// Scopes.
    pub scope: Option<String>,
    /// Roles.
    pub roles: Option<String>,
    /// Companies.
    pub companies: Option<String>,
}

/// The tenant that tokens must belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantRule {
    /// The claim that names it.
    pub claim: String,
    /// Its only acceptable value.
    pub value: String,
}
