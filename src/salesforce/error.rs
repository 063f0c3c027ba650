//! What can end a conversation with an org.

use thiserror::Error;

use crate::auth;
use crate::base::{RecordId, StopSignal};
use crate::http::{self, OriginError, PinError};

use super::{Action, ApiAllowance, ApiError, PageError, SignInRefused};

/// Why an org did not give what was asked for.
#[derive(Debug, Error)]
pub enum Error {
    /// A configured URL that requests may not be sent to.
    #[error("`{setting}` of org `{org}` {source}")]
    Url {
        /// The configuration key.
        setting: &'static str,
        /// The org's short name.
        org: String,
        /// What is wrong with it.
        source: OriginError,
    },
    /// The assertion could not be signed.
    #[error("cannot sign the assertion for org `{org}`")]
    Sign {
        /// The org's short name.
        org: String,
        /// What the key said.
        source: auth::Error,
    },
    /// The token endpoint refused.
    #[error(transparent)]
    SignIn(Box<SignInRefused>),
    /// The token answer sends requests to a host that the token must not travel to.
    #[error("org `{org}` signed in, but its instance_url is not followed")]
    ForeignInstance {
        /// The org's short name.
        org: String,
        /// Which rule it breaks.
        source: PinError,
    },
    /// The token answer is not of the form that Salesforce documents.
    #[error("org `{org}` signed in, but its answer {problem}")]
    TokenAnswer {
        /// The org's short name.
        org: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The token belongs to another org than the configured one.
    #[error("org `{org}` is configured as {expected}, but the user belongs to the org {found}")]
    WrongOrganization {
        /// The org's short name.
        org: String,
        /// `organization_id`, or the org of the first sign-in.
        expected: RecordId,
        /// The org of this token.
        found: RecordId,
    },
    /// No whole answer arrived.
    #[error("got no answer to {asked_for}")]
    Transport {
        /// What was asked for.
        asked_for: &'static str,
        /// What went wrong.
        source: http::Error,
    },
    /// The data API refused.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The answer to a query is not a page of it.
    #[error("cannot read the answer to {asked_for}")]
    Answer {
        /// What was asked for.
        asked_for: &'static str,
        /// Where it is wrong.
        source: PageError,
    },
    /// A grouped query had more groups than one answer holds, and such a query cannot be paged.
    #[error("a grouped query found more groups than one answer holds")]
    TooManyGroups,
    /// Another request would take more of the org's daily API allowance than it may.
    #[error(
        "stopped before the org's API allowance fell below {keep_free_percent} %: {} of {} requests are used",
        allowance.used, allowance.max
    )]
    AllowanceReached {
        /// What the org said last.
        allowance: ApiAllowance,
        /// `keep_free_api_percent`.
        keep_free_percent: u8,
    },
    /// The caller's budget is used up.
    #[error("stopped because the day's budget of {0} is used up")]
    BudgetSpent(&'static str),
    /// The program was asked to stop.
    #[error("stopped on request")]
    Stopped(StopSignal),
    /// The session was hung up.
    #[error("stopped because the run has ended")]
    HungUp,
}

/// The kinds of end that a caller tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Salesforce refuses the user or the app.
    Authentication,
    /// A limit, rate limit or allowance.
    Limits,
    /// A signal.
    Stopped(StopSignal),
    /// Everything else.
    Failed,
}

impl Error {
    /// What kind of end this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::SignIn(refused) => refused.kind,
            Self::Api(refused) => match refused.action {
                Action::StopUser | Action::RenewToken => ErrorKind::Authentication,
                _ if refused.is_limit() => ErrorKind::Limits,
                _ => ErrorKind::Failed,
            },
            Self::AllowanceReached { .. } | Self::BudgetSpent(_) => ErrorKind::Limits,
            Self::Stopped(signal) => ErrorKind::Stopped(*signal),
            _ => ErrorKind::Failed,
        }
    }

    /// Whether the program was asked to stop.
    pub fn is_stop(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// What follows for the object at hand, when the error is about one question and not about the whole org.
    pub fn action(&self) -> Option<Action> {
        match self {
            Self::Api(refused) => Some(refused.action),
            Self::TooManyGroups => Some(Action::Narrow),
            _ => None,
        }
    }

    /// Whether only this question went unanswered, so that others may still be asked.
    pub fn is_about_one_question(&self) -> bool {
        match self {
            Self::Api(refused) => !matches!(
                refused.action,
                Action::StopUser | Action::RenewToken | Action::StopLimits | Action::StopFailed
            ),
            Self::Answer { .. } | Self::TooManyGroups => true,
            _ => false,
        }
    }

    /// Why it happened, when the catalogue knows.
    pub fn cause(&self) -> Option<&'static str> {
        match self {
            Self::SignIn(refused) => Some(refused.cause),
            Self::Api(refused) => Some(refused.cause),
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::SignIn(refused) => Some(refused.fix),
            Self::Api(refused) => Some(refused.fix),
            Self::Transport { source, .. } => source.hint(),
            Self::ForeignInstance { .. } => {
                Some("set `url` to the org's My Domain URL, as Setup, My Domain shows it")
            }
            Self::WrongOrganization { .. } => Some(
                "check `url`, `client_id` and `username`: they must belong to the org in `organization_id`",
            ),
            Self::AllowanceReached { .. } => {
                Some("run again when the last 24 hours have fewer requests, or lower `keep_free_api_percent`")
            }
            Self::BudgetSpent(_) => Some("run again tomorrow (UTC), or raise the limit in the policy"),
            _ => None,
        }
    }
}
