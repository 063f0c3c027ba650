//! Reading the accounts of users with everything by which persons are told apart.

use super::Error;
use super::reader::{Reader, columns};
use super::rows::{Selection, view_row};

view_row!(
    /// A row of `users`, with the key of its license and what kind of org it is in.
    AccountRow from "(
        SELECT u.*, l.license_definition_key AS license_key, o.is_sandbox
        FROM users AS u JOIN org ON org.org = u.org
        LEFT JOIN organization_now AS o ON o.org_no = org.org_no
        LEFT JOIN user_license_now AS l ON l.org_no = org.org_no AND l.id = u.license_id
        WHERE :companies IS NULL OR u.company IN (SELECT value FROM json_each(:companies))
    )" {
        org: String,
        user_id: String,
        username: Option<String>,
        name: Option<String>,
        email: Option<String>,
        company: Option<String>,
        employee_number: Option<String>,
        federation_identifier: Option<String>,
        is_active: Option<bool>,
        user_type: Option<String>,
        license_id: Option<String>,
        license_key: Option<String>,
        license: Option<String>,
        created_at: Option<String>,
        last_login_at: Option<String>,
        is_sandbox: Option<bool>,
    }
);

impl Reader {
    /// Hands each account to `each`, by org and user id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn accounts<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(AccountRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select = format!("SELECT {} FROM {} AS v", columns(AccountRow::COLUMNS), AccountRow::VIEW);
        self.each(&select, "v.org, v.user_id", selection, AccountRow::read, each)
    }
}
