//! Keeps a request on the public internet: checked on the addresses that are connected to, not on the name.

use std::io;

use ureq::Agent;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::base::is_public_address;

/// `agent` with a name lookup that gives only public addresses; the proxy's own address may be any.
pub(super) fn guarded(agent: &Agent, proxy: Option<&ureq::Proxy>) -> Agent {
    let resolver = PublicResolver {
        lookup: DefaultResolver::default(),
        proxy: proxy.map(|proxy| (proxy.host().to_owned(), proxy.port())),
    };
    Agent::with_parts(agent.config().clone(), DefaultConnector::default(), resolver)
}

/// Whether `error` is the refusal of a name that leads to no public address.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NoPublicAddress>())
}

#[derive(Debug, thiserror::Error)]
#[error("no address of the host is public")]
struct NoPublicAddress;

#[derive(Debug)]
struct PublicResolver {
    lookup: DefaultResolver,
    proxy: Option<(String, u16)>,
}

impl Resolver for PublicResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = self.lookup.resolve(uri, config, timeout)?;
        let is_proxy = self
            .proxy
            .as_ref()
            .is_some_and(|(host, port)| uri.host() == Some(host) && uri.port_u16() == Some(*port));
        if is_proxy {
            return Ok(addresses);
        }
        let mut public = self.empty();
        for address in addresses.iter().filter(|address| is_public_address(address.ip())) {
            public.push(*address);
        }
        if public.is_empty() {
            return Err(ureq::Error::Io(io::Error::new(io::ErrorKind::PermissionDenied, NoPublicAddress)));
        }
        Ok(public)
    }
}
