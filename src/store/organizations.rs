//! Reading what kind of org each org is, and how much of it is collected in person.

use super::Error;
use super::reader::Reader;
use super::rows::{Selection, view_row};

view_row!(
    /// An org that has a state.
    OrganizationRow from "(
        SELECT org.org, o.is_sandbox, EXISTS (
            SELECT 1 FROM company_spelling_now AS whole WHERE whole.org_no = org.org_no AND whole.spelling = ''
        ) AS has_everybody
        FROM org_state AS state JOIN org ON org.org_no = state.org_no
        LEFT JOIN organization_now AS o ON o.org_no = state.org_no
    )" {
        org: String,
        is_sandbox: Option<bool>,
        has_everybody: bool,
    }
);

impl Reader {
    /// The orgs of the selection, by name. One `has_everybody` when all its users are collected, not only those of some
    /// companies.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn organizations(&self, selection: &Selection) -> Result<Vec<OrganizationRow>, Error> {
        let mut organizations = Vec::new();
        let select = format!("SELECT {} FROM {} AS v", OrganizationRow::COLUMNS.join(", "), OrganizationRow::VIEW);
        self.each(&select, "v.org", selection, OrganizationRow::read, |organization| {
            organizations.push(organization);
            Ok::<_, Error>(())
        })?;
        Ok(organizations)
    }
}
