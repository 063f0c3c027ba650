//! Runs that are stopped from outside, and runs that meet each other.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::emulator_caller::read_faults;
use crate::site::Site;

/// A site, and a collection that hangs at its first page of users for longer than any test waits.
fn hanging() -> (Site, Child) {
    let site = Site::new(50);
    site.server.set_faults(read_faults(&["query/User:slow=600000*all"]));
    let mut collecting =
        site.home.command(&["collect"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    site.wait_until(&mut collecting, |site| {
        site.server.hits("FROM%20Organization") + site.server.hits("FROM+Organization") > 0
    });
    (site, collecting)
}

fn send(signal: Signal, program: &Child) {
    kill_process(Pid::from_child(program), signal).unwrap();
}

#[test]
fn a_second_run_finds_the_lock_held() {
    let (site, mut collecting) = hanging();
    site.run(&["collect"]).exits(9).says(&[
        "error: another run holds the lock",
        "seatledger.db.lock",
        "hint: wait for the other run",
    ]);
    site.run(&["runs"]).exits(0).prints(&["running"]);
    send(Signal::KILL, &collecting);
    collecting.wait().unwrap();

    site.server.set_faults(Vec::new());
    site.run(&["collect"]).exits(0);
}

#[test]
fn a_signal_ends_a_run_soon_and_with_its_own_code() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let (site, collecting) = hanging();
        send(signal, &collecting);
        let ended = collecting.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{stderr}");
        site.run(&["runs"]).exits(0).prints(&["interrupted"]);
        site.run(&["report", "users"]).exits(2).says(&["nothing has been collected"]);

        site.server.set_faults(Vec::new());
        site.run(&["collect"]).exits(0);
        site.run(&["report", "users"]).exits(0);
    }
}

#[test]
fn a_signal_between_two_orgs_leaves_the_second_out_and_says_so() {
    let site = Site::new(50);
    let config = site.home.read("seatledger.toml");
    let (head, org) = config.split_once("[[org]]").unwrap();
    let second = org.replace("id = \"acme\"", "id = \"zeta\"");
    site.write_private("seatledger.toml", &format!("{head}[[org]]{org}\n[[org]]{second}"));
    // The answer that ends the first org's reading comes late, so that the signal comes before the merge.
    site.server.set_faults(read_faults(&["query/LoginHistory:slow=3000*all"]));
    let mut collecting =
        site.home.command(&["collect"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    site.wait_until(&mut collecting, |site| site.server.hits("LoginHistory") > 0);
    send(Signal::TERM, &collecting);
    let ended = collecting.wait_with_output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(143), "{stderr}");
    assert!(stderr.contains("stopped by a signal before: zeta"), "{stderr}");
}
