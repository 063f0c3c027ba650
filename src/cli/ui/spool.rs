//! Standard output, kept back while an operation runs: what it prints is released when its outcome is on record.

use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::stdout::Stdout;

/// More than this waits in a file that has no name.
const LARGEST_IN_MEMORY_BYTES: usize = 4 * 1024 * 1024;

/// Where data goes: to standard output, or to where it waits.
#[derive(Clone, Default)]
pub(super) struct Spool {
    waiting: Arc<Mutex<Option<SpooledTempFile>>>,
    excerpt: Option<Arc<Mutex<Excerpt>>>,
}

impl Spool {
    /// A spool of its own that lets only so many lines through to standard output.
    pub(super) fn excerpt(lines: usize) -> Self {
        let excerpt = Excerpt { lines_left: lines, lines_left_out: 0 };
        Self { waiting: Arc::default(), excerpt: Some(Arc::new(Mutex::new(excerpt))) }
    }

    /// How many lines did not get through.
    pub(super) fn lines_left_out(&self) -> usize {
        self.excerpt.as_ref().map_or(0, |excerpt| locked(excerpt).lines_left_out)
    }

    /// Writes to standard output what may get through.
    fn pass_on(&self, bytes: &[u8]) -> io::Result<()> {
        let shown = match &self.excerpt {
            Some(excerpt) => locked(excerpt).beginning_of(bytes),
            None => bytes.len(),
        };
        Stdout.write_all(&bytes[..shown])
    }

    /// From now on data waits.
    pub(super) fn keep_back(&self) {
        *self.waiting() = Some(SpooledTempFile::new(LARGEST_IN_MEMORY_BYTES));
    }

    /// Writes what waits to standard output, where data goes again from now on.
    pub(super) fn release(&self) -> io::Result<()> {
        let Some(mut waiting) = self.waiting().take() else { return Ok(()) };
        waiting.seek(SeekFrom::Start(0))?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            match waiting.read(&mut piece)? {
                0 => return Ok(()),
                length => self.pass_on(&piece[..length])?,
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
        locked(&self.waiting)
    }
}

/// The beginning of data that goes by in pieces.
struct Excerpt {
    lines_left: usize,
    lines_left_out: usize,
}

impl Excerpt {
    /// How many bytes of the next piece belong to it.
    fn beginning_of(&mut self, piece: &[u8]) -> usize {
        let mut shown = 0;
        for line in piece.split_inclusive(|byte| *byte == b'\n') {
            let ends = usize::from(line.ends_with(b"\n"));
            if self.lines_left > 0 {
                shown += line.len();
                self.lines_left -= ends;
            } else {
                self.lines_left_out += ends;
            }
        }
        shown
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct SpoolWriter(Spool);

impl Write for SpoolWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(waiting) = self.0.waiting().as_mut() {
            return waiting.write(bytes);
        }
        self.0.pass_on(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.waiting().as_mut() {
            Some(waiting) => waiting.flush(),
            None => Stdout.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_the_first_lines_however_they_come() {
        for pieces in [&["one\ntwo\nthree\nfour\n"][..], &["on", "e\nt", "wo\n", "three\nfo", "ur\n"]] {
            let mut excerpt = Excerpt { lines_left: 2, lines_left_out: 0 };
            let shown: String =
                pieces.iter().map(|piece| &piece[..excerpt.beginning_of(piece.as_bytes())]).collect();
            assert_eq!((shown.as_str(), excerpt.lines_left_out), ("one\ntwo\n", 2), "{pieces:?}");
        }
    }
}
