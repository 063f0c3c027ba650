//! The persons behind the users that the store hands over.

use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::measure::identity::Account;
use super::measure::person::Persons;
use crate::store::{Holder, HolderRow, Holdings};

/// The persons behind these users.
pub(super) fn persons_among<'a>(users: impl IntoIterator<Item = &'a Holder>) -> Persons {
    Persons::resolve(&users.into_iter().map(account).collect::<Vec<_>>())
}

/// The seats of each user who holds any.
pub(super) fn seats_by_user(holdings: &[Rc<Holdings>]) -> HashMap<*const Holder, &[HolderRow]> {
    let seats = holdings
        .iter()
        .flat_map(|org| org.seats.chunk_by(|one, other| Rc::ptr_eq(&one.holder, &other.holder)));
    seats.map(|of_user| (Rc::as_ptr(&of_user[0].holder), of_user)).collect()
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

/// The last login that is known of a user, of any kind.
pub(super) fn last_login(user: &Holder) -> Option<Timestamp> {
    [user.last_login_at, user.last_interactive_at, user.last_api_at, user.last_unknown_at]
        .into_iter()
        .flatten()
        .max()
}
