//! Issuers' keys between runs: one file per issuer, shared by processes.
//!
//! Fresh keys are used as they are. Older ones are fetched anew, and fresh ones too when a token names a key that they
//! lack, since issuers change keys without notice; but never twice within the cooldown, so that made-up key names
//! cannot be turned into a flood. When fetching fails, the last keys serve a while longer. One process at a time
//! fetches, under a lock file; the others then find its result.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fetch::fetch;
use super::key_set::{KeySet, NoKey, Signature};
use super::{Error, IssuerSettings, KeySource};
use crate::base::{World, read_protected, write_atomically};
use crate::http;

/// How long keys are used without asking for newer ones.
pub const FRESH_SECONDS: i64 = 10 * 60;

/// The shortest time between two attempts to fetch an issuer's keys.
pub const COOLDOWN_SECONDS: i64 = 30;

/// A set of keys from a file, or a cached one with what is noted beside it.
const LARGEST_FILE_BYTES: u64 = 2 * 1024 * 1024;

/// What is needed to get at keys.
pub(super) struct Sources<'a> {
    pub(super) http: &'a http::Settings,
    pub(super) folder: &'a Path,
    pub(super) world: &'a World,
}

/// A key that may check the token.
pub(super) struct FoundKey {
    pub(super) decoding: DecodingKey,
    /// Whether it should have been renewed and could not be.
    pub(super) is_stale: bool,
}

/// The key of `issuer` that checks a token which names `key_id` and was signed with `signature`.
///
/// # Errors
/// [`Error::Key`] when the issuer has none, or why its keys cannot be had.
pub(super) fn key(
    sources: &Sources<'_>,
    issuer: &IssuerSettings,
    key_id: Option<&str>,
    signature: Signature,
) -> Result<FoundKey, Error> {
    let look_up = |keys: &KeySet| keys.find(key_id, signature, &issuer.algorithms);
    if let KeySource::File(path) = &issuer.keys {
        let content = read_protected(path, sources.world, LARGEST_FILE_BYTES).map_err(Error::KeysFile)?;
        return found(look_up(&parse(&content)?), false);
    }
    let cache = Cache::of(issuer, sources);
    let fresh = cache.read().filter(|entry| entry.is_fresh(cache.now()));
    if let Some(entry) = fresh
        && let known @ (Ok(_) | Err(NoKey::Unusable(_))) = look_up(&entry.keys()?)
    {
        return found(known, false);
    }
    let _lock = cache.lock()?;
    let entry = cache.renewed(issuer, sources)?;
    found(look_up(&entry.keys()?), !entry.is_fresh(cache.now()))
}

fn found(looked_up: Result<DecodingKey, NoKey>, is_stale: bool) -> Result<FoundKey, Error> {
    match looked_up {
        Ok(decoding) => Ok(FoundKey { decoding, is_stale }),
        Err(NoKey::Unknown) => Err(Error::Key("there is none of its name")),
        Err(NoKey::Unusable(reason)) => Err(Error::Key(reason)),
    }
}

fn parse(bytes: &[u8]) -> Result<KeySet, Error> {
    KeySet::parse(bytes).map_err(|wrong| Error::KeysRefused(wrong.to_owned()))
}

/// What a cache file holds.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    issuer: String,
    /// When the keys were fetched, in seconds since 1970.
    fetched_at: i64,
    /// When they were last asked for.
    attempted_at: i64,
    /// The set as it was served; `None` when it never was.
    jwks: Option<String>,
}

impl Entry {
    /// A time in the future is no time: the clock was set back since, or the file is not ours.
    fn is_fresh(&self, now: i64) -> bool {
        self.jwks.is_some() && (0..FRESH_SECONDS).contains(&now.saturating_sub(self.fetched_at))
    }

    fn is_within(&self, seconds: i64, now: i64) -> bool {
        self.jwks.is_some() && (0..=seconds).contains(&now.saturating_sub(self.fetched_at))
    }

    fn keys(&self) -> Result<KeySet, Error> {
        parse(self.jwks.as_deref().unwrap_or_default().as_bytes())
    }
}

/// The cache file of one issuer.
struct Cache<'a> {
    issuer: &'a str,
    path: PathBuf,
    world: &'a World,
}

impl<'a> Cache<'a> {
    fn of(issuer: &'a IssuerSettings, sources: &Sources<'a>) -> Self {
        // Issuers are URLs; a hash of one is a file name whatever it holds.
        let name = HEXLOWER.encode(&Sha256::digest(&issuer.issuer)[..16]);
        Self {
            issuer: &issuer.issuer,
            path: sources.world.absolute(sources.folder).join(format!("jwks-{name}.json")),
            world: sources.world,
        }
    }

    /// Asked each time: waiting for the lock takes a while.
    fn now(&self) -> i64 {
        self.world.clock.now().as_second()
    }

    /// What the file holds. One that is damaged, tampered with or another issuer's counts as none.
    fn read(&self) -> Option<Entry> {
        let content = read_protected(&self.path, self.world, LARGEST_FILE_BYTES).ok()?;
        serde_json::from_slice(&content).ok().filter(|entry: &Entry| entry.issuer == self.issuer)
    }

    /// The newest keys to be had, with the lock held: those that another process has just fetched, new ones, or, when
    /// these cannot be had, the last ones while they may still be used.
    fn renewed(&self, issuer: &IssuerSettings, sources: &Sources<'_>) -> Result<Entry, Error> {
        let last = self.read();
        let may_serve = |entry: &Entry| {
            entry.is_fresh(self.now()) || entry.is_within(i64::from(issuer.stale_if_error_s), self.now())
        };
        let since_attempt = last.as_ref().map(|entry| self.now().saturating_sub(entry.attempted_at));
        if since_attempt.is_some_and(|since| (0..COOLDOWN_SECONDS).contains(&since)) {
            return last.filter(may_serve).ok_or(Error::KeysCooldown(COOLDOWN_SECONDS));
        }
        let attempt = fetch(issuer, sources.http, &sources.world.environment).and_then(|bytes| {
            parse(&bytes)?;
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        });
        let (entry, failure) = match attempt {
            Ok(jwks) => (self.entry(self.now(), Some(jwks)), None),
            Err(failure) => {
                let last = last.unwrap_or_else(|| self.entry(0, None));
                (Entry { attempted_at: self.now(), ..last }, Some(failure))
            }
        };
        self.write(&entry)?;
        match failure {
            Some(failure) if !may_serve(&entry) => Err(failure),
            _ => Ok(entry),
        }
    }

    fn entry(&self, fetched_at: i64, jwks: Option<String>) -> Entry {
        Entry { issuer: self.issuer.to_owned(), fetched_at, attempted_at: self.now(), jwks }
    }

    fn write(&self, entry: &Entry) -> Result<(), Error> {
        write_atomically(&self.path, |out| serde_json::to_writer(out, entry).map_err(io::Error::other))
            .map_err(|source| self.failed(source))
    }

    /// Held while one process fetches; the operating system releases it when the process ends, however it ends.
    fn lock(&self) -> Result<File, Error> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        if fs::metadata(folder).is_err() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|source| self.failed(source))?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path.with_extension("lock"))
            .map_err(|source| self.failed(source))?;
        file.lock().map_err(|source| self.failed(source))?;
        Ok(file)
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::KeyCache { path: self.path.clone(), source }
    }
}
