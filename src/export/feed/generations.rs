//! The folder of a feed, and the order in which a new state of it takes the place of the old one.
//!
//! ```text
//! feed/manifest.json                     names the files of one generation; renamed into place last
//! feed/generations/<generation>/…        the files, never changed once a manifest names them
//! feed/current -> generations/<generation>
//! feed/users.csv -> current/users.csv    the same names from feed to feed
//! ```
//!
//! Renames alone cannot replace several files at one instant, so nothing is replaced: the files of a new state go into a
//! folder named for their content, and one rename, that of the manifest, makes it the feed. Whoever reads the paths that
//! a manifest names sees one state whole, also while the next one is published, because the state before stays where it
//! is until the one after the next. A reader that is overtaken twice misses a file and begins again with the manifest.
//! The links are for people and for programs that want one file under one name; all of them turn to the new state at
//! once, when `current` does.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::super::FileError;
use super::manifest::{GENERATIONS, MANIFEST, Manifest, generation_path};
use super::{begin, digest};
use crate::base::PendingFile;

/// Where files wait; only whoever holds the lock has one.
pub(super) const ASIDE: &str = ".aside";
/// The link to the newest generation.
pub(super) const CURRENT: &str = "current";

/// The folder of a feed while a new state is made; nobody else makes one meanwhile. The operating system ends that when
/// the process ends, however it ends.
#[derive(Debug)]
pub(super) struct FeedFolder {
    path: PathBuf,
    _lock: File,
}

impl FeedFolder {
    /// Makes the folder if it is not there, and takes it with the manifest of the feed in it. Nothing is written where
    /// there is no feed but something that one would replace.
    pub(super) fn take(path: &Path) -> Result<(Self, Option<(Manifest, String)>), FileError> {
        let folder_error = |source| FileError::Folder { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(folder_error)?;
        let lock = File::open(path).map_err(folder_error)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FileError::Taken { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(folder_error(source)),
        }
        let before = read_manifest(path)?;
        if before.is_none() {
            begin::refuse_foreign(path)?;
        }
        let folder = Self { path: path.to_owned(), _lock: lock };
        // Whoever was killed here left files that no manifest names.
        let _ = fs::remove_dir_all(folder.aside());
        fs::create_dir(folder.aside()).map_err(folder_error)?;
        Ok((folder, before))
    }

    /// Where files are written before they are published.
    pub(super) fn aside(&self) -> PathBuf {
        self.path.join(ASIDE)
    }

    /// Where the manifest belongs.
    pub(super) fn manifest(&self) -> PathBuf {
        self.path.join(MANIFEST)
    }

    /// Where the file of this name and path in a manifest is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes `files` the feed. They are those of `manifest`, whose own file comes last.
    pub(super) fn publish(
        &self,
        manifest: &Manifest,
        files: Vec<PendingFile>,
        manifest_file: PendingFile,
    ) -> Result<(), FileError> {
        let home = self.path.join(generation_path(&manifest.generation));
        fs::create_dir_all(&home).map_err(|source| FileError::Folder { path: home.clone(), source })?;
        for file in files {
            // What is there already has the same content: the folder's name says so.
            let path = home.join(file.path().file_name().unwrap_or_default());
            file.moved_to(path.clone()).publish().map_err(|source| FileError::File { path, source })?;
        }
        let unlinked = |source| FileError::File { path: self.path.join(CURRENT), source };
        File::open(self.path.join(GENERATIONS)).and_then(|folder| folder.sync_all()).map_err(unlinked)?;
        self.link(manifest).map_err(unlinked)?;
        let path = manifest_file.path().to_owned();
        manifest_file.publish().map_err(|source| FileError::File { path, source })?;
        self.forget_old(manifest);
        Ok(())
    }

    /// Turns the stable names to the new state.
    fn link(&self, manifest: &Manifest) -> io::Result<()> {
        self.put_link(CURRENT, &generation_path(&manifest.generation))?;
        let names: BTreeSet<_> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        for name in &names {
            self.put_link(name, &format!("{CURRENT}/{name}"))?;
        }
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            let is_ours = fs::read_link(&path).is_ok_and(|target| target.starts_with(CURRENT));
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if is_ours && !names.contains(name.as_str()) {
                fs::remove_file(&path)?;
            }
        }
        File::open(&self.path)?.sync_all()
    }

    fn put_link(&self, name: &str, target: &str) -> io::Result<()> {
        let link = self.path.join(name);
        if fs::read_link(&link).is_ok_and(|found| found == Path::new(target)) {
            return Ok(());
        }
        let aside = self.aside().join(name);
        std::os::unix::fs::symlink(target, &aside)?;
        fs::rename(aside, link)
    }

    /// Removes the generations that neither this manifest nor the one before it names. What cannot be removed takes
    /// room and does no harm.
    fn forget_old(&self, manifest: &Manifest) {
        let is_kept = |name: &str| {
            name == manifest.generation
                || manifest.previous.as_ref().is_some_and(|previous| previous.generation == name)
        };
        let generations = fs::read_dir(self.path.join(GENERATIONS)).into_iter().flatten().flatten();
        for entry in generations.filter(|entry| !is_kept(&entry.file_name().to_string_lossy())) {
            if let Err(error) = fs::remove_dir_all(entry.path()) {
                tracing::warn!("cannot remove {}: {error}", entry.path().display());
            }
        }
    }
}

impl Drop for FeedFolder {
    fn drop(&mut self) {
        // The files in it are gone or published; nothing is lost if it stays.
        let _ = fs::remove_dir_all(self.aside());
    }
}

/// The names that a folder holds; none when it is not there.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = entries.map(name).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Whether a name of the folder is the link of an export.
pub(super) fn is_linked(folder: &Path, name: &str) -> bool {
    fs::read_link(folder.join(name)).is_ok_and(|target| target == Path::new(CURRENT).join(name))
}

/// The generation that the links of a folder lead to.
pub(super) fn linked_generation(folder: &Path) -> Option<String> {
    let target = fs::read_link(folder.join(CURRENT)).ok()?;
    Some(target.strip_prefix(GENERATIONS).ok()?.to_string_lossy().into_owned())
}

/// The manifest of a folder with its own hash; nothing when there is none.
pub(super) fn read_manifest(folder: &Path) -> Result<Option<(Manifest, String)>, FileError> {
    let found = read_json(&folder.join(MANIFEST))?;
    Ok(found.map(|(manifest, bytes)| (manifest, digest::of_bytes(&bytes))))
}

/// A JSON document with its bytes; nothing when the file is not there.
pub(super) fn read_json<Document: DeserializeOwned>(
    path: &Path,
) -> Result<Option<(Document, Vec<u8>)>, FileError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(FileError::Unreadable { path: path.to_owned(), source }),
    };
    let document = serde_json::from_slice(&bytes)
        .map_err(|error| FileError::Unreadable { path: path.to_owned(), source: io::Error::other(error) })?;
    Ok(Some((document, bytes)))
}
