//! Certificates registered with the emulated app.

use jsonwebtoken::DecodingKey;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::traits::PublicKeyParts;
use thiserror::Error;
use x509_cert::der::oid::ObjectIdentifier;

/// Salesforce takes no certificate file of this size or more (Help, "Create an External Client App").
const LARGEST_CERTIFICATE_BYTES: usize = 4096;
/// Salesforce takes no shorter key.
const SHORTEST_KEY_BITS: usize = 2048;
/// `rsaEncryption` (RFC 8017, appendix C).
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Why a certificate cannot be registered.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// No certificate in PEM form.
    #[error("the file registered with the emulated app holds no PEM certificate")]
    NoCertificate(#[source] Option<x509_cert::der::Error>),
    /// The file is too large for Salesforce.
    #[error("the certificate file has {0} bytes; Salesforce takes less than {LARGEST_CERTIFICATE_BYTES}")]
    TooLarge(usize),
    /// The key is not RSA.
    #[error("the certificate's key is not RSA; Salesforce verifies RS256 only")]
    NotRsa,
    /// The RSA key is too short.
    #[error("the certificate's RSA key has {0} bits; Salesforce asks for {SHORTEST_KEY_BITS} or more")]
    TooShort(usize),
}

/// A registered certificate, reduced to what verifies signatures.
pub(crate) struct Certificate(DecodingKey);

impl Certificate {
    /// Reads the first certificate of a PEM text.
    ///
    /// # Errors
    /// [`CertificateError`] says what Salesforce would not take.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        if pem.len() >= LARGEST_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLarge(pem.len()));
        }
        let chain = x509_cert::Certificate::load_pem_chain(pem.as_bytes())
            .map_err(|error| CertificateError::NoCertificate(Some(error)))?;
        let certificate = chain.first().ok_or(CertificateError::NoCertificate(None))?;
        let key_info = &certificate.tbs_certificate.subject_public_key_info;
        if key_info.algorithm.oid != RSA_ENCRYPTION {
            return Err(CertificateError::NotRsa);
        }
        let key_der = key_info.subject_public_key.raw_bytes();
        let key = RsaPublicKey::from_pkcs1_der(key_der).map_err(|_| CertificateError::NotRsa)?;
        let bits = key.n().bits();
        if bits < SHORTEST_KEY_BITS {
            return Err(CertificateError::TooShort(bits));
        }
        Ok(Self(DecodingKey::from_rsa_der(key_der)))
    }

    /// The key that verifies signatures.
    pub(super) fn key(&self) -> &DecodingKey {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA_1024: &str = "-----BEGIN CERTIFICATE-----
MIIB/DCCAWWgAwIBAgIUVrbipgIJsyPw8QvnZuUlYO1BvZQwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjIwMTQwMzNaGA8yMDgxMDgyNTAx
NDAzM1owDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC
gYEAupX9kpHKG8KljeJtMaqmCZID+uAbqVNPNVxT2MwMnAsMWyp+Dp1HzRomsf9V
Ly9cPzNGhu7mxcD4HjvfCDtmYN6JOeRvbt4e2tHYCUVb+cWcjhIQyUsHF55IcOds
C9zgie16gZ25wJMxXoLGkeG8er4VAE5hggD7laCCruSlfGUCAwEAAaNTMFEwHQYD
VR0OBBYEFEYqwLJNbvBpPUoAqkf7kcIq9uJeMB8GA1UdIwQYMBaAFEYqwLJNbvBp
PUoAqkf7kcIq9uJeMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADgYEA
k4uL78GnOVKFv4iFw/O7TYzv+MvJTMnbL7CCG8ww3Uy2s7JpSXPXGwwXJ3nv79UB
rJAt/VmToT31No0EIZJEidjY+9iStXqENdV9A9GirQdlU/CX9cvOtUJkmy+hXuQC
BI748R2UhInThrLaqF4qcS7FlIQikJHHfDjKi/1Kn4I=
-----END CERTIFICATE-----";

    const ELLIPTIC_CURVE: &str = "-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUdUoc7tIsRaPPJ2nrWRE9yRCosHQwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCZWMwIBcNMjYxMTIyMDE0MDMzWhgPMjA4MTA4MjUwMTQwMzNa
MA0xCzAJBgNVBAMMAmVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3SVazS8l
pgFT8/kDMp9A/ogH2JJmDtU5hC/usliATzSpDiYnVSvBFrPnRSPMtKjIEEMIZZhU
Wyd07qg3X+jtXqNTMFEwHQYDVR0OBBYEFGmOqqTGCft55pUroAZxkp4T8FdEMB8G
A1UdIwQYMBaAFGmOqqTGCft55pUroAZxkp4T8FdEMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhAPgHxqo9lk47t2W+XBgg4gffL/JByELMavcvRDx0
8GadAiAEIykszxzA35orA3XsUaXP4QPt39B0vo7GXy0fOb9ynQ==
-----END CERTIFICATE-----";

    #[test]
    fn certificates_that_salesforce_would_not_take_are_refused() {
        let long = "x".repeat(LARGEST_CERTIFICATE_BYTES);
        for (pem, expected) in [
            (RSA_1024, "the certificate's RSA key has 1024 bits; Salesforce asks for 2048 or more"),
            (ELLIPTIC_CURVE, "the certificate's key is not RSA; Salesforce verifies RS256 only"),
            ("text", "the file registered with the emulated app holds no PEM certificate"),
            ("", "the file registered with the emulated app holds no PEM certificate"),
            (&long, "the certificate file has 4096 bytes; Salesforce takes less than 4096"),
        ] {
            assert_eq!(Certificate::from_pem(pem).err().unwrap().to_string(), expected);
        }
    }
}
