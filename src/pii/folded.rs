//! Text as a reader's eye takes it: one form for each digit, blank and dash, and nothing invisible.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::UnicodeNormalization;

/// Format characters (category Cf), and what else a renderer shows nothing for, such as variation selectors
/// (Unicode Standard Annex 44, `Default_Ignorable_Code_Point`).
static INVISIBLE: LazyLock<Regex> = LazyLock::new(|| class(r"^[\p{Cf}\p{Default_Ignorable_Code_Point}]"));

/// Decimal digits of every script (category Nd).
static DIGIT: LazyLock<Regex> = LazyLock::new(|| class(r"^\p{Nd}"));

/// Dashes, and the minus sign, which is none by category.
static DASH: LazyLock<Regex> = LazyLock::new(|| class(r"^[\p{Pd}\u{2212}]"));

fn class(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

/// A text in compatibility form (NFKC), with ASCII digits, blanks and dashes, without invisible characters, and the
/// way back to the original.
pub(super) struct Folded<'a> {
    pub(super) text: Cow<'a, str>,
    /// For each byte of `text`, the bytes of the original character it came from; empty when the two are the same.
    origins: Vec<Range<usize>>,
}

impl<'a> Folded<'a> {
    pub(super) fn new(original: &'a str) -> Self {
        if original.is_ascii() || original.chars().all(shows_itself) {
            return Self { text: Cow::Borrowed(original), origins: Vec::new() };
        }
        let mut text = String::with_capacity(original.len());
        let mut origins = Vec::with_capacity(original.len());
        for (start, character) in original.char_indices() {
            fold(character, &mut text);
            origins.resize(text.len(), start..start + character.len_utf8());
        }
        Self { text: Cow::Owned(text), origins }
    }

    /// The span of the original that shows as `span` of the folded text.
    pub(super) fn original(&self, span: Range<usize>) -> Range<usize> {
        match (self.origins.get(span.start), span.end.checked_sub(1).and_then(|last| self.origins.get(last)))
        {
            (Some(first), Some(last)) => first.start..last.end,
            _ => span,
        }
    }
}

fn fold(character: char, text: &mut String) {
    if shows_itself(character) {
        text.push(character);
        return;
    }
    for part in std::iter::once(character).nfkc() {
        let mut buffer = [0; 4];
        let written = &*part.encode_utf8(&mut buffer);
        if part.is_ascii() || is_latin_letter(part) {
            text.push(part);
        } else if part.is_whitespace() {
            text.push(' ');
        } else if DASH.is_match(written) {
            text.push('-');
        } else if DIGIT.is_match(written) {
            text.push(digit(part));
        } else if !INVISIBLE.is_match(written) {
            text.push(part);
        }
    }
}

/// ASCII, and letters of the block Latin-1 Supplement, none of which has another compatibility form (Unicode Character
/// Database, `NFKC_Quick_Check`).
fn shows_itself(character: char) -> bool {
    character.is_ascii() || ('\u{c0}'..='\u{ff}').contains(&character) && character.is_alphabetic()
}

/// Letters of the Latin blocks, which are no digit, dash or blank and never invisible: names of people and companies
/// need none of the classes above, whose tables take milliseconds to compile.
fn is_latin_letter(character: char) -> bool {
    ('\u{c0}'..='\u{24f}').contains(&character) && character.is_alphabetic()
}

/// The ASCII form of a decimal digit. Each script's ten digits stand together in order of their value (Unicode
/// Standard, section 4.6), so the distance from the first of them is the value.
fn digit(character: char) -> char {
    let is_digit = |code: u32| {
        char::from_u32(code).is_some_and(|character| DIGIT.is_match(character.encode_utf8(&mut [0; 4])))
    };
    let code = u32::from(character);
    let distance = (1..10).take_while(|distance| is_digit(code - distance)).count();
    char::from_digit(u32::try_from(distance).unwrap_or_default(), 10).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_becomes_the_same() {
        let cases = [
            ("plain 4111", "plain 4111"),
            ("４１１１", "4111"),
            ("\u{0664}\u{0661}\u{0669}\u{0660}", "4190"),
            ("\u{096a}\u{0967}", "41"),
            ("\u{1d7d2}\u{1d7cf}", "41"),
            ("4\u{200d}1\u{200b}1\u{feff}1", "4111"),
            ("4\u{fe0f}1\u{00ad}1\u{202e}1", "4111"),
            ("41\u{00a0}11\u{2009}11\u{1680}1", "41 11 11 1"),
            ("41\u{2011}11\u{2013}11\u{2212}1", "41-11-11-1"),
            ("Söhne", "Söhne"),
        ];
        for (original, expected) in cases {
            assert_eq!(Folded::new(original).text, expected, "{original:?}");
        }
    }

    #[test]
    fn spans_lead_back_to_whole_characters() {
        let original = "é４\u{200d}１x";
        let folded = Folded::new(original);
        let start = folded.text.find('4').unwrap();
        assert_eq!(&original[folded.original(start..start + 2)], "４\u{200d}１");
        assert_eq!(Folded::new("a41").original(1..3), 1..3);
    }
}
