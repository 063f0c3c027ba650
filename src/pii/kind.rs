//! What is looked for, and what a finding means.

/// A kind of personal number or address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Social Security number of the United States.
    UsSsn,
    /// Individual taxpayer identification number of the United States.
    UsItin,
    /// Number of a payment card.
    CreditCard,
    /// International bank account number.
    Iban,
    /// E-mail address.
    Email,
    /// Telephone number.
    Phone,
    /// IPv4 or IPv6 address.
    IpAddress,
}

impl Kind {
    /// Every kind; where two findings overlap equally, the earlier kind wins.
    pub const ALL: [Self; 7] =
        [Self::UsSsn, Self::UsItin, Self::CreditCard, Self::Iban, Self::Email, Self::Phone, Self::IpAddress];

    /// The name in rules and records, such as `US_SSN`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsSsn => "US_SSN",
            Self::UsItin => "US_ITIN",
            Self::CreditCard => "CREDIT_CARD",
            Self::Iban => "IBAN",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::IpAddress => "IP",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What happens when a kind is found; a later one is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It is not even looked for.
    Allow,
    /// It is counted.
    Detect,
    /// It is counted, and a placeholder takes its place.
    Redact,
    /// The text is refused.
    Block,
}

impl Action {
    /// The word in rules and records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Detect => "detect",
            Self::Redact => "redact",
            Self::Block => "block",
        }
    }

    /// The action of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Allow, Self::Detect, Self::Redact, Self::Block]
            .into_iter()
            .find(|action| action.name() == name)
    }
}

/// One action for each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules([Action; Kind::ALL.len()]);

impl Rules {
    /// For what is asked: numbers of people and cards are refused. A placeholder inside a condition would change what
    /// is asked without a word, so nothing is redacted.
    pub const QUERY: Self = Self([
        Action::Block,
        Action::Block,
        Action::Block,
        Action::Detect,
        Action::Detect,
        Action::Allow,
        Action::Allow,
    ]);
    /// For free text that is handed out.
    pub const RESULT: Self = Self([
        Action::Redact,
        Action::Redact,
        Action::Redact,
        Action::Redact,
        Action::Allow,
        Action::Allow,
        Action::Allow,
    ]);

    /// Nothing is looked for.
    pub const NONE: Self = Self([Action::Allow; Kind::ALL.len()]);

    /// The same rules with another action for `kind`.
    #[must_use]
    pub fn with(mut self, kind: Kind, action: Action) -> Self {
        self.0[kind as usize] = action;
        self
    }

    /// What happens when `kind` is found.
    pub fn action(&self, kind: Kind) -> Action {
        self.0[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_places_match() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("us_ssn"), None);
        for name in ["allow", "detect", "redact", "block"] {
            assert_eq!(Action::from_name(name).map(Action::name), Some(name));
        }
    }

    #[test]
    fn a_rule_is_changed_alone() {
        let rules = Rules::QUERY.with(Kind::Email, Action::Block);
        assert_eq!(rules.action(Kind::Email), Action::Block);
        assert_eq!(rules.action(Kind::Iban), Rules::QUERY.action(Kind::Iban));
    }
}
