//! Counts over all users, behind the counters that Salesforce keeps on licenses and metrics.

use super::licenses::{FEATURES, PACKAGES, PERMISSION_SET_LICENSES, PROFILES, USER_LICENSES};
use super::population::Population;

/// Metrics call a user active who logged in within this many days (Object Reference, "ActiveProfileMetric").
const ACTIVE_WITHIN_DAYS: i64 = 30;

/// Holders of something.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Holders, active users or not.
    pub(crate) rows: i64,
    /// Holders who are active users.
    pub(crate) active: i64,
    /// Active users among them who logged in lately.
    pub(crate) recent: i64,
}

/// Counts by profile, permission set license, package and feature, in the order of their tables.
pub(crate) struct Census {
    pub(crate) profiles: Vec<Tally>,
    pub(crate) permission_set_licenses: Vec<Tally>,
    pub(crate) packages: Vec<Tally>,
    pub(crate) features: Vec<Tally>,
}

impl Census {
    /// Asks every user once.
    pub(crate) fn of(population: &Population) -> Self {
        let mut census = Self {
            profiles: vec![Tally::default(); PROFILES.len()],
            permission_set_licenses: vec![Tally::default(); PERMISSION_SET_LICENSES.len()],
            packages: vec![Tally::default(); PACKAGES.len()],
            features: vec![Tally::default(); FEATURES.len()],
        };
        let recently = population.born_on() - ACTIVE_WITHIN_DAYS;
        for user in 0..population.users() {
            let active = population.is_active(user);
            let recent = active && population.last_seen_on(user).is_some_and(|day| day >= recently);
            let count = |tally: &mut Tally| {
                tally.rows += 1;
                tally.active += i64::from(active);
                tally.recent += i64::from(recent);
            };
            if let Some(profile) = population.profile_number(user) {
                count(&mut census.profiles[profile]);
            }
            let licenses = population.permission_set_licenses(user);
            held(licenses, &mut census.permission_set_licenses).for_each(count);
            held(population.packages(user), &mut census.packages).for_each(count);
            for (feature, tally) in census.features.iter_mut().enumerate() {
                if population.has_feature(user, feature) {
                    count(tally);
                }
            }
        }
        census
    }

    /// Active users on a user license.
    pub(crate) fn user_license(&self, license: usize) -> i64 {
        debug_assert!(license < USER_LICENSES.len());
        let profiles = PROFILES.iter().zip(&self.profiles);
        profiles.filter(|(profile, _)| profile.license == license).map(|(_, tally)| tally.active).sum()
    }
}

fn held(bits: u32, tallies: &mut [Tally]) -> impl Iterator<Item = &mut Tally> {
    tallies.iter_mut().enumerate().filter(move |(place, _)| bits & 1 << place != 0).map(|(_, tally)| tally)
}
