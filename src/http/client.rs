//! Sends one request and reads its whole answer.

use std::io::Read;

use ureq::{Agent, http};

use crate::base::{Environment, is_public_address, roomy};

use super::error::Place;
use super::{Error, Request, Response, Settings, agent, public_address};

/// The largest answer that is read, after decompression. A full query page has about 2,000 rows; wide ones stay below
/// 10 MB, so this bounds memory against a broken or hostile server and nothing else.
pub const LARGEST_BODY_BYTES: u64 = 64 * 1024 * 1024;

/// The way to the network. Shared by threads; clones share its connections.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    /// The same, but refusing addresses that are not public.
    public_agent: Agent,
    proxy: Option<ureq::Proxy>,
}

impl Client {
    /// Sets up the send path; nothing is sent yet.
    ///
    /// # Errors
    /// An unreadable or empty `ca_file`, or a proxy URL that cannot be used.
    pub fn new(settings: &Settings, environment: &Environment) -> Result<Self, Error> {
        let proxy = settings.proxy.resolve(environment)?;
        let agent = agent::build(settings, proxy.clone())?;
        let public_agent = public_address::guarded(&agent, proxy.as_ref());
        Ok(Self { agent, public_agent, proxy })
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
        let uri = format!("{}{}", request.origin, request.path);
        // A proxy would connect to it; without one the name lookup judges it again.
        if request.public_only && request.origin.address().is_some_and(|address| !is_public_address(address))
        {
            return Err(Error::NotPublic { host: request.origin.host().to_owned() });
        }
        let body = request.body.as_ref().map(|body| body.expose().as_bytes());
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
        self.public_agent.clone().shutdown();
    }

    fn run(
        &self,
        request: &Request,
        uri: &str,
        body: impl ureq::AsSendBody,
    ) -> Result<http::Response<ureq::Body>, ureq::Error> {
        let mut message = http::Request::builder().method(request.method.clone()).uri(uri).body(body)?;
        message.headers_mut().clone_from(&request.headers);
        let agent = if request.public_only { &self.public_agent } else { &self.agent };
        if request.origin.is_loopback() {
            // What listens on this machine is not reachable through a proxy elsewhere.
            message = agent.configure_request(message).proxy(None).build();
        }
        if let Some(timeout) = request.timeout {
            message = agent.configure_request(message).timeout_global(Some(timeout)).build();
        }
        agent.run(message)
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
    let mut bytes = roomy();
    let reader = body.with_config().limit(limit_bytes + 2).reader();
    reader.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
