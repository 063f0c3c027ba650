//! Whether and when an account was used, as far as the evidence goes. Absence of evidence is [`Activity::Unknown`],
//! never inactivity.

use jiff::{SignedDuration, Timestamp};

/// A half-open stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Window {
    /// The `days` times 86,400 seconds before `as_of`, which is not part of them.
    pub fn before(as_of: Timestamp, days: i64) -> Self {
        Self { from: earlier(as_of, days), until: as_of }
    }

    /// Whether `instant` lies in it.
    pub fn contains(self, instant: Timestamp) -> bool {
        self.from <= instant && instant < self.until
    }
}

/// The instant `days` times 86,400 seconds earlier.
fn earlier(instant: Timestamp, days: i64) -> Timestamp {
    instant.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

/// What is known of an account's logins. Only successful ones count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logins {
    /// Salesforce's `User.LastLoginDate`, which is updated only a minute or more after the previous login and knows no
    /// difference between a person and a program: the last login was then or later.
    pub last_login_date: Option<Timestamp>,
    /// The last interactive login in the collected history.
    pub last_interactive: Option<Timestamp>,
    /// The last login by API in the collected history.
    pub last_api: Option<Timestamp>,
    /// The last login of an unknown kind in the collected history.
    pub last_unknown: Option<Timestamp>,
    /// From when on the history is known up to the present; `None` when it could not be read.
    pub history_since: Option<Timestamp>,
}

/// What the logins say about a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The last login lies in the window.
    Active(Timestamp),
    /// The last login was before the window.
    Inactive(Timestamp),
    /// There was no login, ever.
    Never,
    /// There is no evidence either way.
    Unknown,
}

impl Logins {
    /// The last login of any kind.
    pub fn last_any(&self) -> Option<Timestamp> {
        [self.last_login_date, self.last_interactive, self.last_api, self.last_unknown].into_iter().max()?
    }

    /// Whether the history tells who did not log in during `window`.
    pub fn covers(&self, window: Window) -> bool {
        self.history_since.is_some_and(|since| since <= window.from)
    }

    /// What is known about `window`. Where the history is readable but shorter than the window, `LastLoginDate` tells
    /// what was before it; where there is no history, it can only show activity, not the lack of it.
    pub fn activity(&self, window: Window) -> Activity {
        let has_evidence = self.covers(window);
        match self.last_any() {
            Some(at) if window.contains(at) => Activity::Active(at),
            // The clocks disagree, and what was before that login is gone.
            Some(at) if at >= window.until => Activity::Unknown,
            Some(at) if has_evidence || self.history_since.and(self.last_login_date).is_some() => {
                Activity::Inactive(at)
            }
            None if has_evidence => Activity::Never,
            _ => Activity::Unknown,
        }
    }

    /// Whether programs alone used the account in `window`; `None` when the history does not tell.
    pub fn is_api_only(&self, window: Window) -> Option<bool> {
        let lies_in = |at: Option<Timestamp>| at.is_some_and(|at| window.contains(at));
        if lies_in(self.last_interactive) || lies_in(self.last_unknown) {
            return Some(false);
        }
        self.covers(window).then(|| lies_in(self.last_api))
    }
}

/// Whether a seat is so new that not using it means nothing yet: its account was made, or it was assigned, less than
/// `grace_days` before `as_of`.
pub fn is_new(
    created_at: Option<Timestamp>,
    assigned_at: Option<Timestamp>,
    as_of: Timestamp,
    grace_days: i64,
) -> bool {
    created_at.max(assigned_at).is_some_and(|begun| begun >= earlier(as_of, grace_days))
}

/// How long ago the last login was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// At most 30 days.
    UpToThirty,
    /// More than 30 and at most 60 days.
    ThirtyToSixty,
    /// More than 60 and at most 90 days.
    SixtyToNinety,
    /// More than 90 and at most 180 days.
    NinetyToHundredEighty,
    /// More than 180 days.
    OverHundredEighty,
    /// No login, ever.
    Never,
    /// No evidence either way.
    Unknown,
}

impl Band {
    /// Every band, in order.
    pub const ALL: [Self; 7] = [
        Self::UpToThirty,
        Self::ThirtyToSixty,
        Self::SixtyToNinety,
        Self::NinetyToHundredEighty,
        Self::OverHundredEighty,
        Self::Never,
        Self::Unknown,
    ];

    /// The band of an account at `as_of`.
    pub fn of(activity: Activity, as_of: Timestamp) -> Self {
        let at = match activity {
            Activity::Active(at) | Activity::Inactive(at) => at,
            Activity::Never => return Self::Never,
            Activity::Unknown => return Self::Unknown,
        };
        let limits = [
            (30, Self::UpToThirty),
            (60, Self::ThirtyToSixty),
            (90, Self::SixtyToNinety),
            (180, Self::NinetyToHundredEighty),
        ];
        let within = limits.into_iter().find(|(days, _)| earlier(as_of, *days) <= at);
        within.map_or(Self::OverHundredEighty, |(_, band)| band)
    }

    /// Its word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::UpToThirty => "0-30",
            Self::ThirtyToSixty => "30-60",
            Self::SixtyToNinety => "60-90",
            Self::NinetyToHundredEighty => "90-180",
            Self::OverHundredEighty => "180+",
            Self::Never => "never",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn as_of() -> Timestamp {
        at("2026-11-21T00:00:00Z")
    }

    #[test]
    fn a_window_has_its_first_instant_and_not_its_last() {
        let window = Window::before(as_of(), 90);
        assert_eq!(window.from, at("2026-08-23T00:00:00Z"));
        let cases = [
            ("2026-08-22T23:59:59Z", false),
            ("2026-08-23T00:00:00Z", true),
            ("2026-11-20T23:59:59.999Z", true),
            ("2026-11-21T00:00:00Z", false),
        ];
        for (instant, is_inside) in cases {
            assert_eq!(window.contains(at(instant)), is_inside, "{instant}");
        }
    }

    #[test]
    fn activity_is_told_only_as_far_as_the_evidence_goes() {
        use Activity::{Active, Inactive, Never, Unknown};
        let (recent, old, ahead) = ("2026-11-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-11-21T00:00:00Z");
        let (whole, short) = (Some("2026-08-23T00:00:00Z"), Some("2026-08-23T00:00:01Z"));
        let cases = [
            // LastLoginDate, last login in the history, history since: activity
            ((Some(recent), Some(recent), whole), Active(at(recent))),
            ((Some(old), Some(recent), whole), Active(at(recent))),
            ((None, Some(recent), None), Active(at(recent))),
            ((Some(recent), None, None), Active(at(recent))),
            ((Some(old), None, whole), Inactive(at(old))),
            ((None, Some(old), whole), Inactive(at(old))),
            ((Some(old), None, short), Inactive(at(old))),
            ((None, Some(old), short), Unknown),
            ((Some(old), None, None), Unknown),
            ((None, None, whole), Never),
            ((None, None, short), Unknown),
            ((None, None, None), Unknown),
            ((Some(ahead), None, whole), Unknown),
        ];
        for ((last_login_date, in_history, since), expected) in cases {
            for kind in 0..3 {
                let login = |place: i32| in_history.filter(|_| place == kind).map(at);
                let logins = Logins {
                    last_login_date: last_login_date.map(at),
                    last_interactive: login(0),
                    last_api: login(1),
                    last_unknown: login(2),
                    history_since: since.map(at),
                };
                let activity = logins.activity(Window::before(as_of(), 90));
                assert_eq!(activity, expected, "{last_login_date:?} {in_history:?} {since:?} {kind}");
            }
        }
    }

    #[test]
    fn only_a_whole_history_shows_that_programs_alone_use_an_account() {
        let (recent, old) = (Some("2026-11-01T00:00:00Z"), Some("2026-05-01T00:00:00Z"));
        let (whole, short) = (Some("2026-08-23T00:00:00Z"), Some("2026-08-24T00:00:00Z"));
        let cases = [
            // interactive, api, unknown, history since: API only
            ((old, recent, old, whole), Some(true)),
            ((None, recent, None, whole), Some(true)),
            ((recent, recent, None, whole), Some(false)),
            ((recent, recent, None, None), Some(false)),
            ((None, recent, recent, whole), Some(false)),
            ((None, old, None, whole), Some(false)),
            ((None, recent, None, short), None),
            ((None, recent, None, None), None),
        ];
        for ((interactive, api, unknown, since), expected) in cases {
            let logins = Logins {
                last_login_date: None,
                last_interactive: interactive.map(at),
                last_api: api.map(at),
                last_unknown: unknown.map(at),
                history_since: since.map(at),
            };
            assert_eq!(logins.is_api_only(Window::before(as_of(), 90)), expected, "{logins:?}");
        }
    }

    #[test]
    fn bands_are_half_open() {
        let cases = [
            (Activity::Active(at("2026-11-20T23:59:59Z")), Band::UpToThirty),
            (Activity::Active(at("2026-10-22T00:00:00Z")), Band::UpToThirty),
            (Activity::Active(at("2026-10-21T23:59:59Z")), Band::ThirtyToSixty),
            (Activity::Active(at("2026-09-22T00:00:00Z")), Band::ThirtyToSixty),
            (Activity::Active(at("2026-09-21T23:59:59Z")), Band::SixtyToNinety),
            (Activity::Active(at("2026-08-23T00:00:00Z")), Band::SixtyToNinety),
            (Activity::Inactive(at("2026-08-22T23:59:59Z")), Band::NinetyToHundredEighty),
            (Activity::Inactive(at("2026-05-25T00:00:00Z")), Band::NinetyToHundredEighty),
            (Activity::Inactive(at("2026-05-24T23:59:59Z")), Band::OverHundredEighty),
            (Activity::Never, Band::Never),
            (Activity::Unknown, Band::Unknown),
        ];
        for (activity, band) in cases {
            assert_eq!(Band::of(activity, as_of()), band, "{activity:?}");
        }
    }

    #[test]
    fn the_later_of_account_and_assignment_begins_the_grace() {
        let (inside, outside) = (Some(at("2026-09-22T00:00:00Z")), Some(at("2026-09-21T23:59:59Z")));
        let cases = [
            ((inside, None), true),
            ((outside, None), false),
            ((outside, inside), true),
            ((outside, outside), false),
            ((None, None), false),
        ];
        for ((created, assigned), expected) in cases {
            assert_eq!(is_new(created, assigned, as_of(), 60), expected, "{created:?} {assigned:?}");
        }
    }
}
