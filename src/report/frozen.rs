//! Report `frozen`: active users who are frozen and hold seats all the same.

use std::rc::Rc;

use super::evidence::Evidence;
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, CREATED_AT, DEPARTMENT, NAME, ORG, USER_ID, USER_LICENSE, USER_LICENSE_KEY, USER_TYPE, USERNAME,
    count, instant, people, text, user_license,
};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::store::{Holder, HolderRow};

/// The report.
pub const FROZEN: Report = Report {
    id: "frozen",
    title: "Frozen users with seats",
    description: "Active users whose login is blocked and who still hold seats",
    definition: "One row per active, frozen user who holds at least one seat. Freezing blocks the login and frees no seat; \
                 deactivating frees the user license and the feature licenses. Seats of different kinds are counted \
                 apart and never added. Where frozen users could not be read, the totals are unknown.",
    reach: Reach::Companies,
    options: &[],
    columns: &[
        ORG,
        USER_ID,
        USERNAME,
        NAME,
        COMPANY,
        DEPARTMENT,
        USER_TYPE,
        USER_LICENSE_KEY,
        USER_LICENSE,
        count(SEATS[0].1, "User licenses held, one or none").shown(),
        count(SEATS[1].1, "Permission set licenses held").shown(),
        count(SEATS[2].1, "Package licenses held").shown(),
        count(SEATS[3].1, "Feature licenses held").shown(),
        Column::new("last_login_at", Kind::DateTime, "Last login by Salesforce's field")
            .of(&["User.LastLoginDate"])
            .shown(),
        CREATED_AT,
    ],
    totals: &[
        people("frozen_users", "Users listed"),
        count(SEATS[0].2, "User licenses that they hold"),
        count(SEATS[1].2, "Permission set licenses that they hold"),
        count(SEATS[2].2, "Package licenses that they hold"),
        count(SEATS[3].2, "Feature licenses that they hold"),
    ],
    sources: &[
        "User",
        "UserLogin",
        "Profile",
        "UserLicense",
        "PermissionSetLicenseAssign",
        "UserPackageLicense",
    ],
    key: &["org", "user_id"],
    label: &["org", "username"],
    about: &["user_seats", "permission_set_seats"],
    write,
};

/// The kinds of seats, each with its column, its total and the object that lists its holders.
const SEATS: [(&str, &str, &str, &str); 4] = [
    ("user", "user_seats", "all_user_seats", "Profile"),
    ("permission_set", "permission_set_seats", "all_permission_set_seats", "PermissionSetLicenseAssign"),
    ("package", "package_seats", "all_package_seats", "UserPackageLicense"),
    ("feature", "feature_seats", "all_feature_seats", "User"),
];

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut seats = Vec::new();
    reader.holders(selection, |seat| -> Result<(), Error> {
        if seat.holder.is_active == Some(true) && seat.holder.is_frozen == Some(true) {
            seats.push(seat.clone());
        }
        Ok(())
    })?;
    let mut users = 0;
    let mut totals = [0; SEATS.len()];
    for of_user in seats.chunk_by(|one, other| Rc::ptr_eq(&one.holder, &other.holder)) {
        let user = &*of_user[0].holder;
        let counts = SEATS.map(|(kind, ..)| {
            i64::try_from(of_user.iter().filter(|seat| seat.license.kind == kind).count()).unwrap_or(i64::MAX)
        });
        users += 1;
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
        sink.row(&cells(user, counts)).map_err(Error::Write)?;
        give_evidence(sink, user, of_user).map_err(Error::Write)?;
    }
    let mut cells = vec![known(knows_all(reader, selection, &["User", "UserLogin"])?, users)];
    for (total, (.., object)) in totals.into_iter().zip(SEATS) {
        cells.push(known(knows_all(reader, selection, &["User", "UserLogin", object])?, total));
    }
    Ok(cells)
}

fn known(is_known: bool, number: i64) -> Cell<'static> {
    if is_known { Cell::Integer(number) } else { Cell::Null }
}

fn give_evidence(sink: &mut dyn Sink, user: &Holder, seats: &[HolderRow]) -> std::io::Result<()> {
    let row = [Cell::from(&*user.org), Cell::from(&user.user_id)];
    let of_user = Evidence {
        row: &[],
        measure: "frozen_users",
        amount: Cell::Integer(1),
        org: &user.org,
        object: "User",
        record_id: &user.user_id,
        user_id: Some(&user.user_id),
        because: "active, frozen and holding seats",
    };
    sink.evidence(&of_user)?;
    for seat in seats {
        let Some((_, column, total, _)) = SEATS.iter().find(|(kind, ..)| *kind == seat.license.kind) else {
            continue;
        };
        for (row, measure) in [(&row[..], *column), (&[], *total)] {
            let (object, record_id) = (seat.object(), seat.license.license_id.as_str());
            let because = "held by a frozen user";
            sink.evidence(&Evidence { row, measure, object, record_id, because, ..of_user.clone() })?;
        }
    }
    Ok(())
}

fn cells(user: &Holder, counts: [i64; SEATS.len()]) -> [Cell<'_>; 15] {
    let (license_key, license) = user_license(user);
    let [of_user, of_permission_sets, of_packages, of_features] = counts.map(Cell::Integer);
    [
        Cell::from(&*user.org),
        (&user.user_id).into(),
        user.username.as_ref().into(),
        user.name.as_ref().into(),
        text(user.company.as_ref()),
        text(user.department.as_ref()),
        text(user.user_type.as_ref()),
        license_key,
        license,
        of_user,
        of_permission_sets,
        of_packages,
        of_features,
        instant(user.last_login_at),
        instant(user.created_at),
    ]
}
