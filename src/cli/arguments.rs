//! The command line as it is typed.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};

use super::commands;
use super::log::LogFormat;
use super::ui::ColorChoice;

/// Collects Salesforce licenses, users and access into SQLite and reports on them
#[derive(Debug, Parser)]
#[command(
    name = "seatledger",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  seatledger demo    run the whole job against a simulated org, no account needed"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Globals {
    /// Read this configuration [default: $SEATLEDGER_CONFIG, else ./seatledger.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Say more: -v what is being done, -vv every request
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say only warnings and errors
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Write logs as text or as one JSON object per line
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// When to use color
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: ColorChoice,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(commands::Init),
    Keygen(commands::Keygen),
    Doctor(commands::Doctor),
    Collect(commands::Collect),
    Report(commands::ReportCommand),
    Export(commands::Export),
    Runs(commands::Runs),
    Config(commands::Config),
    Db(commands::Db),
    Demo(commands::Demo),
    Emulator(commands::Emulator),
    Completions(commands::Completions),
    Man(commands::Man),
}
