//! International bank account numbers (ISO 13616).

use std::sync::LazyLock;

use iban::Iban;
use regex::Regex;

use super::Kind;
use super::detectors::{Candidate, is_alphanumeric_after, is_alphanumeric_before, windows};

/// Country, two check digits, and 11 to 30 letters and digits, with at most one blank or dash between two: the
/// shortest number (Norway) has 15 characters, the longest possible 34.
const PATTERN: &str = r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(PATTERN).expect("a constant pattern compiles"));

const SHORTEST: usize = 15;

pub(super) fn find(text: &str, found: &mut Vec<Candidate>) {
    for span in windows(&NUMBER, text) {
        if is_alphanumeric_before(text, span.start) {
            continue;
        }
        // Words that follow look like more of the number, so every end between two words is tried, the last first.
        let ends = (span.start + SHORTEST..=span.end).rev().filter(|end| {
            text.as_bytes()[end - 1].is_ascii_alphanumeric() && !is_alphanumeric_after(text, *end)
        });
        for end in ends {
            let compact: String = text[span.start..end]
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|character| character.to_ascii_uppercase())
                .collect();
            if compact.parse::<Iban>().is_ok() {
                found.push(Candidate { kind: Kind::Iban, span: span.start..end, normalized: compact });
                break;
            }
        }
    }
}
