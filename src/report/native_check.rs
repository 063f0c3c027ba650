//! Report `native-check`: our count of who was active in 30 days, held against Salesforce's own.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::evidence::{Evidence, Formula};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Reach, Report, Sink};
use crate::store::{MeasuredHolder, MetricRow, Reader, Selection};

/// Days within which Salesforce's metrics call a user who logged in active (Object Reference, "ActiveProfileMetric").
const METRIC_DAYS: i64 = 30;

/// The report.
pub const NATIVE_CHECK: Report = Report {
    id: "native-check",
    title: "Check against active metrics",
    description: "Assigned and active users by our count and by Salesforce's activity metrics; always of the whole org",
    definition: "One row per newest row of Salesforce's Active…Metric objects. Our `active_counted` are the active users \
                 among the holders with a successful login on one of the 30 UTC days that end with `metrics_on`; it \
                 is empty where the collected login history does not reach back that far, and so are our counts \
                 where only the users of some companies are collected. A difference is a number to know, not an \
                 error: Salesforce counts at a time of its own.",
    reach: Reach::WholeOrgs,
    options: &[],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "profile, permission_set or feature").shown(),
        Column::new("id", Kind::Text, "Id of the profile or license, or the flag of the feature license"),
        Column::new("name", Kind::Text, "Name of the profile or license")
            .of(&["Profile.Name", "PermissionSetLicense.MasterLabel"])
            .shown(),
        Column::new("metrics_on", Kind::Date, "The day that Salesforce counted for").shown(),
        Column::new("assigned_reported", Kind::Integer, "Assigned users by Salesforce's metric")
            .of(&[
                "ActiveProfileMetric.AssignedUserCount",
                "ActivePermSetLicenseMetric.AssignedUserCount",
                "ActiveFeatureLicenseMetric.AssignedUserCount",
            ])
            .counts_people()
            .shown(),
        Column::new(
            "assigned_counted",
            Kind::Integer,
            "Holders by our count: active users, but every assignment of a permission set license",
        )
        .counts_people()
        .sum()
        .shown(),
        Column::new("assigned_difference", Kind::Integer, "assigned_reported - assigned_counted")
            .from(Formula::Difference, &["assigned_reported", "assigned_counted"])
            .shown(),
        Column::new("active_reported", Kind::Integer, "Active users by Salesforce's metric")
            .of(&[
                "ActiveProfileMetric.ActiveUserCount",
                "ActivePermSetLicenseMetric.ActiveUserCount",
                "ActiveFeatureLicenseMetric.ActiveUserCount",
            ])
            .counts_people()
            .shown(),
        Column::new(
            "active_counted",
            Kind::Integer,
            "Active users among the holders who logged in within 30 days",
        )
        .counts_people()
        .sum()
        .shown(),
        Column::new("active_difference", Kind::Integer, "active_reported - active_counted")
            .from(Formula::Difference, &["active_reported", "active_counted"])
            .shown(),
    ],
    totals: &[
        Column::new("metrics", Kind::Integer, "Metrics listed").sum(),
        Column::new("compared_metrics", Kind::Integer, "Of these, with an active_counted of ours").sum(),
        Column::new(
            "differing_metrics",
            Kind::Integer,
            "Of these, with another number of active users; empty when none is compared",
        )
        .sum(),
    ],
    sources: &[
        "ActiveProfileMetric",
        "ActivePermSetLicenseMetric",
        "ActiveFeatureLicenseMetric",
        "User",
        "PermissionSetLicenseAssign",
        "LoginHistory",
    ],
    key: &["org", "kind", "id"],
    label: &["org", "kind", "name"],
    about: &["active_reported", "active_counted"],
    write,
};

/// The kinds of metrics: the metric's object, and the one that tells who holds what it is about.
const KINDS: [(&str, &str, &str); 3] = [
    ("profile", "ActiveProfileMetric", "User"),
    ("permission_set", "ActivePermSetLicenseMetric", "PermissionSetLicenseAssign"),
    ("feature", "ActiveFeatureLicenseMetric", "User"),
];

/// The holders by org, kind and id.
type Holders = HashMap<(String, String, String), Vec<MeasuredHolder>>;

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Basis { reader, selection, .. } = *basis;
    let mut metrics = Vec::new();
    reader.metrics(selection, |metric| -> Result<(), Error> {
        metrics.push(metric);
        Ok(())
    })?;
    let whole_orgs = reader.orgs_with_everybody(selection)?;
    let mut holders = Holders::new();
    reader.measured_holders(selection, |holder| -> Result<(), Error> {
        let thing = (holder.org.clone(), holder.kind.clone(), holder.id.clone());
        holders.entry(thing).or_default().push(holder);
        Ok(())
    })?;
    let knows_any =
        KINDS.iter().map(|(_, metric, _)| reader.knows(selection, metric)).collect::<Result<Vec<_>, _>>()?;
    let mut logins = Logins::read(reader, selection)?;
    let mut totals = [0_i64; NATIVE_CHECK.totals.len()];
    for metric in &metrics {
        let thing = (metric.org.clone(), metric.kind.clone(), metric.id.clone());
        let Some((_, object, holding)) = KINDS.iter().find(|(kind, ..)| *kind == metric.kind) else {
            continue;
        };
        let of_org = Selection { orgs: vec![metric.org.clone()], ..selection.clone() };
        let is_counted = whole_orgs.contains(&metric.org) && reader.knows(&of_org, holding)?;
        let found = holders.remove(&thing).unwrap_or_default();
        let who = if is_counted { logins.on(reader, metric)? } else { None };
        let row = Row { metric, holding, holders: is_counted.then_some(&found[..]), who };
        let active = row.write(sink)?;
        let differs = active.zip(metric.active_reported).filter(|(ours, theirs)| ours != theirs);
        let counts = [
            Some("a metric of Salesforce".to_owned()),
            active.map(|active| format!("{active} active users by our count")),
            differs
                .map(|(ours, theirs)| format!("{theirs} active users by Salesforce's count, {ours} by ours")),
        ];
        for (place, because) in counts.iter().enumerate() {
            let Some(because) = because else { continue };
            totals[place] += 1;
            let measure = NATIVE_CHECK.totals[place].name;
            sink.evidence(&Evidence::one(measure, &metric.org, object, &metric.id, because))
                .map_err(Error::Write)?;
        }
    }
    let is_known = knows_any.contains(&true);
    let [metrics, compared, differing] = totals.map(|total| is_known.then_some(total));
    let differing = differing.filter(|_| compared > Some(0));
    Ok([metrics, compared, differing].map(Cell::from).to_vec())
}

/// Who logged in within the metrics' days, by org and last day.
struct Logins {
    known_since: BTreeMap<String, Timestamp>,
    read: HashMap<(String, String), HashSet<String>>,
}

impl Logins {
    fn read(reader: &Reader, selection: &Selection) -> Result<Self, Error> {
        Ok(Self { known_since: reader.login_history_since(selection)?, read: HashMap::new() })
    }

    /// The users who logged in within the days of the metric; `None` when that is not known of all of them.
    fn on(&mut self, reader: &Reader, metric: &MetricRow) -> Result<Option<&HashSet<String>>, Error> {
        let Some(last) = metric.metrics_on.as_deref().and_then(|day| day.parse::<Date>().ok()) else {
            return Ok(None);
        };
        let Ok(first) = last.checked_sub((METRIC_DAYS - 1).days()) else { return Ok(None) };
        let begins = first.to_zoned(TimeZone::UTC).map(|start| start.timestamp()).ok();
        let since = self.known_since.get(&metric.org).copied();
        if since.zip(begins).is_none_or(|(since, begins)| since > begins) {
            return Ok(None);
        }
        let place = (metric.org.clone(), last.to_string());
        if !self.read.contains_key(&place) {
            let users = reader.users_logged_in(&metric.org, &first.to_string(), &last.to_string())?;
            self.read.insert(place.clone(), users);
        }
        Ok(self.read.get(&place))
    }
}

/// One metric, with the holders where they are known, and who of all users logged in where that is known.
struct Row<'a> {
    metric: &'a MetricRow,
    holding: &'static str,
    holders: Option<&'a [MeasuredHolder]>,
    who: Option<&'a HashSet<String>>,
}

impl Row<'_> {
    /// Hands over the row and its evidence. Our number of active users.
    fn write(&self, sink: &mut dyn Sink) -> Result<Option<i64>, Error> {
        let Self { metric, holding, holders, who } = *self;
        let is_recent = |holder: &MeasuredHolder| {
            holder.is_active && who.is_some_and(|who| who.contains(&holder.user_id))
        };
        let assigned = holders.map(|holders| holders.len() as i64);
        let active = holders.filter(|_| who.is_some());
        let active = active.map(|holders| holders.iter().filter(|holder| is_recent(holder)).count() as i64);
        let difference =
            |theirs: Option<i64>, ours: Option<i64>| theirs.zip(ours).map(|(theirs, ours)| theirs - ours);
        let cells: [Cell<'_>; 11] = [
            (&metric.org).into(),
            (&metric.kind).into(),
            (&metric.id).into(),
            metric.name.as_ref().into(),
            metric.metrics_on.as_ref().into(),
            metric.assigned_reported.into(),
            assigned.into(),
            difference(metric.assigned_reported, assigned).into(),
            metric.active_reported.into(),
            active.into(),
            difference(metric.active_reported, active).into(),
        ];
        sink.row(&cells).map_err(Error::Write)?;
        let wants_evidence = sink.wants_evidence();
        let mut tell = |measure, holder: &MeasuredHolder, because: &str| {
            let one = Evidence::one(measure, &metric.org, holding, &holder.user_id, because);
            sink.evidence(&Evidence { row: &cells[..3], user_id: Some(&holder.user_id), ..one })
                .map_err(Error::Write)
        };
        let proven = holders.filter(|_| wants_evidence).unwrap_or_default();
        for holder in proven {
            tell("assigned_counted", holder, "holds it")?;
            if is_recent(holder) {
                tell("active_counted", holder, "logged in within the 30 days")?;
            }
        }
        Ok(active)
    }
}
