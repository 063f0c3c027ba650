//! Files that hold secrets, or what must not be tampered with: who may own, read and change them.
//!
//! The rules are OpenSSH's, with two exceptions that container and service managers need: a file below systemd's
//! credentials folder has whatever mode systemd gave it, and symbolic links are followed when no folder on the way can
//! be written by others (Kubernetes mounts secrets as links to links).

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::World;

/// A key, passphrase or secret is far below this; a larger file is not one.
const LARGEST_PRIVATE_FILE_BYTES: u64 = 64 * 1024;

/// Why a file that should hold a secret was not read or written. No variant carries content.
#[derive(Debug, Error)]
pub enum PrivateFileError {
    /// The file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is {kind}, not a regular file", path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// Group or others have access.
    #[error("{} is too open: mode {mode:04o} lets other accounts read or change it; run `chmod 600 {}`, or mount a Kubernetes secret with `defaultMode: 0400`", path.display(), path.display())]
    TooOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another account.
    #[error("{} belongs to user id {owner}, not to the account running this (user id {caller}) or root; run as its owner, or give that account a copy of its own", path.display())]
    OtherOwner {
        /// The file.
        path: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who asks.
        caller: u32,
    },
    /// A folder on the way to a link's target can be written by others, who could swap the file.
    #[error("{} is a symbolic link through {}, a folder that other accounts can write to", path.display(), folder.display())]
    LinkThroughOpenFolder {
        /// The link.
        path: PathBuf,
        /// The folder.
        folder: PathBuf,
    },
    /// Larger than any such file.
    #[error("{} has {bytes} bytes, more than any such file ({} KiB at most)", path.display(), limit_bytes / 1024)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The most that is read.
        limit_bytes: u64,
    },
    /// Group or others can change what nobody else should.
    #[error("{} is too open: mode {mode:04o} lets other accounts change it; run `chmod go-w {}`", path.display(), path.display())]
    Writable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Reads a secret's bytes from `path` after checking that only its owner can.
///
/// # Errors
/// [`PrivateFileError`] names the broken rule; nothing of the content is in it.
pub fn read_private(path: &Path, world: &World) -> Result<zeroize::Zeroizing<Vec<u8>>, PrivateFileError> {
    read_guarded(path, world, Access::Secret, LARGEST_PRIVATE_FILE_BYTES)
}

/// Reads a file that others may know but not change, such as a policy or a set of public keys, up to `largest` bytes.
///
/// # Errors
/// [`PrivateFileError`] names the broken rule; nothing of the content is in it.
pub fn read_protected(path: &Path, world: &World, largest: u64) -> Result<Vec<u8>, PrivateFileError> {
    read_guarded(path, world, Access::Public, largest).map(|mut content| std::mem::take(&mut *content))
}

/// What others may do with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Nothing.
    Secret,
    /// Read it.
    Public,
}

fn read_guarded(
    path: &Path,
    world: &World,
    access: Access,
    largest: u64,
) -> Result<zeroize::Zeroizing<Vec<u8>>, PrivateFileError> {
    let unreadable = |source| PrivateFileError::Unreadable { path: path.into(), source };
    let way = Way::to(&world.absolute(path)).map_err(unreadable)?;
    let credentials = world.environment.get("CREDENTIALS_DIRECTORY");
    let in_credentials = credentials
        .and_then(|folder| fs::canonicalize(folder).ok())
        .is_some_and(|folder| way.end.starts_with(folder));
    if way.links > 0 && !in_credentials {
        way.refuse_open_folders(path)?;
    }
    // Non-blocking, so that opening a pipe cannot hang; no-follow, so that the checked path is the opened one.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(&way.end)
        .map_err(unreadable)?;
    check_opened(path, &file, in_credentials, access, largest)?;
    let mut content = zeroize::Zeroizing::new(Vec::new());
    file.take(largest + 1).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}

fn check_opened(
    path: &Path,
    file: &File,
    in_credentials: bool,
    access: Access,
    largest: u64,
) -> Result<(), PrivateFileError> {
    let found =
        file.metadata().map_err(|source| PrivateFileError::Unreadable { path: path.into(), source })?;
    if !found.is_file() {
        let kind = if found.is_dir() { "a folder" } else { "a pipe, socket or device" };
        return Err(PrivateFileError::NotRegular { path: path.into(), kind });
    }
    if found.len() > largest {
        return Err(PrivateFileError::TooLarge {
            path: path.into(),
            bytes: found.len(),
            limit_bytes: largest,
        });
    }
    if in_credentials {
        return Ok(());
    }
    let (owner, caller) = (found.uid(), rustix::process::geteuid().as_raw());
    if owner != caller && owner != 0 {
        return Err(PrivateFileError::OtherOwner { path: path.into(), owner, caller });
    }
    let mode = found.mode() & 0o7777;
    match access {
        Access::Secret if mode & 0o077 != 0 => Err(PrivateFileError::TooOpen { path: path.into(), mode }),
        Access::Public if mode & 0o022 != 0 => Err(PrivateFileError::Writable { path: path.into(), mode }),
        Access::Secret | Access::Public => Ok(()),
    }
}

/// How a path is resolved, link by link.
struct Way {
    /// Where it ends; no part of it is a link.
    end: PathBuf,
    /// Every folder in which a name was looked up.
    folders: Vec<PathBuf>,
    links: usize,
}

impl Way {
    fn to(absolute: &Path) -> io::Result<Self> {
        /// Linux gives up at the same number (path_resolution(7)).
        const MOST_LINKS: usize = 40;
        let parts = |path: &Path| path.components().rev().map(|part| part.as_os_str().to_owned()).collect();
        let mut pending: Vec<OsString> = parts(absolute);
        let mut way = Self { end: PathBuf::new(), folders: Vec::new(), links: 0 };
        while let Some(part) = pending.pop() {
            if way.links > MOST_LINKS {
                return Err(rustix::io::Errno::LOOP.into());
            }
            if part == "/" {
                way.end = part.into();
            } else if part == ".." {
                way.end.pop();
            } else if part != "." {
                let next = way.end.join(part);
                way.folders.push(way.end.clone());
                if fs::symlink_metadata(&next)?.is_symlink() {
                    way.links += 1;
                    pending.extend::<Vec<_>>(parts(&fs::read_link(&next)?));
                } else {
                    way.end = next;
                }
            }
        }
        Ok(way)
    }

    /// Refuses the way when group or others can write to a folder on it. In a sticky folder (Kubernetes' secret
    /// volumes are) only an entry's owner can replace it, so that counts as closed.
    fn refuse_open_folders(&self, path: &Path) -> Result<(), PrivateFileError> {
        for folder in &self.folders {
            let mode = fs::metadata(folder)
                .map_err(|source| PrivateFileError::Unreadable { path: folder.into(), source })?
                .mode();
            let is_sticky = mode & 0o1000 != 0;
            if mode & 0o022 != 0 && !is_sticky {
                return Err(PrivateFileError::LinkThroughOpenFolder {
                    path: path.into(),
                    folder: folder.into(),
                });
            }
        }
        Ok(())
    }
}

/// Creates `path` with mode 0600 and `content`; refuses to replace a file that exists.
///
/// # Errors
/// [`PrivateFileError::Unwritable`] with the operating system's reason.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let unwritable = |source| PrivateFileError::Unwritable { path: path.into(), source };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(unwritable)?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a file would be in the way of the next try.
        let _ = fs::remove_file(path);
        unwritable(error)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::Arc;

    use super::*;
    use crate::base::{Environment, Stop, SystemClock};

    fn world(variables: &[(&str, &Path)]) -> World {
        World {
            environment: variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.display().to_string()))
                .collect::<Environment>(),
            clock: Arc::new(SystemClock),
            current_dir: PathBuf::new(),
            stop: Stop::default(),
        }
    }

    #[test]
    fn only_files_closed_to_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("org.key");
        write_private(&path, b"secret").unwrap();
        assert_eq!(read_private(&path, &world(&[])).unwrap().as_slice(), b"secret");

        set_mode(&path, 0o640);
        let refused = read_private(&path, &world(&[])).unwrap_err();
        assert!(refused.to_string().contains("too open: mode 0640"), "{refused}");
        let credentials = world(&[("CREDENTIALS_DIRECTORY", folder.path())]);
        assert!(read_private(&path, &credentials).is_ok(), "systemd chose that mode");
    }

    #[test]
    fn protected_files_may_be_read_by_others_and_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        write_private(&path, b"version = 1").unwrap();
        for (mode, expected) in [(0o644, true), (0o444, true), (0o664, false), (0o646, false), (0o666, false)]
        {
            set_mode(&path, mode);
            let read = read_protected(&path, &world(&[]), 11);
            assert_eq!(read.is_ok(), expected, "{mode:o}");
        }
        let refused = read_protected(&path, &world(&[]), 11).unwrap_err();
        assert!(refused.to_string().contains("mode 0666 lets other accounts change it"), "{refused}");
        set_mode(&path, 0o644);
        let refused = read_protected(&path, &world(&[]), 10).unwrap_err();
        assert!(
            matches!(refused, PrivateFileError::TooLarge { bytes: 11, limit_bytes: 10, .. }),
            "{refused}"
        );
    }

    #[test]
    fn folders_and_pipes_are_refused_without_hanging() {
        let folder = tempfile::tempdir().unwrap();
        let refused = read_private(folder.path(), &world(&[])).unwrap_err();
        assert!(refused.to_string().contains("is a folder, not a regular file"), "{refused}");

        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let refused = read_private(&pipe, &world(&[])).unwrap_err();
        assert!(refused.to_string().contains("is a pipe, socket or device"), "{refused}");
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn links_are_followed_unless_a_folder_on_the_way_is_open() {
        // As Kubernetes mounts a secret: org.key -> ..data/org.key, ..data -> ..2026_11_21
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("..2026_11_21");
        fs::create_dir(&data).unwrap();
        write_private(&data.join("org.key"), b"secret").unwrap();
        symlink("..2026_11_21", folder.path().join("..data")).unwrap();
        let link = folder.path().join("org.key");
        symlink("..data/org.key", &link).unwrap();
        assert!(read_private(&link, &world(&[])).is_ok());

        for open in [folder.path(), data.as_path()] {
            set_mode(open, 0o777);
            let refused = read_private(&link, &world(&[])).unwrap_err();
            assert!(refused.to_string().contains("a folder that other accounts can write to"), "{refused}");
            set_mode(open, 0o1777);
            assert!(read_private(&link, &world(&[])).is_ok(), "sticky, as Kubernetes mounts secrets");
        }
    }

    #[test]
    fn the_folder_of_every_link_on_the_way_counts() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        fs::create_dir(&open).unwrap();
        write_private(&folder.path().join("org.key"), b"secret").unwrap();
        symlink("../org.key", open.join("middle")).unwrap();
        let link = folder.path().join("link");
        symlink("open/middle", &link).unwrap();
        assert!(read_private(&link, &world(&[])).is_ok());
        set_mode(&open, 0o777);
        let refused = read_private(&link, &world(&[])).unwrap_err();
        assert!(
            refused.to_string().ends_with("open, a folder that other accounts can write to"),
            "{refused}"
        );
    }

    #[test]
    fn a_circle_of_links_is_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("org.key");
        symlink("org.key", &link).unwrap();
        assert!(matches!(read_private(&link, &world(&[])), Err(PrivateFileError::Unreadable { .. })));
    }

    #[test]
    fn the_credentials_folder_excuses_only_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("credentials");
        fs::create_dir(&credentials).unwrap();
        let outside = folder.path().join("org.key");
        write_private(&outside, b"secret").unwrap();
        set_mode(&outside, 0o644);
        symlink(&outside, credentials.join("link")).unwrap();
        let world = world(&[("CREDENTIALS_DIRECTORY", &credentials)]);
        for path in ["link", "../org.key"] {
            let refused = read_private(&credentials.join(path), &world).unwrap_err();
            assert!(matches!(refused, PrivateFileError::TooOpen { .. }), "{refused}");
        }
    }

    #[test]
    fn an_existing_file_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("org.key");
        write_private(&path, b"first").unwrap();
        assert!(write_private(&path, b"second").is_err());
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }
}
