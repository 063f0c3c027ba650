//! What users are granted beside licenses: their profile, permission sets and permission set groups.

use std::rc::Rc;

use hashbrown::HashMap;
use jiff::Timestamp;
use rusqlite::{Connection, Row};

use super::error::Doing as _;
use super::holder::instant;
use super::rows::Selection;
use super::{Error, Reader};

/// What one user is granted.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// Salesforce's id of the user's manager.
    pub manager_id: Option<String>,
    /// Salesforce's id of the profile.
    pub profile_id: Option<String>,
    /// Name of the profile; `None` when the profile itself was not read.
    pub profile: Option<Rc<str>>,
    /// In no order.
    pub permission_sets: Vec<PermissionSetGrant>,
}

/// A permission set, or a group of them, that is assigned to a user.
#[derive(Clone, Debug)]
pub struct PermissionSetGrant {
    /// Whether it is a group.
    pub is_group: bool,
    /// Salesforce's id of the permission set or the group.
    pub id: String,
    /// Its label; `None` when the permission set itself was not read.
    pub name: Option<Rc<str>>,
    /// When the assignment ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl Reader {
    /// What each user is granted, by org and id of the user. An assignment that has expired at the selection's time
    /// grants nothing; one that waits for its session to be activated does.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn grants(&self, selection: &Selection) -> Result<HashMap<Rc<str>, HashMap<String, Grants>>, Error> {
        let as_of = selection.as_of.as_millisecond();
        let mut by_org = HashMap::new();
        for (org_no, org) in self.selected_orgs(selection)? {
            let mut users = profiles_of_users(&self.connection, org_no)?;
            add_permission_sets(&self.connection, org_no, as_of, &mut users)?;
            by_org.insert(org, users);
        }
        Ok(by_org)
    }
}

fn profiles_of_users(connection: &Connection, org_no: i64) -> Result<HashMap<String, Grants>, Error> {
    let profiles = names(connection, org_no, "SELECT id, name FROM profile_now WHERE org_no = ?1")?;
    let doing = "reading the profiles of users";
    let read = |row: &Row<'_>| {
        let profile_id: Option<String> = row.get(2)?;
        let profile = profile_id.as_ref().and_then(|id| profiles.get(id)).cloned();
        let manager_id = row.get(1)?;
        Ok((row.get(0)?, Grants { manager_id, profile_id, profile, permission_sets: Vec::new() }))
    };
    connection
        .prepare_cached("SELECT id, manager_id, profile_id FROM user_now WHERE org_no = ?1")
        .and_then(|mut statement| statement.query_map([org_no], read)?.collect())
        .doing(doing)
}

fn add_permission_sets(
    connection: &Connection,
    org_no: i64,
    as_of: i64,
    users: &mut HashMap<String, Grants>,
) -> Result<(), Error> {
    let labels = "SELECT id, coalesce(label, name) FROM permission_set_now WHERE org_no = ?1";
    let labels = names(connection, org_no, labels)?;
    let doing = "reading the assignments of permission sets";
    let mut statement = connection
        .prepare_cached(
            "SELECT assignee_id, permission_set_id, permission_set_group_id, expires_at
             FROM permission_set_assignment_now
             WHERE org_no = ?1 AND (expires_at IS NULL OR expires_at > ?2)",
        )
        .doing(doing)?;
    let mut assignments = statement.query([org_no, as_of]).doing(doing)?;
    while let Some(assignment) = assignments.next().doing(doing)? {
        let user_id = assignment.get_ref(0).and_then(|id| Ok(id.as_str_or_null()?)).doing(doing)?;
        let Some(user) = user_id.and_then(|user_id| users.get_mut(user_id)) else { continue };
        let set_id: Option<String> = assignment.get(1).doing(doing)?;
        let group_id: Option<String> = assignment.get(2).doing(doing)?;
        // Salesforce keeps a permission set of its own for each group, which has the group's label.
        let name = set_id.as_ref().and_then(|set_id| labels.get(set_id)).cloned();
        let is_group = group_id.is_some();
        let Some(id) = group_id.or(set_id) else { continue };
        let expires_at = instant(assignment.get(3).doing(doing)?);
        user.permission_sets.push(PermissionSetGrant { is_group, id, name, expires_at });
    }
    Ok(())
}

fn names(connection: &Connection, org_no: i64, sql: &str) -> Result<HashMap<String, Rc<str>>, Error> {
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?));
    let named: Vec<(String, Option<String>)> = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_map([org_no], read)?.collect())
        .doing("reading the names of profiles and permission sets")?;
    Ok(named.into_iter().filter_map(|(id, name)| Some((id, name?.into()))).collect())
}
