//! Report `inactive`: how long ago each active user last logged in.

use std::rc::Rc;

use jiff::Timestamp;

use super::evidence::{Evidence, Formula};
use super::login_evidence::LoginEvidence;
use super::measure::activity::{Activity, Band, is_new};
use super::table::{Cell, Column, Kind};
use super::user_columns::{
    COMPANY, CREATED_AT, DEPARTMENT, LAST_ANY_AT, LAST_API_AT, LAST_INTERACTIVE_AT, LAST_UNKNOWN_AT, NAME,
    ORG, USER_ID, USER_LICENSE, USER_LICENSE_KEY, USER_TYPE, USERNAME, instant, people, text, user_license,
};
use super::{Basis, Error, Reach, Report, ReportOption, Sink, knows_all};
use crate::store::Holder;

/// The report.
pub const INACTIVE: Report = Report {
    id: "inactive",
    title: "Inactive users",
    description: "Every active user with the time since the last login, in bands",
    definition: "One row per active user, by license and band. A login of any kind counts, by a person or a program, if it \
                 succeeded. Bands are half-open and count back from as_of in days of 86,400 seconds: `0-30` begins \
                 exactly 30 days before as_of. A user without any login is `never` only where the collected login \
                 history reaches back over the whole window; where the history could not be read, or is shorter than \
                 the window and Salesforce has no last login either, the band is `unknown`, which never means \
                 inactive. Salesforce's last login stands for the time before the history. New accounts are in \
                 their band like all others and marked.",
    reach: Reach::Companies,
    options: &[ReportOption::Window],
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
        Column::new("band", Kind::Text, "0-30, 30-60, 60-90, 90-180 or 180+ days, never or unknown").shown(),
        Column::new(
            "days_since_login",
            Kind::Integer,
            "Whole days from the last login to as_of; empty when unknown",
        )
        .from(Formula::Rule, &["last_any_at"])
        .shown(),
        Column::new("is_new", Kind::Boolean, "Whether the account is too new to be judged").shown(),
        LAST_ANY_AT,
        LAST_INTERACTIVE_AT,
        LAST_API_AT,
        LAST_UNKNOWN_AT,
        CREATED_AT,
    ],
    totals: &[
        people("active_users", "Users listed: the sum of the bands"),
        people(BAND_TOTALS[0], "Last login at most 30 days ago"),
        people(BAND_TOTALS[1], "Last login 30 to 60 days ago"),
        people(BAND_TOTALS[2], "Last login 60 to 90 days ago"),
        people(BAND_TOTALS[3], "Last login 90 to 180 days ago"),
        people(BAND_TOTALS[4], "Last login more than 180 days ago"),
        people(BAND_TOTALS[5], "Never logged in"),
        people(BAND_TOTALS[6], "Of whom nobody knows"),
        people("new_users", "Of all these, accounts too new to be judged"),
    ],
    sources: &["User", "Profile", "UserLicense", "LoginHistory"],
    key: &["org", "user_id"],
    label: &["org", "username"],
    about: &["band", "days_since_login"],
    write,
};

/// The totals of the bands, in the order of [`Band::ALL`].
const BAND_TOTALS: [&str; Band::ALL.len()] = [
    "up_to_thirty_days",
    "thirty_to_sixty_days",
    "sixty_to_ninety_days",
    "ninety_to_hundred_eighty_days",
    "over_hundred_eighty_days",
    "never_logged_in",
    "unknown_activity",
];

/// A user with what the logins say.
struct Row {
    user: Rc<Holder>,
    band: Band,
    last_any: Option<Timestamp>,
    is_new: bool,
    activity: Activity,
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, rules, .. } = *basis;
    let logins = LoginEvidence::read(basis)?;
    let mut rows = Vec::new();
    for user in reader.users_with_logins(selection)? {
        if user.is_active == Some(true) {
            let of_user = logins.logins(&user);
            let activity = of_user.activity(logins.window);
            rows.push(Row {
                band: Band::of(activity, selection.as_of),
                last_any: of_user.last_any(),
                is_new: is_new(user.created_at, None, selection.as_of, rules.grace_days),
                activity,
                user,
            });
        }
    }
    rows.sort_unstable_by(|one, other| place(one).cmp(&place(other)));
    let mut counts = [0_i64; Band::ALL.len()];
    let mut new_users = 0;
    for row in &rows {
        let place = row.band as usize;
        counts[place] += 1;
        new_users += i64::from(row.is_new);
        sink.row(&cells(row, selection.as_of)).map_err(Error::Write)?;
        if sink.wants_evidence() {
            let because = logins.reason(row.activity);
            let measures =
                [Some("active_users"), Some(BAND_TOTALS[place]), row.is_new.then_some("new_users")];
            for measure in measures.into_iter().flatten() {
                sink.evidence(&evidence(row, measure, &because)).map_err(Error::Write)?;
            }
        }
    }
    let is_known = knows_all(reader, selection, &["User"])?;
    let known = |number: i64| if is_known { Cell::Integer(number) } else { Cell::Null };
    let totals = std::iter::once(counts.iter().sum()).chain(counts).chain([new_users]);
    Ok(totals.map(known).collect())
}

/// Where a row stands: by org, license, band and user.
fn place(row: &Row) -> impl Ord + use<'_> {
    let license = row.user.user_license.as_deref().map(|license| (&license.name, &license.license_id));
    (&row.user.org, license, row.band, &row.user.user_id)
}

fn evidence<'a>(row: &'a Row, measure: &'static str, because: &'a str) -> Evidence<'a> {
    Evidence {
        row: &[],
        measure,
        amount: Cell::Integer(1),
        org: &row.user.org,
        object: "User",
        record_id: &row.user.user_id,
        user_id: Some(&row.user.user_id),
        because,
    }
}

fn cells(row: &Row, as_of: Timestamp) -> [Cell<'_>; 17] {
    let Row { user, band, last_any, is_new, .. } = row;
    let (license_key, license) = user_license(user);
    // Of an unknown user nobody knows whether that login was the last.
    let known = last_any.filter(|_| *band != Band::Unknown);
    let days = known.map(|at| as_of.duration_since(at).as_hours().div_euclid(24));
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
        band.word().into(),
        days.into(),
        (*is_new).into(),
        instant(*last_any),
        instant(user.last_interactive_at),
        instant(user.last_api_at),
        instant(user.last_unknown_at),
        instant(user.created_at),
    ]
}
