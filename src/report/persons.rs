//! The persons behind the users that the store hands over.

use super::measure::identity::Account;
use super::measure::person::Persons;
use crate::store::Holder;

/// The persons behind these users.
pub(super) fn persons_among<'a>(users: impl IntoIterator<Item = &'a Holder>) -> Persons {
    Persons::resolve(&users.into_iter().map(account).collect::<Vec<_>>())
}

/// What a user says of who it is.
pub(super) fn account(user: &Holder) -> Account<'_> {
    let license = user.user_license.as_deref();
    Account {
        org: &user.org,
        user_id: &user.user_id,
        username: user.username.as_deref(),
        email: user.email.as_deref(),
        employee_number: user.employee_number.as_deref(),
        federation_identifier: user.federation_identifier.as_deref(),
        user_type: user.user_type.as_deref(),
        license_key: license.and_then(|license| license.key.as_deref()),
        license_name: license.and_then(|license| license.name.as_deref()),
        is_sandbox: user.is_in_sandbox,
    }
}
