//! The org as it was born: sizes, the calendar, and what is worked out once for all records.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use super::census::Census;
use super::companies::COMPANIES;
use super::draw::{Aspect, Draw, Lottery};
use super::licenses::PROFILES;
use super::logins::WAYS;
use super::people::SPECIAL_USERS;

/// A seeded org of any size. Records are derived on demand; this holds only what is needed to derive them.
pub(crate) struct Population {
    seed: u64,
    users: u64,
    born_on: i64,
    today: AtomicI64,
    census: OnceLock<Census>,
    profiles: Lottery,
    companies: Lottery,
    ways: Lottery,
}

impl Population {
    /// An org of `users` users, born on the day `born_on` (days since 1970): nothing derived from the seed is later.
    pub(crate) fn new(seed: u64, users: u64, born_on: i64) -> Self {
        Self {
            seed,
            users,
            born_on,
            today: AtomicI64::new(born_on),
            census: OnceLock::new(),
            profiles: Lottery::new(PROFILES.iter().map(|profile| profile.weight)),
            companies: Lottery::new(COMPANIES.iter().map(|company| company.weight)),
            ways: Lottery::new(WAYS.iter().map(|way| way.weight)),
        }
    }

    /// Chooses the profile of a person.
    pub(crate) fn profiles(&self) -> &Lottery {
        &self.profiles
    }

    /// Chooses the company of a person.
    pub(crate) fn companies(&self) -> &Lottery {
        &self.companies
    }

    /// Chooses the way in which a person logs in.
    pub(crate) fn ways(&self) -> &Lottery {
        &self.ways
    }

    /// Draws a number for a property of a record.
    pub(crate) fn draw(&self, aspect: Aspect, row: u64) -> Draw {
        Draw::of(self.seed, aspect, row)
    }

    /// How many users there are; user `n` is record `n`.
    pub(crate) fn users(&self) -> u64 {
        self.users
    }

    /// The day the org was born.
    pub(crate) fn born_on(&self) -> i64 {
        self.born_on
    }

    /// The present day of the org. Logins are derived up to the day before it.
    pub(crate) fn today(&self) -> i64 {
        self.today.load(Ordering::Relaxed)
    }

    /// Lets days pass; nothing but logins happens on them.
    pub(crate) fn set_today(&self, day: i64) {
        self.today.store(day.max(self.born_on), Ordering::Relaxed);
    }

    /// Counts over all users, made on first use.
    pub(crate) fn census(&self) -> &Census {
        self.census.get_or_init(|| Census::of(self))
    }

    /// How many roles there are: a role for each hundred people, as a hierarchy has.
    pub(crate) fn roles(&self) -> u64 {
        (self.users / 100).clamp(8, 200)
    }

    /// How many permission set groups there are.
    pub(crate) fn permission_set_groups(&self) -> u64 {
        (self.users / 1000).clamp(2, 20)
    }

    /// How many permission sets can be assigned by hand: those of groups first, then ordinary ones.
    pub(crate) fn assignable_sets(&self) -> u64 {
        self.permission_set_groups() + (self.users / 72).clamp(10, 280)
    }

    /// How many permission sets there are: one hidden for each profile, then the assignable ones.
    pub(crate) fn permission_sets(&self) -> u64 {
        PROFILES.len() as u64 + self.assignable_sets()
    }

    /// True for a person rather than one of the users that every org has.
    pub(crate) fn is_ordinary(&self, user: u64) -> bool {
        user >= SPECIAL_USERS.len() as u64
    }
}
