//! Where a server's answer may send us: the rules for URLs and paths that come from outside.
//!
//! Pure functions. A token must never travel to a host that an answer made up, so an answer can name a host only
//! within the allowed ones, and a next page only as a path on the host already in use.

use thiserror::Error;

use super::{Origin, OriginError};

/// Why an address taken from an answer is not followed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum PinError {
    /// It is no usable origin.
    #[error("the address in the answer {0}")]
    Origin(#[source] OriginError),
    /// It names a port.
    #[error("the address in the answer names port {0}; only the standard https port is followed")]
    Port(u16),
    /// Its host is neither the configured one nor under an allowed suffix.
    #[error(
        "the answer points to the host {found}, which is neither {expected} nor a host of the same service"
    )]
    ForeignHost {
        /// The host in the answer.
        found: String,
        /// The configured host.
        expected: String,
    },
    /// It is no plain path under the expected prefix.
    #[error("the answer's path does not stay under {prefix}")]
    Path {
        /// What it must start with.
        prefix: &'static str,
    },
}

/// The origin that an answer named, if requests may go there: https without a port, and either the configured host or
/// one below a suffix such as `.my.salesforce.com`. When the configured host is a loopback address over plain http,
/// that same address is also accepted with any port and without https.
///
/// # Errors
/// [`PinError`] says which rule the address breaks.
pub fn origin(answered: &str, configured: &Origin, allowed_suffixes: &[&str]) -> Result<Origin, PinError> {
    let loopback = configured.is_loopback() && !configured.is_secure();
    let found = Origin::parse(answered, loopback).map_err(PinError::Origin)?;
    let same_host = found.host() == configured.host();
    if found == *configured || (loopback && same_host) {
        return Ok(found);
    }
    if !same_host && !allowed_suffixes.iter().any(|suffix| is_below(found.host(), suffix)) {
        return Err(PinError::ForeignHost {
            found: found.host().to_owned(),
            expected: configured.host().to_owned(),
        });
    }
    match found.port() {
        Some(port) => Err(PinError::Port(port)),
        None => Ok(found),
    }
}

/// `answered` itself when it is a plain path that starts with `prefix` and stays there: no scheme, no `//`, no `..`,
/// no backslash, none of these percent-encoded, nothing but printable ASCII, no fragment.
///
/// # Errors
/// [`PinError::Path`], which does not repeat the text.
pub fn path<'a>(answered: &'a str, prefix: &'static str) -> Result<&'a str, PinError> {
    const FORBIDDEN: [&str; 9] = ["//", "..", "\\", "://", "#", "@", "%2e", "%2f", "%5c"];
    let lower = answered.to_ascii_lowercase();
    let plain = answered.bytes().all(|byte| byte.is_ascii_graphic())
        && FORBIDDEN.iter().all(|forbidden| !lower.contains(forbidden));
    if plain && answered.starts_with(prefix) { Ok(answered) } else { Err(PinError::Path { prefix }) }
}

/// Whether `host` is a name below `suffix`, which starts with a dot so that only whole labels match.
fn is_below(host: &str, suffix: &str) -> bool {
    suffix.starts_with('.') && host.len() > suffix.len() && host.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUFFIXES: &[&str] = &[".my.salesforce.com", ".my.salesforce.mil"];

    #[test]
    fn answered_origins_stay_with_the_service() {
        let acme = "https://acme.my.salesforce.com";
        let cases = [
            (acme, acme, true),
            (acme, "https://ACME.my.salesforce.com/", true),
            (acme, "https://acme--uat.sandbox.my.salesforce.com", true),
            (acme, "https://acme.my.salesforce.mil", true),
            (acme, "https://evil.example", false),
            (acme, "https://evilmy.salesforce.com", false),
            (acme, "https://my.salesforce.com", false),
            (acme, "https://acme.my.salesforce.com.evil.example", false),
            (acme, "http://acme.my.salesforce.com", false),
            (acme, "https://acme.my.salesforce.com:8443", false),
            (acme, "https://acme.my.salesforce.com@evil.example", false),
            (acme, "https://acme.my.salesforce.com/path", false),
            (acme, "http://127.0.0.1:8080", false),
            ("https://acme.example:8443", "https://acme.example:8443", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:9090", true),
            ("http://127.0.0.1:8080", "http://127.0.0.2:8080", false),
            ("http://127.0.0.1:8080", "http://evil.example", false),
            ("http://127.0.0.1:8080", "https://evil.example", false),
        ];
        for (configured, answered, allowed) in cases {
            let configured = Origin::parse(configured, true).unwrap();
            let pinned = origin(answered, &configured, SUFFIXES);
            assert_eq!(pinned.is_ok(), allowed, "{answered} for {configured}: {pinned:?}");
        }
    }

    #[test]
    fn answered_paths_stay_under_the_prefix() {
        let cases = [
            ("/services/data/v66.0/query/01gRO0000016PIAYA2-500", true),
            ("/services/data/v66.0/query?q=a%20b", true),
            ("https://evil.example/services/data/v66.0/query/01g", false),
            ("//evil.example/services/data/v66.0/query/01g", false),
            ("/services/data/v66.0//query", false),
            ("/services/data/v66.0/../../../secret", false),
            ("/services/data/v66.0/%2E%2e/secret", false),
            ("/services/data/v66.0/%2Fsecret", false),
            ("/services/data/v66.0\\..\\secret", false),
            ("/services/data/v66.0/a b", false),
            ("/services/data/v66.0/a\r\nHost: evil.example", false),
            ("/services/data/v66.0/ä", false),
            ("/services/data/v66.0/#x", false),
            ("/services/oauth2/token", false),
            ("services/data/v66.0/query", false),
            ("", false),
        ];
        for (text, allowed) in cases {
            assert_eq!(path(text, "/services/data/v").is_ok(), allowed, "{text}");
        }
    }
}
