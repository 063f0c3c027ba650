//! Report `login-based`: what the holders of licenses that are paid for by logins use up each month.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::evidence::{Evidence, Formula};
use super::measure::basis_points;
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::catalogue::license_use;
use crate::store::{LoginLicenseRow, LoginMonthRow};

/// The report.
pub const LOGIN_BASED: Report = Report {
    id: "login-based",
    title: "Login-based licenses",
    description: "Unique daily logins per month on licenses that are paid for by logins; always of the whole org",
    definition: "One row per login-based license and calendar month (UTC) of the collected login history. A holder who \
                 logs in on a day uses up one login, however often that day. A license is login-based when \
                 Salesforce tells its monthly logins or its key is known to be. Only collected users are counted: \
                 where single companies are collected, the logins bought and `used_reported`, which are about the whole \
                 org, cannot be compared with them. A month whose days are not all in the history is not whole and may \
                 have had more; what it consumed is told only when the history holds it from its first day, and that \
                 nobody logged in is told of no other month.",
    reach: Reach::WholeOrgs,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("key", Kind::Text, "Key of the license, the same in every org")
            .of(&["UserLicense.LicenseDefinitionKey"]),
        Column::new("license", Kind::Text, "Name of the license").of(&["UserLicense.Name"]).shown(),
        Column::new("month", Kind::Text, "Calendar month, YYYY-MM").shown(),
        Column::new("is_whole", Kind::Boolean, "Whether the login history holds every day of the month")
            .shown(),
        Column::new("users", Kind::Integer, "Holders who logged in").counts_people().sum().shown(),
        Column::new("daily_logins", Kind::Integer, "Days on which a holder logged in, over all holders")
            .sum()
            .shown(),
        Column::new("monthly_logins", Kind::Integer, "Logins bought for a month, as of now")
            .of(&["UserLicense.MonthlyLoginsEntitlement"])
            .shown(),
        Column::new(
            "consumed_percent",
            Kind::Percent,
            "daily_logins / monthly_logins, where everybody is collected and the month is known from its first day",
        )
            .from(Formula::Share, &["daily_logins", "monthly_logins"])
            .shown(),
        Column::new(
            "used_reported",
            Kind::Integer,
            "Salesforce's count, which it tells of the newest month only",
        )
        .of(&["UserLicense.MonthlyLoginsUsed"])
        .shown(),
        Column::new("drift", Kind::Integer, "used_reported - daily_logins, where everybody is collected")
            .from(Formula::Difference, &["used_reported", "daily_logins"]),
    ],
    totals: &[
        Column::new("login_based_licenses", Kind::Integer, "Licenses listed").sum(),
        Column::new(
            "exceeded_months",
            Kind::Integer,
            "Rows with more daily logins than monthly ones; empty when the newest month cannot be compared",
        )
        .sum(),
    ],
    sources: &["UserLicense", "LoginHistory", "User", "Profile"],
    key: &["org", "license_id", "month"],
    label: &["org", "license", "month"],
    about: &["daily_logins", "monthly_logins"],
    write,
};

/// What tells who logged in with which license.
const LOGIN_SOURCES: &[&str] = &["UserLicense", "LoginHistory", "User", "Profile"];

/// The days of each user by org and license, and then by month.
type Months = BTreeMap<(String, String), BTreeMap<String, Vec<(String, i64)>>>;

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut licenses = Vec::new();
    reader.login_licenses(selection, |license| -> Result<(), Error> {
        if is_by_login(&license) {
            licenses.push(license);
        }
        Ok(())
    })?;
    let wanted: BTreeSet<_> =
        licenses.iter().map(|license| (license.org.clone(), license.license_id.clone())).collect();
    let mut months = Months::new();
    let ids: Vec<_> = licenses.iter().map(|license| license.license_id.as_str()).collect();
    reader.login_months(selection, &ids, |row| -> Result<(), Error> {
        let LoginMonthRow { org, license_id, month, user_id, days } = row;
        if wanted.contains(&(org.clone(), license_id.clone())) {
            months.entry((org, license_id)).or_default().entry(month).or_default().push((user_id, days));
        }
        Ok(())
    })?;
    let known_since = reader.login_history_since(selection)?;
    let whole_orgs = reader.orgs_with_everybody(selection)?;
    let (mut exceeded, mut is_newest_known) = (0, true);
    let collected_at: BTreeMap<_, _> = reader
        .org_states(&selection.orgs)?
        .into_iter()
        .map(|state| (state.org, state.collected_at))
        .collect();
    for license in &licenses {
        let collected = collected_at.get(&license.org).and_then(|text| text.parse::<Timestamp>().ok());
        let until = collected.map_or(selection.as_of, |collected| collected.min(selection.as_of));
        let span = Span { since: known_since.get(&license.org).copied(), until };
        let of_license =
            months.remove(&(license.org.clone(), license.license_id.clone())).unwrap_or_default();
        for month in span.months() {
            let users = of_license.get(&month).map(Vec::as_slice).unwrap_or_default();
            let row =
                Row { license, month: &month, users, span, is_whole_org: whole_orgs.contains(&license.org) };
            exceeded += i64::from(row.write(sink)?);
            is_newest_known &= !span.is_last(&month) || row.is_comparable() || !row.is_bought();
        }
        let evidence = Evidence::one(
            "login_based_licenses",
            &license.org,
            "UserLicense",
            &license.license_id,
            "it is paid for by logins",
        );
        sink.evidence(&evidence).map_err(Error::Write)?;
    }
    let known = |number: i64, objects: &[&str]| -> Result<Cell<'static>, Error> {
        Ok(if knows_all(reader, selection, objects)? { Cell::Integer(number) } else { Cell::Null })
    };
    Ok(vec![
        known(i64::try_from(licenses.len()).unwrap_or(i64::MAX), &["UserLicense"])?,
        if is_newest_known { known(exceeded, LOGIN_SOURCES)? } else { Cell::Null },
    ])
}

fn is_by_login(license: &LoginLicenseRow) -> bool {
    license.monthly_logins_entitlement.is_some()
        || license_use(license.key.as_deref(), license.name.as_deref())
            .is_some_and(|license| license.is_by_login)
}

/// The stretch of time in which every login is known.
#[derive(Clone, Copy)]
struct Span {
    /// `None` when none is.
    since: Option<Timestamp>,
    until: Timestamp,
}

impl Span {
    /// The months that the span touches, in order; the last one when there is no span.
    fn months(self) -> Vec<String> {
        let day = |instant: Timestamp| instant.to_zoned(TimeZone::UTC).date();
        let last = day(self.until).first_of_month();
        let mut month = day(self.since.unwrap_or(self.until)).first_of_month();
        let mut months = Vec::new();
        while month <= last {
            months.push(month_text(month));
            let Some(next) = next_month(month) else { break };
            month = next;
        }
        months
    }

    fn is_last(self, month: &str) -> bool {
        month_text(self.until.to_zoned(TimeZone::UTC).date()) == month
    }

    /// Whether every instant of the month is in the span.
    fn holds(self, month: &str) -> bool {
        let end = first_day(month).and_then(next_month).and_then(start_of);
        self.holds_start_of(month) && end.is_some_and(|end| end <= self.until)
    }

    /// Whether every instant of the month that is over at the span's end is in the span.
    fn holds_start_of(self, month: &str) -> bool {
        let start = first_day(month).and_then(start_of);
        self.since.zip(start).is_some_and(|(since, start)| since <= start)
    }
}

fn first_day(month: &str) -> Option<Date> {
    format!("{month}-01").parse().ok()
}

fn start_of(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn next_month(month: Date) -> Option<Date> {
    month.last_of_month().tomorrow().ok()
}

fn month_text(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

/// One license in one month, with the days of each user who logged in.
struct Row<'a> {
    license: &'a LoginLicenseRow,
    month: &'a str,
    users: &'a [(String, i64)],
    span: Span,
    is_whole_org: bool,
}

impl Row<'_> {
    /// Whether a number of logins was bought.
    fn is_bought(&self) -> bool {
        self.license.monthly_logins_entitlement.is_some()
    }

    /// Whether the count is about what was bought: about the whole org, and all of the month that has passed.
    fn is_comparable(&self) -> bool {
        self.is_whole_org && self.span.holds_start_of(self.month)
    }

    /// Hands over the row and its evidence. Whether more logins were used than bought.
    fn write(&self, sink: &mut dyn Sink) -> Result<bool, Error> {
        let Self { license, month, users, span, is_whole_org } = *self;
        // Of days that nobody knows, finding no login says nothing.
        let is_known = span.since.is_some() && (!users.is_empty() || span.holds_start_of(month));
        let logins: i64 = users.iter().map(|(_, days)| days).sum();
        let daily_logins = is_known.then_some(logins);
        let entitlement = license.monthly_logins_entitlement;
        let used_reported = license.monthly_logins_used.filter(|_| span.is_last(month));
        let comparable = used_reported.filter(|_| is_whole_org);
        let drift = comparable.zip(daily_logins).map(|(reported, counted)| reported - counted);
        let compared = daily_logins.zip(entitlement).filter(|_| self.is_comparable());
        let consumed = compared.and_then(|(used, of)| basis_points(used, of));
        let cells: [Cell<'_>; 12] = [
            (&license.org).into(),
            (&license.license_id).into(),
            license.key.as_ref().into(),
            license.name.as_ref().into(),
            month.into(),
            span.since.map(|_| span.holds(month)).into(),
            is_known.then_some(users.len() as i64).into(),
            daily_logins.into(),
            entitlement.into(),
            consumed.map_or(Cell::Null, Cell::BasisPoints),
            used_reported.into(),
            drift.into(),
        ];
        sink.row(&cells).map_err(Error::Write)?;
        let key = [cells[0].clone(), cells[1].clone(), cells[4].clone()];
        let is_proven = is_known && sink.wants_evidence();
        for (user_id, days) in users.iter().filter(|_| is_proven) {
            let because = format!("logged in on {days} days of {month}");
            for (measure, amount) in [("users", 1), ("daily_logins", *days)] {
                let one = Evidence::one(measure, &license.org, "LoginHistory", user_id, &because);
                let amount = Cell::Integer(amount);
                sink.evidence(&Evidence { row: &key, amount, user_id: Some(user_id), ..one })
                    .map_err(Error::Write)?;
            }
        }
        let is_exceeded = compared.is_some_and(|(used, of)| used > of);
        if is_exceeded {
            let because = format!("{logins} daily logins in {month}");
            let evidence =
                Evidence::one("exceeded_months", &license.org, "UserLicense", &license.license_id, &because);
            sink.evidence(&evidence).map_err(Error::Write)?;
        }
        Ok(is_exceeded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_whole_when_every_instant_of_it_is_known() {
        let span = |since: &str, until: &str| Span {
            since: (!since.is_empty()).then(|| since.parse().unwrap()),
            until: until.parse().unwrap(),
        };
        let year = span("2026-09-01T00:00:00Z", "2026-12-01T00:00:00Z");
        assert_eq!(year.months(), ["2026-09", "2026-10", "2026-11", "2026-12"]);
        assert_eq!(
            year.months().iter().map(|month| year.holds(month)).collect::<Vec<_>>(),
            [true, true, true, false]
        );
        let late = span("2026-09-01T00:00:01Z", "2026-11-30T23:59:59Z");
        assert_eq!(
            late.months().iter().map(|month| late.holds(month)).collect::<Vec<_>>(),
            [false, true, false]
        );
        assert_eq!(span("", "2026-11-21T00:00:00Z").months(), ["2026-11"]);
        assert!(!span("", "2026-12-21T00:00:00Z").holds("2026-12"));
        let begun = |month: &str| late.holds_start_of(month);
        assert_eq!(["2026-09", "2026-10", "2026-11"].map(begun), [false, true, true]);
        assert!(late.is_last("2026-11") && !late.is_last("2026-10"));
    }
}
