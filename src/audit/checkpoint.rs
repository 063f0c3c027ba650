//! A signed statement of the journal's head, for whoever should be able to tell later that it was rewritten.
//!
//! ```text
//! seatledger.audit/<chain id>
//! <sequence number>
//! <base64 of the hash>
//! <time>
//!
//! — <key name> <base64 of key id and signature>
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use super::chain::{ChainId, Hash};
use super::{CheckpointKey, CheckpointVerifier, Error};
use crate::base::utc_text;

const ORIGIN: &str = "seatledger.audit/";

/// A signed note about the event `seq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal, in hexadecimal digits.
    pub chain_id: String,
    /// The last event it covers.
    pub seq: u64,
    /// That event's hash.
    pub hash: Hash,
    /// The whole text with its signatures.
    pub note: String,
    /// How many of the first bytes are signed.
    signed: usize,
}

impl Checkpoint {
    pub(super) fn sign(
        chain: &ChainId,
        seq: u64,
        hash: &Hash,
        now: Timestamp,
        key: &CheckpointKey,
    ) -> Result<Self, Error> {
        let text = format!("{ORIGIN}{}\n{seq}\n{}\n{}\n", chain.hex(), STANDARD.encode(hash), utc_text(now));
        let line = key.signature_line(&text)?;
        Ok(Self {
            chain_id: chain.hex(),
            seq,
            hash: *hash,
            signed: text.len(),
            note: format!("{text}\n{line}"),
        })
    }

    /// Reads a note; `None` when it is no checkpoint of such a journal. Signatures are not checked.
    pub fn parse(note: &str) -> Option<Self> {
        let signed = note.find("\n\n")? + 1;
        let mut lines = note[..signed].lines();
        let chain_id = lines.next()?.strip_prefix(ORIGIN)?.to_owned();
        let seq = lines.next()?.parse().ok()?;
        let hash = STANDARD.decode(lines.next()?).ok()?.try_into().ok()?;
        lines.next()?.parse::<Timestamp>().ok()?;
        let is_whole = lines.next().is_none() && note.ends_with('\n');
        is_whole.then(|| Self { chain_id, seq, hash, note: note.to_owned(), signed })
    }

    /// Whether `verifier` signed this; `None` when no signature is by that key.
    pub fn is_signed_by(&self, verifier: &CheckpointVerifier) -> Option<bool> {
        let text = &self.note[..self.signed];
        self.note[self.signed + 1..].lines().find_map(|line| verifier.check(text, line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> (Checkpoint, CheckpointVerifier) {
        let pem = CheckpointKey::generate().unwrap();
        let key = CheckpointKey::from_pem(pem.expose().as_bytes(), "seatledger").unwrap();
        let now = "2026-11-21T10:00:00Z".parse().unwrap();
        (Checkpoint::sign(&ChainId([1; 16]), 400, &[2; 32], now, &key).unwrap(), key.verifier())
    }

    #[test]
    fn a_note_is_read_back_and_checked() {
        let (checkpoint, verifier) = checkpoint();
        let expected = "seatledger.audit/01010101010101010101010101010101\n400\n\
                        AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n2026-11-21T10:00:00.000Z\n\n\u{2014} seatledger ";
        assert!(checkpoint.note.starts_with(expected), "{}", checkpoint.note);
        let read = Checkpoint::parse(&checkpoint.note).unwrap();
        assert_eq!(read, checkpoint);
        assert_eq!(read.is_signed_by(&verifier), Some(true));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let (checkpoint, verifier) = checkpoint();
        let note = &checkpoint.note;
        for place in (0..note.len() - 1).filter(|place| note.is_char_boundary(*place)) {
            if !note.as_bytes()[place].is_ascii() {
                continue;
            }
            let mut changed = note.clone().into_bytes();
            changed[place] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            let signed = Checkpoint::parse(&changed).and_then(|read| read.is_signed_by(&verifier));
            assert_ne!(signed, Some(true), "{place}: {changed}");
        }
    }
}
