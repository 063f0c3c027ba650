//! The certificate that was uploaded to the app: what it says, and what is wrong with it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rsa::pkcs1;
use x509_cert::der::Decode;
use x509_cert::der::oid::ObjectIdentifier;

use super::signing_key::SMALLEST_KEY_BITS;
use super::{Error, SigningKey};
use crate::base::utc_text;

/// Salesforce refuses larger certificate files for an app (Salesforce Help, "OAuth 2.0 JWT Bearer Flow for
/// Server-to-Server Integration").
const LARGEST_UPLOAD_BYTES: usize = 4096;

/// Far above a chain of certificates; a larger file is something else.
const LARGEST_FILE_BYTES: u64 = 256 * 1024;

/// How long before its end a certificate is reported; replacing it needs an administrator.
const EXPIRY_WARNING: SignedDuration = SignedDuration::from_hours(30 * 24);

/// RFC 8017 appendix A.1, `rsaEncryption`.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 8017 appendix A.2.4, `sha256WithRSAEncryption`.
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");

/// An X.509 certificate: the first one of its file, which in a chain is the app's own.
#[derive(Clone, Debug)]
pub struct Certificate {
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
    /// DER of the `RSAPublicKey` and the bits of its modulus; `None` for other algorithms.
    rsa_public_key: Option<(Vec<u8>, usize)>,
    is_sha256_with_rsa: bool,
    file_bytes: usize,
}

/// Something about a certificate that an administrator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateFinding {
    /// It belongs to another key.
    OtherKey,
    /// Its time has passed.
    Expired {
        /// When it ended.
        not_after: Timestamp,
    },
    /// Its time has not come.
    NotYetValid {
        /// When it begins.
        not_before: Timestamp,
    },
    /// Its time ends within 30 days.
    ExpiresSoon {
        /// When it ends.
        not_after: Timestamp,
    },
    /// Its key is no RSA key.
    NotRsa,
    /// Its RSA key is too small.
    SmallKey {
        /// Bits of the modulus.
        bits: usize,
    },
    /// It is signed with something else than RSA and SHA-256.
    NotSha256,
    /// Its file is larger than Salesforce takes.
    TooLarge {
        /// Size of the file.
        bytes: usize,
    },
}

impl CertificateFinding {
    /// Whether no login can succeed before this is mended. The others are warnings.
    pub const fn prevents_login(&self) -> bool {
        match self {
            Self::OtherKey | Self::Expired { .. } | Self::NotRsa | Self::SmallKey { .. } => true,
            Self::NotYetValid { .. } | Self::ExpiresSoon { .. } | Self::NotSha256 | Self::TooLarge { .. } => {
                false
            }
        }
    }

    /// What to do about it, as a command.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::OtherKey => "configure the key and the certificate that were made together",
            Self::NotYetValid { .. } => "check the clock of this machine, or wait",
            Self::TooLarge { .. } => "upload only the first certificate of the chain",
            Self::Expired { .. }
            | Self::ExpiresSoon { .. }
            | Self::NotRsa
            | Self::SmallKey { .. }
            | Self::NotSha256 => {
                "make a new key and certificate with `seatledger keygen` and upload the certificate to the app"
            }
        }
    }
}

impl fmt::Display for CertificateFinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey => write!(formatter, "the certificate belongs to another private key"),
            Self::Expired { not_after } => {
                write!(formatter, "the certificate expired at {}", utc_text(*not_after))
            }
            Self::NotYetValid { not_before } => {
                write!(formatter, "the certificate is not valid before {}", utc_text(*not_before))
            }
            Self::ExpiresSoon { not_after } => {
                write!(formatter, "the certificate expires at {}", utc_text(*not_after))
            }
            Self::NotRsa => {
                write!(formatter, "the certificate's key is no RSA key, and Salesforce accepts only RSA")
            }
            Self::SmallKey { bits } => write!(
                formatter,
                "the certificate's key has {bits} bits, and Salesforce asks for {SMALLEST_KEY_BITS}"
            ),
            Self::NotSha256 => write!(formatter, "the certificate is not signed with RSA and SHA-256"),
            Self::TooLarge { bytes } => write!(
                formatter,
                "the certificate file has {bytes} bytes, and Salesforce takes at most {LARGEST_UPLOAD_BYTES}"
            ),
        }
    }
}

impl Certificate {
    /// Reads a PEM file (the first certificate in it) or a DER file.
    ///
    /// # Errors
    /// [`Error::CertificateUnreadable`] or [`Error::NotCertificate`].
    pub fn read(path: &Path) -> Result<Self, Error> {
        let content = read_bounded(path)
            .map_err(|source| Error::CertificateUnreadable { path: path.into(), source })?;
        Self::from_bytes(&content).map_err(|found| Error::NotCertificate { path: path.into(), found })
    }

    fn from_bytes(content: &[u8]) -> Result<Self, &'static str> {
        let decoded = if content.starts_with(&[0x30]) {
            x509_cert::Certificate::from_der(content)
        } else {
            let blocks = pem::parse_many(content).map_err(|_| "is a damaged PEM text")?;
            let first = blocks
                .iter()
                .find(|block| matches!(block.tag(), "CERTIFICATE" | "TRUSTED CERTIFICATE"))
                .ok_or_else(|| what_instead(&blocks))?;
            x509_cert::Certificate::from_der(first.contents())
        };
        let certificate = decoded.map_err(|_| "looks like a certificate but cannot be decoded")?;
        let body = certificate.tbs_certificate;
        let key_info = &body.subject_public_key_info;
        let key_der = key_info.subject_public_key.raw_bytes();
        let rsa_public_key = (key_info.algorithm.oid == RSA_ENCRYPTION)
            .then(|| modulus_bits(key_der).map(|bits| (key_der.to_vec(), bits)))
            .flatten();
        Ok(Self {
            subject: body.subject.to_string(),
            not_before: instant(body.validity.not_before),
            not_after: instant(body.validity.not_after),
            rsa_public_key,
            is_sha256_with_rsa: certificate.signature_algorithm.oid == SHA256_WITH_RSA,
            file_bytes: content.len(),
        })
    }

    /// Whether `key` is the private half of the certificate's key.
    pub fn matches(&self, key: &SigningKey) -> bool {
        self.rsa_public_key.as_ref().is_some_and(|(der, _)| *der == key.rsa_public_key_der())
    }

    /// The subject's distinguished name, for instance `CN=acme`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it begins to be valid.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// When it ceases to be valid.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Bits of its RSA modulus; `None` when its key is no RSA key.
    pub fn rsa_bits(&self) -> Option<usize> {
        self.rsa_public_key.as_ref().map(|(_, bits)| *bits)
    }

    /// Size of its file.
    pub const fn file_bytes(&self) -> usize {
        self.file_bytes
    }

    /// Everything that is wrong with it as the certificate of `key` at `now`, what prevents a login first.
    pub fn findings(&self, key: &SigningKey, now: Timestamp) -> Vec<CertificateFinding> {
        use CertificateFinding as Finding;
        let (not_before, not_after) = (self.not_before, self.not_after);
        let mut found = Vec::new();
        match self.rsa_bits() {
            None => found.push(Finding::NotRsa),
            Some(bits) if bits < SMALLEST_KEY_BITS => found.push(Finding::SmallKey { bits }),
            Some(_) if !self.matches(key) => found.push(Finding::OtherKey),
            Some(_) => {}
        }
        if not_after <= now {
            found.push(Finding::Expired { not_after });
        } else if not_before > now {
            found.push(Finding::NotYetValid { not_before });
        } else if not_after.duration_since(now) <= EXPIRY_WARNING {
            found.push(Finding::ExpiresSoon { not_after });
        }
        if self.rsa_public_key.is_some() && !self.is_sha256_with_rsa {
            found.push(Finding::NotSha256);
        }
        if self.file_bytes > LARGEST_UPLOAD_BYTES {
            found.push(Finding::TooLarge { bytes: self.file_bytes });
        }
        found
    }
}

/// Reads a regular file; asking first keeps a pipe from blocking us.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is a folder, pipe or device, not a regular file"));
    }
    let mut content = Vec::new();
    File::open(path)?.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut content)?;
    if content.len() as u64 > LARGEST_FILE_BYTES {
        return Err(io::Error::other("it is far larger than a certificate"));
    }
    Ok(content)
}

fn what_instead(blocks: &[pem::Pem]) -> &'static str {
    match blocks.first().map(pem::Pem::tag) {
        Some(label) if label.ends_with("PRIVATE KEY") => "is a private key, not a certificate",
        Some(label) if label.ends_with("PUBLIC KEY") => "is a public key, not a certificate",
        Some(label) if label.ends_with("CERTIFICATE REQUEST") => {
            "is a certificate request, not a certificate"
        }
        _ => "holds no certificate",
    }
}

fn modulus_bits(rsa_public_key_der: &[u8]) -> Option<usize> {
    let key = pkcs1::RsaPublicKey::try_from(rsa_public_key_der).ok()?;
    let bytes = key.modulus.as_bytes();
    Some(bytes.len() * 8 - bytes.first()?.leading_zeros() as usize)
}

fn instant(time: x509_cert::time::Time) -> Timestamp {
    // Certificates count from 1970 to 9999 and so does a timestamp.
    Timestamp::try_from(time.to_system_time()).unwrap_or(Timestamp::MAX)
}
