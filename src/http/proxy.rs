//! Which proxy requests go through: none, one from the settings, or the environment's.

use crate::base::{Environment, Secret};

use super::Error;

/// Where the proxy comes from. A proxy's URL may hold a password, so it is a secret.
#[derive(Clone)]
pub enum Proxy {
    /// Straight to the host; the environment's proxy variables are not read.
    None,
    /// `https_proxy`, `HTTPS_PROXY`, `all_proxy` or `ALL_PROXY`, whichever is set first, and the exceptions of
    /// `no_proxy` or `NO_PROXY`.
    Environment,
    /// This `http://` or `https://` URL.
    Url(Secret),
}

impl Proxy {
    /// The proxy as the agent takes it, `None` for a direct connection.
    pub(super) fn resolve(&self, environment: &Environment) -> Result<Option<ureq::Proxy>, Error> {
        match self {
            Self::None => Ok(None),
            Self::Url(url) => parse(url.expose(), "", "the configured proxy").map(Some),
            Self::Environment => {
                let first = |names: &[&'static str]| {
                    names.iter().find_map(|&name| environment.get(name).map(|value| (name, value)))
                };
                let Some((name, url)) = first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
                else {
                    return Ok(None);
                };
                let exceptions = first(&["no_proxy", "NO_PROXY"]).map_or("", |(_, value)| value);
                parse(url, exceptions, name).map(Some)
            }
        }
    }
}

/// Reads a proxy URL; `no_proxy` is a list with commas. A name in it also means the names below it, as curl has it.
fn parse(url: &str, no_proxy: &str, origin: &'static str) -> Result<ureq::Proxy, Error> {
    let bad = || Error::ProxyUrl { origin };
    let parsed = ureq::Proxy::new(url).map_err(|_| bad())?;
    let mut builder = ureq::Proxy::builder(match parsed.protocol() {
        protocol @ (ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https) => protocol,
        _ => return Err(bad()),
    });
    builder = builder.host(parsed.host()).port(parsed.port());
    if let Some(username) = parsed.username() {
        builder = builder.username(username);
    }
    if let Some(password) = parsed.password() {
        builder = builder.password(password);
    }
    for name in no_proxy.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        builder = builder.no_proxy(name);
        if !name.starts_with(['.', '*']) {
            builder = builder.no_proxy(&format!(".{name}"));
        }
    }
    builder.build().map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn the_environment_is_read_only_when_asked() {
        let both =
            environment(&[("HTTPS_PROXY", "http://one.example:3128"), ("ALL_PROXY", "http://two.example")]);
        assert!(Proxy::None.resolve(&both).unwrap().is_none());
        let chosen = Proxy::Environment.resolve(&both).unwrap().unwrap();
        assert_eq!((chosen.host(), chosen.port()), ("one.example", 3128));
        assert!(Proxy::Environment.resolve(&environment(&[])).unwrap().is_none());
        assert!(
            Proxy::Environment
                .resolve(&environment(&[("HTTP_PROXY", "http://x.example")]))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn credentials_and_exceptions_are_taken_over() {
        let variables = environment(&[
            ("https_proxy", "http://anna:p%40ss@proxy.example:3128"),
            ("no_proxy", "intra.example, .corp.example"),
        ]);
        let proxy = Proxy::Environment.resolve(&variables).unwrap().unwrap();
        assert_eq!((proxy.username(), proxy.password()), (Some("anna"), Some("p@ss")));
        let cases = [
            ("https://intra.example", true),
            ("https://wiki.intra.example", true),
            ("https://a.corp.example", true),
            ("https://xintra.example", false),
            ("https://acme.my.salesforce.com", false),
        ];
        for (url, direct) in cases {
            assert_eq!(proxy.is_no_proxy(&url.parse().unwrap()), direct, "{url}");
        }
    }

    #[test]
    fn wrong_urls_are_refused_without_showing_them() {
        for wrong in
            ["socks5://user:hunter2@proxy.example", "http://", "ht tp://hunter2", "ftp://hunter2@x.example"]
        {
            let refused = Proxy::Url(Secret::new(wrong.into())).resolve(&environment(&[])).unwrap_err();
            assert!(matches!(refused, Error::ProxyUrl { origin: "the configured proxy" }), "{wrong}");
            assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        }
    }
}
