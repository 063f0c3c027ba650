//! Fetching an issuer's keys, from where they may be and nowhere else.

use std::time::Duration;

use super::json;
use super::{Error, IssuerSettings, KeySource};
use crate::base::Environment;
use crate::http::{self, Client, Origin, Request};

/// A key set or discovery document is far below this.
const LARGEST_DOCUMENT_BYTES: u64 = 512 * 1024;

/// An identity provider that does not answer within this time is down for everybody.
const LONGEST_REQUEST: Duration = Duration::from_secs(5);

/// OpenID Connect Discovery 1.0 §4: behind the issuer, whose last slash is taken off first.
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The issuer's key set as it was served.
///
/// # Errors
/// Why it could not be fetched, or must not be.
pub(super) fn fetch(
    issuer: &IssuerSettings,
    settings: &http::Settings,
    environment: &Environment,
) -> Result<Vec<u8>, Error> {
    let settings = http::Settings { timeout: settings.timeout.min(LONGEST_REQUEST), ..settings.clone() };
    let client = Client::new(&settings, environment).map_err(Error::KeysUnreachable)?;
    let address = match &issuer.keys {
        KeySource::Uri(uri) => uri.clone(),
        KeySource::Discover | KeySource::File(_) => discover(issuer, &client)?,
    };
    get(&client, &Address::parse(&address, issuer)?, issuer.allow_private)
}

/// Where the discovery document says that the keys are. The document must speak for this very issuer.
fn discover(issuer: &IssuerSettings, client: &Client) -> Result<String, Error> {
    let address = format!("{}{DISCOVERY_PATH}", issuer.issuer.trim_end_matches('/'));
    let document = get(client, &Address::parse(&address, issuer)?, issuer.allow_private)?;
    let document = json::object(&document)
        .ok_or_else(|| refused("the discovery document is not a JSON object without duplicate members"))?;
    let text = |name: &str| document.get(name).and_then(serde_json::Value::as_str);
    let speaks_for = text("issuer").ok_or(Error::IssuerMismatch)?;
    if speaks_for != issuer.issuer && !issuer.issuer_aliases.iter().any(|alias| alias == speaks_for) {
        return Err(Error::IssuerMismatch);
    }
    text("jwks_uri").map(str::to_owned).ok_or_else(|| refused("the discovery document names no jwks_uri"))
}

/// An address that may be asked.
struct Address {
    origin: Origin,
    path: String,
}

impl Address {
    /// On the issuer's own origin, or on the usual port of a listed host.
    fn parse(url: &str, issuer: &IssuerSettings) -> Result<Self, Error> {
        let (origin, path) = split(url, issuer.allow_private)?;
        let is_own = split(&issuer.issuer, issuer.allow_private).is_ok_and(|(own, _)| own == origin);
        let is_listed = issuer.key_hosts.iter().any(|host| host == origin.host()) && origin.port().is_none();
        if !is_own && !is_listed {
            return Err(refused(&format!("{} is not one of jwks_hosts", origin.host())));
        }
        Ok(Self { origin, path })
    }
}

fn split(url: &str, allow_loopback: bool) -> Result<(Origin, String), Error> {
    let host_start = url.find("://").map_or(0, |scheme_end| scheme_end + "://".len());
    let path_start = url[host_start..].find('/').map_or(url.len(), |slash| host_start + slash);
    let (origin, path) = url.split_at(path_start);
    let origin = Origin::parse(origin, allow_loopback)
        .map_err(|wrong| refused(&format!("the address of the keys {wrong}")))?;
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic()) && !path.contains(['#', '\\', '@']);
    if !is_plain || path.split('/').any(|step| step == "..") {
        return Err(refused("the path to the keys is not a plain one"));
    }
    Ok((origin, if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

fn get(client: &Client, address: &Address, allow_private: bool) -> Result<Vec<u8>, Error> {
    let mut request = Request::get(&address.origin, &address.path)
        .with_header("accept", "application/json")
        .with_largest_body(LARGEST_DOCUMENT_BYTES);
    if !allow_private {
        request = request.to_public_addresses_only();
    }
    let answer = client.send(&request).map_err(|error| match error {
        error @ (http::Error::NotPublic { .. } | http::Error::TooLarge { .. }) => {
            Error::KeysRefusedByTransport(error)
        }
        error => Error::KeysUnreachable(error),
    })?;
    match answer.status {
        200 => Ok(answer.body),
        300..=399 => Err(refused("the server redirects, which is not followed")),
        status => Err(Error::KeysStatus(status)),
    }
}

fn refused(why: &str) -> Error {
    Error::KeysRefused(why.to_owned())
}
