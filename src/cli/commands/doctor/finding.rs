//! What a check found, and what to do about it.

use serde_json::{Value, json};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// The result of one check.
pub(super) struct Finding {
    /// What was looked at.
    pub(super) check: String,
    /// How it stands.
    pub(super) verdict: Verdict,
    /// What was found, in words.
    pub(super) found: String,
    /// What to do, for anything that is not good.
    pub(super) fix: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Good,
    /// Works, but less than it could or not for long.
    Warning,
    /// `collect` will fail or be incomplete, with this code.
    Problem(Exit),
}

impl Verdict {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Problem(_) => "problem",
        }
    }
}

impl Finding {
    pub(super) fn good(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), verdict: Verdict::Good, found: found.into(), fix: None }
    }

    pub(super) fn warning(check: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, fix: Some(fix.into()), ..Self::good(check, found) }
    }

    pub(super) fn problem(exit: Exit, check: &str, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Problem(exit), ..Self::warning(check, found, fix) }
    }

    /// A failure as the finding of the check that it ended.
    pub(super) fn failed(check: &str, failure: &Failure) -> Self {
        let found = [&failure.message].into_iter().chain(&failure.causes).cloned().collect::<Vec<_>>();
        let fix = (!failure.hints.is_empty()).then(|| failure.hints.join("; "));
        Self { verdict: Verdict::Problem(failure.exit), fix, ..Self::good(check, found.join(": ")) }
    }

    pub(super) fn document(&self) -> Value {
        json!({"check": self.check, "verdict": self.verdict.word(), "found": self.found, "fix": self.fix})
    }
}

/// The code of the first problem: what follows a problem is often its consequence.
pub(super) fn exit(findings: &[Finding]) -> Exit {
    let problem = findings.iter().find_map(|finding| match finding.verdict {
        Verdict::Problem(exit) => Some(exit),
        Verdict::Good | Verdict::Warning => None,
    });
    problem.unwrap_or(Exit::Complete)
}
