//! Which rows a report or an export is about, and as of when.

use std::collections::BTreeSet;

use clap::Args;
use jiff::Timestamp;

use super::exit::Exit;
use super::failure::Failure;
use crate::base::{parse_instant, utc_text};
use crate::config::Settings;
use crate::policy::Companies;
use crate::report::Completeness;
use crate::store::{Reader, Selection};

/// The options that narrow a report.
#[derive(Debug, Args)]
pub(super) struct ScopeArguments {
    /// Only this org; may be given several times
    #[arg(long, value_name = "ORG")]
    pub org: Vec<String>,
    /// Only this company, as it is written in the configuration
    #[arg(long, value_name = "NAME")]
    pub company: Option<String>,
    /// The state at this time, no later than the newest state: a date (its first instant in UTC) or RFC 3339
    /// [default: the newest complete state]
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub as_of: Option<Timestamp>,
}

/// Reads a date or an instant of the command line.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    parse_instant(text)
        .ok_or_else(|| "write a date like 2026-11-21 or an instant like 2026-11-21T03:00:00Z".to_owned())
}

impl ScopeArguments {
    /// Checks the options against what is configured and what the database holds.
    ///
    /// # Errors
    /// An org or a company that is not there, with the nearest that is; a time before or after every state.
    pub(super) fn resolve(
        &self,
        reader: &Reader,
        settings: &Settings,
        permitted: &Companies,
    ) -> Result<(Selection, Completeness), Failure> {
        let known = refuse_unknown(&self.org, reader, settings)?;
        let as_of = self.instant(reader)?;
        self.check_company(reader, settings, permitted)?;
        let mut orgs = reader.org_states(&self.org)?;
        let hides_rest = *permitted != Companies::All;
        if hides_rest {
            // A reason can hold numbers about the whole org.
            orgs.iter_mut().flat_map(|org| &mut org.gaps).for_each(|gap| gap.reason = None);
            orgs.iter_mut().for_each(|org| org.run_error = None);
        }
        let is_uncollected = |org: &String| {
            (self.org.is_empty() || self.org.contains(org)) && !orgs.iter().any(|state| state.org == *org)
        };
        let uncollected = known.into_iter().filter(is_uncollected).collect();
        let companies = match (&self.company, permitted) {
            (Some(company), _) => vec![company.clone()],
            (None, Companies::All) => Vec::new(),
            (None, Companies::Only(names)) => names.iter().cloned().collect(),
            (None, Companies::None) => return Err(Failure::new(Exit::Denied, "you may see no company")),
        };
        let selection = Selection { orgs: self.org.clone(), companies, hides_rest, as_of };
        Ok((selection, Completeness::of_all_reports(as_of, orgs, uncollected)))
    }

    /// The instant that is asked for, which no state can be newer than and no later than the newest state: what became
    /// of the orgs after it, nobody knows yet.
    fn instant(&self, reader: &Reader) -> Result<Timestamp, Failure> {
        let of_whom =
            if self.org.is_empty() { String::new() } else { format!(" of {}", self.org.join(", ")) };
        let Some(newest) = reader.newest_state(&self.org)? else {
            return Err(Failure::usage(format!("nothing{of_whom} has been collected into the database yet"))
                .hint("run `seatledger collect`; `seatledger runs` lists what was tried"));
        };
        match self.as_of {
            Some(as_of) if as_of > newest => Err(Failure::usage(format!(
                "nothing{of_whom} was collected at or after {}; the newest state is of {}",
                utc_text(as_of),
                utc_text(newest)
            ))
            .hint("leave --as-of out to have the newest state, or run `seatledger collect` first")),
            _ => Ok(reader.as_of(&self.org)?),
        }
    }

    fn check_company(
        &self,
        reader: &Reader,
        settings: &Settings,
        permitted: &Companies,
    ) -> Result<(), Failure> {
        let Some(company) = &self.company else { return Ok(()) };
        let mut companies = reader.companies()?;
        companies.retain(|company| permitted.contains(company));
        if companies.contains(company) {
            return Ok(());
        }
        let is_configured = settings.orgs.iter().any(|org| org.company_names.contains(company));
        if is_configured && permitted.contains(company) {
            return Err(Failure::usage(format!("no collected user belongs to the company `{company}`"))
                .hint("it is configured; `seatledger collect` says which names are like it in the org"));
        }
        Err(unknown("company", company, &companies))
    }
}

/// The orgs that are configured or recorded, by name, after checking that each of `wanted` is one of them.
///
/// # Errors
/// An org that is not, with the nearest that is.
pub(super) fn refuse_unknown(
    wanted: &[String],
    reader: &Reader,
    settings: &Settings,
) -> Result<Vec<String>, Failure> {
    let configured = settings.orgs.iter().map(|org| org.id.clone());
    let known: BTreeSet<_> = configured.chain(reader.orgs()?).collect();
    let known: Vec<_> = known.into_iter().collect();
    match wanted.iter().find(|org| !known.contains(org)) {
        Some(org) => Err(unknown("org", org, &known)),
        None => Ok(known),
    }
}

fn unknown(kind: &str, wanted: &str, known: &[String]) -> Failure {
    Failure::usage(format!("the database knows no {kind} `{wanted}`")).hint(nearest_hint(wanted, known))
}

/// What there is instead of `wanted`, and which of it was probably meant.
pub(super) fn nearest_hint(wanted: &str, known: &[String]) -> String {
    /// Names that share fewer letters are another thing, not a slip of the hand.
    const LEAST_LIKENESS: f64 = 0.8;
    let likeness = |name: &&String| strsim::jaro_winkler(name, wanted);
    let like = known.iter().filter(|name| likeness(name) >= LEAST_LIKENESS);
    match (known, like.max_by(|left, right| likeness(left).total_cmp(&likeness(right)))) {
        ([], _) => "there is none yet".to_owned(),
        (_, None) => format!("there is {}", known.join(", ")),
        ([only], Some(_)) => format!("did you mean `{only}`?"),
        (_, Some(nearest)) => format!("there is {}; did you mean `{nearest}`?", known.join(", ")),
    }
}
