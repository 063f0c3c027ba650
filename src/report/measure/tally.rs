//! Counts verdicts on seats, so that what the seats were split into adds up to the seats.

use std::collections::BTreeMap;

use super::reclaim::{Class, Kept, Verdict};

/// The verdicts on many seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    verdicts: BTreeMap<Verdict, i64>,
}

impl Tally {
    /// Counts a seat.
    pub fn add(&mut self, verdict: Verdict) {
        *self.verdicts.entry(verdict).or_default() += 1;
    }

    /// Seats of a class.
    pub fn of_class(&self, class: Class) -> i64 {
        self.verdicts.get(&Verdict::Reclaimable(class)).copied().unwrap_or_default()
    }

    /// Seats that can be taken back: the sum of the classes.
    pub fn reclaimable(&self) -> i64 {
        Class::ALL.into_iter().map(|class| self.of_class(class)).sum()
    }

    /// Seats that stay, whatever the reason.
    pub fn kept(&self) -> i64 {
        self.sum(|verdict| matches!(verdict, Verdict::Kept(_)))
    }

    /// Of the seats that stay, the new ones.
    pub fn new_seats(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Kept(Kept::New))
    }

    /// Of the seats that stay, those of licenses that have expired or are disabled.
    pub fn of_ended_licenses(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Kept(Kept::LicenseOver))
    }

    /// Exempt seats.
    pub fn exempt(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Exempt)
    }

    /// Seats of which too little is known.
    pub fn unknown(&self) -> i64 {
        self.sum(|verdict| verdict == Verdict::Unknown)
    }

    /// Classes, kept, exempt and unknown together, which is what is assigned.
    pub fn assigned(&self) -> i64 {
        self.reclaimable() + self.kept() + self.exempt() + self.unknown()
    }

    fn sum(&self, counts: impl Fn(Verdict) -> bool) -> i64 {
        self.verdicts.iter().filter(|(verdict, _)| counts(**verdict)).map(|(_, seats)| seats).sum()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::report::measure::activity::Activity;
    use crate::report::measure::reclaim::{SeatFacts, verdict};

    prop_compose! {
        fn any_seat()(
            flags in prop::array::uniform7(prop::bool::weighted(0.15)),
            user_type in prop::sample::select(vec![
                Some("Standard"), Some("Standard"), Some("PowerPartner"), Some("Guest"), Some("Martian"), None,
            ]),
            is_active in prop::sample::select(vec![Some(true), Some(true), Some(false), None]),
            is_frozen in prop::sample::select(vec![Some(true), Some(false), None]),
            activity in prop::sample::select(vec![
                Activity::Active(Timestamp::UNIX_EPOCH), Activity::Inactive(Timestamp::UNIX_EPOCH),
                Activity::Never, Activity::Unknown,
            ]),
            is_needed in prop::sample::select(vec![Some(true), Some(false), None]),
        ) -> SeatFacts<'static> {
            let [is_license_over, is_exempt, is_for_programs, is_collector, has_left, is_duplicate, is_new] = flags;
            SeatFacts {
                is_license_over, is_exempt, is_for_programs, is_collector, user_type, is_active, is_frozen, has_left, is_duplicate,
                is_new, activity, is_needed,
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn classes_kept_exempt_and_unknown_are_all_seats(org in prop::collection::vec(any_seat(), 0..40)) {
            let mut tally = Tally::default();
            for seat in &org {
                tally.add(verdict(seat));
            }
            let classes: i64 = Class::ALL.into_iter().map(|class| tally.of_class(class)).sum();
            prop_assert_eq!(tally.assigned(), i64::try_from(org.len()).unwrap());
            prop_assert_eq!(classes + tally.kept() + tally.exempt() + tally.unknown(), tally.assigned());
            prop_assert!(tally.new_seats() + tally.of_ended_licenses() <= tally.kept());
            prop_assert_eq!(tally.of_class(Class::Downgrade), 0);
            let exempt = org.iter().filter(|seat| seat.is_exempt).count();
            prop_assert_eq!(tally.exempt(), i64::try_from(exempt).unwrap());
        }

        #[test]
        fn what_is_protected_or_unknown_is_never_taken(seat in any_seat()) {
            let is_protected = seat.is_exempt || seat.is_for_programs || seat.is_collector || seat.is_new
                || seat.is_active.is_none() || matches!(seat.user_type, None | Some("Guest" | "Martian"));
            let verdict = verdict(&seat);
            if is_protected {
                prop_assert!(!matches!(verdict, Verdict::Reclaimable(_)));
            }
            if seat.activity == Activity::Unknown {
                prop_assert!(!matches!(verdict, Verdict::Reclaimable(class) if class >= Class::Never));
            }
        }
    }
}
