//! Who is asking: an operating-system account, or a person with a token of an identity provider.
//!
//! Start reading at [`Verifier::verify`]. A token passes a gate of our own before and after the library that checks its
//! signature, because the library alone accepts what RFC 8725 warns of: unknown `crit`, any `typ`, missing or
//! ill-typed claims, duplicate members, keys meant for something else. The issuer's keys come through discovery, a
//! pinned address or a file, and are kept in a cache that processes share. Knows nothing of what anybody may do.

mod account;
mod claims;
mod compact;
mod error;
mod fetch;
mod json;
mod key_cache;
mod key_set;
mod settings;
mod token_source;
mod verifier;

pub use account::{OsAccount, current_account};
pub use claims::VerifiedToken;
pub use error::Error;
pub use key_cache::{COOLDOWN_SECONDS, FRESH_SECONDS};
pub use settings::{ClaimNames, IssuerSettings, KeySource, TenantRule};
pub use token_source::{LARGEST_TOKEN_BYTES, TokenSource};
pub use verifier::Verifier;
