//! The private key: parsed, checked, and ready to sign.

use jsonwebtoken::EncodingKey;
use rsa::RsaPrivateKey;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::pkcs5::pbes2::Kdf;
use rsa::pkcs8::{self, EncryptedPrivateKeyInfo, PrivateKeyInfo, SecretDocument};
use rsa::traits::PublicKeyParts;

use super::pem_blocks::{ALGORITHMS, Block, damaged, mistake, not_usable, private_key_block};
use super::{Error, KeySettings};
use crate::base::{Secret, World};

/// RS256 asks for keys of at least this size (RFC 7518 §3.3).
pub(super) const SMALLEST_KEY_BITS: usize = 2048;

/// The largest key whose self-signed certificate Salesforce offers itself ("Certificates and Keys"), and the largest
/// that the `rsa` crate takes for a public key.
pub(super) const LARGEST_KEY_BITS: usize = 4096;

/// More rounds than any tool writes (OpenSSL: 2048; OWASP advises 600,000): such a file would only keep us busy.
const MOST_PBKDF2_ROUNDS: u32 = 10_000_000;

/// OpenSSL asks for 16 MiB.
const MOST_SCRYPT_BYTES: u64 = 256 * 1024 * 1024;

/// An RSA private key that passed every check. It has no `Debug`, and its one use is [`super::sign`].
pub struct SigningKey {
    private: RsaPrivateKey,
    encoding: EncodingKey,
}

impl SigningKey {
    /// Reads the configured key, and its passphrase if one is configured.
    ///
    /// # Errors
    /// [`Error`] says which file rule is broken, what the text is instead of a key, or what is wrong with the key.
    pub fn load(settings: &KeySettings, world: &World) -> Result<Self, Error> {
        let text = settings.key.read(world)?;
        let passphrase = settings.passphrase.as_ref().map(|source| source.read(world)).transpose()?;
        Self::from_pem(&text, passphrase.as_ref(), &settings.key.to_string())
    }

    /// Reads a key in PKCS#1, PKCS#8 or encrypted PKCS#8 PEM. A passphrase for a key that is not encrypted is not
    /// used. `origin` is how errors name the place that `text` came from.
    ///
    /// # Errors
    /// [`Error::NotUsable`] or [`Error::KeySize`].
    pub fn from_pem(text: &[u8], passphrase: Option<&Secret>, origin: &str) -> Result<Self, Error> {
        let block = private_key_block(text, origin)?;
        let private = match block.label.as_str() {
            "RSA PRIVATE KEY" => from_pkcs1(&block, origin)?,
            "PRIVATE KEY" => from_pkcs8(&block.contents, origin)?,
            "ENCRYPTED PRIVATE KEY" => from_pkcs8(decrypt(&block, passphrase, origin)?.as_bytes(), origin)?,
            _ => {
                return Err(not_usable(
                    origin,
                    "is a private key of an unknown kind",
                    "make an RSA key with `seatledger keygen`",
                ));
            }
        };
        Self::checked(private, origin)
    }

    pub(super) fn checked(private: RsaPrivateKey, origin: &str) -> Result<Self, Error> {
        let bits = private.n().bits();
        if !(SMALLEST_KEY_BITS..=LARGEST_KEY_BITS).contains(&bits) {
            return Err(Error::KeySize { origin: origin.to_owned(), bits });
        }
        let pkcs1 = private.to_pkcs1_der().map_err(|_| damaged(origin))?;
        Ok(Self { encoding: EncodingKey::from_rsa_der(pkcs1.as_bytes()), private })
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        self.private.n().bits()
    }

    /// The public half as DER of an `RSAPublicKey` (RFC 8017 §A.1.1), the form inside a certificate.
    pub(super) fn rsa_public_key_der(&self) -> Vec<u8> {
        self.private.to_public_key().to_pkcs1_der().expect("a checked RSA key has an encoding").into_vec()
    }

    pub(super) const fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }
}

fn from_pkcs1(block: &Block, origin: &str) -> Result<RsaPrivateKey, Error> {
    if block.has_cipher_header {
        return Err(not_usable(
            origin,
            "is encrypted in the old way (a DEK-Info line), which is weak",
            "encrypt it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEW.key`",
        ));
    }
    RsaPrivateKey::from_pkcs1_der(&block.contents).map_err(|_| damaged(origin))
}

fn from_pkcs8(der: &[u8], origin: &str) -> Result<RsaPrivateKey, Error> {
    let info = PrivateKeyInfo::try_from(der).map_err(|_| damaged(origin))?;
    if let Some((_, found, remedy)) = mistake(ALGORITHMS, &info.algorithm.oid.to_string()) {
        return Err(not_usable(origin, found, remedy));
    }
    RsaPrivateKey::try_from(info).map_err(|_| damaged(origin))
}

fn decrypt(block: &Block, passphrase: Option<&Secret>, origin: &str) -> Result<SecretDocument, Error> {
    let Some(passphrase) = passphrase else {
        return Err(not_usable(
            origin,
            "is encrypted, and no passphrase is configured",
            "name its passphrase with private_key_passphrase_file or private_key_passphrase_env",
        ));
    };
    let unsupported = || {
        not_usable(
            origin,
            "is encrypted in a way that is not supported here (it needs PBES2 with AES, and PBKDF2 with SHA-2 or \
             scrypt at a sane cost)",
            "encrypt it anew with `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in FILE -out NEW.key`",
        )
    };
    let info = EncryptedPrivateKeyInfo::try_from(block.contents.as_slice()).map_err(|_| unsupported())?;
    if !is_affordable(&info) {
        return Err(unsupported());
    }
    info.decrypt(passphrase.expose()).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. })
        | pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }) => {
            unsupported()
        }
        // A wrong passphrase mostly breaks the padding; one time in 256 it yields bytes that are no key.
        _ => not_usable(
            origin,
            "cannot be decrypted with the configured passphrase",
            "check the passphrase, also for blanks and line ends around it",
        ),
    })
}

fn is_affordable(info: &EncryptedPrivateKeyInfo<'_>) -> bool {
    match info.encryption_algorithm.pbes2().map(|parameters| &parameters.kdf) {
        Some(Kdf::Pbkdf2(pbkdf2)) => pbkdf2.iteration_count <= MOST_PBKDF2_ROUNDS,
        Some(Kdf::Scrypt(scrypt)) => {
            let block_bytes = 128 * u64::from(scrypt.block_size) * u64::from(scrypt.parallelization);
            block_bytes.checked_mul(scrypt.cost_parameter).is_some_and(|bytes| bytes <= MOST_SCRYPT_BYTES)
        }
        _ => false,
    }
}
