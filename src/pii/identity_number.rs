//! Social Security numbers and individual taxpayer numbers of the United States.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::Kind;
use super::detectors::{Candidate, is_separate, windows};

/// Three, two and four digits, written together or with the same separator twice.
const PATTERN: &str = r"[0-9]{3}[-. ]?[0-9]{2}[-. ]?[0-9]{4}";

static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(PATTERN).expect("a constant pattern compiles"));

/// Words without which nine digits in a row are just a number. The name of a field counts too, so `ssn` may follow
/// a letter, as in `CustomerSSN__c`, but not lead into a word, as in `className`.
static CONTEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)ssn(?:[^a-z]|$|_?num)|social.{0,3}sec|soc\.?.?sec|ss#|itin(?:[^a-z]|$)|taxpayer")
        .expect("a constant pattern compiles")
});

/// How far from a number its word may stand, in bytes.
const CONTEXT_BYTES: usize = 48;

/// Numbers that were printed in advertisements or made up for them, and were used by thousands of people
/// (<https://www.ssa.gov/history/ssn/misused.html>).
const PUBLISHED: [&str; 2] = ["078051120", "219099999"];

pub(super) fn find(text: &str, named: &str, found: &mut Vec<Candidate>) {
    let named = CONTEXT.is_match(named);
    for span in windows(&NUMBER, text).filter(|span| is_separate(text, span)) {
        let written = &text[span.clone()];
        let is_written_as_one = match written.len() {
            11 => written.as_bytes()[3] == written.as_bytes()[6],
            9 => named || has_context(text, &span),
            _ => false,
        };
        let digits: String = written.chars().filter(char::is_ascii_digit).collect();
        if let Some(kind) = kind_of(&digits).filter(|_| is_written_as_one) {
            found.push(Candidate { kind, span, normalized: digits });
        }
    }
}

fn has_context(text: &str, span: &Range<usize>) -> bool {
    let start = text.floor_char_boundary(span.start.saturating_sub(CONTEXT_BYTES));
    let end = text.ceil_char_boundary((span.end + CONTEXT_BYTES).min(text.len()));
    CONTEXT.is_match(&text[start..span.start]) || CONTEXT.is_match(&text[span.end..end])
}

/// What nine digits are by the rules of the Social Security Administration
/// (POMS RM 10201.035, <https://secure.ssa.gov/poms.nsf/lnx/0110201035>) and of the Internal Revenue Service
/// (Internal Revenue Manual 3.21.263, ranges of the fourth and fifth digit of an ITIN).
fn kind_of(digits: &str) -> Option<Kind> {
    let part = |range: Range<usize>| digits[range].parse::<u16>().ok();
    let (area, group, serial) = (part(0..3)?, part(3..5)?, part(5..9)?);
    match area {
        900.. => matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99).then_some(Kind::UsItin),
        0 | 666 => None,
        _ => {
            let first = digits.chars().next()?;
            let is_issued = group != 0
                && serial != 0
                && !PUBLISHED.contains(&digits)
                && !digits.chars().all(|digit| digit == first);
            is_issued.then_some(Kind::UsSsn)
        }
    }
}
