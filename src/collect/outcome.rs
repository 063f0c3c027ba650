//! What came of a run.

use super::error::Error;
use crate::catalogue::{Need, Object};
use crate::store::{ObjectOutcome, ObjectStatus, RunStatus};

/// What came of one org's run.
#[derive(Debug)]
pub struct Outcome {
    /// The org's short name.
    pub org: String,
    /// The run's public name, once it has one.
    pub run_id: Option<String>,
    /// How it ended.
    pub status: RunStatus,
    /// What came of each object.
    pub objects: Vec<ObjectOutcome>,
    /// Records that began, ended or changed.
    pub changed: usize,
    /// Requests sent.
    pub api_calls: u64,
    /// Bytes of the answers.
    pub bytes: u64,
    /// Requests sent again.
    pub retries: u64,
    /// Why the state is not whole, a sentence each.
    pub gaps: Vec<String>,
    /// What stopped the run, if nothing was written.
    pub error: Option<Error>,
}

impl Outcome {
    /// The outcome of a run that wrote nothing.
    pub(super) fn failed(org: &str, error: Error) -> Self {
        Self {
            org: org.to_owned(),
            run_id: None,
            status: RunStatus::Failed,
            objects: Vec::new(),
            changed: 0,
            api_calls: 0,
            bytes: 0,
            retries: 0,
            gaps: Vec::new(),
            error: Some(error),
        }
    }
}

/// Whether a run is whole although, or because, the object ended so. `hidden` says that Salesforce does not show the
/// object, `read_before` that it did in the last run.
pub(super) fn is_whole(object: &Object, status: ObjectStatus, hidden: bool, read_before: bool) -> bool {
    match status {
        ObjectStatus::Complete | ObjectStatus::Skipped => true,
        ObjectStatus::Unavailable | ObjectStatus::Stale | ObjectStatus::Failed => {
            hidden && !read_before && matches!(object.need, Need::Optional(_))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::object;

    #[test]
    fn only_normal_absences_leave_a_run_whole() {
        let required = object("UserLicense").unwrap();
        let optional = object("TenantUsageEntitlement").unwrap();
        let cases = [
            (required, ObjectStatus::Complete, false, false, true),
            (required, ObjectStatus::Skipped, false, true, true),
            (required, ObjectStatus::Unavailable, true, false, false),
            (optional, ObjectStatus::Unavailable, true, false, true),
            (optional, ObjectStatus::Stale, true, true, false),
            (optional, ObjectStatus::Stale, true, false, true),
            (optional, ObjectStatus::Stale, false, true, false),
            (optional, ObjectStatus::Failed, false, false, false),
        ];
        for (object, status, hidden, read_before, whole) in cases {
            assert_eq!(is_whole(object, status, hidden, read_before), whole, "{} {status:?}", object.name);
        }
    }
}
