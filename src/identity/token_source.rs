//! Where a token comes from. Never the command line, which every account of the machine can read.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::Error;
use crate::base::{Secret, World, read_private};

/// The longest token that is looked at. Real ones stay below 8 KiB, which is what servers accept as a header.
pub const LARGEST_TOKEN_BYTES: usize = 16 * 1024;

/// Where a token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// A file that only its owner can read.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// An open descriptor that was inherited, such as the 3 of `3<token`.
    Descriptor(u32),
}

impl TokenSource {
    /// Reads the token anew, so that one that was renewed or revoked counts from the next use on. One line end after
    /// it is not part of it.
    ///
    /// # Errors
    /// [`Error::TokenMissing`], or why it cannot be read.
    pub fn read(&self, world: &World) -> Result<Secret, Error> {
        let unreadable = |source| Error::TokenUnreadable { place: self.to_string(), source };
        let bytes = match self {
            Self::File(path) => read_private(path, world)?,
            Self::Environment(variable) => {
                Zeroizing::new(world.environment.get(variable).unwrap_or_default().as_bytes().to_vec())
            }
            Self::Descriptor(number) => {
                let file = File::open(format!("/dev/fd/{number}")).map_err(unreadable)?;
                let mut bytes = Zeroizing::new(Vec::new());
                file.take(LARGEST_TOKEN_BYTES as u64 + 3).read_to_end(&mut bytes).map_err(unreadable)?;
                bytes
            }
        };
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not text")))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let token = line.strip_suffix('\r').unwrap_or(line);
        if token.is_empty() {
            return Err(Error::TokenMissing { place: self.to_string() });
        }
        Ok(Secret::new(token.to_owned()))
    }
}

/// Names the place, for people. The place, never what is in it.
impl fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(variable) => write!(formatter, "the environment variable {variable}"),
            Self::Descriptor(number) => write!(formatter, "descriptor {number}"),
        }
    }
}
