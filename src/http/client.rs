//! Sends one request and reads its whole answer.

use std::io::Read;

use ureq::{Agent, http};

use crate::base::{Environment, is_public_address};

use super::error::Place;
use super::{Error, Request, Response, Settings, agent};

/// The largest answer that is read, after decompression. A full query page has about 2,000 rows; wide ones stay below
/// 10 MB, so this bounds memory against a broken or hostile server and nothing else.
pub const LARGEST_BODY_BYTES: u64 = 64 * 1024 * 1024;

/// The way to the network. Shared by threads; clones share its connections.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    proxy: Option<ureq::Proxy>,
    public_only: bool,
}

impl Client {
    /// Sets up the send path; nothing is sent yet.
    ///
    /// # Errors
    /// An unreadable or empty `ca_file`, or a proxy URL that cannot be used.
    pub fn new(settings: &Settings, environment: &Environment) -> Result<Self, Error> {
        Self::build(settings, environment, false)
    }

    /// The same for hosts that somebody else named: requests to addresses that are not public, such as those of this
    /// machine, of the local network or of a cloud's metadata service, fail.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn for_public_hosts(settings: &Settings, environment: &Environment) -> Result<Self, Error> {
        Self::build(settings, environment, true)
    }

    fn build(settings: &Settings, environment: &Environment, public_only: bool) -> Result<Self, Error> {
        let proxy = settings.proxy.resolve(environment)?;
        Ok(Self { agent: agent::build(settings, proxy.clone(), public_only)?, proxy, public_only })
    }

    /// The proxy in use as `host:port`, without its credentials.
    pub fn proxy(&self) -> Option<String> {
        self.proxy.as_ref().map(|proxy| format!("{}:{}", proxy.host(), proxy.port()))
    }

    /// Sends `request` once and reads the answer, whatever its status. Redirects are not followed.
    ///
    /// # Errors
    /// Everything that kept a whole answer from arriving, told apart in [`Error`].
    pub fn send(&self, request: &Request) -> Result<Response, Error> {
        // A proxy would connect to it; without one the name lookup judges it again.
        if self.public_only && request.origin.address().is_some_and(|address| !is_public_address(address)) {
            return Err(Error::PrivateAddress { host: request.origin.host().to_owned() });
        }
        let uri = format!("{}{}", request.origin, request.path);
        let body = request.form.as_ref().map(|form| form.expose().as_bytes());
        let response = match body {
            Some(body) => self.run(request, &uri, body),
            None => self.run(request, &uri, ()),
        };
        let limit_bytes = request.largest_body;
        let proxy = self.proxy_for(request, &uri);
        let place = Place { host: request.origin.host(), proxy, largest_body: limit_bytes };
        let (parts, body) = response.map_err(|source| place.before_answer(source))?.into_parts();
        let body = read_whole(body, limit_bytes).map_err(|source| place.during_answer(source))?;
        if body.len() as u64 > limit_bytes {
            return Err(Error::TooLarge { host: request.origin.host().to_owned(), limit_bytes });
        }
        Ok(Response { status: parts.status.as_u16(), body, headers: parts.headers })
    }

    /// Ends the requests in flight on every thread, and refuses new ones.
    pub fn shutdown(&self) {
        self.agent.clone().shutdown();
    }

    fn run(
        &self,
        request: &Request,
        uri: &str,
        body: impl ureq::AsSendBody,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let mut message = http::Request::builder().method(request.method.clone()).uri(uri).body(body)?;
        message.headers_mut().clone_from(&request.headers);
        if request.origin.is_loopback() {
            // What listens on this machine is not reachable through a proxy elsewhere.
            message = self.agent.configure_request(message).proxy(None).build();
        }
        self.agent.run(message)
    }

    /// The proxy that a request to `uri` goes through, as `host:port`.
    fn proxy_for(&self, request: &Request, uri: &str) -> Option<String> {
        let proxy = self.proxy.as_ref().filter(|_| !request.origin.is_loopback())?;
        let direct = uri.parse().is_ok_and(|uri| proxy.is_no_proxy(&uri));
        (!direct).then(|| self.proxy()).flatten()
    }
}

/// Reads to the end, at most one byte more than allowed. The agent's own limit counts bytes before decompression, so
/// a second one stands behind it.
fn read_whole(mut body: ureq::Body, limit_bytes: u64) -> Result<Vec<u8>, ureq::Error> {
    let expected = body.content_length().unwrap_or(0).min(limit_bytes);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    let reader = body.with_config().limit(limit_bytes + 2).reader();
    reader.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
