//! What the events say, once their hashes fit: attempts and outcomes in pairs, and checkpoints that are kept.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;

use super::chain::Record;
use super::verify::{Fault, Finding};

/// Looks at one event after the other.
pub(super) struct Contents<'a> {
    notes: HashMap<u64, &'a str>,
    pairs: HashMap<String, Pair>,
    findings: Vec<Finding>,
}

/// What is known about an operation.
struct Pair {
    attempt: u64,
    is_closed: bool,
    is_final: bool,
}

/// What is read of a body.
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

impl<'a> Contents<'a> {
    /// `notes` are the stored checkpoints with the numbers that they stand at.
    pub(super) fn new(notes: &'a [(u64, String)]) -> Self {
        let notes = notes.iter().map(|(seq, note)| (*seq, note.as_str())).collect();
        Self { notes, pairs: HashMap::new(), findings: Vec::new() }
    }

    pub(super) fn look_at(&mut self, record: &Record) {
        let content: Option<Content<'_>> = serde_json::from_slice(&record.body).ok();
        match content.as_ref().map(|content| (&*content.kind, content)) {
            Some(("attempt", content)) => self.pair_attempt(record.seq, content),
            Some(("outcome", content)) => self.pair_outcome(record.seq, &content.trace_id),
            Some(("checkpoint", Content { checkpoint: Some(checkpoint), .. })) => {
                self.match_checkpoint(checkpoint);
            }
            Some(("notice", _)) => {}
            _ => self.report(record.seq, Fault::Content),
        }
    }

    /// Adds what does not fit to `findings`, and gives the attempts without an outcome.
    pub(super) fn finish(self, findings: &mut Vec<Finding>) -> Vec<u64> {
        findings.extend(self.findings);
        let open = self.pairs.values().filter(|pair| !pair.is_closed && !pair.is_final);
        let mut open: Vec<_> = open.map(|pair| pair.attempt).collect();
        open.sort_unstable();
        open
    }

    fn pair_attempt(&mut self, seq: u64, content: &Content<'_>) {
        let pair = Pair { attempt: seq, is_closed: false, is_final: content.is_final };
        if self.pairs.insert(content.trace_id.clone().into_owned(), pair).is_some() {
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
        match self.notes.get(&checkpoint.seq) {
            Some(note) if *note == checkpoint.note => {}
            Some(_) => self.report(checkpoint.seq, Fault::CheckpointForm),
            None => self.report(checkpoint.seq, Fault::CheckpointMissing),
        }
    }

    fn report(&mut self, seq: u64, fault: Fault) {
        self.findings.push(Finding { seq, fault });
    }
}
