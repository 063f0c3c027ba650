//! Runs a part of a test in processes of its own: an ignored test of this binary, with arguments.

use std::process::{Child, Command};

const ARGUMENTS: &str = "SEATLEDGER_TEST_ARGUMENTS";

/// A command that runs the ignored test `role` with `arguments`, none of which has a line feed.
pub(crate) fn command(role: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", role, "--ignored", "--nocapture"]).env(ARGUMENTS, arguments.join("\n"));
    command
}

/// Starts the ignored test `role` with `arguments`.
pub(crate) fn start(role: &str, arguments: &[&str]) -> Child {
    command(role, arguments).stdout(std::process::Stdio::null()).spawn().unwrap()
}

/// Waits for all of them; each must have passed.
pub(crate) fn all_pass(children: Vec<Child>) {
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

/// What a role was started with; `None` when somebody runs the ignored tests by hand.
pub(crate) fn arguments() -> Option<Vec<String>> {
    let text = std::env::var_os(ARGUMENTS)?.into_string().unwrap();
    Some(text.split('\n').map(str::to_owned).collect())
}
