//! Where a private key and its passphrase come from.

use std::fmt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::Error;
use crate::base::{Secret, World, read_private};

/// The environment variable in which systemd names the folder of a service's credentials
/// (systemd.exec(5), "Credentials").
const CREDENTIALS_FOLDER_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A PEM file that only its owner can read.
    File(PathBuf),
    /// An environment variable that holds the PEM text.
    Environment(String),
    /// A file of this name in systemd's credentials folder.
    Credential(String),
}

/// Where the passphrase of an encrypted key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassphraseSource {
    /// A file that only its owner can read; one line end after the passphrase is not part of it.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

/// An org's key and certificate, as configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySettings {
    /// The private key.
    pub key: KeySource,
    /// Its passphrase, for an encrypted key.
    pub passphrase: Option<PassphraseSource>,
    /// The certificate that was uploaded to the app.
    pub certificate_file: Option<PathBuf>,
}

impl KeySource {
    pub(super) fn read(&self, world: &World) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self {
            Self::File(path) => Ok(read_private(path, world)?),
            Self::Environment(variable) => match world.environment.get(variable) {
                Some(text) => Ok(Zeroizing::new(text.as_bytes().to_vec())),
                None => Err(Error::KeyVariableUnset { variable: variable.clone() }),
            },
            Self::Credential(name) => Ok(read_private(&credential_path(name, world)?, world)?),
        }
    }
}

/// Names the place, for people. The place, never what is in it.
impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(variable) => write!(formatter, "the environment variable {variable}"),
            Self::Credential(name) => write!(formatter, "the systemd credential `{name}`"),
        }
    }
}

impl PassphraseSource {
    pub(super) fn read(&self, world: &World) -> Result<Secret, Error> {
        match self {
            Self::File(path) => {
                let content = read_private(path, world)?;
                let text = std::str::from_utf8(&content)
                    .map_err(|_| Error::PassphraseNotText { path: path.clone() })?;
                let line = text.strip_suffix('\n').unwrap_or(text);
                Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
            }
            Self::Environment(variable) => world
                .environment
                .get(variable)
                .map(|text| Secret::new(text.to_owned()))
                .ok_or(Error::PassphraseVariableUnset),
        }
    }
}

fn credential_path(name: &str, world: &World) -> Result<PathBuf, Error> {
    let is_file_name = Path::new(name).file_name().is_some_and(|file_name| file_name == name);
    if !is_file_name {
        return Err(Error::CredentialName);
    }
    match world.environment.get(CREDENTIALS_FOLDER_VARIABLE) {
        Some(folder) => Ok(Path::new(folder).join(name)),
        None => Err(Error::NoCredentialsFolder { name: name.to_owned() }),
    }
}
