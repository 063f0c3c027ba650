//! The orgs as Salesforce knows them.

use super::{Error, Reader, Selection};

/// Who an org is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgIdentity {
    /// Short name.
    pub org: String,
    /// Salesforce's id, 18 characters.
    pub organization_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Requests of the run that collected its state.
    pub api_calls: Option<i64>,
}

impl Reader {
    /// The orgs of the selection whose `Organization` was read, by short name.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn org_identities(&self, selection: &Selection) -> Result<Vec<OrgIdentity>, Error> {
        let mut identities = Vec::new();
        self.each(
            "SELECT v.org, v.organization_id, v.name, r.api_calls FROM orgs AS v
             LEFT JOIN runs AS r ON r.run_id = v.run_id",
            "v.org",
            selection,
            |row| {
                let (org, organization_id) = (row.get(0)?, row.get(1)?);
                Ok(OrgIdentity { org, organization_id, name: row.get(2)?, api_calls: row.get(3)? })
            },
            |identity| -> Result<(), Error> {
                identities.push(identity);
                Ok(())
            },
        )?;
        Ok(identities)
    }
}
