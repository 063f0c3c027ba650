//! A collected org with something changed since, and what a database holds of it, object by object.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::Connection;
use seatledger::catalogue::{OBJECTS, Shape};
use seatledger::emulator::USERNAME;
use serde_json::json;

use crate::emulator_caller::read_faults;
use crate::site::Site;
use crate::support::Ran;

/// Enough for three pages of users.
const USERS: u64 = 250;
const PAGE: u64 = 100;
/// Keys of `[collect]`: three days of logins do.
pub(super) const COLLECT: &str = "login_history_days = 3";

/// An installation in which a run can meet a fault.
pub(super) struct Bench {
    pub(super) site: Site,
}

/// What a database holds: the current rows of every object as text. What the collector's own logins change is left out.
#[derive(Clone)]
pub(super) struct State(BTreeMap<&'static str, Vec<String>>);

/// The database after the first run.
static COLLECTED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let bench = Bench::empty();
    bench.run(&["collect"]).exits(0);
    std::fs::read(bench.site.home.path("seatledger.db")).unwrap()
});

/// What that database holds.
pub(super) static OLD: LazyLock<State> = LazyLock::new(|| Bench::new().state());

/// What a run that nothing disturbs makes of it.
pub(super) static NEW: LazyLock<State> = LazyLock::new(|| {
    let bench = Bench::new();
    bench.run(&["collect"]).exits(0);
    bench.state()
});

impl Bench {
    /// With the database of a first run, and an org that has changed since.
    pub(super) fn new() -> Self {
        let bench = Self::empty();
        std::fs::write(bench.site.home.path("seatledger.db"), &*COLLECTED).unwrap();
        bench.change();
        bench.site.later(24);
        bench
    }

    fn empty() -> Self {
        let site = Site::new(USERS);
        site.server.set_largest_page(PAGE);
        site.configure(COLLECT, "");
        Self { site }
    }

    /// Changes users of the first and of the last page, and rows of other objects.
    fn change(&self) {
        let server = &self.site.server;
        let some = |sql: &str| self.site.rows(sql).into_iter().flatten().flatten().collect::<Vec<_>>();
        let people = "SELECT user_id FROM users WHERE user_type = 'Standard' ORDER BY 1";
        for user in some(&format!("SELECT user_id FROM ({people} LIMIT 3)"))
            .into_iter()
            .chain(some(&format!("SELECT user_id FROM ({people} DESC LIMIT 3)")))
        {
            server.set_field("User", &user, "Title", &json!("Prokuristin")).unwrap();
        }
        let role = &some("SELECT max(id) FROM user_role_now")[0];
        server.set_field("UserRole", role, "Name", &json!("Renamed")).unwrap();
        // A user's login record has the user's number.
        let frozen = &some("SELECT '0Yw' || substr(max(user_id), 4, 12) FROM user_login_now")[0];
        server.set_field("UserLogin", frozen, "IsFrozen", &json!(false)).unwrap();
        let assigned = &some("SELECT max(id) FROM permission_set_license_assign_now")[0];
        server.delete("PermissionSetLicenseAssign", assigned).unwrap();
    }

    pub(super) fn set_faults(&self, faults: &[&str]) {
        self.site.server.set_faults(read_faults(faults));
    }

    /// Runs the program, which waits for nothing.
    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(arguments, command.output().unwrap())
    }

    /// The program at the site's time, not yet started.
    pub(super) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.site.command(arguments);
        command.env("SEATLEDGER_WAIT", "1").env("HOSTALIASES", self.site.home.path("aliases"));
        command
    }

    /// The next run, an hour later and met by no fault, leaves the new state.
    pub(super) fn heals(&self) {
        self.site.later(1);
        self.site.server.set_faults(Vec::new());
        self.run(&["collect"]).exits(0);
        self.state().is(&NEW);
    }

    /// What the database holds. Its pages are checked too.
    pub(super) fn state(&self) -> State {
        let database = self.site.database();
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        State(
            OBJECTS
                .iter()
                .map(|object| {
                    let table = match object.shape {
                        Shape::LoginDays => "login_day_now",
                        Shape::Snapshot | Shape::Newest(_) => object.dataset.table,
                    };
                    (object.name, rows(&database, table, object.shape == Shape::LoginDays))
                })
                .collect(),
        )
    }
}

fn rows(database: &Connection, table: &str, logins: bool) -> Vec<String> {
    let (table, own) = match (table, logins) {
        (_, true) => (
            "login_day_now".to_owned(),
            format!(
                "user_no IN (SELECT user_no FROM login_user JOIN user_now ON id = user_id WHERE username = '{USERNAME}')"
            ),
        ),
        ("user", false) => ("user_now".to_owned(), format!("username = '{USERNAME}'")),
        (other, false) => (format!("{other}_now"), "0".to_owned()),
    };
    let mut statement = database
        .prepare(&format!("SELECT * FROM {table} WHERE NOT coalesce({own}, 0) ORDER BY 1, 2, 3"))
        .unwrap();
    // By name: columns that were added later stand at the end.
    let mut kept: Vec<(String, usize)> = statement
        .column_names()
        .map(str::to_owned)
        .zip(0..)
        .filter(|(name, _)| !name.ends_with("since_run"))
        .collect();
    kept.sort();
    let rows = statement
        .query_map([], |row| {
            kept.iter()
                .map(|(_, place)| Ok(format!("{:?}", row.get_ref(*place)?)))
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .unwrap();
    rows.map(|row| row.unwrap().join(" ")).collect()
}

impl State {
    /// Holds the state against another, and names the objects that differ.
    #[track_caller]
    pub(super) fn is(&self, expected: &Self) {
        let different: Vec<_> = self
            .0
            .iter()
            .filter(|(object, rows)| expected.0[*object] != **rows)
            .map(|(object, _)| *object)
            .collect();
        assert!(
            different.is_empty() && self.0.len() == expected.0.len(),
            "these objects differ: {different:?}"
        );
    }

    /// Of these objects only.
    pub(super) fn only(&self, objects: &[&str]) -> Self {
        self.of(|object| objects.contains(&object))
    }

    /// Of all but these objects.
    pub(super) fn without(&self, objects: &[&str]) -> Self {
        self.of(|object| !objects.contains(&object))
    }

    fn of(&self, wanted: impl Fn(&str) -> bool) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(object, _)| wanted(object))
                .map(|(object, rows)| (*object, rows.clone()))
                .collect(),
        )
    }
}
