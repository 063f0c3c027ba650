//! How old and how whole the numbers of a report are.

use jiff::Timestamp;

use crate::base::utc_text;
use crate::store::OrgState;

/// The instant a report speaks of, and for each org how much of that state could be read.
#[derive(Clone, Debug)]
pub struct Completeness {
    /// The instant.
    pub as_of: Timestamp,
    /// The orgs, by name.
    pub orgs: Vec<OrgState>,
}

impl Completeness {
    /// Whether the run behind every org's state was complete; not so when there is no org at all.
    pub fn is_complete(&self) -> bool {
        !self.orgs.is_empty() && self.orgs.iter().all(is_org_complete)
    }

    /// Sentences for people, the first about the whole, then one per org and one per object that falls short.
    pub fn sentences(&self) -> Vec<String> {
        let verdict = if self.is_complete() { "Complete" } else { "INCOMPLETE" };
        let mut sentences = vec![format!("{verdict} as of {}.", utc_text(self.as_of))];
        for org in &self.orgs {
            if !is_org_complete(org) {
                let OrgState { org, collected_at, run_status, .. } = org;
                sentences.push(format!("{org}: the run that ended {collected_at} was {run_status}."));
            }
            sentences.extend(org.gaps.iter().map(|gap| {
                let reason = gap.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{}: {} is {}{reason}.", org.org, gap.object, gap.status)
            }));
        }
        sentences
    }
}

/// Whether the run behind the org's state was complete.
pub fn is_org_complete(org: &OrgState) -> bool {
    org.run_status == "complete"
}
