//! A table of the policy file, read key by key; what is wrong is noted with its line, and reading goes on.
//!
//! A reading method answers with something of the right type even when it notes a problem: with any problem the whole
//! file is refused, so nobody ever acts on it.

use std::ops::RangeInclusive;

use toml::de::{DeTable, DeValue};

use super::problem::{IdleKey, Notes};
use crate::policy::keys::KeyTable;

/// How messages call what stands in no table.
const WHOLE_FILE: &str = "the file";

/// One table.
pub(super) struct Table<'a> {
    /// How messages call it, such as `[limits.rate]`.
    heading: String,
    line: usize,
    content: &'a DeTable<'a>,
    notes: &'a Notes,
}

/// A key of a table whose keys are not fixed.
pub(super) struct Entry<'a> {
    pub(super) name: &'a str,
    pub(super) line: usize,
    pub(super) value: &'a DeValue<'a>,
}

/// What `*` may stand in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Star {
    Refused,
    Permitted,
}

impl<'a> Table<'a> {
    /// The whole file; its keys must be among `known`.
    pub(super) fn root(content: &'a DeTable<'a>, notes: &'a Notes, known: &KeyTable) -> Self {
        let root = Self { heading: WHOLE_FILE.into(), line: 1, content, notes };
        root.hold_against(known);
        root
    }

    /// The line of a key, or of the table if the key is not written.
    pub(super) fn line_of(&self, key: &str) -> usize {
        self.find(key).map_or(self.line, |entry| entry.line)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    pub(super) fn is_table(&self, key: &str) -> bool {
        self.find(key).is_some_and(|entry| matches!(entry.value, DeValue::Table(_)))
    }

    pub(super) fn is_number(&self, key: &str, number: u64) -> bool {
        self.find(key).and_then(|entry| integer(entry.value)) == Some(number)
    }

    /// A text as it stands, unchecked, for comparing.
    pub(super) fn raw_text(&self, key: &str) -> Option<&'a str> {
        self.find(key).and_then(|entry| entry.value.as_str())
    }

    /// Notes that a key's value is wrong; `wrong` is a predicate.
    pub(super) fn wrong(&self, key: &str, wrong: impl AsRef<str>) {
        self.notes.add(self.line_of(key), format!("`{key}` {}", wrong.as_ref()));
    }

    /// Notes a problem of the table as a whole.
    pub(super) fn note(&self, message: impl Into<String>) {
        self.notes.add(self.line, message);
    }

    /// Notes a problem in a line.
    pub(super) fn note_at(&self, line: usize, message: impl Into<String>) {
        self.notes.add(line, message);
    }

    /// A text that is not blank.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        let entry = self.find(key)?;
        self.text_in(&entry, Star::Refused)
    }

    /// A text that must be written.
    pub(super) fn need_text(&self, key: &str) -> String {
        self.need(key);
        self.text(key).unwrap_or_default()
    }

    /// A text that may hold `*` and must be written.
    pub(super) fn need_pattern(&self, key: &str) -> String {
        self.need(key);
        self.find(key).and_then(|entry| self.text_in(&entry, Star::Permitted)).unwrap_or_default()
    }

    /// A list of texts, possibly empty.
    pub(super) fn texts(&self, key: &str) -> Option<Vec<String>> {
        self.find(key).map(|entry| self.texts_in(&entry, Star::Refused))
    }

    /// A list of texts that may hold `*`.
    pub(super) fn patterns(&self, key: &str) -> Option<Vec<String>> {
        self.find(key).map(|entry| self.texts_in(&entry, Star::Permitted))
    }

    /// A list of texts that must be written and hold something.
    pub(super) fn need_texts(&self, key: &str) -> Vec<String> {
        self.need(key);
        self.find(key).map(|entry| self.full_texts_in(&entry)).unwrap_or_default()
    }

    /// The texts of a key whose name is not fixed; an empty list is a problem.
    pub(super) fn full_texts_in(&self, entry: &Entry<'_>) -> Vec<String> {
        let texts = self.texts_in(entry, Star::Refused);
        if matches!(entry.value, DeValue::Array(items) if items.is_empty()) {
            self.notes.add(entry.line, format!("{} is an empty list", shown(entry.name)));
        }
        texts
    }

    /// One of a few words.
    pub(super) fn word<Meaning: Copy>(&self, key: &str, words: &[(&str, Meaning)]) -> Option<Meaning> {
        let entry = self.find(key)?;
        self.word_in(&entry, words)
    }

    /// One of a few words, which must be written.
    pub(super) fn need_word<Meaning: Copy>(&self, key: &str, words: &[(&str, Meaning)]) -> Option<Meaning> {
        self.need(key);
        self.word(key, words)
    }

    /// One of a few words, as the value of a key whose name is not fixed.
    pub(super) fn word_in<Meaning: Copy>(
        &self,
        entry: &Entry<'_>,
        words: &[(&str, Meaning)],
    ) -> Option<Meaning> {
        let written = self.text_in(entry, Star::Refused)?;
        let meaning = words.iter().find(|(word, _)| *word == written).map(|(_, meaning)| *meaning);
        if meaning.is_none() {
            self.notes.add(entry.line, format!("{} must be {}", shown(entry.name), one_of(words)));
        }
        meaning
    }

    /// A list of some of a few words.
    pub(super) fn words<Meaning: Copy>(&self, key: &str, words: &[(&str, Meaning)]) -> Vec<Meaning> {
        self.find(key).map(|entry| self.words_in(&entry, words)).unwrap_or_default()
    }

    /// A list of some of a few words, as the value of a key whose name is not fixed.
    pub(super) fn words_in<Meaning: Copy>(
        &self,
        entry: &Entry<'_>,
        words: &[(&str, Meaning)],
    ) -> Vec<Meaning> {
        let mut meanings = Vec::new();
        for written in self.full_texts_in(entry) {
            match words.iter().find(|(word, _)| *word == written) {
                Some((_, meaning)) => meanings.push(*meaning),
                None => self.notes.add(
                    entry.line,
                    format!(
                        "{} holds {}, and must hold {}",
                        shown(entry.name),
                        shown(&written),
                        one_of(words)
                    ),
                ),
            }
        }
        meanings
    }

    /// A whole number.
    pub(super) fn number(&self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        self.long_number(key, u64::from(*range.start())..=u64::from(*range.end()))
            .and_then(|number| u32::try_from(number).ok())
    }

    /// A whole number that may be large.
    pub(super) fn long_number(&self, key: &str, range: RangeInclusive<u64>) -> Option<u64> {
        let entry = self.find(key)?;
        let number = integer(entry.value).filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(key, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str, default: bool) -> bool {
        match self.find(key).map(|entry| entry.value) {
            None => default,
            Some(DeValue::Boolean(flag)) => *flag,
            Some(_) => {
                self.wrong(key, "must be true or false");
                default
            }
        }
    }

    /// A table whose keys must be among `known`.
    pub(super) fn table(&self, key: &'static str, known: &KeyTable) -> Option<Table<'a>> {
        let table = self.open_table(key)?;
        table.hold_against(known);
        Some(table)
    }

    /// A table with any keys.
    pub(super) fn open_table(&self, key: &'static str) -> Option<Table<'a>> {
        let entry = self.find(key)?;
        let heading = match self.heading.strip_suffix(']') {
            Some(above) if !above.starts_with("[[") => format!("{above}.{key}]"),
            Some(_) => format!("`{key}` of {}", self.heading),
            None => format!("[{key}]"),
        };
        match entry.value {
            DeValue::Table(content) => Some(Table { heading, line: entry.line, content, notes: self.notes }),
            DeValue::Array(_) if self.heading == WHOLE_FILE => {
                self.wrong(key, format!("stands once; write {heading} with one bracket"));
                None
            }
            _ => {
                self.wrong(key, "must be a table");
                None
            }
        }
    }

    /// The tables of a list, each with keys among `known`.
    pub(super) fn tables(&self, key: &str, known: &KeyTable) -> Vec<Table<'a>> {
        let heading = known.heading;
        let Some(entry) = self.find(key) else { return Vec::new() };
        let DeValue::Array(items) = entry.value else {
            self.wrong(key, format!("is a list; write {heading} with two brackets"));
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items.iter() {
            let line = self.notes.line_of(item.span().start);
            match item.get_ref() {
                DeValue::Table(content) => {
                    let table = Table { heading: heading.into(), line, content, notes: self.notes };
                    table.hold_against(known);
                    tables.push(table);
                }
                _ => self.notes.add(line, format!("`{key}` must hold tables; write {heading}")),
            }
        }
        tables
    }

    /// Every key, for tables whose keys are not fixed, in the order of their names.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'a>> {
        let notes = self.notes;
        self.content.iter().map(move |(name, value)| Entry {
            name: name.get_ref(),
            line: notes.line_of(name.span().start),
            value: value.get_ref(),
        })
    }

    fn find(&self, key: &str) -> Option<Entry<'a>> {
        self.entries().find(|entry| entry.name == key)
    }

    /// Notes a key that has to be written and is not.
    pub(super) fn need(&self, key: &str) {
        if !self.has(key) {
            self.notes.add(self.line, format!("`{key}` is missing in {}", self.heading));
        }
    }

    /// Notes keys that are not known, and those that change nothing.
    fn hold_against(&self, known: &KeyTable) {
        let names: Vec<_> = known.keys.iter().map(|key| key.name).collect();
        for entry in self.entries() {
            if let Some(key) = known.keys.iter().find(|key| key.name == entry.name) {
                if let Some(instead) = key.idle {
                    self.notes.add_idle(IdleKey { line: entry.line, name: known.full_name(key), instead });
                }
                continue;
            }
            let near = nearest(entry.name, &names);
            let message = format!(
                "{} is not known in {}; the nearest valid key is `{near}`",
                shown(entry.name),
                self.heading
            );
            self.notes.add(entry.line, message);
        }
    }

    fn text_in(&self, entry: &Entry<'_>, star: Star) -> Option<String> {
        match entry.value {
            DeValue::String(text) => self.checked(entry, text, star),
            _ => {
                self.notes.add(entry.line, format!("{} must be text in quotes", shown(entry.name)));
                None
            }
        }
    }

    fn texts_in(&self, entry: &Entry<'_>, star: Star) -> Vec<String> {
        let wrong = || {
            let message =
                format!("{} must be a list of texts, such as [\"first\", \"second\"]", shown(entry.name));
            self.notes.add(entry.line, message);
        };
        let DeValue::Array(items) = entry.value else {
            wrong();
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => texts.extend(self.checked(entry, text, star)),
                _ => wrong(),
            }
        }
        texts
    }

    fn checked(&self, entry: &Entry<'_>, text: &str, star: Star) -> Option<String> {
        let name = shown(entry.name);
        let wrong = if text.trim().is_empty() {
            format!("{name} holds an empty text")
        } else if text.chars().any(char::is_control) {
            format!("{name} holds a control character")
        } else if star == Star::Refused && text.contains('*') {
            format!("{name} holds a `*`, which only [[forbid]] and `companies` may")
        } else {
            return Some(text.to_owned());
        };
        self.notes.add(entry.line, wrong);
        None
    }
}

fn integer(value: &DeValue<'_>) -> Option<u64> {
    match value {
        DeValue::Integer(written) => u64::from_str_radix(written.as_str(), written.radix()).ok(),
        _ => None,
    }
}

/// A text that is written like a name; anything else may be a secret in the wrong place.
pub(super) fn shown(text: &str) -> String {
    const LONGEST_NAME_SHOWN: usize = 40;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:*".contains(&byte));
    let is_name = is_plain && !text.is_empty() && text.len() <= LONGEST_NAME_SHOWN;
    if is_name { format!("`{text}`") } else { "this".into() }
}

/// The candidate that takes the fewest typing errors to become `name`.
pub(super) fn nearest<'n>(name: &str, candidates: &[&'n str]) -> &'n str {
    let name = name.to_lowercase();
    candidates
        .iter()
        .copied()
        .min_by_key(|candidate| strsim::damerau_levenshtein(&name, &candidate.to_lowercase()))
        .unwrap_or_default()
}

fn one_of<Meaning>(words: &[(&str, Meaning)]) -> String {
    let quoted: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    quoted.join(" or ")
}
