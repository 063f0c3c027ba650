//! One thin file per command: it gathers its options, calls the rooms, and says what came of it.

mod audit;
mod collect;
mod completions;
mod config;
mod contracts;
mod db;
mod demo;
mod demo_books;
mod demo_copies;
mod doctor;
mod emulator;
mod explain;
mod export;
mod feed;
mod init;
mod keygen;
mod man;
mod policy;
mod report;
mod runs;

use std::collections::BTreeSet;

use super::arguments::{Command, Typed};
use super::context::Context;
use super::duty::{Duty, duty};
use super::exit::Exit;
use super::failure::Failure;
use super::guarded::{self, Wanted};
use crate::guard::Unit;
use crate::policy::{Companies, Operation};

pub(in crate::cli) use audit::Audit;
pub(in crate::cli) use collect::Collect;
pub(in crate::cli) use completions::Completions;
pub(in crate::cli) use config::Config;
pub(in crate::cli) use contracts::Contracts;
pub(in crate::cli) use db::Db;
pub(in crate::cli) use demo::Demo;
pub(in crate::cli) use doctor::Doctor;
pub(in crate::cli) use emulator::Emulator;
pub(in crate::cli) use explain::Explain;
pub(in crate::cli) use export::Export;
pub(in crate::cli) use feed::Feed;
pub(in crate::cli) use init::Init;
pub(in crate::cli) use keygen::Keygen;
pub(in crate::cli) use man::Man;
pub(in crate::cli) use policy::Policy;
pub(in crate::cli) use report::ReportCommand;
pub(in crate::cli) use runs::Runs;

/// Runs one command, inside the operation that it is.
pub(super) fn run(typed: &Typed, context: &Context) -> Result<Exit, Failure> {
    match duty(&typed.path) {
        None => {
            Err(Failure::new(Exit::Denied, format!("`{}` is no operation that can be allowed", typed.path)))
        }
        Some(Duty::Free(_) | Duty::Asks(_)) => run_command(typed, context),
        Some(Duty::Guarded(operation)) => {
            let command = &typed.arguments.command;
            let mut wanted = Wanted::new(operation, &typed.values);
            wanted.target.summary = Some(typed.path.clone());
            let asked_for: BTreeSet<_> = company_of(command).map(str::to_owned).into_iter().collect();
            wanted.target.companies = asked_for.iter().cloned().collect();
            wanted.companies = match command {
                // Health, past runs, contracts and the configuration are those of whole orgs.
                Command::Doctor(_)
                | Command::Runs(_)
                | Command::Config(_)
                | Command::Contracts(_)
                | Command::Db(_) => Some(Companies::All),
                Command::Report(report) if report.is_about_whole_orgs() => Some(Companies::All),
                Command::Explain(explain) if explain.is_about_whole_orgs() => Some(Companies::All),
                _ if asked_for.is_empty() => None,
                _ => Some(Companies::only(asked_for)),
            };
            match command {
                Command::Report(report) => {
                    report.check()?;
                    wanted.hoping_for = &[Operation::IDENTIFY];
                    wanted.spends = &[Unit::Rows];
                }
                Command::Explain(explain) => {
                    explain.check()?;
                    wanted.hoping_for = &[Operation::IDENTIFY];
                    wanted.spends = &[Unit::Rows];
                }
                Command::Export(export) => {
                    export.check()?;
                    wanted.including = if export.identifies() { &[Operation::IDENTIFY] } else { &[] };
                    wanted.spends = &[Unit::Rows];
                }
                Command::Doctor(_) => wanted.spends = &[Unit::ApiCalls, Unit::Bytes],
                _ => {}
            }
            guarded::run(wanted, context, |inside, _| run_command(typed, inside))
        }
    }
}

fn company_of(command: &Command) -> Option<&str> {
    match command {
        Command::Report(report) => report.company(),
        Command::Explain(explain) => explain.company(),
        Command::Export(export) => export.company(),
        _ => None,
    }
}

fn run_command(typed: &Typed, context: &Context) -> Result<Exit, Failure> {
    match &typed.arguments.command {
        Command::Init(command) => command.run(context),
        Command::Keygen(command) => command.run(context),
        Command::Doctor(command) => command.run(context),
        Command::Collect(command) => command.run(&typed.values, context),
        Command::Report(command) => command.run(context),
        Command::Explain(command) => command.run(context),
        Command::Export(command) => command.run(context),
        Command::Feed(command) => command.run(context),
        Command::Contracts(command) => command.run(&typed.values, context),
        Command::Runs(command) => command.run(context),
        Command::Config(command) => command.run(context),
        Command::Db(command) => command.run(context),
        Command::Policy(command) => command.run(&typed.values, context),
        Command::Audit(command) => command.run(&typed.values, context),
        Command::Demo(command) => command.run(context),
        Command::Emulator(command) => command.run(context),
        Command::Completions(command) => command.run(context),
        Command::Man(command) => command.run(context),
    }
}
