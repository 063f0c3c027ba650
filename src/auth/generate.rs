//! Makes a key and the self-signed certificate that Salesforce accepts for it.

use jiff::Timestamp;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::OsRng;
use time::{Duration, OffsetDateTime};

use super::Error;
use crate::base::Secret;

/// Ten years. A longer life is a sign of a typing error, and a key should have been changed long before.
const LONGEST_VALIDITY_DAYS: u32 = 3653;

/// The upper bound of a common name (RFC 5280 appendix A, `ub-common-name`).
const LONGEST_COMMON_NAME: usize = 64;

/// A certificate is valid from a little earlier than now, for readers whose clock is slow.
const BACKDATED: Duration = Duration::hours(1);

/// How large a new key is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySize {
    /// 2048 bits.
    #[default]
    Bits2048,
    /// 4096 bits: slower to make and to sign with.
    Bits4096,
}

impl KeySize {
    /// Bits of the modulus.
    pub const fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits4096 => 4096,
        }
    }
}

/// A new key and its certificate.
pub struct GeneratedKey {
    /// PKCS#8 PEM, not encrypted.
    pub private_key_pem: Secret,
    /// PEM; goes to the app in Salesforce.
    pub certificate_pem: String,
}

/// Makes an RSA key and a certificate for it: self-signed with SHA-256, subject `CN=common_name`, valid for
/// `valid_days` days from `now`.
///
/// # Errors
/// [`Error::CertificateRequest`] says what is wrong with the name or the number of days; the other variants mean that
/// a library failed.
pub fn generate(
    size: KeySize,
    common_name: &str,
    valid_days: u32,
    now: Timestamp,
) -> Result<GeneratedKey, Error> {
    check_request(common_name, valid_days)?;
    let key = RsaPrivateKey::new(&mut OsRng, size.bits()).map_err(Error::KeyGeneration)?;
    let private_key_pem =
        key.to_pkcs8_pem(LineEnding::LF).expect("a key of two primes has a PKCS#8 encoding");
    let certificate_pem =
        self_signed(&private_key_pem, common_name, valid_days, now).map_err(Error::CertificateGeneration)?;
    Ok(GeneratedKey { private_key_pem: Secret::new(private_key_pem.to_string()), certificate_pem })
}

fn check_request(common_name: &str, valid_days: u32) -> Result<(), Error> {
    let wrong = |what: String| Err(Error::CertificateRequest(what));
    if !(1..=LONGEST_VALIDITY_DAYS).contains(&valid_days) {
        return wrong(format!(
            "it can be valid for 1 to {LONGEST_VALIDITY_DAYS} days, and {valid_days} were asked for"
        ));
    }
    if common_name.trim().is_empty() || common_name.chars().any(char::is_control) {
        return wrong(
            "its common name needs at least one visible character and no control characters".into(),
        );
    }
    let length = common_name.chars().count();
    if length > LONGEST_COMMON_NAME {
        return wrong(format!(
            "a common name has at most {LONGEST_COMMON_NAME} characters, and this one has {length}"
        ));
    }
    Ok(())
}

fn self_signed(
    private_key_pem: &str,
    common_name: &str,
    valid_days: u32,
    now: Timestamp,
) -> Result<String, rcgen::Error> {
    let signer = KeyPair::from_pkcs8_pem_and_sign_algo(private_key_pem, &PKCS_RSA_SHA256)?;
    let now = OffsetDateTime::from_unix_timestamp(now.as_second()).map_err(|_| rcgen::Error::Time)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, common_name);
    let mut request = CertificateParams::default();
    request.distinguished_name = subject;
    request.not_before = now - BACKDATED;
    request.not_after = now + Duration::days(valid_days.into());
    request.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // The library writes lines of CR LF only on Windows; Salesforce takes either.
    Ok(request.self_signed(&signer)?.pem())
}
