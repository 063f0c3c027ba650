//! The configuration file: from text to one sheet of values per table, each value with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys;
use super::problem::{Errors, Origin, Problems};
use super::sheet::Sheet;

/// Every table of the file.
pub(super) struct Document {
    /// The tables that stand once, all of them, also those that the file leaves out.
    pub(super) tables: Vec<Sheet>,
    /// Every `[[org]]`.
    pub(super) orgs: Vec<Sheet>,
}

impl Document {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Keys written twice, and the first other breach of TOML's grammar; only a file without any is looked into further. What is wrong with single keys
    /// goes to `problems`.
    pub(super) fn read(text: &str, path: &Path, problems: &mut Problems) -> Result<Self, Errors> {
        let source = Source::new(text, path);
        let (root, breaches) = DeTable::parse_recoverable(text);
        let mut grammar = Problems::default();
        let mut is_torn = false;
        for breach in breaches {
            let at = breach.span().map_or(0, |span| span.start);
            // The parser describes what it expected there and never quotes the text.
            let what = match breach.message() {
                "duplicate key" => "this key or table stands here for the second time",
                // What follows a tear is mostly its echo.
                _ if is_torn => continue,
                other => {
                    is_torn = true;
                    other
                }
            };
            grammar.add(&source.origin(at), format!("the file is not valid TOML: {what}"));
        }
        grammar.none_or(|| ())?;

        let origin = Origin::File(path.into());
        let tables = keys::sections().into_iter().filter(|section| *section != "org");
        let tables = tables.map(|section| Sheet::new(section, origin.clone())).collect();
        let mut document = Self { tables, orgs: Vec::new() };
        for (name, value) in root.get_ref() {
            source.read_entry(name, value, &mut document, problems);
        }
        let orgs = root.get_ref().get("org").map(Spanned::get_ref);
        if orgs.is_none_or(|orgs| orgs.as_array().is_some_and(|orgs| orgs.is_empty())) {
            let message =
                "no org is configured; write an [[org]] table with its id, url, client_id, username and key";
            problems.add(&origin, message);
        }
        Ok(document)
    }

    /// The table of this name.
    pub(super) fn table(&self, section: &str) -> &Sheet {
        self.tables.iter().find(|sheet| sheet.section == section).expect("every table has its sheet")
    }

    pub(super) fn table_mut(&mut self, section: &str) -> &mut Sheet {
        self.tables.iter_mut().find(|sheet| sheet.section == section).expect("every table has its sheet")
    }

    /// Every sheet, the orgs last.
    pub(super) fn sheets(&self) -> impl Iterator<Item = &Sheet> {
        self.tables.iter().chain(&self.orgs)
    }

    pub(super) fn sheets_mut(&mut self) -> impl Iterator<Item = &mut Sheet> {
        self.tables.iter_mut().chain(&mut self.orgs)
    }

    /// The sheet at this place of [`Document::sheets`].
    pub(super) fn sheet_mut(&mut self, place: usize) -> &mut Sheet {
        self.sheets_mut().nth(place).expect("the place was counted over the same sheets")
    }
}

struct Source<'a> {
    path: &'a Path,
    /// The byte of every line end, in order.
    line_ends: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(text: &str, path: &'a Path) -> Self {
        Self { path, line_ends: text.match_indices('\n').map(|(byte, _)| byte).collect() }
    }

    fn origin(&self, byte: usize) -> Origin {
        Origin::Line(self.path.into(), 1 + self.line_ends.partition_point(|line_end| *line_end < byte))
    }

    fn read_entry(
        &self,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
        document: &mut Document,
        problems: &mut Problems,
    ) {
        let origin = self.origin(name.span().start);
        let name = name.get_ref().as_ref();
        let Some(section) = keys::sections().into_iter().find(|section| *section == name) else {
            problems.add(&origin, unknown_table(name));
            return;
        };
        match (section, value.get_ref()) {
            ("org", DeValue::Array(orgs)) => {
                for org in orgs.iter() {
                    let begin = self.origin(org.span().start);
                    match org.get_ref() {
                        DeValue::Table(table) => {
                            document.orgs.push(self.read_table(section, begin, table, problems));
                        }
                        _ => problems
                            .add(&begin, "`org` must hold tables; write [[org]] above each org's keys"),
                    }
                }
            }
            ("org", _) => problems.add(&origin, "orgs are a list; write [[org]] with two brackets"),
            (_, DeValue::Table(table)) => {
                *document.table_mut(section) = self.read_table(section, origin, table, problems);
            }
            (_, DeValue::Array(_)) => {
                problems.add(&origin, format!("`{section}` stands once; write [{section}] with one bracket"));
            }
            _ => problems.add(&origin, format!("`{section}` is a table; write [{section}] above its keys")),
        }
    }

    fn read_table(
        &self,
        section: &'static str,
        origin: Origin,
        table: &DeTable<'_>,
        problems: &mut Problems,
    ) -> Sheet {
        let mut sheet = Sheet::new(section, origin);
        for (name, value) in table {
            let origin = self.origin(name.span().start);
            match keys::find(section, name.get_ref()) {
                None => problems.add(&origin, unknown_key(section, name.get_ref())),
                Some(key) => {
                    let folder = self.path.parent().unwrap_or(Path::new(""));
                    let read = key.kind.read(value.get_ref(), folder);
                    sheet.put(key, read, origin, problems);
                }
            }
        }
        sheet
    }
}

fn unknown_table(name: &str) -> String {
    let tables = keys::sections();
    if let Some(key) = keys::KEYS.iter().find(|key| key.name == name) {
        return format!("`{name}` belongs in {}", heading(key.section));
    }
    match nearest(name, tables.iter().copied()) {
        Some(section) => {
            format!("{} is not known; the nearest valid table is {}", shown_name(name), heading(section))
        }
        None => format!("{} is not known", shown_name(name)),
    }
}

fn unknown_key(section: &str, name: &str) -> String {
    if let Some(key) = keys::KEYS.iter().find(|key| key.name == name) {
        return format!("`{name}` belongs in {}, not in {}", heading(key.section), heading(section));
    }
    let nearest = nearest(name, keys::in_section(section).map(|key| key.name)).unwrap_or_default();
    format!("{} is not known in {}; the nearest valid key is `{nearest}`", shown_name(name), heading(section))
}

fn heading(section: &str) -> String {
    if section == "org" { "[[org]]".into() } else { format!("[{section}]") }
}

/// A name that is written like a key; anything else may be a secret in the wrong place.
fn shown_name(name: &str) -> String {
    const LONGEST_KEY_SHOWN: usize = 40;
    let is_bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if is_bare && name.len() <= LONGEST_KEY_SHOWN { format!("`{name}`") } else { "this key".into() }
}

/// The candidate that takes the fewest typing errors to become `name`.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates.min_by_key(|candidate| strsim::damerau_levenshtein(&name, &candidate.to_lowercase()))
}
