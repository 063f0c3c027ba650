//! The books and rules that reports are made from, as the configuration and the options name them.

use clap::Args;

use super::context::Context;
use super::failure::Failure;
use crate::config::Settings;
use crate::report::books::Books;
use crate::report::{Basis, Rules};
use crate::store::{Reader, Selection};

/// The options that set the rules of the measures.
#[derive(Debug, Args)]
pub(super) struct RuleArguments {
    /// Days before the report's time within which a login counts as activity
    #[arg(long, value_name = "DAYS", default_value_t = Rules::default().window_days,
          value_parser = clap::value_parser!(i64).range(1..=3650))]
    pub window: i64,
}

/// Books and rules.
pub(super) struct Ground {
    books: Books,
    rules: Rules,
}

impl Ground {
    /// Reads the configured books.
    ///
    /// # Errors
    /// A file cannot be read, or everything that is wrong in it, with its lines.
    pub(super) fn read(
        arguments: &RuleArguments,
        settings: &Settings,
        _context: &Context,
    ) -> Result<Self, Failure> {
        let collectors = settings.orgs.iter().map(|org| (org.id.clone(), org.username.clone())).collect();
        let cost_center_field = settings.finance.cost_center_field.clone();
        let rules = Rules {
            window_days: arguments.window,
            smallest_group: settings.privacy.smallest_group,
            cost_center_field,
            collectors,
            ..Rules::default()
        };
        Ok(Self { books: Books::default(), rules })
    }

    /// What a report of these rows is made from.
    pub(super) fn basis<'a>(&'a self, reader: &'a Reader, selection: &'a Selection) -> Basis<'a> {
        Basis { reader, selection, books: &self.books, rules: &self.rules }
    }
}
