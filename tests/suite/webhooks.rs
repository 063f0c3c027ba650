//! What waits in the outbox reaches its sinks: signed, in order, at least once, and nowhere else.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use seatledger::audit::{
    BacklogVerdict, Decision, Delivery, DeliveryState, Filter, Journal, Notice, OnBacklog, Reader, Sink,
    SinkFormat, WebhookSecret,
};
use seatledger::base::{Environment, Secret, StopSignal, SystemClock, World};
use seatledger::http::{Client, OriginError, Proxy, Roots, Settings};
use serde_json::Value;
use sha2::Sha256;

use crate::child_process;
use crate::journal_fixture::{StandingClock, attempt, clock, noon, settings, world};
use crate::scripted_server::{Received, Reply, ScriptedServer};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ENOUGH: Duration = Duration::from_secs(30);

struct Sender {
    journal: Journal,
    clock: Arc<StandingClock>,
    client: Client,
    sinks: Vec<Sink>,
    folder: tempfile::TempDir,
}

fn client() -> Client {
    let settings = Settings {
        proxy: Proxy::None,
        ca_file: None,
        roots: Roots::Bundled,
        timeout: Duration::from_secs(20),
    };
    Client::new(&settings, &Environment::default()).unwrap()
}

fn sink(name: &str, server: &ScriptedServer) -> Sink {
    let secrets = vec![WebhookSecret::parse(SECRET).unwrap()];
    Sink::new(name, &format!("{}/hooks/acme", server.url()), true, secrets).unwrap()
}

impl Sender {
    fn new(sinks: Vec<Sink>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = clock();
        let names = sinks.iter().map(|sink| sink.name.clone()).collect();
        let settings =
            seatledger::audit::Settings { sinks: names, ..settings(&folder.path().join("audit.db")) };
        let journal = Journal::open(settings, &world(Arc::clone(&clock))).unwrap();
        Self { journal, clock, client: client(), sinks, folder }
    }

    fn record(&mut self, events: usize) {
        for _ in 0..events {
            self.journal.attempt(&attempt(Decision::Deny)).unwrap();
        }
    }

    fn deliver(&mut self, budget: Duration) -> Vec<Delivery> {
        self.journal.deliver(&self.sinks, &self.client, budget).unwrap()
    }

    fn deliver_one(&mut self, budget: Duration) -> Delivery {
        self.deliver(budget).remove(0)
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("audit.db")
    }
}

/// The signature by the specification's text, with another library.
fn is_signed(request: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let header = |name| request.header(name).unwrap();
    mac.update(
        format!("{}.{}.{}", header("webhook-id"), header("webhook-timestamp"), request.body).as_bytes(),
    );
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    header("webhook-signature").split(' ').any(|signature| signature == expected)
}

fn ids(server: &ScriptedServer) -> Vec<String> {
    server.received().iter().map(|request| request.header("webhook-id").unwrap().to_owned()).collect()
}

fn sequence(server: &ScriptedServer) -> Vec<u64> {
    ids(server).iter().map(|id| id.rsplit('_').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn events_arrive_signed_in_order_and_once() {
    let server = ScriptedServer::start(|_, _| Reply::json(204, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(3);
    let delivery = sender.deliver_one(ENOUGH);
    assert_eq!((delivery.delivered, delivery.state, delivery.problem), (3, DeliveryState::Complete, None));
    assert_eq!(sender.deliver_one(ENOUGH).delivered, 0);

    let chain = sender.journal.chain_id().hex();
    assert_eq!(ids(&server), [1, 2, 3].map(|seq| format!("evt_{chain}_{seq}")));
    for request in server.received() {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/hooks/acme"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("webhook-timestamp"), Some("1795262400"));
        assert!(is_signed(&request, SECRET) && !is_signed(&request, NEXT_SECRET));
        assert!(request.body.len() < 20_000);
        let body: Value = serde_json::from_str(&request.body).unwrap();
        assert_eq!((&body["type"], &body["data"]["class_uid"]), (&"audit.attempt".into(), &6003.into()));
        assert_eq!(body["data"]["metadata"]["uid"], request.header("webhook-id").unwrap());
        let mut changed = request.clone();
        changed.body = changed.body.replace("scope_missing", "scope_present");
        assert!(!is_signed(&changed, SECRET));
    }
}

#[test]
fn two_secrets_make_two_signatures_and_native_events_are_whole() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let mut both = sink("siem", &server);
    both.secrets.push(WebhookSecret::parse(NEXT_SECRET).unwrap());
    both.format = SinkFormat::Native;
    let mut sender = Sender::new(vec![both]);
    sender.record(1);
    sender.deliver(ENOUGH);
    let request = &server.received()[0];
    assert!(is_signed(request, SECRET) && is_signed(request, NEXT_SECRET));
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["data"]["event"]["reason"], "scope_missing");
}

#[test]
fn a_sink_that_recovers_gets_the_same_id_again() {
    let server = ScriptedServer::start(|_, number| Reply::json(if number < 2 { 500 } else { 200 }, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(2);
    // Five seconds and five minutes, both within the budget.
    let delivery = sender.deliver_one(Duration::from_secs(600));
    assert_eq!((delivery.delivered, delivery.state), (2, DeliveryState::Complete));
    assert_eq!(delivery.problem.as_deref(), Some("it answered with HTTP 500"));
    assert_eq!(sequence(&server), [1, 1, 1, 2]);
    let times: Vec<i64> = server
        .received()
        .iter()
        .map(|request| request.header("webhook-timestamp").unwrap().parse().unwrap())
        .collect();
    assert!((5..=6).contains(&(times[1] - times[0])), "{times:?}");
    assert!((300..=331).contains(&(times[2] - times[1])), "{times:?}");
    assert!(server.received().iter().all(|request| is_signed(request, SECRET)));
}

#[test]
fn delays_follow_the_schedule_and_the_sink_is_never_given_up() {
    const HOURS: f64 = 3600.0;
    let schedule = [
        5.0,
        300.0,
        1800.0,
        2.0 * HOURS,
        5.0 * HOURS,
        10.0 * HOURS,
        14.0 * HOURS,
        20.0 * HOURS,
        24.0 * HOURS,
        24.0 * HOURS,
    ];
    let server = ScriptedServer::start(|_, _| Reply::json(503, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(1);
    let mut now = noon();
    for (round, expected) in schedule.into_iter().enumerate() {
        let DeliveryState::Waiting(next_at) = sender.deliver_one(Duration::from_secs(2)).state else {
            panic!("round {round} must wait");
        };
        let delay = Duration::try_from(next_at.duration_since(now)).unwrap();
        assert!((expected..expected * 1.1 + 0.1).contains(&delay.as_secs_f64()), "round {round}: {delay:?}");
        assert_eq!(server.received().len(), round + 1);
        sender.clock.advance(delay);
        now = next_at;
    }
}

#[test]
fn retry_after_is_honored_up_to_a_day() {
    let cases = [("3600", 3600), ("Sat, 21 Nov 2026 14:00:00 GMT", 7200), ("999999999", 24 * 3600)];
    for (value, expected) in cases {
        let server = ScriptedServer::start(move |_, _| Reply::json(429, "").with("Retry-After", value));
        let mut sender = Sender::new(vec![sink("siem", &server)]);
        sender.record(1);
        let state = sender.deliver_one(Duration::from_secs(2)).state;
        let DeliveryState::Waiting(next_at) = state else { panic!("{value}: {state:?}") };
        assert_eq!(next_at.duration_since(noon()).as_secs(), expected, "{value}");
    }
}

#[test]
fn a_redirect_is_a_failure() {
    let target = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let location = format!("{}/hooks", target.url());
    let server = ScriptedServer::start(move |_, _| Reply::json(302, "").with("Location", &location));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(1);
    let delivery = sender.deliver_one(Duration::from_secs(2));
    assert_eq!((delivery.delivered, server.received().len(), target.received().len()), (0, 1, 0));
    assert_eq!(delivery.problem.as_deref(), Some("it answered with HTTP 302"));
}

#[test]
fn a_sink_that_is_gone_is_left_alone_until_it_is_enabled() {
    let server = ScriptedServer::start(|_, number| Reply::json(if number == 0 { 410 } else { 200 }, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(2);
    assert_eq!(sender.deliver_one(ENOUGH).state, DeliveryState::Disabled);
    assert_eq!(sender.deliver_one(ENOUGH).state, DeliveryState::Disabled);
    assert_eq!(server.received().len(), 1);
    assert_eq!(sender.journal.backlog(&sender.sinks).unwrap()[0].disabled_since, Some(noon()));
    let filter = Filter { operation: Some("audit.sink_disabled".into()), ..Filter::default() };
    assert_eq!(Reader::open(&sender.path()).unwrap().list(&filter, 10).unwrap().len(), 1);
    sender.journal.enable_sink("siem").unwrap();
    assert_eq!(sender.deliver_one(ENOUGH).delivered, 3);
    assert_eq!(sequence(&server), [1, 1, 2, 3]);
}

#[test]
fn connections_that_fail_are_tried_again() {
    let server = ScriptedServer::start(|_, number| match number {
        0 => Reply::Close,
        1 => Reply::Raw(b"not http at all".to_vec()),
        _ => Reply::json(200, ""),
    });
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(1);
    assert_eq!(sender.deliver_one(Duration::from_secs(600)).delivered, 1);
    assert_eq!(sequence(&server), [1, 1, 1]);
}

#[test]
fn a_sink_that_hangs_uses_up_its_share_and_no_more() {
    let hanging = ScriptedServer::start(|_, _| Reply::Hang);
    let healthy = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let mut sender = Sender::new(vec![sink("hangs", &hanging), sink("healthy", &healthy)]);
    sender.record(2);
    let deliveries = sender.deliver(Duration::from_millis(600));
    assert!(matches!(deliveries[0].state, DeliveryState::Waiting(_)), "{deliveries:?}");
    assert_eq!(deliveries[0].problem.as_deref(), Some("127.0.0.1 did not answer in time"));
    assert_eq!((deliveries[1].delivered, deliveries[1].state), (2, DeliveryState::Complete));
}

#[test]
fn sinks_inside_the_network_are_refused_unless_allowed() {
    let secrets = || vec![WebhookSecret::parse(SECRET).unwrap()];
    let refused = |url: &str| Sink::new("siem", url, false, secrets()).err();
    assert_eq!(refused("http://siem.example/hooks"), Some(OriginError::Insecure));
    assert_eq!(refused("http://127.0.0.1:9/hooks"), Some(OriginError::Insecure));
    assert_eq!(refused("https://u:p@siem.example/hooks"), Some(OriginError::UserInfo));
    assert_eq!(Sink::new("siem", "http://10.0.0.1/", true, secrets()).err(), Some(OriginError::Insecure));

    // A name is judged by the address that it leads to.
    for host in ["127.0.0.1", "localhost", "10.255.255.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"] {
        let url = format!("https://{host}:9/hooks");
        let mut sender = Sender::new(vec![Sink::new("siem", &url, false, secrets()).unwrap()]);
        sender.record(1);
        let problem = sender.deliver_one(Duration::from_secs(2)).problem.unwrap();
        assert_eq!(problem, format!("{host} leads to an address that is not on the public internet"));
    }
}

/// The proxy itself may stand inside the network; it looks up the sink's name.
#[test]
fn a_proxy_inside_the_network_is_no_obstacle() {
    let proxy = ScriptedServer::start(|_, _| Reply::json(403, ""));
    let settings = Settings {
        proxy: Proxy::Url(Secret::new(proxy.url())),
        ca_file: None,
        roots: Roots::Bundled,
        timeout: Duration::from_secs(20),
    };
    let secrets = vec![WebhookSecret::parse(SECRET).unwrap()];
    let mut sender = Sender::new(vec![Sink::new("siem", "https://siem.example/", false, secrets).unwrap()]);
    sender.client = Client::new(&settings, &Environment::default()).unwrap();
    sender.record(1);
    let problem = sender.deliver_one(Duration::from_secs(2)).problem.unwrap();
    assert!(problem.contains("refused to connect to siem.example"), "{problem}");
    assert_eq!(proxy.received()[0].method, "CONNECT");
}

#[test]
fn a_stop_ends_the_delivery() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let folder = tempfile::tempdir().unwrap();
    let world = world(clock());
    let settings = seatledger::audit::Settings {
        sinks: vec!["siem".into()],
        ..settings(&folder.path().join("audit.db"))
    };
    let mut journal = Journal::open(settings, &world).unwrap();
    journal.attempt(&attempt(Decision::Deny)).unwrap();
    world.stop.flag().store(StopSignal::Terminate.number(), std::sync::atomic::Ordering::Relaxed);
    let deliveries = journal.deliver(&[sink("siem", &server)], &client(), ENOUGH).unwrap();
    assert!(matches!(deliveries[0].state, DeliveryState::Waiting(_)));
    assert!(server.received().is_empty());
}

#[test]
fn only_one_process_delivers_at_a_time() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    sender.record(1);
    let lock = std::fs::File::create(format!("{}.delivery-lock", sender.path().display())).unwrap();
    lock.lock().unwrap();
    assert_eq!(sender.deliver_one(ENOUGH).state, DeliveryState::Elsewhere);
    drop(lock);
    assert_eq!(sender.deliver_one(ENOUGH).delivered, 1);
}

#[test]
fn a_backlog_warns_once_or_denies() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let mut limited = sink("siem", &server);
    limited.most_waiting = Some(2);
    let mut sender = Sender::new(vec![limited]);
    let verdict = |sender: &mut Sender| sender.journal.backlog(&sender.sinks).unwrap()[0].verdict;
    sender.record(2);
    assert_eq!(verdict(&mut sender), BacklogVerdict::Within);
    sender.record(1);
    assert_eq!(verdict(&mut sender), BacklogVerdict::Warn);
    assert_eq!(verdict(&mut sender), BacklogVerdict::Warn);
    assert_eq!(warnings(&sender.path()), 1);
    sender.sinks[0].on_backlog = OnBacklog::Deny;
    assert_eq!(verdict(&mut sender), BacklogVerdict::Deny);

    assert_eq!(sender.deliver_one(ENOUGH).delivered, 4);
    assert_eq!(verdict(&mut sender), BacklogVerdict::Within);
    sender.sinks[0].longest_wait = Some(Duration::from_secs(3600));
    sender.record(1);
    sender.clock.advance(Duration::from_secs(3601));
    let backlog = sender.journal.backlog(&sender.sinks).unwrap().remove(0);
    assert_eq!((backlog.waiting, backlog.since, backlog.verdict), (1, Some(noon()), BacklogVerdict::Deny));
    assert_eq!(warnings(&sender.path()), 2);
}

fn warnings(path: &Path) -> usize {
    let filter = Filter { operation: Some("audit.sink_backlog".into()), ..Filter::default() };
    Reader::open(path).unwrap().list(&filter, 10).unwrap().len()
}

#[test]
#[ignore = "started by tests/clients/webhooks.py, which receives and verifies"]
fn deliver_to_a_receiver() {
    let Some(arguments) = child_process::arguments() else { return };
    let [url, events, secrets @ ..] = &arguments[..] else { panic!("url, number and secrets are needed") };
    let secrets = secrets.iter().map(|secret| WebhookSecret::parse(secret).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let settings = seatledger::audit::Settings {
        sinks: vec!["siem".into()],
        ..settings(&folder.path().join("audit.db"))
    };
    // Receivers refuse old timestamps, so this one runs by the machine's clock.
    let world = World { clock: Arc::new(SystemClock), ..world(clock()) };
    let mut journal = Journal::open(settings, &world).unwrap();
    for _ in 0..events.parse().unwrap() {
        journal.attempt(&attempt(Decision::Deny)).unwrap();
    }
    let sinks = [Sink::new("siem", url, true, secrets).unwrap()];
    let deliveries = journal.deliver(&sinks, &client(), Duration::from_secs(60)).unwrap();
    assert_eq!(deliveries[0].state, DeliveryState::Complete, "{deliveries:?}");
}

#[test]
fn the_largest_event_stays_below_twenty_kilobytes() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, ""));
    let mut sender = Sender::new(vec![sink("siem", &server)]);
    let long = "x".repeat(5000);
    let mut largest = attempt(Decision::Deny);
    largest.operation.principal.groups = vec![long.clone(); 100];
    largest.operation.target.objects = vec![long.clone(); 100];
    largest.operation.target.companies = vec![long.clone(); 100];
    largest.operation.agent.chain = vec![long.clone(); 100];
    largest.operation.agent.chain_unverified = vec![long.clone(); 100];
    largest.operation.agent.name = Some(long.clone());
    largest.operation.agent.user_agent = Some(long.clone());
    largest.operation.target.summary = Some(long.clone());
    largest.argument_names = vec![long.clone(); 100];
    largest.query_shape = Some(long.clone());
    largest.detail = Some(long.clone());
    sender.journal.attempt(&largest).unwrap();
    let notice = Notice {
        name: long.clone(),
        texts: BTreeMap::from([("text".into(), long)]),
        counters: BTreeMap::new(),
    };
    sender.journal.notice(&notice).unwrap();
    assert_eq!(sender.deliver_one(ENOUGH).delivered, 2);
    for request in server.received() {
        assert!(request.body.len() < 20_000, "{}", request.body.len());
    }
}
