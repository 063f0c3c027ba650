//! A whole installation: an emulated org, a home with a configuration and a key, and the real program.

use std::collections::BTreeMap;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use seatledger::base::Clock;
use seatledger::emulator::{CLIENT_ID, Options, Server, USERNAME};

use crate::emulator_caller::{REGISTERED, birthday};
use crate::support::{Home, Ran};

/// Between two looks at what a program does, so that it has the processor meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

/// An installation whose one org is called `acme`.
pub(crate) struct Site {
    pub(crate) home: Home,
    pub(crate) server: Server,
    clock: Arc<StandingClock>,
}

/// Stands until it is moved.
struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

impl Site {
    /// With an org of `users` users, all of them in scope.
    pub(crate) fn new(users: u64) -> Self {
        Self::with_org_keys(users, "")
    }

    /// The same with further keys of `[[org]]`.
    pub(crate) fn with_org_keys(users: u64, keys: &str) -> Self {
        let clock = Arc::new(StandingClock(AtomicI64::new(birthday().as_millisecond())));
        let server = Server::start(Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            users,
            seed: 1,
            latency: Duration::ZERO,
            faults: Vec::new(),
            certificates: vec![REGISTERED.certificate.clone()],
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
        })
        .unwrap();
        let home = Home::new();
        write_private(&home, "acme.key", &REGISTERED.key);
        let site = Self { home, server, clock };
        site.configure("", keys);
        site
    }

    /// Writes the configuration anew, with these keys of `[collect]` and `[[org]]`.
    pub(crate) fn configure(&self, collect: &str, keys: &str) {
        let url = self.server.url();
        self.home.write(
            "seatledger.toml",
            &format!(
                "[store]\npath = \"seatledger.db\"\n[collect]\n{collect}\n[[org]]\nid = \"acme\"\nurl = \"{url}\"\n\
                 login_url = \"{url}\"\nclient_id = \"{CLIENT_ID}\"\nusername = \"{USERNAME}\"\n\
                 private_key_file = \"acme.key\"\ninsecure_loopback = true\n{keys}\n"
            ),
        );
    }

    /// Writes a file that only its owner can read.
    pub(crate) fn write_private(&self, name: &str, content: &str) {
        write_private(&self.home, name, content);
    }

    /// Lets time pass; nobody but the collector logs in to the emulated org meanwhile.
    pub(crate) fn later(&self, hours: i64) {
        let milliseconds = SignedDuration::from_hours(hours).as_millis();
        self.clock.0.fetch_add(i64::try_from(milliseconds).unwrap(), Ordering::Relaxed);
    }

    /// Runs the program at the site's time.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }

    /// Runs the program so many seconds after the site's time, while the org's clock stands.
    pub(crate) fn run_after(&self, seconds: i64, arguments: &[&str]) -> Ran {
        let now = self.clock.now() + SignedDuration::from_secs(seconds);
        let output = self.home.command(arguments).env("SEATLEDGER_CLOCK", now.to_string()).output();
        Ran::of(arguments, output.unwrap())
    }

    /// The program at the site's time, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command.env("SEATLEDGER_CLOCK", self.clock.now().to_string());
        command
    }

    pub(crate) fn database(&self) -> Connection {
        Connection::open(self.home.path("seatledger.db")).unwrap()
    }

    /// Waits for what a program does, which must go on until then.
    #[track_caller]
    pub(crate) fn wait_until(&self, program: &mut Child, is_so: impl Fn(&Self) -> bool) {
        while !is_so(self) {
            assert_eq!(program.try_wait().unwrap(), None, "the program ended too soon");
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether an unfinished run has staged the object to its last page.
    pub(crate) fn is_staged(&self, object: &str) -> bool {
        Connection::open_with_flags(
            self.home.path("seatledger.db.stage-1"),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )
        .and_then(|stage| {
            stage.query_row(
                "SELECT count(*) = 1 FROM cursor WHERE object = ?1 AND next_records_url IS NULL",
                [object],
                |row| row.get(0),
            )
        })
        .unwrap_or_default()
    }

    /// The rows of a query, each cell as text; NULL is `None`.
    pub(crate) fn rows(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|column| Ok(text(row.get(column)?))).collect::<rusqlite::Result<Vec<_>>>()
        });
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// The one number that a query finds.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Two columns of a query as a map.
    pub(crate) fn counts(&self, sql: &str) -> BTreeMap<String, i64> {
        let database = self.database();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(bytes) => Some(format!("{bytes:?}")),
    }
}

fn write_private(home: &Home, name: &str, content: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    home.write(name, content);
    std::fs::set_permissions(home.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}
