//! What is still to be sent to each sink.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::Error;
use super::database::signed;
use super::error::Doing as _;
use crate::base::{milliseconds_from_text, utc_text};

/// The first event that a sink has not taken.
pub(super) struct Waiting {
    pub(super) seq: u64,
    pub(super) tries: u32,
    pub(super) next_at: Timestamp,
}

/// Queues event `seq` for every sink, in the transaction that writes it.
pub(super) fn queue(transaction: &Transaction<'_>, sinks: &[String], seq: u64) -> Result<(), Error> {
    for sink in sinks {
        transaction
            .prepare_cached("INSERT INTO outbox (sink, seq) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![sink, signed(seq)]))
            .doing("queuing an event for a sink")?;
    }
    Ok(())
}

pub(super) fn first_waiting(connection: &Connection, sink: &str) -> Result<Option<Waiting>, Error> {
    connection
        .prepare_cached(
            "SELECT seq, tries, next_at FROM outbox WHERE sink = ?1 AND state = 'waiting' ORDER BY seq LIMIT 1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([sink], |row| {
                    Ok(Waiting {
                        seq: row.get::<_, i64>(0)?.unsigned_abs(),
                        tries: row.get(1)?,
                        next_at: Timestamp::from_millisecond(row.get(2)?).unwrap_or_default(),
                    })
                })
                .optional()
        })
        .doing("reading the outbox")
}

/// How many events wait, and since when the first of them does.
pub(super) fn backlog(connection: &Connection, sink: &str) -> Result<(u64, Option<Timestamp>), Error> {
    let (count, first): (i64, Option<i64>) = connection
        .prepare_cached("SELECT count(*), min(seq) FROM outbox WHERE sink = ?1 AND state = 'waiting'")
        .and_then(|mut statement| statement.query_row([sink], |row| Ok((row.get(0)?, row.get(1)?))))
        .doing("counting the outbox")?;
    let since: Option<Option<String>> = connection
        .prepare_cached("SELECT time FROM event WHERE seq = ?1")
        .and_then(|mut statement| statement.query_row([first], |row| row.get(0)).optional())
        .doing("reading the age of the outbox")?;
    let since = since.flatten().as_deref().and_then(milliseconds_from_text);
    Ok((count.unsigned_abs(), since.and_then(|since| Timestamp::from_millisecond(since).ok())))
}

pub(super) fn delivered(
    connection: &Connection,
    sink: &str,
    waiting: &Waiting,
    status: u16,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE outbox SET state = 'delivered', tries = ?3, last_status = ?4 WHERE sink = ?1 AND seq = ?2",
        )
        .and_then(|mut statement| {
            statement.execute(params![sink, signed(waiting.seq), waiting.tries + 1, status])
        })
        .map(|_| ())
        .doing("noting a delivery")
}

pub(super) fn failed(
    connection: &Connection,
    sink: &str,
    waiting: &Waiting,
    status: Option<u16>,
    next_at: Timestamp,
) -> Result<(), Error> {
    connection
        .prepare_cached(
            "UPDATE outbox SET tries = ?3, next_at = ?4, last_status = ?5 WHERE sink = ?1 AND seq = ?2",
        )
        .and_then(|mut statement| {
            let next_at = next_at.as_millisecond();
            statement.execute(params![sink, signed(waiting.seq), waiting.tries + 1, next_at, status])
        })
        .map(|_| ())
        .doing("noting a failed delivery")
}

/// A remark about a sink that stays: that it is disabled, that its backlog was reported.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Disabled,
    Backlog,
}

impl Mark {
    fn key(self, sink: &str) -> String {
        match self {
            Self::Disabled => format!("disabled:{sink}"),
            Self::Backlog => format!("backlog:{sink}"),
        }
    }

    /// Since when the mark is set.
    pub(super) fn since(self, connection: &Connection, sink: &str) -> Result<Option<Timestamp>, Error> {
        let text: Option<Vec<u8>> = connection
            .query_row("SELECT v FROM meta WHERE k = ?1", [self.key(sink)], |row| row.get(0))
            .optional()
            .doing("reading the state of a sink")?;
        Ok(text.map(|text| String::from_utf8_lossy(&text).parse().unwrap_or_default()))
    }

    pub(super) fn set(self, connection: &Connection, sink: &str, now: Timestamp) -> Result<(), Error> {
        connection
            .execute(
                "INSERT OR REPLACE INTO meta VALUES (?1, ?2)",
                params![self.key(sink), utc_text(now).as_bytes()],
            )
            .map(|_| ())
            .doing("noting the state of a sink")
    }

    pub(super) fn clear(self, connection: &Connection, sink: &str) -> Result<(), Error> {
        connection
            .execute("DELETE FROM meta WHERE k = ?1", [self.key(sink)])
            .map(|_| ())
            .doing("noting the state of a sink")
    }
}
