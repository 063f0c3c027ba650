//! Standard output, kept back while an operation runs: what it prints is released when its outcome is on record.

use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::stdout::Stdout;

/// More than this waits in a file that has no name.
const LARGEST_IN_MEMORY_BYTES: usize = 4 * 1024 * 1024;

/// Where data goes: to standard output, or to where it waits.
#[derive(Clone, Default)]
pub(super) struct Spool(Arc<Mutex<Option<SpooledTempFile>>>);

impl Spool {
    /// From now on data waits.
    pub(super) fn keep_back(&self) {
        *self.waiting() = Some(SpooledTempFile::new(LARGEST_IN_MEMORY_BYTES));
    }

    /// Writes what waits to standard output, where data goes again from now on.
    pub(super) fn release(&self) -> io::Result<()> {
        let Some(mut waiting) = self.waiting().take() else { return Ok(()) };
        waiting.seek(SeekFrom::Start(0))?;
        let mut out = Stdout;
        let mut piece = vec![0; 64 * 1024];
        loop {
            match waiting.read(&mut piece)? {
                0 => return out.flush(),
                length => out.write_all(&piece[..length])?,
            }
        }
    }

    /// Forgets what waits.
    pub(super) fn discard(&self) {
        *self.waiting() = None;
    }

    /// What to write data to.
    pub(super) fn writer(&self) -> impl Write + use<> {
        BufWriter::new(SpoolWriter(self.clone()))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<SpooledTempFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct SpoolWriter(Spool);

impl Write for SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.waiting().as_mut() {
            Some(waiting) => waiting.write(bytes),
            None => Stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.waiting().as_mut() {
            Some(waiting) => waiting.flush(),
            None => Stdout.flush(),
        }
    }
}
