//! A Salesforce org on loopback: a token endpoint that really verifies assertions, queries over a seeded org of any
//! size, describe, limits, and every fault that can be asked for.
//!
//! It speaks only the wire and shares nothing with the client but `base`: it behaves as Salesforce documents it, not as
//! the client hopes. Start reading at [`Server`]; the rooms inside are `wire` (HTTP), `token` and `api` (the two
//! endpoints), `soql` and `query` (what was asked, and answering it), `org` (the records) and `faults`.

mod api;
mod faults;
mod org;
mod query;
mod server;
mod service;
mod soql;
mod token;
mod wire;

pub use faults::{Fault, FaultError};
pub use org::{ChangeError, Truth};
pub use server::{Error, Options, Server};
pub use service::Exchange;
pub use token::CertificateError;

/// The consumer key of the one app that the emulated org knows.
pub const CLIENT_ID: &str = "3MVG9emulatedSeatledgerConsumerKey0000000000000000000000000000000";

/// The user whom that app may impersonate.
pub const USERNAME: &str = "collector@emulated.example";

/// The org's id, in 18 characters.
pub const ORGANIZATION_ID: &str = "00DQy0000000000MAA";

/// The org's name.
pub const ORGANIZATION_NAME: &str = "Acme Holding SE";
