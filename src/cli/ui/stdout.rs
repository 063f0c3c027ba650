//! Standard output itself: every error of it is told, where the standard library passes over one that cannot be written.

use std::io::{self, Write};

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
