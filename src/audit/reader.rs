//! Reads the journal: lists, single events, and everything for an export.

use std::collections::VecDeque;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::chain::{ChainId, Record};
use super::database::{RECORD_COLUMNS, open_for_reading, record, record_at};
use super::error::Doing as _;
use super::{Checkpoint, Error};
use crate::base::utc_text;

/// Which events are wanted; what is not set does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// From this instant.
    pub since: Option<Timestamp>,
    /// Before this instant.
    pub until: Option<Timestamp>,
    /// The records of one operation.
    pub trace_id: Option<String>,
    /// The name of the operation.
    pub operation: Option<String>,
    /// The principal's subject.
    pub subject: Option<String>,
    /// The principal's tenant; records that name none are everybody's.
    pub tenant: Option<String>,
    /// `attempt`, `outcome`, `notice` or `checkpoint`.
    pub kind: Option<String>,
    /// `allow` or `deny`.
    pub decision: Option<String>,
}

impl Filter {
    fn matches(&self, record: &Record) -> bool {
        let paths = [
            ("/operation", &self.operation),
            ("/principal/subject", &self.subject),
            ("/kind", &self.kind),
            ("/decision", &self.decision),
        ];
        let mut wanted =
            paths.iter().filter_map(|(path, wanted)| Some((path, wanted.as_deref()?))).peekable();
        if wanted.peek().is_none() && self.tenant.is_none() {
            return true;
        }
        let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str);
        let is_of_tenant = self.tenant.is_none()
            || text("/principal/tenant").is_none_or(|tenant| Some(tenant) == self.tenant.as_deref());
        is_of_tenant && wanted.all(|(path, wanted)| text(path) == Some(wanted))
    }
}

/// The journal, open for reading beside its writers, or a copy of it.
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) chain: ChainId,
}

impl Reader {
    /// Opens the journal at `path`. Nothing is written, and a folder that cannot be written to is no obstacle.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Foreign`], [`Error::LiveCopy`] or [`Error::Open`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let (connection, chain) = open_for_reading(path)?;
        Ok(Self { connection, chain })
    }

    /// The journal's identity.
    pub fn chain_id(&self) -> ChainId {
        self.chain
    }

    /// The event of that number.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn event(&self, seq: u64) -> Result<Option<Record>, Error> {
        record_at(&self.connection, seq)
    }

    /// The newest `most` events that `filter` wants, oldest of them first.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn list(&self, filter: &Filter, most: usize) -> Result<Vec<Record>, Error> {
        let mut found = Vec::new();
        if most == 0 {
            return Ok(found);
        }
        self.scan(filter, "DESC", |record| {
            found.push(record);
            Ok(found.len() < most)
        })?;
        found.reverse();
        Ok(found)
    }

    /// Gives every event that `filter` wants to `take`, oldest first.
    ///
    /// # Errors
    /// [`Error::Statement`], and whatever `take` fails with.
    pub fn for_each(
        &self,
        filter: &Filter,
        mut take: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.scan(filter, "ASC", |record| take(record).map(|()| true))
    }

    /// The newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let notes = notes(&self.connection).doing("reading the checkpoints")?;
        Ok(notes.last().and_then(|(_, note)| Checkpoint::parse(note)))
    }

    fn scan(
        &self,
        filter: &Filter,
        order: &str,
        mut take: impl FnMut(Record) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        const DOING: &str = "reading the events";
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM event
             WHERE (?1 IS NULL OR time >= ?1) AND (?2 IS NULL OR time < ?2) AND (?3 IS NULL OR trace_id = ?3)
             ORDER BY seq {order}"
        );
        let mut statement = self.connection.prepare(&sql).doing(DOING)?;
        let range = params![filter.since.map(utc_text), filter.until.map(utc_text), filter.trace_id];
        let mut rows = statement.query(range).doing(DOING)?;
        while let Some(row) = rows.next().doing(DOING)? {
            let record = record(row).doing(DOING)?;
            if filter.matches(&record) && !take(record)? {
                break;
            }
        }
        Ok(())
    }
}

/// Every stored checkpoint, with the number of the event that it stands at.
pub(super) fn notes(connection: &Connection) -> rusqlite::Result<Vec<(u64, String)>> {
    connection
        .prepare("SELECT seq, note FROM checkpoint ORDER BY seq")?
        .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))?
        .collect()
}

/// All events in the order of their numbers, read in pages, so that several passes can go over one snapshot. An event
/// that cannot be read comes as `None`, and is the last.
pub(super) struct Records<'a> {
    connection: &'a Connection,
    page: VecDeque<Option<Record>>,
    last: i64,
    is_over: bool,
}

impl<'a> Records<'a> {
    const PAGE: i64 = 500;

    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection, page: VecDeque::new(), last: i64::MIN, is_over: false }
    }

    fn turn(&mut self) -> rusqlite::Result<()> {
        let sql = format!(
            "SELECT {RECORD_COLUMNS} FROM event NOT INDEXED WHERE seq > ?1 ORDER BY seq LIMIT {}",
            Self::PAGE
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([self.last])?;
        self.is_over = true;
        while let Some(row) = rows.next()? {
            self.last = row.get(0)?;
            self.page.push_back(Some(record(row)?));
            self.is_over = false;
        }
        Ok(())
    }
}

impl Iterator for Records<'_> {
    type Item = Option<Record>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() && !self.is_over && self.turn().is_err() {
            self.page.push_back(None);
            self.is_over = true;
        }
        self.page.pop_front()
    }
}
