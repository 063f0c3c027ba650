//! What every command is handed: the world, the streams and the global options.

use std::cell::{Cell, OnceCell, RefCell};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use jiff::Timestamp;

use super::arguments::Globals;
use super::failure::Failure;
use super::guarded::Withheld;
use super::orgs::Allowed;
use super::ui::Ui;
use crate::base::{PendingFile, World};
use crate::catalogue::OBJECTS;
use crate::config::{self, LoadOptions, Settings};
use crate::export::{Leaving, PendingFeed};
use crate::policy::Companies;
use crate::report::Completeness;
use crate::store::{OrgState, Reader, RunRow};

/// What the caller is permitted, as far as a command has to see to it. Outside an operation: nothing.
#[derive(Clone)]
pub(super) struct Permission {
    /// The companies whose data may be shown.
    pub companies: Companies,
    /// What must not leave as it is.
    pub redactions: Rc<Leaving>,
    /// Whether persons may be shown in clear.
    pub shows_persons: bool,
    /// What the orgs' sessions may use.
    pub allowed: Allowed,
}

/// What ended an operation, for the record.
pub(super) struct Trouble {
    pub reason: String,
    pub error: String,
}

/// What an operation used.
#[derive(Clone, Copy, Default)]
pub(super) struct Spent {
    pub rows: Option<u64>,
    pub bytes: Option<u64>,
    pub api_calls: Option<u64>,
}

/// The command line's surroundings.
pub(super) struct Context {
    /// Environment, clock, working folder, stop request.
    pub world: World,
    /// The two streams.
    pub ui: Ui,
    /// The options that every command understands.
    pub globals: Globals,
    /// What the caller is permitted.
    pub permission: Permission,
    /// What was used so far, for the record.
    pub spent: Cell<Spent>,
    /// What ended the operation, when it is not told by its failure.
    pub trouble: RefCell<Option<Trouble>>,
    withheld: RefCell<Withheld>,
    settings: Rc<OnceCell<Rc<Settings>>>,
}

impl Context {
    /// The surroundings outside any operation.
    pub(super) fn new(world: World, ui: Ui, globals: Globals) -> Self {
        let permission = Permission {
            companies: Companies::None,
            redactions: Rc::new(Leaving::everything()),
            shows_persons: false,
            allowed: Allowed::default(),
        };
        Self {
            world,
            ui,
            globals,
            permission,
            spent: Cell::default(),
            trouble: RefCell::default(),
            withheld: RefCell::default(),
            settings: Rc::default(),
        }
    }

    /// The surroundings inside an operation: what is printed is kept back until [`Ui::release`].
    pub(super) fn inside(&self, permission: Permission) -> Self {
        self.ui.keep_back();
        Self {
            permission,
            settings: Rc::clone(&self.settings),
            ..Self::new(self.world.clone(), self.ui.clone(), self.globals.clone())
        }
    }

    /// Puts a file into its place once the outcome is on record, and says this sentence.
    pub(super) fn publish_later(&self, file: PendingFile, sentence: Option<String>) {
        let mut withheld = self.withheld.borrow_mut();
        withheld.files.push(file);
        withheld.sentences.extend(sentence);
    }

    /// Makes this the feed once the outcome is on record, and says these sentences.
    pub(super) fn publish_feed_later(&self, feed: PendingFeed, sentences: Vec<String>) {
        let mut withheld = self.withheld.borrow_mut();
        withheld.feed = Some(feed);
        withheld.sentences.extend(sentences);
    }

    /// Removes a file again unless the outcome is on record, and says this sentence when it is.
    pub(super) fn keep_if_recorded(&self, file: PathBuf, sentence: String) {
        let mut withheld = self.withheld.borrow_mut();
        withheld.copies.push(file);
        withheld.sentences.push(sentence);
    }

    /// What waits for the outcome.
    pub(super) fn take_withheld(&self) -> Withheld {
        self.withheld.take()
    }

    /// Loads the configuration that `--config`, the environment or the working folder names.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn settings(&self) -> Result<Rc<Settings>, Failure> {
        // Read once, so that what was asked for and what is done go by the same file.
        if let Some(settings) = self.settings.get() {
            return Ok(Rc::clone(settings));
        }
        let objects: Vec<_> = OBJECTS.iter().map(|object| object.name).collect();
        let options = LoadOptions { file: self.globals.config.clone(), flags: Vec::new(), objects: &objects };
        let settings = Rc::new(config::load(&options, &self.world)?);
        Ok(Rc::clone(self.settings.get_or_init(|| settings)))
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
