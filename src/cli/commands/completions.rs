//! `completions`: tab completion for a shell.

use clap::{Args, CommandFactory as _};

use crate::cli::arguments::Arguments;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Print tab completion for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  seatledger completions bash > ~/.local/share/bash-completion/completions/seatledger"
)]
pub(in crate::cli) struct Completions {
    /// For which shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        // The generator panics when its writer fails, so it writes into memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "seatledger", &mut script);
        context.print(&script)?;
        Ok(Exit::Complete)
    }
}
