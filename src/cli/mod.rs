//! The command line: arguments, one thin file per command, streams and bars, errors to exit codes and hints.
//!
//! Only this room prints, and only this room picks exit codes. Start reading at [`run`]; what a command does is in
//! `commands/`, how an error becomes words and a code in `failure`.

mod arguments;
mod basis;
mod books;
mod commands;
mod context;
mod costs;
mod duty;
mod exit;
mod failure;
mod file_hint;
mod format;
mod guarded;
mod log;
mod orgs;
mod own_files;
mod panic;
mod people;
mod scope;
mod ui;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::base::World;
use crate::http::redact;

pub use duty::{COMMANDS, Duty};
pub use exit::{EXIT_CODES, Exit};

use arguments::Typed;
use context::Context;
use failure::Failure;
use log::LogFormat;
use ui::{ColorChoice, Talk, Ui};

/// Runs the command that `arguments` ask for, the program's name first, and gives the process's exit code.
pub fn run(world: World, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    panic::report_in_one_line();
    let exit = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| parse_and_run(world, arguments)));
    ExitCode::from(exit.unwrap_or(Exit::Failed).code())
}

/// Says why the program cannot even begin.
pub fn refuse_to_start(message: &str) -> ExitCode {
    Talk::new(false).line(&format!("error: {message}"));
    ExitCode::from(Exit::Usage.code())
}

fn parse_and_run(world: World, arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.iter().any(|argument| holds_credential(&argument.to_string_lossy())) {
        Talk::new(false).line(&format!("error: {CREDENTIAL_IN_ARGUMENTS}"));
        return Exit::Usage;
    }
    let wants_json = asks_for_json(&arguments);
    let typed = match Typed::parse(arguments) {
        Ok(typed) => typed,
        Err(answer) => return print_parser_answer(&answer, wants_json, &world),
    };
    let globals = typed.arguments.globals.clone();
    let talk = Talk::new(!globals.quiet && globals.log_format == log::LogFormat::Text);
    log::start(globals.log_format, globals.verbose, globals.quiet, talk.clone(), world.clock.clone());
    let ui = Ui::new(globals.color, globals.quiet, globals.log_format, talk, &world);
    let context = Context::new(world, ui, globals);
    let outcome = commands::run(&typed, &context);
    let exit = outcome.unwrap_or_else(|failure| {
        if failure.exit != Exit::Complete {
            context.ui.failure(&failure);
        }
        failure.exit
    });
    // A command that ended in trouble after a signal ended because of it.
    match context.world.stop.requested() {
        Some(signal) if !matches!(exit, Exit::Complete | Exit::Unaudited) => Exit::of_signal(signal),
        _ => exit,
    }
}

const CREDENTIAL_IN_ARGUMENTS: &str = "an argument holds a token or another credential, which every account of this \
    machine can read in the list of processes; consider it known to others, and name a file with --token-file";

/// Whether this is what no argument may hold: a token, a session id, a webhook secret, a private key.
fn holds_credential(argument: &str) -> bool {
    redact(argument) != argument
}

/// Help and version are data; everything else the parser says is about a mistake.
fn print_parser_answer(answer: &clap::Error, wants_json: bool, world: &World) -> Exit {
    let is_data = matches!(answer.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if wants_json && !is_data {
        let ui = Ui::new(ColorChoice::Never, false, LogFormat::Json, Talk::new(false), world);
        let text = answer.to_string();
        let sentences: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let message = sentences.join(" ");
        ui.failure(&Failure::usage(message.trim_start_matches("error: ")));
    } else if let (true, Err(error)) = (is_data, answer.print()) {
        let failure = Failure::output(&error);
        Ui::new(ColorChoice::Auto, false, LogFormat::Text, Talk::new(false), world).failure(&failure);
        return failure.exit;
    }
    if is_data { Exit::Complete } else { Exit::Usage }
}

/// Whether `--log-format json` stands on a command line that may not be understood as a whole.
fn asks_for_json(arguments: &[OsString]) -> bool {
    let follows = |pair: &[OsString]| pair[0] == "--log-format" && pair[1] == "json";
    arguments.windows(2).any(follows) || arguments.iter().any(|argument| argument == "--log-format=json")
}
