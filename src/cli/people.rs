//! Whether people are shown, by what the caller is permitted and by the key that is configured.

use super::context::Context;
use super::failure::Failure;
use crate::config::Settings;
use crate::export::{People, PrivacyKey, Redactions};

/// How people and fields are hidden in what is printed.
pub(super) struct Hiding<'a> {
    pub people: People,
    key: Option<PrivacyKey>,
    context: &'a Context,
}

impl<'a> Hiding<'a> {
    /// As the caller is permitted; without a key for pseudonyms, people are left out.
    ///
    /// # Errors
    /// The key that is needed cannot be read.
    pub(super) fn permitted(settings: &Settings, context: &'a Context) -> Result<Self, Failure> {
        let permission = &context.permission;
        let needs_key = !permission.shows_persons || !permission.redactions.is_empty();
        let key_file = settings.privacy.key_file.as_ref().filter(|_| needs_key);
        let key = key_file.map(|path| PrivacyKey::read(path, &context.world)).transpose()?;
        let people = match (permission.shows_persons, &key) {
            (true, _) => People::Shown,
            (false, Some(key)) => People::Hidden(key.clone()),
            (false, None) => People::Withheld,
        };
        Ok(Self { people, key, context })
    }

    /// The fields that must not leave as they are.
    pub(super) fn redactions(&self) -> Redactions<'_> {
        Redactions { fields: &self.context.permission.redactions, key: self.key.as_ref() }
    }
}
