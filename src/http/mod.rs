//! The one send path: agent, timeouts, body limits, host pinning, retry as returned delays, redaction.
//!
//! Knows nothing of Salesforce, and nobody else knows ureq. Start reading at [`Client::send`]; where a request may go
//! is decided in [`Origin`] and [`pin`], whether it is worth another try in [`Retry`], and what of an answer may be
//! shown to people in [`redact()`].

mod agent;
mod client;
mod encoding;
mod error;
mod message;
mod origin;
pub mod pin;
mod proxy;
mod public_address;
mod redact;
mod retry;

pub use agent::{Roots, Settings};
pub use client::{Client, LARGEST_BODY_BYTES};
pub use encoding::percent_encode;
pub use error::Error;
pub use message::{Request, Response, http_date};
pub use origin::{Origin, OriginError};
pub use pin::PinError;
pub use proxy::Proxy;
pub use redact::redact;
pub use retry::{Failure, MOST_RETRIES, Retry};
