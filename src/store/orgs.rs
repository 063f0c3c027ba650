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
}

impl Reader {
    /// The orgs of the selection whose `Organization` was read, by short name.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn org_identities(&self, selection: &Selection) -> Result<Vec<OrgIdentity>, Error> {
        let mut identities = Vec::new();
        self.each(
            "SELECT v.org, v.organization_id, v.name FROM orgs AS v",
            "v.org",
            selection,
            |row| {
                Ok(OrgIdentity { org: row.get(0)?, organization_id: row.get(1)?, name: row.get(2)? })
            },
            |identity| -> Result<(), Error> {
                identities.push(identity);
                Ok(())
            },
        )?;
        Ok(identities)
    }
}
