//! `man`: the manual pages.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _};

use crate::cli::arguments::Arguments;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Print the manual page, or write the pages of all commands into a folder
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  seatledger man | man -l -\n  seatledger man --dir ~/.local/share/man/man1"
)]
pub(in crate::cli) struct Man {
    /// Write one page per command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let program = Arguments::command();
        let Some(dir) = &self.dir else {
            let mut page = Vec::new();
            clap_mangen::Man::new(program).render(&mut page).map_err(|error| Failure::output(&error))?;
            context.print(&page)?;
            return Ok(Exit::Complete);
        };
        let dir = context.world.absolute(dir);
        let unwritable = |error: &std::io::Error| Failure::file("write the manual pages into", &dir, error);
        std::fs::create_dir_all(&dir).map_err(|error| unwritable(&error))?;
        clap_mangen::generate_to(program, &dir).map_err(|error| unwritable(&error))?;
        context.ui.status(&format!("Wrote the manual pages into {}.", dir.display()));
        Ok(Exit::Complete)
    }
}
