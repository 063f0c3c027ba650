//! Why an operation did not run, or why its result is not shown.

use thiserror::Error;

use crate::audit;
use crate::http::OriginError;
use crate::policy::{Denial, Problems};

/// Why an operation did not run, or why its result is not shown.
#[derive(Debug, Error)]
pub enum Error {
    /// Nothing can be recorded, so nothing is done.
    #[error("nothing was done, because no audit record of it can be written")]
    AuditUnavailable(#[from] audit::Error),
    /// A sink's URL is not one that events are sent to.
    #[error("nothing was done, because the URL of audit sink `{name}` {problem}")]
    Sink {
        /// The sink.
        name: String,
        /// What is wrong with the URL.
        problem: OriginError,
    },
    /// Too many events wait for a sink that must have them.
    #[error("nothing was done, because audit sink `{0}` has too many events waiting")]
    Backlog(String),
    /// It was done, or part of it, and the record of how it ended is missing.
    #[error(
        "the audit record of the outcome could not be written, so the result is withheld; the operation may have \
         taken effect"
    )]
    OutcomeLost(#[source] audit::Error),
    /// The policy file cannot be read.
    #[error("nothing was done, because the policy file cannot be loaded")]
    PolicyUnreadable(#[source] crate::base::PrivateFileError),
    /// The policy file has mistakes.
    #[error("nothing was done, because the policy file cannot be loaded")]
    PolicyUnusable(#[source] Problems),
    /// It is refused.
    #[error("refused: {0}")]
    Denied(Denial),
}
