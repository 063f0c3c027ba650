//! SHA-256 (FIPS 180-4) of what is written or read.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

/// Passes bytes on and keeps their number and their hash.
pub(super) struct DigestWriter<'out> {
    out: &'out mut dyn Write,
    hash: Sha256,
    bytes: u64,
}

/// The number of some bytes and their SHA-256 in lower-case hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub bytes: u64,
    pub sha256: String,
}

impl<'out> DigestWriter<'out> {
    pub(super) fn new(out: &'out mut dyn Write) -> Self {
        Self { out, hash: Sha256::new(), bytes: 0 }
    }

    pub(super) fn finish(self) -> Digest {
        Digest { bytes: self.bytes, sha256: HEXLOWER.encode(&self.hash.finalize()) }
    }
}

impl Write for DigestWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The digest of a file.
pub(super) fn of_file(path: &Path) -> io::Result<Digest> {
    let mut file = File::open(path)?;
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest { bytes, sha256: HEXLOWER.encode(&hash.finalize()) }),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The SHA-256 of a file.
pub(in crate::export) fn sha256_of(path: &Path) -> io::Result<String> {
    of_file(path).map(|digest| digest.sha256)
}

/// The SHA-256 of some bytes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
