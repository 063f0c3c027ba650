//! One run at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::Error;

/// Held while a run writes; the operating system releases it when the process ends, however it ends.
pub(super) struct RunLock(#[expect(dead_code, reason = "held for as long as it is open")] File);

impl RunLock {
    /// Takes the lock beside `database`, or says that another run has it.
    pub(super) fn take(database: &Path) -> Result<Self, Error> {
        let path = lock_path(database);
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            // A pipe would let the opening wait for a reader.
            .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
            .open(&path);
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::LockNoFile(path));
        }
        let file = opened.map_err(|source| Error::File {
            doing: "create the lock file",
            path: path.clone(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Error::LockHeld(path)),
            Err(TryLockError::Error(source)) => Err(Error::LockUnsupported { path, source }),
        }
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}
