//! Where events go besides the journal.

use std::time::Duration;

use super::WebhookSecret;
use crate::http::{Origin, OriginError};

/// A webhook that gets every event.
pub struct Sink {
    /// Its configured name.
    pub name: String,
    /// What the events look like there.
    pub format: SinkFormat,
    /// What signs them; two while one takes over from the other.
    pub secrets: Vec<WebhookSecret>,
    /// More events than this must not wait.
    pub most_waiting: Option<u64>,
    /// No event must wait longer than this.
    pub longest_wait: Option<Duration>,
    /// What happens then.
    pub on_backlog: OnBacklog,
    pub(super) origin: Origin,
    pub(super) path: String,
    pub(super) allow_private: bool,
}

/// What an event looks like at a sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkFormat {
    /// OCSF 1.8.0, class API Activity.
    Ocsf,
    /// The journal's own body.
    Native,
}

/// What too many waiting events mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBacklog {
    /// A warning: a sink that is down does not stop the work, and the journal is whole without it.
    Warn,
    /// Nothing more is done until the sink has taken them.
    Deny,
}

impl Sink {
    /// A sink at `url`, which is https. With `allow_private` it may be inside this network, and plain http to a
    /// loopback address is possible. Waiting events only warn, and only when limits are set.
    ///
    /// # Errors
    /// What is wrong with the URL.
    pub fn new(
        name: &str,
        url: &str,
        allow_private: bool,
        secrets: Vec<WebhookSecret>,
    ) -> Result<Self, OriginError> {
        let (origin, path) = Origin::parse_url(url, allow_private)?;
        Ok(Self {
            name: name.to_owned(),
            format: SinkFormat::Ocsf,
            secrets,
            most_waiting: None,
            longest_wait: None,
            on_backlog: OnBacklog::Warn,
            origin,
            path,
            allow_private,
        })
    }
}
