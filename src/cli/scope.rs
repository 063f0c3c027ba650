//! Which rows a report or an export is about, and as of when.

use clap::Args;
use jiff::Timestamp;

use super::exit::Exit;
use super::failure::Failure;
use crate::base::parse_instant;
use crate::policy::Companies;
use crate::report::Completeness;
use crate::store::{self, Reader, Selection};

/// The options that narrow a report.
#[derive(Debug, Args)]
pub(super) struct ScopeArguments {
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
    parse_instant(text)
        .ok_or_else(|| "write a date like 2026-11-21 or an instant like 2026-11-21T03:00:00Z".to_owned())
}

impl ScopeArguments {
    /// Checks the options against what the database holds and the caller may see.
    ///
    /// # Errors
    /// An org or a company that is not there, with the nearest that is; nothing collected at that time.
    pub(super) fn resolve(
        &self,
        reader: &Reader,
        permitted: &Companies,
    ) -> Result<(Selection, Completeness), Failure> {
        let newest = reader.as_of(&[]).map_err(|error| match error {
            store::Error::NoStateAt(_) => Failure::usage("nothing has been collected into the database yet")
                .hint("run `seatledger collect`; `seatledger runs` lists what was tried"),
            other => other.into(),
        })?;
        let known: Vec<_> = reader.org_states(&[])?.into_iter().map(|state| state.org).collect();
        if let Some(org) = self.org.iter().find(|org| !known.contains(org)) {
            return Err(unknown("org", org, &known));
        }
        let mut companies = reader.companies()?;
        companies.retain(|company| permitted.contains(company));
        if let Some(company) = self.company.as_ref().filter(|company| !companies.contains(company)) {
            return Err(unknown("company", company, &companies));
        }
        let as_of = if self.org.is_empty() { newest } else { reader.as_of(&self.org)? };
        let hides_rest = *permitted != Companies::All;
        let mut orgs = reader.org_states(&self.org)?;
        if hides_rest {
            // A reason can hold numbers about the whole org.
            orgs.iter_mut().flat_map(|org| &mut org.gaps).for_each(|gap| gap.reason = None);
        }
        let companies = match (&self.company, permitted) {
            (Some(company), _) => vec![company.clone()],
            (None, Companies::All) => Vec::new(),
            (None, Companies::Only(names)) => names.iter().cloned().collect(),
            (None, Companies::None) => return Err(Failure::new(Exit::Denied, "you may see no company")),
        };
        let selection = Selection { orgs: self.org.clone(), companies, hides_rest, as_of };
        Ok((selection, Completeness { as_of, orgs }))
    }
}

fn unknown(kind: &str, wanted: &str, known: &[String]) -> Failure {
    Failure::usage(format!("the database knows no {kind} `{wanted}`")).hint(nearest_hint(wanted, known))
}

/// What there is instead of `wanted`, and which of it was probably meant.
pub(super) fn nearest_hint(wanted: &str, known: &[String]) -> String {
    let likeness = |name: &String| strsim::jaro_winkler(name, wanted);
    match known.iter().max_by(|left, right| likeness(left).total_cmp(&likeness(right))) {
        Some(nearest) => format!("there is {}; did you mean `{nearest}`?", known.join(", ")),
        None => "there is none yet".to_owned(),
    }
}
