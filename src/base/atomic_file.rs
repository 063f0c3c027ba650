//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `path` through a temporary file beside it (mode 0600), synced and renamed, so that a reader sees the old
/// content or the new one and a fault leaves the old one.
///
/// # Errors
/// Any error of `fill` or of the file system; the temporary file is gone then.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_aside(path, fill)?.publish()
}

/// Does all of [`write_atomically`] but the last step.
///
/// # Errors
/// Any error of `fill` or of the file system; the temporary file is gone then.
pub fn write_aside(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<PendingFile> {
    let mut temporary = tempfile::NamedTempFile::new_in(folder_of(path))?;
    {
        let mut buffered = io::BufWriter::new(temporary.as_file_mut());
        fill(&mut buffered)?;
        buffered.flush()?;
    }
    temporary.as_file().sync_all()?;
    Ok(PendingFile { temporary, path: path.to_owned() })
}

/// A whole file that is not in its place yet. Dropped, it is gone.
#[derive(Debug)]
pub struct PendingFile {
    temporary: tempfile::NamedTempFile,
    path: PathBuf,
}

impl PendingFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// Any error of the file system; the old file is then still there.
    pub fn publish(self) -> io::Result<()> {
        self.temporary.persist(&self.path).map_err(|refused| refused.error)?;
        // The rename itself is durable only once the folder is synced.
        File::open(folder_of(&self.path))?.sync_all()
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_fill_leaves_the_old_content_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("users.csv");
        write_atomically(&path, |out| out.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
