//! Every report and the whole feed over one large org.

use std::time::Duration;

use seatledger::report::REPORTS;

use super::measure::Installation;

pub(crate) fn run(users: u64) {
    let org = Installation::new(users, Duration::ZERO, "login_history_days = 90");
    let collected = org.collect();
    println!("\n{users} users with 90 days of logins, collected in {:.2} s", collected.seconds);
    for report in REPORTS {
        let measured = org.run(&["report", report.id, "--format", "csv", "-o", "report.csv"]);
        println!("  report {}: {:.2} s, {} MiB", report.id, measured.seconds, measured.peak_mebibytes);
    }
    let measured = org.run(&["export", "feed", "--identify"]);
    println!("  the whole feed: {:.2} s, {} MiB", measured.seconds, measured.peak_mebibytes);
}
