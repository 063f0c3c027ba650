//! Report `access-review`: who has what, for a reviewer to confirm or to take back.

use std::rc::Rc;

use jiff::Timestamp;

use super::evidence::{Evidence, Formula};
use super::login_evidence::LoginEvidence;
use super::persons::seats_by_user;
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, DEPARTMENT, LAST_ANY_AT, NAME, ORG, USER_ID, USER_ID_TREATMENT, USERNAME, count, instant,
    people, text, user_license,
};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::base::utc_text;
use crate::store::{Grants, Holder, HolderRow};

/// The report.
pub const ACCESS_REVIEW: Report = Report {
    id: "access-review",
    title: "Access review",
    description: "Who has which profile, permission sets and licenses, with columns for the reviewer's decision",
    definition: "One row per active user, frozen or not, and access that the user holds: the profile with the user license \
                 that it brings, permission set groups, permission sets assigned directly, permission set licenses, \
                 package licenses and feature licenses. An assignment that has expired by as_of is left out; one that \
                 waits for its session to be activated is not. `granted_at` is known of permission set licenses and \
                 package licenses only. `days_since_use` counts whole days from the user's last known login of any \
                 kind, which says nothing of whether this very access was used, and is empty where no login is known. \
                 `decision`, `reviewer`, `decided_on` and `comment` are empty for the reviewer to fill in. Which \
                 permissions a profile or permission set contains is not collected, so nothing is called privileged: \
                 a name alone does not tell.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        ORG,
        USER_ID,
        USERNAME,
        NAME.shown(),
        COMPANY,
        DEPARTMENT,
        Column::new("manager_id", Kind::Text, "Id of the manager")
            .of(&["User.ManagerId"])
            .personal(USER_ID_TREATMENT),
        Column::new("is_frozen", Kind::Boolean, "Whether login is blocked; empty when not readable")
            .of(&["UserLogin.IsFrozen"]),
        Column::new(
            "kind",
            Kind::Text,
            "profile, permission_set_group, permission_set, permission_set_license, package_license or feature_license",
        )
        .shown(),
        Column::new("access_id", Kind::Text, "Salesforce's id of what is held; of a feature license its field"),
        Column::new("access", Kind::Text, "Name of what is held; empty when it was not readable")
            .of(&[
                "Profile.Name",
                "PermissionSet.Label",
                "PermissionSetLicense.MasterLabel",
                "PackageLicense.NamespacePrefix",
            ])
            .shown(),
        Column::new("license", Kind::Text, "Name of the user license that the profile brings")
            .of(&["UserLicense.Name"])
            .shown(),
        Column::new("granted_at", Kind::DateTime, "When it was assigned; empty when that is not known"),
        Column::new("expires_at", Kind::DateTime, "When the assignment of a permission set ends by itself")
            .of(&["PermissionSetAssignment.ExpirationDate"]),
        LAST_ANY_AT,
        Column::new("days_since_use", Kind::Integer, "Whole days from last_any_at to as_of")
            .from(Formula::Rule, &["last_any_at"])
            .shown(),
        Column::new("decision", Kind::Text, "For the reviewer: keep or take back").shown(),
        Column::new("reviewer", Kind::Text, "For the reviewer: who decided"),
        Column::new("decided_on", Kind::Date, "For the reviewer: the day"),
        Column::new("comment", Kind::Text, "For the reviewer: why"),
    ],
    totals: &[people("users", "Users listed"), count("accesses", "What they hold, each once")],
    sources: &[
        "User",
        "UserLogin",
        "Profile",
        "UserLicense",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "PackageLicense",
        "UserPackageLicense",
    ],
    key: &["org", "user_id", "kind", "access_id"],
    label: &["org", "username", "access"],
    about: &["access", "days_since_use", "decision"],
    write,
};

/// The objects without which nobody knows who holds what.
const HOLDINGS: &[&str] =
    &["User", "PermissionSetAssignment", "PermissionSetLicenseAssign", "UserPackageLicense"];

/// What a user can hold, in the order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum AccessKind {
    Profile,
    PermissionSetGroup,
    PermissionSet,
    PermissionSetLicense,
    PackageLicense,
    FeatureLicense,
}

impl AccessKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::PermissionSetGroup => "permission_set_group",
            Self::PermissionSet => "permission_set",
            Self::PermissionSetLicense => "permission_set_license",
            Self::PackageLicense => "package_license",
            Self::FeatureLicense => "feature_license",
        }
    }

    /// The object that what is held is a record of.
    const fn object(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::PermissionSetGroup => "PermissionSetGroup",
            Self::PermissionSet => "PermissionSet",
            Self::PermissionSetLicense => "PermissionSetLicense",
            Self::PackageLicense => "PackageLicense",
            Self::FeatureLicense => "User",
        }
    }
}

/// Something that a user holds.
struct Access<'a> {
    kind: AccessKind,
    id: &'a str,
    name: Option<&'a str>,
    granted_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let grants = reader.grants(selection)?;
    let holdings = reader.holdings(selection)?;
    let seats = seats_by_user(&holdings);
    let holders = holdings.iter().flat_map(|org| &org.users).filter(|user| user.is_active == Some(true));
    let nothing = Grants::default();
    let evidence = LoginEvidence::read(basis)?;
    let (mut users, mut accesses) = (0_i64, 0_i64);
    for user in holders {
        let granted = grants.get(&user.org).and_then(|users| users.get(&user.user_id)).unwrap_or(&nothing);
        let held = held(granted, seats.get(&Rc::as_ptr(user)).copied().unwrap_or_default());
        let last = LastUse::of(evidence.logins(user).last_any(), selection.as_of);
        for access in &held {
            sink.row(&cells(user, granted, access, &last)).map_err(Error::Write)?;
            prove(sink, user, "accesses", access.kind.object(), access.id)?;
        }
        if !held.is_empty() {
            users += 1;
            prove(sink, user, "users", "User", &user.user_id)?;
        }
        accesses += i64::try_from(held.len()).unwrap_or(i64::MAX);
    }
    let is_known = knows_all(reader, selection, HOLDINGS)?;
    let total = |number| if is_known { Cell::Integer(number) } else { Cell::Null };
    Ok(vec![total(users), total(accesses)])
}

/// Each once, in the order of the rows: of several assignments of the same thing, the one that ends last.
fn held<'a>(granted: &'a Grants, seats: &'a [HolderRow]) -> Vec<Access<'a>> {
    let profile = granted.profile_id.iter().map(|id| Access {
        kind: AccessKind::Profile,
        id,
        name: granted.profile.as_deref(),
        granted_at: None,
        expires_at: None,
    });
    let sets = granted.permission_sets.iter().map(|set| Access {
        kind: if set.is_group { AccessKind::PermissionSetGroup } else { AccessKind::PermissionSet },
        id: &set.id,
        name: set.name.as_deref(),
        granted_at: None,
        expires_at: set.expires_at,
    });
    let licenses = seats.iter().filter_map(|seat| {
        let kind = match seat.license.kind {
            "permission_set" => AccessKind::PermissionSetLicense,
            "package" => AccessKind::PackageLicense,
            "feature" => AccessKind::FeatureLicense,
            // The user license stands beside the profile that brings it.
            _ => return None,
        };
        let (id, name) = (&seat.license.license_id, seat.license.name.as_deref());
        Some(Access { kind, id, name, granted_at: seat.assigned_at, expires_at: None })
    });
    let mut held: Vec<_> = profile.chain(sets).chain(licenses).collect();
    held.sort_by_key(|access| {
        let ends = access.expires_at.unwrap_or(Timestamp::MAX);
        (access.kind, access.id, std::cmp::Reverse(ends), access.granted_at)
    });
    held.dedup_by(|next, kept| (next.kind, next.id) == (kept.kind, kept.id));
    held
}

/// A user's last login, told in each of the user's rows.
struct LastUse {
    at: Option<String>,
    days: Cell<'static>,
}

impl LastUse {
    fn of(last: Option<Timestamp>, as_of: Timestamp) -> Self {
        let days = last.map(|last| as_of.duration_since(last).as_hours() / 24);
        Self { at: last.map(utc_text), days: days.map_or(Cell::Null, Cell::Integer) }
    }
}

fn cells<'a>(
    user: &'a Holder,
    granted: &'a Grants,
    access: &Access<'a>,
    last: &'a LastUse,
) -> [Cell<'a>; 20] {
    let license = match access.kind {
        AccessKind::Profile => user_license(user).1,
        _ => Cell::Null,
    };
    [
        Cell::from(&*user.org),
        (&user.user_id).into(),
        user.username.as_ref().into(),
        user.name.as_ref().into(),
        text(user.company.as_ref()),
        text(user.department.as_ref()),
        granted.manager_id.as_ref().into(),
        user.is_frozen.into(),
        access.kind.word().into(),
        access.id.into(),
        access.name.into(),
        license,
        instant(access.granted_at),
        instant(access.expires_at),
        last.at.as_ref().into(),
        last.days.clone(),
        Cell::Null,
        Cell::Null,
        Cell::Null,
        Cell::Null,
    ]
}

fn prove(
    sink: &mut dyn Sink,
    user: &Holder,
    measure: &'static str,
    object: &'static str,
    record_id: &str,
) -> Result<(), Error> {
    let evidence = Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(1),
        org: &user.org,
        object,
        record_id,
        user_id: Some(&user.user_id),
        because: "held by an active user",
    };
    sink.evidence(&evidence).map_err(Error::Write)
}
