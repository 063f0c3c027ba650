//! The files that Seatledger lives on, which no output may replace.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use super::guarded;
use crate::auth::{KeySource, PassphraseSource};
use crate::config::Settings;
use crate::guard::Guard;

/// The database, the journal, the configuration, keys, and other files that the configuration names.
pub(super) struct OwnFiles(Vec<PathBuf>);

impl OwnFiles {
    /// Those of this installation.
    ///
    /// # Errors
    /// The policy, which may name a journal, cannot be loaded.
    pub(super) fn of(settings: &Settings, context: &Context) -> Result<Self, Failure> {
        let [counts, journal] =
            Guard::databases(&guarded::guard_settings(settings, context), &context.world)?;
        Ok(Self(own_files(settings, &[&settings.store.path, &journal, &counts])))
    }

    /// Refuses `output` when it is one of them.
    ///
    /// # Errors
    /// A usage error that names the file.
    pub(super) fn refuse_as_output(&self, output: &Path) -> Result<(), Failure> {
        if self.0.iter().any(|own| is_same(own, output)) {
            return Err(Failure::usage(format!(
                "{} is a file that seatledger itself lives on, and output never replaces it",
                output.display()
            ))
            .hint("name another file"));
        }
        Ok(())
    }
}

fn own_files(settings: &Settings, databases: &[&PathBuf]) -> Vec<PathBuf> {
    let mut files = vec![settings.file.clone()];
    for database in databases {
        let beside = |suffix| {
            let mut name = (*database).clone().into_os_string();
            name.push(suffix);
            PathBuf::from(name)
        };
        files.extend(["", "-wal", "-shm", "-journal", ".lock"].map(beside));
    }
    let finance = &settings.finance;
    let named = [
        &settings.policy.file,
        &settings.privacy.key_file,
        &settings.http.ca_file,
        &finance.contracts,
        &finance.exemptions,
        &finance.people,
    ];
    files.extend(named.into_iter().flatten().cloned());
    for org in &settings.orgs {
        files.extend(org.key.certificate_file.clone());
        if let KeySource::File(path) = &org.key.key {
            files.push(path.clone());
        }
        if let Some(PassphraseSource::File(path)) = &org.key.passphrase {
            files.push(path.clone());
        }
    }
    files
}

/// Whether both paths lead to one file, whatever they are called; a file that is not there yet is told by its path.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    match (identity(one), identity(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => resolved(one) == resolved(other),
    }
}

fn resolved(path: &Path) -> PathBuf {
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
