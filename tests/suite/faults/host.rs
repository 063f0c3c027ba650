//! The machine: disks, permissions, other programs, signals. Two runs at once are in `signals`.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use super::QUIET;
use super::bench::{Bench, NEW, OLD};
use crate::support::Ran;

const DATABASE: &str = "seatledger.db";

/// An account without rights of its own.
const NOBODY: u32 = 65_534;

impl Bench {
    fn database_bytes(&self) -> Vec<u8> {
        std::fs::read(self.site.home.path(DATABASE)).unwrap()
    }

    fn execute(&self, sql: &str) {
        self.site.database().execute_batch(sql).unwrap();
    }

    /// Overwrites a stretch of a file.
    fn spoil(&self, file: &str, from: usize, length: usize) {
        let path = self.site.home.path(file);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.iter_mut().skip(from).take(length).for_each(|byte| *byte = 0xAA);
        std::fs::write(&path, bytes).unwrap();
    }

    /// A run that is killed once it has staged users and waits for roles.
    fn killed_while_staging(&self) {
        self.set_faults(&["query/UserRole:slow=600000*all"]);
        let mut run = self.command(&["collect"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.site.wait_until(&mut run, |site| site.is_staged("User"));
        run.kill().unwrap();
        run.wait().unwrap();
        self.site.server.clear_requests();
    }
}

#[test]
fn a_database_that_is_none_or_not_ours_is_left_alone() {
    type Spoil = fn(&Bench);
    let cases: &[(&str, Spoil, &[&str])] = &[
        ("a damaged header", |bench| bench.spoil(DATABASE, 0, 100), &["is damaged", "db backup"]),
        ("a text file", |bench| bench.site.home.write(DATABASE, "a shopping list"), &["is damaged"]),
        (
            "another program's",
            |bench| bench.execute("PRAGMA application_id = 7"),
            &["not one of Seatledger's", "`path` under [store]"],
        ),
        (
            "a newer version's",
            |bench| bench.execute("PRAGMA user_version = 99"),
            &["written by a newer Seatledger", "install the newest version"],
        ),
    ];
    for (name, spoil, says) in cases {
        let bench = Bench::new();
        let good = bench.database_bytes();
        spoil(&bench);
        let before = bench.database_bytes();
        bench.run(&["collect"]).exits(1).says(says);
        assert!(bench.database_bytes() == before, "{name} was changed");
        assert_eq!(bench.site.server.requests().len(), 0, "{name}");
        std::fs::write(bench.site.home.path(DATABASE), good).unwrap();
        bench.heals();
    }
}

#[test]
fn damage_deep_inside_is_found_and_said() {
    let bench = Bench::new();
    let good = bench.database_bytes();
    let root = bench.site.number("SELECT rootpage FROM sqlite_schema WHERE name = 'user_now'");
    let size = bench.site.number("PRAGMA page_size");
    bench.spoil(DATABASE, usize::try_from((root - 1) * size).unwrap(), usize::try_from(size).unwrap());
    bench.run(&["collect"]).exits(1).says(&["malformed", "`seatledger db check`", "db backup"]);
    bench.run(&["db", "check"]).exits(1);
    for file in ["seatledger.db", "seatledger.db-wal", "seatledger.db-shm"] {
        let _ = std::fs::remove_file(bench.site.home.path(file));
    }
    std::fs::write(bench.site.home.path(DATABASE), good).unwrap();
    bench.heals();
}

#[test]
fn a_torn_stage_is_started_again() {
    for (from, length) in [(0, 100), (4096, 4096), (8192, 1 << 20), (0, 1 << 24)] {
        let bench = Bench::new();
        bench.killed_while_staging();
        // What the killed run left in the log belongs to the file.
        for stage in ["seatledger.db.stage-1", "seatledger.db.stage-1-wal"] {
            if bench.site.home.path(stage).exists() {
                bench.spoil(stage, from, length);
            }
        }
        bench.state().is(&OLD);
        bench.heals();
    }
}

#[test]
fn databases_of_earlier_versions_are_migrated() {
    let bench = Bench::new();
    let views = bench.site.rows("SELECT name FROM sqlite_schema WHERE type = 'view'");
    for view in views.into_iter().flatten().flatten() {
        bench.execute(&format!("DROP VIEW {view}"));
    }
    // A catalogue that did not have these yet.
    bench.execute(
        "ALTER TABLE user_now DROP COLUMN department; ALTER TABLE user_past DROP COLUMN department;
         DROP TABLE user_role_now; DROP TABLE user_role_past;",
    );
    bench.heals();

    // Before the last logins of users were kept.
    let bench = Bench::new();
    let last_logins = "SELECT user_id, last_interactive_at, last_api_at, last_unknown_at FROM login_user";
    let kept = bench.site.rows(last_logins);
    assert!(kept.iter().any(|user| user[1].is_some()), "nobody logged in: {kept:?}");
    bench.execute(
        "ALTER TABLE login_user DROP COLUMN last_interactive_at; ALTER TABLE login_user DROP COLUMN last_api_at;
         ALTER TABLE login_user DROP COLUMN last_unknown_at; PRAGMA user_version = 2;",
    );
    bench.run(&["report", "inactive"]).exits(1).says(&["older"]);
    drop(seatledger::store::Store::open(&bench.site.home.path(DATABASE)).unwrap());
    assert_eq!(bench.site.rows(last_logins), kept);
    bench.heals();

    let bench = Bench::new();
    std::fs::write(bench.site.home.path(DATABASE), "").unwrap();
    bench.run(&["collect"]).exits(0);
}

#[test]
fn a_program_that_keeps_the_database_locked() {
    let bench = Bench::new();
    let other = bench.site.database();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    bench.run(&["collect"]).exits(1).says(&["locked", "another program keeps the database locked"]);
    assert_eq!(bench.site.server.requests().len(), 0);
    other.execute_batch("ROLLBACK").unwrap();
    bench.state().is(&OLD);
    bench.heals();
}

#[test]
fn a_folder_that_cannot_be_written() {
    let bench = Bench::new();
    let folder = bench.site.home.path(".");
    let files = || std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let run = || {
        let mut command = bench.command(&["collect"]);
        if geteuid().is_root() {
            // Nothing is forbidden to root.
            for path in files().chain([folder.clone()]) {
                chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
            command.uid(NOBODY).gid(NOBODY);
        }
        Ran::of(&["collect"], command.output().unwrap())
    };
    set_mode(&folder, 0o500);
    run().exits(7).says(&["no audit record of it can be written", "Permission denied"]);
    set_mode(&folder, 0o700);
    set_mode(&bench.site.home.path(DATABASE), 0o400);
    run().exits(1).says(&["readonly", "let the account that runs this write"]);
    assert_eq!(bench.site.server.requests().len(), 0);
    set_mode(&bench.site.home.path(DATABASE), 0o600);
    bench.state().is(&OLD);
    run().exits(0);
    bench.state().is(&NEW);
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The program with a bound on the size of every file it writes, as a disk that fills up.
fn bounded(bench: &Bench, arguments: &[&str], kibibytes: u64) -> Ran {
    limited(bench, arguments, "-f", kibibytes)
}

/// The program under a bound of `ulimit`.
fn limited(bench: &Bench, arguments: &[&str], bound: &str, most: u64) -> Ran {
    let program = bench.command(arguments);
    let mut command = Command::new("/bin/bash");
    command
        .args(["-c", "ulimit \"$0\" \"$1\"; shift; exec \"$@\""])
        .arg(bound)
        .arg(most.to_string())
        .arg(program.get_program())
        .args(program.get_args())
        .current_dir(program.get_current_dir().unwrap())
        .env_clear()
        .envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ran::of(arguments, command.output().unwrap())
}

#[test]
fn a_disk_that_fills_up_loses_nothing() {
    let mut outcomes = Vec::new();
    for kibibytes in [4, 16, 64, 128, 256, 512, 1024, 2048, 4096, 65_536] {
        let bench = Bench::new();
        let ran = bounded(&bench, &["collect"], kibibytes);
        let failed = ran.code != 0;
        outcomes.push((kibibytes, ran.code));
        assert!(bench.site.server.requests().len() <= QUIET);
        if failed {
            // The journal may meet the end of the disk before the database does.
            let (code, words) =
                if ran.code == 7 { (7, "audit record") } else { (1, "make room on the disk") };
            ran.exits(code).says(&["error: ", words]);
            bench.state().is(&OLD);
        } else {
            bench.state().is(&NEW);
        }
        bench.heals();
    }
    assert!(outcomes.first().unwrap().1 == 7 && outcomes.last().unwrap().1 == 0, "{outcomes:?}");
    assert!(outcomes.iter().any(|(_, code)| *code == 1), "none reaches the database: {outcomes:?}");
}

#[test]
fn an_export_to_a_full_disk_leaves_the_last_one() {
    let bench = Bench::new();
    bench.run(&["export", "feed", "--identify"]).exits(0);
    let before = bench.site.home.read("feed/users.csv");
    bench.run(&["collect"]).exits(0);
    bounded(&bench, &["export", "feed", "--identify"], 40).exits(7).says(&["audit record", "withheld"]);
    assert_eq!(bench.site.home.read("feed/users.csv"), before);
    bench.run(&["export", "feed", "--identify"]).exits(0);
    assert_ne!(bench.site.home.read("feed/users.csv"), before);
}

#[test]
fn a_stopped_run_says_what_is_kept_and_is_gone_on_with() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let bench = Bench::new();
        bench.set_faults(&["query/UserRole:slow=600000*all"]);
        let mut run =
            bench.command(&["collect"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        bench.site.wait_until(&mut run, |site| site.is_staged("User"));
        kill_process(Pid::from_child(&run), signal).unwrap();
        Ran::of(&["collect"], run.wait_with_output().unwrap())
            .exits(code)
            .says(&["stopped on request", "what was read so far is kept"]);
        bench.state().is(&OLD);
        bench.site.server.clear_requests();
        bench.heals();
        assert_eq!(bench.site.server.hits("FROM%20User%20"), 0, "staged pages are not asked for again");
    }
}

/// The log of another program's database, with a whole new state in it.
fn foreign_log() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE recipe (name); INSERT INTO recipe VALUES ('soup')",
        )
        .unwrap();
    std::fs::read(folder.path().join("other.db-wal")).unwrap()
}

#[test]
fn the_log_of_another_database_destroys_nothing() {
    let bench = Bench::new();
    bench.run(&["collect"]).exits(0);
    for (file, commands, exit, says) in [
        (
            DATABASE,
            &[&["collect"][..], &["report", "licenses"], &["db", "check"]][..],
            1,
            "seatledger.db-wal",
        ),
        ("audit.db", &[&["collect"], &["audit", "verify"]], 0, "audit journal"),
    ] {
        let path = bench.site.home.path(file);
        let beside = |suffix: &str| bench.site.home.path(&format!("{file}{suffix}"));
        assert!(path.is_file(), "{file}");
        let good = std::fs::read(&path).unwrap();
        for command in commands {
            let _ = std::fs::remove_file(beside("-shm"));
            std::fs::write(beside("-wal"), foreign_log()).unwrap();
            let ran = bench.run(command).says(&[says]);
            assert!(ran.code != 0 && (exit == 0 || ran.code == exit), "{command:?} ended {}", ran.code);
            assert!(std::fs::read(&path).unwrap() == good, "{file} was changed by {command:?}");
        }
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(beside(suffix));
        }
    }
    bench.heals();
}

#[test]
fn a_pipe_or_a_folder_in_a_files_place_is_refused() {
    let bench = Bench::new();
    let cases: &[(&str, i32, &[&str])] = &[
        ("seatledger.db.lock", 1, &["seatledger.db.lock is no regular file", "move it away"]),
        ("audit.db", 7, &["audit.db is not an audit journal"]),
    ];
    for (file, exit, says) in cases {
        let path = bench.site.home.path(file);
        let _ = std::fs::remove_file(&path);
        std::fs::create_dir(&path).unwrap();
        bench.run(&["collect"]).exits(*exit).says(says);
        std::fs::remove_dir(&path).unwrap();
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        bench.run(&["collect"]).exits(*exit).says(says);
        std::fs::remove_file(&path).unwrap();
        bench.state().is(&OLD);
    }
    let database = bench.site.home.path(DATABASE);
    let good = bench.database_bytes();
    std::fs::remove_file(&database).unwrap();
    assert!(Command::new("mkfifo").arg(&database).status().unwrap().success());
    for arguments in [&["collect"][..], &["report", "licenses"]] {
        bench.run(arguments).exits(1).says(&["it is no regular file"]);
    }
    std::fs::remove_file(&database).unwrap();
    std::fs::write(&database, good).unwrap();
    bench.site.home.write("audit.db", "a shopping list");
    set_mode(&bench.site.home.path("audit.db"), 0o644);
    let ran = bench.run(&["collect"]).exits(7).says(&["audit.db is not an audit journal"]);
    assert!(!ran.stderr.contains("chmod"), "{}", ran.stderr);
    std::fs::remove_file(bench.site.home.path("audit.db")).unwrap();
    bench.heals();
}

#[test]
fn links_that_lead_nowhere_are_called_so() {
    let bench = Bench::new();
    let path = bench.site.home.path(DATABASE);
    for target in ["gone.db", DATABASE] {
        let good = bench.database_bytes();
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(target, &path).unwrap();
        bench
            .run(&["collect"])
            .exits(1)
            .says(&["is a link that leads to no file", "let the link lead to a file"]);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, good).unwrap();
    }
    bench.heals();
}

#[test]
fn too_few_open_files_are_called_so() {
    let bench = Bench::new();
    let mut named = 0;
    for files in 4..20 {
        let ran = limited(&bench, &["collect"], "-n", files);
        // Below, the program cannot even be loaded.
        if ran.code == 127 || ran.stderr.contains("shared libraries") {
            continue;
        }
        assert!(!ran.stderr.contains("is damaged"), "{}", ran.stderr);
        if ran.stderr.contains("the database") && ran.code != 0 {
            ran.says(&["`ulimit -n`"]);
            named += 1;
        }
    }
    assert!(named > 0, "none reaches the database");
    bench.heals();
}
