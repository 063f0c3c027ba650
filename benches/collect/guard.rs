//! What policy, limits and journal add to an operation that does nothing. The disk is shared with other work, so the best
//! of many is what they cost, and the average what they cost here.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatledger::audit::{Outcome, Status};
use seatledger::base::{Environment, Stop, SystemClock, World};
use seatledger::guard::{Acted, Asked, Guard, Settings};
use seatledger::http::{self, Proxy, Roots};
use seatledger::policy::{CompaniesAsked, Operation};
use serde_json::json;

const BEGINNINGS: u32 = 20;

const OPERATIONS: u32 = 200;

pub(crate) fn run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let uid = rustix::process::geteuid().as_raw();
    let policy = format!(
        "version = 1\ntenant = \"acme\"\n[identity]\nanonymous = \"deny\"\n[[identity.service]]\nname = \"nightly\"\n\
         unix_user = \"#{uid}\"\ntier = \"background\"\nscopes = [\"usage:collect\"]\ncompanies = [\"*\"]\n\
         [operations]\n\"usage.collect\" = [\"usage:collect\"]\n[limits]\nkey = \"user\"\n[limits.rate]\n\
         background = {{ max = 100000, window_s = 60 }}\n"
    );
    std::fs::write(path("policy.toml"), policy).unwrap();
    let settings = Settings {
        policy_file: Some(path("policy.toml")),
        database: path("seatledger.db"),
        journal: path("audit.db"),
        token: None,
        http: http::Settings {
            proxy: Proxy::None,
            ca_file: None,
            roots: Roots::Bundled,
            timeout: Duration::from_secs(1),
        },
    };
    let world = World {
        environment: Environment::default(),
        clock: Arc::new(SystemClock),
        current_dir: folder.path().into(),
        stop: Stop::default(),
    };
    let timed = |act: &mut dyn FnMut()| {
        let began = Instant::now();
        act();
        began.elapsed().as_secs_f64() * 1e3
    };
    let begin = || drop(Guard::open(&settings, &world).unwrap());
    let first = timed(&mut || begin());
    let again = (0..BEGINNINGS).map(|_| timed(&mut || begin())).reduce(f64::min).unwrap();
    let mut guard = Guard::open(&settings, &world).unwrap();
    let operation = (0..OPERATIONS).map(|_| timed(&mut || operate(&mut guard))).reduce(f64::min).unwrap();
    let all = timed(&mut || (0..OPERATIONS).for_each(|_| operate(&mut guard)));
    println!(
        "\npolicy, limits and journal: {first:.2} ms to begin for the first time, {again:.2} ms later; an operation \
         {operation:.2} ms at best, {:.2} ms on average",
        all / f64::from(OPERATIONS)
    );
}

fn operate(guard: &mut Guard) {
    let asked = Asked {
        operation: Operation::COLLECT,
        including: &[],
        hoping_for: &[],
        companies: CompaniesAsked::All,
        arguments: &json!({}),
        target: Default::default(),
        spends: &[],
    };
    guard.run(&asked, |_| Acted { outcome: Outcome::new(Status::Success), result: () }).unwrap();
}
