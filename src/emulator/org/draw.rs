//! Chance without state: every property of a record is drawn from the seed, the property and the record's place, so
//! that any record of millions can be made again at any time and nothing has to be kept.

/// Which property a number is drawn for; two properties of one record are independent.
#[derive(Clone, Copy)]
pub(crate) enum Aspect {
    Profile,
    Company,
    Spelling,
    FirstName,
    LastName,
    Department,
    Title,
    CostCenter,
    Role,
    Identity,
    Created,
    Modified,
    Active,
    Deactivated,
    Frozen,
    Rhythm,
    LastSeen,
    LoginDay,
    LoginTime,
    LoginStatus,
    LoginKind,
    SetCount,
    SetChoice,
    SetLicense,
    Assignment,
    PermissionSetLicense,
    Package,
    Feature,
    Drift,
    Membership,
    Token,
}

/// One drawn number.
#[derive(Clone, Copy)]
pub(crate) struct Draw(u64);

impl Draw {
    /// Draws for property `aspect` of record `row`, by the finalizer of splitmix64 (Steele, Lea and Flood, "Fast
    /// splittable pseudorandom number generators", 2014).
    pub(crate) fn of(seed: u64, aspect: Aspect, row: u64) -> Self {
        let mut mixed = seed
            .wrapping_add((aspect as u64 + 1).wrapping_mul(0xd1b5_4a32_d192_ed03))
            .wrapping_add(row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(mixed ^ (mixed >> 31))
    }

    /// A number from 0 up to, not including, `end`; 0 when `end` is 0.
    pub(crate) fn below(self, end: u64) -> u64 {
        ((u128::from(self.0) * u128::from(end)) >> 64) as u64
    }

    /// True `per_mille` times in a thousand.
    pub(crate) fn happens(self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// The number itself.
    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

/// A choice between things of different weight: each has as many tickets as its weight says.
pub(crate) struct Lottery(Vec<u8>);

impl Lottery {
    /// A lottery over at most 256 things.
    pub(crate) fn new(weights: impl Iterator<Item = u8>) -> Self {
        let numbered = (0..=u8::MAX).zip(weights);
        Self(numbered.flat_map(|(place, weight)| std::iter::repeat_n(place, weight.into())).collect())
    }

    /// The place of the thing drawn.
    pub(crate) fn winner(&self, draw: Draw) -> usize {
        let ticket = draw.below(self.0.len() as u64) as usize;
        self.0.get(ticket).copied().unwrap_or_default().into()
    }
}
