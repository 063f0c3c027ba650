//! What looks for each kind of number, and what the detectors have in common.

use std::ops::Range;

use regex::Regex;

use super::{Kind, account, address, card, identity_number};

/// What a detector takes for a number, in the folded text.
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
    pub(super) normalized: String,
}

/// Looks for its kinds in a folded text that has a name, which may be empty.
pub(super) struct Detector {
    pub(super) kinds: &'static [Kind],
    /// Whether the text has the characters that each of its numbers has. Compiling a detector's pattern costs
    /// milliseconds, and nearly no text that a command is given needs one.
    pub(super) is_possible: fn(&Characters) -> bool,
    pub(super) find: fn(&str, &str, &mut Vec<Candidate>),
}

pub(super) const DETECTORS: &[Detector] = &[
    Detector {
        kinds: &[Kind::UsSsn, Kind::UsItin],
        is_possible: |characters| characters.digits >= 9,
        find: identity_number::find,
    },
    Detector {
        kinds: &[Kind::CreditCard],
        is_possible: |characters| characters.digits >= 12,
        find: |text, _, found| card::find(text, found),
    },
    Detector {
        kinds: &[Kind::Iban],
        is_possible: |characters| characters.digits >= 2 && characters.letters >= 2,
        find: |text, _, found| account::find(text, found),
    },
    Detector {
        kinds: &[Kind::Email],
        is_possible: |characters| characters.at_signs >= 1,
        find: |text, _, found| address::find_email(text, found),
    },
    Detector {
        kinds: &[Kind::Phone],
        is_possible: |characters| characters.digits >= 5,
        find: |text, _, found| address::find_phone(text, found),
    },
    Detector {
        kinds: &[Kind::IpAddress],
        is_possible: |characters| characters.full_stops >= 3 || characters.colons >= 2,
        find: |text, _, found| address::find_ip(text, found),
    },
];

/// How many ASCII characters of each sort a text has.
#[derive(Default)]
pub(super) struct Characters {
    digits: usize,
    letters: usize,
    at_signs: usize,
    full_stops: usize,
    colons: usize,
}

impl Characters {
    pub(super) fn of(text: &str) -> Self {
        let mut characters = Self::default();
        for byte in text.bytes() {
            match byte {
                b'0'..=b'9' => characters.digits += 1,
                b'A'..=b'Z' | b'a'..=b'z' => characters.letters += 1,
                b'@' => characters.at_signs += 1,
                b'.' => characters.full_stops += 1,
                b':' => characters.colons += 1,
                _ => {}
            }
        }
        characters
    }
}

/// The matches of `pattern`, overlapping ones included: what is refused at one place must not hide what starts in it.
pub(super) fn windows(pattern: &Regex, text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let found = pattern.find_at(text, from)?.range();
        from = text.ceil_char_boundary(found.start + 1);
        Some(found)
    })
}

/// Whether `span` is no part of a longer word or number.
pub(super) fn is_separate(text: &str, span: &Range<usize>) -> bool {
    !is_alphanumeric_before(text, span.start) && !is_alphanumeric_after(text, span.end)
}

pub(super) fn is_alphanumeric_before(text: &str, place: usize) -> bool {
    text[..place].chars().next_back().is_some_and(char::is_alphanumeric)
}

pub(super) fn is_alphanumeric_after(text: &str, place: usize) -> bool {
    text[place..].chars().next().is_some_and(char::is_alphanumeric)
}
