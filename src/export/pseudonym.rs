//! Pseudonyms for people in feeds.
//!
//! A pseudonym is the first half of HMAC-SHA256 (RFC 2104) over the column's domain and the value, under a key that
//! stays with whoever exports: stable, so that files and months can be joined, and of no use without the key.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hmac::{Hmac, Mac};
use rsa::rand_core::{OsRng, RngCore as _};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::base::{PrivateFileError, Secret, World, read_private};
use crate::report::{Cell, Column, Personal};

/// NIST SP 800-107 asks an HMAC key for at least the strength wanted: 128 bits.
const SHORTEST_KEY_BYTES: usize = 16;
/// Half of SHA-256's output; two people share a pseudonym with odds of one in 2^64 only among 2^64 people.
const PSEUDONYM_BYTES: usize = 16;

/// The key of the pseudonyms. It has no `Debug`.
#[derive(Clone)]
pub struct PrivacyKey(Zeroizing<Vec<u8>>);

/// Why there is no privacy key.
#[derive(Debug, Error)]
pub enum PrivacyKeyError {
    /// The file broke a rule for private files.
    #[error("cannot use the privacy key")]
    File(#[source] PrivateFileError),
    /// Too short to keep anyone from guessing.
    #[error("the privacy key {} has {bytes} bytes, fewer than {SHORTEST_KEY_BYTES}", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
        /// Its length without surrounding white space.
        bytes: usize,
    },
}

impl PrivacyKey {
    /// The text of a new key for a file, 32 random bytes in hexadecimal: the output length of SHA-256, beyond which a
    /// longer HMAC key gains nothing (RFC 2104 section 3).
    pub fn generate() -> Secret {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(bytes.as_mut_slice());
        Secret::new(HEXLOWER.encode(bytes.as_slice()) + "\n")
    }

    /// Reads the key from a private file; white space around it is not part of it.
    ///
    /// # Errors
    /// [`PrivacyKeyError`].
    pub fn read(path: &Path, world: &World) -> Result<Self, PrivacyKeyError> {
        let content = read_private(path, world).map_err(PrivacyKeyError::File)?;
        let key = content.trim_ascii();
        if key.len() < SHORTEST_KEY_BYTES {
            return Err(PrivacyKeyError::TooShort { path: path.to_owned(), bytes: key.len() });
        }
        Ok(Self(Zeroizing::new(key.to_vec())))
    }

    /// `p_` and 32 hexadecimal digits, the same for the same value in the same domain.
    pub(super) fn pseudonym(&self, domain: &str, value: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC key may have any length (RFC 2104)");
        // A byte that no domain has keeps `("ab", "c")` apart from `("a", "bc")`.
        for part in [domain.as_bytes(), b"\0", value.as_bytes()] {
            mac.update(part);
        }
        let digest = mac.finalize().into_bytes();
        let mut pseudonym = "p_".to_owned();
        HEXLOWER.encode_append(&digest[..PSEUDONYM_BYTES], &mut pseudonym);
        pseudonym
    }
}

/// Whether people can be recognized in what is written.
pub enum People {
    /// Names, addresses and ids as they are.
    Shown,
    /// Pseudonyms under this key.
    Hidden(PrivacyKey),
    /// Nothing, because there is no key.
    Withheld,
}

impl People {
    /// How people stand in what is written, in a few words.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Shown => "as they are",
            Self::Hidden(_) => "pseudonyms, the same for the same person in every file",
            Self::Withheld => "left out",
        }
    }

    /// What hides the people of a table; `None` when people are shown and the cells can be written as they are.
    pub(super) fn hider<'a>(&'a self, columns: &'a [Column]) -> Option<Hider<'a>> {
        let key = match self {
            Self::Shown => return None,
            Self::Hidden(key) => Some(key),
            Self::Withheld => None,
        };
        Some(Hider { key, columns, last: vec![(String::new(), String::new()); columns.len()] })
    }
}

/// Hides the people of a table, row by row.
pub(super) struct Hider<'a> {
    key: Option<&'a PrivacyKey>,
    columns: &'a [Column],
    /// The last text of each column and its pseudonym: a person's rows follow each other.
    last: Vec<(String, String)>,
}

impl Hider<'_> {
    /// `cells` without people.
    pub(super) fn hide<'row>(&mut self, cells: &[Cell<'row>]) -> Vec<Cell<'row>> {
        let hide = |((column, cell), last): ((&Column, &Cell<'row>), &mut (String, String))| match (
            column.personal,
            cell,
            self.key,
        ) {
            (None, cell, _) => cell.clone(),
            (Some(Personal::Pseudonym(domain)), Cell::Text(value), Some(key)) => {
                let (text, pseudonym) = last;
                if pseudonym.is_empty() || text != value {
                    value.as_ref().clone_into(text);
                    *pseudonym = key.pseudonym(domain, value);
                }
                Cell::Text(Cow::Owned(pseudonym.clone()))
            }
            (Some(_), ..) => Cell::Null,
        };
        self.columns.iter().zip(cells).zip(&mut self.last).map(hide).collect()
    }
}

#[cfg(test)]
impl PrivacyKey {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::USERS;

    #[test]
    fn pseudonyms_are_hmac_sha256() {
        // printf 'User.Id\0005xx' | openssl dgst -sha256 -mac HMAC -macopt key:Jefe
        let key = PrivacyKey::of(b"Jefe");
        assert_eq!(key.pseudonym("User.Id", "005xx"), "p_b39066124e77f35fcc56d82f0f3b302f");
    }

    #[test]
    fn the_same_person_is_the_same_pseudonym_and_nothing_personal_is_left() {
        let people = People::Hidden(PrivacyKey::of(&[7; 32]));
        let cells: Vec<Cell<'_>> = USERS
            .columns
            .iter()
            .map(|column| match column.name {
                "user_id" | "manager_id" => Cell::from("005xx000001SwiUAAS"),
                "is_active" => Cell::Boolean(true),
                "email" => Cell::Null,
                _ => Cell::from("Zoë Müller"),
            })
            .collect();
        let hidden = people.hider(USERS.columns).unwrap().hide(&cells);
        let named =
            |name: &str| &hidden[USERS.columns.iter().position(|column| column.name == name).unwrap()];
        assert_eq!(named("user_id"), named("manager_id"), "joins still work");
        assert_ne!(named("username"), named("name"), "the same text in two domains");
        assert_eq!(named("email"), &Cell::Null, "unknown stays unknown");
        assert_eq!(named("extra"), &Cell::Null, "withheld");
        assert_eq!(named("department"), &Cell::from("Zoë Müller"));
        for (column, cell) in USERS.columns.iter().zip(&hidden) {
            let text = cell.text();
            assert!(
                column.personal.is_none() || text.is_empty() || text.starts_with("p_"),
                "{}",
                column.name
            );
        }
        assert!(People::Shown.hider(USERS.columns).is_none());
    }

    #[test]
    fn each_row_has_the_pseudonyms_of_its_own_person() {
        let people = People::Hidden(PrivacyKey::of(&[7; 32]));
        let row = |text| vec![Cell::from(text); USERS.columns.len()];
        let mut hider = people.hider(USERS.columns).unwrap();
        for text in ["Ada", "Ada", "Bob", "", "Ada"] {
            let alone = people.hider(USERS.columns).unwrap().hide(&row(text));
            assert_eq!(hider.hide(&row(text)), alone, "{text:?}");
        }
    }
}
