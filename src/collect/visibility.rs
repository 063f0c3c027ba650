//! Objects that Salesforce answers in part, without an error, to a user who may not see all of them.
//!
//! Taken at face value such an answer would make everyone else look gone or inactive, or nobody frozen; it is treated as
//! if the object were not shown at all.

use super::error::Error;
use super::plan::Plan;
use super::read::ObjectState;
use super::scope::ScopeSurvey;
use crate::salesforce::Session;
use crate::store::Store;

/// Where less than this share is visible of what is known to be there, the right to see it is missing. Salesforce's own
/// counts may be of yesterday, so a small difference says nothing.
const LEAST_VISIBLE_PERCENT: u64 = 50;

/// Objects of which every org has a row.
const NEVER_EMPTY: [&str; 3] = ["Organization", "Profile", "UserLicense"];

/// Objects that hold the seats of licenses, each with the object whose `UsedLicenses` counts them over the whole org.
const SEATS: [(&str, &str); 2] =
    [("PermissionSetLicenseAssign", "PermissionSetLicense"), ("UserPackageLicense", "PackageLicense")];

/// Hides what was only partly visible.
pub(super) fn hide_partial_objects(
    store: &Store,
    session: &Session,
    plan: &Plan,
    scope: &ScopeSurvey,
    states: &mut [ObjectState],
) -> Result<(), Error> {
    let place = |name: &str| plan.objects.iter().position(|planned| planned.staged.object.name == name);
    let whole = |states: &[ObjectState], name: &str| place(name).filter(|index| states[*index].is_whole());
    let used_seats = |licenses: usize| store.staged_used_seats(plan.objects[licenses].staged.object);
    for name in NEVER_EMPTY {
        if let Some(empty) = whole(states, name).filter(|index| states[*index].rows() == 0) {
            let permission = plan.objects[empty].staged.object.permission;
            states[empty].hide(&format!("no row is visible, and every org has one; it needs {permission}"));
        }
    }
    if let Some(organization) = whole(states, "Organization") {
        let (found, own) = (store.staged_organization_ids()?, session.organization_id());
        if found != [own.as_str()] {
            let found = found.join(" and ");
            states[organization].hide(&format!("it is of the org {found}, and the token is for {own}"));
        }
    }
    for (seats, licenses) in SEATS {
        let (Some(seats), Some(licenses)) = (whole(states, seats), whole(states, licenses)) else { continue };
        let (visible, used) = (states[seats].rows(), used_seats(licenses)?);
        if visible * 100 < used * LEAST_VISIBLE_PERCENT {
            let permission = plan.objects[seats].staged.object.permission;
            states[seats].hide(&format!("only {visible} of {used} seats are visible; it needs {permission}"));
        }
    }
    if let (Some(users), Some(licenses)) = (whole(states, "User"), whole(states, "UserLicense")) {
        let (visible, used) = (org_users(scope, &states[users]), used_seats(licenses)?);
        if visible * 100 < used * LEAST_VISIBLE_PERCENT {
            states[users].hide(&format!(
                "{visible} users are visible, and their licenses are used {used} times; if the sharing of users is \
                 private, grant View All Users"
            ));
        }
    }
    let Some(users) = whole(states, "User") else { return Ok(()) };
    if let (Some(logins), Some(window)) = (whole(states, "LoginHistory"), plan.login_window)
        && store.staged_logins_hide_others(session.user_id(), window)?
    {
        states[logins].hide(
            "only the collector's own logins are visible; grant Monitor Login History (or Manage Users)",
        );
    }
    if let Some(frozen) = whole(states, "UserLogin") {
        let org_users = org_users(scope, &states[users]);
        let visible = session.count("SELECT COUNT() FROM UserLogin")?;
        if visible * 100 < org_users * LEAST_VISIBLE_PERCENT {
            states[frozen].hide(&format!(
                "the state of only {visible} of {org_users} users is visible; grant Manage Users, or leave frozen unknown"
            ));
        }
    }
    Ok(())
}

/// How many users of the org are visible, in scope or not.
fn org_users(scope: &ScopeSurvey, users: &ObjectState) -> u64 {
    match scope {
        ScopeSurvey::WholeOrg => users.rows(),
        ScopeSurvey::Companies { org_users, .. } => *org_users,
    }
}
