//! Key, certificate and assertion: proves to an authorization server who the collector is.
//!
//! Knows nothing of sockets: [`sign`] gives an [`Assertion`], and what becomes of it is another room's business. Start
//! reading at [`SigningKey::load`]. The `rsa` crate parses, inspects and generates keys; it never signs and never
//! decrypts, because its arithmetic is not constant in time (RUSTSEC-2023-0071). Signing goes through aws-lc.

mod assertion;
mod certificate;
mod error;
mod generate;
mod pem_blocks;
mod signing_key;
mod source;

pub use assertion::{ASSERTION_LIFETIME_SECONDS, Assertion, Claims, sign};
pub use certificate::{Certificate, CertificateFinding};
pub use error::Error;
pub use generate::{GeneratedKey, KeySize, generate};
pub use signing_key::SigningKey;
pub use source::{KeySettings, KeySource, PassphraseSource};
