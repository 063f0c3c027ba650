//! Every public view can be read as of every earlier state: logins by day and what is counted too, whichever objects a
//! run could read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Map, Value as Json, json};

use super::Reader;
use crate::base::RecordId;
use crate::catalogue::object;
use crate::salesforce::{Column, Page};
use crate::store::database::views;
use crate::store::{
    CompanyCount, CompanySpelling, Cursor, FeatureLicense, LoginWindow, Merge, ObjectOutcome, ObjectStatus,
    Run, RunEnd, RunStatus, Scope, StagedObject, Store,
};

/// What users have as company: two spellings of the configured one, and another.
const COMPANIES: [&str; 3] = ["Acme GmbH", "ACME GMBH", "Other AG"];

/// Login types, of which each user takes one after the other: by the browser, by the API, and one nobody knows.
const LOGIN_TYPES: [&str; 3] = ["Application", "Remote Access 2.0", "Telepathy"];

const DAY_MILLISECONDS: i64 = 86_400_000;

/// What an org holds on one day. The sets and maps are keyed by the user's number.
#[derive(Clone, Debug)]
struct Snapshot {
    companies: BTreeMap<u8, usize>,
    assigned: BTreeSet<u8>,
    /// How often users logged in on the day before and on the day itself.
    logins: BTreeMap<(u8, bool), usize>,
    reads_assignments: bool,
    reads_logins: bool,
}

/// Interactive, API and unknown logins by user and day.
type LoginDays = BTreeMap<(String, String), [i64; 3]>;

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    let snapshot = (
        proptest::collection::btree_map(0..5_u8, 0..COMPANIES.len(), 0..5),
        proptest::collection::btree_set(0..5_u8, 0..5),
        proptest::collection::btree_map((0..5_u8, any::<bool>()), 1..5_usize, 0..6),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(companies, assigned, logins, reads_assignments, reads_logins)| Snapshot {
            companies,
            assigned,
            logins,
            reads_assignments,
            reads_logins,
        });
    proptest::collection::vec(snapshot, 1..6)
}

fn noon(day: i64) -> Timestamp {
    "2026-11-01T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

fn id(prefix: &str, number: usize) -> String {
    RecordId::parse(&format!("{prefix}{number:012}")).unwrap().to_string()
}

fn user_id(number: u8) -> String {
    id("005", number.into())
}

impl Snapshot {
    fn is_in_scope(&self, user: u8) -> bool {
        self.companies.get(&user).is_some_and(|company| *company < 2)
    }

    fn users(&self) -> Vec<Json> {
        let user = |(number, company): (&u8, &usize)| json!({"Id": user_id(*number), "IsActive": true, "CompanyName": COMPANIES[*company]});
        self.companies.iter().map(user).collect()
    }

    fn assignments(&self) -> Vec<Json> {
        let assignment = |number: &u8| {
            json!({"Id": id("2La", (*number).into()), "AssigneeId": user_id(*number),
                   "PermissionSetLicenseId": id("0PL", 1)})
        };
        self.assigned.iter().map(assignment).collect()
    }

    fn logins(&self, day: i64) -> Vec<Json> {
        let of = |((user, is_today), times): (&(u8, bool), &usize)| {
            let (user, is_today) = (*user, *is_today);
            let midnight = noon(day - i64::from(!is_today)) - SignedDuration::from_hours(12);
            (0..*times)
                .map(|time| {
                    let number = usize::try_from(day).unwrap() * 1000
                        + usize::from(user) * 100
                        + usize::from(is_today) * 50
                        + time;
                    let at = midnight + SignedDuration::from_hours(i64::try_from(time).unwrap());
                    json!({"Id": id("0Ya", number), "UserId": user_id(user), "LoginTime": at.to_string(),
                           "LoginType": LOGIN_TYPES[time % 3], "Status": "Success"})
                })
                .collect::<Vec<_>>()
        };
        self.logins.iter().flat_map(of).collect()
    }

    /// Replaces what `days` know of this day and the one before.
    fn log(&self, day: i64, days: &mut LoginDays) {
        if !self.reads_logins {
            return;
        }
        let date = |day| noon(day).to_string()[..10].to_owned();
        days.retain(|(_, other), _| *other < date(day - 1));
        for ((user, is_today), times) in self.logins.iter().filter(|((user, _), _)| self.is_in_scope(*user)) {
            let kinds = [0, 1, 2].map(|kind| i64::try_from((times + 2 - kind) / 3).unwrap());
            days.insert((user_id(*user), date(day - i64::from(!is_today))), kinds);
        }
    }

    fn company_counts(&self) -> Vec<(String, i64)> {
        let count = |inside| self.companies.keys().filter(|user| self.is_in_scope(**user) == inside).count();
        [("(unmatched)", count(false)), ("Acme", count(true))]
            .into_iter()
            .filter(|(_, users)| *users > 0)
            .map(|(company, users)| (company.to_owned(), i64::try_from(users).unwrap()))
            .collect()
    }
}

/// Stages `records` as all that there is of an object. Fields that a record does not name are null.
fn stage(store: &mut Store, run: &Run, staged: &(StagedObject, Vec<Column>), records: Vec<Json>) {
    let (staged, columns) = staged;
    let empty: Map<String, Json> = columns.iter().map(|column| (column.path.clone(), Json::Null)).collect();
    let records: Vec<Json> = records
        .into_iter()
        .map(|named| {
            let mut record = empty.clone();
            record.extend(named.as_object().unwrap().clone());
            record.into()
        })
        .collect();
    let body = json!({"totalSize": records.len(), "done": true, "records": records}).to_string();
    let page = Page::decode(body.as_bytes(), columns).unwrap();
    let mut cursor = Cursor { object: staged.object.name.to_owned(), pages: 1, ..Cursor::default() };
    store.stage_page(run, staged, &page.rows, &mut cursor).unwrap();
}

fn whole(name: &str) -> (StagedObject, Vec<Column>) {
    StagedObject::with_every_field(object(name).unwrap())
}

/// A run at noon of the day that reads the snapshot and ends five minutes later.
fn collect(store: &mut Store, snapshot: &Snapshot, day: i64) {
    let now = noon(day);
    let run = store.begin_run("acme", "everything", false, now, None).unwrap();
    let licenses = || vec![json!({"Id": id("0PL", 1), "MasterLabel": "Sales", "TotalLicenses": 5})];
    let mut objects = vec![(whole("User"), snapshot.users()), (whole("PermissionSetLicense"), licenses())];
    if snapshot.reads_assignments {
        objects.push((whole("PermissionSetLicenseAssign"), snapshot.assignments()));
    }
    if snapshot.reads_logins {
        objects.push((whole("LoginHistory"), snapshot.logins(day)));
    }
    let (staged, records): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
    let whole: Vec<StagedObject> = staged.iter().map(|(staged, _)| staged.clone()).collect();
    store.open_stage(&run, &whole).unwrap();
    for (staged, records) in staged.iter().zip(records) {
        stage(store, &run, staged, records);
    }
    let outcome = |staged: &StagedObject| ObjectOutcome {
        object: staged.object.name,
        status: ObjectStatus::Complete,
        pages: 1,
        rows: 0,
        promised_rows: None,
        millis: 0,
        reason: None,
    };
    let outside = snapshot.company_counts().into_iter().filter(|(company, _)| company == "(unmatched)");
    let outside: Vec<_> = outside
        .map(|(_, users)| CompanyCount { company: "(unmatched)", license_id: None, is_active: true, users })
        .collect();
    let company_of = |name: &str| match name.to_lowercase().as_str() {
        "acme gmbh" => CompanySpelling::Company("Acme".to_owned()),
        _ => CompanySpelling::Unmatched,
    };
    let feature = FeatureLicense {
        flag: "UserPermissionsMarketingUser".to_owned(),
        label: "Marketing User".to_owned(),
        holders: Some(i64::try_from(snapshot.assigned.len()).unwrap()),
    };
    let window = LoginWindow {
        from_milliseconds: noon(day - 1).as_millisecond() - DAY_MILLISECONDS / 2,
        until_milliseconds: now.as_millisecond(),
    };
    let end = RunEnd {
        status: RunStatus::Complete,
        finished_at: finished(day),
        api_calls: 1,
        bytes: 1,
        retries: 0,
        error: None,
    };
    store
        .merge(&Merge {
            run: &run,
            whole: whole.iter().collect(),
            outcomes: &whole.iter().map(outcome).collect::<Vec<_>>(),
            scope: Scope::Companies(&company_of),
            outside: &outside,
            feature_licenses: Some(&[feature]),
            login_window: snapshot.reads_logins.then_some(window),
            end: &end,
        })
        .unwrap();
}

fn finished(day: i64) -> Timestamp {
    noon(day) + SignedDuration::from_mins(5)
}

/// The rows of every view but those of the runs themselves.
fn everything(connection: &Connection) -> BTreeMap<&'static str, Vec<String>> {
    views()
        .map(|(view, _)| view)
        .filter(|view| !["org_state", "runs", "run_objects"].contains(view))
        .map(|view| {
            let mut statement = connection.prepare(&format!("SELECT * FROM {view}")).unwrap();
            let columns = statement.column_count();
            let text = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
                let cells = (0..columns).map(|place| Ok(format!("{:?}", row.get_ref(place)?)));
                Ok(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(" "))
            };
            let rows = statement.query_map([], text).unwrap();
            let mut rows: Vec<String> = rows.collect::<rusqlite::Result<_>>().unwrap();
            rows.sort();
            (view, rows)
        })
        .collect()
}

fn login_days(connection: &Connection) -> LoginDays {
    let mut statement =
        connection.prepare("SELECT user_id, day, interactive, api, unknown FROM login_days").unwrap();
    let rows = statement
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), [row.get(2)?, row.get(3)?, row.get(4)?])));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// The last login of each kind of each user, in milliseconds since 1970.
type LastLogins = Vec<(String, [Option<i64>; 3])>;

fn last_logins(connection: &Connection, from: &str) -> LastLogins {
    let mut statement = connection.prepare(&format!("{from} ORDER BY user_id")).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// As they are kept.
const OF_USERS: &str = "SELECT user_id, last_interactive_at, last_api_at, last_unknown_at FROM login_user";

/// As the days themselves tell them.
const OF_DAYS: &str = "
    SELECT user_id, max(day * 86400000 + last_interactive), max(day * 86400000 + last_api),
        max(day * 86400000 + last_unknown)
    FROM login_user LEFT JOIN login_day_now USING (org_no, user_no) GROUP BY user_id";

fn company_counts(connection: &Connection) -> Vec<(String, i64)> {
    let mut statement = connection
        .prepare("SELECT company, sum(users) FROM company_counts GROUP BY company ORDER BY company")
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn reader(path: &Path, day: Option<i64>) -> Reader {
    match day {
        None => Reader::open(path).unwrap(),
        Some(day) => Reader::open_as_of(path, finished(day)).unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_view_can_be_read_as_it_was(snapshots in snapshots()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatledger.db");
        let mut store = Store::open(&path).unwrap();
        let mut days = LoginDays::new();
        let mut states = Vec::new();
        for (day, snapshot) in (0..).zip(&snapshots) {
            collect(&mut store, snapshot, day);
            snapshot.log(day, &mut days);
            let now = reader(&path, None);
            prop_assert_eq!(&login_days(&now.connection), &days, "day {}", day);
            prop_assert_eq!(company_counts(&now.connection), snapshot.company_counts(), "day {}", day);
            let (of_users, of_days) = (last_logins(&now.connection, OF_USERS), last_logins(&now.connection, OF_DAYS));
            prop_assert_eq!(of_users, of_days, "day {}", day);
            states.push(everything(&now.connection));
        }
        for (day, state) in (0..).zip(&states) {
            let then = reader(&path, Some(day));
            prop_assert_eq!(&everything(&then.connection), state, "as of day {}", day);
            let (of_users, of_days) = (last_logins(&then.connection, OF_USERS), last_logins(&then.connection, OF_DAYS));
            prop_assert_eq!(of_users, of_days, "as of day {}", day);
        }
    }
}
