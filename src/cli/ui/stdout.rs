//! Standard output itself: every error of it is told, where the standard library passes over a closed one.

use std::io::{self, IsTerminal as _, Write};
use std::os::fd::AsFd;

use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};
use rustix::io::Errno;

const NOWHERE: &str = "/dev/null";

/// Standard output without a buffer.
pub(super) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Checks that somebody can get what is written.
///
/// # Errors
/// Standard output is closed, or cannot be written to. The standard library has put `/dev/null`, opened for reading and
/// writing, in place of a closed one before the program began; whoever discards the output opens it for writing only, or
/// discards the messages as well.
pub(super) fn check() -> io::Result<()> {
    let mode = |stream: &dyn AsFd| fcntl_getfl(stream.as_fd()).map(|flags| flags & OFlags::RWMODE);
    let is_closed = match mode(&io::stdout())? {
        OFlags::RDWR if !io::stdout().is_terminal() => {
            leads_nowhere(&io::stdout()) && !leads_nowhere(&io::stderr())
        }
        mode => mode == OFlags::RDONLY,
    };
    if is_closed { Err(Errno::BADF.into()) } else { Ok(()) }
}

fn leads_nowhere(stream: &dyn AsFd) -> bool {
    let device = fstat(stream.as_fd()).map(|found| found.st_rdev);
    device.is_ok_and(|device| stat(NOWHERE).is_ok_and(|nowhere| nowhere.st_rdev == device))
}
