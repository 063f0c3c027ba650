//! How the agent is set up: roots, timeouts, and what it must never do by itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Error, Proxy};

/// What the send path needs to know; one for all orgs.
#[derive(Clone)]
pub struct Settings {
    /// The way out of the network.
    pub proxy: Proxy,
    /// PEM file with the only authorities to trust, instead of `roots`.
    pub ca_file: Option<PathBuf>,
    /// The authorities to trust when there is no `ca_file`.
    pub roots: Roots,
    /// The longest time one request may take, from name lookup to the last byte of its answer.
    pub timeout: Duration,
}

/// Which authorities' certificates are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The operating system's.
    System,
    /// Mozilla's, compiled into the program: for containers without CA certificates.
    Bundled,
}

/// A host that does not accept a connection within this time will not within a minute either.
const LONGEST_CONNECT: Duration = Duration::from_secs(20);

/// One connection for each request an org may have in flight: 25 at most
/// (<https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/>,
/// concurrent API requests), and some for a second org.
const IDLE_CONNECTIONS: usize = 32;

/// The agent for `settings`. Redirects are never followed, statuses are answers and not errors, and nothing is read
/// from the environment.
pub(super) fn build(settings: &Settings, proxy: Option<ureq::Proxy>) -> Result<Agent, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(root_certificates(settings)?)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    let timeout = settings.timeout;
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(proxy)
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent(concat!("seatledger/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("gzip")
        .max_idle_connections(IDLE_CONNECTIONS)
        .max_idle_connections_per_host(IDLE_CONNECTIONS)
        .timeout_global(Some(timeout))
        .timeout_resolve(Some(timeout.min(LONGEST_CONNECT)))
        .timeout_connect(Some(timeout.min(LONGEST_CONNECT)))
        .timeout_recv_response(Some(timeout))
        .timeout_recv_body(Some(timeout))
        .build();
    Ok(config.new_agent())
}

fn root_certificates(settings: &Settings) -> Result<RootCerts, Error> {
    match (&settings.ca_file, settings.roots) {
        (Some(path), _) => Ok(RootCerts::from(certificates_in(path)?)),
        (None, Roots::System) => Ok(RootCerts::PlatformVerifier),
        (None, Roots::Bundled) => Ok(RootCerts::WebPki),
    }
}

fn certificates_in(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let pem =
        std::fs::read(path).map_err(|source| Error::CaFileUnreadable { path: path.to_owned(), source })?;
    let certificates: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        return Err(Error::CaFileEmpty { path: path.to_owned() });
    }
    Ok(certificates)
}
