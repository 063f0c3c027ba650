//! Report `entitlements`: how much of each usage-based entitlement is consumed, and where that leads.

use jiff::civil::Date;

use super::evidence::{Evidence, Formula};
use super::measure::days_until;
use super::measure::usage::{Projection, UsageWindow, share_of_amounts};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Reach, Report, Sink, knows_all};
use crate::store::EntitlementRow;

/// The report.
pub const ENTITLEMENTS: Report = Report {
    id: "entitlements",
    title: "Usage-based entitlements",
    description: "Consumption of usage-based entitlements in their window, and its projection; always of the whole org",
    definition: "One row per usage-based entitlement. `used` and `allowed` are Salesforce's own numbers; an entitlement \
                 that is not metered has no use, which is not zero. The window is the one in which Salesforce \
                 counted the use (at `counted_at`, else at as_of): windows follow each other from the \
                 entitlement's first day by its frequency, and its last day ends the last one. \
                 `projected_percent` is what will be consumed at the window's end at the same pace. It is left out, and \
                 `projection` says so, before 5 % of the window have passed (too early to say), below 10 % consumed \
                 (too little used to say) and where nothing starts anew, because a standing number has no pace. It is \
                 also left out in state past_window: the use was counted in a window that is over at as_of, and what the next one has used is \
                 not known yet.",
    reach: Reach::WholeOrgs,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("subscription_id", Kind::Text, "Salesforce's id of the entitlement"),
        Column::new("key", Kind::Text, "The entitlement's setting, the same in every org")
            .of(&["TenantUsageEntitlement.Setting"]),
        Column::new("name", Kind::Text, "Label, or the last word of the setting")
            .of(&["TenantUsageEntitlement.MasterLabel"])
            .shown(),
        Column::new(
            "state",
            Kind::Text,
            "current, past_window, not_metered, no_allowance, not_started or ended",
        )
        .shown(),
        Column::new("allowed", Kind::Number, "What may be used in a window")
            .of(&["TenantUsageEntitlement.CurrentAmountAllowed"])
            .shown(),
        Column::new("used", Kind::Number, "What is used; empty when not metered")
            .of(&["TenantUsageEntitlement.AmountUsed"])
            .shown(),
        Column::new("consumed_percent", Kind::Percent, "used / allowed; empty without a positive allowance")
            .from(Formula::Rule, &["used", "allowed"])
            .shown(),
        Column::new("counted_at", Kind::DateTime, "When Salesforce counted the use")
            .of(&["TenantUsageEntitlement.UsageDate"]),
        Column::new("frequency", Kind::Text, "How often it starts anew")
            .of(&["TenantUsageEntitlement.Frequency"])
            .shown(),
        Column::new(
            "window_first_day",
            Kind::Date,
            "First day of the window; empty where nothing starts anew",
        ),
        Column::new("window_last_day", Kind::Date, "Last day of the window").shown(),
        Column::new("window_ends_in_days", Kind::Integer, "Days from as_of to window_last_day")
            .from(Formula::Rule, &["window_last_day"]),
        Column::new("elapsed_percent", Kind::Percent, "Share of the window that had passed at the count")
            .from(Formula::Rule, &["window_first_day", "window_last_day", "counted_at"])
            .shown(),
        Column::new(
            "projected_percent",
            Kind::Percent,
            "consumed_percent / elapsed_percent; empty while too little is consumed or elapsed",
        )
        .from(Formula::Rule, &["consumed_percent", "elapsed_percent"])
        .shown(),
        Column::new(
            "projection",
            Kind::Text,
            "projected, too early to say, too little used to say, or nothing starts anew; empty unless current",
        )
        .shown(),
        Column::new("end_on", Kind::Date, "Last day of the entitlement")
            .of(&["TenantUsageEntitlement.EndDate"]),
    ],
    totals: &[
        Column::new("entitlements", Kind::Integer, "Entitlements listed").sum(),
        Column::new("metered_entitlements", Kind::Integer, "Of these, with a known use").sum(),
        Column::new("exceeded_entitlements", Kind::Integer, "Of these, used beyond what is allowed").sum(),
        Column::new(
            "projected_to_exceed",
            Kind::Integer,
            "Not exceeded yet, but by the projection at the window's end; empty when there is no projection",
        )
        .sum(),
    ],
    sources: &[SOURCE],
    key: &["org", "subscription_id"],
    label: &["org", "name"],
    about: &["allowed", "used", "consumed_percent"],
    write,
};

const SOURCE: &str = "TenantUsageEntitlement";

/// A whole, in basis points.
const WHOLE: i64 = 10_000;

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut totals = [0_i64; ENTITLEMENTS.totals.len()];
    let mut has_projection = false;
    reader.entitlements(selection, |row| -> Result<(), Error> {
        let usage = Usage::of(&row, selection.as_of);
        sink.row(&cells(&row, &usage, selection.as_of)).map_err(Error::Write)?;
        has_projection |= usage.projected().is_some();
        let counted = [true, row.used.is_some(), usage.is_exceeded, usage.will_be_exceeded()];
        for ((place, total), _) in
            ENTITLEMENTS.totals.iter().enumerate().zip(counted).filter(|(_, counts)| *counts)
        {
            totals[place] += 1;
            let because = usage.because(&row);
            let evidence = Evidence::one(total.name, &row.org, SOURCE, &row.subscription_id, &because);
            sink.evidence(&evidence).map_err(Error::Write)?;
        }
        Ok(())
    })?;
    let is_known = knows_all(reader, selection, &[SOURCE])?;
    let [entitlements, metered, exceeded, projected] = totals.map(|total| is_known.then_some(total));
    let projected = projected.filter(|_| has_projection);
    Ok([entitlements, metered, exceeded, projected].map(Cell::from).to_vec())
}

/// What an entitlement's numbers come to.
struct Usage {
    state: &'static str,
    consumed: Option<i64>,
    window: Option<UsageWindow>,
    elapsed: Option<i64>,
    is_exceeded: bool,
    /// `None` where nothing starts anew, and in every state but `current`.
    projection: Option<Projection>,
}

impl Usage {
    fn of(row: &EntitlementRow, as_of: jiff::Timestamp) -> Self {
        let date = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Date>().ok());
        let (start_on, end_on) = (date(&row.start_on), date(&row.end_on));
        let today = as_of.to_zoned(jiff::tz::TimeZone::UTC).date();
        let counted_at = row.counted_at.as_deref().and_then(|text| text.parse().ok());
        let counted_at = counted_at.map_or(as_of, |counted: jiff::Timestamp| counted.min(as_of));
        let frequency = row.frequency.as_deref().unwrap_or_default();
        let window = start_on.and_then(|start| UsageWindow::holding(counted_at, start, end_on, frequency));
        let state = match (row.used, row.quantity) {
            _ if end_on.is_some_and(|end| end < today) => "ended",
            _ if start_on.is_some_and(|start| today < start) => "not_started",
            (None, _) => "not_metered",
            (_, allowed) if allowed.is_none_or(|allowed| allowed <= 0.0) => "no_allowance",
            _ if window.is_some_and(|window| window.last < today) => "past_window",
            _ => "current",
        };
        let consumed = row.used.zip(row.quantity).and_then(|(used, of)| share_of_amounts(used, of));
        let elapsed = window.and_then(|window| window.elapsed(counted_at));
        let pace = consumed.zip(elapsed).filter(|_| state == "current");
        let projection = pace.map(|(consumed, elapsed)| Projection::of(consumed, elapsed));
        // A share is rounded, and there is none of nothing.
        let is_exceeded = row.used.zip(row.quantity).is_some_and(|(used, allowed)| used > allowed);
        Self { state, consumed, window, elapsed, is_exceeded, projection }
    }

    fn projected(&self) -> Option<i64> {
        self.projection.and_then(Projection::share)
    }

    fn projection_words(&self) -> Option<&'static str> {
        let without_window = (self.state == "current").then_some("nothing starts anew");
        self.projection.map(Projection::words).or(without_window)
    }

    fn will_be_exceeded(&self) -> bool {
        !self.is_exceeded && self.projected().is_some_and(|projected| projected > WHOLE)
    }

    fn because(&self, row: &EntitlementRow) -> String {
        let percent = |points: i64| Cell::BasisPoints(points).text().into_owned();
        match (row.used, row.quantity, self.consumed, self.projected()) {
            (None, ..) => "it is not metered".to_owned(),
            (Some(used), Some(allowed), Some(consumed), projected) => {
                let so_far = format!("{used} of {allowed} are used, {} %", percent(consumed));
                match projected {
                    Some(projected) => format!("{so_far}, {} % by the window's end", percent(projected)),
                    None => so_far,
                }
            }
            (Some(used), ..) => format!("{used} are used, and nothing is allowed"),
        }
    }
}

fn cells<'row>(row: &'row EntitlementRow, usage: &Usage, as_of: jiff::Timestamp) -> [Cell<'row>; 17] {
    let share = |points: Option<i64>| points.map_or(Cell::Null, Cell::BasisPoints);
    let day = |day: Option<Date>| day.map_or(Cell::Null, |day| Cell::Text(day.to_string().into()));
    let last = usage.window.map(|window| window.last);
    [
        (&row.org).into(),
        (&row.subscription_id).into(),
        row.key.as_ref().into(),
        name(row).into(),
        usage.state.into(),
        row.quantity.into(),
        row.used.into(),
        share(usage.consumed),
        row.counted_at.as_ref().into(),
        row.frequency.as_ref().into(),
        day(usage.window.map(|window| window.first)),
        day(last),
        last.and_then(|last| days_until(&last.to_string(), as_of)).into(),
        share(usage.elapsed),
        share(usage.projected()),
        usage.projection_words().into(),
        row.end_on.as_ref().into(),
    ]
}

/// `MaxCdpProfiles` of `setting/force.com/orgValue.MaxCdpProfiles`, where there is no label.
fn name(row: &EntitlementRow) -> Option<&str> {
    let of_setting = || row.key.as_deref().map(|key| key.rsplit('.').next().unwrap_or(key));
    row.name.as_deref().or_else(of_setting)
}
