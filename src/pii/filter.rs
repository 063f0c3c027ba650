//! Takes personal numbers out of one text after the other, and counts what it took.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::scan::scan_named;
use super::{Count, Kind, Rules};

/// What stands in place of a text that must not leave at all, or that is too long to be looked at.
const WITHHELD: &str = "[withheld]";

/// Looks at every free text of a result before it leaves.
pub struct Filter {
    rules: Rules,
    found: [AtomicU64; Kind::ALL.len()],
}

impl Filter {
    /// Looks for what `rules` do not allow.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, found: [const { AtomicU64::new(0) }; Kind::ALL.len()] }
    }

    /// `text`, which stands under `name`, as it may leave; `None` when it may leave as it is.
    pub fn changed(&self, name: &str, text: &str) -> Option<String> {
        let Ok(scan) = scan_named(text, name, &self.rules) else { return Some(WITHHELD.to_owned()) };
        for finding in &scan.findings {
            self.found[finding.kind as usize].fetch_add(1, Ordering::Relaxed);
        }
        if scan.blocked().is_some() {
            return Some(WITHHELD.to_owned());
        }
        match scan.redacted(text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(redacted) => Some(redacted),
        }
    }

    /// What was found so far.
    pub fn counts(&self) -> Vec<Count> {
        let counts = Kind::ALL.into_iter().zip(&self.found).map(|(kind, found)| Count {
            kind,
            action: self.rules.action(kind),
            count: usize::try_from(found.load(Ordering::Relaxed)).unwrap_or(usize::MAX),
        });
        counts.filter(|count| count.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pii::Action;

    #[test]
    fn each_action_does_what_it_says_and_is_counted() {
        let rules = Rules::RESULT.with(Kind::CreditCard, Action::Block).with(Kind::Iban, Action::Detect);
        let filter = Filter::new(rules);
        let cases = [
            ("Title", "Clerk", None),
            ("Title", "Clerk 536-22-1234", Some("Clerk [US_SSN]")),
            ("SSN__c", "536221234", Some("[US_SSN]")),
            ("EmployeeNumber", "536221234", None),
            ("Title", "4111 1111 1111 1111", Some("[withheld]")),
            ("Title", "DE44 5001 0517 5407 3249 31", None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(filter.changed(name, text).as_deref(), expected, "{name}: {text}");
        }
        let counted: Vec<_> = filter.counts().iter().map(|count| (count.kind, count.count)).collect();
        assert_eq!(counted, [(Kind::UsSsn, 2), (Kind::CreditCard, 1), (Kind::Iban, 1)]);
    }
}
