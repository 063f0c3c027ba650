//! Addresses of servers: what may stand in a URL that credentials are sent to.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Hosts that people copy from their browser and that do not answer the API, with what to write instead.
const BROWSER_HOSTS: &[(&str, &str)] = &[
    (
        ".lightning.force.com",
        "is the host of Lightning pages; write the My Domain URL, such as https://acme.my.salesforce.com",
    ),
    (
        ".my.salesforce-setup.com",
        "is the host of Setup pages; write the My Domain URL, such as https://acme.my.salesforce.com",
    ),
];

/// The parts of `scheme://[userinfo@]host[:port][/path]`.
struct Parts<'a> {
    is_https: bool,
    userinfo: Option<&'a str>,
    host: String,
    port: Option<u16>,
    path: &'a str,
}

/// The address of a server in its normal form: lower-case, without a trailing slash.
///
/// # Errors
/// What is wrong with it, as the predicate of a sentence; never quotes the address.
pub(super) fn normalize(text: &str, may_have_path: bool) -> Result<String, &'static str> {
    let parts = split(text)?;
    if parts.userinfo.is_some() {
        return Err("must not hold a user name or password");
    }
    if !may_have_path && !parts.path.is_empty() {
        return Err("must end after the host, without a path");
    }
    if let Some((_, found)) = BROWSER_HOSTS.iter().find(|(suffix, _)| parts.host.ends_with(suffix)) {
        return Err(found);
    }
    let scheme = if parts.is_https { "https" } else { "http" };
    let port = parts.port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{}{port}{}", parts.host, parts.path))
}

/// Checks the address of a proxy, which may hold credentials.
///
/// # Errors
/// What is wrong with it, as the predicate of a sentence; never quotes the address.
pub(super) fn check_proxy(text: &str) -> Result<(), &'static str> {
    let is_web = |scheme: &str| matches!(scheme, "http" | "https");
    if !text.split_once("://").is_some_and(|(scheme, _)| is_web(scheme)) {
        return Err("must be \"none\", \"env\" or the URL of a proxy, which starts with http:// or https://");
    }
    match split(text)?.path {
        "" => Ok(()),
        _ => Err("must end after the host and port, without a path"),
    }
}

/// A proxy's address with stars for its credentials.
pub(super) fn masked_proxy(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((before, server)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            format!("{scheme}://***@{server}")
        }
        None => text.to_owned(),
    }
}

/// Whether a normalized address needs no leave to be used: it is `https`.
pub(super) fn is_https(address: &str) -> bool {
    address.starts_with("https://")
}

/// Whether a normalized address is on this machine, written as a number, so that no name service can move it.
pub(super) fn is_loopback(address: &str) -> bool {
    split(address).is_ok_and(|parts| {
        let bracketed = parts.host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match bracketed {
            Some(host) => host.parse::<Ipv6Addr>().is_ok_and(|host| host.is_loopback()),
            None => parts.host.parse::<Ipv4Addr>().is_ok_and(|host| host.is_loopback()),
        }
    })
}

fn split(text: &str) -> Result<Parts<'_>, &'static str> {
    let (scheme, rest) = text.split_once("://").ok_or("must start with https://")?;
    let is_https = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err("must start with https://"),
    };
    if rest.contains(['?', '#']) {
        return Err("must not hold `?` or `#`");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
        return Err(
            "must be ASCII without blanks or backslashes; write an international host name in its xn-- form",
        );
    }
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let (userinfo, server) = match authority.rsplit_once('@') {
        Some((userinfo, server)) => (Some(userinfo), server),
        None => (None, authority),
    };
    let (host, port) = match server.rfind(':') {
        // The colons of an IPv6 address stand inside its brackets.
        Some(colon) if !server[colon..].contains(']') => (&server[..colon], Some(&server[colon + 1..])),
        _ => (server, None),
    };
    let port = port.map(str::parse).transpose().map_err(|_| "must have a port from 1 to 65535")?;
    if port == Some(0) {
        return Err("must have a port from 1 to 65535");
    }
    if !is_host(host) {
        return Err("must name a host, such as acme.my.salesforce.com");
    }
    Ok(Parts { is_https, userinfo, host: host.to_ascii_lowercase(), port, path: path.trim_end_matches('/') })
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalized_or_refused() {
        let cases = [
            ("https://acme.my.salesforce.com", Ok("https://acme.my.salesforce.com")),
            ("HTTPS://Acme.My.Salesforce.com/", Ok("https://acme.my.salesforce.com")),
            (
                "https://acme--uat.sandbox.my.salesforce.com",
                Ok("https://acme--uat.sandbox.my.salesforce.com"),
            ),
            ("http://127.0.0.1:8080/", Ok("http://127.0.0.1:8080")),
            ("http://[::1]:8080", Ok("http://[::1]:8080")),
            ("acme.my.salesforce.com", Err("must start with https://")),
            ("ftp://acme.my.salesforce.com", Err("must start with https://")),
            ("https://user:word@acme.my.salesforce.com", Err("must not hold a user name or password")),
            ("https://acme.my.salesforce.com/home", Err("must end after the host, without a path")),
            ("https://acme.my.salesforce.com?a=b", Err("must not hold `?` or `#`")),
            ("https://acme.my.salesforce.com:0", Err("must have a port from 1 to 65535")),
            ("https://acme.my.salesforce.com:65536", Err("must have a port from 1 to 65535")),
            ("https://acme.my.salesforce.com:", Err("must have a port from 1 to 65535")),
            ("https://", Err("must name a host, such as acme.my.salesforce.com")),
            ("https://acme..com", Err("must name a host, such as acme.my.salesforce.com")),
            ("https://[::1", Err("must name a host, such as acme.my.salesforce.com")),
            (
                "https://söhne.example",
                Err(
                    "must be ASCII without blanks or backslashes; write an international host name in its xn-- form",
                ),
            ),
            (
                "https://acme.lightning.force.com",
                Err(
                    "is the host of Lightning pages; write the My Domain URL, such as https://acme.my.salesforce.com",
                ),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(normalize(text, false), expected.map(str::to_owned), "{text}");
        }
        let site = normalize("https://acme.my.site.com/customers/", true);
        assert_eq!(site.unwrap(), "https://acme.my.site.com/customers");
    }

    #[test]
    fn only_written_out_numbers_are_loopback() {
        for address in ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["http://localhost", "http://128.0.0.1", "http://[::2]", "http://127.0.0.1.example"] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn proxy_credentials_are_masked() {
        let cases = [
            ("http://proxy.acme.example:3128", "http://proxy.acme.example:3128"),
            ("http://user:p@ss@proxy.acme.example:3128", "http://***@proxy.acme.example:3128"),
        ];
        for (address, expected) in cases {
            assert_eq!(check_proxy(address), Ok(()), "{address}");
            assert_eq!(masked_proxy(address), expected);
        }
        assert!(check_proxy("socks5://proxy.acme.example").is_err());
    }
}
