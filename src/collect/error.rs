//! Why an org's run wrote nothing.

use thiserror::Error;

use crate::base::StopSignal;
use crate::{auth, salesforce, store};

/// What stopped a run before anything was written.
#[derive(Debug, Error)]
pub enum Error {
    /// The key cannot be used.
    #[error("cannot sign in")]
    Auth(#[from] auth::Error),
    /// Salesforce refused, or could not be reached.
    #[error(transparent)]
    Salesforce(#[from] salesforce::Error),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The org is not the configured company's.
    #[error("the org is named `{found}`, which is none of the configured company names ({wanted})")]
    OtherCompany {
        /// `Organization.Name`.
        found: String,
        /// The configured names.
        wanted: String,
    },
    /// Its outcome was to be on record first, and could not be.
    #[error("nothing of the run took effect, because its outcome could not be recorded")]
    NotRecorded,
    /// A grouped answer that cannot be read in parts.
    #[error("the company name `{0}` alone has more groups of users than one answer holds")]
    TooManyGroups(String),
}

impl Error {
    /// The signal that asked to stop, when that is what ended the run. What was staged is kept then.
    pub fn stopped(&self) -> Option<StopSignal> {
        match self {
            Self::Salesforce(error) => match error.kind() {
                salesforce::ErrorKind::Stopped(signal) => Some(signal),
                _ => None,
            },
            _ => None,
        }
    }
}
