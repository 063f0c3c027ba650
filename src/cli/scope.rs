//! Which rows a report or an export is about, and as of when.

use clap::Args;
use jiff::Timestamp;

use super::failure::Failure;
use crate::base::{parse_instant, utc_text};
use crate::report::Completeness;
use crate::store::{Reader, Selection};

/// The options that narrow a report.
#[derive(Debug, Args)]
pub struct ScopeArguments {
    /// Only this org; may be given several times
    #[arg(long, value_name = "ORG")]
    pub org: Vec<String>,
    /// Only this company, as it is written in the configuration
    #[arg(long, value_name = "NAME")]
    pub company: Option<String>,
    /// The state at this time: a date (its first instant in UTC) or RFC 3339 [default: the newest complete state]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub as_of: Option<Timestamp>,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).ok_or_else(|| {
        "write a date like 2026-11-21 or an instant like 2026-11-21T03:00:00Z".to_owned()
    })
}

impl ScopeArguments {
    /// Checks the options against what the database holds.
    ///
    /// # Errors
    /// An org or a company that is not there, with the nearest that is; a time before the first state; nothing
    /// collected at all.
    pub fn resolve(&self, reader: &Reader) -> Result<(Selection, Completeness), Failure> {
        let known = reader.org_names()?;
        for org in &self.org {
            if !known.contains(org) {
                return Err(unknown("org", org, &known));
            }
        }
        let newest = reader.newest_state(&self.org)?.ok_or_else(nothing_collected)?;
        let as_of = self.as_of.unwrap_or(newest);
        let selection = Selection { orgs: self.org.clone(), company: self.company.clone(), as_of };
        let companies = reader.companies()?;
        if let Some(company) = self.company.as_ref().filter(|company| !companies.contains(company)) {
            return Err(unknown("company", company, &companies));
        }
        let orgs = reader.org_states(&selection)?;
        if orgs.iter().all(|org| org.collected_at.is_none()) {
            let message = format!("nothing had been collected yet at {}", utc_text(as_of));
            return Err(Failure::usage(message).hint("`seatledger runs` lists what was collected when"));
        }
        Ok((selection, Completeness { as_of, orgs }))
    }
}

fn nothing_collected() -> Failure {
    Failure::usage("the database holds no complete state of any org yet").hint("run `seatledger collect` first")
}

fn unknown(kind: &str, wanted: &str, known: &[String]) -> Failure {
    let failure = Failure::usage(format!("the database knows no {kind} `{wanted}`"));
    let nearest = known.iter().max_by(|left, right| {
        strsim::jaro_winkler(left, wanted).total_cmp(&strsim::jaro_winkler(right, wanted))
    });
    match nearest {
        Some(nearest) => failure.hint(format!("it has: {}; did you mean `{nearest}`?", known.join(", "))),
        None => failure.hint("run `seatledger collect` first"),
    }
}
