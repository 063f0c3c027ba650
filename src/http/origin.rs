//! Where requests may go: scheme, host and port, checked once.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use thiserror::Error;

/// Scheme, host and port of a server, in lower case. Always https, except for a loopback address where the caller
/// allowed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    host: String,
    port: Option<u16>,
}

/// Why a text is no origin that requests may be sent to. Carries no part of a user name or password.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum OriginError {
    /// No `scheme://host` at all.
    #[error("is not a URL like https://acme.my.salesforce.com")]
    NotUrl,
    /// Something other than http or https.
    #[error("uses the scheme {0}; only https is possible")]
    Scheme(String),
    /// Plain http to a host that is not a loopback address, or where loopback was not allowed.
    #[error(
        "is plain http; only https is possible, save for 127.0.0.0/8 and ::1 with insecure_loopback = true"
    )]
    Insecure,
    /// `user:password@host`.
    #[error("carries a user name or password, which a URL must not")]
    UserInfo,
    /// A host with characters no host name has, or an empty one.
    #[error("names no valid host")]
    Host,
    /// A port that is no number from 1 to 65535.
    #[error("has an invalid port")]
    Port,
    /// A path, query or fragment.
    #[error("has something after the host; write it without a path")]
    Path,
    /// A path with characters that cannot be sent, or a fragment.
    #[error("has a path with a `#`, a backslash, a blank or other characters that cannot be sent")]
    UrlPath,
}

impl Origin {
    /// Reads `https://host[:port]`, with at most a slash behind it. Plain http is accepted only when `allow_loopback`
    /// is set and the host is an address in 127.0.0.0/8 or ::1.
    ///
    /// # Errors
    /// [`OriginError`] says which rule the text breaks.
    pub fn parse(text: &str, allow_loopback: bool) -> Result<Self, OriginError> {
        let (scheme, rest) = text.split_once("://").ok_or(OriginError::NotUrl)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            other if other.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !other.is_empty() => {
                return Err(OriginError::Scheme(other.to_owned()));
            }
            _ => return Err(OriginError::NotUrl),
        };
        if rest.contains('@') {
            return Err(OriginError::UserInfo);
        }
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, behind) = rest.split_at(end);
        if !matches!(behind, "" | "/") {
            return Err(OriginError::Path);
        }
        let (host, port) = split_port(authority)?;
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(OriginError::Host);
        }
        let origin = Self { secure, host, port };
        let permitted = secure || (allow_loopback && origin.is_loopback());
        if permitted { Ok(origin) } else { Err(OriginError::Insecure) }
    }

    /// Reads a whole URL: an origin as [`Origin::parse`] takes it, and the path with its query that follows, `/` when
    /// there is none. A fragment and anything but printable ASCII is refused.
    ///
    /// # Errors
    /// [`OriginError`] says which rule the text breaks.
    pub fn parse_url(text: &str, allow_loopback: bool) -> Result<(Self, String), OriginError> {
        let authority = text.find("://").map_or(0, |scheme| scheme + 3);
        let end = text[authority..].find(['/', '?', '#', '\\']).map_or(text.len(), |at| authority + at);
        let (origin, path) = text.split_at(end);
        let origin = Self::parse(origin, allow_loopback)?;
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
        match path {
            "" => Ok((origin, "/".into())),
            _ if is_plain && path.starts_with('/') => Ok((origin, path.to_owned())),
            _ => Err(OriginError::UrlPath),
        }
    }

    /// The host in lower case; IPv6 addresses in their brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port when one was written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Whether requests are encrypted.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the host is an address in 127.0.0.0/8 or ::1. A name never is, since it could resolve to anything.
    pub fn is_loopback(&self) -> bool {
        self.address().is_some_and(|address| address.is_loopback())
    }

    /// The address, when the host is one and not a name.
    pub fn address(&self) -> Option<IpAddr> {
        self.host.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(formatter, "{scheme}://{}", self.host)?;
        match self.port {
            Some(port) => write!(formatter, ":{port}"),
            None => Ok(()),
        }
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), OriginError> {
    let host_end = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        None => Err(OriginError::Host),
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok((host, Some(port)))
            }
            _ => Err(OriginError::Port),
        },
    }
}

/// Host names of RFC 1123, IPv4 addresses, and IPv6 addresses in brackets.
fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_an_origin_and_a_path() {
        let cases = [
            ("https://siem.example/hooks/acme?x=1", Ok(("https://siem.example", "/hooks/acme?x=1"))),
            ("https://siem.example", Ok(("https://siem.example", "/"))),
            ("https://siem.example:8443/a@b", Ok(("https://siem.example:8443", "/a@b"))),
            ("https://user:pw@siem.example/x", Err(OriginError::UserInfo)),
            ("http://siem.example/x", Err(OriginError::Insecure)),
            ("https://siem.example?x", Err(OriginError::UrlPath)),
            ("https://siem.example/x#y", Err(OriginError::UrlPath)),
            ("https://siem.example/x y", Err(OriginError::UrlPath)),
            ("https://siem.example/ä", Err(OriginError::UrlPath)),
            ("https://siem.example\\@evil.example/", Err(OriginError::UrlPath)),
            ("/hooks", Err(OriginError::NotUrl)),
        ];
        for (text, expected) in cases {
            let parsed = Origin::parse_url(text, false).map(|(origin, path)| (origin.to_string(), path));
            let expected = expected.map(|(origin, path)| (origin.to_owned(), path.to_owned()));
            assert_eq!(parsed, expected, "{text}");
        }
    }

    #[test]
    fn origins_are_https_or_allowed_loopback() {
        let cases = [
            ("https://acme.my.salesforce.com", false, Ok("https://acme.my.salesforce.com")),
            ("HTTPS://Acme.My.Salesforce.com/", false, Ok("https://acme.my.salesforce.com")),
            ("https://acme.example:8443", false, Ok("https://acme.example:8443")),
            ("http://127.0.0.1:8080", true, Ok("http://127.0.0.1:8080")),
            ("http://127.9.8.7", true, Ok("http://127.9.8.7")),
            ("http://[::1]:80", true, Ok("http://[::1]:80")),
            ("http://127.0.0.1:8080", false, Err(OriginError::Insecure)),
            ("http://acme.example", true, Err(OriginError::Insecure)),
            ("http://localhost:80", true, Err(OriginError::Insecure)),
            ("http://128.0.0.1", true, Err(OriginError::Insecure)),
            ("http://127.0.0.1.evil.example", true, Err(OriginError::Insecure)),
            ("http://[::ffff:127.0.0.1]", true, Err(OriginError::Insecure)),
            ("ftp://acme.example", false, Err(OriginError::Scheme("ftp".into()))),
            ("acme.my.salesforce.com", false, Err(OriginError::NotUrl)),
            ("https://", false, Err(OriginError::Host)),
            ("https://collector:pw@acme.example", false, Err(OriginError::UserInfo)),
            ("https://acme.my.salesforce.com\\@evil.example", false, Err(OriginError::UserInfo)),
            ("https://acme..example", false, Err(OriginError::Host)),
            ("https://acme.example.", false, Err(OriginError::Host)),
            ("https://acme_one.example", false, Err(OriginError::Host)),
            ("https://acme example", false, Err(OriginError::Host)),
            ("https://acme.example:0", false, Err(OriginError::Port)),
            ("https://acme.example:+80", false, Err(OriginError::Port)),
            ("https://acme.example:99999", false, Err(OriginError::Port)),
            ("https://[::1]80", false, Err(OriginError::Host)),
            ("https://acme.example/services", false, Err(OriginError::Path)),
            ("https://acme.example?x", false, Err(OriginError::Path)),
            ("https://acme.example#x", false, Err(OriginError::Path)),
        ];
        for (text, allow_loopback, expected) in cases {
            let parsed = Origin::parse(text, allow_loopback).map(|origin| origin.to_string());
            assert_eq!(parsed, expected.map(str::to_owned), "{text}");
        }
    }
}
