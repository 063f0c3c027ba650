//! How old and how whole the numbers of a report are.

use jiff::Timestamp;

use super::{REPORTS, Report};
use crate::base::utc_text;
use crate::catalogue::{Need, object};
use crate::store::{Gap, OrgState};

/// The instant a report speaks of, and for each org how much of that state could be read.
#[derive(Clone, Debug)]
pub struct Completeness {
    /// The instant.
    pub as_of: Timestamp,
    /// The orgs that have a state, by name.
    pub orgs: Vec<OrgState>,
    /// The orgs that were asked for and had no state at that instant, by name.
    pub uncollected: Vec<String>,
    /// The objects that the numbers are made from.
    pub sources: Vec<&'static str>,
}

impl Completeness {
    /// How whole every report together is.
    pub fn of_all_reports(as_of: Timestamp, orgs: Vec<OrgState>, uncollected: Vec<String>) -> Self {
        let sources = REPORTS.iter().flat_map(|report| report.sources).copied().collect();
        Self { as_of, orgs, uncollected, sources }
    }

    /// How whole one report is: gaps in objects that it does not show leave it complete.
    #[must_use]
    pub fn of(&self, report: &Report) -> Self {
        Self { sources: report.sources.to_vec(), ..self.clone() }
    }

    /// Whether every org has a state and all of them are complete; not so when there is no org at all.
    pub fn is_complete(&self) -> bool {
        self.uncollected.is_empty()
            && !self.orgs.is_empty()
            && self.orgs.iter().all(|org| self.is_org_complete(org))
    }

    /// Whether the run behind the org's state was complete, and no source of the numbers is older or left out. Optional
    /// objects may be left out: what only they tell is unknown then, and shown so.
    pub fn is_org_complete(&self, org: &OrgState) -> bool {
        let is_normal = |gap: &Gap| {
            let is_optional =
                object(&gap.object).is_some_and(|object| matches!(object.need, Need::Optional(_)));
            let is_source = self.sources.contains(&gap.object.as_str());
            !is_source || is_optional && gap.kept_from.is_none()
        };
        org.run_status == "complete" && org.gaps.iter().all(is_normal)
    }

    /// Sentences for people, the first about the whole, then one per org and one per object that falls short.
    pub fn sentences(&self) -> Vec<String> {
        let verdict = if self.is_complete() { "Complete" } else { "INCOMPLETE" };
        let mut sentences = vec![format!("{verdict} as of {}.", utc_text(self.as_of))];
        sentences.extend(self.age());
        sentences.extend(self.uncollected.iter().map(|org| {
            format!("{org}: nothing was collected up to then, and it is in none of these numbers.")
        }));
        for org in &self.orgs {
            let OrgState { org: name, collected_at, run_status, run_error, gaps } = org;
            let why = run_error.as_deref().unwrap_or_default();
            if run_status != "complete" {
                let colon = if why.is_empty() { "" } else { ": " };
                sentences
                    .push(format!("{name}: the run that ended {collected_at} was {run_status}{colon}{why}."));
            }
            let is_said = |gap: &&Gap| !why.contains(&format!("{} is {}", gap.object, gap.status));
            sentences.extend(gaps.iter().filter(is_said).map(|gap| format!("{name}: {}.", of_gap(gap))));
        }
        sentences
    }

    /// When the states were collected, unless all were at the instant itself.
    fn age(&self) -> Option<String> {
        let times = || self.orgs.iter().map(|org| org.collected_at.as_str());
        let (oldest, newest) = (times().min()?, times().max()?);
        if oldest == utc_text(self.as_of) {
            None
        } else if oldest == newest {
            Some(format!("The newest state up to then was collected at {newest}."))
        } else {
            Some(format!("The newest states up to then were collected from {oldest} to {newest}."))
        }
    }
}

/// `UserLogin is skipped: the configuration leaves it out; its rows are those of 2026-11-21T03:00:00.000Z`
fn of_gap(gap: &Gap) -> String {
    let mut sentence = format!("{} is {}", gap.object, gap.status);
    if let Some(reason) = &gap.reason {
        sentence += &format!(": {reason}");
    }
    if let Some(kept_from) = &gap.kept_from {
        sentence += &format!("; its rows are those of {kept_from}");
    }
    sentence
}
