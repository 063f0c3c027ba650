//! Report `trend`: seats and use of every license, day by day through the history.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::measure::basis_points;
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Evidence, Formula, LICENSES_THEN_USERS, Reach, Report, ReportOption, Sink};
use crate::base::utc_text;
use crate::store::{State, Timeline};

/// The report.
pub const TREND: Report = Report {
    id: "trend",
    title: "Trend",
    description: "Seats and use of every license on each day that was collected",
    definition: "One row per license and day on which a state was collected; of several states of a day the last \
                 counts, and days without one have no row. `is_last_of_week` marks one row per license and week, for \
                 those who want fewer. With `--since`, days from then on. Always of the whole org.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::Since],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("name", Kind::Text, "Label of the license; not unique").shown(),
        Column::new("day", Kind::Date, "The day").shown(),
        Column::new("week", Kind::Date, "Monday of its week"),
        Column::new("is_last_of_week", Kind::Boolean, "Whether no later day of its week was collected"),
        Column::new("total", Kind::Integer, "Seats; empty when unlimited or unknown")
            .of(&[
                "UserLicense.TotalLicenses",
                "PermissionSetLicense.TotalLicenses",
                "PackageLicense.AllowedLicenses",
            ])
            .shown(),
        Column::new("unlimited", Kind::Boolean, "Whether there is no limit of seats"),
        Column::new("used_reported", Kind::Integer, "Used seats as Salesforce counts them").of(&[
            "UserLicense.UsedLicenses",
            "PermissionSetLicense.UsedLicenses",
            "PackageLicense.UsedLicenses",
        ]),
        Column::new("used_counted", Kind::Integer, "Holders counted over the whole org").sum().shown(),
        Column::new(
            "utilization_percent",
            Kind::Percent,
            "used_counted / total; empty without a finite total",
        )
        .from(Formula::Share, &["used_counted", "total"])
        .shown(),
    ],
    totals: &[Column::new("days", Kind::Integer, "Days on which a state of any org was collected").sum()],
    sources: LICENSES_THEN_USERS,
    key: &["org", "kind", "license_id", "day"],
    label: &["org", "name", "day"],
    about: &["total", "used_counted"],
    write,
};

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, rules, .. } = *basis;
    let mut all_days = std::collections::BTreeSet::new();
    for timeline in reader.timelines(selection)? {
        let days: Vec<_> = last_of_each_day(&timeline)
            .into_iter()
            .filter(|(place, _)| {
                rules.since.is_none_or(|since| timeline.states[*place].collected_at >= since)
            })
            .collect();
        for (place, day) in &days {
            if all_days.insert(*day) {
                let because = collected_at(&timeline, *place);
                let one = Evidence::one("days", &timeline.org, "runs", &because, &because);
                sink.evidence(&one).map_err(Error::Write)?;
            }
        }
        for license in reader.license_history(&timeline)? {
            for (number, (place, day)) in days.iter().enumerate() {
                let Some(state) = &license.states[*place] else { continue };
                let week = monday(*day);
                let is_last = days.get(number + 1).is_none_or(|(_, next)| monday(*next) != week);
                let share = state.used_counted.zip(state.total);
                let share = share.and_then(|(used, total)| basis_points(used, total));
                sink.row(&[
                    (&timeline.org).into(),
                    license.kind.word().into(),
                    (&license.license_id).into(),
                    state.key.as_ref().into(),
                    state.name.as_ref().into(),
                    day.to_string().as_str().into(),
                    week.to_string().as_str().into(),
                    is_last.into(),
                    state.total.into(),
                    state.is_unlimited.into(),
                    state.used_reported.into(),
                    state.used_counted.into(),
                    share.map_or(Cell::Null, Cell::BasisPoints),
                ])
                .map_err(Error::Write)?;
                if let Some(used) = state.used_counted.filter(|_| sink.wants_evidence()) {
                    let day = day.to_string();
                    let row: [Cell<'_>; 4] = [
                        (&timeline.org).into(),
                        license.kind.word().into(),
                        (&license.license_id).into(),
                        (&day).into(),
                    ];
                    let (object, because) = (license.kind.license_object(), collected_at(&timeline, *place));
                    let id = license.license_id.as_str();
                    let one = Evidence::one("used_counted", &timeline.org, object, id, &because);
                    sink.evidence(&Evidence { row: &row, amount: used.into(), ..one })
                        .map_err(Error::Write)?;
                }
            }
        }
    }
    Ok(vec![Cell::Integer(i64::try_from(all_days.len()).unwrap_or(i64::MAX))])
}

fn collected_at(timeline: &Timeline, place: usize) -> String {
    format!("collected at {}", utc_text(timeline.states[place].collected_at))
}

/// The days on which states were collected, each with the place of its last state.
pub(super) fn last_of_each_day(timeline: &Timeline) -> Vec<(usize, Date)> {
    let day_of = |state: &State| state.collected_at.to_zoned(TimeZone::UTC).date();
    let mut days: Vec<(usize, Date)> = timeline.states.iter().map(day_of).enumerate().collect();
    // Of neighbors of one day the first is removed, so that the last stays.
    days.reverse();
    days.dedup_by_key(|(_, day)| *day);
    days.reverse();
    days
}

fn monday(day: Date) -> Date {
    let since_monday = i64::from(day.weekday().to_monday_zero_offset());
    day.saturating_sub(jiff::Span::new().days(since_monday))
}
