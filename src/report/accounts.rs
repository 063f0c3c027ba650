//! The accounts of a selection and the persons behind them.

use super::Error;
use super::measure::identity::Account;
use super::measure::person::Persons;
use crate::store::{AccountRow, Reader, Selection};

/// Accounts by org and user id, and whose they are.
pub(super) struct Accounts {
    /// The accounts.
    pub(super) rows: Vec<AccountRow>,
    /// The persons behind them.
    pub(super) persons: Persons,
}

impl Accounts {
    /// Reads the accounts of the selection. Persons are found among these only.
    pub(super) fn read(reader: &Reader, selection: &Selection) -> Result<Self, Error> {
        let mut rows = Vec::new();
        reader.accounts(selection, |account| -> Result<(), Error> {
            rows.push(account);
            Ok(())
        })?;
        let accounts: Vec<_> = rows.iter().map(identity).collect();
        let persons = Persons::resolve(&accounts);
        Ok(Self { rows, persons })
    }
}

fn identity(row: &AccountRow) -> Account<'_> {
    Account {
        org: &row.org,
        user_id: &row.user_id,
        username: row.username.as_deref(),
        email: row.email.as_deref(),
        employee_number: row.employee_number.as_deref(),
        federation_identifier: row.federation_identifier.as_deref(),
        user_type: row.user_type.as_deref(),
        license_key: row.license_key.as_deref(),
        license_name: row.license.as_deref(),
        is_sandbox: row.is_sandbox == Some(true),
    }
}
