//! The emulated org as the rest of the program holds it: started, looked at, changed, stopped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::api::Cursors;
use super::faults::{Fault, Faults};
use super::org::{ChangeError, Org, Truth};
use super::query::plan;
use super::service::{Exchange, Service};
use super::token::{Certificate, CertificateError, Sessions};
use super::wire::Listener;
use crate::base::{Clock, Stop};

/// Fewer would not leave a single person beside the users that every org has.
const FEWEST_USERS: u64 = 10;
const MOST_USERS: u64 = 10_000_000;

/// API requests a day: 100,000 and 1,000 for each license (Salesforce, "API Request Limits and Allocations"), taking
/// half of the users to be on such licenses.
const API_ALLOWANCE: u64 = 100_000;
const API_ALLOWANCE_PER_USER: u64 = 500;

/// Long API requests that may run at once (Salesforce, "API Request Limits and Allocations"). Here all count as long.
const CONCURRENT_REQUESTS: usize = 25;

/// How often [`Server::wait`] looks whether it is to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// What to emulate.
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many users the org has, from 10 to ten million.
    pub users: u64,
    /// Two orgs with the same seed, size and day are the same.
    pub seed: u64,
    /// Waited before every answer.
    pub latency: Duration,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// PEM certificates registered with the app; assertions signed with another key are refused.
    pub certificates: Vec<String>,
    /// The day on which the org is born, and the time at which assertions are judged.
    pub clock: Arc<dyn Clock>,
}

/// Why the emulated org cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The size is out of bounds.
    #[error("an emulated org has from {FEWEST_USERS} to {MOST_USERS} users, not {0}")]
    Users(u64),
    /// The address would let others in.
    #[error("the emulated org listens on loopback addresses only, and {0} is none")]
    NotLoopback(SocketAddr),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// A certificate that Salesforce would not take.
    #[error("cannot register certificate number {number}")]
    Certificate {
        /// Counted from 1.
        number: usize,
        /// What is wrong with it.
        source: CertificateError,
    },
}

/// A running emulated org. It stops when dropped.
pub struct Server {
    service: Arc<Service>,
    listener: Listener,
}

impl Server {
    /// Starts an org; it answers as soon as this returns.
    ///
    /// # Errors
    /// [`Error`] says which option cannot be met.
    pub fn start(options: Options) -> Result<Self, Error> {
        if !(FEWEST_USERS..=MOST_USERS).contains(&options.users) {
            return Err(Error::Users(options.users));
        }
        let address = options.listen;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        let certificates = options.certificates.iter().enumerate();
        let certificates = certificates
            .map(|(place, pem)| {
                Certificate::from_pem(pem).map_err(|source| Error::Certificate { number: place + 1, source })
            })
            .collect::<Result<_, _>>()?;
        let cannot_listen = |source| Error::Listen { address, source };
        let socket = TcpListener::bind(address).map_err(cannot_listen)?;
        let url = format!("http://{}", socket.local_addr().map_err(cannot_listen)?);
        let service = Arc::new(Service {
            org: Org::new(options.seed, options.users, options.clock.now()),
            sessions: Sessions::default(),
            cursors: Cursors::default(),
            clock: Arc::clone(&options.clock),
            latency: options.latency,
            certificates,
            url,
            accepts_login_host: AtomicBool::new(true),
            running: Arc::default(),
            most_running: AtomicUsize::new(CONCURRENT_REQUESTS),
            used: AtomicU64::new(0),
            max: AtomicU64::new(API_ALLOWANCE + API_ALLOWANCE_PER_USER * options.users),
            faults: Mutex::new(Faults::new(options.faults)),
            log: Mutex::default(),
        });
        let listener = {
            let service = Arc::clone(&service);
            Listener::start(socket, options.clock, move |request| service.answer(request))
                .map_err(cannot_listen)?
        };
        Ok(Self { service, listener })
    }

    /// The base URL, `http://127.0.0.1:PORT`: My Domain, login host, audience and instance in one.
    pub fn url(&self) -> String {
        self.service.url.clone()
    }

    /// Blocks until `stop` is raised.
    pub fn wait(&self, stop: &Stop) {
        while stop.requested().is_none() {
            self.service.clock.sleep(STOP_CHECK);
        }
    }

    /// Stops answering; open connections are closed.
    pub fn shutdown(&mut self) {
        self.listener.stop();
    }

    /// The requests answered so far, oldest first.
    pub fn requests(&self) -> Vec<Exchange> {
        self.service.log().clone()
    }

    /// How many requests had `part` in their path or query.
    pub fn hits(&self, part: &str) -> usize {
        self.service.log().iter().filter(|exchange| exchange.target.contains(part)).count()
    }

    /// Empties the list of requests.
    pub fn clear_requests(&self) {
        self.service.log().clear();
    }

    /// Whether the org understands a query: its grammar, and every name in it.
    ///
    /// # Errors
    /// The message of the refusal.
    pub fn understands(&self, query: &str) -> Result<(), String> {
        let planned = plan(&self.service.org.view(false), query);
        planned.map(drop).map_err(|problem| problem.message(query))
    }

    /// Replaces all faults; their counts begin anew.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *self.service.faults.lock().unwrap_or_else(PoisonError::into_inner) = Faults::new(faults);
    }

    /// Sets a field of a record, in the JSON form that the API would write. `SystemModstamp` moves with it.
    ///
    /// # Errors
    /// [`ChangeError`] when there is no such record or field, or the value does not fit.
    pub fn set_field(&self, object: &str, id: &str, field: &str, value: &Json) -> Result<(), ChangeError> {
        self.service.org.set_field(object, id, field, value, self.now())
    }

    /// Adds a record with some fields set and gives its id.
    ///
    /// # Errors
    /// As for [`Server::set_field`].
    pub fn add(&self, object: &str, fields: &[(&str, Json)]) -> Result<String, ChangeError> {
        self.service.org.add(object, fields, self.now())
    }

    /// Deletes a record; `queryAll` still finds it.
    ///
    /// # Errors
    /// [`ChangeError`] when there is no such record.
    pub fn delete(&self, object: &str, id: &str) -> Result<(), ChangeError> {
        self.service.org.delete(object, id, self.now())
    }

    /// Hides an object as a missing permission or feature does, or shows it again.
    ///
    /// # Errors
    /// [`ChangeError`] when there is no such object.
    pub fn hide_object(&self, object: &str, hidden: bool) -> Result<(), ChangeError> {
        self.service.org.hide(object, None, hidden)
    }

    /// Hides a field as field-level security does, or shows it again.
    ///
    /// # Errors
    /// [`ChangeError`] when there is no such field.
    pub fn hide_field(&self, object: &str, field: &str, hidden: bool) -> Result<(), ChangeError> {
        self.service.org.hide(object, Some(field), hidden)
    }

    /// Shows of `LoginHistory` or `UserLogin` only the run-as user's own records, as a missing permission does, or all
    /// of them again.
    ///
    /// # Errors
    /// [`ChangeError`] when there is no such object, or it belongs to no user.
    pub fn show_only_own(&self, object: &str, only_own: bool) -> Result<(), ChangeError> {
        self.service.org.show_only_own(object, only_own)
    }

    /// Changes the org's name.
    ///
    /// # Errors
    /// None in practice; the record is always there.
    pub fn rename(&self, name: &str) -> Result<(), ChangeError> {
        self.set_field("Organization", super::ORGANIZATION_ID, "Name", &Json::from(name))
    }

    /// Takes assertions whose audience is `https://login.salesforce.com`, as at the start, or only the org's own URL, as
    /// a strict My Domain policy does.
    pub fn accept_login_host(&self, accepted: bool) {
        self.service.accepts_login_host.store(accepted, Ordering::Relaxed);
    }

    /// Ends every session: tokens given out so far answer 401.
    pub fn expire_tokens(&self) {
        self.service.sessions.end_all();
    }

    /// Forgets every query locator.
    pub fn expire_cursors(&self) {
        self.service.cursors.clear();
    }

    /// Bounds the records of a page, as wide records do, whatever size is asked for.
    pub fn set_largest_page(&self, records: u64) {
        self.service.cursors.set_largest_page(records);
    }

    /// Sets how many API requests may run at once; 25 at the start.
    pub fn set_concurrent_requests(&self, most: usize) {
        self.service.most_running.store(most, Ordering::Relaxed);
    }

    /// Sets how many API requests were made today, and how many may be.
    pub fn set_api_usage(&self, used: u64, max: u64) {
        self.service.used.store(used, Ordering::Relaxed);
        self.service.max.store(max, Ordering::Relaxed);
    }

    /// Lets days pass until that of `now`: people log in, nothing else happens.
    pub fn set_today(&self, now: Timestamp) {
        self.service.org.set_today(now);
    }

    /// Counts the whole org, changes included.
    pub fn truth(&self) -> Truth {
        Truth::of(&self.service.org.view(false))
    }

    fn now(&self) -> Timestamp {
        self.service.clock.now()
    }
}
