//! What can keep an answer from arriving, told apart for people.

use std::io;
use std::path::PathBuf;

use rustls::CertificateError;
use thiserror::Error;

use super::public_address;

/// Why no whole answer arrived, or why the send path could not be set up. Carries hosts, never URLs with their queries
/// and never credentials.
#[derive(Debug, Error)]
pub enum Error {
    /// The name service does not know the host.
    #[error("cannot find the address of {host}")]
    HostNotFound {
        /// The host asked for, or the proxy when the connection goes through one.
        host: String,
        /// What the name service said.
        #[source]
        source: Option<io::Error>,
    },
    /// Nothing accepts connections there.
    #[error("cannot connect to {host}")]
    Unreachable {
        /// The host asked for, or the proxy.
        host: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The connection ended before an answer began.
    #[error("the connection to {host} broke before it answered")]
    Reset {
        /// The host asked for.
        host: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The connection ended within an answer.
    #[error("the answer of {host} broke off in the middle")]
    CutBody {
        /// The host asked for.
        host: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The time for the request was over.
    #[error("{host} did not {missing} in time")]
    TimedOut {
        /// The host asked for.
        host: String,
        /// What had not happened yet.
        missing: &'static str,
    },
    /// The answer is larger than anything expected.
    #[error("the answer of {host} is larger than {}", size(*limit_bytes))]
    TooLarge {
        /// The host asked for.
        host: String,
        /// The most that would have been read.
        limit_bytes: u64,
    },
    /// The answer says it is compressed and is not.
    #[error("the answer of {host} cannot be decompressed")]
    BadCompression {
        /// The host asked for.
        host: String,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The answer is no HTTP.
    #[error("{host} does not answer in HTTP as expected: {problem}")]
    Protocol {
        /// The host asked for.
        host: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The certificate belongs to another host.
    #[error("the certificate shown by {host} is for another host")]
    CertificateName {
        /// The host asked for.
        host: String,
    },
    /// The certificate comes from an authority that is not trusted.
    #[error("the certificate shown by {host} comes from an authority that is not trusted here")]
    UnknownAuthority {
        /// The host asked for.
        host: String,
    },
    /// The certificate is not valid at this machine's time.
    #[error("the certificate shown by {host} is expired or not valid yet by this machine's clock")]
    CertificateExpired {
        /// The host asked for.
        host: String,
    },
    /// Another failure of the encrypted connection.
    #[error("no encrypted connection to {host} could be agreed on")]
    Tls {
        /// The host asked for.
        host: String,
        /// What failed.
        source: rustls::Error,
    },
    /// The operating system has no list of authorities.
    #[error("this machine has no CA certificates to check {host} against")]
    NoSystemRoots {
        /// The host asked for.
        host: String,
    },
    /// The proxy did not open a tunnel.
    #[error("the proxy {proxy} refused to connect to {host}: {reason}")]
    ProxyRefused {
        /// The proxy as `host:port`.
        proxy: String,
        /// The host asked for.
        host: String,
        /// The proxy's status.
        reason: String,
    },
    /// The host is, or leads to, an address inside some network, where this request must not go.
    #[error("{host} leads to an address that is not on the public internet")]
    NotPublic {
        /// The host asked for.
        host: String,
    },
    /// [`shutdown`](super::Client::shutdown) was called.
    #[error("the request to {host} was given up because the program stops")]
    ShutDown {
        /// The host asked for.
        host: String,
    },
    /// The file with trusted authorities cannot be read.
    #[error("cannot read the CA certificates in {}", path.display())]
    CaFileUnreadable {
        /// `ca_file` as configured.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file with trusted authorities holds none.
    #[error("{} holds no PEM certificate", path.display())]
    CaFileEmpty {
        /// `ca_file` as configured.
        path: PathBuf,
    },
    /// A proxy URL that cannot be used; it may hold a password and is not shown.
    #[error(
        "{origin} is not a URL like http://proxy.acme.example:3128 (only http and https proxies are possible)"
    )]
    ProxyUrl {
        /// Where the URL comes from.
        origin: &'static str,
    },
}

/// A limit in the largest unit that divides it.
fn size(bytes: u64) -> String {
    const MEBIBYTE: u64 = 1024 * 1024;
    match bytes % MEBIBYTE {
        0 => format!("{} MiB", bytes / MEBIBYTE),
        _ => format!("{} KiB", bytes / 1024),
    }
}

impl Error {
    /// Whether the same request may well succeed a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Reset { .. } | Self::CutBody { .. } | Self::TimedOut { .. } => {
                true
            }
            // glibc and musl word EAI_AGAIN differently.
            Self::HostNotFound { source: Some(source), .. } => {
                let text = source.to_string();
                text.contains("Temporary failure") || text.contains("Try again")
            }
            _ => false,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::HostNotFound { .. } => {
                "check the spelling of the host and this machine's DNS; an org that was deleted loses its host name too"
            }
            Self::Unreachable { .. } => {
                "check firewall and proxy: set `proxy` under [http] if one is needed here"
            }
            Self::TimedOut { .. } => "raise `timeout_seconds` under [http] if the network is slow",
            Self::CertificateName { .. } => {
                "check the URL; a captive portal or proxy may be answering in its place"
            }
            Self::UnknownAuthority { .. } => {
                "a TLS-inspecting proxy shows its own certificates: give its CA certificate with `ca_file` under [http]"
            }
            Self::CertificateExpired { .. } => "check this machine's clock first, then the certificate",
            Self::NoSystemRoots { .. } => {
                "install the package ca-certificates, or set `roots = \"bundled\"` under [http]"
            }
            Self::ProxyRefused { reason, .. } if reason.contains("407") => {
                "the proxy wants a user name and password: write them into the URL of `proxy` under [http]"
            }
            Self::ProxyRefused { .. } => "ask the proxy's administrator to allow this host on port 443",
            Self::CaFileUnreadable { .. } | Self::CaFileEmpty { .. } => {
                "`ca_file` under [http] must name a file with CA certificates in PEM form"
            }
            Self::NotPublic { .. } => {
                "allow private addresses for it if it is meant to be inside this network"
            }
            Self::Reset { .. }
            | Self::CutBody { .. }
            | Self::TooLarge { .. }
            | Self::BadCompression { .. }
            | Self::Protocol { .. }
            | Self::Tls { .. }
            | Self::ShutDown { .. }
            | Self::ProxyUrl { .. } => return None,
        })
    }
}

/// Where a request went, for the sentence about its failure.
pub(super) struct Place<'a> {
    pub(super) host: &'a str,
    pub(super) proxy: Option<String>,
    pub(super) largest_body: u64,
}

impl Place<'_> {
    /// Reads an error from connecting, sending, or waiting for the answer's head.
    pub(super) fn before_answer(&self, error: ureq::Error) -> Error {
        let io = match self.either_way(error) {
            Ok(known) => return known,
            Err(io) => io,
        };
        let host = self.host.to_owned();
        // Name lookup and connection are the proxy's when there is one; it looks up the host itself.
        let peer = || self.proxy.as_ref().map_or_else(|| host.clone(), |proxy| format!("the proxy {proxy}"));
        if io.to_string().contains("lookup address information") {
            return Error::HostNotFound { host: peer(), source: Some(io) };
        }
        match io.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => Error::Unreachable { host: peer(), source: io },
            _ => Error::Reset { host, source: io },
        }
    }

    /// Reads an error from the answer's body.
    pub(super) fn during_answer(&self, error: ureq::Error) -> Error {
        self.either_way(error).unwrap_or_else(|source| Error::CutBody { host: self.host.to_owned(), source })
    }

    /// What means the same before and within an answer; the rest is an [`io::Error`].
    fn either_way(&self, error: ureq::Error) -> Result<Error, io::Error> {
        let host = self.host.to_owned();
        Ok(match error {
            ureq::Error::HostNotFound => Error::HostNotFound { host, source: None },
            ureq::Error::Timeout(timeout) => Error::TimedOut { host, missing: missing_at(timeout) },
            ureq::Error::BodyExceedsLimit(_) => Error::TooLarge { host, limit_bytes: self.largest_body },
            // The connection ended within the compressed data.
            ureq::Error::Decompress(_, io) if io.kind() == io::ErrorKind::UnexpectedEof => return Err(io),
            ureq::Error::Decompress(_, source) => Error::BadCompression { host, source },
            ureq::Error::Rustls(source) => tls(host, source),
            ureq::Error::ConnectProxyFailed(reason) => {
                Error::ProxyRefused { proxy: self.proxy.clone().unwrap_or_default(), host, reason }
            }
            ureq::Error::Io(io) if public_address::is_refusal(&io) => Error::NotPublic { host },
            ureq::Error::Io(io) => match io.downcast::<rustls::Error>() {
                Ok(source) => tls(host, source),
                Err(io) if io.kind() == io::ErrorKind::NotConnected => Error::ShutDown { host },
                Err(io) if io.kind() == io::ErrorKind::TimedOut => {
                    Error::TimedOut { host, missing: "answer" }
                }
                Err(io) => return Err(io),
            },
            other => Error::Protocol { host, problem: other.to_string() },
        })
    }
}

fn missing_at(timeout: ureq::Timeout) -> &'static str {
    match timeout {
        ureq::Timeout::Resolve => "resolve to an address",
        ureq::Timeout::Connect => "accept a connection",
        ureq::Timeout::RecvBody => "finish its answer",
        _ => "answer",
    }
}

fn tls(host: String, error: rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Error::CertificateName { host }
            }
            // A wrong signature means an authority of the same name with another key, such as one that was renewed.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                Error::UnknownAuthority { host }
            }
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Error::CertificateExpired { host },
            other => Error::Tls { host, source: rustls::Error::InvalidCertificate(other) },
        },
        rustls::Error::General(reason) if reason.contains("No CA certificates") => {
            Error::NoSystemRoots { host }
        }
        source => Error::Tls { host, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(error: ureq::Error, proxy: Option<&str>) -> Error {
        Place { host: "acme.example", proxy: proxy.map(str::to_owned), largest_body: 1 }.before_answer(error)
    }

    /// What cannot be brought about on a loopback socket.
    #[test]
    fn failures_of_the_network_get_their_sentences() {
        let io = |text: &str| ureq::Error::Io(io::Error::other(text.to_owned()));
        let cases = [
            (
                io("failed to lookup address information: Name or service not known"),
                None,
                "cannot find the address of acme.example",
                false,
            ),
            (
                io("failed to lookup address information: Temporary failure in name resolution"),
                Some("proxy.example:3128"),
                "cannot find the address of the proxy proxy.example:3128",
                true,
            ),
            (
                io("failed to lookup address information: Try again"),
                None,
                "cannot find the address of acme.example",
                true,
            ),
            (ureq::Error::HostNotFound, None, "cannot find the address of acme.example", false),
            (
                ureq::Error::Io(io::ErrorKind::NetworkUnreachable.into()),
                None,
                "cannot connect to acme.example",
                true,
            ),
            (
                ureq::Error::Timeout(ureq::Timeout::Connect),
                None,
                "acme.example did not accept a connection in time",
                true,
            ),
            (
                ureq::Error::Timeout(ureq::Timeout::RecvBody),
                None,
                "acme.example did not finish its answer in time",
                true,
            ),
            (
                ureq::Error::Rustls(rustls::Error::General(
                    "No CA certificates were loaded from the system".into(),
                )),
                None,
                "this machine has no CA certificates to check acme.example against",
                false,
            ),
        ];
        for (error, proxy, sentence, passing) in cases {
            let error = named(error, proxy);
            assert_eq!((error.to_string().as_str(), error.is_passing()), (sentence, passing));
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
