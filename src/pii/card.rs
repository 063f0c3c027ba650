//! Numbers of payment cards: an issuer's beginning, a length that this issuer uses, and the check digit.

use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use regex::Regex;

use super::Kind;
use super::detectors::{Candidate, is_alphanumeric_after, is_alphanumeric_before};

/// At least as many digits as the shortest number, with at most one blank or dash between two.
const PATTERN: &str = r"[0-9](?:[ -]?[0-9]){11,}";

static RUN: LazyLock<Regex> = LazyLock::new(|| Regex::new(PATTERN).expect("a constant pattern compiles"));

const SHORTEST: usize = 12;
const LONGEST: usize = 19;

/// The first digits of an issuer's numbers, as a range of equally long prefixes, and the lengths in use
/// (ISO/IEC 7812-1; the ranges as the card schemes publish them for merchants).
const ISSUERS: &[(&str, &str, RangeInclusive<usize>)] = &[
    ("34", "34", 15..=15),
    ("37", "37", 15..=15),
    ("300", "305", 14..=19),
    ("3095", "3095", 14..=19),
    ("36", "36", 14..=19),
    ("38", "39", 14..=19),
    ("3528", "3589", 16..=19),
    ("4", "4", 16..=16),
    ("4", "4", 13..=13),
    ("4", "4", 19..=19),
    ("50", "50", 12..=19),
    ("51", "55", 16..=16),
    ("56", "58", 12..=19),
    ("6011", "6011", 16..=19),
    ("60", "60", 16..=16),
    ("62", "62", 16..=19),
    ("63", "63", 12..=19),
    ("644", "649", 16..=19),
    ("65", "65", 16..=19),
    ("67", "67", 12..=19),
    ("81", "82", 16..=16),
    ("9792", "9792", 16..=16),
    ("2200", "2204", 16..=19),
    ("2221", "2720", 16..=16),
];

pub(super) fn find(text: &str, found: &mut Vec<Candidate>) {
    for run in RUN.find_iter(text) {
        let groups = groups(text, run.range());
        let mut next = 0;
        while next < groups.len() {
            match longest_card(text, &groups[next..]) {
                Some((taken, digits)) => {
                    let span = groups[next].start..groups[next + taken - 1].end;
                    found.push(Candidate { kind: Kind::CreditCard, span, normalized: digits });
                    next += taken;
                }
                None => next += 1,
            }
        }
    }
}

/// The spans of the digit groups in `run`, without those that are part of a longer word.
fn groups(text: &str, run: Range<usize>) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = run.start;
    for (place, byte) in text[run.clone()].bytes().enumerate() {
        if !byte.is_ascii_digit() {
            groups.push(start..run.start + place);
            start = run.start + place + 1;
        }
    }
    groups.push(start..run.end);
    if is_alphanumeric_before(text, run.start) {
        groups.remove(0);
    }
    if is_alphanumeric_after(text, run.end) {
        groups.pop();
    }
    groups
}

/// How many of the first `groups` together are a card, and its digits. A card may be followed by other digits, such as
/// those of its expiry date, so every number of groups is tried, the most first.
fn longest_card(text: &str, groups: &[Range<usize>]) -> Option<(usize, String)> {
    let mut digits = String::new();
    let mut lengths = Vec::new();
    for group in groups {
        digits.push_str(&text[group.clone()]);
        if digits.len() > LONGEST {
            break;
        }
        lengths.push(digits.len());
    }
    (1..=lengths.len()).rev().find_map(|taken| {
        let digits = &digits[..lengths[taken - 1]];
        (digits.len() >= SHORTEST && is_issued(digits) && has_check_digit(digits))
            .then(|| (taken, digits.to_owned()))
    })
}

fn is_issued(digits: &str) -> bool {
    ISSUERS.iter().any(|(first, last, lengths)| {
        let prefix = &digits[..first.len()];
        (*first..=*last).contains(&prefix) && lengths.contains(&digits.len())
    })
}

/// The formula of Hans Peter Luhn (ISO/IEC 7812-1, annex B).
fn has_check_digit(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| match (u32::from(byte - b'0'), place % 2) {
            (digit, 0) => digit,
            (digit, _) if digit > 4 => 2 * digit - 9,
            (digit, _) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_a_range_are_equally_long() {
        for (first, last, lengths) in ISSUERS {
            assert!(first.len() == last.len() && first <= last, "{first} to {last}");
            assert!(*lengths.start() >= SHORTEST && *lengths.end() <= LONGEST, "{first}");
        }
    }
}
