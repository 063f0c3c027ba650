//! Where a feed may begin: in a folder in which nothing stands that it would replace.
//!
//! Without a manifest nothing says which files are a feed's, so only what an export that was killed leaves is taken for
//! one: its links, its generations and what waited in the folder aside.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;

use super::super::FileError;
use super::contents::file_names;
use super::generations::{ASIDE, CURRENT};
use super::manifest::{GENERATIONS, MANIFEST, is_generation};

/// Refuses a folder without a feed that holds something of somebody else under a name that a feed uses.
///
/// # Errors
/// [`FileError::Occupied`] names it; [`FileError::Unreadable`] when the folder cannot be looked through.
pub(super) fn refuse_foreign(folder: &Path) -> Result<(), FileError> {
    let mut names = file_names();
    names.extend([MANIFEST, CURRENT, GENERATIONS, ASIDE].map(str::to_owned));
    for name in names {
        let path = folder.join(&name);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(FileError::Unreadable { path, source }),
        };
        match is_of_export(&path, &name, &found) {
            Ok(true) => {}
            Ok(false) => return Err(FileError::Occupied { path }),
            Err(source) => return Err(FileError::Unreadable { path, source }),
        }
    }
    Ok(())
}

/// Whether an export that was killed before its first manifest can have left this.
fn is_of_export(path: &Path, name: &str, found: &Metadata) -> io::Result<bool> {
    match name {
        // Only what is read through a link to nothing comes here.
        MANIFEST => Ok(false),
        GENERATIONS => Ok(found.is_dir() && all_are(path, is_generation)?),
        ASIDE => Ok(found.is_dir() && all_are(path, is_waiting)?),
        CURRENT => Ok(links_to(path, |target| {
            target.parent() == Some(Path::new(GENERATIONS))
                && target.file_name().and_then(OsStr::to_str).is_some_and(is_generation)
        })),
        name => Ok(links_to(path, |target| target == Path::new(CURRENT).join(name))),
    }
}

/// Whether a name is that of a temporary file, or of a link before it is in its place.
fn is_waiting(name: &str) -> bool {
    name.starts_with(".tmp") || name == CURRENT || file_names().iter().any(|file| file == name)
}

fn all_are(folder: &Path, is_one: impl Fn(&str) -> bool) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        if !entry?.file_name().to_str().is_some_and(&is_one) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn links_to(path: &Path, is_target: impl Fn(&Path) -> bool) -> bool {
    fs::read_link(path).is_ok_and(|target| is_target(&target))
}
