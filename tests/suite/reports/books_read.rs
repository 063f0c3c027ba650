//! Every book against every report: it is read and says something, or it is not read, whatever is wrong with it.

use seatledger::report::REPORTS;
use seatledger::report::books::Book;

use super::{CONFIG, demo};
use crate::site::Site;
use crate::support::Ran;

/// Runs a command of the demo's configuration with one book changed for another file.
fn run_with(book: Book, file: &str, arguments: &[&str]) -> Ran {
    let home = demo();
    let named = format!("{} = \"{}.csv\"", book.word(), book.word());
    let config = home.read(CONFIG);
    assert!(config.contains(&named), "{named}");
    let path = format!("seatledger-demo/{file}-{}.toml", book.word());
    home.write(&path, &config.replace(&named, &format!("{} = \"{file}.csv\"", book.word())));
    home.run(&[arguments, &["--config", &path]].concat())
}

#[test]
fn a_book_that_cannot_be_used_stops_only_the_reports_that_go_by_it() {
    demo().write("seatledger-demo/bad.csv", "what_no_book_has\n1\n");
    for book in Book::ALL {
        let mut readers = 0;
        for report in REPORTS {
            for (file, sentence) in [("bad", "bad.csv cannot be used"), ("none", "cannot read")] {
                let ran = run_with(book, file, &["report", report.id, "--format", "csv"]);
                if report.reads(book) {
                    readers += 1;
                    assert_eq!(ran.exits(2).says(&[sentence]).stdout, "");
                } else {
                    ran.exits(0);
                }
            }
        }
        assert!(readers > 0, "{book:?}");
        run_with(book, "bad", &["export", "feed-of-bad-books", "--identify"]).exits(2).says(&["bad.csv"]);
    }
}

#[test]
fn a_report_says_the_same_alone_and_in_a_feed_which_reads_every_book() {
    let home = demo();
    let run = |arguments: &[&str]| home.run(&[arguments, &["--config", CONFIG]].concat()).exits(0);
    run(&["export", "feed-of-all-books", "--identify", "--format", "csv"]);
    for report in REPORTS {
        let alone = run(&["report", report.id, "--format", "csv"]).stdout;
        let in_feed = home.read(&format!("feed-of-all-books/{}.csv", report.id));
        assert!(alone == in_feed, "{}", report.id);
    }
}

#[test]
fn a_missing_book_keeps_no_night_from_being_collected() {
    let site = Site::new(20);
    site.configure(
        "",
        "[finance]\ncontracts = \"gone.csv\"\nexemptions = \"folder\"\npeople = \"gone/people.csv\"",
    );
    std::fs::create_dir(site.home.path("folder")).unwrap();
    site.run(&["collect"]).exits(0);
    for command in [&["runs"][..], &["db", "backup", "copy.db"], &["audit", "verify"], &["report", "users"]] {
        site.run(command).exits(0);
    }
    site.run(&["doctor"]).exits(0).prints(&[
        "warning  contracts: cannot read",
        "fix: mend the file, or correct `contracts` under [finance]; until then the reports that go by it refuse",
        "warning  exemptions: ",
        "warning  people: ",
    ]);
    site.run(&["report", "true-up"]).exits(2).says(&["cannot read", "gone.csv"]);
    site.run(&["contracts", "check"]).exits(2).says(&["cannot read", "gone.csv"]);
}
