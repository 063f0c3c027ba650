//! Every report and the whole feed over one large org, with contract lines and people of record beside it.

use std::time::Duration;

use seatledger::report::REPORTS;

use super::measure::{Installation, median};
use super::{RUNS, books};

pub(crate) fn run(users: u64) {
    let settings = format!("login_history_days = 90\n{}", books::SETTINGS);
    let org = Installation::new(users, Duration::ZERO, &settings);
    let collected = org.collect();
    books::write(org.folder());
    println!("\n{users} users with 90 days of logins, collected in {:.2} s", collected.seconds);
    for report in REPORTS {
        let arguments = ["report", report.id, "--format", "csv", "-o", "report.csv"];
        let measured = median((0..RUNS).map(|_| org.run(&arguments)).collect());
        println!("  report {}: {:.2} s, {} MiB", report.id, measured.seconds, measured.peak_mebibytes);
    }
    for (what, folder, flags) in [("", "feed", &[][..]), (", people shown", "shown", &["--identify"][..])] {
        // Each into a folder of its own: the next feed of a folder reads the one before.
        let export = |run| org.run(&[&["export", &format!("{folder}-{run}")], flags].concat());
        let measured = median((0..RUNS).map(export).collect());
        println!("  the whole feed{what}: {:.2} s, {} MiB", measured.seconds, measured.peak_mebibytes);
    }
}
