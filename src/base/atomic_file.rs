//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes `path` through a temporary file beside it (mode 0600), synced and renamed, so that a reader sees the old
/// content or the new one and a fault leaves the old one. A symbolic link stays, and its target is replaced; a pipe or
/// a device is written into, never replaced.
///
/// # Errors
/// Any error of `fill` or of the file system; the temporary file is gone then.
pub fn write_atomically(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write_aside(path, fill)?.publish()
}

/// Does all of [`write_atomically`] but the last step. What must stay what it is (a pipe, a device, standard output)
/// is kept in a temporary file until then, too.
///
/// # Errors
/// Any error of `fill` or of the file system; the temporary file is gone then.
pub fn write_aside(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<PendingFile> {
    let is_stream = is_written_into(path)?;
    let path = if is_stream { path.to_owned() } else { end_of_links(path)? };
    // Its own error would name the temporary file, which nobody knows.
    let unnamed = |error: io::Error| io::Error::from(error.kind());
    let mut temporary = if is_stream {
        tempfile::NamedTempFile::new()
    } else {
        File::open(folder_of(&path))?;
        tempfile::NamedTempFile::new_in(folder_of(&path))
    }
    .map_err(unnamed)?;
    {
        let mut buffered = io::BufWriter::new(temporary.as_file_mut());
        fill(&mut buffered)?;
        buffered.flush()?;
    }
    temporary.as_file().sync_all()?;
    Ok(PendingFile { temporary, path, is_stream })
}

/// A whole file that is not in its place yet. Dropped, it is gone.
#[derive(Debug)]
pub struct PendingFile {
    temporary: tempfile::NamedTempFile,
    path: PathBuf,
    is_stream: bool,
}

impl PendingFile {
    /// Where it will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same with another place on the same file system, in a folder that is there when it is put into its place.
    #[must_use]
    pub fn moved_to(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// Puts it into its place.
    ///
    /// # Errors
    /// Any error of the file system; the old file is then still there.
    pub fn publish(self) -> io::Result<()> {
        if self.is_stream {
            let mut content = self.temporary.reopen()?;
            let mut stream = OpenOptions::new().write(true).open(&self.path)?;
            return io::copy(&mut content, &mut stream).map(|_| ());
        }
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

/// Whether `path` is something that must stay what it is. Standard output is such a thing, even as a file: whoever
/// opened it goes on writing into it.
fn is_written_into(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) => Ok(!found.is_file() || path.starts_with("/dev") || path.starts_with("/proc")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Where the links that begin at `path` end; nothing need be there.
///
/// # Errors
/// They go round in a circle.
pub fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    /// Linux gives up at the same number (path_resolution(7)).
    const MOST_LINKS: usize = 40;
    let mut end = path.to_owned();
    for _ in 0..=MOST_LINKS {
        match fs::read_link(&end) {
            Ok(target) => end = end.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => return Ok(end),
        }
    }
    Err(rustix::io::Errno::LOOP.into())
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

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link.csv"), folder.path().join("users.csv"));
        std::os::unix::fs::symlink("users.csv", &link).unwrap();
        for content in ["made", "replaced"] {
            write_atomically(&link, |out| out.write_all(content.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), content);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
    }

    #[test]
    fn pipes_are_written_into_and_folders_refused() {
        use std::os::unix::fs::FileTypeExt as _;
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write_atomically(&pipe, |out| out.write_all(b"through")).unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());

        let refused = write_atomically(folder.path(), |_| Ok(())).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::IsADirectory);
        let nowhere = write_atomically(&folder.path().join("none/users.csv"), |_| Ok(())).unwrap_err();
        assert!(!nowhere.to_string().contains(".tmp"), "{nowhere}");
    }
}
