//! Logins, folded into counts and last times per user and day.
//!
//! A run reads whole days again from the last run's last day on, so a day that was partial then is replaced now; days
//! before that stay as they are. A replaced day keeps its earlier version for questions about earlier times.

use rusqlite::{Connection, params};

use super::error::Doing as _;
use super::merge::LoginWindow;
use super::runs::Run;
use super::{Error, last_logins, purge};

pub(super) const DAY_MILLISECONDS: i64 = 86_400_000;

/// The days of the run that is merged.
pub(super) const STAGED: &str = "temp.staged_login_day";

/// Folds `stage.login` into days and makes them the current ones within the window. Returns how many days changed.
pub(super) fn merge(connection: &Connection, run: &Run, window: LoginWindow) -> Result<usize, Error> {
    let doing = "merging login days";
    if let Some(horizon) = purge::horizon(connection)? {
        // Salesforce still has what was forgotten here; reading it again must not bring it back.
        connection.execute("DELETE FROM stage.login WHERE login_at < ?1", [horizon]).doing(doing)?;
    }
    connection
        .execute(
            "INSERT INTO main.login_user (org_no, user_id)
             SELECT DISTINCT ?1, user_id FROM stage.login WHERE true ON CONFLICT DO NOTHING",
            [run.org_no],
        )
        .doing(doing)?;
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE staged_login_day AS
             SELECT u.user_no, l.login_at / {DAY_MILLISECONDS} AS day,
                 sum(kind = 0) AS interactive, sum(kind = 1) AS api, sum(kind = 2) AS unknown,
                 max(iif(kind = 0, login_at % {DAY_MILLISECONDS}, NULL)) AS last_interactive,
                 max(iif(kind = 1, login_at % {DAY_MILLISECONDS}, NULL)) AS last_api,
                 max(iif(kind = 2, login_at % {DAY_MILLISECONDS}, NULL)) AS last_unknown
             FROM stage.login AS l JOIN main.login_user AS u ON u.org_no = {org} AND u.user_id = l.user_id
             GROUP BY u.user_no, day;
             CREATE UNIQUE INDEX temp.staged_login_day_key ON staged_login_day (user_no, day);",
            org = run.org_no
        ))
        .doing(doing)?;
    const DIFFER: &str = "n.interactive IS NOT s.interactive OR n.api IS NOT s.api
        OR n.unknown IS NOT s.unknown OR n.last_interactive IS NOT s.last_interactive
        OR n.last_api IS NOT s.last_api OR n.last_unknown IS NOT s.last_unknown";
    let from_day = window.from_milliseconds.div_euclid(DAY_MILLISECONDS);
    let ended = connection
        .execute(
            &format!(
                "INSERT INTO main.login_day_past
                 SELECT n.org_no, n.user_no, n.day, n.since_run, ?2, n.interactive, n.api, n.unknown,
                     n.last_interactive, n.last_api, n.last_unknown
                 FROM main.login_day_now AS n
                 LEFT JOIN {STAGED} AS s ON s.user_no = n.user_no AND s.day = n.day
                 WHERE n.org_no = ?1 AND n.day >= ?3 AND (s.user_no IS NULL OR {DIFFER})"
            ),
            params![run.org_no, run.number.0, from_day],
        )
        .doing(doing)?;
    connection
        .execute(
            "DELETE FROM main.login_day_now AS n WHERE n.org_no = ?1 AND n.day >= ?2 AND EXISTS (
                 SELECT 1 FROM main.login_day_past AS p WHERE p.org_no = n.org_no AND p.user_no = n.user_no
                 AND p.day = n.day AND p.until_run = ?3)",
            params![run.org_no, from_day, run.number.0],
        )
        .doing(doing)?;
    let begun = connection
        .execute(
            &format!(
                "INSERT INTO main.login_day_now
                 SELECT ?1, s.user_no, s.day, ?2, s.interactive, s.api, s.unknown, s.last_interactive, s.last_api,
                     s.last_unknown
                 FROM {STAGED} AS s WHERE true ON CONFLICT DO NOTHING"
            ),
            params![run.org_no, run.number.0],
        )
        .doing(doing)?;
    last_logins::follow(connection, run).doing(doing)?;
    connection.execute_batch("DROP TABLE temp.staged_login_day").doing(doing)?;
    connection
        .execute(
            "INSERT INTO main.login_window VALUES (?1, ?2, ?3)",
            params![run.number.0, window.from_milliseconds, window.until_milliseconds],
        )
        .doing(doing)?;
    Ok(ended.max(begun))
}

/// Where the org's login history was read up to, when its last merged run asked for the same as `request`.
pub(super) fn read_until(connection: &Connection, org_no: i64, request: &str) -> Result<Option<i64>, Error> {
    connection
        .query_row(
            "SELECT max(w.until_at) FROM login_window AS w JOIN run ON run.run_no = w.run_no
             WHERE run.org_no = ?1 AND run.merged = 1
             AND run.run_no > coalesce(
                 (SELECT max(run_no) FROM run WHERE org_no = ?1 AND merged = 1 AND request <> ?2), 0)",
            params![org_no, request],
            |row| row.get(0),
        )
        .doing("reading how far the login history goes")
}

/// Temporary tables in the place of `login_day_now` and `login_user`, with each org's days as they were after its run in
/// `temp.org_state`.
pub(super) fn restore(connection: &Connection) -> Result<(), Error> {
    let columns =
        "v.org_no, v.user_no, v.day, v.interactive, v.api, v.unknown, v.last_interactive, v.last_api,
        v.last_unknown";
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE login_day_now (org_no, user_no, day, interactive, api, unknown, last_interactive,
                 last_api, last_unknown, PRIMARY KEY (org_no, user_no, day)) WITHOUT ROWID;
             INSERT INTO temp.login_day_now
             SELECT {columns} FROM main.login_day_now AS v
             JOIN temp.org_state AS state ON state.org_no = v.org_no AND v.since_run <= state.run_no
             UNION ALL
             SELECT {columns} FROM main.login_day_past AS v
             JOIN temp.org_state AS state ON state.org_no = v.org_no
                 AND v.since_run <= state.run_no AND state.run_no < v.until_run"
        ))
        .and_then(|()| last_logins::restore(connection))
        .doing("restoring earlier login days")
}
