//! The last successful logins of an org's users in the collected history. The days are many and lie by day and number of
//! the user: they are gone through once, side by side with the numbers.

use rusqlite::{Connection, Row};

use super::Error;
use super::error::Doing as _;

const DAY_MILLISECONDS: i64 = 86_400_000;

/// Of one user, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LastLogin {
    /// The last interactive login.
    pub(super) interactive: Option<i64>,
    /// The last login by API.
    pub(super) api: Option<i64>,
    /// The last login of an unknown kind.
    pub(super) unknown: Option<i64>,
}

/// Those of an org, by user id.
pub(super) struct LastLogins {
    by_id: Vec<(String, LastLogin)>,
    place: usize,
}

impl LastLogins {
    /// Reads all login days of the org.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub(super) fn read(connection: &Connection, org_no: i64) -> Result<Self, Error> {
        let by_id = read(connection, org_no).doing("reading the login days")?;
        Ok(Self { by_id, place: 0 })
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

fn read(connection: &Connection, org_no: i64) -> rusqlite::Result<Vec<(String, LastLogin)>> {
    let mut users: Vec<(i64, String)> = connection
        .prepare_cached("SELECT user_no, user_id FROM login_user WHERE org_no = ?1")?
        .query_map([org_no], |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    users.sort_unstable_by_key(|(user_no, _)| *user_no);
    let mut last = vec![LastLogin::default(); users.len()];
    let mut select = connection.prepare_cached(
        "SELECT user_no, day, last_interactive, last_api, last_unknown FROM login_day_now WHERE org_no = ?1",
    )?;
    let mut days = select.query([org_no])?;
    let mut place = 0;
    while let Some(day) = days.next()? {
        let user_no: i64 = day.get(0)?;
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
        let start = day.get::<_, i64>(1)? * DAY_MILLISECONDS;
        let LastLogin { interactive, api, unknown } = &mut last[place];
        for (column, newest) in [(2, interactive), (3, api), (4, unknown)] {
            let time: Option<i64> = day.get(column)?;
            *newest = (*newest).max(time.map(|time| start + time));
        }
    }
    let mut by_id: Vec<_> = users.into_iter().map(|(_, user_id)| user_id).zip(last).collect();
    by_id.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(by_id)
}
