//! The answer of `/limits`.

use serde::Deserialize;

/// The org's API requests in 24 hours. Salesforce nests the shares of single apps beside these two; they are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DailyApiRequests {
    /// Requests allowed.
    pub max: u64,
    /// Requests left.
    pub remaining: u64,
}
