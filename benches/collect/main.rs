//! `cargo bench`: the collector against a floor, as ratios. See `benches/README.md` for what was tried and measured.
//!
//! The emulated org runs in this process; the collector and the floor run as processes of their own, so that their
//! time and memory are theirs alone. `cargo bench -- quick` takes smaller orgs, `-- year` simulates a year of nights,
//! `-- guard` measures what policy and journal add to an operation, `-- reports` every report and the feed.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a measurement, not the product"
)]

mod books;
mod floor;
mod guard;
mod measure;
mod reports;
mod year;

use std::time::Duration;

use measure::{Installation, Measured, median};

/// Each figure is the median of this many runs.
const RUNS: usize = 3;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["floor", url, key, database] => floor::run(url, key, database),
        ["quick"] => table(20_000, 100_000),
        ["guard"] => guard::run(),
        ["reports"] => reports::run(200_000),
        ["year"] => year::run(100_000, 365),
        ["year", users, nights] => year::run(users.parse().unwrap(), nights.parse().unwrap()),
        _ => table(200_000, 2_000_000),
    }
}

fn table(users: u64, many_users: u64) {
    println!("users {users}; each time is the median of {RUNS} whole processes");
    users_against_the_floor(users, Duration::ZERO);
    users_against_the_floor(users, Duration::from_millis(50));
    whole_catalogue(users / 10);
    unchanged_small_org();
    memory(users, many_users);
    start();
    guard::run();
    reports::run(users);
}

/// The collector's first and second collection of users against the floor's one download.
fn users_against_the_floor(users: u64, latency: Duration) {
    let org = Installation::new(users, latency, "include = [\"User\"]\nlogin_history_days = 0");
    let repeat = |run: &dyn Fn() -> Measured| median((0..RUNS).map(|_| run()).collect());
    let floor = repeat(&|| org.floor());
    let first = repeat(&|| {
        org.forget();
        org.collect()
    });
    let second = repeat(&|| org.collect());
    println!(
        "\n{users} users at {} ms a request, floor {:.2} s ({} requests)",
        latency.as_millis(),
        floor.seconds,
        floor.requests
    );
    for (name, measured) in [("first collect", first), ("unchanged second collect", second)] {
        println!(
            "  {name}: {:.2} s, {} requests, {} MiB: {:.2} x the floor",
            measured.seconds,
            measured.requests,
            measured.peak_mebibytes,
            measured.seconds / floor.seconds
        );
    }
}

/// Everything there is, at 50 ms a request.
fn whole_catalogue(users: u64) {
    let org = Installation::new(users, Duration::from_millis(50), "login_history_days = 0");
    for name in ["first", "second"] {
        let measured = org.collect();
        println!(
            "\n{users} users, whole catalogue without logins, 50 ms, {name}: {:.2} s, {} requests, {} MiB",
            measured.seconds, measured.requests, measured.peak_mebibytes
        );
    }
}

fn unchanged_small_org() {
    let org = Installation::new(5_000, Duration::ZERO, "");
    let first = org.collect();
    let second = org.collect();
    println!(
        "\n5000 users with logins: first {} requests, unchanged second {} requests",
        first.requests, second.requests
    );
}

fn memory(users: u64, many_users: u64) {
    let peak = |users| {
        let org = Installation::new(users, Duration::ZERO, "login_history_days = 0");
        org.collect().peak_mebibytes
    };
    let (few, many) = (peak(users), peak(many_users));
    #[expect(clippy::cast_precision_loss, reason = "mebibytes")]
    let ratio = many as f64 / few as f64;
    println!("\npeak memory: {few} MiB for {users} users, {many} MiB for {many_users}: {ratio:.2} x");
}

fn start() {
    let org = Installation::new(100, Duration::ZERO, "include = [\"User\"]\nlogin_history_days = 0");
    let milliseconds = (0..RUNS).map(|_| org.milliseconds_to_first_request()).min().unwrap();
    println!("\nstart to first request: {milliseconds} ms");
}
