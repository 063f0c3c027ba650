//! The last successful logins of an org's users in the collected history. The days are many and lie by day and number of
//! the user: they are gone through once, side by side with the numbers, by as many readers as there are connections.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, Row};

use super::Error;
use super::error::Doing as _;

const DAY_MILLISECONDS: i64 = 86_400_000;

/// How many days one of several readers takes at a time.
const SPAN_DAYS: i64 = 7;

/// The last logins of one user, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastLogin {
    /// The last interactive login.
    pub(super) interactive: Option<i64>,
    /// The last login by API.
    pub(super) api: Option<i64>,
    /// The last login of an unknown kind.
    pub(super) unknown: Option<i64>,
}

/// The days of an org that nobody has taken yet, counted from 1970.
pub(super) struct Days {
    org_no: i64,
    next: AtomicI64,
    last: i64,
    span: i64,
}

impl Days {
    /// All days with logins, for several readers or for one, which takes them at once: an earlier state has no index to
    /// find a few of them by.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub(super) fn of(connection: &Connection, org_no: i64, are_shared: bool) -> Result<Self, Error> {
        let bounds = |row: &Row<'_>| Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?));
        // Each end of the index is looked up by itself.
        let sql = "SELECT (SELECT min(day) FROM login_day_now WHERE org_no = ?1),
                          (SELECT max(day) FROM login_day_now WHERE org_no = ?1)";
        let (first, last) = connection.query_row(sql, [org_no], bounds).doing(DOING)?;
        // Without logins, no day is left to take.
        let (first, last) = (first.unwrap_or(0), last.unwrap_or(-1));
        let span = if are_shared { SPAN_DAYS } else { last - first + 1 };
        Ok(Self { org_no, next: first.into(), last, span })
    }

    fn take(&self) -> Option<RangeInclusive<i64>> {
        let first = self.next.fetch_add(self.span, Ordering::Relaxed);
        (first <= self.last).then(|| first..=first + self.span - 1)
    }
}

/// Those of an org, by user id.
pub(super) struct LastLogins {
    by_id: Vec<(String, LastLogin)>,
    place: usize,
}

const DOING: &str = "reading the login days";

impl LastLogins {
    /// What the days say that nobody else takes.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub(super) fn read(connection: &Connection, days: &Days) -> Result<Self, Error> {
        let by_id = read(connection, days).doing(DOING)?;
        Ok(Self { by_id, place: 0 })
    }

    /// The same with what the days say that `other` took.
    pub(super) fn with(mut self, other: &Self) -> Self {
        // Both know all users, whatever their days.
        for ((_, last), (_, of_other)) in self.by_id.iter_mut().zip(&other.by_id) {
            last.interactive = last.interactive.max(of_other.interactive);
            last.api = last.api.max(of_other.api);
            last.unknown = last.unknown.max(of_other.unknown);
        }
        self
    }

    /// Those of the next user that is asked for, in ascending order of ids; nothing for a user who never logged in.
    pub(super) fn next(&mut self, user_id: &str) -> LastLogin {
        while self.by_id.get(self.place).is_some_and(|(id, _)| id.as_str() < user_id) {
            self.place += 1;
        }
        let found = self.by_id.get(self.place).filter(|(id, _)| id == user_id);
        found.map(|(_, last)| *last).unwrap_or_default()
    }
}

fn read(connection: &Connection, days: &Days) -> rusqlite::Result<Vec<(String, LastLogin)>> {
    let mut users: Vec<(i64, String)> = connection
        .prepare_cached("SELECT user_no, user_id FROM login_user WHERE org_no = ?1")?
        .query_map([days.org_no], |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    users.sort_unstable_by_key(|(user_no, _)| *user_no);
    let mut last = vec![LastLogin::default(); users.len()];
    let mut select = connection.prepare_cached(
        "SELECT user_no, day, last_interactive, last_api, last_unknown FROM login_day_now
         WHERE org_no = ?1 AND day BETWEEN ?2 AND ?3",
    )?;
    while let Some(span) = days.take() {
        let mut rows = select.query([days.org_no, *span.start(), *span.end()])?;
        let mut place = 0;
        while let Some(row) = rows.next()? {
            let user_no: i64 = row.get(0)?;
            // Within a day the numbers ascend, so the next one is close; a new day begins with a lower one.
            if users.get(place).is_none_or(|(at, _)| *at > user_no) {
                place = 0;
            }
            while users.get(place).is_some_and(|(at, _)| *at < user_no) {
                place += 1;
            }
            if users.get(place).is_none_or(|(at, _)| *at != user_no) {
                continue;
            }
            let start = row.get::<_, i64>(1)? * DAY_MILLISECONDS;
            let LastLogin { interactive, api, unknown } = &mut last[place];
            for (column, newest) in [(2, interactive), (3, api), (4, unknown)] {
                let time: Option<i64> = row.get(column)?;
                *newest = (*newest).max(time.map(|time| start + time));
            }
        }
    }
    let mut by_id: Vec<_> = users.into_iter().map(|(_, user_id)| user_id).zip(last).collect();
    by_id.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(by_id)
}
