//! What a token says: the checks of RFC 7519 §4.1, RFC 9068 §4 and RFC 8725, and what is taken from it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::compact::Compact;
use super::json::Object;
use super::{Error, IssuerSettings};

/// A verified token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The issuer's short name.
    pub issuer_name: String,
    /// The issuer's identifier, as configured.
    pub issuer: String,
    /// The person within the issuer. Issuer and subject together are who it is.
    pub subject: String,
    /// The mail address, for display; it identifies nobody.
    pub email: Option<String>,
    /// The scopes.
    pub scopes: BTreeSet<String>,
    /// The roles.
    pub roles: BTreeSet<String>,
    /// The companies; `None` when the issuer is not asked for any.
    pub companies: Option<BTreeSet<String>>,
    /// Who acts for the person, the present actor first (RFC 8693 §4.1).
    pub actors: Vec<String>,
    /// The token's own id.
    pub token_id: Option<String>,
    /// From when on it is refused: when it expires, and the leeway.
    pub refused_from: Timestamp,
    /// Whether it was checked with keys that should have been renewed and could not be.
    pub used_stale_keys: bool,
}

/// RFC 9068 §2.1; the long form is the same media type.
const ACCESS_TOKEN_TYPES: &[&str] = &["at+jwt", "application/at+jwt"];

/// Claims that only ID tokens have (OpenID Connect Core 1.0 §2 and §3.3.2.11).
const ID_TOKEN_CLAIMS: &[&str] = &["nonce", "at_hash", "c_hash"];

/// The claim that only logout and security event tokens have (RFC 8417 §2.2).
const EVENT_CLAIM: &str = "events";

/// What issuers call the party that a token was issued to: OpenID Connect and Auth0, RFC 9068, Okta, Entra.
const PARTY_CLAIMS: &[&str] = &["azp", "client_id", "cid", "appid"];

/// What Entra sends instead of groups when there are too many ("Groups overage claim").
const OVERAGE_CLAIMS: &[&str] = &["_claim_names", "hasgroups"];

const LONGEST_SUBJECT_CHARACTERS: usize = 255;

/// The end of the year 9999; no honest token says more.
const LATEST_SECOND: f64 = 253_402_300_799.0;

/// Checks what kind of token it is.
///
/// # Errors
/// [`Error::Type`].
pub(super) fn check_kind(compact: &Compact<'_>, issuer: &IssuerSettings) -> Result<(), Error> {
    if let Some(kind) = &compact.kind
        && !issuer.types.contains(kind)
    {
        return Err(Error::Type("its `typ` is not one of allowed_typ"));
    }
    let is_access_token = compact.kind.as_deref().is_some_and(|kind| ACCESS_TOKEN_TYPES.contains(&kind));
    if issuer.requires_rfc9068 && !is_access_token {
        return Err(Error::Type("its `typ` is not at+jwt, which the profile rfc9068 demands"));
    }
    if compact.claims.contains_key(EVENT_CLAIM) {
        return Err(Error::Type("it is a logout or event token"));
    }
    if !issuer.accept_id_token && ID_TOKEN_CLAIMS.iter().any(|claim| compact.claims.contains_key(*claim)) {
        return Err(Error::Type("it is an ID token"));
    }
    Ok(())
}

/// Checks the claims of a token whose signature is right.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn check(
    claims: &Object,
    issuer: &IssuerSettings,
    now: Timestamp,
) -> Result<VerifiedToken, Error> {
    check_audience(claims, issuer)?;
    let refused_from = check_times(claims, issuer, now)?;
    check_party(claims, issuer)?;
    if issuer.requires_rfc9068 {
        for claim in ["client_id", "iat", "jti"] {
            if !claims.contains_key(claim) {
                return Err(Error::Malformed(format!(
                    "it has no `{claim}`, which the profile rfc9068 demands"
                )));
            }
        }
    }
    if let Some(tenant) = &issuer.tenant
        && claims.get(&tenant.claim).and_then(Value::as_str) != Some(&tenant.value)
    {
        return Err(Error::Tenant);
    }
    if OVERAGE_CLAIMS.iter().any(|claim| claims.contains_key(*claim)) {
        return Err(Error::GroupsOverage);
    }
    let names = &issuer.claims;
    Ok(VerifiedToken {
        issuer_name: issuer.name.clone(),
        issuer: issuer.issuer.clone(),
        subject: subject(claims, &names.subject)?,
        email: named(claims, &names.email).and_then(Value::as_str).map(str::to_owned),
        scopes: match named(claims, &names.scope) {
            Some(scopes) => words(scopes).ok_or_else(|| wrong_type(&names.scope))?,
            None => BTreeSet::new(),
        },
        roles: match named(claims, &names.roles) {
            Some(roles) => texts(roles).ok_or_else(|| wrong_type(&names.roles))?,
            None => BTreeSet::new(),
        },
        companies: match (&names.companies, named(claims, &names.companies)) {
            (None, _) => None,
            (Some(_), None) => Some(BTreeSet::new()),
            (Some(_), Some(companies)) => Some(texts(companies).ok_or_else(|| wrong_type(&names.companies))?),
        },
        actors: actors(claims)?,
        token_id: optional_text(claims, "jti")?,
        refused_from,
        used_stale_keys: false,
    })
}

fn check_audience(claims: &Object, issuer: &IssuerSettings) -> Result<(), Error> {
    let audiences = claims.get("aud").and_then(texts).ok_or(Error::Audience)?;
    let is_meant = issuer.audiences.iter().any(|configured| audiences.contains(configured));
    if is_meant { Ok(()) } else { Err(Error::Audience) }
}

/// Gives the instant from which the token is refused.
fn check_times(claims: &Object, issuer: &IssuerSettings, now: Timestamp) -> Result<Timestamp, Error> {
    let leeway = i64::from(issuer.leeway_s);
    let now = now.as_second();
    let expires = seconds(claims, "exp")?.ok_or_else(|| Error::Malformed("it has no `exp`".into()))?;
    let issued = seconds(claims, "iat")?;
    let not_before = seconds(claims, "nbf")?;
    if now >= expires + leeway {
        return Err(Error::Expired);
    }
    if [issued, not_before].into_iter().flatten().any(|begin| begin > now + leeway) {
        return Err(Error::NotYetValid);
    }
    if expires - issued.unwrap_or(now) > i64::from(issuer.max_lifetime_s) {
        return Err(Error::Lifetime);
    }
    Timestamp::from_second(expires + leeway).map_err(|_| Error::Malformed("`exp` is out of range".into()))
}

/// Where parties are listed, the token must name one, and every claim that names one must name a listed one.
fn check_party(claims: &Object, issuer: &IssuerSettings) -> Result<(), Error> {
    if issuer.authorized_parties.is_empty() {
        return Ok(());
    }
    let parties: Vec<_> = PARTY_CLAIMS.iter().filter_map(|claim| claims.get(*claim)).collect();
    let is_listed = |party: &&Value| issuer.authorized_parties.iter().any(|listed| *party == listed);
    let is_listed = !parties.is_empty() && parties.iter().all(is_listed);
    if is_listed { Ok(()) } else { Err(Error::AuthorizedParty) }
}

fn subject(claims: &Object, claim: &str) -> Result<String, Error> {
    let subject = claims.get(claim).and_then(Value::as_str).ok_or(Error::Subject)?;
    let is_usable = !subject.is_empty()
        && subject.chars().count() <= LONGEST_SUBJECT_CHARACTERS
        && !subject.chars().any(char::is_control);
    if is_usable { Ok(subject.to_owned()) } else { Err(Error::Subject) }
}

/// A NumericDate (RFC 7519 §2) as whole seconds.
fn seconds(claims: &Object, claim: &str) -> Result<Option<i64>, Error> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let number = value.as_f64().filter(|number| (0.0..=LATEST_SECOND).contains(number));
    #[expect(clippy::cast_possible_truncation, reason = "the range is far inside that of i64")]
    let whole = number.map(|number| number.floor() as i64);
    whole.map(Some).ok_or_else(|| Error::Malformed(format!("`{claim}` is not a time")))
}

/// A text of words with single blanks between them, or a list of words (RFC 9068 §2.2.3, Okta's `scp`).
fn words(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => {
            Some(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
        }
        list => texts(list).filter(|words| words.iter().all(|word| !word.contains(' '))),
    }
}

/// A list of texts, or one text, which is not split.
fn texts(value: &Value) -> Option<BTreeSet<String>> {
    match value {
        Value::String(text) => Some(BTreeSet::from([text.clone()])),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

fn actors(claims: &Object) -> Result<Vec<String>, Error> {
    let mut actors = Vec::new();
    let mut next = claims.get("act");
    while let Some(act) = next {
        let actor = act.get("sub").and_then(Value::as_str);
        let actor = actor.ok_or_else(|| Error::Malformed("`act` does not name who acts".into()))?;
        actors.push(actor.to_owned());
        next = act.get("act");
    }
    Ok(actors)
}

fn optional_text(claims: &Object, claim: &str) -> Result<Option<String>, Error> {
    match claims.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::Malformed(format!("`{claim}` is not a text"))),
    }
}

fn named<'c>(claims: &'c Object, name: &Option<String>) -> Option<&'c Value> {
    claims.get(name.as_deref()?)
}

fn wrong_type(name: &Option<String>) -> Error {
    Error::Malformed(format!(
        "`{}` is neither a text nor a list of texts",
        name.as_deref().unwrap_or_default()
    ))
}
