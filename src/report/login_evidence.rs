//! What the collected logins say of users, for every report about activity.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::measure::activity::{Activity, Logins, Window};
use super::{Basis, Error};
use crate::base::utc_text;
use crate::store::Holder;

/// How far the login history of each org reaches, and the window that activity is looked for in.
pub(super) struct LoginEvidence {
    /// The window of the rules before the report's time.
    pub(super) window: Window,
    since: BTreeMap<String, Timestamp>,
    /// The first day of the window.
    first_day: String,
}

impl LoginEvidence {
    /// Looks how far the histories reach.
    pub(super) fn read(basis: &Basis<'_>) -> Result<Self, Error> {
        let window = Window::before(basis.selection.as_of, basis.rules.window_days);
        Ok(Self {
            window,
            first_day: day(window.from),
            since: basis.reader.login_history_since(basis.selection)?,
        })
    }

    /// The logins of a user.
    pub(super) fn logins(&self, user: &Holder) -> Logins {
        Logins {
            last_login_date: user.last_login_at,
            last_interactive: user.last_interactive_at,
            last_api: user.last_api_at,
            last_unknown: user.last_unknown_at,
            history_since: self.since.get(&*user.org).copied(),
        }
    }

    /// Why `activity` is what it is, for people.
    pub(super) fn reason(&self, activity: Activity) -> String {
        let from = &self.first_day;
        match activity {
            Activity::Active(at) => format!("last login {}, at or after {from}", day(at)),
            Activity::Inactive(at) => format!("last login {}, before {from}", day(at)),
            Activity::Never => "never logged in".to_owned(),
            Activity::Unknown => {
                format!("the logins from {from} to {} are not known", day(self.window.until))
            }
        }
    }
}

/// The UTC date of an instant.
pub(super) fn day(instant: Timestamp) -> String {
    let mut text = utc_text(instant);
    text.truncate("2026-11-21".len());
    text
}
