//! Report `users`: who has an account, of which company, with which license, and whether they can log in.

use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Evidence, Reach, Report, Sink, knows_all};
use crate::store::UserRow;

/// Ids of users, wherever they stand: a manager's pseudonym is the one of the manager's own row.
const USER_ID: Personal = Personal::Pseudonym("User.Id");

/// The report.
pub const USERS: Report = Report {
    id: "users",
    title: "Users",
    description: "Every user in scope with company, license, role and state",
    definition: "One row per user in scope, active or not. `company` is the configured company that the user's company name \
                 matched; `last_login_at` is Salesforce's own field, which knows no difference between a person and \
                 a program.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("user_id", Kind::Text, "Salesforce's id of the user").personal(USER_ID),
        Column::new("username", Kind::Text, "Login name, unique across all of Salesforce")
            .of(&["User.Username"])
            .personal(Personal::Pseudonym("User.Username"))
            .shown(),
        Column::new("name", Kind::Text, "First and last name")
            .of(&["User.Name"])
            .personal(Personal::Pseudonym("User.Name"))
            .shown(),
        Column::new("email", Kind::Text, "E-mail address")
            .of(&["User.Email"])
            .personal(Personal::Pseudonym("User.Email")),
        Column::new("company", Kind::Text, "Configured company the user matched")
            .of(&["User.CompanyName"])
            .shown(),
        Column::new("company_name", Kind::Text, "Company name as Salesforce has it")
            .of(&["User.CompanyName"]),
        Column::new("department", Kind::Text, "Department").of(&["User.Department"]).shown(),
        Column::new("division", Kind::Text, "Division").of(&["User.Division"]),
        Column::new("title", Kind::Text, "Job title").of(&["User.Title"]),
        Column::new("employee_number", Kind::Text, "Employee number")
            .of(&["User.EmployeeNumber"])
            .personal(Personal::Pseudonym("User.EmployeeNumber")),
        Column::new("federation_identifier", Kind::Text, "Name at the identity provider")
            .of(&["User.FederationIdentifier"])
            .personal(Personal::Pseudonym("User.FederationIdentifier")),
        Column::new("is_active", Kind::Boolean, "Whether the account may be used")
            .of(&["User.IsActive"])
            .shown(),
        Column::new("is_frozen", Kind::Boolean, "Whether login is blocked; empty when not readable")
            .of(&["UserLogin.IsFrozen"])
            .shown(),
        Column::new("user_type", Kind::Text, "Salesforce's class of user").of(&["User.UserType"]),
        Column::new("profile_id", Kind::Text, "Id of the profile").of(&["User.ProfileId"]),
        Column::new("profile", Kind::Text, "Name of the profile").of(&["Profile.Name"]),
        Column::new("license_id", Kind::Text, "Id of the user license"),
        Column::new("license", Kind::Text, "Name of the user license").of(&["UserLicense.Name"]).shown(),
        Column::new("role_id", Kind::Text, "Id of the role").of(&["User.UserRoleId"]),
        Column::new("role", Kind::Text, "Name of the role").of(&["UserRole.Name"]),
        Column::new("manager_id", Kind::Text, "Id of the manager").of(&["User.ManagerId"]).personal(USER_ID),
        Column::new("created_at", Kind::DateTime, "When the account was made").of(&["User.CreatedDate"]),
        Column::new("last_login_at", Kind::DateTime, "Last login by Salesforce's field")
            .of(&["User.LastLoginDate"])
            .shown(),
        Column::new("extra", Kind::Text, "The configured extra fields, as JSON").personal(Personal::Withheld),
    ],
    totals: &[
        Column::new("users", Kind::Integer, "Users in scope").counts_people().sum(),
        Column::new("active_users", Kind::Integer, "Of these, active").counts_people().sum(),
        Column::new("frozen_users", Kind::Integer, "Of the active ones, frozen").counts_people().sum(),
        Column::new("active_without_license", Kind::Integer, "Of the active ones, without a user license")
            .counts_people()
            .sum(),
    ],
    sources: &["User", "Profile", "UserLicense", "UserRole", "UserLogin"],
    key: &["org", "user_id"],
    label: &["org", "username"],
    about: &["license", "is_active"],
    write,
};

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut counts = [0_i64; COUNTS.len()];
    reader.users(selection, |user| {
        for (count, Count { measure, because, counts, .. }) in counts.iter_mut().zip(COUNTS) {
            if counts(&user) {
                *count += 1;
                let evidence = Evidence {
                    row: &[],
                    measure,
                    amount: Cell::Integer(1),
                    org: &user.org,
                    object: "User",
                    record_id: &user.user_id,
                    user_id: Some(&user.user_id),
                    because,
                };
                sink.evidence(&evidence).map_err(Error::Write)?;
            }
        }
        sink.row(&cells(&user)).map_err(Error::Write)
    })?;
    let totals = counts.into_iter().zip(COUNTS).map(|(count, Count { objects, .. })| {
        Ok(if knows_all(reader, selection, objects)? { Cell::Integer(count) } else { Cell::Null })
    });
    totals.collect()
}

/// One total: which users it counts, and the objects without which nobody can tell.
struct Count {
    measure: &'static str,
    because: &'static str,
    counts: fn(&UserRow) -> bool,
    objects: &'static [&'static str],
}

/// In the order of the totals.
const COUNTS: &[Count] = &[
    Count { measure: "users", because: "is in scope", counts: |_| true, objects: &["User"] },
    Count { measure: "active_users", because: "is active", counts: is_active, objects: &["User"] },
    Count {
        measure: "frozen_users",
        because: "is active and frozen",
        counts: |user| is_active(user) && user.is_frozen == Some(true),
        objects: &["User", "UserLogin"],
    },
    Count {
        measure: "active_without_license",
        because: "is active and its profile has no user license",
        counts: |user| is_active(user) && user.license_id.is_none(),
        objects: &["User", "Profile"],
    },
];

fn is_active(user: &UserRow) -> bool {
    user.is_active == Some(true)
}

fn cells(user: &UserRow) -> [Cell<'_>; 25] {
    [
        (&user.org).into(),
        (&user.user_id).into(),
        user.username.as_ref().into(),
        user.name.as_ref().into(),
        user.email.as_ref().into(),
        user.company.as_ref().into(),
        user.company_name.as_ref().into(),
        user.department.as_ref().into(),
        user.division.as_ref().into(),
        user.title.as_ref().into(),
        user.employee_number.as_ref().into(),
        user.federation_identifier.as_ref().into(),
        user.is_active.into(),
        user.is_frozen.into(),
        user.user_type.as_ref().into(),
        user.profile_id.as_ref().into(),
        user.profile.as_ref().into(),
        user.license_id.as_ref().into(),
        user.license.as_ref().into(),
        user.role_id.as_ref().into(),
        user.role.as_ref().into(),
        user.manager_id.as_ref().into(),
        user.created_at.as_ref().into(),
        user.last_login_at.as_ref().into(),
        user.extra.as_ref().into(),
    ]
}
