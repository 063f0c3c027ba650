//! What policy, limits and journal add to an operation that does nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use seatledger::audit::{Outcome, Status};
use seatledger::base::{Environment, Stop, SystemClock, World};
use seatledger::guard::{Acted, Asked, Guard, Settings};
use seatledger::http::{self, Proxy, Roots};
use seatledger::policy::{CompaniesAsked, Operation};
use serde_json::json;

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
    let opened = Instant::now();
    let mut guard = Guard::open(&settings, &world).unwrap();
    let opening = opened.elapsed();
    let began = Instant::now();
    for _ in 0..OPERATIONS {
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
    println!(
        "\npolicy, limits and journal: {:.2} ms to begin, {:.2} ms an operation",
        opening.as_secs_f64() * 1e3,
        began.elapsed().as_secs_f64() * 1e3 / f64::from(OPERATIONS)
    );
}
