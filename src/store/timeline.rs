//! The states of an org one after the other, and which of them each version of a row holds for.
//!
//! What is read here is the past itself, not one state of it: every statement names the tables of the main database,
//! and stops at the state that the reader stands at.

use std::ops::Range;

use jiff::Timestamp;
use rusqlite::{Row, ToSql};

use super::error::Doing as _;
use super::reader::among;
use super::{Error, Reader, Selection, purge};

/// The states of one org, oldest first, up to the one that is read; never empty.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Short name of the org.
    pub org: String,
    pub(super) org_no: i64,
    /// The states.
    pub states: Vec<State>,
}

/// One state of an org.
#[derive(Clone, Copy, Debug)]
pub struct State {
    pub(super) run_no: i64,
    /// When it was collected.
    pub collected_at: Timestamp,
}

/// Where the versions of a dataset stand.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) table: &'a str,
    /// What is read of `v`, a row of the table.
    pub(super) columns: &'a str,
    /// Counters change on their own and have a past of their own.
    pub(super) are_counters: bool,
}

impl Timeline {
    /// The place of the newest state that was there at `at`.
    pub fn at(&self, at: Timestamp) -> Option<usize> {
        self.states.partition_point(|state| state.collected_at <= at).checked_sub(1)
    }

    /// The newest state.
    pub fn newest(&self) -> State {
        self.states[self.states.len() - 1]
    }

    /// Whether the state at this place is the newest, with which nothing later can be compared.
    pub fn is_newest(&self, place: usize) -> bool {
        place + 1 == self.states.len()
    }

    /// The states that a version holds for.
    pub(super) fn states_of(&self, since_run: i64, until_run: Option<i64>) -> Range<usize> {
        let place = |run: i64| self.states.partition_point(|state| state.run_no < run);
        place(since_run)..until_run.map_or(self.states.len(), place)
    }
}

impl Reader {
    /// The timelines of the selected orgs that have a state, by name.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn timelines(&self, selection: &Selection) -> Result<Vec<Timeline>, Error> {
        let doing = "reading the states of the orgs";
        let (condition, names) = among("org.org", &selection.orgs);
        let mut statement = self
            .connection
            .prepare(&format!(
                "SELECT org.org, org.org_no, run.run_no, run.finished_at FROM org_state AS state
                 JOIN org ON org.org_no = state.org_no
                 JOIN run ON run.org_no = state.org_no AND run.run_no <= state.run_no
                 WHERE run.merged = 1 AND {condition} ORDER BY org.org, run.run_no"
            ))
            .doing(doing)?;
        let mut rows = statement.query(rusqlite::params_from_iter(names)).doing(doing)?;
        let mut timelines: Vec<Timeline> = Vec::new();
        while let Some(row) = rows.next().doing(doing)? {
            let read = || -> rusqlite::Result<_> {
                Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?))
            };
            let (org, org_no, run_no, finished_at) = read().doing(doing)?;
            let collected_at = Timestamp::from_millisecond(finished_at).unwrap_or_default();
            let state = State { run_no, collected_at };
            match timelines.last_mut().filter(|last| last.org_no == org_no) {
                Some(last) => last.states.push(state),
                None => timelines.push(Timeline { org, org_no, states: vec![state] }),
            }
        }
        Ok(timelines)
    }

    /// The same without the states before the horizon of a purge, of which nothing is known of people any more.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn timelines_of_people(&self, selection: &Selection) -> Result<Vec<Timeline>, Error> {
        let mut timelines = self.timelines(selection)?;
        let horizon = purge::horizon(&self.connection)?;
        if let Some(horizon) = horizon.and_then(|horizon| Timestamp::from_millisecond(horizon).ok()) {
            for timeline in &mut timelines {
                // The state that was there at the horizon is the first that is whole.
                let first = timeline.at(horizon).unwrap_or_default();
                timeline.states.drain(..first);
            }
        }
        Ok(timelines)
    }

    /// Hands each version that holds for one of the `wanted` states to `each`, with the states of the timeline that it
    /// holds for.
    pub(super) fn versions(
        &self,
        timeline: &Timeline,
        wanted: Range<usize>,
        versions: Versions<'_>,
        mut each: impl FnMut(&Row<'_>, Range<usize>) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let doing = "reading the history";
        let Some(first) = timeline.states.get(wanted.start).filter(|_| !wanted.is_empty()) else {
            return Ok(());
        };
        let last = timeline.states[wanted.end - 1];
        let Versions { table, columns, are_counters } = versions;
        let (since, past) =
            if are_counters { ("counters_since_run", "counter_past") } else { ("since_run", "past") };
        let mut statement = self
            .connection
            .prepare(&format!(
                "SELECT {columns}, v.{since}, NULL FROM main.{table}_now AS v
                 WHERE v.org_no = :org AND v.{since} <= :last
                 UNION ALL
                 SELECT {columns}, v.since_run, v.until_run FROM main.{table}_{past} AS v
                 WHERE v.org_no = :org AND v.until_run > :first AND v.since_run <= :last"
            ))
            .doing(doing)?;
        let count = statement.column_count();
        let parameters: [(&str, &dyn ToSql); 3] =
            [(":org", &timeline.org_no), (":first", &first.run_no), (":last", &last.run_no)];
        let mut rows = statement.query(&parameters[..]).doing(doing)?;
        while let Some(row) = rows.next().doing(doing)? {
            let states = row
                .get(count - 2)
                .and_then(|since| Ok(timeline.states_of(since, row.get(count - 1)?)))
                .doing(doing)?;
            each(row, states).doing(doing)?;
        }
        Ok(())
    }

    /// For each state of the timeline, whether all of `objects` had been read by then.
    pub(super) fn known_states(&self, timeline: &Timeline, objects: &[&str]) -> Result<Vec<bool>, Error> {
        let mut known = vec![0; timeline.states.len()];
        let versions = Versions { table: "object_state", columns: "v.object", are_counters: false };
        self.versions(timeline, 0..timeline.states.len(), versions, |row, states| {
            if objects.contains(&row.get::<_, String>(0)?.as_str()) {
                known[states].iter_mut().for_each(|count| *count += 1);
            }
            Ok(())
        })?;
        Ok(known.into_iter().map(|count| count == objects.len()).collect())
    }
}
