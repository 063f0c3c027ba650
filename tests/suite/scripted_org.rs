//! An org whose every answer a test writes by hand, and a session with it whose clock does not wait.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use seatledger::auth::SigningKey;
use seatledger::base::{Clock, Environment, Stop};
use seatledger::http::{Client, Proxy, Roots};
use seatledger::salesforce::{Error, Session, Settings};

use crate::keys::generated;
use crate::scripted_server::{Received, Reply, ScriptedServer};

pub(crate) const NOW: &str = "2026-11-21T10:00:00Z";
pub(crate) const ORGANIZATION: &str = "00Dxx0000001gPLEAY";
pub(crate) const TOKEN_PATH: &str = "/services/oauth2/token";

/// Stands at [`NOW`] and moves on by what it is asked to wait.
pub(crate) struct WaitlessClock {
    now: Mutex<Timestamp>,
    /// Raised at the first wait, if given.
    raise: Option<Stop>,
}

impl WaitlessClock {
    pub(crate) fn new() -> Self {
        Self { now: Mutex::new(NOW.parse().unwrap()), raise: None }
    }

    pub(crate) fn raising(stop: Stop) -> Self {
        Self { raise: Some(stop), ..Self::new() }
    }

    /// How much was waited so far.
    pub(crate) fn waited(&self) -> Duration {
        self.now().duration_since(NOW.parse().unwrap()).unsigned_abs()
    }
}

impl Clock for WaitlessClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn sleep(&self, pause: Duration) {
        *self.now.lock().unwrap() += pause;
        if let Some(stop) = &self.raise {
            stop.flag().store(15, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

/// The token answer of the org itself, with token number `number`.
pub(crate) fn token(request: &Received, number: usize) -> Reply {
    let host = request.header("host").unwrap();
    Reply::json(
        200,
        format!(
            r#"{{"access_token":"00Dxx0000001gPL!canary{number}","scope":"api","instance_url":"http://{host}",
               "id":"https://login.salesforce.com/id/{ORGANIZATION}/005xx000001SwiUAAS","token_type":"Bearer","new":1}}"#
        ),
    )
}

/// A server that signs everybody in and leaves the data API to `script`, whose second argument counts its requests.
pub(crate) fn org(script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> ScriptedServer {
    let counts = Mutex::new((0, 0));
    ScriptedServer::start(move |request, _| {
        let mut counts = counts.lock().unwrap();
        let count = if request.path == TOKEN_PATH { &mut counts.0 } else { &mut counts.1 };
        *count += 1;
        let number = *count - 1;
        drop(counts);
        if request.path == TOKEN_PATH { token(request, number) } else { script(request, number) }
    })
}

pub(crate) fn settings(server: &ScriptedServer) -> Settings {
    Settings {
        org: "acme".into(),
        url: server.url(),
        login_url: server.url(),
        audience: "https://login.salesforce.com".into(),
        client_id: "3MVG9canary".into(),
        username: "collector@acme.example".into(),
        organization_id: None,
        api_version: "67.0".into(),
        insecure_loopback: true,
        keep_free_api_percent: 20,
        concurrency: 4,
        budget: Default::default(),
    }
}

pub(crate) fn client() -> Client {
    let settings = seatledger::http::Settings {
        proxy: Proxy::None,
        ca_file: None,
        roots: Roots::Bundled,
        timeout: Duration::from_secs(30),
    };
    Client::new(&settings, &Environment::default()).unwrap()
}

pub(crate) fn open_with(settings: Settings, clock: Arc<dyn Clock>, stop: Stop) -> Result<Session, Error> {
    let key = SigningKey::from_pem(generated().private_key_pem.expose().as_bytes(), None, "the test's key")
        .unwrap();
    Session::open(settings, key, &client(), clock, stop)
}

/// Signs in to `server` with a clock that does not wait.
pub(crate) fn open(server: &ScriptedServer) -> Result<Session, Error> {
    open_with(settings(server), Arc::new(WaitlessClock::new()), Stop::default())
}
