//! Whose account is charged.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};

/// The account that rates and budgets are counted for: a digest, so that the file names nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub(super) [u8; 32]);

impl Key {
    /// The account of a sequence of texts, such as tenant, issuer, subject and tier. The length of each goes into the
    /// digest, so that no two sequences share an account.
    pub fn of(parts: &[&str]) -> Self {
        let mut digest = Context::new(&SHA256);
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        let mut key = [0; 32];
        key.copy_from_slice(digest.finish().as_ref());
        Self(key)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn no_two_sequences_share_an_account() {
        let keys = [
            Key::of(&["acme", "okta", "anna"]),
            Key::of(&["acme", "okta", "bob"]),
            Key::of(&["acme", "oktaanna"]),
            Key::of(&["acme", "okta", "anna", ""]),
            Key::of(&["acmeokta", "", "anna"]),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{place}");
        }
        assert_eq!(keys[0], Key::of(&["acme", "okta", "anna"]));
    }
}
