//! What the guard lives on, which no output may take the place of.

use std::path::{Path, PathBuf};

use super::Settings;
use super::limit::Counts;
use super::settings::{journal_path, key_cache_folder, policy_folder};
use crate::audit::COPY_EXTENSION;
use crate::identity::TokenSource;
use crate::policy::{AuditRules, JwksSource, Rules};

/// What the guard of some settings lives on.
#[derive(Debug)]
pub struct Holdings {
    /// Databases that only the guard writes.
    pub databases: Vec<PathBuf>,
    /// Single files: the policy, what it names, and the caller's token.
    pub files: Vec<PathBuf>,
    /// Folders of which the files with this extension belong to the guard; without one, all of them do.
    pub folders: Vec<(PathBuf, Option<&'static str>)>,
}

impl Holdings {
    pub(super) fn new(settings: &Settings, rules: Option<&Rules>) -> Self {
        let journal = journal_path(settings, rules);
        let mut holdings = Self {
            databases: vec![Counts::path_beside(&journal), journal],
            files: settings.policy_file.iter().cloned().collect(),
            folders: vec![(key_cache_folder(settings), None)],
        };
        if let Some(TokenSource::File(token)) = &settings.token {
            holdings.files.push(token.clone());
        }
        if let Some(rules) = rules {
            holdings.add_named(&policy_folder(settings), rules);
        }
        holdings
    }

    /// What the policy names, from its folder.
    fn add_named(&mut self, folder: &Path, rules: &Rules) {
        let AuditRules { path: _, level: _, hmac_key_file, checkpoint, sinks } = &rules.audit;
        let key_sets = rules.issuers.iter().filter_map(|issuer| match &issuer.jwks {
            JwksSource::File(file) => Some(file),
            JwksSource::Discover | JwksSource::Uri(_) => None,
        });
        let named = hmac_key_file
            .iter()
            .chain(checkpoint.iter().map(|checkpoint| &checkpoint.sign_key_file))
            .chain(sinks.values().map(|sink| &sink.secret_file))
            .chain(key_sets);
        self.files.extend(named.map(|file| folder.join(file)));
        if let Some(copies) = checkpoint.as_ref().and_then(|checkpoint| checkpoint.copy_to.as_ref()) {
            self.folders.push((folder.join(copies), Some(COPY_EXTENSION)));
        }
    }
}
