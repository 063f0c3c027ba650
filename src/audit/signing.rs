//! The keys of checkpoints: Ed25519 in the clothes of a signed note.
//!
//! Names and key ids follow the signed-note format of the C2SP (<https://c2sp.org/signed-note>), so that its tools can
//! check what is signed here.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;

use super::Error;
use crate::base::{Secret, World, read_private};

/// The signature type of Ed25519 in signed notes.
const ED25519_TYPE: u8 = 1;

/// Signs checkpoints. It has no `Debug`.
pub struct CheckpointKey {
    name: String,
    pair: Ed25519KeyPair,
}

impl CheckpointKey {
    /// Reads an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it, from a file that only its
    /// owner can read. `name` stands in the notes; it has no blank and no plus sign.
    ///
    /// # Errors
    /// A broken rule for private files, or no such key.
    pub fn load(path: &Path, name: &str, world: &World) -> Result<Self, Error> {
        Self::from_pem(&read_private(path, world)?, name).ok_or_else(|| Error::NotUsable {
            what: path.display().to_string(),
            problem: "is no Ed25519 private key in PEM form; make one with `openssl genpkey -algorithm ed25519`",
        })
    }

    /// Reads the same from text; `None` when it is no such key or `name` cannot stand in a note.
    pub fn from_pem(text: &[u8], name: &str) -> Option<Self> {
        let block = pem::parse(text).ok().filter(|block| block.tag() == "PRIVATE KEY")?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(block.contents()).ok()?;
        is_name(name).then(|| Self { name: name.to_owned(), pair })
    }

    /// The PEM text of a new key.
    ///
    /// # Errors
    /// [`Error::Cryptography`] when there is no randomness.
    pub fn generate() -> Result<Secret, Error> {
        let made = Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8v1());
        let document = made.map_err(|_| Error::Cryptography("making a key for checkpoints"))?;
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        Ok(Secret::new(pem::encode_config(&pem::Pem::new("PRIVATE KEY", document.as_ref()), config)))
    }

    /// The public half, for those who check.
    pub fn verifier(&self) -> CheckpointVerifier {
        let mut public = [0; 32];
        public.copy_from_slice(self.pair.public_key().as_ref());
        CheckpointVerifier { name: self.name.clone(), public }
    }

    /// `— name base64(key id, signature)` for `text`.
    pub(super) fn signature_line(&self, text: &str) -> Result<String, Error> {
        let signature =
            self.pair.try_sign(text.as_bytes()).map_err(|_| Error::Cryptography("signing a checkpoint"))?;
        let mut blob = self.verifier().key_id().to_vec();
        blob.extend(signature.as_ref());
        Ok(format!("\u{2014} {} {}\n", self.name, STANDARD.encode(blob)))
    }
}

/// Checks the signatures of checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointVerifier {
    name: String,
    public: [u8; 32],
}

impl CheckpointVerifier {
    /// The name in the notes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first bytes of SHA-256 of the name, a line feed, the signature type and the public key.
    fn key_id(&self) -> [u8; 4] {
        let mut input = format!("{}\n", self.name).into_bytes();
        input.push(ED25519_TYPE);
        input.extend(self.public);
        let mut id = [0; 4];
        id.copy_from_slice(&digest(&SHA256, &input).as_ref()[..4]);
        id
    }

    /// Whether `line` is this key's signature of `text`; `None` when it is another key's or none at all.
    pub(super) fn check(&self, text: &str, line: &str) -> Option<bool> {
        let blob = line.strip_prefix("\u{2014} ")?.strip_prefix(&self.name)?.strip_prefix(' ')?;
        let blob = STANDARD.decode(blob.trim_end_matches('\n')).ok()?;
        let signature = blob.strip_prefix(&self.key_id())?;
        Some(UnparsedPublicKey::new(&ED25519, &self.public).verify(text.as_bytes(), signature).is_ok())
    }
}

impl fmt::Display for CheckpointVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend(self.public);
        write!(formatter, "{}+{}+{}", self.name, HEXLOWER.encode(&self.key_id()), STANDARD.encode(key))
    }
}

impl FromStr for CheckpointVerifier {
    type Err = Error;

    /// Reads `name+key id+base64`, the form of signed-note verifier keys.
    fn from_str(text: &str) -> Result<Self, Error> {
        let read = || {
            let (name, rest) = text.trim().split_once('+')?;
            let (id, key) = rest.split_once('+')?;
            let key = STANDARD.decode(key).ok()?;
            let public = key.strip_prefix(&[ED25519_TYPE])?.try_into().ok()?;
            let verifier = Self { name: name.to_owned(), public };
            (is_name(name) && HEXLOWER.encode(&verifier.key_id()) == id).then_some(verifier)
        };
        read().ok_or_else(|| Error::NotUsable {
            what: "the public key of checkpoints".into(),
            problem: "is not of the form NAME+KEYID+BASE64, or its parts do not belong together",
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|character| character.is_ascii_graphic() && character != '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example key and note of Go's `golang.org/x/mod/sumdb/note`.
    #[test]
    fn signatures_made_elsewhere_are_taken() {
        let verifier: CheckpointVerifier =
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().unwrap();
        let text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
        let line = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        assert_eq!(verifier.check(text, line), Some(true));
        assert_eq!(verifier.check(&text.replace("your", "my"), line), Some(false));
        assert_eq!(verifier.check(text, &line.replace("Peter", "Paul")), None);
    }

    #[test]
    fn keys_keep_their_identity_through_text() {
        let pem = CheckpointKey::generate().unwrap();
        let key = CheckpointKey::from_pem(pem.expose().as_bytes(), "seatledger").unwrap();
        let verifier: CheckpointVerifier = key.verifier().to_string().parse().unwrap();
        assert_eq!(verifier, key.verifier());
        let line = key.signature_line("text\n").unwrap();
        assert_eq!(verifier.check("text\n", &line), Some(true));
        for name in ["", "two words", "a+b", "ä"] {
            assert!(CheckpointKey::from_pem(pem.expose().as_bytes(), name).is_none(), "{name}");
        }
        let text = key.verifier().to_string();
        for wrong in ["", "x+y", &text.replace("seatledger+", "other+"), &text[..text.len() - 4]] {
            assert!(wrong.parse::<CheckpointVerifier>().is_err(), "{wrong}");
        }
    }
}
