//! `demo`: the whole job against an emulated org, through the code that a real one uses.

use std::ffi::OsString;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::demo_books;
use super::demo_copies::Copies;
use super::init::{fill_in, write_privacy_key};
use super::keygen::{DEFAULT_DAYS, write_key_pair};
use crate::auth::KeySize;
use crate::base::write_atomically;
use crate::cli::arguments::Typed;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::emulator::{CLIENT_ID, Options, Server, USERNAME};

const TEMPLATE: &str = include_str!("demo.toml");
/// The first words of [`TEMPLATE`]: a folder whose configuration begins so may be written into again.
const MARK: &str = "# SIMULATED ORG";

/// What a person would type.
const STEPS: &[&[&str]] = &[
    &["doctor"],
    &["collect"],
    &["contracts", "check"],
    &["report", "licenses"],
    &["report", "subscriptions"],
    &["report", "renewals"],
    &["report", "true-up"],
    &["report", "overview", "--format", "html", "--output", PAGE],
    &["export", FEED],
    &["feed", "verify", FEED],
];

/// What the steps write, in the demo's folder.
const PAGE: &str = "report.html";
const FEED: &str = "feed";

/// What a person may have edited since, and every run writes again.
const WRITTEN_ANEW: &[&str] = &["seatledger.toml", "contracts.csv", "exemptions.csv", "people.csv"];

/// The step before which the books are filled in, from what was collected.
const FIRST_WITH_BOOKS: &[&str] = &["contracts", "check"];

/// Of what each step prints, so many lines are shown: all of it would fill many screens.
const LINES_OF_STEP: usize = 6;

const SEED: u64 = 1;

/// Run the whole job against a simulated org: no account needed
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  seatledger demo --users 5000")]
pub(in crate::cli) struct Demo {
    /// The folder to write into; nothing outside it is touched
    #[arg(long, value_name = "DIR", default_value = "seatledger-demo")]
    out: PathBuf,
    /// How many users the simulated org has
    #[arg(long, value_name = "N", default_value_t = 1000)]
    users: u64,
}

impl Demo {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let folder = context.world.absolute(&self.out);
        let config = folder.join("seatledger.toml");
        refuse_foreign_folder(&folder, &config)?;
        let certificate = prepare_keys(&folder, context)?;
        let copies = Copies::keep(&folder, WRITTEN_ANEW)?;
        let server = Server::start(Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: self.users,
            seed: SEED,
            latency: Duration::ZERO,
            faults: Vec::new(),
            certificates: vec![certificate],
            clock: context.world.clock.clone(),
        })?;
        let values =
            [("{url}", server.url()), ("{client_id}", CLIENT_ID.into()), ("{username}", USERNAME.into())];
        write_atomically(&config, |out| out.write_all(fill_in(TEMPLATE, &values).as_bytes()))
            .map_err(|error| Failure::file("write", &config, &error))?;
        demo_books::write_empty(&folder)?;
        context.ui.status(&format!(
            "A simulated Salesforce org of {} users answers at {}; no real org is involved.",
            self.users,
            server.url()
        ));
        let mut worst = Exit::Complete;
        for step in STEPS {
            if *step == FIRST_WITH_BOOKS {
                demo_books::write_filled(&folder, context)?;
            }
            worst = worst.max(run_step(step, &folder, &config, context)?);
        }
        self.say_what_is_there(&folder, &server.url(), context);
        copies.settle(says_the_same, context);
        Ok(worst)
    }

    fn say_what_is_there(&self, folder: &Path, url: &str, context: &Context) {
        let address = url.trim_start_matches("http://");
        let certificate = folder.join("keys/demo.crt");
        context.ui.status("");
        for (name, meaning) in [
            ("seatledger.toml", "the configuration"),
            ("seatledger.db", "the database, for any SQLite tool"),
            ("audit.db", "the audit journal: who did what"),
            ("contracts.csv", "what was bought, at which price; invented"),
            ("exemptions.csv", "who keeps a license without using it; invented"),
            ("people.csv", "who is employed; invented"),
            (PAGE, "the overview for a browser, people under pseudonyms"),
            (
                FEED,
                "the feed for other programs: reports, FOCUS data sets and their manifest, people under pseudonyms",
            ),
            ("keys", "the private key, its certificate, and the key of the pseudonyms"),
        ] {
            context.ui.status(&format!("{}: {meaning}", folder.join(name).display()));
        }
        let config = folder.join("seatledger.toml");
        context.ui.status(&format!(
            "\nOpen {} in a browser, or try:\n  \
             seatledger report utilization --config {config}\n  \
             seatledger report reclaimable --format xlsx -o reclaimable.xlsx --config {config}\n  \
             seatledger explain users active_users --config {config}\n\
             All of it comes from a simulated org, which ends now. To have it back:\n  \
             seatledger emulator --listen {address} --users {} --seed {SEED} --certificate {}\n\
             Meanwhile, in another terminal, every command works with --config {config}",
            folder.join(PAGE).display(),
            self.users,
            certificate.display(),
            config = config.display()
        ));
    }
}

/// Only an empty folder or one of an earlier demo is written into.
fn refuse_foreign_folder(folder: &Path, config: &Path) -> Result<(), Failure> {
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    let is_demo = fs::read_to_string(config).is_ok_and(|text| text.starts_with(MARK));
    if is_empty || is_demo {
        return Ok(());
    }
    Err(Failure::usage(format!("{} holds something else than a demo", folder.display()))
        .hint("name a new folder with --out"))
}

/// Whether two texts differ only in where the simulated org answers, which is another port each time.
fn says_the_same(one: &str, other: &str) -> bool {
    let settled = |text: &str| {
        let line = |line: &str| match line.split_once(LOOPBACK) {
            Some((key, port)) => {
                format!("{key}{}", port.trim_start_matches(|digit: char| digit.is_ascii_digit()))
            }
            None => line.to_owned(),
        };
        text.split('\n').map(line).collect::<Vec<_>>()
    };
    settled(one) == settled(other)
}

/// How the address of an emulator begins.
const LOOPBACK: &str = "http://127.0.0.1:";

/// Makes the keys, or keeps those of an earlier demo; gives the certificate.
fn prepare_keys(folder: &Path, context: &Context) -> Result<String, Failure> {
    let keys = folder.join("keys");
    let (key, certificate) = (keys.join("demo.key"), keys.join("demo.crt"));
    fs::create_dir_all(&keys).map_err(|error| Failure::file("create the folder", &keys, &error))?;
    if !key.exists() {
        write_key_pair(
            &key,
            &certificate,
            KeySize::default(),
            "seatledger demo",
            DEFAULT_DAYS,
            &context.world,
        )?;
    }
    write_privacy_key(&keys)?;
    fs::read_to_string(&certificate).map_err(|error| Failure::file("read", &certificate, &error))
}

/// Runs one step as if it had been typed.
fn run_step(step: &[&str], folder: &Path, config: &Path, context: &Context) -> Result<Exit, Failure> {
    let config = config.display().to_string();
    let placed = |(place, word): (usize, &&str)| match *word {
        // The first word is the command's own.
        PAGE | FEED if place > 0 => folder.join(word).display().to_string(),
        word => word.to_owned(),
    };
    let step = step.iter().enumerate().map(placed);
    let words: Vec<_> =
        ["seatledger".to_owned()].into_iter().chain(step).chain(["--config".to_owned(), config]).collect();
    context.ui.status(&format!("\n$ {}", words.join(" ")));
    let typed = Typed::parse(words.into_iter().map(OsString::from))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let mut globals = context.globals.clone();
    globals.config.clone_from(&typed.arguments.globals.config);
    let inside = Context::new(context.world.clone(), context.ui.excerpt(LINES_OF_STEP), globals);
    let exit = super::run(&typed, &inside)?;
    match inside.ui.lines_left_out() {
        0 => {}
        1 => context.ui.status("... and one more line"),
        more => context.ui.status(&format!("... and {more} more lines")),
    }
    Ok(exit)
}
