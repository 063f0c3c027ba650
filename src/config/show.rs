//! What `config show` prints: every key, its value and where it came from. Secrets are masked; keys and passphrases are
//! named, never read.

use super::address::masked_proxy;
use super::document::Document;
use super::keys::{self, Key, KeyDefault, ValueKind};
use super::problem::Origin;
use super::value::Value;

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Such as `collect.concurrency` or `org.acme.url`.
    pub key: String,
    /// Its value as TOML; `None` when it has none.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
    /// What holds without a value, in words.
    pub without: Option<&'static str>,
}

/// Every key of every table and org, in the order of [`keys::KEYS`].
pub(super) fn shown(document: &Document) -> Vec<Shown> {
    let tables = keys::sections().into_iter().filter(|section| *section != "org");
    let sheets = tables.map(|section| document.table(section)).chain(&document.orgs);
    let mut lines = Vec::new();
    for sheet in sheets {
        let table = match (sheet.section, sheet.text("id")) {
            ("org", Some(id)) => format!("org.{id}"),
            (section, _) => section.to_owned(),
        };
        for key in keys::in_section(sheet.section) {
            let found = sheet.values.get(key.name);
            lines.push(Shown {
                key: format!("{table}.{}", key.name),
                value: found.map(|found| text(key, &found.value)),
                origin: found.map_or(Origin::Default, |found| found.origin.clone()),
                without: match (found, key.default) {
                    (None, KeyDefault::Words(words)) => Some(words),
                    _ => None,
                },
            });
        }
    }
    lines
}

fn text(key: &Key, value: &Value) -> String {
    let quoted = |text: String| toml::Value::String(text).to_string();
    match (key.kind, value) {
        (ValueKind::Proxy, Value::Text(text)) => quoted(masked_proxy(text)),
        (_, Value::Text(text)) => quoted(text.clone()),
        (_, Value::Integer(number)) => number.to_string(),
        (_, Value::Boolean(value)) => value.to_string(),
        (_, Value::Path(path)) => quoted(path.display().to_string()),
        (_, Value::Texts(texts)) => toml::Value::from(texts.clone()).to_string(),
        (_, Value::TextLists(lists)) => {
            toml::Value::Table(lists.iter().map(|(name, list)| (name.clone(), list.clone().into())).collect())
                .to_string()
        }
    }
}
