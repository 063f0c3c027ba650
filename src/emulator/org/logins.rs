//! When users log in. Each user has a rhythm and a last day; the days between follow from both, so that
//! `User.LastLoginDate` and the rows of LoginHistory agree without either being kept.

use super::draw::Aspect;
use super::licenses::USER_LICENSES;
use super::population::Population;
use super::value::DAY_MILLISECONDS;

/// Salesforce keeps six months of LoginHistory (Object Reference, "LoginHistory").
const HISTORY_DAYS: i64 = 182;
/// At most this many logins of a user fall on one day.
const SLOTS: u64 = 4;
/// 2000-01-01, days since 1970: before any login.
const FIRST_DAY: i64 = 10_957;

/// A login: the user, the day since 1970 and the how manieth of the day.
#[derive(Clone, Copy)]
pub(crate) struct Login {
    pub(crate) user: u64,
    day: i64,
    slot: u64,
}

/// How a user logs in.
pub(crate) struct Way {
    pub(crate) login_type: &'static str,
    pub(crate) application: &'static str,
    pub(crate) browser: &'static str,
    pub(crate) platform: &'static str,
    pub(crate) api_type: Option<&'static str>,
    pub(crate) weight: u8,
}

const fn way(
    login_type: &'static str,
    application: &'static str,
    browser: &'static str,
    platform: &'static str,
    api_type: Option<&'static str>,
    weight: u8,
) -> Way {
    Way { login_type, application, browser, platform, api_type, weight }
}

/// Ways of people; the last two also serve integrations. Types of LoginHistory are a picklist (Object Reference).
pub(crate) const WAYS: &[Way] = &[
    way("Application", "Browser", "Chrome 142", "Windows 11", None, 45),
    way("SAML Sfdc Initiated SSO", "N/A", "Edge 141", "Windows 11", None, 25),
    way("SAML Idp Initiated SSO", "N/A", "Safari 26", "Mac OSX", None, 5),
    way("Chatter Communities External User", "N/A", "Firefox 144", "Linux", None, 2),
    way("Third Party SSO", "N/A", "Chrome 142", "Android", None, 3),
    way("Remote Access 2.0", "Salesforce for iOS", "Unknown", "iOS", None, 10),
    way("Other Apex API", "Data Loader", "Java (Salesforce.com)", "Unknown", Some("SOAP Partner"), 5),
    way("Remote Access 2.0", "ERP Sync", "Unknown", "Unknown", Some("REST API"), 5),
];
const INTEGRATION_WAYS: std::ops::Range<usize> = 6..8;

/// Outcomes that are no login, in thousandths.
const FAILURES: &[(&str, u64)] = &[
    ("Invalid Password", 28),
    ("Failed: Computer activation required", 6),
    ("User is Inactive", 2),
    ("Restricted IP", 2),
    ("Password Lockout", 2),
];

impl Population {
    /// The first day whose logins LoginHistory still has.
    fn history_from(&self) -> i64 {
        self.today() - HISTORY_DAYS
    }

    /// The last day, before the org was born, on which the user logged in.
    pub(crate) fn last_seen_on(&self, user: u64) -> Option<i64> {
        if let Some(special) = self.special_user(user) {
            return (special.integration || special.first == Some("Ada")).then(|| self.born_on() - 1);
        }
        let rhythm = self.draw(Aspect::Rhythm, user);
        let created = self.created_on(user);
        let is_new = created > self.born_on() - 15;
        if rhythm.happens(if is_new { 500 } else { 35 }) {
            return None;
        }
        let draw = self.draw(Aspect::LastSeen, user);
        let days_ago = match self.deactivated_on(user) {
            Some(day) => self.born_on() - day + draw.below(45) as i64,
            None if draw.happens(190) => 25 + (draw.number() % 400) as i64,
            None => 1 + (draw.number() % self.usual_gap(user)) as i64,
        };
        Some((self.born_on() - days_ago.max(1)).max(created))
    }

    /// Chance of a login on a working day, in thousandths.
    fn rhythm_per_mille(&self, user: u64) -> u64 {
        if let Some(special) = self.special_user(user) {
            return if special.integration { 1000 } else { 300 };
        }
        let internal = self.is_internal(user) && self.has_full_license(user);
        match (self.draw(Aspect::Rhythm, user).number() % 10, internal) {
            (0..=2, true) => 600,
            (3..=6, true) | (0, false) => 180,
            _ => 30,
        }
    }

    fn has_full_license(&self, user: u64) -> bool {
        self.profile(user).is_some_and(|profile| USER_LICENSES[profile.license].key != "PID_CHATTER")
    }

    /// Days that usually pass between two logins, and up to which an absence means nothing.
    fn usual_gap(&self, user: u64) -> u64 {
        match self.rhythm_per_mille(user) {
            500.. => 3,
            100.. => 9,
            _ => 40,
        }
    }

    /// How many logins, also failed ones, the user has on `day`.
    fn logins_on(&self, user: u64, day: i64) -> u64 {
        let Some(last_seen) = self.last_seen_on(user) else { return 0 };
        let keeps_coming = self.is_active(user) && self.born_on() - last_seen <= self.usual_gap(user) as i64;
        if day < self.created_on(user) || day >= self.today() || (day > last_seen && !keeps_coming) {
            return 0;
        }
        // Between the last day and the org's birthday there is nothing, by the meaning of "last".
        if day > last_seen && day < self.born_on() {
            return 0;
        }
        let draw = self.draw(Aspect::LoginDay, self.login_row(Login { user, day, slot: 0 }));
        let is_weekend = (day + 3).rem_euclid(7) >= 5;
        let integration = self.special_user(user).is_some_and(|special| special.integration);
        let chance = self.rhythm_per_mille(user) / if is_weekend && !integration { 8 } else { 1 };
        if day == last_seen || draw.happens(chance) {
            1 + [0, 0, 0, 0, 1, 1, 2, 3][(draw.number() % 8) as usize]
        } else {
            0
        }
    }

    /// The place of a login: day by day, within a day user by user.
    fn login_row(&self, login: Login) -> u64 {
        self.first_login_row(login.day) + login.user * SLOTS + login.slot
    }

    fn first_login_row(&self, day: i64) -> u64 {
        day.saturating_sub(FIRST_DAY).max(0) as u64 * self.users() * SLOTS
    }

    /// The first place that a login at `instant` or later can have.
    pub(crate) fn first_login_row_at(&self, instant: i64) -> u64 {
        self.first_login_row(instant.div_euclid(DAY_MILLISECONDS))
    }

    /// The login at a place.
    pub(crate) fn login(&self, row: u64) -> Login {
        let per_day = self.users() * SLOTS;
        let day = FIRST_DAY + (row / per_day) as i64;
        Login { user: row % per_day / SLOTS, day, slot: row % SLOTS }
    }

    /// The first place at or after `row` that holds a login.
    pub(crate) fn next_login(&self, row: u64) -> Option<u64> {
        let mut row = row.max(self.first_login_row(self.history_from()));
        let end = self.first_login_row(self.today());
        while row < end {
            let login = self.login(row);
            let logins = self.logins_on(login.user, login.day);
            if login.slot < logins {
                return Some(row);
            }
            row = row - login.slot + SLOTS;
        }
        None
    }

    /// How many logins LoginHistory has.
    pub(crate) fn login_count(&self) -> u64 {
        let days = self.history_from()..self.today();
        days.map(|day| (0..self.users()).map(|user| self.logins_on(user, day)).sum::<u64>()).sum()
    }

    /// `User.LastLoginDate`: the last successful login, also one that LoginHistory no longer has.
    pub(crate) fn last_login_at(&self, user: u64) -> Option<i64> {
        let last_seen = self.last_seen_on(user)?;
        let days_since_birth = (self.born_on()..self.today()).rev();
        days_since_birth.chain([last_seen]).find_map(|day| {
            (0..self.logins_on(user, day))
                .map(|slot| Login { user, day, slot })
                .filter(|login| self.login_succeeded(*login))
                .map(|login| self.login_at(login))
                .max()
        })
    }

    /// `LoginHistory.LoginTime`, never before the user existed.
    pub(crate) fn login_at(&self, login: Login) -> i64 {
        let time_of_day = self.seconds_of_day(Aspect::LoginTime, self.login_row(login));
        (login.day * DAY_MILLISECONDS + time_of_day).max(self.created_at(login.user))
    }

    /// `LoginHistory.Status`.
    pub(crate) fn login_status(&self, login: Login) -> &'static str {
        // The first login of the last day is what LastLoginDate shows, so it succeeded.
        let decides = login.slot == 0 && self.last_seen_on(login.user) == Some(login.day);
        let mut rest = self.draw(Aspect::LoginStatus, self.login_row(login)).below(1000);
        for (status, per_mille) in FAILURES {
            match rest.checked_sub(*per_mille) {
                Some(left) => rest = left,
                None if decides => return "Success",
                None => return status,
            }
        }
        "Success"
    }

    /// True for a login that let the user in.
    pub(crate) fn login_succeeded(&self, login: Login) -> bool {
        self.login_status(login) == "Success"
    }

    /// True when the attempt named no user that exists: `LoginHistory.UserId` is null then.
    pub(crate) fn login_is_of_nobody(&self, login: Login) -> bool {
        self.login_status(login) == "Invalid Password"
            && self.draw(Aspect::LoginStatus, self.login_row(login)).number().is_multiple_of(8)
    }

    /// How the user logged in.
    pub(crate) fn login_way(&self, login: Login) -> &'static Way {
        let draw = self.draw(Aspect::LoginKind, self.login_row(login));
        match self.special_user(login.user) {
            Some(special) if special.integration => &WAYS[INTEGRATION_WAYS][draw.below(2) as usize],
            _ => &WAYS[self.ways().winner(draw)],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn last_login_date_is_the_last_success_in_the_history() {
        let population = Population::new(7, 400, 20_000);
        for today in [20_000, 20_012] {
            population.set_today(today);
            let mut last = BTreeMap::new();
            let mut row = 0;
            while let Some(found) = population.next_login(row) {
                let login = population.login(found);
                if population.login_succeeded(login) {
                    let at = population.login_at(login);
                    let newest = last.entry(login.user).or_insert(at);
                    *newest = at.max(*newest);
                }
                row = found + 1;
            }
            assert!(last.len() > 200, "{} people logged in", last.len());
            let from = (today - HISTORY_DAYS) * DAY_MILLISECONDS;
            for user in 0..population.users() {
                let shown = population.last_login_at(user).filter(|at| *at >= from);
                assert_eq!(shown, last.get(&user).copied(), "user {user} on day {today}");
            }
        }
    }
}
