//! Who bears what a license costs in a month.
//!
//! The amount of each contract line is divided in proportion to license-days, so that what a line costs over its term
//! comes back to the last minor unit, whoever held its seats.

use std::collections::BTreeMap;
use std::str::FromStr;

use thiserror::Error;

use super::allocation::allocate;

/// Who bears a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CostKey {
    /// A company, department or cost center.
    Named(String),
    /// Holders outside the configured companies.
    Unmatched,
    /// Seats under contract that nobody held.
    Unassigned,
    /// Holders without a company, department or cost center, and months of which no holder is known.
    Unallocated,
}

impl CostKey {
    /// What is written for it.
    pub fn text(&self) -> &str {
        match self {
            Self::Named(name) => name,
            Self::Unmatched => "(unmatched)",
            Self::Unassigned => "(unassigned)",
            Self::Unallocated => "(unallocated)",
        }
    }

    /// What kind of bearer it is, which tells a company that happens to be called like one of the others from it.
    pub fn kind(&self, by: ChargeBy) -> &'static str {
        match self {
            Self::Named(_) => by.name(),
            Self::Unmatched => "unmatched",
            Self::Unassigned => "unassigned",
            Self::Unallocated => "unallocated",
        }
    }
}

impl AsRef<str> for CostKey {
    fn as_ref(&self) -> &str {
        self.text()
    }
}

/// What costs are charged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChargeBy {
    /// The configured company.
    #[default]
    Company,
    /// `User.Department`.
    Department,
    /// The configured cost center field.
    CostCenter,
}

impl ChargeBy {
    /// Its word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Department => "department",
            Self::CostCenter => "cost_center",
        }
    }

    /// Its words in sentences.
    pub fn words(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Department => "department",
            Self::CostCenter => "cost center",
        }
    }
}

/// Who bears seats under contract that nobody held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UnassignedPool {
    /// They stay apart.
    #[default]
    Central,
    /// Everybody, in proportion to what they hold.
    ProRata,
    /// The company, department or cost center of this name.
    Owner(String),
}

/// Why a text names no policy for the unassigned pool.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is none of central, pro-rata and owner=NAME")]
pub struct PoolError(String);

impl FromStr for UnassignedPool {
    type Err = PoolError;

    fn from_str(text: &str) -> Result<Self, PoolError> {
        match (text, text.strip_prefix("owner=").map(str::trim)) {
            ("central", _) => Ok(Self::Central),
            ("pro-rata", _) => Ok(Self::ProRata),
            (_, Some(owner)) if !owner.is_empty() => Ok(Self::Owner(owner.to_owned())),
            _ => Err(PoolError(text.to_owned())),
        }
    }
}

/// Adds the license-days that nobody held to the weights, as the policy says.
pub fn place_pool(weights: &mut BTreeMap<CostKey, u64>, days: u64, pool: &UnassignedPool) {
    let bearer = match pool {
        _ if days == 0 => return,
        UnassignedPool::Central => CostKey::Unassigned,
        UnassignedPool::Owner(name) => CostKey::Named(name.clone()),
        // What is held bears it; what nobody holds at all has nobody to bear it.
        UnassignedPool::ProRata if weights.values().any(|weight| *weight > 0) => return,
        UnassignedPool::ProRata => CostKey::Unassigned,
    };
    *weights.entry(bearer).or_default() += days;
}

/// Divides `amount_minor` in proportion to the weights; without any weight all of it is unallocated. The parts add up
/// to the amount.
pub fn charge(amount_minor: i128, weights: &BTreeMap<CostKey, u64>) -> BTreeMap<CostKey, i128> {
    let weights: Vec<_> = weights.iter().filter(|(_, weight)| **weight > 0).map(|(k, w)| (k, *w)).collect();
    if weights.is_empty() {
        return BTreeMap::from([(CostKey::Unallocated, amount_minor)]);
    }
    let shares = allocate(amount_minor, &weights);
    weights.into_iter().zip(shares).map(|((key, _), share)| (key.clone(), share)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::amortization::{Spread, Term, months_of_term};
    use super::*;

    fn named(name: &str) -> CostKey {
        CostKey::Named(name.to_owned())
    }

    fn shares(amount: i128, weights: &[(CostKey, u64)]) -> Vec<(String, i128)> {
        let weights = weights.iter().cloned().collect();
        charge(amount, &weights).into_iter().map(|(key, share)| (key.text().to_owned(), share)).collect()
    }

    #[test]
    fn amounts_follow_license_days() {
        let expected = |shares: &[(&str, i128)]| -> Vec<_> {
            shares.iter().map(|(key, share)| ((*key).to_owned(), *share)).collect()
        };
        assert_eq!(
            shares(13_125, &[(named("A"), 10), (named("B"), 21)]),
            expected(&[("A", 4234), ("B", 8891)]),
        );
        assert_eq!(shares(13_125, &[]), expected(&[("(unallocated)", 13_125)]));
        assert_eq!(shares(-300, &[(named("A"), 0)]), expected(&[("(unallocated)", -300)]));
    }

    #[test]
    fn the_pool_goes_where_the_policy_says() {
        let placed = |pool: &str, held: u64| {
            let mut weights = BTreeMap::from([(named("Sales"), held)]);
            place_pool(&mut weights, 30, &pool.parse().unwrap());
            weights.into_iter().map(|(key, days)| (key.text().to_owned(), days)).collect::<Vec<_>>()
        };
        let of = |key: &str, days| (key.to_owned(), days);
        assert_eq!(placed("central", 70), [of("Sales", 70), of("(unassigned)", 30)]);
        assert_eq!(placed("pro-rata", 70), [of("Sales", 70)]);
        assert_eq!(placed("pro-rata", 0), [of("Sales", 0), of("(unassigned)", 30)]);
        assert_eq!(placed("owner=IT", 70), [of("IT", 30), of("Sales", 70)]);
        assert_eq!(placed("owner=Sales", 70), [of("Sales", 100)]);
        for wrong in ["", "owner", "owner=", "nobody"] {
            assert_eq!(wrong.parse::<UnassignedPool>(), Err(PoolError(wrong.to_owned())));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_charged_over_a_term_is_what_is_invoiced(
            total in -1_000_000_000_i64..1_000_000_000_000,
            start in 0..4_000_i64,
            days in 1..800_i64,
            is_daily in any::<bool>(),
            held in proptest::collection::vec((0..5_u8, 0..1_000_u64), 0..40),
            pool in prop_oneof![Just("central"), Just("pro-rata"), Just("owner=2")],
        ) {
            use jiff::ToSpan as _;
            let first: jiff::civil::Date = "2020-01-01".parse().unwrap();
            let starts_on = first.saturating_add(start.days());
            let term = Term::new(starts_on, starts_on.saturating_add(days.days())).unwrap();
            let spread = if is_daily { Spread::Daily } else { Spread::Equal };
            let charged = |held: &[(u8, u64)]| {
                let mut by_key = BTreeMap::new();
                for (place, (_, amount)) in months_of_term(total.into(), term, spread).into_iter().enumerate() {
                    let mut weights: BTreeMap<CostKey, u64> = BTreeMap::new();
                    // Another part of the holders is there each month.
                    for (key, days) in held.iter().filter(|(_, days)| days % 3 != place as u64 % 3) {
                        *weights.entry(named(&key.to_string())).or_default() += days;
                    }
                    place_pool(&mut weights, place as u64, &pool.parse().unwrap());
                    for (key, share) in charge(amount, &weights) {
                        *by_key.entry(key).or_insert(0) += share;
                    }
                }
                by_key
            };
            let shares = charged(&held);
            prop_assert_eq!(shares.values().sum::<i128>(), i128::from(total));
            let backwards: Vec<_> = held.iter().rev().copied().collect();
            prop_assert_eq!(charged(&backwards), shares);
        }
    }
}
