//! Asks every detector, sorts out overlaps, and says what the rules make of it.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;
use thiserror::Error;

use super::detectors::{Candidate, Characters, DETECTORS};
use super::folded::Folded;
use super::{Action, Kind, Rules};
use crate::base::Secret;

/// The longest text, or the most text in one set of arguments, that is scanned. What cannot be scanned is refused.
pub const LARGEST_INPUT_BYTES: usize = 256 * 1024;

/// The input is longer than [`LARGEST_INPUT_BYTES`].
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the input has more than {} KiB and was not scanned for personal numbers", LARGEST_INPUT_BYTES / 1024)]
pub struct TooLong;

/// One number or address. It has no `Debug`, because it holds what was found.
#[derive(Clone)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// What the rules do about it; never [`Action::Allow`].
    pub action: Action,
    /// Its bytes in the scanned text; empty for arguments.
    pub span: Range<usize>,
    /// The number without separators, or the address in lower case: for a keyed fingerprint, and for nothing else.
    pub normalized: Secret,
}

/// How often a kind was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What was found.
    pub kind: Kind,
    /// What the rules do about it.
    pub action: Action,
    /// How often.
    pub count: usize,
}

/// What was found.
#[derive(Clone, Default)]
pub struct Scan {
    /// In the order of their places; none overlap.
    pub findings: Vec<Finding>,
}

impl Scan {
    /// The findings by kind.
    pub fn counts(&self) -> Vec<Count> {
        let of_kind = |kind| self.findings.iter().filter(move |finding| finding.kind == kind);
        Kind::ALL
            .into_iter()
            .filter_map(|kind| {
                let action = of_kind(kind).next()?.action;
                Some(Count { kind, action, count: of_kind(kind).count() })
            })
            .collect()
    }

    /// The first kind for which the text is refused.
    pub fn blocked(&self) -> Option<Kind> {
        self.findings.iter().find(|finding| finding.action == Action::Block).map(|finding| finding.kind)
    }

    /// `text`, which must be the one that was scanned, with `[US_SSN]` and the like in place of what is to be redacted.
    /// What is blocked is redacted as well, so that nobody who shows a refused text shows the number.
    pub fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut shown = String::new();
        let mut copied = 0;
        for finding in self.findings.iter().filter(|finding| finding.action >= Action::Redact) {
            shown.push_str(&text[copied..finding.span.start]);
            shown.push_str(&format!("[{}]", finding.kind.name()));
            copied = finding.span.end;
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[copied..]);
        Cow::Owned(shown)
    }

    /// From 0 to 50, for comparison with the Agentic Control Plane, whose formula for personal data it is: 20 for any
    /// finding and 5 for each, 30 at most (`transformabl-core`, `classify.ts`,
    /// <https://github.com/davidcrowe/GatewayStack>). Nothing is decided by it.
    pub fn risk_score(&self) -> u8 {
        match u8::try_from(self.findings.len()).unwrap_or(u8::MAX) {
            0 => 0,
            found => 20 + found.saturating_mul(5).min(30),
        }
    }
}

/// Looks in `text` for every kind that `rules` do not allow.
///
/// # Errors
/// [`TooLong`] when the text was not scanned.
pub fn scan(text: &str, rules: &Rules) -> Result<Scan, TooLong> {
    scan_named(text, "", rules)
}

/// [`scan`] of a text that stands under `name`, which counts as what is written before it.
pub(super) fn scan_named(text: &str, name: &str, rules: &Rules) -> Result<Scan, TooLong> {
    if text.len() > LARGEST_INPUT_BYTES {
        return Err(TooLong);
    }
    Ok(Scan { findings: findings(text, name, rules) })
}

/// Looks in every text, number and key of decoded arguments. The key of a value counts as what is written before it,
/// so that nine bare digits under `SSN__c` are found.
///
/// # Errors
/// [`TooLong`] when all texts together are too long, and nothing was scanned.
pub fn scan_arguments(arguments: &Value, rules: &Rules) -> Result<Scan, TooLong> {
    let mut leaves = Vec::new();
    let mut pending = vec![("", arguments)];
    let mut bytes = 0;
    while let Some((key, value)) = pending.pop() {
        let leaf = match value {
            Value::Object(members) => {
                for (name, value) in members {
                    leaves.push(("", Cow::Borrowed(name.as_str())));
                    bytes += name.len();
                    pending.push((name, value));
                }
                continue;
            }
            Value::Array(items) => {
                pending.extend(items.iter().map(|item| (key, item)));
                continue;
            }
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            Value::Bool(_) | Value::Null => continue,
        };
        bytes += leaf.len();
        leaves.push((key, leaf));
    }
    if bytes > LARGEST_INPUT_BYTES {
        return Err(TooLong);
    }
    let found = leaves.iter().flat_map(|(key, leaf)| findings(leaf, key, rules));
    Ok(Scan { findings: found.map(|finding| Finding { span: 0..0, ..finding }).collect() })
}

fn findings(text: &str, name: &str, rules: &Rules) -> Vec<Finding> {
    let folded = Folded::new(text);
    let mut candidates = Vec::new();
    let characters = Characters::of(&folded.text);
    for detector in DETECTORS {
        let is_wanted = detector.kinds.iter().any(|kind| rules.action(*kind) > Action::Allow);
        if is_wanted && (detector.is_possible)(&characters) {
            (detector.find)(&folded.text, name, &mut candidates);
        }
    }
    candidates.retain(|candidate| rules.action(candidate.kind) > Action::Allow);
    candidates
        .sort_by_key(|candidate| (candidate.span.start, usize::MAX - candidate.span.end, candidate.kind));
    let mut end = 0;
    candidates.retain(|candidate| {
        let is_free = candidate.span.start >= end;
        end = if is_free { candidate.span.end } else { end };
        is_free
    });
    let finding = |candidate: Candidate| Finding {
        kind: candidate.kind,
        action: rules.action(candidate.kind),
        span: folded.original(candidate.span),
        normalized: Secret::new(candidate.normalized),
    };
    candidates.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Everything is looked for.
    fn every_kind() -> Rules {
        Kind::ALL.into_iter().fold(Rules::RESULT, |rules, kind| rules.with(kind, Action::Redact))
    }

    #[test]
    fn numbers_of_people_are_told_from_numbers_of_things() {
        use Kind::{CreditCard, Email, Iban, UsItin, UsSsn};
        let cases: &[(&str, &[Kind])] = &[
            ("123-45-6789", &[UsSsn]),
            ("123 45 6789", &[UsSsn]),
            ("123.45.6789", &[UsSsn]),
            ("SSN 123456789", &[UsSsn]),
            ("WHERE SSN__c = '123456789'", &[UsSsn]),
            ("CustomerSSN: 123456789", &[UsSsn]),
            ("social security 123456789", &[UsSsn]),
            ("1 123-45-6789", &[UsSsn]),
            ("123456789", &[]),
            ("className 123456789", &[]),
            ("123-45.6789", &[]),
            ("a123-45-6789", &[]),
            ("123-45-67890", &[]),
            ("000-12-3456", &[]),
            ("666-12-3456", &[]),
            ("900-12-3456", &[]),
            ("123-00-4567", &[]),
            ("123-45-0000", &[]),
            ("078-05-1120", &[]),
            ("219-09-9999", &[]),
            ("333-33-3333", &[]),
            ("912-50-1234", &[UsItin]),
            ("999-88-1234", &[UsItin]),
            ("ITIN 912701234", &[UsItin]),
            ("912-49-1234", &[]),
            ("912-66-1234", &[]),
            ("912-89-1234", &[]),
            ("912-93-1234", &[]),
            ("4111 1111 1111 1111", &[CreditCard]),
            ("4111-1111-1111-1111", &[CreditCard]),
            ("4111111111111111", &[CreditCard]),
            ("4111 1111 1111 1111 12/27", &[CreditCard]),
            ("4111 1111 1111 1111 2027", &[CreditCard]),
            ("no 7 4111 1111 1111 1111", &[CreditCard]),
            ("378282246310005", &[CreditCard]),
            ("3782 822463 10005", &[CreditCard]),
            ("5555555555554444", &[CreditCard]),
            ("2223003122003222", &[CreditCard]),
            ("6011111111111117", &[CreditCard]),
            ("3566002020360505", &[CreditCard]),
            ("30569309025904", &[CreditCard]),
            ("6200000000000005", &[CreditCard]),
            ("4111 1111 1111 1112", &[]),
            ("4111  1111  1111  1111", &[]),
            ("x4111111111111111", &[]),
            ("4111111111111111x", &[]),
            ("447700900123", &[]),
            ("447700 900122", &[]),
            ("123456789012", &[]),
            ("500000000000009", &[]),
            ("500xx000000000DAAQ", &[]),
            ("00Dxx0000001gPLEAY", &[]),
            ("2010-09-21", &[]),
            ("2010-09-21T10:11:12.000+0000", &[]),
            ("2010-09-21 2010-10-21", &[]),
            ("DE44 5001 0517 5407 3249 31", &[Iban]),
            ("de44500105175407324931", &[Iban]),
            ("GB29 NWBK 6016 1331 9268 19 please", &[Iban]),
            ("NO93 8601 1117 947", &[Iban]),
            ("DE44 5001 0517 5407 3249 32", &[]),
            ("DE44 5001 0517 5407 3249 3", &[]),
            ("xDE44500105175407324931", &[]),
            ("ask anna.b+c@acme.example today", &[Email]),
            ("söhne@büro.example", &[Email]),
            ("anna@localhost", &[]),
            ("@acme.example", &[]),
        ];
        let rules = every_kind().with(Kind::Phone, Action::Allow).with(Kind::IpAddress, Action::Allow);
        for (text, expected) in cases {
            let kinds: Vec<_> = scan(text, &rules).unwrap().findings.iter().map(|found| found.kind).collect();
            assert_eq!(kinds, *expected, "{text}");
        }
    }

    #[test]
    fn telephones_and_addresses_are_found_when_asked_for() {
        use Kind::{IpAddress, Phone};
        let cases: &[(&str, &[Kind])] = &[
            ("+44 7700 900123", &[Phone]),
            ("(212) 555-0123", &[Phone]),
            ("089 / 123456", &[]),
            ("089/123456", &[Phone]),
            ("192.0.2.1", &[IpAddress]),
            ("192.0.2.256", &[]),
            ("2001:db8::1", &[IpAddress]),
            ("at 10:20:30", &[]),
        ];
        for (text, expected) in cases {
            let kinds: Vec<_> =
                scan(text, &every_kind()).unwrap().findings.iter().map(|found| found.kind).collect();
            assert_eq!(kinds, *expected, "{text}");
        }
        let silent = scan("+44 7700 900123 from 192.0.2.1", &Rules::QUERY).unwrap();
        assert!(silent.findings.is_empty());
    }

    #[test]
    fn disguises_are_seen_through_and_redacted_whole() {
        let cases = [
            ("pay 4111\u{a0}1111\u{a0}1111\u{a0}1111 now", "pay [CREDIT_CARD] now"),
            ("pay ４１１１１１１１１１１１１１１１ now", "pay [CREDIT_CARD] now"),
            ("é 4\u{200d}111 1111 1111\u{200b} 1111 é", "é [CREDIT_CARD] é"),
            ("١٢٣-٤٥-٦٧٨٩", "[US_SSN]"),
            ("123\u{2011}45\u{2011}6789", "[US_SSN]"),
            ("123-45-6789 and 123-45-6788", "[US_SSN] and [US_SSN]"),
            ("nothing here", "nothing here"),
        ];
        for (text, expected) in cases {
            assert_eq!(scan(text, &Rules::RESULT).unwrap().redacted(text), expected);
        }
    }

    #[test]
    fn the_same_number_is_normalized_to_the_same_text() {
        for text in ["123-45-6789", "123 45 6789", "ssn 123456789", "１２３-45-6789"] {
            let found = scan(text, &Rules::QUERY).unwrap();
            assert_eq!(found.findings[0].normalized.expose(), "123456789", "{text}");
        }
    }

    #[test]
    fn arguments_are_searched_to_their_last_leaf() {
        let cases = [
            (json!({"soql": "SELECT Id FROM Contact WHERE Tax__c = '123-45-6789'"}), Some(Kind::UsSsn)),
            (json!({"SSN__c": 123_456_789}), Some(Kind::UsSsn)),
            (json!({"SSN__c": [123_456_789]}), Some(Kind::UsSsn)),
            (json!({"fields": {"123-45-6789": true}}), Some(Kind::UsSsn)),
            (json!([[{"card": 4_111_111_111_111_111_u64}]]), Some(Kind::CreditCard)),
            (json!({"Amount": 123_456_789, "Name": "Acme"}), None),
            (json!({"email": "anna@acme.example"}), None),
        ];
        for (arguments, expected) in cases {
            assert_eq!(scan_arguments(&arguments, &Rules::QUERY).unwrap().blocked(), expected, "{arguments}");
        }
    }

    #[test]
    fn one_byte_too_many_is_not_scanned() {
        let longest = "x".repeat(LARGEST_INPUT_BYTES);
        assert!(scan(&longest, &Rules::QUERY).is_ok());
        assert!(scan_arguments(&json!([longest]), &Rules::QUERY).is_ok());
        assert_eq!(scan(&format!("{longest}x"), &Rules::QUERY).err(), Some(TooLong));
        assert_eq!(scan_arguments(&json!([longest, "x"]), &Rules::QUERY).err(), Some(TooLong));
    }

    #[test]
    fn counts_and_score_follow_the_findings() {
        let found = scan("123-45-6789, a@acme.example, b@acme.example", &Rules::QUERY).unwrap();
        let counts = [
            Count { kind: Kind::UsSsn, action: Action::Block, count: 1 },
            Count { kind: Kind::Email, action: Action::Detect, count: 2 },
        ];
        assert_eq!(found.counts(), counts);
        assert_eq!(found.risk_score(), 35);
        let many = scan(&"a@acme.example ".repeat(300), &Rules::QUERY).unwrap();
        assert_eq!(many.risk_score(), 50);
        assert_eq!(Scan::default().risk_score(), 0);
    }
}
