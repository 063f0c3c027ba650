//! The decision: a fixed order of questions, of which the first that fails decides.

use std::borrow::Cow;

use super::decision::{Companies, Decision, Denial, Obligations};
use super::grants;
use super::operation::{CompanyRule, Operation, operation};
use super::reason::reason;
use super::request::{Channel, CompaniesAsked, Principal, Request};
use super::rules::{Effect, PermissionTarget, Subject};
use super::{Policy, Tier};

/// The most agents that may have handed a request on.
pub const MOST_HOPS: usize = 8;

/// The longest arguments when no policy says otherwise, in bytes.
pub(super) const DEFAULT_LARGEST_INPUT_BYTES: u64 = 256 * 1024;

/// Decides whether `principal` may do what `request` says. Total: whatever is not allowed is denied.
pub fn decide(policy: &Policy, principal: &Principal, request: &Request<'_>) -> Decision {
    let case = Case { policy, principal, request };
    for question in QUESTIONS {
        if let Err(denial) = (question.ask)(&case) {
            return Decision::Deny(denial);
        }
    }
    case.permission()
}

/// The decision and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What [`decide()`] gives for the same values.
    pub decision: Decision,
    /// The questions that were asked, in order; only the last can have failed.
    pub path: Vec<Answer>,
}

/// What one question found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The question, such as `scopes`.
    pub question: &'static str,
    /// Whether the request may go on.
    pub passed: bool,
    /// What was found, for whoever may see the policy: it names rules.
    pub finding: String,
}

/// Decides as [`decide()`] does and says how.
pub fn explain(policy: &Policy, principal: &Principal, request: &Request<'_>) -> Explanation {
    let case = Case { policy, principal, request };
    let mut path = Vec::new();
    for question in QUESTIONS {
        match (question.ask)(&case) {
            Ok(finding) => {
                path.push(Answer { question: question.name, passed: true, finding: finding.into_owned() });
            }
            Err(denial) => {
                let finding = format!("{}: {}", denial.recorded_code(), denial.reason.about);
                path.push(Answer { question: question.name, passed: false, finding });
                return Explanation { decision: Decision::Deny(denial), path };
            }
        }
    }
    Explanation { decision: case.permission(), path }
}

struct Question {
    name: &'static str,
    ask: fn(&Case<'_>) -> Result<Finding, Denial>,
}

type Finding = Cow<'static, str>;

/// In the order in which they are asked. What an audit store, a scan for personal numbers and limits have to say is
/// asked by those who know.
const QUESTIONS: &[Question] = &[
    Question { name: "request", ask: |case| case.is_well_formed() },
    Question { name: "identity", ask: |case| case.is_known() },
    Question { name: "operation", ask: |case| case.is_listed() },
    Question { name: "channel", ask: |case| case.may_come_from_here() },
    Question { name: "forbid", ask: |case| case.is_not_forbidden() },
    Question { name: "permission", ask: |case| case.is_not_denied() },
    Question { name: "scopes", ask: |case| case.has_scopes() },
    Question { name: "arguments", ask: |case| case.is_understood() },
    Question { name: "companies", ask: |case| case.stays_in_its_companies() },
];

const NO_FILE: Finding = Cow::Borrowed("there is no policy file");

struct Case<'a> {
    policy: &'a Policy,
    principal: &'a Principal,
    request: &'a Request<'a>,
}

impl Case<'_> {
    fn is_well_formed(&self) -> Result<Finding, Denial> {
        let most = self.policy.rules().map_or(DEFAULT_LARGEST_INPUT_BYTES, |rules| rules.pii.max_input_bytes);
        if self.request.argument_bytes > most {
            return deny("bad_request", format!("the arguments are longer than {most} bytes"));
        }
        Ok("well-formed".into())
    }

    fn is_known(&self) -> Result<Finding, Denial> {
        let actors = match self.principal {
            Principal::Unverified(reason) => return Err(Denial::new(reason, "")),
            Principal::Account(_) if self.request.channel == Channel::McpHttp => {
                // Whoever reaches a listening port is not the account that listens.
                return deny("token_missing", "");
            }
            Principal::Account(_) => 0,
            Principal::Person(person) => person.actors.len(),
        };
        if self.request.delegation.len() + actors > MOST_HOPS {
            return deny("delegation_too_deep", "");
        }
        match grants::described(self.policy, self.principal) {
            Some(found) => Ok(found.into()),
            None => deny("principal_unknown", ""),
        }
    }

    fn is_listed(&self) -> Result<Finding, Denial> {
        let operation = self.operation()?;
        match self.policy.rules() {
            None => Ok(NO_FILE),
            Some(rules) if rules.operations.contains_key(operation.name()) => Ok("listed".into()),
            Some(_) => deny("operation_unknown", ""),
        }
    }

    fn may_come_from_here(&self) -> Result<Finding, Denial> {
        let Some(rules) = self.policy.rules() else { return Ok(NO_FILE) };
        match rules.channels.get(self.request.operation) {
            None => Ok("from any channel".into()),
            Some(channels) if channels.contains(&self.request.channel) => {
                Ok("from this channel, among others".into())
            }
            Some(_) => deny("channel_denied", ""),
        }
    }

    fn is_not_forbidden(&self) -> Result<Finding, Denial> {
        let Some(rules) = self.policy.rules() else { return Ok(NO_FILE) };
        let tiers = self.tiers();
        // By id, so that the same rule is named whatever their order in the file.
        let matching = rules.forbids.iter().find(|(_, forbid)| {
            forbid.operations.contains(self.request.operation)
                && (forbid.tiers.is_empty() || tiers.iter().any(|tier| forbid.tiers.contains(tier)))
        });
        match matching {
            None => Ok("no rule forbids it".into()),
            Some((id, _)) => deny("forbidden", id.clone()),
        }
    }

    fn is_not_denied(&self) -> Result<Finding, Denial> {
        let Some(rules) = self.policy.rules() else { return Ok(NO_FILE) };
        let matching = rules.permissions.iter().filter_map(|permission| {
            self.specificity(&permission.about).map(|specificity| (specificity, permission.effect))
        });
        let matching: Vec<_> = matching.collect();
        let Some(most) = matching.iter().map(|(specificity, _)| *specificity).max() else {
            return Ok("no permission is about it".into());
        };
        let says = |wanted| matching.contains(&(most, wanted));
        match (says(Effect::Allow), says(Effect::Deny)) {
            (true, true) => deny("permission_conflict", ""),
            (false, true) => deny("permission_denied", ""),
            _ => Ok("the most specific permission allows it".into()),
        }
    }

    fn has_scopes(&self) -> Result<Finding, Denial> {
        let Some(rules) = self.policy.rules() else { return Ok(NO_FILE) };
        let Some(needed) = rules.operations.get(self.request.operation) else {
            return deny("operation_unknown", "");
        };
        let held = grants::scopes(rules, self.principal, self.request.delegation);
        let list = |scopes: &[&str]| scopes.join(", ");
        let missing: Vec<_> =
            needed.iter().map(String::as_str).filter(|scope| !held.contains(scope)).collect();
        if missing.is_empty() {
            let needed: Vec<_> = needed.iter().map(String::as_str).collect();
            Ok(format!("has {}", list(&needed)).into())
        } else {
            deny("scope_missing", list(&missing))
        }
    }

    fn is_understood(&self) -> Result<Finding, Denial> {
        if self.operation()?.is_available() {
            Ok("there is nothing to look into".into())
        } else {
            deny("operation_unavailable", "")
        }
    }

    fn stays_in_its_companies(&self) -> Result<Finding, Denial> {
        self.companies().map(|companies| companies.to_string().into())
    }

    /// The companies that the operation is held to.
    fn companies(&self) -> Result<Companies, Denial> {
        let permitted = grants::companies(self.policy, self.principal);
        let asked = match self.operation()?.companies() {
            CompanyRule::Unconcerned => return Ok(permitted),
            CompanyRule::Scoped => self.request.companies,
            CompanyRule::Whole => CompaniesAsked::All,
        };
        if permitted == Companies::None {
            return deny("company_none", "");
        }
        match asked {
            CompaniesAsked::Permitted => Ok(permitted),
            CompaniesAsked::All if permitted == Companies::All => Ok(permitted),
            CompaniesAsked::Named(names)
                if !names.is_empty() && names.iter().all(|name| permitted.contains(name)) =>
            {
                Ok(Companies::only(names.iter().map(|name| (*name).to_owned()).collect()))
            }
            CompaniesAsked::All | CompaniesAsked::Named(_) => deny("company_denied", ""),
        }
    }

    /// What is left to see to when no question was failed.
    fn permission(&self) -> Decision {
        match self.companies() {
            Err(denial) => Decision::Deny(denial),
            Ok(companies) => {
                let rules = self.policy.rules();
                Decision::Allow(Obligations {
                    companies,
                    redactions: rules.map(|rules| rules.redactions.clone()).unwrap_or_default(),
                    tier: self.strictest_tier(),
                })
            }
        }
    }

    fn operation(&self) -> Result<&'static Operation, Denial> {
        operation(self.request.operation).map_or_else(|| deny("operation_unknown", ""), Ok)
    }

    /// Every tier that may be meant: the caller's own, the one it claims, and that of an agent's agent when the
    /// request was handed on. A claim that is no tier may mean any. A rule about one of them holds, so that no claim
    /// gets around it.
    fn tiers(&self) -> Vec<Tier> {
        let mut tiers = vec![grants::tier(self.policy, self.principal)];
        if !self.request.delegation.is_empty() {
            tiers.push(Tier::Subagent);
        }
        match self.request.claimed_tier.map(Tier::parse) {
            None => {}
            Some(Some(claimed)) => tiers.push(claimed),
            Some(None) => tiers.extend(Tier::NAMES.iter().map(|(_, tier)| *tier)),
        }
        tiers
    }

    fn strictest_tier(&self) -> Tier {
        let own = grants::tier(self.policy, self.principal);
        let Some(rules) = self.policy.rules() else { return own };
        let stricter =
            |one: &Tier, other: &Tier| match (rules.limits.rate_of(*one), rules.limits.rate_of(*other)) {
                (Some(one), Some(other)) => one.compare_pace(other),
                _ => std::cmp::Ordering::Equal,
            };
        self.tiers().into_iter().min_by(stricter).unwrap_or(own)
    }

    /// How specific a permission is about this case; `None` when it is not about it.
    fn specificity(&self, about: &PermissionTarget) -> Option<u8> {
        let (holds, specificity) = match about {
            PermissionTarget::Tier(tier) => (self.tiers().contains(tier), 1),
            PermissionTarget::Subject(subject) => (self.is_by(subject), 2),
            PermissionTarget::Operation(operation) => (self.is_about(operation), 3),
            PermissionTarget::SubjectAndOperation(subject, operation) => {
                (self.is_by(subject) && self.is_about(operation), 4)
            }
        };
        holds.then_some(specificity)
    }

    fn is_by(&self, subject: &Subject) -> bool {
        matches!(self.principal, Principal::Person(person)
            if person.issuer == subject.issuer && person.subject == subject.sub)
    }

    fn is_about(&self, operation: &Operation) -> bool {
        operation.name() == self.request.operation
    }
}

fn deny<Anything>(code: &str, detail: impl Into<String>) -> Result<Anything, Denial> {
    Err(Denial::new(reason(code).expect("every code used here is in the table of reasons"), detail))
}
