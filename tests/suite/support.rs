//! Runs the real program the way a person or a scheduler does, in a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary home folder; the program runs in it with nothing of this machine's environment.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a run left behind.
pub(crate) struct Ran {
    command: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// The same with one more environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program, ready to be started. The time zone is an odd one, so that local time cannot pass for UTC.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatledger"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("TZ", "Asia/Kathmandu")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(arguments, self.command(arguments).output().unwrap())
    }
}

impl Ran {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        Self {
            command: arguments.join(" "),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Checks the exit code, and shows the streams when it is another.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        let Self { command, stdout, stderr, .. } = &self;
        assert_eq!(self.code, code, "seatledger {command}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        self
    }

    /// Checks that each of `parts` was said on standard error.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "seatledger {}\nno `{part}` in\n{}",
                self.command,
                self.stderr
            );
        }
        self
    }

    /// Checks that each of `parts` was written to standard output.
    #[track_caller]
    pub(crate) fn prints(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stdout.contains(part),
                "seatledger {}\nno `{part}` in\n{}",
                self.command,
                self.stdout
            );
        }
        self
    }
}

/// The permission bits of a file.
pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
