//! What a person can do about what the operating system said of a file.

use std::io;

use rustix::io::Errno;

/// What to do about a file that could not be made, opened, read or written.
pub(super) fn file_hint(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        io::ErrorKind::NotFound => "make its folder first, or name another",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room on the disk, then run again",
        io::ErrorKind::FileTooLarge => "raise the bound on the size of files (`ulimit -f`), then run again",
        _ => match Errno::from_io_error(error)? {
            Errno::MFILE => "let the program open more files (`ulimit -n`), then run again",
            Errno::NFILE => "this machine has too many files open; run again when it has fewer",
            Errno::LOOP => "its links lead in a circle; mend them or name another",
            Errno::NOTDIR => "what should be its folder is a file; name another",
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_remedy() {
        for (errno, remedy) in [
            (Errno::NOENT, "make its folder first"),
            (Errno::NOSPC, "make room on the disk"),
            (Errno::DQUOT, "make room on the disk"),
            (Errno::FBIG, "`ulimit -f`"),
            (Errno::MFILE, "`ulimit -n`"),
            (Errno::NFILE, "this machine"),
            (Errno::LOOP, "in a circle"),
            (Errno::NOTDIR, "is a file"),
        ] {
            let hint = file_hint(&errno.into()).unwrap_or_default();
            assert!(hint.contains(remedy), "{errno}: {hint}");
        }
        assert_eq!(file_hint(&Errno::IO.into()), None);
        assert_eq!(file_hint(&io::Error::other("no number")), None);
    }
}
