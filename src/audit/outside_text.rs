//! Text from outside, made fit for a record: short, on one line, in its written order, and without secrets or personal
//! numbers.

use std::sync::LazyLock;

use crate::base::is_disguise;
use crate::http::redact;
use crate::pii::{Action, Kind, LARGEST_INPUT_BYTES, Rules, scan};

/// Names: of people, operations, objects, hosts.
const LONGEST_NAME_BYTES: usize = 128;

/// Texts: messages of errors, user agents, query shapes.
const LONGEST_TEXT_BYTES: usize = 1024;

/// All names of a list together; more is cut off, and the list says so by its last entry.
const LONGEST_LIST_BYTES: usize = 1024;

/// Numbers of people and cards never enter a record, and addresses only where they are the name of somebody.
static RULES: LazyLock<Rules> = LazyLock::new(|| {
    [Kind::UsSsn, Kind::UsItin, Kind::CreditCard, Kind::Iban, Kind::Email]
        .into_iter()
        .fold(Rules::RESULT, |rules, kind| rules.with(kind, Action::Redact))
});

/// A name: escaped and cut, and otherwise left alone, since a subject must stay who it is.
pub(super) fn name(text: &str) -> String {
    cut(escape(text), LONGEST_NAME_BYTES)
}

/// A list of names.
pub(super) fn names(texts: &[String]) -> Vec<String> {
    list(texts, name)
}

/// A list of names as a caller typed them, which can be any text.
pub(super) fn typed_names(texts: &[String]) -> Vec<String> {
    list(texts, |text| cut(free(text), LONGEST_NAME_BYTES))
}

fn list(texts: &[String], fit: impl Fn(&str) -> String) -> Vec<String> {
    let mut bytes = 0;
    let fits = |name: &String| {
        bytes += name.len();
        bytes <= LONGEST_LIST_BYTES
    };
    let mut names: Vec<_> = texts.iter().map(|text| fit(text)).take_while(fits).collect();
    if texts.len() > names.len() {
        names.push(format!("… and {} more", texts.len() - names.len()));
    }
    names
}

/// A text that somebody else wrote: credentials and personal numbers are taken out as well.
pub(super) fn free(text: &str) -> String {
    let shorter = &text[..text.floor_char_boundary(LARGEST_INPUT_BYTES)];
    let without_secrets = redact(shorter);
    let safe = match scan(&without_secrets, &RULES) {
        Ok(scan) => scan.redacted(&without_secrets).into_owned(),
        // Placeholders can make a text longer than what was read of it.
        Err(_) => "[not scanned]".to_owned(),
    };
    cut(escape(&safe), LONGEST_TEXT_BYTES)
}

/// Control characters and those that change the direction of what follows are written as `\u{…}`, and so is the
/// backslash that begins such a form, so that no text can look like another or like a second record.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            character if is_disguise(character) => escaped.extend(character.escape_unicode()),
            character => escaped.push(character),
        }
    }
    escaped
}

fn cut(text: String, longest: usize) -> String {
    if text.len() <= longest {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(longest)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_can_look_like_another_record() {
        let cases = [
            ("plain Söhne 日本", "plain Söhne 日本"),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31mred", "\\u{1b}[31mred"),
            ("a\\nb", "a\\\\nb"),
            ("abc\u{202e}cba", "abc\\u{202e}cba"),
            ("\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("x\u{200f}\u{61c}\u{200b}", "x\\u{200f}\\u{61c}\\u{200b}"),
            ("a\0b\u{85}", "a\\u{0}b\\u{85}"),
            ("a\u{2028}b", "a\\u{2028}b"),
        ];
        for (text, expected) in cases {
            assert_eq!(name(text), expected);
            assert_eq!(free(text), expected);
        }
    }

    #[test]
    fn free_text_holds_no_secrets_and_no_personal_numbers() {
        let cases = [
            ("agent for 123-45-6789", "agent for [US_SSN]"),
            ("card 4111 1111 1111 1111", "card [CREDIT_CARD]"),
            ("IBAN DE44 5001 0517 5407 3249 31", "IBAN [IBAN]"),
            ("Authorization: Bearer abc", "Authorization: [hidden]"),
            ("mail anna@acme.example", "mail [EMAIL]"),
        ];
        for (text, expected) in cases {
            assert_eq!(free(text), expected);
        }
        assert_eq!(name("123-45-6789"), "123-45-6789");
        assert_eq!(typed_names(&["Acme GmbH".into(), "123-45-6789".into()]), ["Acme GmbH", "[US_SSN]"]);
    }

    #[test]
    fn long_texts_and_lists_are_cut() {
        assert_eq!(name(&"ä".repeat(65)), format!("{}…", "ä".repeat(64)));
        assert_eq!(free(&"ä".repeat(300_000)), format!("{}…", "ä".repeat(512)));
        assert_eq!(name(&"ä".repeat(64)), "ä".repeat(64));
        let many = names(&vec!["Account_".to_owned(); 130]);
        assert_eq!((many.len(), many[128].as_str()), (129, "… and 2 more"));
    }
}
