//! Writes the journal.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde_json::{Map, Value, json};

use super::chain::{ChainId, Hash};
use super::checkpoint::Checkpoint;
use super::database::{head, open_for_writing, record_at, signed};
use super::error::Doing as _;
use super::event::{self, Origin};
use super::presence::{self, Presence};
use super::{Attempt, CheckpointKey, Decision, Error, Notice, Outcome, Status, outbox};
use crate::base::{World, milliseconds_from_text, write_atomically};

/// The limits on texts and lists keep bodies below this, and it keeps webhooks below the 20 kB that they should have.
const LARGEST_BODY_BYTES: usize = 16 * 1024;

/// What an outcome repeats of its attempt, so that each record tells the whole by itself.
const SHARED_FIELDS: [&str; 7] =
    ["agent", "channel", "operation", "policy_id", "principal", "target", "trace_id"];

/// Where and how the journal is kept.
pub struct Settings {
    /// The file.
    pub path: PathBuf,
    /// The name of this machine, for the records.
    pub host: String,
    /// The names of the sinks that get every event from now on.
    pub sinks: Vec<String>,
    /// How heads are signed, if they are.
    pub checkpoints: Option<Checkpoints>,
}

/// When and with what heads are signed.
pub struct Checkpoints {
    /// The key.
    pub key: CheckpointKey,
    /// After this many events, besides the end of each run.
    pub every: u64,
    /// A folder that gets each checkpoint as a file of its own, best on another machine.
    pub copy_to: Option<PathBuf>,
}

/// How the name of each copied checkpoint ends.
pub const COPY_EXTENSION: &str = "note";

/// The journal, open for writing in this process. Other processes may write at the same time.
pub struct Journal {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) world: World,
    pub(super) book: Book,
    checkpoints: Option<Checkpoints>,
    presence: Presence,
}

/// What an append needs to know.
pub(super) struct Book {
    pub(super) chain: ChainId,
    sinks: Vec<String>,
    origin: Origin,
}

/// Where an event stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// An attempt that was recorded and waits for its outcome.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Where the attempt stands.
    pub receipt: Receipt,
    shared: Map<String, Value>,
    started: Timestamp,
}

impl Journal {
    /// Opens the journal, makes it when there is none, and checks that its end is whole.
    ///
    /// # Errors
    /// [`Error`]; nothing may be done then that has to be recorded.
    pub fn open(settings: Settings, world: &World) -> Result<Self, Error> {
        let (connection, chain) = open_for_writing(&settings.path, world.clock.now())?;
        check_end(&connection, &chain, &settings.path)?;
        let presence = Presence::show(&settings.path)?;
        let origin = Origin { host: settings.host, process: presence.token().to_owned() };
        Ok(Self {
            connection,
            path: settings.path,
            world: world.clone(),
            book: Book { chain, sinks: settings.sinks, origin },
            checkpoints: settings.checkpoints,
            presence,
        })
    }

    /// The journal's identity.
    pub fn chain_id(&self) -> ChainId {
        self.book.chain
    }

    /// The number and hash of the last event.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn head(&self) -> Result<Receipt, Error> {
        head(&self.connection, &self.book.chain).map(|(seq, hash)| Receipt { seq, hash })
    }

    /// The policy under which the newest attempt was judged: `None` before the first attempt, `Some(None)` when there
    /// was no policy file.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn last_policy_id(&self) -> Result<Option<Option<String>>, Error> {
        const DOING: &str = "looking for the newest attempt";
        let mut statement =
            self.connection.prepare("SELECT body FROM event ORDER BY seq DESC").doing(DOING)?;
        let mut bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).doing(DOING)?;
        while let Some(body) = bodies.next().transpose().doing(DOING)? {
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            if body["kind"] == "attempt" {
                return Ok(Some(body["policy_id"].as_str().map(str::to_owned)));
            }
        }
        Ok(None)
    }

    /// Whether the journal is within reach: not locked for long, not read-only. Whether the disk has room shows only in
    /// the append.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn check_writable(&mut self) -> Result<(), Error> {
        begin(&mut self.connection)?.rollback().doing("trying to write")
    }

    /// Records what is about to be done, or what was refused. It is durable when this returns.
    ///
    /// # Errors
    /// [`Error`]; the operation must not be done.
    pub fn attempt(&mut self, attempt: &Attempt) -> Result<Ticket, Error> {
        let started = self.world.clock.now();
        let fields = attempt.fields();
        let shared = shared(&fields);
        let receipt = self.write(|book, transaction| {
            let receipt = book.append(transaction, started, "attempt", fields)?;
            if attempt.decision == Decision::Allow {
                let trace_id = attempt.operation.trace_id.as_str();
                transaction
                    .prepare_cached("INSERT INTO unfinished VALUES (?1, ?2, ?3)")
                    .and_then(|mut statement| {
                        statement.execute(params![trace_id, signed(receipt.seq), book.origin.process])
                    })
                    .doing("noting that an outcome is owed")?;
            }
            Ok(receipt)
        })?;
        Ok(Ticket { receipt, shared, started })
    }

    /// Records how an operation ended. A second outcome corrects the first.
    ///
    /// # Errors
    /// [`Error`]; the operation's result must be withheld, and the operation may have taken effect.
    pub fn outcome(&mut self, ticket: &Ticket, outcome: &Outcome) -> Result<Receipt, Error> {
        let now = self.world.clock.now();
        self.write(|book, transaction| {
            book.finish(transaction, now, &ticket.shared, ticket.receipt.seq, ticket.started, outcome)
        })
    }

    /// Records something about the program itself.
    ///
    /// # Errors
    /// [`Error`].
    pub fn notice(&mut self, notice: &Notice) -> Result<Receipt, Error> {
        let now = self.world.clock.now();
        self.write(|book, transaction| book.append(transaction, now, "notice", notice.fields()))
    }

    /// Writes the outcome `unknown` for each attempt whose process ended without one, and says how many there were.
    ///
    /// # Errors
    /// [`Error`].
    pub fn close_abandoned(&mut self) -> Result<usize, Error> {
        let now = self.world.clock.now();
        let own = self.presence.token().to_owned();
        let path = self.path.clone();
        self.write(|book, transaction| {
            let mut closed = 0;
            for (seq, process) in unfinished(transaction).doing("looking for attempts without outcome")? {
                if process == own || !presence::is_gone(&path, &process) {
                    continue;
                }
                let record = record_at(transaction, seq)?;
                let body = record.and_then(|record| serde_json::from_slice(&record.body).ok());
                let Some(Value::Object(body)) = body else { continue };
                let started = body.get("time").and_then(Value::as_str).and_then(milliseconds_from_text);
                let started = started.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(now);
                let outcome =
                    Outcome { reason: Some("process_ended".to_owned()), ..Outcome::new(Status::Unknown) };
                book.finish(transaction, now, &shared(&body), seq, started, &outcome)?;
                closed += 1;
            }
            Ok(closed)
        })
    }

    /// Signs the head: at the end of a run and when the policy changed. Nothing without a key; the last checkpoint
    /// again when no event came after it.
    ///
    /// # Errors
    /// [`Error`].
    pub fn checkpoint(&mut self) -> Result<Option<Checkpoint>, Error> {
        let now = self.world.clock.now();
        let Some(checkpoints) = &self.checkpoints else { return Ok(None) };
        let transaction = begin(&mut self.connection)?;
        if let Some(last) = last_checkpoint(&transaction)?
            && head(&transaction, &self.book.chain)?.0 <= last.seq + 1
        {
            return Ok(Some(last));
        }
        let checkpoint = self.book.sign_head(&transaction, now, &checkpoints.key)?;
        commit(transaction)?;
        self.copy(&checkpoint);
        Ok(Some(checkpoint))
    }

    /// Runs `append` in a transaction that no other process can get between, and signs the head when it is time.
    pub(super) fn write<T>(
        &mut self,
        append: impl FnOnce(&Book, &Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let transaction = begin(&mut self.connection)?;
        let written = append(&self.book, &transaction)?;
        let mut signed_head = None;
        if let Some(checkpoints) = &self.checkpoints {
            let covered = last_checkpoint(&transaction)?.map_or(0, |last| last.seq);
            let (seq, _) = head(&transaction, &self.book.chain)?;
            if seq - covered.min(seq) >= checkpoints.every.max(1) {
                let now = self.world.clock.now();
                signed_head = Some(self.book.sign_head(&transaction, now, &checkpoints.key)?);
            }
        }
        commit(transaction)?;
        if let Some(checkpoint) = signed_head {
            self.copy(&checkpoint);
        }
        Ok(written)
    }

    /// A copy that cannot be written is worth a warning and not a refusal: the journal itself is whole.
    fn copy(&self, checkpoint: &Checkpoint) {
        let folder = self.checkpoints.as_ref().and_then(|checkpoints| checkpoints.copy_to.as_deref());
        let Some(folder) = folder else { return };
        let path = folder.join(format!("{}-{:010}.{COPY_EXTENSION}", checkpoint.chain_id, checkpoint.seq));
        if let Err(error) = write_atomically(&path, |out| out.write_all(checkpoint.note.as_bytes())) {
            tracing::warn!("cannot copy the checkpoint to {}: {error}", path.display());
        }
    }
}

impl Book {
    /// Appends one event and queues it for each sink.
    pub(super) fn append(
        &self,
        transaction: &Transaction<'_>,
        now: Timestamp,
        kind: &str,
        fields: Map<String, Value>,
    ) -> Result<Receipt, Error> {
        let body = Value::Object(event::body(kind, &self.origin, now, fields)).to_string().into_bytes();
        if body.len() > LARGEST_BODY_BYTES {
            return Err(Error::TooLarge(body.len()));
        }
        let (last, previous) = head(transaction, &self.chain)?;
        let seq = last + 1;
        let hash = self.chain.hash(seq, &previous, &body);
        transaction
            .prepare_cached("INSERT INTO event (seq, body, prev, hash) VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut statement| statement.execute(params![signed(seq), body, previous, hash]))
            .doing("writing an event")?;
        outbox::queue(transaction, &self.sinks, seq)?;
        Ok(Receipt { seq, hash })
    }

    fn finish(
        &self,
        transaction: &Transaction<'_>,
        now: Timestamp,
        shared: &Map<String, Value>,
        attempt: u64,
        started: Timestamp,
        outcome: &Outcome,
    ) -> Result<Receipt, Error> {
        let milliseconds = (now.as_millisecond() - started.as_millisecond()).max(0);
        let receipt =
            self.append(transaction, now, "outcome", outcome.fields(shared, attempt, milliseconds))?;
        transaction
            .prepare_cached("DELETE FROM unfinished WHERE trace_id = ?1")
            .and_then(|mut statement| statement.execute([shared.get("trace_id").and_then(Value::as_str)]))
            .doing("noting that an outcome is written")?;
        Ok(receipt)
    }

    /// Signs the last event's hash. The note also becomes an event, so that it reaches every sink in its place.
    fn sign_head(
        &self,
        transaction: &Transaction<'_>,
        now: Timestamp,
        key: &CheckpointKey,
    ) -> Result<Checkpoint, Error> {
        let (seq, hash) = head(transaction, &self.chain)?;
        let checkpoint = Checkpoint::sign(&self.chain, seq, &hash, now, key)?;
        transaction
            .execute("INSERT INTO checkpoint VALUES (?1, ?2)", params![signed(seq), checkpoint.note])
            .doing("keeping a checkpoint")?;
        let mut fields = Map::new();
        fields.insert("operation".into(), "audit.checkpoint".into());
        fields.insert("checkpoint".into(), json!({"note": checkpoint.note, "seq": seq}));
        self.append(transaction, now, "checkpoint", fields)?;
        Ok(checkpoint)
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, Error> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).doing("waiting for its turn")
}

fn commit(transaction: Transaction<'_>) -> Result<(), Error> {
    transaction.commit().doing("making an event durable")
}

/// An event on a broken end would only hide what happened.
fn check_end(connection: &Connection, chain: &ChainId, path: &Path) -> Result<(), Error> {
    let (seq, hash) = head(connection, chain)?;
    if seq == 0 {
        return Ok(());
    }
    let is_whole =
        record_at(connection, seq)?.is_some_and(|last| chain.hash(seq, &last.previous, &last.body) == hash);
    if is_whole { Ok(()) } else { Err(Error::Tampered(path.into())) }
}

fn last_checkpoint(connection: &Connection) -> Result<Option<Checkpoint>, Error> {
    let note: Option<String> = connection
        .prepare_cached("SELECT note FROM checkpoint ORDER BY seq DESC LIMIT 1")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.next().transpose())
        .doing("reading the last checkpoint")?;
    Ok(note.and_then(|note| Checkpoint::parse(&note)))
}

fn unfinished(connection: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    connection
        .prepare("SELECT seq, process FROM unfinished ORDER BY seq")?
        .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?
        .collect()
}

fn shared(body: &Map<String, Value>) -> Map<String, Value> {
    let field = |key: &&str| body.get(*key).map(|value| ((*key).to_owned(), value.clone()));
    SHARED_FIELDS.iter().filter_map(field).collect()
}
