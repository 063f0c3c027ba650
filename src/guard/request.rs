//! What is asked of the guard, and what comes back from the act.

use serde_json::Value;

use crate::audit;
use crate::policy::{CompaniesAsked, Operation};

/// An operation that somebody wants to run. It comes from the command line.
pub struct Asked<'a> {
    /// Which.
    pub operation: Operation,
    /// Further operations that it includes: all must be allowed.
    pub including: &'a [Operation],
    /// Operations that it would include if they were allowed; [`Permit::includes`](super::Permit::includes) says so.
    pub hoping_for: &'a [Operation],
    /// Which companies it is about.
    pub companies: CompaniesAsked<'a>,
    /// The decoded arguments: an object.
    pub arguments: &'a Value,
    /// What it is about, for the record.
    pub target: audit::Target,
    /// What it spends.
    pub spends: &'a [Unit],
}

/// What an operation spends of a day's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Requests to Salesforce.
    ApiCalls,
    /// Rows that are read or handed out.
    Rows,
    /// Bytes that Salesforce sends.
    Bytes,
}

impl Unit {
    /// Its name in the reason `budget_exceeded:…` and in the counts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiCalls => "api_calls",
            Self::Rows => "rows",
            Self::Bytes => "bytes",
        }
    }
}

/// What the act gives: how it ended, and its result, which is released once that is on record.
pub struct Acted<Result> {
    /// How it ended.
    pub outcome: audit::Outcome,
    /// The result.
    pub result: Result,
}
