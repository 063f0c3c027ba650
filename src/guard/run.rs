//! Runs one operation, in a fixed order of steps of which the first that fails refuses.

use std::collections::BTreeMap;
use std::time::Duration;

use super::caller::Caller;
use super::limit::{Purse, denial};
use super::request::{Acted, Asked, Unit};
use super::settings::{argument_rules, result_rules};
use super::{Error, Guard};
use crate::audit::{self, BacklogVerdict, Delivery, Journal, ScanSummary, Sink, Ticket, TraceId};
use crate::http::Client;
use crate::limits::Refusal;
use crate::pii;
use crate::policy::{
    AuditLevel, CompaniesAsked, Decision, Denial, Obligations, Operation, Policy, Principal,
};

/// The permission to act, for as long as the act lasts.
pub struct Permit<'guard> {
    /// What has to be seen to.
    pub obligations: Obligations,
    /// Whether the caller might have asked about every company.
    pub sees_all_companies: bool,
    included: Vec<Operation>,
    purse: Option<Purse>,
    guard: Views<'guard>,
    journal: &'guard mut Journal,
    ticket: Ticket,
    concluded: Option<audit::Status>,
}

/// What an act may look at.
struct Views<'guard> {
    policy: &'guard Policy,
    caller: &'guard Caller,
    sinks: &'guard [Sink],
}

impl Permit<'_> {
    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        self.guard.policy
    }

    /// Who is asking.
    pub fn principal(&self) -> &Principal {
        &self.guard.caller.principal
    }

    /// The tenant whose records the caller may read; `None` without a policy file.
    pub fn tenant(&self) -> Option<&str> {
        self.guard.caller.recorded.tenant.as_deref()
    }

    /// What is taken out of free text before it leaves.
    pub fn result_rules(&self) -> pii::Rules {
        result_rules(self.guard.policy.rules().map(|rules| &rules.pii))
    }

    /// The percentage of each org's API requests that the policy wants left to others.
    pub fn keep_free_api_percent(&self) -> Option<u8> {
        self.guard.policy.rules().and_then(|rules| rules.limits.keep_free_api_percent)
    }

    /// Sends waiting events to every sink, for as long as `budget`.
    ///
    /// # Errors
    /// The journal cannot be read or written.
    pub fn push(&mut self, client: &Client, budget: Duration) -> Result<Vec<Delivery>, audit::Error> {
        self.journal.deliver(self.guard.sinks, client, budget)
    }

    /// Sends to `sink` again after it said that it is gone; false when the policy names no such sink.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn enable_sink(&mut self, sink: &str) -> Result<bool, audit::Error> {
        let is_known = self.guard.sinks.iter().any(|known| known.name == sink);
        if is_known {
            self.journal.enable_sink(sink)?;
        }
        Ok(is_known)
    }

    /// Whether this operation, which was hoped for, is allowed too.
    pub fn includes(&self, operation: &Operation) -> bool {
        self.included.contains(operation)
    }

    /// What requests are paid from; `None` without a limit.
    pub fn purse(&self) -> Option<Purse> {
        self.purse.clone()
    }

    /// Records the outcome ahead of the last step, for acts whose last step makes everything take effect. Should that
    /// step fail, the outcome that the act returns corrects this one.
    ///
    /// # Errors
    /// The outcome cannot be recorded; the last step must not be done.
    pub fn conclude(&mut self, outcome: &audit::Outcome) -> Result<(), Error> {
        self.journal.outcome(&self.ticket, outcome).map_err(Error::OutcomeLost)?;
        self.concluded = Some(outcome.status);
        Ok(())
    }
}

/// An operation whose outcome is on record, in case its result cannot be released.
pub struct Conclusion {
    ticket: Ticket,
    outcome: audit::Outcome,
}

/// What a request is allowed to do.
struct Granted {
    obligations: Obligations,
    sees_all_companies: bool,
    included: Vec<Operation>,
}

impl Guard {
    /// Runs `act` if it may run, and gives its result once its outcome is on record. The steps in order: journal within
    /// reach, caller and policy, personal numbers in the arguments, rate and budgets, the attempt on record, the act, its
    /// outcome on record. With the [`Conclusion`] the caller can correct that record when the result cannot be
    /// released.
    ///
    /// # Errors
    /// [`Error::OutcomeLost`] when the act may have taken effect; after every other error nothing was done.
    pub fn run<Value>(
        &mut self,
        asked: &Asked<'_>,
        act: impl FnOnce(&mut Permit<'_>) -> Acted<Value>,
    ) -> Result<(Value, Conclusion), Error> {
        self.check_journal()?;
        let scan = self.scan(asked);
        let judged = match self.unusable.take() {
            Some(error) => {
                self.record_refusal(asked, &denial("policy_unusable", ""), &scan)?;
                return Err(error);
            }
            None => self.judge(asked, &scan),
        };
        let reserved = judged.and_then(|granted| {
            let tier = granted.obligations.tier;
            let rules = self.policy.rules().map(|rules| &rules.limits);
            let key = self.caller.key(Some(tier));
            Purse::reserve(&self.counts, rules, tier, key, asked.spends, &self.world.clock)
                .map(|purse| (granted, purse))
        });
        let (granted, purse) = match reserved {
            Ok(admitted) => admitted,
            Err(denial) => {
                self.record_refusal(asked, &denial, &scan)?;
                return Err(Error::Denied(denial));
            }
        };
        let amounts = purse.as_ref().map(Purse::reserved).unwrap_or_default();
        let attempt = self.allowed(asked, &granted, &amounts, &scan);
        let ticket = match attempt.and_then(|attempt| self.journal.attempt(&attempt)) {
            Ok(ticket) => ticket,
            Err(error) => {
                purse.iter().for_each(Purse::release);
                return Err(error.into());
            }
        };
        let mut permit = Permit {
            obligations: granted.obligations,
            sees_all_companies: granted.sees_all_companies,
            included: granted.included,
            purse: purse.clone(),
            guard: Views { policy: &self.policy, caller: &self.caller, sinks: &self.sinks },
            journal: &mut self.journal,
            ticket,
            concluded: None,
        };
        let Acted { mut outcome, result } = act(&mut permit);
        let Permit { ticket, concluded, .. } = permit;
        let mut refused = None;
        if let Some(purse) = &purse {
            outcome.api_calls = outcome.api_calls.or_else(|| purse.used(Unit::ApiCalls));
            outcome.bytes = outcome.bytes.or_else(|| purse.used(Unit::Bytes));
            let is_handed_out = concluded.is_none()
                && matches!(outcome.status, audit::Status::Success | audit::Status::Partial);
            if is_handed_out && !purse.take_rows(outcome.rows.unwrap_or_default()) {
                let denial = denial("budget_exceeded", Unit::Rows.name());
                outcome.status = audit::Status::Failure;
                outcome.reason = Some(denial.recorded_code());
                outcome.rows = Some(0);
                refused = Some(denial);
            }
            purse.settle(&outcome);
        }
        if concluded != Some(outcome.status) {
            self.journal.outcome(&ticket, &outcome).map_err(Error::OutcomeLost)?;
        }
        match refused {
            Some(denial) => Err(Error::Denied(denial)),
            None => Ok((result, Conclusion { ticket, outcome })),
        }
    }

    /// Corrects the record of an operation whose result could not be released after all.
    ///
    /// # Errors
    /// The correction cannot be recorded.
    pub fn correct(&mut self, conclusion: Conclusion, error: String) -> Result<(), Error> {
        let Conclusion { ticket, outcome } = conclusion;
        let corrected = audit::Outcome {
            status: audit::Status::Failure,
            reason: Some("release_failed".into()),
            error: Some(error),
            ..outcome
        };
        self.journal.outcome(&ticket, &corrected).map_err(Error::OutcomeLost)?;
        Ok(())
    }

    fn check_journal(&mut self) -> Result<(), Error> {
        self.journal.check_writable()?;
        let over = self.journal.backlog(&self.sinks)?;
        match over.into_iter().find(|backlog| backlog.verdict == BacklogVerdict::Deny) {
            Some(backlog) => Err(Error::Backlog(backlog.sink)),
            None => Ok(()),
        }
    }

    fn scan(&self, asked: &Asked<'_>) -> Result<pii::Scan, pii::TooLong> {
        let rules = self.policy.rules().map(|rules| &rules.pii);
        pii::scan_arguments(asked.arguments, &argument_rules(rules))
    }

    /// Asks the policy about the operation and all that it includes, then looks at what the scan found.
    fn judge(&self, asked: &Asked<'_>, scan: &Result<pii::Scan, pii::TooLong>) -> Result<Granted, Denial> {
        if self.is_unusable {
            return Err(denial("policy_unusable", ""));
        }
        // A command of several operations outlives the check of its token.
        if self.caller.refused_from.is_some_and(|instant| self.world.clock.now() >= instant) {
            return Err(denial("token_expired", ""));
        }
        let bytes = asked.argument_bytes();
        let allowed = |operation: &Operation, companies: CompaniesAsked<'_>| match self.decision(
            operation.name(),
            companies,
            bytes,
        ) {
            Decision::Allow(obligations) => Ok(obligations),
            Decision::Deny(denial) => Err(denial),
        };
        let mut obligations = allowed(&asked.operation, asked.companies)?;
        let mut included = Vec::new();
        for operation in asked.including {
            let further = allowed(operation, asked.companies)?;
            obligations.companies = obligations.companies.intersection(further.companies);
            included.push(*operation);
        }
        included.extend(
            asked.hoping_for.iter().filter(|operation| allowed(operation, asked.companies).is_ok()).copied(),
        );
        match scan {
            Err(too_long) => Err(denial("bad_request", too_long.to_string())),
            Ok(scan) => match scan.blocked() {
                Some(kind) => Err(denial("pii_blocked", kind.name())),
                None => Ok(Granted {
                    sees_all_companies: allowed(&asked.operation, CompaniesAsked::All).is_ok(),
                    obligations,
                    included,
                }),
            },
        }
    }

    /// The record of something that is about to be done.
    fn allowed(
        &self,
        asked: &Asked<'_>,
        granted: &Granted,
        amounts: &[(Unit, u64)],
        scan: &Result<pii::Scan, pii::TooLong>,
    ) -> Result<audit::Attempt, audit::Error> {
        let mut attempt = self.attempt(asked, audit::Decision::Allow, "allowed".into(), scan)?;
        attempt.operation.agent.tier = Some(granted.obligations.tier.to_string());
        let included: Vec<_> = granted.included.iter().map(Operation::name).collect();
        if !included.is_empty() {
            attempt.detail = Some(format!("with {}", included.join(", ")));
        }
        let amounts = amounts.iter().map(|(unit, amount)| {
            (format!("reserved_{}", unit.name()), i64::try_from(*amount).unwrap_or(i64::MAX))
        });
        attempt.counters.extend(amounts);
        Ok(attempt)
    }

    /// Records a refusal, unless there was a flood of them; then it is counted, and the count recorded later.
    fn record_refusal(
        &mut self,
        asked: &Asked<'_>,
        denial: &Denial,
        scan: &Result<pii::Scan, pii::TooLong>,
    ) -> Result<(), Error> {
        let (refusal, sums) = self.counts.count_refusal(&self.caller.key(None), self.world.clock.now());
        for sum in sums {
            let counters = BTreeMap::from([("count".into(), i64::try_from(sum.count).unwrap_or(i64::MAX))]);
            let texts = BTreeMap::from([("minute".into(), crate::base::utc_text(sum.minute))]);
            self.journal.notice(&audit::Notice { name: "guard.refusals".into(), texts, counters })?;
        }
        if refusal == Refusal::Withhold {
            return Ok(());
        }
        let mut attempt = self.attempt(asked, audit::Decision::Deny, denial.recorded_code(), scan)?;
        attempt.detail = denial.detail().map(str::to_owned).or_else(|| self.caller.problem.clone());
        self.journal.attempt(&attempt)?;
        Ok(())
    }

    fn attempt(
        &self,
        asked: &Asked<'_>,
        decision: audit::Decision,
        reason: String,
        scan: &Result<pii::Scan, pii::TooLong>,
    ) -> Result<audit::Attempt, audit::Error> {
        let fingerprints = self.fingerprints.as_ref();
        let operation = audit::Operation {
            trace_id: TraceId::new()?,
            name: asked.operation.name().to_owned(),
            channel: "cli".to_owned(),
            principal: self.caller.recorded.clone(),
            agent: audit::Agent { chain: self.caller.actors.clone(), ..audit::Agent::default() },
            target: asked.target.clone(),
            policy_id: self.policy.id().map(str::to_owned),
        };
        let names_arguments =
            self.policy.rules().is_some_and(|rules| rules.audit.level == AuditLevel::Request);
        let names = asked.arguments.as_object().filter(|_| names_arguments);
        let stale_keys = self.caller.used_stale_keys.then(|| ("jwks_stale".to_owned(), 1));
        Ok(audit::Attempt {
            operation,
            decision,
            reason,
            detail: None,
            scan: scan.as_ref().map(|scan| ScanSummary::new(scan, fingerprints)).unwrap_or_default(),
            arguments_hmac: fingerprints.map(|key| key.of_arguments(asked.operation.name(), asked.arguments)),
            query_shape: None,
            argument_names: names.map(|names| names.keys().cloned().collect()).unwrap_or_default(),
            counters: stale_keys.into_iter().collect(),
        })
    }
}
