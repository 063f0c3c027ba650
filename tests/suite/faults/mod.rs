//! What a network, an org and a machine can do to a run: a row for each fault.
//!
//! Every row begins with a collected state, changes the org, lets a run meet the fault, and then one without it. What is
//! held: the exit code, the words, that each object is whole the old or whole the new one, how many requests the server
//! saw, and that the next run ends well with the new state. `cargo test faults -- --nocapture` prints a line per row.

mod bench;
mod data;
mod host;
mod load;
mod network;
mod token;
mod wire;

use std::panic::catch_unwind;
use std::sync::Mutex;

use bench::{Bench, NEW, OLD};

/// One fault.
struct Row {
    /// What the emulated org is told, in the words of `--fault`.
    faults: Vec<String>,
    exit: i32,
    /// Said on standard error.
    says: Vec<&'static str>,
    after: After,
    /// The most requests that the server may see.
    requests: usize,
}

/// What the database holds after the run that met the fault.
enum After {
    /// The state of before, every object.
    Old,
    /// The state without the fault, every object.
    New,
    /// The new state, but for these objects.
    NewBut(&'static [&'static str]),
    /// The new state, but for values that the fault changed: this query gives 1.
    Spoiled(&'static str),
}

/// Requests of a run that nothing disturbs.
const QUIET: usize = 60;
/// The same, and the first object that goes unanswered tries all it may.
const ONE_UNANSWERED: usize = QUIET + 6;
/// Not more than four objects, of which each may try six times, go unanswered before a run ends.
const ALL_UNANSWERED: usize = 50;

fn row(fault: impl Into<String>, exit: i32, says: &[&'static str], after: After, requests: usize) -> Row {
    Row { faults: vec![fault.into()], exit, says: says.to_vec(), after, requests }
}

impl Row {
    fn check(&self) {
        let bench = Bench::new();
        let faults: Vec<&str> = self.faults.iter().map(String::as_str).collect();
        bench.set_faults(&faults);
        bench.run(&["collect"]).exits(self.exit).says(&self.says);
        let requests = bench.site.server.requests().len();
        assert!(requests <= self.requests, "{requests} requests where {} are enough", self.requests);
        let state = bench.state();
        match self.after {
            After::Old => state.is(&OLD),
            After::New => state.is(&NEW),
            After::NewBut(kept) => {
                state.only(kept).is(&OLD.only(kept));
                state.without(kept).is(&NEW.without(kept));
            }
            After::Spoiled(query) => assert_eq!(bench.site.number(query), 1, "{query}"),
        }
        bench.heals();
    }
}

/// Checks all rows, two at a time, and shows every one that does not hold.
#[expect(clippy::print_stdout, reason = "the table is what `--nocapture` asks for")]
fn sweep(rows: Vec<Row>) {
    let queue = Mutex::new(rows.into_iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                while let Some(row) = { queue.lock().unwrap().next() } {
                    let faults = row.faults.join(" ");
                    let held = catch_unwind(|| row.check()).is_ok();
                    println!("{} {faults} ends {}", if held { "holds" } else { "FAILS" }, row.exit);
                    if !held {
                        failed.lock().unwrap().push(faults);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner().unwrap(), Vec::<String>::new());
}
