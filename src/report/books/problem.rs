//! What is wrong with a line of a book.

use std::fmt;

/// Something in a book's file that its keeper has to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// The line in the file, counted from 1.
    pub line: u64,
    /// The column's name in the header, when it is about one cell.
    pub column: Option<String>,
    /// What was found, and what to write instead.
    pub message: String,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(formatter, ", {column}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

/// `value` if nothing is wrong.
///
/// # Errors
/// Everything that is, in the order of the lines.
pub(super) fn none_or<Value>(
    mut problems: Vec<LineProblem>,
    value: impl FnOnce() -> Value,
) -> Result<Value, Vec<LineProblem>> {
    if problems.is_empty() {
        return Ok(value());
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}
