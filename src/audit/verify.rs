//! Recomputes everything, and names the first event that does not fit.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::path::Path;

use super::chain::{ChainId, Hash, Record};
use super::contents::Contents;
use super::error::Doing as _;
use super::reader::{Records, notes};
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
    let records = || Records::new(connection);
    let mut verification =
        verify_records(reader.chain, records, notes.as_deref().unwrap_or_default(), witness);
    if notes.is_err() {
        verification.findings.push(Finding { seq: verification.events, fault: Fault::Unreadable });
        verification.findings.sort_by_key(|finding| finding.seq);
    }
    Ok(verification)
}

/// The check itself. `records` gives the events in the order of their numbers, and nothing in place of one that cannot
/// be read; `notes` are the stored checkpoints with the numbers that they stand at. It stops at the first event that
/// does not fit the chain, because nothing after it can be trusted, and looks into the events only when all of them fit.
pub fn verify_records<Records, Row>(
    chain: ChainId,
    records: impl Fn() -> Records,
    notes: &[(u64, String)],
    witness: &Witness,
) -> Verification
where
    Records: Iterator<Item = Option<Row>>,
    Row: Borrow<Record>,
{
    let mut walk = Walk::new(chain, notes, witness);
    walk.follow(records());
    let mut contents = Contents::new(notes);
    if walk.findings.is_empty() {
        records().flatten().for_each(|record| contents.look_at(record.borrow()));
    }
    let mut findings = walk.findings;
    let open_attempts = contents.finish(&mut findings);
    findings.sort_by_key(|finding| finding.seq);
    Verification {
        chain_id: chain.hex(),
        events: walk.events,
        head: walk.head,
        checkpoints: notes.len() + witness.checkpoints.len(),
        signatures_checked: !witness.verifiers.is_empty(),
        sent: witness.sent.len(),
        open_attempts,
        findings,
    }
}

/// Follows the chain from its genesis.
struct Walk {
    chain: ChainId,
    events: u64,
    head: Hash,
    /// Hashes that checkpoints and sinks know, by number.
    expected: HashMap<u64, Vec<Hash>>,
    findings: Vec<Finding>,
}

impl Walk {
    fn new(chain: ChainId, notes: &[(u64, String)], witness: &Witness) -> Self {
        let (expected, findings) = (HashMap::new(), Vec::new());
        let mut walk = Self { chain, events: 0, head: chain.genesis(), expected, findings };
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

    fn follow(&mut self, records: impl Iterator<Item = Option<impl Borrow<Record>>>) {
        for record in records {
            let record = record.as_ref().map(Borrow::borrow);
            if let Some(fault) = record.map_or(Some(Fault::Unreadable), |record| self.fault(record)) {
                // What a broken chain did not reach is not known to be cut off.
                self.report(self.events + 1, fault);
                return;
            }
            if let Some(record) = record {
                self.accept(record);
            }
        }
        let beyond: Vec<_> = self.expected.keys().copied().collect();
        beyond.into_iter().for_each(|seq| self.report(seq, Fault::BeyondHead));
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
        let expected = self.expected.remove(&record.seq).unwrap_or_default();
        if expected.iter().any(|hash| *hash != record.hash) {
            self.report(record.seq, Fault::Fork);
        }
    }

    fn report(&mut self, seq: u64, fault: Fault) {
        self.findings.push(Finding { seq, fault });
    }
}
