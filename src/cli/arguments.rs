//! The command line as it is typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use serde_json::Value;

use super::commands;
use super::log::LogFormat;
use super::ui::ColorChoice;
use crate::base::World;
use crate::identity::TokenSource;

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
    /// Ask as the person whose token is in this file, instead of as the operating-system account
    #[arg(long, global = true, value_name = "FILE", group = "token")]
    pub token_file: Option<PathBuf>,
    /// The same with the token in this environment variable
    #[arg(long, global = true, value_name = "NAME", group = "token")]
    pub token_env: Option<String>,
    /// The same with the token in this open descriptor
    #[arg(long, global = true, value_name = "N", group = "token")]
    pub token_fd: Option<u32>,
}

impl Globals {
    /// Where the caller's token is, if there is one.
    pub(super) fn token(&self, world: &World) -> Option<TokenSource> {
        let file = self.token_file.as_ref().map(|path| TokenSource::File(world.absolute(path)));
        let variable = self.token_env.clone().map(TokenSource::Environment);
        file.or(variable).or(self.token_fd.map(TokenSource::Descriptor))
    }
}

/// A command line that was understood.
pub(super) struct Typed {
    pub arguments: Arguments,
    /// The command's words, such as `config show`.
    pub path: String,
    /// The command's own arguments that were given, by name: what is scanned and fingerprinted.
    pub values: Value,
}

impl Typed {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// What is wrong with it, or the help that was asked for.
    pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Arguments::command().try_get_matches_from(words)?;
        let arguments = Arguments::from_arg_matches(&matches)?;
        let mut path = Vec::new();
        let mut leaf = &matches;
        while let Some((word, inner)) = leaf.subcommand() {
            path.push(word);
            leaf = inner;
        }
        let values = given(leaf);
        Ok(Self { arguments, path: path.join(" "), values })
    }
}

fn given(leaf: &ArgMatches) -> Value {
    let typed = leaf.ids().filter(|id| leaf.value_source(id.as_str()) == Some(ValueSource::CommandLine));
    let values = typed.filter_map(|id| {
        // A group has a source and no values of its own.
        let values = leaf.try_get_raw(id.as_str()).ok()??;
        let values: Vec<_> = values.map(|value| value.to_string_lossy()).collect();
        Some((id.to_string(), Value::from(values)))
    });
    Value::Object(values.collect())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Init(commands::Init),
    Keygen(commands::Keygen),
    Doctor(commands::Doctor),
    Collect(commands::Collect),
    Report(commands::ReportCommand),
    Explain(commands::Explain),
    Export(commands::Export),
    Feed(commands::Feed),
    Contracts(commands::Contracts),
    Runs(commands::Runs),
    Config(commands::Config),
    Db(commands::Db),
    Policy(commands::Policy),
    Audit(commands::Audit),
    Demo(commands::Demo),
    Emulator(commands::Emulator),
    Completions(commands::Completions),
    Man(commands::Man),
}
