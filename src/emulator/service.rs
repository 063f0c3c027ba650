//! Answers requests: finds the endpoint, checks the token, counts against the allowance, applies faults, keeps the log.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::api::{self, Allowance, ApiError, Cursors, Resource, resource};
use super::faults::{Fault, Faults, Situation, Target};
use super::org::Org;
use super::soql;
use super::token::{Certificate, Endpoint, Sessions};
use super::wire::{Answer, Request};
use crate::base::Clock;

/// Requests kept in the log; the oldest are forgotten first.
const LONGEST_LOG: usize = 100_000;

/// One request and its answer, as the log keeps it: neither headers nor bodies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// Path and query, as sent.
    pub target: String,
    /// The status answered.
    pub status: u16,
}

/// The emulated org behind the listener.
pub(crate) struct Service {
    pub(crate) org: Org,
    pub(crate) sessions: Sessions,
    pub(crate) cursors: Cursors,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) latency: Duration,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) url: String,
    pub(crate) accepts_login_host: AtomicBool,
    /// One clone for each API request that is being answered, and one more.
    pub(crate) running: Arc<()>,
    pub(crate) most_running: AtomicUsize,
    pub(crate) used: AtomicU64,
    pub(crate) max: AtomicU64,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) log: Mutex<Vec<Exchange>>,
}

impl Service {
    /// Answers a request.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let hits = self.faults_for(request);
        let mut answer = match hits.iter().find(|fault| fault.is_instead()) {
            Some(_) => Answer::json(200, ""),
            None => self.honest_answer(request),
        };
        let situation = Situation { target: &request.target, now: self.clock.now() };
        for fault in &hits {
            fault.apply(&situation, &mut answer);
        }
        let date = situation.now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        answer.headers.push(("Date", date));
        answer.delay += self.latency;
        self.remember(request, answer.status);
        answer
    }

    /// The log so far.
    pub(crate) fn log(&self) -> MutexGuard<'_, Vec<Exchange>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn honest_answer(&self, request: &Request) -> Answer {
        match resource(request.path()) {
            Resource::Token => Endpoint {
                org: &self.org,
                certificates: &self.certificates,
                sessions: &self.sessions,
                url: &self.url,
                accepts_login_host: self.accepts_login_host.load(Ordering::Relaxed),
                now: self.clock.now(),
            }
            .answer(request),
            Resource::Versions => api::versions(),
            Resource::Versioned { version, path } => self.api_answer(request, version, path),
            Resource::Identity => Answer::of_type(403, "text/html;charset=UTF-8", "Bad_OAuth_Token"),
            Resource::Unknown => Answer::html(404, "URL No Longer Exists"),
        }
    }

    fn api_answer(&self, request: &Request, version: &str, path: &str) -> Answer {
        if let Err(error) = self.check_token(request) {
            return error.answer();
        }
        let running = Arc::clone(&self.running);
        let allowance = self.count_call();
        let answer = if allowance.used > allowance.max {
            Err(ApiError::total_requests())
        } else if Arc::strong_count(&running) - 1 > self.most_running.load(Ordering::Relaxed) {
            Err(ApiError::concurrent_requests())
        } else {
            api::versioned(&self.org, &self.cursors, allowance, request, version, path)
        };
        let usage = format!("api-usage={}/{}", allowance.used.min(allowance.max), allowance.max);
        let answer = answer.unwrap_or_else(|error| error.answer());
        Answer { running: Some(running), ..answer.with_header("Sforce-Limit-Info", usage) }
    }

    fn check_token(&self, request: &Request) -> Result<(), ApiError> {
        let header = request.header("Authorization").ok_or_else(ApiError::invalid_session)?;
        match header.split_once(' ') {
            Some(("Bearer" | "OAuth", token)) => {
                if self.sessions.knows(token) {
                    Ok(())
                } else {
                    Err(ApiError::invalid_session())
                }
            }
            _ => Err(ApiError::new(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")),
        }
    }

    fn count_call(&self) -> Allowance {
        Allowance {
            used: self.used.fetch_add(1, Ordering::Relaxed) + 1,
            max: self.max.load(Ordering::Relaxed),
        }
    }

    fn faults_for(&self, request: &Request) -> Vec<Fault> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let object = if faults.ask_for_objects() { self.object_of(request) } else { None };
        faults.hit(Target { route: route(request), object: object.as_deref() })
    }

    /// The object that a request is about.
    fn object_of(&self, request: &Request) -> Option<String> {
        if let Some(query) = request.parameter("q") {
            return soql::parse(&query).ok().map(|query| query.object);
        }
        let Resource::Versioned { path, .. } = resource(request.path()) else { return None };
        match path.split('/').collect::<Vec<_>>()[..] {
            ["query" | "queryAll", locator] => self.cursors.object_of(locator).map(str::to_owned),
            ["sobjects", object, "describe"] => Some(object.to_owned()),
            _ => None,
        }
    }

    fn remember(&self, request: &Request, status: u16) {
        let mut log = self.log();
        if log.len() == LONGEST_LOG {
            log.drain(..LONGEST_LOG / 2);
        }
        log.push(Exchange { method: request.method.clone(), target: request.target.clone(), status });
    }
}

/// The route of a request, by the name that faults use.
fn route(request: &Request) -> &'static str {
    match resource(request.path()) {
        Resource::Token => "token",
        Resource::Versions => "versions",
        Resource::Identity | Resource::Unknown => "other",
        Resource::Versioned { path, .. } => match path.split('/').collect::<Vec<_>>()[..] {
            ["limits", ..] => "limits",
            ["query" | "queryAll"] => "query",
            ["query" | "queryAll", _] => "next",
            ["sobjects", _, "describe"] => "describe",
            ["sobjects", ..] => "sobjects",
            _ => "other",
        },
    }
}
