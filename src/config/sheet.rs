//! The values of one table of the configuration.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::keys::Key;
use super::problem::{Origin, Problems};
use super::value::Value;

/// The values of one table, by key name.
pub(super) struct Sheet {
    pub(super) section: &'static str,
    /// Where the table begins.
    pub(super) origin: Origin,
    pub(super) values: BTreeMap<&'static str, Found>,
    /// Keys that are written but wrong; they are not reported as missing.
    pub(super) refused: Vec<&'static str>,
}

/// A value and where it came from.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What `expect` says of keys that are required or have a default.
const ALWAYS_THERE: &str = "required keys and keys with a default have a value by now";

impl Sheet {
    pub(super) fn new(section: &'static str, origin: Origin) -> Self {
        Self { section, origin, values: BTreeMap::new(), refused: Vec::new() }
    }

    /// Keeps a value that was read, or reports why it was not.
    pub(super) fn put(
        &mut self,
        key: &Key,
        read: Result<Value, String>,
        origin: Origin,
        problems: &mut Problems,
    ) {
        match read {
            Ok(value) => {
                self.values.insert(key.name, Found { value, origin });
            }
            Err(wrong) => {
                problems.add(&origin, format!("`{}` {wrong}", key.name));
                self.values.remove(key.name);
                self.refused.push(key.name);
            }
        }
    }

    /// Where a value came from; where the table begins if there is no such value.
    pub(super) fn origin_of(&self, name: &str) -> &Origin {
        self.values.get(name).map_or(&self.origin, |found| &found.origin)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name)?.value {
            Value::Text(ref text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        match self.values.get(name)?.value {
            Value::Path(ref path) => Some(path.clone()),
            _ => None,
        }
    }

    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.values.get(name).map(|found| &found.value) {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn text_lists(&self, name: &str) -> BTreeMap<String, Vec<String>> {
        match self.values.get(name).map(|found| &found.value) {
            Some(Value::TextLists(lists)) => lists.clone(),
            _ => BTreeMap::new(),
        }
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.values.get(name).map(|found| &found.value), Some(Value::Boolean(true)))
    }

    /// A text that must be there.
    pub(super) fn expect_text(&self, name: &str) -> String {
        self.text(name).expect(ALWAYS_THERE).to_owned()
    }

    /// A path that must be there.
    pub(super) fn expect_path(&self, name: &str) -> PathBuf {
        self.path(name).expect(ALWAYS_THERE)
    }

    /// A number that must be there.
    pub(super) fn number<Number: TryFrom<i64>>(&self, name: &str) -> Number {
        let number = match self.values.get(name).expect(ALWAYS_THERE).value {
            Value::Integer(number) => Number::try_from(number).ok(),
            _ => None,
        };
        number.expect("the range in the table of keys fits the setting's type")
    }
}
