//! Keyed fingerprints: what stands in a record where a value must not.

use std::path::Path;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use serde_json::Value;

use super::{Error, random};
use crate::base::{Secret, World, read_private};

/// HMAC-SHA256 wants a key of the digest's size (RFC 2104, section 3).
const SHORTEST_KEY_BYTES: usize = 32;

/// The key of the fingerprints. A digest without a key would not do: there are only 10⁹ Social Security numbers to try.
/// It has no `Debug`.
pub struct FingerprintKey(hmac::Key);

impl FingerprintKey {
    /// Reads the key from a file that only its owner can read: all its bytes, without a line end.
    ///
    /// # Errors
    /// A broken rule for private files, or fewer than 32 bytes.
    pub fn load(path: &Path, world: &World) -> Result<Self, Error> {
        Self::from_bytes(read_private(path, world)?.trim_ascii_end()).ok_or_else(|| Error::NotUsable {
            what: path.display().to_string(),
            problem: "is too short for a key of fingerprints; make one of 32 random bytes or more",
        })
    }

    /// A key of these bytes; `None` when they are fewer than 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() >= SHORTEST_KEY_BYTES).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The text of a new key's file.
    ///
    /// # Errors
    /// [`Error::Cryptography`] when there is no randomness.
    pub fn generate() -> Result<Secret, Error> {
        Ok(Secret::new(HEXLOWER.encode(&random::<32>()?)))
    }

    /// The fingerprint of the arguments of `operation`: object members sorted, no white space.
    pub fn of_arguments(&self, operation: &str, arguments: &Value) -> String {
        self.of(operation, arguments.to_string().as_bytes())
    }

    /// 64 hexadecimal digits for `value`, which is of the sort `label`; the zero byte between the two keeps a longer
    /// label from standing for a shorter one.
    pub fn of(&self, label: &str, value: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(label.as_bytes());
        context.update(&[0]);
        context.update(value);
        HEXLOWER.encode(context.sign().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::hmac::{Hmac, Mac as _};
    use serde_json::json;
    use sha2::Sha256;

    #[test]
    fn arguments_are_fingerprinted_in_one_form() {
        let key = FingerprintKey::from_bytes(&[1; 32]).unwrap();
        let mut expected = Hmac::<Sha256>::new_from_slice(&[1; 32]).unwrap();
        expected.update(b"usage.export\0{\"a\":1,\"b\":[true,\"x\"]}");
        let expected = HEXLOWER.encode(&expected.finalize().into_bytes());
        for text in ["{\"a\":1,\"b\":[true,\"x\"]}", "{ \"b\": [true, \"x\"], \"a\": 1 }"] {
            assert_eq!(key.of_arguments("usage.export", &serde_json::from_str(text).unwrap()), expected);
        }
        assert_ne!(key.of_arguments("usage.report", &json!({"a": 1, "b": [true, "x"]})), expected);
        assert_ne!(key.of("ab", b"c"), key.of("a", b"bc"));
    }

    #[test]
    fn short_keys_are_refused_and_new_ones_are_long_enough() {
        assert!(FingerprintKey::from_bytes(&[1; 31]).is_none());
        let text = FingerprintKey::generate().unwrap();
        assert!(FingerprintKey::from_bytes(text.expose().as_bytes()).is_some());
        assert_ne!(text.expose(), FingerprintKey::generate().unwrap().expose());
    }
}
