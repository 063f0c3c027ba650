//! From when on the collected login history is known without a gap: what it says of people who did not log in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::error::Doing as _;
use super::rows::Selection;
use super::{Error, Reader};

/// Salesforce keeps six months of LoginHistory (Object Reference, "LoginHistory"); what a run asked for beyond them was
/// not there to be read.
const LOGINS_KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

impl Reader {
    /// From when on the login history of each org is known without a gap up to the state that is read. An org whose
    /// newest run could not read it is not in the map: nobody can tell there who did not log in.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn login_history_since(&self, selection: &Selection) -> Result<BTreeMap<String, Timestamp>, Error> {
        let mut since = BTreeMap::new();
        for (org_no, org) in self.selected_orgs(selection)? {
            let windows = self.login_windows(org_no)?;
            if let Some(instant) = known_since(&windows).and_then(|at| Timestamp::from_millisecond(at).ok()) {
                since.insert(org.to_string(), instant);
            }
        }
        Ok(since)
    }

    /// What the runs up to the state have read, the newest first, in milliseconds since 1970. Runs before one that
    /// asked for something else do not count: they may have left out people who are in scope now.
    fn login_windows(&self, org_no: i64) -> Result<Vec<(i64, i64)>, Error> {
        let windows: Vec<Option<(i64, i64)>> = self
            .connection
            .prepare_cached(
                "SELECT w.from_at, w.until_at
                 FROM org_state AS state
                 JOIN run AS newest ON newest.run_no = state.run_no
                 JOIN run ON run.org_no = state.org_no AND run.merged = 1 AND run.run_no <= state.run_no
                     AND run.run_no > coalesce((
                         SELECT max(other.run_no) FROM run AS other
                         WHERE other.org_no = state.org_no AND other.merged = 1
                         AND other.run_no < state.run_no AND other.request <> newest.request), 0)
                 LEFT JOIN login_window AS w ON w.run_no = run.run_no
                 WHERE state.org_no = ?1
                 ORDER BY run.run_no DESC",
            )
            .and_then(|mut statement| {
                let window = |row: &rusqlite::Row<'_>| {
                    Ok(row.get::<_, Option<i64>>(0)?.zip(row.get::<_, Option<i64>>(1)?))
                };
                statement.query_map([org_no], window)?.collect()
            })
            .doing("reading how far back the login history goes")?;
        let is_known_to_the_end = windows.first().is_some_and(Option::is_some);
        Ok(if is_known_to_the_end { windows.into_iter().flatten().collect() } else { Vec::new() })
    }
}

/// The beginning of the newest of `windows` joined with the earlier ones that it touches.
fn known_since(windows: &[(i64, i64)]) -> Option<i64> {
    let mut since: Option<i64> = None;
    for (from, until) in windows {
        if since.is_some_and(|since| *until < since) {
            break;
        }
        let kept = (*from).max(until - LOGINS_KEPT.as_secs() * 1000);
        since = Some(since.map_or(kept, |since| since.min(kept)));
    }
    since
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_joined_while_they_touch() {
        const DAY: i64 = crate::store::logins::DAY_MILLISECONDS;
        let cases = [
            (vec![], None),
            (vec![(10, 100)], Some(10)),
            (vec![(99, 101), (98, 99), (8, 98)], Some(8)),
            (vec![(99, 101), (90, 98), (8, 98)], Some(99)),
            (vec![(99, 101), (8, 99), (50, 60)], Some(8)),
            (vec![(0, 365)], Some(185)),
        ];
        for (windows, since) in cases {
            let days: Vec<(i64, i64)> =
                windows.iter().map(|(from, until)| (from * DAY, until * DAY)).collect();
            assert_eq!(known_since(&days), since.map(|day| day * DAY), "{windows:?}");
        }
    }
}
