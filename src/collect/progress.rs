//! What a watcher of a run is told.

use crate::store::ObjectOutcome;

/// Watches runs; called from the thread that writes.
pub trait Progress {
    /// A run for `org` is about to read this many objects.
    fn org_started(&self, org: &str, objects: usize);
    /// A page was staged: so many rows so far of so many that Salesforce promised.
    fn page_staged(&self, org: &str, object: &str, rows: u64, promised_rows: u64);
    /// An object is done, or given up.
    fn object_finished(&self, org: &str, outcome: &ObjectOutcome);
    /// Something worth a line.
    fn note(&self, org: &str, text: &str);
}
