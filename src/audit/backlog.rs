//! What waits too long, and what that means for the next operation.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::outbox::{self, Mark};
use super::{Error, Journal, Notice, OnBacklog, Sink};

/// What one sink has not taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// The sink.
    pub sink: String,
    /// How many events wait.
    pub waiting: u64,
    /// Since when the first of them does.
    pub since: Option<Timestamp>,
    /// Since when the sink is disabled, if it is: it answered that it is gone.
    pub disabled_since: Option<Timestamp>,
    /// Whether that is too much.
    pub verdict: BacklogVerdict,
}

/// Whether what waits is too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BacklogVerdict {
    /// Within the limits.
    Within,
    /// Over them; the run ends with a warning.
    Warn,
    /// Over them; operations are refused.
    Deny,
}

impl Journal {
    /// What waits for each of `sinks`. Going over a limit is recorded once, until the sink is within its limits again.
    ///
    /// # Errors
    /// [`Error`].
    pub fn backlog(&mut self, sinks: &[Sink]) -> Result<Vec<Backlog>, Error> {
        sinks.iter().map(|sink| self.backlog_of(sink)).collect()
    }

    fn backlog_of(&mut self, sink: &Sink) -> Result<Backlog, Error> {
        let now = self.world.clock.now();
        let (waiting, since) = outbox::backlog(&self.connection, &sink.name)?;
        let age = since.and_then(|since| Duration::try_from(now.duration_since(since)).ok());
        let is_over = sink.most_waiting.is_some_and(|most| waiting > most)
            || sink.longest_wait.zip(age).is_some_and(|(longest, age)| age > longest);
        let verdict = match (is_over, sink.on_backlog) {
            (false, _) => BacklogVerdict::Within,
            (true, OnBacklog::Warn) => BacklogVerdict::Warn,
            (true, OnBacklog::Deny) => BacklogVerdict::Deny,
        };
        let is_reported = Mark::Backlog.since(&self.connection, &sink.name)?.is_some();
        if is_over && !is_reported {
            let notice = Notice {
                name: "audit.sink_backlog".into(),
                texts: BTreeMap::from([("sink".into(), sink.name.clone())]),
                counters: BTreeMap::from([("waiting".into(), i64::try_from(waiting).unwrap_or(i64::MAX))]),
            };
            self.write(|book, transaction| {
                Mark::Backlog.set(transaction, &sink.name, now)?;
                book.append(transaction, now, "notice", notice.fields())
            })?;
        } else if is_reported && !is_over {
            Mark::Backlog.clear(&self.connection, &sink.name)?;
        }
        let disabled_since = Mark::Disabled.since(&self.connection, &sink.name)?;
        Ok(Backlog { sink: sink.name.clone(), waiting, since, disabled_since, verdict })
    }
}
