//! Name lookup that gives public addresses only.

use std::fmt;
use std::io;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use crate::base::is_public_address;

/// Looks names up as usual and refuses a host as soon as one of its addresses is not public: the connection is made to
/// the address that was judged, so that a name cannot change its mind in between. The configured proxy may be anywhere;
/// what it looks up itself is out of sight.
#[derive(Debug)]
pub(super) struct PublicOnly;

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let addresses = DefaultResolver::default().resolve(uri, config, timeout)?;
        let is_proxy = config.proxy().is_some_and(|proxy| uri.host() == Some(proxy.host()));
        if is_proxy || addresses.iter().all(|address| is_public_address(address.ip())) {
            Ok(addresses)
        } else {
            Err(ureq::Error::Io(io::Error::other(NotPublic)))
        }
    }
}

/// Carried by the error of a refused lookup.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the address is not public")
    }
}

impl std::error::Error for NotPublic {}
