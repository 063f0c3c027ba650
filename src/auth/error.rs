//! What can be wrong with a key or certificate, said so that a person can act on it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::signing_key::{LARGEST_KEY_BITS, SMALLEST_KEY_BITS};
use crate::base::PrivateFileError;

/// Why a key could not be loaded, used or made, or a certificate not read. No variant carries key material; `origin`
/// names the place that the text came from.
#[derive(Debug, Error)]
pub enum Error {
    /// The key or passphrase file breaks a rule for files that hold secrets.
    #[error(transparent)]
    PrivateFile(#[from] PrivateFileError),
    /// The variable that should hold the key is unset or empty.
    #[error(
        "the environment variable {variable}, which should hold the private key, is not set, is empty or is no UTF-8 text; \
         set it to the PEM text with its line ends"
    )]
    KeyVariableUnset {
        /// Its name.
        variable: String,
    },
    /// The variable that should hold the passphrase is unset or empty. Its name is left out: people have been seen to
    /// write the passphrase itself there.
    #[error(
        "the environment variable that private_key_passphrase_env names is not set or is empty; \
         set it to the passphrase of the private key"
    )]
    PassphraseVariableUnset,
    /// The passphrase file is not UTF-8.
    #[error("{} holds bytes that are not UTF-8; write the passphrase as plain text", path.display())]
    PassphraseNotText {
        /// The file.
        path: PathBuf,
    },
    /// A credential's name is not the name of a file.
    #[error(
        "a systemd credential is named without folders; write the name that stands before the colon in LoadCredential="
    )]
    CredentialName,
    /// The program does not run as a systemd service with credentials.
    #[error(
        "the systemd credential `{name}` cannot be read: CREDENTIALS_DIRECTORY is not set; run this as a service \
         with LoadCredential={name}:FILE, or name a file with private_key_file"
    )]
    NoCredentialsFolder {
        /// The credential.
        name: String,
    },
    /// Something else than one usable PEM private key; `found` says what, `remedy` what to do.
    #[error("{origin} {found}; {remedy}")]
    NotUsable {
        /// Where the text came from.
        origin: String,
        /// What it is, as the predicate of a sentence.
        found: &'static str,
        /// What to do, as a command.
        remedy: &'static str,
    },
    /// The modulus is outside what Salesforce and the libraries accept.
    #[error(
        "{origin} is an RSA key of {bits} bits, and only {SMALLEST_KEY_BITS} to {LARGEST_KEY_BITS} bits can be used; \
         make a new key and certificate with `seatledger keygen` and upload the certificate to the app"
    )]
    KeySize {
        /// Where the key came from.
        origin: String,
        /// Bits of its modulus.
        bits: usize,
    },
    /// The certificate file cannot be read.
    #[error("cannot read the certificate {}", path.display())]
    CertificateUnreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file holds no certificate.
    #[error("{} {found}; name the certificate that was uploaded to the app", path.display())]
    NotCertificate {
        /// The file.
        path: PathBuf,
        /// What it is, as the predicate of a sentence.
        found: &'static str,
    },
    /// The wanted certificate would be useless or refused.
    #[error("cannot make the certificate: {0}")]
    CertificateRequest(String),
    /// Making a key failed.
    #[error("cannot make an RSA key")]
    KeyGeneration(#[source] rsa::Error),
    /// Making a certificate failed.
    #[error("cannot make a certificate for the new key")]
    CertificateGeneration(#[source] rcgen::Error),
    /// Signing failed.
    #[error("cannot sign the assertion")]
    Signing(#[source] jsonwebtoken::errors::Error),
}
