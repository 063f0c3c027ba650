//! What a user holds: permission sets, permission set licenses, package seats and feature licenses.

use super::draw::Aspect;
use super::licenses::{
    CHATTER_FREE, FEATURES, INTEGRATION, PACKAGES, PERMISSION_SET_LICENSES, PLATFORM, PROFILES, SALESFORCE,
};
use super::population::Population;

/// Places for the permission set assignments of one user: the profile's own set first.
pub(crate) const ASSIGNMENT_SLOTS: u64 = 16;

/// What a permission set needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetLicense {
    None,
    User(usize),
    PermissionSet(usize),
}

impl Population {
    /// How many permission sets are assigned to the user by hand.
    pub(crate) fn assigned_sets(&self, user: u64) -> u64 {
        let Some(profile) = self.profile(user) else { return 0 };
        let draw = self.draw(Aspect::SetCount, user);
        let count = match profile.license {
            SALESFORCE => 3 + draw.below(8),
            PLATFORM => 1 + draw.below(7),
            CHATTER_FREE => 0,
            INTEGRATION => 2,
            _ => draw.below(3),
        };
        count.min(self.assignable_sets()).min(ASSIGNMENT_SLOTS - 1)
    }

    /// The permission set in a slot of the user, from 1 up: its number among all sets.
    pub(crate) fn assigned_set(&self, user: u64, slot: u64) -> u64 {
        let choices = self.assignable_sets();
        let draw = self.draw(Aspect::SetChoice, user);
        // Steps this short never meet the same set twice within one user's slots.
        let step = 1 + draw.number() % (choices / ASSIGNMENT_SLOTS).max(1);
        PROFILES.len() as u64 + (draw.below(choices) + slot * step) % choices
    }

    /// The group that a permission set belongs to.
    pub(crate) fn group_of_set(&self, set: u64) -> Option<u64> {
        set.checked_sub(PROFILES.len() as u64).filter(|group| *group < self.permission_set_groups())
    }

    /// The license that a permission set needs: a hidden one its profile's, one in four a permission set license.
    pub(crate) fn license_of_set(&self, set: u64) -> SetLicense {
        if let Some(profile) = PROFILES.get(set as usize) {
            return SetLicense::User(profile.license);
        }
        if self.group_of_set(set).is_some() {
            return SetLicense::None;
        }
        let draw = self.draw(Aspect::SetLicense, set);
        match draw.below(20) {
            0..=4 => {
                let license = draw.number() as usize % PERMISSION_SET_LICENSES.len();
                // Seats that ran out long ago are not built upon.
                match PERMISSION_SET_LICENSES[license].expires_in_days {
                    Some(days) if days < -100 => SetLicense::None,
                    _ => SetLicense::PermissionSet(license),
                }
            }
            5..=7 => SetLicense::User(SALESFORCE),
            _ => SetLicense::None,
        }
    }

    /// Permission set licenses the user holds, a bit for each.
    pub(crate) fn permission_set_licenses(&self, user: u64) -> u32 {
        let mut held = 0;
        for slot in 1..=self.assigned_sets(user) {
            if let SetLicense::PermissionSet(license) = self.license_of_set(self.assigned_set(user, slot)) {
                held |= 1 << license;
            }
        }
        if self.is_internal(user) {
            let draw = self.draw(Aspect::PermissionSetLicense, user);
            for (place, license) in PERMISSION_SET_LICENSES.iter().enumerate() {
                let own = draw.number().rotate_left(place as u32 * 4) % 1000;
                held |= u32::from(own < license.unneeded_per_mille) << place;
            }
            if self.profile(user).is_some_and(|profile| profile.license == INTEGRATION) {
                held |= 1 << API_INTEGRATION;
            }
        }
        held
    }

    /// Packages the user has a seat of, a bit for each.
    pub(crate) fn packages(&self, user: u64) -> u32 {
        if !self.is_ordinary(user) || !self.is_internal(user) {
            return 0;
        }
        PACKAGES.iter().enumerate().fold(0, |held, (place, package)| {
            let row = user * PACKAGES.len() as u64 + place as u64;
            held | u32::from(self.draw(Aspect::Package, row).happens(package.per_mille)) << place
        })
    }

    /// True when the user has the feature license at a place of [`FEATURES`].
    pub(crate) fn has_feature(&self, user: u64, feature: usize) -> bool {
        let row = user * FEATURES.len() as u64 + feature as u64;
        self.is_ordinary(user)
            && self.is_internal(user)
            && self.draw(Aspect::Feature, row).happens(FEATURES[feature].per_mille)
    }
}

/// Salesforce assigns this license to integration users by itself.
const API_INTEGRATION: usize = 1;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nobody_holds_a_set_twice_and_every_needed_license_is_held() {
        for users in [20, 300, 20_000] {
            let population = Population::new(3, users, 20_000);
            for user in 0..users.min(2000) {
                let sets: Vec<_> = (1..=population.assigned_sets(user))
                    .map(|slot| population.assigned_set(user, slot))
                    .collect();
                assert_eq!(
                    sets.iter().collect::<BTreeSet<_>>().len(),
                    sets.len(),
                    "{users} users, user {user}"
                );
                for set in sets {
                    assert!(set < population.permission_sets());
                    if let SetLicense::PermissionSet(license) = population.license_of_set(set) {
                        assert!(population.permission_set_licenses(user) & 1 << license != 0);
                    }
                }
            }
        }
    }

    #[test]
    fn twenty_thousand_users_have_the_access_of_a_large_org() {
        let population = Population::new(1, 20_000, 20_000);
        let assignments: u64 = (0..20_000).map(|user| population.assigned_sets(user)).sum();
        assert!((80_000..90_000).contains(&assignments), "{assignments} assignments");
        assert!((320..=345).contains(&population.permission_sets()), "{}", population.permission_sets());
        assert_eq!(population.roles(), 200);
        assert!((37..=41).contains(&PROFILES.len()));
    }
}
