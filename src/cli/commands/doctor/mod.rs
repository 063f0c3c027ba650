//! `doctor`: looks at everything a collection needs and says what to mend.

mod finding;
mod machine;
mod org;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::orgs;
use crate::cli::ui::Style;
use crate::config::{OrgSettings, Settings};
use crate::http::Client;
use crate::report::books::Book;

use finding::{Finding, Verdict};

/// Check configuration, key, certificate, clock, token and permissions, with a fix for each finding
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger doctor --org acme")]
pub(in crate::cli) struct Doctor {
    /// Only this org; may be given several times
    #[arg(long, value_name = "ORG")]
    org: Vec<String>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let settings = context.settings()?;
        let client = orgs::client(&settings, context)?;
        let mut parts = vec![(None, on_this_machine(&settings, context))];
        let mut met = BTreeMap::new();
        for org in orgs::chosen(&settings, &self.org)? {
            parts.push((Some(org.id.as_str()), of_org(org, &settings, &client, &mut met, context)));
        }
        if self.json {
            let parts: Vec<_> = parts
                .iter()
                .map(|(org, findings)| {
                    let findings: Vec<_> = findings.iter().map(Finding::document).collect();
                    json!({"org": org, "findings": findings})
                })
                .collect();
            context.print_json(&json!({ "parts": parts }))?;
        } else {
            context.print(
                parts.iter().map(|(org, findings)| text(*org, findings, context)).collect::<String>(),
            )?;
        }
        let (machine, orgs) = parts.split_at(1);
        let machine: Vec<_> = machine.iter().map(|(_, findings)| finding::exit(findings)).collect();
        let orgs: Vec<_> = orgs.iter().map(|(_, findings)| finding::exit(findings)).collect();
        Ok(match machine[0] {
            Exit::Complete => Exit::of_orgs(&orgs),
            problem => problem,
        })
    }
}

fn on_this_machine(settings: &Settings, context: &Context) -> Vec<Finding> {
    let mut findings = vec![
        Finding::good("configuration", format!("{} is valid", settings.file.display())),
        machine::database(settings),
        machine::privacy_key(settings, &context.world),
    ];
    findings.extend(machine::policy(settings, &context.world));
    findings.extend(Book::ALL.iter().filter_map(|book| machine::book(*book, settings, context)));
    findings
}

/// Stops at what makes all further checks fail for the same reason. `met` has the short names of the orgs that signed in
/// before, by Salesforce's id.
fn of_org(
    org: &OrgSettings,
    settings: &Settings,
    client: &Client,
    met: &mut BTreeMap<String, String>,
    context: &Context,
) -> Vec<Finding> {
    let is_problem = |finding: &Finding| matches!(finding.verdict, Verdict::Problem(_));
    let mut findings = machine::key_and_certificate(org, &context.world);
    findings.push(machine::clock(org, client, &context.world));
    // A certificate that does not fit is no obstacle here: the app may know the right one.
    let key_or_network = [findings.first(), findings.last()];
    if key_or_network.into_iter().flatten().any(is_problem) {
        return findings;
    }
    let session = match orgs::sign_in(org, settings, client, &context.world, &context.permission.allowed) {
        Ok(session) => session,
        Err(error) => {
            findings.push(org::refused(error));
            return findings;
        }
    };
    findings.extend(machine::key_within_reach(org, settings));
    findings.push(org::signed_in(org, &session));
    match met.entry(session.organization_id().to_string()) {
        Entry::Occupied(other) => findings.push(org::same_org(org, other.get())),
        Entry::Vacant(place) => {
            place.insert(org.id.clone());
        }
    }
    findings.extend(org::second_factor(&session));
    findings.push(org::api_version(org, &session));
    if findings.last().is_some_and(is_problem) {
        return findings;
    }
    findings.push(org::allowance(settings, &session));
    if findings.last().is_some_and(is_problem) {
        return findings;
    }
    findings.extend(org::objects(&orgs::request(org, settings, false), &session));
    findings.extend(org::users(&session));
    findings
}

fn text(org: Option<&str>, findings: &[Finding], context: &Context) -> String {
    let mut text = format!("{}\n", org.unwrap_or("this machine"));
    for finding in findings {
        let word = finding.verdict.word();
        let padding = " ".repeat("warning".len() - word.len());
        let word = match (context.ui.styles_data(), finding.verdict) {
            (false, _) => word.to_owned(),
            (true, Verdict::Good) => Style::Good.paint(word),
            (true, Verdict::Warning) => Style::Warning.paint(word),
            (true, Verdict::Problem(_)) => Style::Error.paint(word),
        };
        text += &format!("  {word}{padding}  {}: {}\n", finding.check, finding.found);
        if let Some(fix) = &finding.fix {
            text += &format!("           fix: {fix}\n");
        }
    }
    text
}
