//! The journal of who did what: hash-chained, signed from time to time, and sent to those who should hold a copy.
//!
//! Knows nothing of why something was allowed; it records the reason's code as it is told. A [`Journal`] writes: an
//! [`Attempt`] before anything is done, an [`Outcome`] after, a [`Notice`] of the program itself. When it cannot, it
//! says so, and its caller must not act. A [`Reader`] lists and exports, [`verify()`] recomputes every hash, and
//! [`Journal::deliver`] sends what waits in the outbox to webhooks. Start reading at [`chain`](ChainId).
//!
//! # What the chain cannot show
//!
//! Events that were never written (a compromised binary, another tool with the same Salesforce key); lies in a body at
//! the time it is written; anything after the last head that somebody outside holds; file and checkpoints rolled back
//! together when no copy exists outside; history rewritten by a thief of the signing key since the theft, where no sink
//! has it; a false clock. Two sinks that were shown different histories are found only when their heads are compared.

mod backlog;
mod chain;
mod checkpoint;
mod contents;
mod database;
mod delivery;
mod error;
mod event;
mod export;
mod fingerprint;
mod journal;
mod ocsf;
mod outbox;
mod outside_text;
mod presence;
mod reader;
mod signing;
mod sink;
mod verify;
mod webhook;
mod witness;

pub use backlog::{Backlog, BacklogVerdict};
pub use chain::{ChainId, Hash, Record};
pub use checkpoint::Checkpoint;
pub use delivery::{Delivery, DeliveryState};
pub use error::Error;
pub use event::{
    Agent, Attempt, Decision, Notice, Operation, Outcome, Principal, ScanSummary, Status, Target, TraceId,
};
pub use export::{ExportFormat, export};
pub use fingerprint::FingerprintKey;
pub use journal::{COPY_EXTENSION, Checkpoints, Journal, Receipt, Settings, Ticket};
pub use reader::{Filter, Reader};
pub use signing::{CheckpointKey, CheckpointVerifier};
pub use sink::{OnBacklog, Sink, SinkFormat};
pub use verify::{Fault, Finding, Verification, verify, verify_records};
pub use webhook::WebhookSecret;
pub use witness::{Attested, Witness};

/// `LENGTH` random bytes of the operating system, fit for keys. The generator of the library for cryptography gathers
/// entropy of its own first, which takes tens of milliseconds.
fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], Error> {
    let mut bytes = [0; LENGTH];
    let mut filled = 0;
    while filled < LENGTH {
        let asked = rustix::rand::getrandom(&mut bytes[filled..], rustix::rand::GetRandomFlags::empty());
        match asked {
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Error::Cryptography("asking for randomness")),
            Ok(more) => filled += more,
        }
    }
    Ok(bytes)
}
