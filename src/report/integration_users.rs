//! Report `integration-users`: accounts that only programs use, and which of them sit on full seats.

use super::evidence::Evidence;
use super::login_evidence::{LoginEvidence, day};
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, CREATED_AT, LAST_API_AT, LAST_INTERACTIVE_AT, LAST_UNKNOWN_AT, NAME, ORG, USER_ID, USER_LICENSE,
    USER_LICENSE_KEY, USER_TYPE, USERNAME, instant, people, text, user_license,
};
use super::{Basis, Error, Reach, Report, ReportOption, Sink, knows_all};
use crate::catalogue::is_for_programs;
use crate::store::Holder;

/// The report.
pub const INTEGRATION_USERS: Report = Report {
    id: "integration-users",
    title: "Integration users",
    description: "Active users whom only programs use, and whether a full seat is spent on them",
    definition: "One row per active user with a user license who logged in by API during the window and in no other way. \
                 A full seat is a user license that is not made for programs. Logins of an unknown kind count as a \
                 person's. Salesforce records logins of mobile apps as logins by API, so a person who uses nothing else \
                 is listed too. Users whose logins are not known over the whole window are counted apart.",
    reach: Reach::Companies,
    options: &[ReportOption::Window],
    columns: &[
        ORG,
        USER_ID,
        USERNAME,
        NAME,
        COMPANY,
        USER_TYPE,
        USER_LICENSE_KEY,
        USER_LICENSE,
        Column::new("is_on_full_seat", Kind::Boolean, "Whether the user license is made for people").shown(),
        LAST_API_AT.shown(),
        LAST_INTERACTIVE_AT.shown(),
        LAST_UNKNOWN_AT,
        CREATED_AT,
    ],
    totals: &[
        people("api_only_users", "Users listed"),
        people("on_full_seats", "Of these, on full seats"),
        people("users_without_evidence", "Active users with a user license whose logins are not known"),
    ],
    sources: &["User", "Profile", "UserLicense", "LoginHistory"],
    key: &["org", "user_id"],
    label: &["org", "username"],
    about: &["is_on_full_seat"],
    write,
};

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let logins = LoginEvidence::read(basis)?;
    let because = format!("only logins by API since {}", day(logins.window.from));
    let mut counts = [0_i64; 3];
    for user in reader.users_with_logins(selection)? {
        let Some(license) = user.user_license.as_deref().filter(|_| user.is_active == Some(true)) else {
            continue;
        };
        let is_on_full_seat = !is_for_programs("user", license.key.as_deref(), license.name.as_deref());
        let (measures, because): (&[_], &str) = match logins.logins(&user).is_api_only(logins.window) {
            Some(true) if is_on_full_seat => (&["api_only_users", "on_full_seats"], &because),
            Some(true) => (&["api_only_users"], &because),
            Some(false) => (&[], ""),
            None => (&["users_without_evidence"], "the login history is too short or was not read"),
        };
        if measures.contains(&"api_only_users") {
            sink.row(&cells(&user, is_on_full_seat)).map_err(Error::Write)?;
        }
        for measure in measures {
            let place = INTEGRATION_USERS.totals.iter().position(|total| total.name == *measure);
            counts[place.unwrap_or_default()] += 1;
            sink.evidence(&evidence(&user, measure, because)).map_err(Error::Write)?;
        }
    }
    let is_known = knows_all(reader, selection, &["User", "Profile"])?;
    let has_history = knows_all(reader, selection, &["LoginHistory"])?;
    let cell = |number: i64, is_known: bool| if is_known { Cell::Integer(number) } else { Cell::Null };
    let [api_only, on_full_seats, without_evidence] = counts;
    Ok(vec![
        cell(api_only, is_known && has_history),
        cell(on_full_seats, is_known && has_history),
        cell(without_evidence, is_known),
    ])
}

fn evidence<'a>(user: &'a Holder, measure: &'static str, because: &'a str) -> Evidence<'a> {
    Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(1),
        org: &user.org,
        object: "User",
        record_id: &user.user_id,
        user_id: Some(&user.user_id),
        because,
    }
}

fn cells(user: &Holder, is_on_full_seat: bool) -> [Cell<'_>; 13] {
    let (license_key, license) = user_license(user);
    [
        Cell::from(&*user.org),
        (&user.user_id).into(),
        user.username.as_ref().into(),
        user.name.as_ref().into(),
        text(user.company.as_ref()),
        text(user.user_type.as_ref()),
        license_key,
        license,
        is_on_full_seat.into(),
        instant(user.last_api_at),
        instant(user.last_interactive_at),
        instant(user.last_unknown_at),
        instant(user.created_at),
    ]
}
