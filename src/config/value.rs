//! One value: from TOML, or from the text of a variable or flag, to what its key's kind promises.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::de::{DeInteger, DeValue};

use super::address;
use super::keys::ValueKind;

/// A value that its kind accepted. It may be a proxy's credentials, so it has no `Debug`.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Path(PathBuf),
    Texts(Vec<String>),
    TextLists(BTreeMap<String, Vec<String>>),
}

impl ValueKind {
    /// Reads what the file holds; relative paths start from `folder`.
    ///
    /// # Errors
    /// What is wrong, as the predicate of a sentence about the key.
    pub(super) fn read(&self, value: &DeValue<'_>, folder: &Path) -> Result<Value, String> {
        match (self, value) {
            (Self::Boolean, DeValue::Boolean(value)) => Ok(Value::Boolean(*value)),
            (Self::Integer { least, most }, DeValue::Integer(written)) => {
                let number = integer(written).filter(|number| (*least..=*most).contains(number));
                number
                    .map(Value::Integer)
                    .ok_or_else(|| format!("{}; found {}", self.wish(), written.as_str()))
            }
            (Self::Texts, value) => self.texts(value).map(Value::Texts),
            (Self::TextLists, DeValue::Table(lists)) => lists
                .iter()
                .map(|(name, list)| Ok((name.get_ref().to_string(), self.texts(list.get_ref())?)))
                .collect::<Result<_, _>>()
                .map(Value::TextLists),
            (Self::Boolean | Self::Integer { .. } | Self::TextLists, other) => Err(self.mismatch(other)),
            (_, DeValue::String(text)) => self.read_text(text, folder),
            (_, other) => Err(self.mismatch(other)),
        }
    }

    /// Reads the value of an environment variable or a flag: a text kind takes it as it is, any other kind as TOML.
    ///
    /// # Errors
    /// What is wrong, as the predicate of a sentence about the key.
    pub(super) fn read_override(&self, text: &str, folder: &Path) -> Result<Value, String> {
        match self {
            Self::Boolean | Self::Integer { .. } | Self::Texts | Self::TextLists => {
                match DeValue::parse(text) {
                    Ok(value) => self.read(value.get_ref(), folder),
                    Err(_) => Err(format!("{}, written as TOML", self.wish())),
                }
            }
            _ => self.read_text(text, folder),
        }
    }

    fn read_text(&self, text: &str, folder: &Path) -> Result<Value, String> {
        if text.trim().is_empty() {
            return Err("is empty; write a value or remove the key".into());
        }
        let kept = || Ok(Value::Text(text.to_owned()));
        match self {
            Self::Checked { check, .. } if !check(text) => Err(self.wish()),
            Self::Choice(choices) if !choices.contains(&text) => Err(self.wish()),
            Self::Address { path } => Ok(Value::Text(address::normalize(text, *path)?)),
            Self::Proxy if matches!(text, "none" | "env") => kept(),
            Self::Proxy => address::check_proxy(text).map_err(str::to_owned).and_then(|()| kept()),
            Self::WrittenFile | Self::ReadFile | Self::NamedFile | Self::SecretFile
                if !is_like_a_path(text) =>
            {
                Err("must be the path of a file, and does not look like one".into())
            }
            Self::WrittenFile | Self::NamedFile => Ok(Value::Path(folder.join(text))),
            Self::ReadFile => {
                let path = folder.join(text);
                existing(&path).map_err(|wrong| format!("{wrong}: {}", path.display()))?;
                Ok(Value::Path(path))
            }
            Self::SecretFile => {
                let path = folder.join(text);
                let is_closed =
                    fs::metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
                if !is_closed {
                    existing(&path)?;
                }
                Ok(Value::Path(path))
            }
            _ => kept(),
        }
    }

    fn texts(&self, value: &DeValue<'_>) -> Result<Vec<String>, String> {
        let DeValue::Array(items) = value else { return Err(self.mismatch(value)) };
        items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) if text.trim().is_empty() => {
                    Err("holds an empty text; remove it".into())
                }
                DeValue::String(text) => Ok(text.to_string()),
                other => Err(format!("{}; found {} in the list", self.wish(), in_words(other))),
            })
            .collect()
    }

    fn mismatch(&self, found: &DeValue<'_>) -> String {
        format!("{}; found {}", self.wish(), in_words(found))
    }

    /// What the value must be, as a predicate.
    fn wish(&self) -> String {
        match self {
            Self::Text => "must be text in quotes".into(),
            Self::Checked { expects, .. } => format!("must be {expects}"),
            Self::Choice(choices) => {
                let quoted: Vec<_> = choices.iter().map(|choice| format!("{choice:?}")).collect();
                format!("must be {}", quoted.join(" or "))
            }
            Self::Integer { least, most } => format!("must be a whole number from {least} to {most}"),
            Self::Boolean => "must be true or false".into(),
            Self::WrittenFile | Self::ReadFile | Self::NamedFile | Self::SecretFile => {
                "must be the path of a file, in quotes".into()
            }
            Self::Address { .. } => "must be the URL of a server, in quotes".into(),
            Self::Proxy => "must be \"none\", \"env\" or the URL of a proxy, in quotes".into(),
            Self::Texts => "must be a list of texts, such as [\"first\", \"second\"]".into(),
            Self::TextLists => "must be a table of lists, such as { name = [\"first\", \"second\"] }".into(),
        }
    }
}

fn integer(written: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(written.as_str(), written.radix()).ok()
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What is wrong when no file is at `path`.
fn existing(path: &Path) -> Result<(), &'static str> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err("names a folder, not a file"),
        Ok(_) => Ok(()),
        Err(error) => Err(match error.kind() {
            io::ErrorKind::NotFound => "names a file that does not exist",
            io::ErrorKind::PermissionDenied => "names a file that this account may not reach",
            _ => "names a file that cannot be reached",
        }),
    }
}

/// Whether this can be meant as a path. People paste keys where a key's path belongs, and errors show paths.
fn is_like_a_path(text: &str) -> bool {
    const LONGEST_LIKELY_PATH: usize = 256;
    text.len() <= LONGEST_LIKELY_PATH && !text.contains("-----") && !text.chars().any(char::is_control)
}
