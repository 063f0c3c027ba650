//! The persons behind the users that the store hands over.

use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::measure::employment::ListCoverage;
use super::measure::identity::Account;
use super::measure::person::Persons;
use super::{Basis, Error};
use crate::base::joined;
use crate::store::{Holder, HolderRow, Holdings, Selection};

/// The persons behind all users of the orgs, found on a thread of its own while this one does `work`. Companies asked for
/// do not matter: who shares an address with whom does not depend on who is looked at.
pub(super) fn persons_beside<Done>(
    basis: &Basis<'_>,
    work: impl FnOnce() -> Result<Done, Error>,
) -> Result<(Persons, Done), Error> {
    let all = Selection { companies: Vec::new(), ..basis.selection.clone() };
    let users = basis.reader.users_with_logins(&all)?;
    let accounts: Vec<_> = users.iter().map(|user| account(user)).collect();
    std::thread::scope(|threads| {
        let persons = threads.spawn(|| Persons::resolve(&accounts));
        let done = work();
        Ok((joined(persons), done?))
    })
}

/// The seats of each user who holds any.
pub(super) fn seats_by_user(holdings: &[Rc<Holdings>]) -> HashMap<*const Holder, &[HolderRow]> {
    holdings
        .iter()
        .flat_map(|org| org.by_holder())
        .map(|of_user| (Rc::as_ptr(&of_user[0].holder), of_user))
        .collect()
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

/// Says on the log that nobody is taken for gone who is only absent from the list of people.
pub(super) fn warn_of_short_list(ListCoverage { compared, absent }: ListCoverage) {
    tracing::warn!(
        "the list of people is declared complete and lacks {absent} of {compared} active accounts of employees: \
         who is only absent from it is not taken for gone; ask for the whole list, or set people_complete = false"
    );
}

/// The last login that is known of a user, of any kind.
pub(super) fn last_login(user: &Holder) -> Option<Timestamp> {
    [user.last_login_at, user.last_interactive_at, user.last_api_at, user.last_unknown_at]
        .into_iter()
        .flatten()
        .max()
}
