//! What is wrong with a policy file, by line.

use std::cell::RefCell;
use std::fmt;

/// One thing that is wrong. Never quotes a value that may be secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The line to mend, counted from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Everything that is wrong with a policy file, in the order of its lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One by one.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }

    /// A single problem, for those that leave nothing to go on with.
    pub(super) fn alone(line: usize, message: impl Into<String>) -> Self {
        Self(vec![Problem { line, message: message.into() }])
    }
}

/// One problem per line.
impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Problem { line, message }) in self.0.iter().enumerate() {
            let line_end = if place == 0 { "" } else { "\n" };
            write!(formatter, "{line_end}line {line}: {message}")?;
        }
        Ok(())
    }
}

/// A key that is written and changes nothing in this version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdleKey {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its name with its table, such as `salesforce.max_rows`.
    pub name: String,
    /// What holds whatever it says.
    pub instead: &'static str,
}

/// Without its line.
impl fmt::Display for IdleKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` has no effect in this version: {}", self.name, self.instead)
    }
}

/// The file's lines, and what was found wrong or idle so far.
pub(super) struct Notes {
    /// The byte of every line end, in order.
    line_ends: Vec<usize>,
    problems: RefCell<Vec<Problem>>,
    idle: RefCell<Vec<IdleKey>>,
}

impl Notes {
    pub(super) fn on(text: &str) -> Self {
        let line_ends = text.match_indices('\n').map(|(byte, _)| byte).collect();
        Self { line_ends, problems: RefCell::default(), idle: RefCell::default() }
    }

    /// The line of a byte, counted from 1.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        1 + self.line_ends.partition_point(|line_end| *line_end < byte)
    }

    pub(super) fn add(&self, line: usize, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem { line, message: message.into() });
    }

    pub(super) fn add_idle(&self, key: IdleKey) {
        self.idle.borrow_mut().push(key);
    }

    /// The keys that change nothing, in the order of their lines.
    pub(super) fn idle_keys(self) -> Vec<IdleKey> {
        let mut idle = self.idle.into_inner();
        idle.sort();
        idle
    }

    /// Whether nothing is wrong.
    ///
    /// # Errors
    /// What is.
    pub(super) fn check(&self) -> Result<(), Problems> {
        let mut problems = self.problems.borrow().clone();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        problems.dedup();
        Err(Problems(problems))
    }
}
