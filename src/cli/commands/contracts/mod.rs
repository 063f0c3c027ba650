//! `contracts`: help with the file that says what was bought.

mod check;
mod template;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::report::books::Book;

/// Check the contract file, or write one to start from
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger contracts check")]
pub(in crate::cli) struct Contracts {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// List every mistake of the contract file by line, or what was understood: terms, gaps, overlaps, and license
    /// keys that no org has
    #[command(
        after_help = "Examples:\n  seatledger contracts check\n  seatledger contracts check contracts.csv --json"
    )]
    Check {
        /// The file [default: the configured one]
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Print a contract file to start from: every column explained, and a sample line
    #[command(after_help = "Examples:\n  seatledger contracts template > contracts.csv\n  \
                      seatledger contracts template --from-database > contracts.csv\n  \
                      seatledger contracts template --of exemptions > exemptions.csv")]
    Template {
        /// A line for each license with seats in the database instead of the sample; prices and terms stay empty
        #[arg(long, conflicts_with = "of")]
        from_database: bool,
        /// The file to start: contracts, exemptions or people, without a sample of the last two
        #[arg(long, value_name = "FILE", default_value = "contracts", value_parser = book)]
        of: Book,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
}

fn book(word: &str) -> Result<Book, String> {
    let found = Book::ALL.into_iter().find(|book| book.word() == word);
    found.ok_or_else(|| "write contracts, exemptions or people".to_owned())
}

impl Contracts {
    pub(super) fn run(&self, values: &Value, context: &Context) -> Result<Exit, Failure> {
        match &self.task {
            Task::Check { file, json } => check::run(file.as_deref(), *json, context),
            Task::Template { from_database: false, of, json } => template::print(*of, *json, context),
            Task::Template { from_database: true, json, .. } => {
                template::print_from_database(*json, values, context)
            }
        }
    }
}
