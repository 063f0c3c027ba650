//! Recomputes everything, and names the first event that does not fit.

use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::chain::{ChainId, Hash, Record};
use super::database::{RECORD_COLUMNS, record};
use super::error::Doing as _;
use super::reader::notes;
use super::witness::{Attested, Witness};
use super::{Checkpoint, Error, Reader};

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The event is missing.
    Missing,
    /// The event does not name the hash of the one before.
    PreviousHash,
    /// The event's hash is not that of its content.
    Hash,
    /// The event or the file around it cannot be read.
    Unreadable,
    /// The event is no record of this program.
    Content,
    /// An outcome without an attempt, a second attempt of the same operation, or an outcome of a refused one.
    Pairing,
    /// A checkpoint that is none, or stands at another event than it is about.
    CheckpointForm,
    /// A checkpoint that is recorded as an event and not kept.
    CheckpointMissing,
    /// A checkpoint whose signature is wrong, or that none of the given keys signed.
    CheckpointSignature,
    /// A checkpoint or sent event of another journal.
    OtherChain,
    /// A checkpoint or sent event later than the last event: the end was cut off.
    BeyondHead,
    /// A checkpoint or sent event with another hash: history was rewritten.
    Fork,
}

impl Fault {
    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::PreviousHash => "previous_hash",
            Self::Hash => "hash",
            Self::Unreadable => "unreadable",
            Self::Content => "content",
            Self::Pairing => "pairing",
            Self::CheckpointForm => "checkpoint_form",
            Self::CheckpointMissing => "checkpoint_missing",
            Self::CheckpointSignature => "checkpoint_signature",
            Self::OtherChain => "other_chain",
            Self::BeyondHead => "beyond_head",
            Self::Fork => "fork",
        }
    }

    /// A sentence for people, without its full stop.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Missing => "the event is missing",
            Self::PreviousHash => "the event does not follow the one before it",
            Self::Hash => "the event was changed after it was written",
            Self::Unreadable => "the event or the file around it cannot be read",
            Self::Content => "the event is no record of this program",
            Self::Pairing => "attempt and outcome do not belong together",
            Self::CheckpointForm => "the checkpoint is none, or is about another event",
            Self::CheckpointMissing => "the checkpoint was removed",
            Self::CheckpointSignature => "the checkpoint was not signed by the given key",
            Self::OtherChain => "the checkpoint or sent event is of another journal",
            Self::BeyondHead => "the journal ends before this event, so its end was cut off",
            Self::Fork => "another event stood here when this was signed or sent, so history was rewritten",
        }
    }
}

/// Something that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The event that it is about.
    pub seq: u64,
    /// What it is.
    pub fault: Fault,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// The journal, in hexadecimal digits.
    pub chain_id: String,
    /// How many events fit, counted from the first.
    pub events: u64,
    /// The hash of the last of them.
    pub head: Hash,
    /// How many checkpoints were held against the chain.
    pub checkpoints: usize,
    /// Whether their signatures were checked too.
    pub signatures_checked: bool,
    /// How many sent events were held against the chain.
    pub sent: usize,
    /// Attempts without an outcome: the operation is still running, or its process is gone.
    pub open_attempts: Vec<u64>,
    /// What does not fit, by the event it is about.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything fits.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }

    /// The first event that does not fit.
    pub fn first(&self) -> Option<Finding> {
        self.findings.first().copied()
    }
}

/// Checks the journal at `path`, or a copy of it, in one read transaction.
///
/// # Errors
/// [`Error`] when it cannot even be opened as a journal.
pub fn verify(path: &Path, witness: &Witness) -> Result<Verification, Error> {
    let reader = Reader::open(path)?;
    let connection = &reader.connection;
    let _snapshot = connection.unchecked_transaction().doing("beginning to read")?;
    let notes = notes(connection);
    let mut statement = connection
        .prepare(&format!("SELECT {RECORD_COLUMNS} FROM event NOT INDEXED ORDER BY seq"))
        .doing("reading the events")?;
    let records = statement.query_map([], record).doing("reading the events")?.map(Result::ok);
    let mut verification =
        verify_records(reader.chain, records, notes.as_deref().unwrap_or_default(), witness);
    if notes.is_err() {
        verification.findings.push(Finding { seq: verification.events, fault: Fault::Unreadable });
        verification.findings.sort_by_key(|finding| finding.seq);
    }
    Ok(verification)
}

/// The check itself: `records` in the order of their numbers, none where one could not be read, and the stored
/// checkpoints with the numbers that they stand at. It stops at the first event that does not fit the chain, because
/// nothing after it can be trusted.
pub fn verify_records(
    chain: ChainId,
    records: impl Iterator<Item = Option<impl Borrow<Record>>>,
    notes: &[(u64, String)],
    witness: &Witness,
) -> Verification {
    let mut walk = Walk::new(chain, notes, witness);
    for record in records {
        let record = record.as_ref().map(Borrow::borrow);
        let fault = record.map_or(Some(Fault::Unreadable), |record| walk.fault(record));
        match (record, fault) {
            (Some(record), None) => walk.accept(record),
            (_, fault) => {
                walk.report(walk.events + 1, fault.unwrap_or(Fault::Unreadable));
                walk.is_broken = true;
                break;
            }
        }
    }
    walk.finish(notes, witness)
}

/// What is known about an operation.
struct Pair {
    attempt: u64,
    is_closed: bool,
    is_final: bool,
}

/// What a check wants to know of a body.
#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    trace_id: Cow<'a, str>,
    #[serde(rename = "final", default)]
    is_final: bool,
    #[serde(borrow)]
    checkpoint: Option<RecordedCheckpoint<'a>>,
}

#[derive(Deserialize)]
struct RecordedCheckpoint<'a> {
    seq: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

struct Walk {
    chain: ChainId,
    events: u64,
    head: Hash,
    is_broken: bool,
    /// Hashes that the outside and the checkpoints expect, by number.
    expected: HashMap<u64, Vec<Hash>>,
    noted: HashMap<u64, String>,
    pairs: HashMap<String, Pair>,
    findings: Vec<Finding>,
}

impl Walk {
    fn new(chain: ChainId, notes: &[(u64, String)], witness: &Witness) -> Self {
        let mut walk = Self {
            chain,
            events: 0,
            head: chain.genesis(),
            is_broken: false,
            expected: HashMap::new(),
            noted: notes.iter().cloned().collect(),
            pairs: HashMap::new(),
            findings: Vec::new(),
        };
        for (seq, note) in notes {
            match Checkpoint::parse(note).filter(|checkpoint| checkpoint.seq == *seq) {
                Some(checkpoint) => walk.expect_checkpoint(&checkpoint, witness),
                None => walk.report(*seq, Fault::CheckpointForm),
            }
        }
        for checkpoint in &witness.checkpoints {
            walk.expect_checkpoint(checkpoint, witness);
        }
        for Attested { chain_id, seq, hash } in &witness.sent {
            walk.expect(chain_id, *seq, *hash);
        }
        walk
    }

    fn expect_checkpoint(&mut self, checkpoint: &Checkpoint, witness: &Witness) {
        let is_signed = |verifier| checkpoint.is_signed_by(verifier) == Some(true);
        if !witness.verifiers.is_empty() && !witness.verifiers.iter().any(is_signed) {
            self.report(checkpoint.seq, Fault::CheckpointSignature);
        }
        self.expect(&checkpoint.chain_id, checkpoint.seq, checkpoint.hash);
    }

    fn expect(&mut self, chain_id: &str, seq: u64, hash: Hash) {
        if chain_id == self.chain.hex() {
            self.expected.entry(seq).or_default().push(hash);
        } else {
            self.report(seq, Fault::OtherChain);
        }
    }

    /// Why `record` cannot be the next event.
    fn fault(&self, record: &Record) -> Option<Fault> {
        if record.seq != self.events + 1 {
            Some(Fault::Missing)
        } else if record.hash != self.chain.hash(record.seq, &record.previous, &record.body) {
            Some(Fault::Hash)
        } else if record.previous != self.head {
            Some(Fault::PreviousHash)
        } else {
            None
        }
    }

    fn accept(&mut self, record: &Record) {
        (self.events, self.head) = (record.seq, record.hash);
        if self
            .expected
            .remove(&record.seq)
            .is_some_and(|hashes| hashes.iter().any(|hash| *hash != record.hash))
        {
            self.report(record.seq, Fault::Fork);
        }
        let content: Option<Content<'_>> = serde_json::from_slice(&record.body).ok();
        match content.as_ref().map(|content| (&*content.kind, content)) {
            Some(("attempt", content)) => self.pair_attempt(record.seq, &content.trace_id, content.is_final),
            Some(("outcome", content)) => self.pair_outcome(record.seq, &content.trace_id),
            Some(("checkpoint", Content { checkpoint: Some(checkpoint), .. })) => {
                self.match_checkpoint(checkpoint);
            }
            Some(("notice", _)) => {}
            _ => self.report(record.seq, Fault::Content),
        }
    }

    fn pair_attempt(&mut self, seq: u64, trace_id: &str, is_final: bool) {
        let pair = Pair { attempt: seq, is_closed: false, is_final };
        if self.pairs.insert(trace_id.to_owned(), pair).is_some() {
            self.report(seq, Fault::Pairing);
        }
    }

    fn pair_outcome(&mut self, seq: u64, trace_id: &str) {
        match self.pairs.get_mut(trace_id) {
            Some(pair) if !pair.is_final => pair.is_closed = true,
            _ => self.report(seq, Fault::Pairing),
        }
    }

    /// A checkpoint's event must have its row, and the row must be the same text.
    fn match_checkpoint(&mut self, checkpoint: &RecordedCheckpoint<'_>) {
        match self.noted.get(&checkpoint.seq) {
            Some(note) if *note == checkpoint.note => {}
            Some(_) => self.report(checkpoint.seq, Fault::CheckpointForm),
            None => self.report(checkpoint.seq, Fault::CheckpointMissing),
        }
    }

    fn report(&mut self, seq: u64, fault: Fault) {
        self.findings.push(Finding { seq, fault });
    }

    fn finish(mut self, notes: &[(u64, String)], witness: &Witness) -> Verification {
        // What a broken chain did not reach is not known to be cut off.
        if !self.is_broken {
            let beyond: Vec<_> = self.expected.keys().copied().collect();
            beyond.into_iter().for_each(|seq| self.report(seq, Fault::BeyondHead));
        }
        self.findings.sort_by_key(|finding| finding.seq);
        let open = self.pairs.values().filter(|pair| !pair.is_closed && !pair.is_final);
        let mut open_attempts: Vec<_> = open.map(|pair| pair.attempt).collect();
        open_attempts.sort_unstable();
        Verification {
            chain_id: self.chain.hex(),
            events: self.events,
            head: self.head,
            checkpoints: notes.len() + witness.checkpoints.len(),
            signatures_checked: !witness.verifiers.is_empty(),
            sent: witness.sent.len(),
            open_attempts,
            findings: self.findings,
        }
    }
}
