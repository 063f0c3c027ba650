//! The files that Seatledger lives on, which no output may replace.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::failure::Failure;
use super::guarded;
use crate::auth::{KeySource, PassphraseSource};
use crate::base::end_of_links;
use crate::config::Settings;
use crate::guard::{Guard, Holdings};

/// How the name of a file that belongs to a database goes on after the database's own: SQLite's files, the locks, the
/// marks of running processes and the stages of unfinished runs.
const BESIDE: &[&str] = &["-wal", "-shm", "-journal", ".lock", ".delivery-lock", ".alive-", ".stage-"];

/// The databases, the configuration, the policy, keys, and other files that the two name.
pub(super) struct OwnFiles {
    databases: Vec<PathBuf>,
    files: Vec<PathBuf>,
    /// Folders with the extension of what belongs to this installation there; without one, everything does.
    folders: Vec<(PathBuf, Option<&'static str>)>,
}

impl OwnFiles {
    /// Those of this installation.
    ///
    /// # Errors
    /// The policy, which may name more of them, cannot be loaded.
    pub(super) fn of(settings: &Settings, context: &Context) -> Result<Self, Failure> {
        let Holdings { mut databases, mut files, folders } =
            Guard::holdings(&guarded::guard_settings(settings, context), &context.world)?;
        databases.push(settings.store.path.clone());
        files.extend(configured_files(settings));
        Ok(Self { databases, files, folders })
    }

    /// Refuses `output` when it is one of them.
    ///
    /// # Errors
    /// A usage error that names the file.
    pub(super) fn refuse_as_output(&self, output: &Path) -> Result<(), Failure> {
        let is_own = self.databases.iter().any(|database| is_of_database(database, output))
            || self.files.iter().any(|own| is_same(own, output))
            || self.folders.iter().any(|(folder, extension)| is_of_folder(folder, *extension, output));
        if is_own {
            return Err(Failure::usage(format!(
                "{} is a file that seatledger itself lives on, and output never replaces it",
                output.display()
            ))
            .hint("name another file"));
        }
        Ok(())
    }
}

fn configured_files(settings: &Settings) -> Vec<PathBuf> {
    let mut files = vec![settings.file.clone()];
    let finance = &settings.finance;
    let named = [
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

/// Whether it is the database or stands beside it under its name.
fn is_of_database(database: &Path, output: &Path) -> bool {
    let output_end = resolved(output);
    let is_beside = |database: PathBuf| {
        let (Some(own), Some(name)) = (database.file_name(), output_end.file_name()) else { return false };
        let rest = name.as_encoded_bytes().strip_prefix(own.as_encoded_bytes());
        database.parent() == output_end.parent()
            && rest.is_some_and(|rest| BESIDE.iter().any(|ending| rest.starts_with(ending.as_bytes())))
    };
    is_same(database, output) || is_beside(resolved(database))
}

/// Whether it is the folder or a file of that extension in it.
fn is_of_folder(folder: &Path, extension: Option<&str>, output: &Path) -> bool {
    let output_end = resolved(output);
    let has_extension = extension.is_none_or(|own| output_end.extension().is_some_and(|found| found == own));
    is_same(folder, output)
        || (has_extension && output_end.parent().is_some_and(|parent| is_same(folder, parent)))
}

/// Whether both paths lead to one file, whatever they are called; a file that is not there yet is told by its path.
fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
    match (identity(one), identity(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => resolved(one) == resolved(other),
    }
}

/// The one path of what `path` leads to, which need not be there.
fn resolved(path: &Path) -> PathBuf {
    let path = end_of_links(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().and_then(|folder| fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}
