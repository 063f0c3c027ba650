//! Runs a command inside an operation: asks first, keeps what it prints and writes back until its outcome is on record,
//! then releases it or not.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::context::{Context, Permission};
use super::exit::Exit;
use super::failure::Failure;
use super::orgs;
use crate::audit::{DeliveryState, Outcome, ScanSummary, Status, Target};
use crate::base::PendingFile;
use crate::config::Settings;
use crate::export::{Leaving, PendingFeed};
use crate::guard::{self, Acted, Asked, Farewell, Guard, Permit, Unit};
use crate::pii::Filter;
use crate::policy::{Companies, CompaniesAsked, Operation};

/// What a command wants to do.
pub(super) struct Wanted<'a> {
    pub operation: Operation,
    pub including: &'a [Operation],
    pub hoping_for: &'a [Operation],
    /// Which companies it is about; `None` for those that the caller may see.
    pub companies: Option<Companies>,
    pub arguments: &'a Value,
    pub target: Target,
    pub spends: &'a [Unit],
}

impl<'a> Wanted<'a> {
    /// `operation` with these arguments, about the companies that the caller may see.
    pub(super) fn new(operation: Operation, arguments: &'a Value) -> Self {
        Self {
            operation,
            including: &[],
            hoping_for: &[],
            companies: None,
            arguments,
            target: Target::default(),
            spends: &[],
        }
    }
}

/// What waits for an outcome to be recorded.
#[derive(Default)]
pub(super) struct Withheld {
    /// Files that are put into their places.
    pub files: Vec<PendingFile>,
    /// A feed that is put into its place.
    pub feed: Option<PendingFeed>,
    /// Files that stand where they belong and are removed again if nothing may be released.
    pub copies: Vec<PathBuf>,
    /// What is said of it.
    pub sentences: Vec<String>,
}

/// Opens the guard of this installation.
///
/// # Errors
/// Nothing can be recorded.
pub(super) fn open(settings: &Settings, context: &Context) -> Result<Guard, Failure> {
    Ok(Guard::open(&guard_settings(settings, context), &context.world)?)
}

/// What the guard is told of this installation.
pub(super) fn guard_settings(settings: &Settings, context: &Context) -> guard::Settings {
    guard::Settings {
        policy_file: settings.policy.file.clone(),
        database: settings.store.path.clone(),
        journal: settings.audit.path.clone(),
        token: context.globals.token(&context.world),
        http: settings.http.clone(),
    }
}

/// Runs `act` inside the operation and ends the run.
///
/// # Errors
/// It is refused, it fails, or its outcome cannot be recorded.
pub(super) fn run(
    wanted: Wanted<'_>,
    context: &Context,
    act: impl FnOnce(&Context, &mut Permit<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let mut guard = open(&settings, context)?;
    let result = run_one(&mut guard, wanted, context, act);
    finish(guard, &settings, context, result)
}

/// Runs `act` inside the operation.
///
/// # Errors
/// As [`run`].
pub(super) fn run_one(
    guard: &mut Guard,
    wanted: Wanted<'_>,
    context: &Context,
    act: impl FnOnce(&Context, &mut Permit<'_>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let names: Vec<_> = match &wanted.companies {
        Some(Companies::Only(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    };
    let asked = Asked {
        operation: wanted.operation,
        including: wanted.including,
        hoping_for: wanted.hoping_for,
        companies: match &wanted.companies {
            None | Some(Companies::None) => CompaniesAsked::Permitted,
            Some(Companies::All) => CompaniesAsked::All,
            Some(Companies::Only(_)) => CompaniesAsked::Named(&names),
        },
        arguments: wanted.arguments,
        target: wanted.target,
        spends: wanted.spends,
    };
    let is_identified = wanted.including.contains(&Operation::IDENTIFY);
    let mut copies = Vec::new();
    let acted = guard.run(&asked, |permit| {
        let permission = Permission {
            companies: match permit.sees_all_companies {
                true => Companies::All,
                false => permit.obligations.companies.clone(),
            },
            redactions: Rc::new(Leaving {
                fields: permit.obligations.redactions.clone(),
                numbers: Filter::new(permit.result_rules()),
            }),
            allowed: orgs::Allowed::by(permit),
            shows_persons: is_identified || permit.includes(&Operation::IDENTIFY),
        };
        let inside = context.inside(permission);
        let result = act(&inside, permit);
        let withheld = inside.take_withheld();
        copies.clone_from(&withheld.copies);
        Acted { outcome: outcome(&inside, &result), result: (result, withheld) }
    });
    match acted {
        Ok(((result, withheld), conclusion)) => {
            let released = context.ui.release().map_err(|error| Failure::output(&error));
            let released = released.and_then(|()| match &result {
                Ok(_) => release(withheld, context),
                Err(_) => Ok(()),
            });
            if let Err(failure) = released {
                // The record says that the result went out.
                if result.is_ok() && failure.exit != Exit::Complete {
                    guard.correct(conclusion, failure.text())?;
                }
                return Err(failure);
            }
            result
        }
        Err(error) => {
            context.ui.discard();
            for copy in copies {
                if let Err(error) = std::fs::remove_file(&copy) {
                    tracing::warn!("cannot remove {}: {error}", copy.display());
                }
            }
            let hint = guard.identity_problem().map(str::to_owned);
            let failure = Failure::from(error);
            Err(match hint {
                Some(problem) => failure.hint(problem),
                None => failure,
            })
        }
    }
}

/// Signs and sends what the run recorded. `result` is that of the run.
///
/// # Errors
/// That of the run, or the journal's, which outweighs it.
pub(super) fn finish(
    mut guard: Guard,
    settings: &Settings,
    context: &Context,
    result: Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let Farewell { checkpoint, deliveries } = guard.finish(|| orgs::client(settings, context).ok())?;
    if let Some(checkpoint) = checkpoint {
        let head = HEXLOWER.encode(&checkpoint.hash);
        tracing::info!("audit checkpoint {} {head}", checkpoint.seq);
    }
    for delivery in deliveries {
        match delivery.state {
            DeliveryState::Complete | DeliveryState::Elsewhere => {}
            DeliveryState::Waiting(_) | DeliveryState::Disabled => context.ui.warning(&format!(
                "audit sink `{}` has not taken every event{}; `seatledger audit push` sends them",
                delivery.sink,
                delivery.problem.map(|problem| format!(": {problem}")).unwrap_or_default()
            )),
        }
    }
    result
}

/// How the act ended, for the record.
fn outcome(context: &Context, result: &Result<Exit, Failure>) -> Outcome {
    let mut outcome = match result {
        Ok(Exit::Complete | Exit::Threshold) => Outcome::new(Status::Success),
        Ok(Exit::Incomplete) => Outcome::new(Status::Partial),
        Ok(exit) => Outcome { reason: Some(exit.word().into()), ..Outcome::new(Status::Failure) },
        Err(failure) if failure.exit == Exit::Complete => Outcome::new(Status::Success),
        Err(failure) => Outcome {
            reason: Some(failure.exit.word().into()),
            error: Some(failure.text()),
            ..Outcome::new(Status::Failure)
        },
    };
    if let Some(trouble) = context.trouble.take() {
        outcome.reason = Some(trouble.reason);
        outcome.error = Some(trouble.error);
    }
    let spent = context.spent.get();
    outcome.rows = spent.rows;
    outcome.bytes = spent.bytes;
    outcome.api_calls = spent.api_calls;
    outcome.redactions = ScanSummary::of_counts(&context.permission.redactions.numbers.counts());
    outcome
}

fn release(withheld: Withheld, context: &Context) -> Result<(), Failure> {
    for file in withheld.files {
        let path = file.path().to_owned();
        file.publish().map_err(|error| Failure::file("write", &path, &error))?;
    }
    if let Some(feed) = withheld.feed {
        feed.publish()?;
    }
    withheld.sentences.iter().for_each(|sentence| context.ui.status(sentence));
    Ok(())
}

/// How long `audit push` tries.
pub(super) const PUSH_TIME: Duration = Duration::from_secs(120);
