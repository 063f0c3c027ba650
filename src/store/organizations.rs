//! Reading how much of an org is collected in person.

use std::collections::BTreeSet;

use rusqlite::params_from_iter;

use super::Error;
use super::error::Doing as _;
use super::reader::{Reader, among};
use super::rows::Selection;

impl Reader {
    /// The orgs of the selection whose users are collected all, not only those of some companies.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn orgs_with_everybody(&self, selection: &Selection) -> Result<BTreeSet<String>, Error> {
        let (condition, names) = among("org.org", &selection.orgs);
        self.connection
            .prepare(&format!(
                "SELECT org.org FROM company_spelling_now AS whole JOIN org ON org.org_no = whole.org_no
                 WHERE whole.spelling = '' AND {condition}"
            ))
            .and_then(|mut statement| {
                statement.query_map(params_from_iter(names), |row| row.get(0))?.collect()
            })
            .doing("reading which orgs are collected whole")
    }
}
