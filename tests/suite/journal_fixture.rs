//! What the tests of the journal start from.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use seatledger::audit::{
    Agent, Attempt, CheckpointKey, Checkpoints, Decision, Journal, Operation, Outcome, Principal,
    ScanSummary, Settings, Status, Target, TraceId,
};
use seatledger::base::{Clock, Environment, Stop, World};

/// Stands still, except that waiting moves it.
pub(crate) struct StandingClock(Mutex<Timestamp>);

impl StandingClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += SignedDuration::try_from(by).unwrap();
    }
}

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) {
        self.advance(pause);
    }
}

pub(crate) fn noon() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

pub(crate) fn clock() -> Arc<StandingClock> {
    Arc::new(StandingClock(Mutex::new(noon())))
}

pub(crate) fn world(clock: Arc<StandingClock>) -> World {
    World { environment: Environment::default(), clock, current_dir: "/".into(), stop: Stop::default() }
}

pub(crate) fn settings(path: &Path) -> Settings {
    Settings { path: path.to_owned(), host: "collector.example".into(), sinks: Vec::new(), checkpoints: None }
}

pub(crate) fn checkpoint_key() -> CheckpointKey {
    CheckpointKey::from_pem(CheckpointKey::generate().unwrap().expose().as_bytes(), "seatledger").unwrap()
}

/// A journal that signs its head after every `every` events.
pub(crate) fn signed_settings(path: &Path, key: CheckpointKey, every: u64) -> Settings {
    Settings { checkpoints: Some(Checkpoints { key, every, copy_to: None }), ..settings(path) }
}

pub(crate) fn open(path: &Path) -> Journal {
    Journal::open(settings(path), &world(clock())).unwrap()
}

pub(crate) fn attempt(decision: Decision) -> Attempt {
    Attempt {
        operation: Operation {
            trace_id: TraceId::new().unwrap(),
            name: "usage.collect".into(),
            channel: "cli".into(),
            principal: Principal {
                issuer: Some("https://idp.example".into()),
                issuer_name: Some("okta".into()),
                subject: "00u-anna".into(),
                name: Some("Anna".into()),
                email: Some("anna@acme.example".into()),
                tenant: Some("acme".into()),
                groups: vec!["sf-readers".into()],
                is_service: false,
                session: Some("s1".into()),
            },
            agent: Agent { name: Some("nightly".into()), ..Agent::default() },
            target: Target {
                org: Some("acme".into()),
                host: Some("acme.my.salesforce.com".into()),
                objects: vec!["User".into(), "UserLicense".into()],
                companies: vec!["Acme GmbH".into()],
                summary: Some("the whole catalogue".into()),
            },
            policy_id: Some("ab".repeat(32)),
        },
        decision,
        reason: if decision == Decision::Deny { "scope_missing" } else { "allowed" }.into(),
        detail: None,
        scan: ScanSummary::default(),
        arguments_hmac: Some("cd".repeat(32)),
        query_shape: None,
        argument_names: vec!["org".into()],
        counters: BTreeMap::from([("rows_reserved".into(), 2000)]),
    }
}

pub(crate) fn success() -> Outcome {
    Outcome {
        http_status: Some(200),
        rows: Some(17),
        bytes: Some(4096),
        api_calls: Some(3),
        ..Outcome::new(Status::Success)
    }
}
