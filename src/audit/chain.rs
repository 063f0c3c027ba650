//! The chain: what exactly is hashed.
//!
//! ```text
//! D       = "seatledger-audit-v1" 0x00
//! genesis = SHA-256(D, chain id)
//! hash[n] = SHA-256(D, chain id (16 bytes), n (u64, big-endian), hash[n-1], length of body (u64, big-endian), body)
//! ```
//!
//! Fixed widths and the length make the input unambiguous, and the body is hashed as it is stored, so checking never
//! writes JSON again.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

/// Keeps these hashes apart from every other use of SHA-256.
const DOMAIN: &[u8] = b"seatledger-audit-v1\0";

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Which journal an event belongs to: 16 random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainId(pub [u8; 16]);

impl ChainId {
    /// Stands before the first event.
    pub fn genesis(&self) -> Hash {
        digest(&[DOMAIN, &self.0])
    }

    /// The hash of event `seq` with `body`, after the event whose hash is `previous`.
    pub fn hash(&self, seq: u64, previous: &Hash, body: &[u8]) -> Hash {
        let length = body.len() as u64;
        digest(&[DOMAIN, &self.0, &seq.to_be_bytes(), previous, &length.to_be_bytes(), body])
    }

    /// 32 hexadecimal digits.
    pub fn hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }
}

/// One event as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number; the first is 1 and none is left out.
    pub seq: u64,
    /// JSON in UTF-8.
    pub body: Vec<u8>,
    /// The hash of the event before.
    pub previous: Hash,
    /// Its own hash.
    pub hash: Hash,
}

fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest as _, Sha256};

    /// The same with another library, from the formula's text.
    #[test]
    fn hashes_are_what_the_formula_says() {
        let chain = ChainId([7; 16]);
        let mut genesis = b"seatledger-audit-v1".to_vec();
        genesis.push(0);
        genesis.extend([7; 16]);
        assert_eq!(chain.genesis()[..], Sha256::digest(&genesis)[..]);

        let body = b"{\"kind\":\"attempt\"}";
        let mut input = genesis.clone();
        input.extend([0, 0, 0, 0, 0, 0, 1, 2]);
        input.extend(chain.genesis());
        input.extend([0, 0, 0, 0, 0, 0, 0, 18]);
        input.extend(body);
        assert_eq!(chain.hash(258, &chain.genesis(), body)[..], Sha256::digest(&input)[..]);
    }

    #[test]
    fn hashes_are_as_computed_elsewhere() {
        let chain = ChainId([0; 16]);
        assert_eq!(
            HEXLOWER.encode(&chain.genesis()),
            "f9ea5d1922e33f301938d9b015faed081d52afbb21c89e0f6acd79ed4d3f5815"
        );
        assert_eq!(
            HEXLOWER.encode(&chain.hash(1, &chain.genesis(), b"{}")),
            "7d0b566023599908d99559303e0faf12b127abb68901a81189137aedc1ac9bf4"
        );
    }
}
