//! The ambient world: what a program otherwise reaches for through globals.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Clock, Stop};

/// A snapshot of the environment variables, taken once at start.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of `name`; a variable that is set but empty counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Every variable that is set, also to nothing, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<Pairs: IntoIterator<Item = (String, String)>>(pairs: Pairs) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Environment, clock, working folder and stop request, built once in `main` and handed down.
#[derive(Clone)]
pub struct World {
    /// The environment variables at start.
    pub environment: Environment,
    /// Tells the time and waits.
    pub clock: Arc<dyn Clock>,
    /// The folder that relative paths on the command line start from.
    pub current_dir: PathBuf,
    /// Raised by SIGINT and SIGTERM.
    pub stop: Stop,
}

impl World {
    /// `path` made absolute from the working folder.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        self.current_dir.join(path)
    }
}
