//! Loads the policy, finds out who is asking, and opens the journal.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::caller::Caller;
use super::holdings::Holdings;
use super::limit::Counts;
use super::request::Asked;
use super::settings::{AuditPlan, DELIVERY_TIME, journal_path};
use super::{Error, Settings};
use crate::audit::{Checkpoint, Delivery, FingerprintKey, Journal, Notice, Sink};
use crate::base::{World, read_protected};
use crate::http::Client;
use crate::identity::current_account;
use crate::policy::{Channel, CompaniesAsked, Decision, LARGEST_POLICY_BYTES, Policy, Request, decide};

/// Asked before every operation, told after.
pub struct Guard {
    pub(super) world: World,
    pub(super) policy: Policy,
    pub(super) caller: Caller,
    pub(super) journal: Journal,
    pub(super) sinks: Vec<Sink>,
    pub(super) fingerprints: Option<FingerprintKey>,
    pub(super) counts: Arc<Counts>,
    /// Whether the policy cannot be loaded, so that nothing is allowed.
    pub(super) is_unusable: bool,
    /// Why not, until the first refusal has told it.
    pub(super) unusable: Option<Error>,
}

impl Guard {
    /// Gets ready to be asked. A policy that cannot be loaded and a caller that cannot be verified are no errors yet:
    /// the refusal that follows is recorded first.
    ///
    /// # Errors
    /// Nothing can be recorded.
    pub fn open(settings: &Settings, world: &World) -> Result<Self, Error> {
        let (policy, unusable) = match load_policy(settings, world) {
            Ok(policy) => (policy, None),
            // Nobody is the owner of what cannot be loaded; the refusal comes before anybody asks.
            Err(error) => (Policy::of_owner(u32::MAX), Some(error)),
        };
        let plan = AuditPlan::new(settings, policy.rules(), world)?;
        let path = plan.journal.path.clone();
        let caller = Caller::find(settings, Some(&policy), world);
        let mut guard = Self {
            world: world.clone(),
            caller,
            journal: Journal::open(plan.journal, world)?,
            sinks: plan.sinks,
            fingerprints: plan.fingerprints,
            counts: Arc::new(Counts::beside(&path)),
            policy,
            is_unusable: unusable.is_some(),
            unusable,
        };
        guard.journal.close_abandoned()?;
        guard.note_changed_policy()?;
        Ok(guard)
    }

    /// Where the journal of these settings is, for those who only read it.
    ///
    /// # Errors
    /// The policy file, which may name another journal, cannot be loaded.
    pub fn journal_path(settings: &Settings, world: &World) -> Result<PathBuf, Error> {
        load_policy(settings, world).map(|policy| journal_path(settings, policy.rules()))
    }

    /// What the guard of these settings lives on.
    ///
    /// # Errors
    /// As [`Guard::journal_path`].
    pub fn holdings(settings: &Settings, world: &World) -> Result<Holdings, Error> {
        let policy = load_policy(settings, world)?;
        Ok(Holdings::new(settings, policy.rules()))
    }

    /// What kept the caller from being verified, for people; nothing when it is known.
    pub fn identity_problem(&self) -> Option<&str> {
        self.caller.problem.as_deref()
    }

    /// Ends a run: signs the head and sends waiting events for a few seconds.
    ///
    /// # Errors
    /// The journal cannot be written; the operations themselves are on record.
    pub fn finish(&mut self, client: impl FnOnce() -> Option<Client>) -> Result<Farewell, Error> {
        let checkpoint = self.journal.checkpoint()?;
        let deliveries = match self.sinks.is_empty() {
            true => Vec::new(),
            false => match client() {
                Some(client) => self.journal.deliver(&self.sinks, &client, DELIVERY_TIME)?,
                None => Vec::new(),
            },
        };
        Ok(Farewell { checkpoint, deliveries })
    }

    /// What the policy says of one operation.
    pub(super) fn decision(
        &self,
        operation: &str,
        companies: CompaniesAsked<'_>,
        argument_bytes: u64,
    ) -> Decision {
        let request = Request {
            operation,
            channel: Channel::Cli,
            companies,
            argument_bytes,
            claimed_tier: None,
            delegation: &[],
        };
        decide(&self.policy, &self.caller.principal, &request)
    }

    /// Records that another policy is in force than for the newest attempt.
    fn note_changed_policy(&mut self) -> Result<(), Error> {
        if self.is_unusable {
            return Ok(());
        }
        let Some(before) = self.journal.last_policy_id()? else { return Ok(()) };
        let before = before.as_deref();
        if before == self.policy.id() {
            return Ok(());
        }
        let name = |id: Option<&str>| id.unwrap_or("none").to_owned();
        let texts = BTreeMap::from([("from".into(), name(before)), ("to".into(), name(self.policy.id()))]);
        self.journal.notice(&Notice { name: "policy.changed".into(), texts, counters: BTreeMap::new() })?;
        self.journal.checkpoint()?;
        Ok(())
    }
}

/// What is left to tell when a run ends.
pub struct Farewell {
    /// The signed head, if there is a key to sign with.
    pub checkpoint: Option<Checkpoint>,
    /// What became of the events for each sink.
    pub deliveries: Vec<Delivery>,
}

impl Asked<'_> {
    /// Length of all arguments together.
    pub(super) fn argument_bytes(&self) -> u64 {
        self.arguments.to_string().len() as u64
    }
}

fn load_policy(settings: &Settings, world: &World) -> Result<Policy, Error> {
    match &settings.policy_file {
        Some(path) => {
            let content =
                read_protected(path, world, LARGEST_POLICY_BYTES as u64).map_err(Error::PolicyUnreadable)?;
            Policy::parse(&content).map_err(Error::PolicyUnusable)
        }
        None => {
            // Whoever owns the data may do everything with it; before there is any, whoever begins.
            let owner = std::fs::metadata(&settings.database).map(|database| database.uid()).ok();
            let caller = || current_account().map(|account| account.uid).unwrap_or(u32::MAX);
            Ok(Policy::of_owner(owner.unwrap_or_else(caller)))
        }
    }
}
