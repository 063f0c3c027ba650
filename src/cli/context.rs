//! What every command is handed: the world, the streams and the global options.

use std::io::Write as _;
use std::path::Path;

use jiff::Timestamp;

use super::arguments::Globals;
use super::failure::Failure;
use super::ui::Ui;
use crate::base::World;
use crate::catalogue::OBJECTS;
use crate::config::{self, LoadOptions, Settings};
use crate::report::Completeness;
use crate::store::{OrgState, Reader, RunRow};

/// The command line's surroundings.
pub(super) struct Context {
    /// Environment, clock, working folder, stop request.
    pub world: World,
    /// The two streams.
    pub ui: Ui,
    /// The options that every command understands.
    pub globals: Globals,
}

impl Context {
    /// Loads the configuration that `--config`, the environment or the working folder names.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn settings(&self) -> Result<Settings, Failure> {
        let objects: Vec<_> = OBJECTS.iter().map(|object| object.name).collect();
        let options = LoadOptions { file: self.globals.config.clone(), flags: Vec::new(), objects: &objects };
        Ok(config::load(&options, &self.world)?)
    }

    /// Opens the database for reading, at its newest state or as it was.
    ///
    /// # Errors
    /// There is none, it cannot be read, or it holds no state of that time.
    pub(super) fn reader(&self, database: &Path, as_of: Option<Timestamp>) -> Result<Reader, Failure> {
        Ok(match as_of {
            Some(as_of) => Reader::open_as_of(database, as_of)?,
            None => Reader::open(database)?,
        })
    }

    /// Writes data to standard output.
    ///
    /// # Errors
    /// [`Failure::output`].
    pub(super) fn print(&self, data: impl AsRef<[u8]>) -> Result<(), Failure> {
        let mut out = self.ui.data();
        out.write_all(data.as_ref()).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
    }

    /// Writes one JSON document to standard output.
    ///
    /// # Errors
    /// [`Failure::output`].
    pub(super) fn print_json(&self, document: &serde_json::Value) -> Result<(), Failure> {
        self.print(format!("{document:#}\n"))
    }

    /// Says which orgs have had a run since the state that was read, and nothing came of it.
    ///
    /// # Errors
    /// The record of runs cannot be read.
    pub(super) fn warn_of_failed_runs(&self, reader: &Reader, orgs: &[OrgState]) -> Result<(), Failure> {
        for OrgState { org, collected_at, .. } in orgs {
            let newest = reader.runs(std::slice::from_ref(org), 1)?.into_iter().next();
            if let Some((RunRow { started_at, status, .. }, _)) = newest
                && matches!(status.as_str(), "failed" | "interrupted")
            {
                let ended = if status == "failed" { "failed" } else { "was interrupted" };
                self.ui.warning(&format!(
                    "{org}: the run of {started_at} {ended}; the numbers are those of {collected_at}"
                ));
            }
        }
        Ok(())
    }

    /// Says what the numbers just written are missing.
    pub(super) fn warn_of_gaps(&self, completeness: &Completeness) {
        if !completeness.is_complete() {
            completeness.sentences().iter().for_each(|sentence| self.ui.warning(sentence));
        }
    }
}
