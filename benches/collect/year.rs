//! A year of nightly runs, without the network: pages are made here and go through the store as a run's pages do.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use seatledger::base::{RecordId, utc_text};
use seatledger::catalogue::object;
use seatledger::salesforce::{Column, Page};
use seatledger::store::{
    Cursor, Error, LoginWindow, Merge, ObjectOutcome, ObjectStatus, Reader, Run, RunEnd, RunStatus, Scope,
    Selection, StagedObject, Store,
};

const PAGE: u32 = 2_000;

/// Of a hundred users, this many log in each day.
const DAILY_PERCENT: u64 = 60;

/// Simulates `nights` runs over `users` users and reports the database's size and how long a report of today takes.
pub(crate) fn run(users: u32, nights: u32) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    let mut store = Store::open(&path).unwrap();
    let began = Instant::now();
    for night in 0..nights {
        collect(&mut store, users, night);
        if night % 30 == 29 || night + 1 == nights {
            let seconds = began.elapsed().as_secs();
            println!("night {}: {} MiB after {seconds} s", night + 1, mebibytes(&path));
        }
    }
    drop(store);
    let began = Instant::now();
    let reader = Reader::open(&path).unwrap();
    let as_of = reader.as_of(&[]).unwrap();
    let mut rows = 0;
    let selection = Selection { orgs: vec![], companies: vec![], hides_rest: false, as_of };
    reader
        .users(&selection, |_| {
            rows += 1;
            Ok::<(), Error>(())
        })
        .unwrap();
    println!("today's {rows} users read in {:.2} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let with_logins = reader.users_with_logins(&selection).unwrap().len();
    println!("{with_logins} users and their last logins read in {:.2} s", began.elapsed().as_secs_f64());
}

fn mebibytes(path: &Path) -> u64 {
    let size = |suffix: &str| {
        std::fs::metadata(format!("{}{suffix}", path.display())).map(|found| found.len()).unwrap_or_default()
    };
    (size("") + size("-wal")) / (1 << 20)
}

/// One night: every user, and the logins of the day that ends.
fn collect(store: &mut Store, users: u32, night: u32) {
    let start: Timestamp = "2026-01-01T02:00:00Z".parse().unwrap();
    let now = start + SignedDuration::from_hours(24 * i64::from(night));
    let run = store.begin_run("year", "everything", false, now, None).unwrap();
    let (user, user_columns) = StagedObject::with_every_field(object("User").unwrap());
    let (login, login_columns) = StagedObject::with_every_field(object("LoginHistory").unwrap());
    store.open_stage(&run, &[user.clone(), login.clone()]).unwrap();
    let day = now - SignedDuration::from_hours(12);
    let mut outcomes = Vec::new();
    let mut stage = |staged: &StagedObject, columns: &[Column], record: &dyn Fn(u32) -> Option<String>| {
        let mut cursor = Cursor { object: staged.object.name.to_owned(), ..Cursor::default() };
        for first in (0..users).step_by(PAGE as usize) {
            let records: Vec<String> = (first..users.min(first + PAGE)).filter_map(record).collect();
            page(store, &run, staged, columns, &records, &mut cursor);
        }
        outcomes.push(ObjectOutcome {
            object: staged.object.name,
            status: ObjectStatus::Complete,
            pages: cursor.pages,
            rows: cursor.rows,
            promised_rows: Some(cursor.rows),
            millis: 0,
            reason: None,
        });
    };
    stage(&user, &user_columns, &|number| Some(user_record(&user_columns, number, night, day)));
    stage(&login, &login_columns, &|number| logs_in(number, night).then(|| login_record(number, night, day)));
    let end = RunEnd {
        status: RunStatus::Complete,
        finished_at: now + SignedDuration::from_mins(5),
        api_calls: 100,
        bytes: 0,
        retries: 0,
        error: None,
    };
    let midnight = "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
    let from_milliseconds = midnight + 86_400_000 * (i64::from(night) - 1);
    store
        .merge(&Merge {
            run: &run,
            whole: vec![&user, &login],
            outcomes: &outcomes,
            scope: Scope::WholeOrg(Some("Year AG")),
            outside: &[],
            feature_licenses: None,
            login_window: Some(LoginWindow { from_milliseconds, until_milliseconds: now.as_millisecond() }),
            end: &end,
        })
        .unwrap();
}

fn page(
    store: &mut Store,
    run: &Run,
    staged: &StagedObject,
    columns: &[Column],
    records: &[String],
    cursor: &mut Cursor,
) {
    let count = records.len();
    let body = format!("{{\"totalSize\":{count},\"done\":true,\"records\":[{}]}}", records.join(","));
    let page = Page::decode(body.as_bytes(), columns).unwrap();
    cursor.pages += 1;
    store.stage_page(run, staged, &page.rows, cursor).unwrap();
}

fn id(prefix: &str, number: u64) -> RecordId {
    RecordId::parse(&format!("{prefix}{number:012}")).unwrap()
}

/// Whether the user logs in on the day before the night; spread by a multiplicative hash.
fn logs_in(number: u32, night: u32) -> bool {
    let mixed = (u64::from(number) * 0x9E37_79B9 + u64::from(night) * 0x85EB_CA6B) >> 7;
    mixed % 100 < DAILY_PERCENT
}

fn user_record(columns: &[Column], number: u32, night: u32, day: Timestamp) -> String {
    let last = (0..=night).rev().take(30).find(|night| logs_in(number, *night));
    let mut record = "{".to_owned();
    for (place, column) in columns.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let value = match column.path.as_str() {
            "Id" => format!("\"{}\"", id("005", u64::from(number))),
            "Username" | "Email" => format!("\"person{number}@year.example\""),
            "Name" => format!("\"Person Number {number}\""),
            "ProfileId" => format!("\"{}\"", id("00e", u64::from(number % 40))),
            "IsActive" => "true".to_owned(),
            "CreatedDate" => "\"2025-01-01T00:00:00.000+0000\"".to_owned(),
            "LastLoginDate" => last.map_or("null".to_owned(), |last| {
                let ago = SignedDuration::from_hours(24 * i64::from(night - last));
                format!("\"{}\"", utc_text(day - ago))
            }),
            "Department" => format!("\"Department {}\"", number % 50),
            _ => "null".to_owned(),
        };
        write!(record, "{comma}\"{}\":{value}", column.path).unwrap();
    }
    record + "}"
}

fn login_record(number: u32, night: u32, day: Timestamp) -> String {
    let login = id("0Ya", u64::from(night) * 1_000_000 + u64::from(number));
    let user = id("005", u64::from(number));
    let at = utc_text(day + SignedDuration::from_secs(i64::from(number % 36_000)));
    format!(
        "{{\"Id\":\"{login}\",\"UserId\":\"{user}\",\"LoginTime\":\"{at}\",\"LoginType\":\"Application\",\
         \"Status\":\"Success\"}}"
    )
}
