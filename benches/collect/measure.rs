//! An emulated org, a configuration, and processes that are timed against it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use seatledger::auth::{KeySize, generate};
use seatledger::base::{Clock, SystemClock};
use seatledger::emulator::{CLIENT_ID, Options, Server, USERNAME};

/// What one process took.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) peak_mebibytes: u64,
    pub(crate) requests: usize,
}

/// The run in the middle, by time.
pub(crate) fn median(mut runs: Vec<Measured>) -> Measured {
    runs.sort_by(|left, right| left.seconds.total_cmp(&right.seconds));
    runs[runs.len() / 2]
}

/// One org and a home for the collector.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    server: Server,
}

impl Installation {
    pub(crate) fn new(users: u64, latency: Duration, collect: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let key = generate(KeySize::default(), "bench", 30, clock.now()).unwrap();
        let key_file = folder.path().join("org.key");
        fs::write(&key_file, key.private_key_pem.expose()).unwrap();
        fs::set_permissions(&key_file, fs::Permissions::from_mode(0o600)).unwrap();
        let server = Server::start(Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            users,
            seed: 1,
            latency,
            faults: Vec::new(),
            certificates: vec![key.certificate_pem],
            clock,
        })
        .unwrap();
        let url = server.url();
        let config = format!(
            "[store]\npath = \"seatledger.db\"\n[collect]\n{collect}\n[[org]]\nid = \"bench\"\nurl = \"{url}\"\n\
             login_url = \"{url}\"\nclient_id = \"{CLIENT_ID}\"\nusername = \"{USERNAME}\"\n\
             private_key_file = \"org.key\"\ninsecure_loopback = true\n"
        );
        fs::write(folder.path().join("seatledger.toml"), config).unwrap();
        Self { folder, server }
    }

    /// Deletes what was collected, so that the next collection is a first one.
    pub(crate) fn forget(&self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.path(&format!("seatledger.db{suffix}")));
        }
    }

    pub(crate) fn collect(&self) -> Measured {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatledger"));
        command.args(["--quiet", "collect"]).current_dir(self.folder.path());
        self.measure(&mut command)
    }

    /// Any command that reads what was collected; what it has to say of gaps is no failure here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Measured {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatledger"));
        command.arg("--quiet").args(arguments).current_dir(self.folder.path());
        self.measure(&mut command)
    }

    /// The floor into a database of its own, new each time.
    pub(crate) fn floor(&self) -> Measured {
        let database = self.path("floor.db");
        let _ = fs::remove_file(&database);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("floor").arg(self.server.url()).arg(self.path("org.key")).arg(database);
        self.measure(&mut command)
    }

    pub(crate) fn milliseconds_to_first_request(&self) -> u128 {
        self.server.clear_requests();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatledger"));
        let began = Instant::now();
        let mut child =
            quiet(&mut command).args(["--quiet", "collect"]).current_dir(self.folder.path()).spawn().unwrap();
        while self.server.requests().is_empty() {
            std::hint::spin_loop();
        }
        let milliseconds = began.elapsed().as_millis();
        assert!(child.wait().unwrap().success());
        milliseconds
    }

    /// Where its configuration and database are.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn measure(&self, command: &mut Command) -> Measured {
        self.server.clear_requests();
        let began = Instant::now();
        let mut child = quiet(command).spawn().unwrap();
        let peak_mebibytes = peak_memory(&mut child) / 1024;
        let seconds = began.elapsed().as_secs_f64();
        assert!(child.wait().unwrap().success(), "{command:?}");
        Measured { seconds, peak_mebibytes, requests: self.server.requests().len() }
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null())
}

/// Watches the child to its end; its high-water mark in KiB, as Linux tells it.
fn peak_memory(child: &mut Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let mark = fs::read_to_string(&status).unwrap_or_default();
        let mark = mark.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = mark.and_then(|mark| mark.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    peak
}
