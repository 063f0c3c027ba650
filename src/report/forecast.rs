//! Report `forecast`: when each license runs out of seats, if its use goes on as it did.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::counted_holders::CountedHolders;
use super::measure::{MOST_POINTS, Slope, theil_sen};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Evidence, Formula, LICENSES_THEN_USERS, Reach, Report, Sink};
use crate::store::{LicensePast, LicenseState, Timeline};

/// The report.
pub const FORECAST: Report = Report {
    id: "forecast",
    title: "Forecast",
    description: "When each license runs out of seats, if its use goes on as it did",
    definition: "The slope of Theil and Sen through one point per week: the holders counted over the whole org in \
                 the newest state of each seven days back from as_of, at most fifty-two. Fewer than eight are an \
                 insufficient history, and nothing is said. `exhausted_on` is the day on which that line reaches the \
                 present seats; `earliest_on` and `latest_on` are those of the ends of the slope's 95 % interval. A \
                 day that never comes, or not within ten years, is empty. Always of the whole org.",
    reach: Reach::WholeOrgs,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license"),
        Column::new("key", Kind::Text, "Key of the license, the same in every org"),
        Column::new("name", Kind::Text, "Label of the license; not unique").shown(),
        Column::new("total", Kind::Integer, "Seats; empty when unlimited or unknown")
            .of(&[
                "UserLicense.TotalLicenses",
                "PermissionSetLicense.TotalLicenses",
                "PackageLicense.AllowedLicenses",
            ])
            .shown(),
        Column::new("used_counted", Kind::Integer, "Holders counted over the whole org").sum().shown(),
        Column::new("weeks", Kind::Integer, "Weekly states that the line is drawn through").sum().shown(),
        Column::new("outlook", Kind::Text, OUTLOOKS).shown(),
        Column::new("holders_per_week", Kind::Number, "Slope; empty with an insufficient history")
            .from(Formula::Rule, &["weeks"])
            .shown(),
        Column::new("holders_per_week_low", Kind::Number, "Lower end of its 95 % interval")
            .from(Formula::Rule, &["weeks"]),
        Column::new("holders_per_week_high", Kind::Number, "Upper end of its 95 % interval")
            .from(Formula::Rule, &["weeks"]),
        Column::new(
            "exhausted_on",
            Kind::Date,
            "Day on which the seats are used up; empty when that is not foreseen",
        )
        .from(Formula::Rule, &["outlook"])
        .shown(),
        Column::new("earliest_on", Kind::Date, "The same at the upper end of the interval").shown(),
        Column::new("latest_on", Kind::Date, "The same at the lower end of the interval").shown(),
    ],
    totals: &[],
    sources: LICENSES_THEN_USERS,
    key: &["org", "kind", "license_id"],
    label: &["org", "name"],
    about: &["used_counted", "outlook", "exhausted_on"],
    write,
};

const OUTLOOKS: &str = "insufficient history, no known limit, exhausted, growing or not growing";

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let holders = CountedHolders::read(basis, sink)?;
    for timeline in reader.timelines(selection)? {
        let weeks = newest_of_each_week(&timeline, selection.as_of);
        for license in reader.license_history(&timeline)? {
            if let Some(Some(state)) = license.states.last() {
                forecast(&timeline, &weeks, &license, state, sink)?;
                let row = [(&timeline.org).into(), license.kind.word().into(), (&license.license_id).into()];
                let name = (timeline.org.as_str(), license.kind.word(), license.license_id.as_str());
                holders.tell(sink, "used_counted", &row, name, state.used_counted)?;
            }
        }
    }
    Ok(Vec::new())
}

fn forecast(
    timeline: &Timeline,
    weeks: &[usize],
    license: &LicensePast,
    state: &LicenseState,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let used = |place: usize| license.states[place].as_ref().and_then(|state| state.used_counted);
    let series: Vec<(usize, i64)> = weeks.iter().filter_map(|place| Some((*place, used(*place)?))).collect();
    let points: Vec<_> =
        series.iter().map(|(place, used)| (day_number(day(timeline, *place)), *used)).collect();
    let slope = theil_sen(&points);
    let outlook = match (slope, state.total, state.used_counted) {
        (None, ..) => "insufficient history",
        (_, None, _) => "no known limit",
        (_, Some(total), Some(used)) if used >= total => "exhausted",
        (Some(slope), ..) if slope.per_day > 0.0 => "growing",
        _ => "not growing",
    };
    let dates = match (slope, state.total) {
        (Some(slope), Some(total)) if matches!(outlook, "growing" | "not growing") => slope.reaches(total),
        _ => [None; 3],
    };
    let dates = dates.map(|day| day.and_then(date_text));
    let weekly = |per_day: fn(&Slope) -> f64| slope.as_ref().map(|slope| rounded(7.0 * per_day(slope)));
    let key: [Cell<'_>; 3] =
        [(&timeline.org).into(), license.kind.word().into(), (&license.license_id).into()];
    let [on, earliest, latest] = &dates;
    sink.row(&[
        key[0].clone(),
        key[1].clone(),
        key[2].clone(),
        state.key.as_ref().into(),
        state.name.as_ref().into(),
        state.total.into(),
        state.used_counted.into(),
        i64::try_from(series.len()).unwrap_or(i64::MAX).into(),
        outlook.into(),
        weekly(|slope| slope.per_day).into(),
        weekly(|slope| slope.interval.0).into(),
        weekly(|slope| slope.interval.1).into(),
        on.as_ref().into(),
        earliest.as_ref().into(),
        latest.as_ref().into(),
    ])
    .map_err(Error::Write)?;
    for (place, used) in series {
        let because = format!("{used} holders on {}", day(timeline, place));
        sink.evidence(&Evidence {
            row: &key,
            measure: "weeks",
            amount: 1.into(),
            org: &timeline.org,
            object: "licenses",
            record_id: &license.license_id,
            user_id: None,
            because: &because,
        })
        .map_err(Error::Write)?;
    }
    Ok(())
}

/// The places of the newest state in each seven days back from `as_of`, oldest first.
fn newest_of_each_week(timeline: &Timeline, as_of: Timestamp) -> Vec<usize> {
    const WEEK_SECONDS: i64 = 7 * 86_400;
    let week = |place: &usize| {
        (as_of.as_second() - timeline.states[*place].collected_at.as_second()).div_euclid(WEEK_SECONDS)
    };
    let mut places: Vec<usize> = (0..timeline.states.len()).rev().collect();
    places.dedup_by_key(|place| week(place));
    // Two neighbors can share a day at the edge of a week; a line needs days that differ.
    places.dedup_by_key(|place| day(timeline, *place));
    places.truncate(MOST_POINTS);
    places.reverse();
    places
}

fn day(timeline: &Timeline, place: usize) -> Date {
    timeline.states[place].collected_at.to_zoned(TimeZone::UTC).date()
}

fn day_number(day: Date) -> i64 {
    Date::constant(1970, 1, 1).until(day).map_or(0, |span| i64::from(span.get_days()))
}

fn date_text(day_number: i64) -> Option<String> {
    let span = jiff::Span::new().try_days(day_number).ok()?;
    Date::constant(1970, 1, 1).checked_add(span).ok().map(|day| day.to_string())
}

/// Four decimals, which is more than weekly counts can tell.
fn rounded(number: f64) -> f64 {
    const DECIMALS: f64 = 1e4;
    (number * DECIMALS).round() / DECIMALS + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_and_named_alike() {
        assert_eq!(date_text(day_number(Date::constant(2026, 11, 21))).as_deref(), Some("2026-11-21"));
        assert_eq!(date_text(i64::MAX), None);
        assert_eq!(rounded(-0.000_01).to_string(), "0");
    }
}
