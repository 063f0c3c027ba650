//! What `describe` said of each object, kept between runs.

use jiff::Timestamp;
use rusqlite::params;

use super::error::Doing as _;
use super::runs::Run;
use super::{Error, Store};

impl Store {
    /// The cached answers for an API version that were fetched after `oldest`: object name and text.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn cached_describes(
        &self,
        run: &Run,
        api_version: &str,
        oldest: Timestamp,
    ) -> Result<Vec<(String, String)>, Error> {
        self.connection
            .prepare(
                "SELECT object, fields FROM describe_cache
                 WHERE org_no = ?1 AND api_version = ?2 AND fetched_at > ?3",
            )
            .and_then(|mut statement| {
                statement
                    .query_map(params![run.org_no, api_version, oldest.as_millisecond()], |row| {
                        Ok((row.get(0)?, row.get(1)?))
                    })?
                    .collect()
            })
            .doing("reading the describe cache")
    }

    /// Keeps an answer.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn cache_describe(
        &self,
        run: &Run,
        api_version: &str,
        object: &str,
        fields: &str,
        now: Timestamp,
    ) -> Result<(), Error> {
        self.connection
            .execute(
                "INSERT OR REPLACE INTO describe_cache VALUES (?1, ?2, ?3, ?4, ?5)",
                params![run.org_no, api_version, object, now.as_millisecond(), fields],
            )
            .map(|_| ())
            .doing("filling the describe cache")
    }

    /// Forgets the answer for an object whose fields have turned out different.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn forget_describe(&self, run: &Run, object: &str) -> Result<(), Error> {
        self.connection
            .execute(
                "DELETE FROM describe_cache WHERE org_no = ?1 AND object = ?2",
                params![run.org_no, object],
            )
            .map(|_| ())
            .doing("clearing the describe cache")
    }
}
