//! URLs in a policy: https, and no private address unless that is permitted.

use std::net::IpAddr;

use crate::base::is_public_address;

/// The host of a URL, in lower case.
///
/// # Errors
/// What is wrong with it, as a predicate that does not repeat it: people write credentials into URLs.
pub(super) fn host(url: &str, allow_private: bool) -> Result<String, &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("must be a URL that starts with https://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("carries a user name or password, which a URL must not");
    }
    let host = without_port(authority).to_ascii_lowercase();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let is_name = host.split('.').all(|label| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if (!is_name && address.is_none()) || url.chars().any(|sign| sign.is_whitespace() || sign == '\\') {
        return Err("is not a usable URL; write it like https://login.acme.example/path");
    }
    let is_loopback = address.is_some_and(|address| address.is_loopback());
    let is_private = host == "localhost" || address.is_some_and(|address| !is_public_address(address));
    match scheme {
        _ if is_private && !allow_private => {
            Err("leads to a private address; that needs allow_private = true")
        }
        "https" => Ok(host),
        "http" if is_loopback => Ok(host),
        _ => Err("must start with https://"),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rfind(']') {
        Some(bracket) => &authority[..=bracket],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn only_https_to_public_hosts_passes() {
        let cases = [
            ("https://Login.Acme.example/oauth2/default", false, Some("login.acme.example")),
            ("https://login.acme.example:8443", false, Some("login.acme.example")),
            ("https://8.8.8.8/x", false, Some("8.8.8.8")),
            ("https://[2606:4700::1111]:443/x", false, Some("[2606:4700::1111]")),
            ("http://login.acme.example", false, None),
            ("http://login.acme.example", true, None),
            ("https://10.0.0.1", false, None),
            ("https://10.0.0.1", true, Some("10.0.0.1")),
            ("http://10.0.0.1", true, None),
            ("http://127.0.0.1:8080/x", false, None),
            ("http://127.0.0.1:8080/x", true, Some("127.0.0.1")),
            ("https://localhost/x", false, None),
            ("https://anna:hunter2@login.acme.example", false, None),
            ("https://login.acme.example\\@evil.example", false, None),
            ("https:///x", false, None),
            ("login.acme.example", false, None),
            ("https://a b.example", false, None),
        ];
        for (url, allow_private, expected) in cases {
            assert_eq!(host(url, allow_private).ok().as_deref(), expected, "{url}");
        }
    }
}
