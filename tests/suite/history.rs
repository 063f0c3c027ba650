//! The history keeps every state: after any sequence of snapshots the views show the last, and each earlier one can be
//! read back as of its time.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use seatledger::catalogue::object;
use seatledger::salesforce::Page;
use seatledger::store::{
    Cursor, Error, Merge, ObjectOutcome, ObjectStatus, Reader, RunEnd, RunStatus, Scope, Selection,
    StagedObject, Store,
};

/// Title and last login of each user, by number.
type Snapshot = BTreeMap<u8, (Option<String>, u8)>;

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn user_id(number: u8) -> String {
    seatledger::base::RecordId::parse(&format!("005000000000{number:03}")).unwrap().to_string()
}

/// Stages and merges `snapshot` as the users of a run that ends `hours` after the start.
fn merge(store: &mut Store, snapshot: &Snapshot, hours: i64) -> usize {
    let now = start() + SignedDuration::from_hours(hours);
    let run = store.begin_run("acme", "everything", false, now, None).unwrap();
    let (staged, columns) = StagedObject::with_every_field(object("User").unwrap());
    store.open_stage(&run, std::slice::from_ref(&staged)).unwrap();
    let records: Vec<_> = snapshot
        .iter()
        .map(|(number, (title, login))| {
            let mut record = serde_json::Map::new();
            for column in &columns {
                record.insert(column.path.clone(), serde_json::Value::Null);
            }
            record.insert("Id".into(), user_id(*number).into());
            record.insert("IsActive".into(), true.into());
            record.insert("Title".into(), title.clone().into());
            record
                .insert("LastLoginDate".into(), format!("2026-10-{:02}T08:00:00.000+0000", login + 1).into());
            record
        })
        .collect();
    let body = serde_json::json!({ "totalSize": records.len(), "done": true, "records": records });
    let page = Page::decode(body.to_string().as_bytes(), &columns).unwrap();
    let mut cursor = Cursor { object: "User".into(), pages: 1, ..Cursor::default() };
    store.stage_page(&run, &staged, &page.rows, &mut cursor).unwrap();
    let outcome = ObjectOutcome {
        object: "User",
        status: ObjectStatus::Complete,
        pages: 1,
        rows: cursor.rows,
        promised_rows: Some(page.total_size),
        millis: 0,
        reason: None,
    };
    let end = RunEnd {
        status: RunStatus::Complete,
        finished_at: now + SignedDuration::from_mins(5),
        api_calls: 1,
        bytes: 1,
        retries: 0,
        error: None,
    };
    store
        .merge(&Merge {
            run: &run,
            whole: vec![&staged],
            outcomes: &[outcome],
            scope: Scope::WholeOrg(Some("Acme GmbH")),
            outside: &[],
            feature_licenses: None,
            login_window: None,
            end: &end,
        })
        .unwrap()
}

fn read(reader: &Reader) -> Snapshot {
    let selection = Selection { orgs: vec![], companies: vec![], hides_rest: false, as_of: start() };
    let mut found = Snapshot::new();
    reader
        .users(&selection, |user| {
            assert_eq!(user.company.as_deref(), Some("Acme GmbH"));
            let number = user.user_id[12..15].parse().unwrap();
            let login = user.last_login_at.unwrap();
            found.insert(number, (user.title, login[8..10].parse::<u8>().unwrap() - 1));
            Ok::<(), Error>(())
        })
        .unwrap();
    found
}

fn history_rows(path: &Path) -> i64 {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection
        .query_row(
            "SELECT (SELECT count(*) FROM user_past) + (SELECT count(*) FROM user_counter_past)",
            [],
            |row| row.get(0),
        )
        .unwrap()
}

fn snapshots() -> impl Strategy<Value = Vec<Snapshot>> {
    let title = prop_oneof![Just(None), Just(Some("Clerk".to_owned())), Just(Some("Prokuristin".to_owned()))];
    let snapshot = proptest::collection::btree_map(0..6_u8, (title, 0..3_u8), 0..6);
    proptest::collection::vec(snapshot, 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_state_can_be_read_back(snapshots in snapshots()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatledger.db");
        let mut store = Store::open(&path).unwrap();
        for (hours, snapshot) in (0..).zip(&snapshots) {
            merge(&mut store, snapshot, hours);
            prop_assert_eq!(&read(&Reader::open(&path).unwrap()), snapshot);
        }
        for (hours, snapshot) in (0..).zip(&snapshots) {
            let as_of = start() + SignedDuration::from_hours(hours) + SignedDuration::from_mins(5);
            prop_assert_eq!(&read(&Reader::open_as_of(&path, as_of).unwrap()), snapshot);
        }
    }
}

#[test]
fn an_unchanged_snapshot_writes_no_history_and_a_change_one_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    let mut store = Store::open(&path).unwrap();
    let mut snapshot: Snapshot = (0..5).map(|number| (number, (None, 0))).collect();
    merge(&mut store, &snapshot, 0);
    assert_eq!(merge(&mut store, &snapshot, 1), 0, "nothing changed");
    assert_eq!(history_rows(&path), 0);

    snapshot.insert(3, (Some("Clerk".to_owned()), 0));
    assert_eq!(merge(&mut store, &snapshot, 2), 1);
    assert_eq!(history_rows(&path), 1);

    snapshot.insert(4, (None, 2));
    merge(&mut store, &snapshot, 3);
    assert_eq!(history_rows(&path), 2, "a login adds one narrow row");

    snapshot.remove(&0);
    merge(&mut store, &snapshot, 4);
    assert_eq!(history_rows(&path), 4, "who is gone leaves a version and the counters");
}

#[test]
fn before_the_first_state_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    let mut store = Store::open(&path).unwrap();
    merge(&mut store, &Snapshot::new(), 5);
    let refused = Reader::open_as_of(&path, start()).err().unwrap();
    assert_eq!(refused.to_string(), "no collected state is as old as 2026-11-01T00:00:00.000Z");
}

#[test]
fn a_second_run_is_kept_out_by_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    let first = Store::open(&path).unwrap();
    assert!(matches!(Store::open(&path), Err(Error::LockHeld(_))));
    drop(first);
    assert!(Store::open(&path).is_ok());
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.db");
    std::fs::write(&text, "these are my notes, and no database at all").unwrap();
    assert!(matches!(Store::open(&text), Err(Error::Damaged { .. })));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "these are my notes, and no database at all");

    let foreign = folder.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE album (title TEXT)").unwrap();
    assert!(matches!(Store::open(&foreign), Err(Error::Foreign(_))));

    let newer = folder.path().join("newer.db");
    drop(Store::open(&newer).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(&newer), Err(Error::Newer { found: 99, .. })));
    assert!(matches!(Reader::open(&newer), Err(Error::Newer { found: 99, .. })));
}

#[test]
fn the_database_is_closed_to_others() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    let mut store = Store::open(&path).unwrap();
    merge(&mut store, &Snapshot::new(), 0);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn a_reader_brings_its_own_views_to_a_database_of_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seatledger.db");
    merge(&mut Store::open(&path).unwrap(), &Snapshot::new(), 0);
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch("DROP VIEW licenses; CREATE VIEW licenses AS SELECT org FROM org").unwrap();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of: start() };
    let mut licenses = 0;
    let read = Reader::open(&path).unwrap().licenses(&selection, |_| -> Result<(), Error> {
        licenses += 1;
        Ok(())
    });
    assert!(read.is_ok(), "{read:?}");
    assert_eq!(licenses, 0);
    let kept: String = writer
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'licenses'", [], |row| row.get(0))
        .unwrap();
    assert!(kept.contains("SELECT org FROM org"), "a reader writes nothing");
}
