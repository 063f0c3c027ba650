//! Shows other processes that this one lives: a locked file beside the journal.
//!
//! A lock ends with its process, however that ends, and is seen through containers that share the folder, where process
//! numbers mean nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use super::database::beside;
use super::{Error, random};

/// The file of this process; gone when it ends in order.
pub(super) struct Presence {
    token: String,
    path: PathBuf,
    _lock: File,
}

impl Presence {
    pub(super) fn show(journal: &Path) -> Result<Self, Error> {
        let token = HEXLOWER.encode(&random::<8>()?);
        let path = file(journal, &token);
        let failed = |source| Error::File { doing: "make and lock", path: path.clone(), source };
        let lock = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        lock.try_lock().map_err(|refused| failed(refused.into()))?;
        Ok(Self { token, path, _lock: lock })
    }

    /// What stands in the records of this process.
    pub(super) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether the process with that token has ended; its file is removed then. In doubt it has not.
pub(super) fn is_gone(journal: &Path, token: &str) -> bool {
    if token.len() != 16 || !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return true;
    }
    let path = file(journal, token);
    match File::open(&path) {
        Err(refused) => refused.kind() == std::io::ErrorKind::NotFound,
        Ok(file) => match file.try_lock() {
            Ok(()) => {
                let _ = fs::remove_file(&path);
                true
            }
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
    }
}

fn file(journal: &Path, token: &str) -> PathBuf {
    beside(journal, &format!(".alive-{token}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_there_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("audit.db");
        let presence = Presence::show(&journal).unwrap();
        let token = presence.token().to_owned();
        assert!(!is_gone(&journal, &token));
        drop(presence);
        assert!(is_gone(&journal, &token));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        // As after a kill: the file stays and nobody holds its lock.
        fs::write(file(&journal, "0123456789abcdef"), "").unwrap();
        assert!(is_gone(&journal, "0123456789abcdef"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(is_gone(&journal, "../../etc/passwd"));
    }
}
