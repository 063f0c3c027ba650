//! Access tokens that were given out.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::emulator::org::{Aspect, Key, Org};

/// Characters after the `!`, as in the samples of Salesforce's documentation.
const SECRET_CHARACTERS: u64 = 96;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._";

/// The sessions that live.
#[derive(Default)]
pub(crate) struct Sessions {
    tokens: Mutex<HashSet<String>>,
    count: AtomicU64,
}

impl Sessions {
    /// Opens a session and gives its token: the org's id in 15 characters, `!`, and something opaque.
    pub(super) fn open(&self, org: &Org, organization: Key) -> String {
        let first = self.count.fetch_add(SECRET_CHARACTERS, Ordering::Relaxed);
        let secret = (first..first + SECRET_CHARACTERS)
            .map(|place| char::from(ALPHABET[org.draw(Aspect::Token, place).below(64) as usize]));
        let organization = organization.fifteen();
        let token: String =
            organization.iter().map(|byte| char::from(*byte)).chain(['!']).chain(secret).collect();
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone());
        token
    }

    /// True for the token of a session that lives.
    pub(crate) fn knows(&self, token: &str) -> bool {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).contains(token)
    }

    /// Ends every session.
    pub(crate) fn end_all(&self) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
