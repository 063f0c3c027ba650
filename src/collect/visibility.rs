//! Objects that Salesforce answers in part, without an error, to a user who may not see all of them.
//!
//! Taken at face value such an answer would make everyone else look inactive, or nobody frozen; it is treated as if
//! the object were not shown at all.

use super::error::Error;
use super::plan::Plan;
use super::read::ObjectState;
use super::scope::ScopeSurvey;
use crate::salesforce::Session;
use crate::store::Store;

/// Every user has a `UserLogin` (Object Reference, `UserLogin`), but for a few of Salesforce's own; where less than
/// this share is visible, the right to see them is missing.
const LEAST_VISIBLE_PERCENT: u64 = 50;

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
    let Some(users) = whole(states, "User") else { return Ok(()) };
    if let (Some(logins), Some(window)) = (whole(states, "LoginHistory"), plan.login_window)
        && store.staged_logins_hide_others(session.user_id(), window)?
    {
        states[logins].hide(
            "only the collector's own logins are visible; grant Monitor Login History (or Manage Users)",
        );
    }
    if let Some(frozen) = whole(states, "UserLogin") {
        let org_users = match scope {
            ScopeSurvey::WholeOrg => states[users].rows(),
            ScopeSurvey::Companies { org_users, .. } => *org_users,
        };
        let visible = session.count("SELECT COUNT() FROM UserLogin")?;
        if visible * 100 < org_users * LEAST_VISIBLE_PERCENT {
            states[frozen].hide(&format!(
                "the state of only {visible} of {org_users} users is visible; grant Manage Users, or leave frozen unknown"
            ));
        }
    }
    Ok(())
}
