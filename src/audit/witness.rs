//! What somebody outside holds, and the journal is held against.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde_json::Value;

use super::{Checkpoint, CheckpointVerifier, Error, Hash};

/// Everything from outside that a check is to use.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Checkpoints that were kept elsewhere.
    pub checkpoints: Vec<Checkpoint>,
    /// Keys that checkpoints must be signed with, by one of them; with none, signatures are not checked.
    pub verifiers: Vec<CheckpointVerifier>,
    /// What a sink was sent.
    pub sent: Vec<Attested>,
}

/// An event's place and hash as a sink knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested {
    /// The journal, in hexadecimal digits.
    pub chain_id: String,
    /// The event's number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Attested {
    /// Reads a sink's dump: one event a line, in any of the forms in which they are sent and exported. Empty lines do
    /// not count.
    ///
    /// # Errors
    /// [`Error::NotUsable`] with the number of the first line that holds no event.
    pub fn parse_dump(text: &str) -> Result<Vec<Self>, Error> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(place, line)| {
                Self::parse(line).ok_or_else(|| Error::NotUsable {
                    what: format!("line {} of the dump", place + 1),
                    problem: "holds no event with its place in the chain",
                })
            })
            .collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let event: Value = serde_json::from_str(line).ok()?;
        let places =
            ["/unmapped/attestation", "/data/unmapped/attestation", "/attestation", "/data/attestation"];
        let attestation = places.iter().find_map(|place| event.pointer(place))?;
        Some(Self {
            chain_id: attestation["chain_uid"].as_str()?.to_owned(),
            seq: attestation["seq"].as_u64()?,
            hash: hash(attestation["fingerprint"].as_str()?)?,
        })
    }
}

fn hash(digits: &str) -> Option<Hash> {
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}
