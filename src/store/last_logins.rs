//! The last login of each kind by all login days of a user, kept with the user's short number: days are tens of millions,
//! and nearly every report asks for the last ones.

use rusqlite::{Connection, params};

use super::logins::{DAY_MILLISECONDS, STAGED};
use super::runs::Run;

/// The kinds of logins, as the columns of days and users end in them.
const KINDS: [&str; 3] = ["interactive", "api", "unknown"];

/// Makes the last logins those of the current days, after a run has merged its days.
pub(super) fn follow(connection: &Connection, run: &Run) -> rusqlite::Result<()> {
    let later = |kind: &str| {
        // Of a number and a null, max() makes null.
        format!(
            "last_{kind}_at = max(ifnull(u.last_{kind}_at, d.{kind}), ifnull(d.{kind}, u.last_{kind}_at))"
        )
    };
    let staged = format!("SELECT user_no, {} FROM {STAGED} GROUP BY user_no", newest_of_days());
    set(connection, later, &staged)?;
    // A login that a replaced day had and its successor has not.
    let is_gone = KINDS.map(|kind| {
        format!(
            "u.last_{kind}_at = p.day * {DAY_MILLISECONDS} + p.last_{kind} AND n.last_{kind} IS NOT p.last_{kind}"
        )
    });
    connection.execute_batch("CREATE TEMP TABLE receded (user_no INTEGER PRIMARY KEY)")?;
    let receded = connection.execute(
        &format!(
            "INSERT INTO temp.receded SELECT DISTINCT p.user_no FROM main.login_day_past AS p
             JOIN main.login_user AS u ON u.user_no = p.user_no
             LEFT JOIN main.login_day_now AS n ON n.org_no = p.org_no AND n.day = p.day AND n.user_no = p.user_no
             WHERE p.org_no = ?1 AND p.until_run = ?2 AND ({})",
            is_gone.join(" OR ")
        ),
        params![run.org_no, run.number.0],
    )?;
    if receded > 0 {
        let nothing = KINDS.map(|kind| format!("last_{kind}_at = NULL")).join(", ");
        connection.execute_batch(&format!(
            "UPDATE main.login_user SET {nothing} WHERE user_no IN (SELECT user_no FROM temp.receded)"
        ))?;
        let days = format!(
            "SELECT user_no, {} FROM main.login_day_now
             WHERE org_no = {} AND user_no IN (SELECT user_no FROM temp.receded) GROUP BY user_no",
            newest_of_days(),
            run.org_no
        );
        set(connection, |kind: &str| format!("last_{kind}_at = d.{kind}"), &days)?;
    }
    connection.execute_batch("DROP TABLE temp.receded")
}

/// Sets the last logins of the users in `days`, each as `how` says for its kind.
fn set(connection: &Connection, how: impl Fn(&str) -> String, days: &str) -> rusqlite::Result<()> {
    let assignments = KINDS.map(how).join(", ");
    connection.execute_batch(&format!(
        "UPDATE main.login_user AS u SET {assignments} FROM ({days}) AS d WHERE d.user_no = u.user_no"
    ))
}

/// Takes out what lies before a day, counted from 1970.
pub(super) fn forget_before(connection: &Connection, first_day: i64) -> rusqlite::Result<()> {
    let first = first_day * DAY_MILLISECONDS;
    let kept = |kind| format!("last_{kind}_at = iif(last_{kind}_at < {first}, NULL, last_{kind}_at)");
    connection.execute_batch(&format!("UPDATE main.login_user SET {}", KINDS.map(kept).join(", ")))
}

/// A temporary table in the place of `login_user`, with the last logins by the days of an earlier state, which stand in
/// `temp.login_day_now`.
pub(super) fn restore(connection: &Connection) -> rusqlite::Result<()> {
    let columns = KINDS.map(|kind| format!("last_{kind}_at")).join(", ");
    connection.execute_batch(&format!(
        "CREATE TEMP TABLE login_user (
             user_no INTEGER PRIMARY KEY, org_no, user_id, {columns}, UNIQUE (org_no, user_id));
         INSERT INTO temp.login_user SELECT u.user_no, u.org_no, u.user_id, {}
         FROM main.login_user AS u
         LEFT JOIN temp.login_day_now AS d ON d.org_no = u.org_no AND d.user_no = u.user_no GROUP BY u.user_no",
        newest_of_days()
    ))
}

/// The columns that give, of the days of a group, the newest login of each kind.
fn newest_of_days() -> String {
    KINDS.map(|kind| format!("max(day * {DAY_MILLISECONDS} + last_{kind}) AS {kind}")).join(", ")
}
