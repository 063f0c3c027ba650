//! Sends what waits: at least once, in order for each sink, signed, and never to where a redirect leads.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::chain::{ChainId, Record};
use super::database::{beside, record_at};
use super::ocsf::{event_id, ocsf_event};
use super::outbox::{self, Mark, Waiting};
use super::{Error, Journal, Notice, Sink, SinkFormat, webhook};
use crate::http::{Client, Request, redact};

/// How long to wait after each failed try, as the Standard Webhooks specification recommends; the last value repeats,
/// since a record is never given up.
const DELAYS_SECONDS: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600];

/// A sink that asks for more is asked again after this time all the same.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(24 * 3600);

/// The specification advises 15 to 30 seconds.
const LONGEST_REQUEST: Duration = Duration::from_secs(20);

/// A request that is given less than this is not worth sending.
const SHORTEST_REQUEST: Duration = Duration::from_millis(100);

/// A stop is noticed after at most this long.
const STOP_CHECK: Duration = Duration::from_millis(200);

/// "The receiver is gone": 410 Gone (Standard Webhooks, "Operational considerations").
const GONE: u16 = 410;

/// What became of one sink's events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The sink.
    pub sink: String,
    /// How many events it took this time.
    pub delivered: u64,
    /// How it ended.
    pub state: DeliveryState,
    /// What went wrong last, for people.
    pub problem: Option<String>,
}

/// How a delivery ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Nothing waits any more.
    Complete,
    /// Events wait; the next try is due then.
    Waiting(Timestamp),
    /// The sink said that it is gone. Nothing is sent until [`Journal::enable_sink`].
    Disabled,
    /// Another process is delivering.
    Elsewhere,
}

impl Journal {
    /// Sends what waits for `sinks` until `budget` is over or a stop is asked for. Each sink has an equal share of the
    /// time that is left when its turn comes.
    ///
    /// # Errors
    /// [`Error`] when the journal cannot be read or written; a sink's failure is part of its [`Delivery`].
    pub fn deliver(
        &mut self,
        sinks: &[Sink],
        client: &Client,
        budget: Duration,
    ) -> Result<Vec<Delivery>, Error> {
        let Some(_lock) = self.lock_delivery()? else {
            let elsewhere = |sink: &Sink| Delivery {
                sink: sink.name.clone(),
                delivered: 0,
                state: DeliveryState::Elsewhere,
                problem: None,
            };
            return Ok(sinks.iter().map(elsewhere).collect());
        };
        let end = later(self.world.clock.now(), budget);
        let mut deliveries = Vec::with_capacity(sinks.len());
        for (place, sink) in sinks.iter().enumerate() {
            let left = remaining(self.world.clock.now(), end);
            let share = left / u32::try_from(sinks.len() - place).unwrap_or(u32::MAX);
            let deadline = later(self.world.clock.now(), share);
            deliveries.push(self.deliver_to(sink, client, deadline)?);
        }
        Ok(deliveries)
    }

    /// Sends again to a sink that was disabled; what waited meanwhile is sent too.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn enable_sink(&mut self, sink: &str) -> Result<(), Error> {
        Mark::Disabled.clear(&self.connection, sink)
    }

    fn deliver_to(&mut self, sink: &Sink, client: &Client, deadline: Timestamp) -> Result<Delivery, Error> {
        let mut delivery =
            Delivery { sink: sink.name.clone(), delivered: 0, state: DeliveryState::Complete, problem: None };
        if Mark::Disabled.since(&self.connection, &sink.name)?.is_some() {
            delivery.state = DeliveryState::Disabled;
            return Ok(delivery);
        }
        while let Some(waiting) = outbox::first_waiting(&self.connection, &sink.name)? {
            let is_time_left = remaining(self.world.clock.now(), deadline) >= SHORTEST_REQUEST;
            if !is_time_left || waiting.next_at >= deadline || !self.wait_until(waiting.next_at) {
                delivery.state = DeliveryState::Waiting(waiting.next_at);
                break;
            }
            match self.send(sink, client, &waiting, deadline)? {
                Answer::Taken(status) => {
                    outbox::delivered(&self.connection, &sink.name, &waiting, status)?;
                    delivery.delivered += 1;
                }
                Answer::Gone => {
                    self.disable(sink, &waiting)?;
                    delivery.state = DeliveryState::Disabled;
                    delivery.problem = Some("it answered that it is gone (HTTP 410)".into());
                    break;
                }
                Answer::Refused { status, problem, retry_after } => {
                    let next_at = later(self.world.clock.now(), delay(waiting.tries, retry_after));
                    outbox::failed(&self.connection, &sink.name, &waiting, status, next_at)?;
                    delivery.problem = Some(problem);
                }
            }
        }
        Ok(delivery)
    }

    fn send(
        &self,
        sink: &Sink,
        client: &Client,
        waiting: &Waiting,
        deadline: Timestamp,
    ) -> Result<Answer, Error> {
        let Some(record) = record_at(&self.connection, waiting.seq)? else {
            return Err(Error::Tampered(self.path.clone()));
        };
        let now = self.world.clock.now();
        let id = event_id(&self.book.chain, record.seq);
        let body = envelope(&self.book.chain, &record, sink.format);
        let timestamp = now.as_second();
        let mut request = Request::post_json(&sink.origin, sink.path.as_str(), body.clone())
            .with_header("webhook-id", &id)
            .with_header("webhook-timestamp", &timestamp.to_string())
            .with_header("webhook-signature", &webhook::signatures(&sink.secrets, &id, timestamp, &body))
            .within(LONGEST_REQUEST.min(remaining(now, deadline)));
        if !sink.allow_private {
            request = request.to_public_addresses_only();
        }
        Ok(match client.send(&request) {
            Ok(response) if (200..300).contains(&response.status) => Answer::Taken(response.status),
            Ok(response) if response.status == GONE => Answer::Gone,
            Ok(response) => Answer::Refused {
                status: Some(response.status),
                problem: format!("it answered with HTTP {}", response.status),
                retry_after: response.retry_after(self.world.clock.now()),
            },
            Err(error) => Answer::Refused {
                status: None,
                problem: redact(&error.to_string()).into_owned(),
                retry_after: None,
            },
        })
    }

    fn disable(&mut self, sink: &Sink, waiting: &Waiting) -> Result<(), Error> {
        let now = self.world.clock.now();
        outbox::failed(&self.connection, &sink.name, waiting, Some(GONE), now)?;
        let notice = Notice {
            name: "audit.sink_disabled".into(),
            texts: BTreeMap::from([("sink".into(), sink.name.clone())]),
            counters: BTreeMap::from([("http_status".into(), GONE.into())]),
        };
        self.write(|book, transaction| {
            Mark::Disabled.set(transaction, &sink.name, now)?;
            book.append(transaction, now, "notice", notice.fields())
        })?;
        Ok(())
    }

    /// Waits in steps; false when a stop was asked for.
    fn wait_until(&self, instant: Timestamp) -> bool {
        loop {
            if self.world.stop.requested().is_some() {
                return false;
            }
            let left = remaining(self.world.clock.now(), instant);
            if left.is_zero() {
                return true;
            }
            self.world.clock.sleep(left.min(STOP_CHECK));
        }
    }

    /// Two processes that deliver at once would send twice and out of order.
    fn lock_delivery(&self) -> Result<Option<File>, Error> {
        let path = beside(&self.path, ".delivery-lock");
        let failed = |source| Error::File { doing: "make and lock", path: path.clone(), source };
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

enum Answer {
    Taken(u16),
    Gone,
    Refused { status: Option<u16>, problem: String, retry_after: Option<Duration> },
}

/// The body of a webhook: type, time and data, as the specification recommends.
fn envelope(chain: &ChainId, record: &Record, format: SinkFormat) -> String {
    let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
    let data = match format {
        SinkFormat::Ocsf => ocsf_event(chain, record),
        SinkFormat::Native => super::export::native(chain, record),
    };
    let kind = body["kind"].as_str().unwrap_or("event");
    json!({"data": data, "timestamp": body["time"], "type": format!("audit.{kind}")}).to_string()
}

/// The wait after a failed try that followed `tries` others: up to a tenth longer than the table says, so that many
/// clients do not come back at once, and as long as the sink asks.
fn delay(tries: u32, retry_after: Option<Duration>) -> Duration {
    let place = usize::try_from(tries).unwrap_or(usize::MAX).min(DELAYS_SECONDS.len() - 1);
    let planned = Duration::from_secs(DELAYS_SECONDS[place].unsigned_abs());
    let jittered = planned.mul_f64(1.0 + fastrand::f64() / 10.0);
    jittered.max(retry_after.unwrap_or_default().min(LONGEST_RETRY_AFTER))
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}

fn remaining(now: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now)).unwrap_or_default()
}
