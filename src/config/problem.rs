//! Where a value came from, and what is wrong with it.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// It was not given.
    Default,
    /// The file as a whole.
    File(PathBuf),
    /// A line of the file, counted from 1.
    Line(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A command-line flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(formatter, "default"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Line(path, line) => write!(formatter, "{}:{line}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment variable {variable}"),
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
        }
    }
}

/// One thing that is wrong, and where. Never quotes a value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where to mend it.
    pub origin: Origin,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.origin, self.message)
    }
}

/// Everything that is wrong with a configuration, in the order of the file. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Errors(Vec<Problem>);

impl Errors {
    /// What is wrong, one by one.
    pub fn problems(&self) -> &[Problem] {
        &self.0
    }
}

/// One problem per line.
impl fmt::Display for Errors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            write!(formatter, "{}{problem}", if place == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// Collects problems while reading goes on, so that a person sees all of them at once.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, origin: &Origin, message: impl Into<String>) {
        self.0.push(Problem { origin: origin.clone(), message: message.into() });
    }

    /// `value` if nothing was wrong.
    pub(super) fn none_or<Value>(mut self, value: impl FnOnce() -> Value) -> Result<Value, Errors> {
        if self.0.is_empty() {
            return Ok(value());
        }
        self.0.sort();
        self.0.dedup();
        Err(Errors(self.0))
    }
}

/// A single problem, for those that leave nothing to go on with.
pub(super) fn alone(origin: Origin, message: impl Into<String>) -> Errors {
    Errors(vec![Problem { origin, message: message.into() }])
}
