//! Report `diff`: what became different since an earlier state.

use hashbrown::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::charges::{holding_object, license_object};
use super::table::{Cell, Column, Kind, Personal};
use super::{Basis, Error, Evidence, Reach, Report, ReportOption, Sink, USERS_THEN_LICENSES};
use crate::base::utc_text;
use crate::store::{self, AssignmentChange, Counted, OrgChanges, RecordChange, Timeline, What};

/// The report.
pub const DIFF: Report = Report {
    id: "diff",
    title: "Changes",
    description: "Users, licenses and assignments that came, went or changed since an earlier state",
    definition: "The state at as_of is compared with the newest one that was there at `--since`, else thirty days \
                 earlier; an org whose history begins later is compared with its oldest state, and `since_at` says \
                 which it was. One row per user, license or assignment that came or went, and one per field that \
                 changed. What went and came back in between is no change, and last logins and other counters are \
                 none either. The totals before and after are counted apart from the rows, and the report fails \
                 should the rows not add up to the difference. Always of the whole org.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::Since],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("since_at", Kind::DateTime, "When the earlier state was collected"),
        Column::new("what", Kind::Text, "user, license or assignment").shown(),
        Column::new("change", Kind::Text, "added, removed or changed").shown(),
        Column::new("license_kind", Kind::Text, "user, permission_set, package or feature; empty for users"),
        Column::new("license_id", Kind::Text, "Salesforce's id of the license; empty for users"),
        Column::new("license", Kind::Text, "Label of the license; empty for users").shown(),
        Column::new("user_id", Kind::Text, "Salesforce's id of the user; empty for licenses")
            .personal(Personal::Pseudonym("User.Id")),
        Column::new("username", Kind::Text, "The user's login name; empty for licenses")
            .of(&["User.Username"])
            .personal(Personal::Pseudonym("User.Username"))
            .shown(),
        Column::new("field", Kind::Text, "The field that changed; empty for what was added or removed")
            .shown(),
        Column::new("before", Kind::Text, "What it held").personal(Personal::Withheld).shown(),
        Column::new("after", Kind::Text, "What it holds").personal(Personal::Withheld).shown(),
        Column::new(
            "users",
            Kind::Integer,
            "How many users more; empty when the row is about something else",
        )
        .sum(),
        Column::new(
            "seats",
            Kind::Integer,
            "How many finite seats more; empty when the row is about something else",
        )
        .sum(),
        Column::new(
            "assignments",
            Kind::Integer,
            "How many assignments more; empty when it is about something else",
        )
        .sum(),
    ],
    totals: &[
        Column::new("users_before", Kind::Integer, "Users at the earlier state").counts_people().sum(),
        Column::new("users_added", Kind::Integer, "Users that came").counts_people().sum(),
        Column::new("users_removed", Kind::Integer, "Users that went").counts_people().sum(),
        Column::new("users_after", Kind::Integer, "Users at as_of").counts_people().sum(),
        Column::new(
            "seats_before",
            Kind::Integer,
            "Finite seats of user, permission set and package licenses before",
        )
        .sum(),
        Column::new("seats_change", Kind::Integer, "How many more there are").sum(),
        Column::new("seats_after", Kind::Integer, "The same at as_of").sum(),
        Column::new("assignments_before", Kind::Integer, "Assignments of every kind at the earlier state")
            .sum(),
        Column::new("assignments_added", Kind::Integer, "Assignments that came").sum(),
        Column::new("assignments_removed", Kind::Integer, "Assignments that went").sum(),
        Column::new("assignments_after", Kind::Integer, "Assignments at as_of").sum(),
    ],
    sources: USERS_THEN_LICENSES,
    key: &["org", "what", "license_kind", "license_id", "user_id", "field"],
    label: &["org", "what", "license", "username", "field"],
    about: &["change", "before", "after"],
    write,
};

/// What is compared with when nothing is asked for.
const DEFAULT_DAYS: i64 = 30;

/// The place of the state that each timeline is compared with: the newest at the time asked for, or the oldest.
///
/// # Errors
/// A time was asked for that is before every state.
pub(super) fn earlier_states(basis: &Basis<'_>) -> Result<Vec<(Timeline, usize)>, Error> {
    let since = since(basis);
    if basis.rules.since.is_some_and(|since| since > basis.selection.as_of) {
        return Err(Error::SinceLater(utc_text(since)));
    }
    let timelines = basis.reader.timelines_of_people(basis.selection)?;
    if basis.rules.since.is_some() && timelines.iter().all(|timeline| timeline.at(since).is_none()) {
        return Err(store::Error::NoStateAt(utc_text(since)).into());
    }
    let place = |timeline: Timeline| {
        let place = timeline.at(since).unwrap_or(0);
        (timeline, place)
    };
    Ok(timelines.into_iter().map(place).collect())
}

fn since(basis: &Basis<'_>) -> Timestamp {
    let earlier = basis.selection.as_of - SignedDuration::from_hours(24 * DEFAULT_DAYS);
    basis.rules.since.unwrap_or(earlier)
}

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let mut sums = Sums { users: Some([0; 4]), seats: Some([0; 4]), assignments: Some([0; 4]) };
    for (timeline, from) in earlier_states(basis)? {
        let mut labels = HashMap::new();
        for license in basis.reader.license_history(&timeline)? {
            let name = license.states.into_iter().rev().flatten().next().and_then(|state| state.name);
            labels.insert((license.kind.word(), license.license_id), name);
        }
        let org = Org { name: &timeline.org, since: utc_text(timeline.states[from].collected_at), labels };
        let OrgChanges { users, licenses, assignments } = basis.reader.changes(&timeline, from)?;
        let is_user = |change: &RecordChange| match change.what {
            What::Added => 1,
            What::Removed => -1,
            What::Changed(_) => 0,
        };
        let ends = [
            (ends_of(users.as_ref()), ["users_before", "users_after"]),
            (ends_of(licenses.as_ref()), ["seats_before", "seats_after"]),
            (ends_of(assignments.as_ref()), ["assignments_before", "assignments_after"]),
        ];
        for (counts, measures) in ends {
            org.ends(counts, measures, timeline.newest().collected_at, sink)?;
        }
        add("users", &mut sums.users, users.as_ref(), is_user)?;
        add("seats", &mut sums.seats, licenses.as_ref(), |change| change.seats)?;
        add("assignments", &mut sums.assignments, assignments.as_ref(), |change| change.change)?;
        for change in users.iter().chain(&licenses).flat_map(|counted| &counted.changes) {
            org.record(change, sink)?;
        }
        for change in assignments.iter().flat_map(|counted| &counted.changes) {
            org.assignment(change, sink)?;
        }
    }
    let cells = |sums: Option<[i64; 4]>, change: &[fn([i64; 4]) -> i64]| -> Vec<Cell<'static>> {
        change.iter().map(|number| sums.map(number).into()).collect()
    };
    let in_and_out: &[fn([i64; 4]) -> i64] = &[|of| of[0], |of| of[1], |of| of[2], |of| of[3]];
    let mut totals = cells(sums.users, in_and_out);
    totals.extend(cells(sums.seats, &[|of| of[0], |of| of[1] - of[2], |of| of[3]]));
    totals.extend(cells(sums.assignments, in_and_out));
    Ok(totals)
}

/// Before, added, removed, after; `None` once one org's are not known.
struct Sums {
    users: Option<[i64; 4]>,
    seats: Option<[i64; 4]>,
    assignments: Option<[i64; 4]>,
}

/// Adds the counts of an org, after checking that the changes lead from the one to the other.
fn add<Change>(
    what: &'static str,
    sums: &mut Option<[i64; 4]>,
    counted: Option<&Counted<Change>>,
    more: impl Fn(&Change) -> i64,
) -> Result<(), Error> {
    let Some(Counted { before, after, changes }) = counted else {
        *sums = None;
        return Ok(());
    };
    let added: i64 = changes.iter().map(|change| more(change).max(0)).sum();
    let removed: i64 = changes.iter().map(|change| -more(change).min(0)).sum();
    if before + added - removed != *after {
        return Err(Error::UnequalChange { what, before: *before, after: *after, listed: added - removed });
    }
    if let Some(sums) = sums {
        for (sum, number) in sums.iter_mut().zip([*before, added, removed, *after]) {
            *sum += number;
        }
    }
    Ok(())
}

/// What the rows of one org share.
struct Org<'a> {
    name: &'a str,
    since: String,
    labels: HashMap<(&'static str, String), Option<String>>,
}

/// What was counted before and after.
fn ends_of<Change>(counted: Option<&Counted<Change>>) -> Option<[i64; 2]> {
    counted.map(|counted| [counted.before, counted.after])
}

impl Org<'_> {
    /// Tells what was counted at both states, apart from the changes between them.
    fn ends(
        &self,
        counts: Option<[i64; 2]>,
        measures: [&'static str; 2],
        until: Timestamp,
        sink: &mut dyn Sink,
    ) -> Result<(), Error> {
        let states = [self.since.clone(), utc_text(until)];
        for ((count, measure), state) in counts.into_iter().flatten().zip(measures).zip(states) {
            let because = format!("counted in the state of {state}");
            let one = Evidence::one(measure, self.name, "runs", &state, &because);
            sink.evidence(&Evidence { amount: count.into(), ..one }).map_err(Error::Write)?;
        }
        Ok(())
    }

    fn record(&self, change: &RecordChange, sink: &mut dyn Sink) -> Result<(), Error> {
        let is_user = change.license_kind.is_none();
        let id = Some(change.id.as_str());
        let (license, user) = if is_user { (None, id) } else { (id, None) };
        let name = change.name.as_deref();
        let (count, word) = match &change.what {
            What::Added => (1, "added"),
            What::Removed => (-1, "removed"),
            What::Changed(_) => (0, "changed"),
        };
        let none = store::FieldChange { field: "", before: None, after: None };
        let fields = match &change.what {
            What::Changed(fields) => fields.as_slice(),
            What::Added | What::Removed => std::slice::from_ref(&none),
        };
        let object = change.license_kind.map_or("User", license_object);
        for field in fields {
            // Of a changed license, the seats stand in the row of the field that holds them.
            let is_seats = word != "changed" || matches!(field.field, "total" | "allowed");
            let seats = if is_seats { change.seats } else { 0 };
            let what = if is_user { "user" } else { "license" };
            let field_name = Some(field.field).filter(|field| !field.is_empty());
            sink.row(&[
                self.name.into(),
                (&self.since).into(),
                what.into(),
                word.into(),
                change.license_kind.into(),
                license.into(),
                name.filter(|_| !is_user).into(),
                user.into(),
                name.filter(|_| is_user).into(),
                field_name.into(),
                field.before.as_ref().into(),
                field.after.as_ref().into(),
                is_user.then_some(count).into(),
                (!is_user).then_some(seats).into(),
                Cell::Null,
            ])
            .map_err(Error::Write)?;
            let row = [
                self.name.into(),
                what.into(),
                change.license_kind.into(),
                license.into(),
                user.into(),
                field_name.into(),
            ];
            let number = if is_user { ("users", count) } else { ("seats", seats) };
            self.tell(sink, &row, number, (object, &change.id), user, word)?;
        }
        let (measure, amount) = match (is_user, count) {
            (true, 0) => return Ok(()),
            (true, 1) => ("users_added", 1),
            (true, _) => ("users_removed", 1),
            (false, _) => ("seats_change", change.seats),
        };
        self.tell(sink, &[], (measure, amount), (object, &change.id), user, word)
    }

    fn assignment(&self, change: &AssignmentChange, sink: &mut dyn Sink) -> Result<(), Error> {
        let AssignmentChange { kind, license_id, user_id, username, change } = change;
        let word = if *change > 0 { "added" } else { "removed" };
        let label = self.labels.get(&(*kind, license_id.clone())).and_then(Option::as_ref);
        sink.row(&[
            self.name.into(),
            (&self.since).into(),
            "assignment".into(),
            word.into(),
            (*kind).into(),
            license_id.into(),
            label.into(),
            user_id.into(),
            username.as_ref().into(),
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            Cell::Null,
            (*change).into(),
        ])
        .map_err(Error::Write)?;
        let row = [
            self.name.into(),
            "assignment".into(),
            (*kind).into(),
            license_id.into(),
            user_id.into(),
            Cell::Null,
        ];
        let record = (holding_object(kind), license_id.as_str());
        self.tell(sink, &row, ("assignments", *change), record, Some(user_id), word)?;
        let measure = if *change > 0 { "assignments_added" } else { "assignments_removed" };
        self.tell(sink, &[], (measure, change.abs()), record, Some(user_id), word)
    }

    fn tell(
        &self,
        sink: &mut dyn Sink,
        row: &[Cell<'_>],
        (measure, amount): (&'static str, i64),
        (object, record_id): (&'static str, &str),
        user_id: Option<&str>,
        word: &str,
    ) -> Result<(), Error> {
        let because = format!("{word} since {}", self.since);
        sink.evidence(&Evidence {
            row,
            measure,
            amount: amount.into(),
            org: self.name,
            object,
            record_id,
            user_id,
            because: &because,
        })
        .map_err(Error::Write)
    }
}
