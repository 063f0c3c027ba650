//! One thin file per command: it gathers its options, calls the rooms, and says what came of it.

mod collect;
mod completions;
mod config;
mod db;
mod demo;
mod doctor;
mod emulator;
mod export;
mod init;
mod keygen;
mod man;
mod report;
mod runs;

use super::arguments::Command;
use super::context::Context;
use super::exit::Exit;
use super::failure::Failure;

pub(in crate::cli) use collect::Collect;
pub(in crate::cli) use completions::Completions;
pub(in crate::cli) use config::Config;
pub(in crate::cli) use db::Db;
pub(in crate::cli) use demo::Demo;
pub(in crate::cli) use doctor::Doctor;
pub(in crate::cli) use emulator::Emulator;
pub(in crate::cli) use export::Export;
pub(in crate::cli) use init::Init;
pub(in crate::cli) use keygen::Keygen;
pub(in crate::cli) use man::Man;
pub(in crate::cli) use report::ReportCommand;
pub(in crate::cli) use runs::Runs;

/// Runs one command.
pub(super) fn run(command: &Command, context: &Context) -> Result<Exit, Failure> {
    match command {
        Command::Init(command) => command.run(context),
        Command::Keygen(command) => command.run(context),
        Command::Doctor(command) => command.run(context),
        Command::Collect(command) => command.run(context),
        Command::Report(command) => command.run(context),
        Command::Export(command) => command.run(context),
        Command::Runs(command) => command.run(context),
        Command::Config(command) => command.run(context),
        Command::Db(command) => command.run(context),
        Command::Demo(command) => command.run(context),
        Command::Emulator(command) => command.run(context),
        Command::Completions(command) => command.run(context),
        Command::Man(command) => command.run(context),
    }
}
