//! What comes out of a decision: permission with obligations, or a refusal with its reason.

use std::collections::BTreeSet;
use std::fmt;

use super::reason::DetailRule;
use super::{Reason, Tier};

/// What comes out of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "an operation runs only if it is allowed"]
pub enum Decision {
    /// It may run, under these obligations.
    Allow(Obligations),
    /// It must not run.
    Deny(Denial),
}

/// What whoever runs an allowed operation has to see to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligations {
    /// The companies whose data may be shown, summed and exported; totals must not reveal the rest.
    pub companies: Companies,
    /// Fields that must not leave as they are.
    pub redactions: Vec<Redaction>,
    /// The tier whose limits hold.
    pub tier: Tier,
}

/// Why an operation must not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The reason.
    pub reason: &'static Reason,
    /// What comes with it, as far as [`DetailRule`] lets it out.
    detail: String,
}

impl Denial {
    /// A refusal for this reason; `detail` may be empty.
    pub fn new(reason: &'static Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// The code for the caller.
    pub fn code(&self) -> String {
        self.with_detail(self.reason.detail == DetailRule::Qualifies)
    }

    /// The code for the audit record.
    pub fn recorded_code(&self) -> String {
        let qualifies = matches!(self.reason.detail, DetailRule::Qualifies | DetailRule::QualifiesRecord);
        self.with_detail(qualifies)
    }

    /// What the caller may know beside the code.
    pub fn detail(&self) -> Option<&str> {
        (self.reason.detail == DetailRule::Beside && !self.detail.is_empty()).then_some(&self.detail)
    }

    fn with_detail(&self, qualifies: bool) -> String {
        if qualifies && !self.detail.is_empty() {
            format!("{}:{}", self.reason.code, self.detail)
        } else {
            self.reason.code.to_owned()
        }
    }
}

/// As the caller may read it.
impl fmt::Display for Denial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code(), self.reason.about)?;
        self.detail().map_or(Ok(()), |detail| write!(formatter, " ({detail})"))
    }
}

/// A set of companies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Companies {
    /// Every one there is, and what belongs to none.
    All,
    /// These, by their exact configured names; never empty.
    Only(BTreeSet<String>),
    /// Not one.
    None,
}

impl Companies {
    /// These companies; none of them is [`Companies::None`].
    pub fn only(names: BTreeSet<String>) -> Self {
        if names.is_empty() { Self::None } else { Self::Only(names) }
    }

    /// What both sets hold.
    pub fn intersection(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, set) | (set, Self::All) => set,
            (Self::Only(one), Self::Only(other)) => Self::only(one.intersection(&other).cloned().collect()),
            (Self::None, _) | (_, Self::None) => Self::None,
        }
    }

    /// What either set holds.
    pub fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::None, set) | (set, Self::None) => set,
            (Self::Only(one), Self::Only(other)) => Self::Only(one.union(&other).cloned().collect()),
        }
    }

    /// Whether this company is in the set.
    pub fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
            Self::None => false,
        }
    }
}

impl fmt::Display for Companies {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => write!(formatter, "all companies"),
            Self::Only(names) => {
                write!(formatter, "{}", names.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
            }
            Self::None => write!(formatter, "no company"),
        }
    }
}

/// A field that must not leave as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The object's API name.
    pub object: String,
    /// The field's API name.
    pub field: String,
    /// What leaves in its place.
    pub masking: Masking,
}

/// What leaves in place of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// Nothing, as if the field did not exist.
    Hidden,
    /// A fixed text.
    Mask,
    /// The last four characters.
    Last4,
    /// A keyed hash, the same for the same value.
    Hmac,
}

impl Masking {
    /// The maskings by their names in a policy.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("hidden", Self::Hidden), ("mask", Self::Mask), ("last4", Self::Last4), ("hmac", Self::Hmac)];
}
