//! The one send path of a session: stop, allowance, token, request, and then what the answer asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::base::{Clock, Secret, Stop, with_causes};
use crate::http::{self, Failure, Request, Response, Retry};

use super::known_secrets::KnownSecrets;
use super::lanes::Lanes;
use super::{Action, ApiAllowance, ApiError, Call, Error, Session, refusal_text};

/// How often a wait looks whether the program was asked to stop.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// The client, and what every wait needs.
pub(super) struct Line {
    pub(super) client: http::Client,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: Stop,
    pub(super) counters: Counters,
    pub(super) lanes: Lanes,
    pub(super) hung_up: AtomicBool,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) concurrency_refusals: AtomicU64,
}

impl Line {
    /// Sends one request.
    pub(super) fn send(&self, request: &Request, asked_for: &'static str) -> Result<Response, Error> {
        self.go_on()?;
        let response = self.client.send(request).map_err(|source| {
            // A stop ends requests in flight, which is no failure of theirs.
            self.go_on().err().unwrap_or(Error::Transport { asked_for, source })
        })?;
        tracing::debug!(asked_for, status = response.status, bytes = response.body.len(), "answer");
        Ok(response)
    }

    /// Repeats `attempt` while its failure may pass. `judge` reads the failures of the service; those of the way to
    /// it are known here.
    pub(super) fn persist<T>(
        &self,
        mut attempt: impl FnMut() -> Result<T, Error>,
        judge: impl Fn(&Error) -> Option<Failure<'_>>,
    ) -> Result<T, Error> {
        let mut retry = Retry::new(fastrand::Rng::new());
        loop {
            let error = match attempt() {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let failure = match &error {
                Error::Transport { source, .. } => Some(Failure::Transport(source)),
                other => judge(other),
            };
            let Some(delay) = failure.and_then(|failure| retry.after(&failure, self.clock.now())) else {
                return Err(error);
            };
            tracing::warn!("{}; trying again in {:.1} s", with_causes(&error), delay.as_secs_f64());
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
            self.wait(delay)?;
        }
    }

    /// Waits in steps, so that a stop is noticed.
    fn wait(&self, mut rest: Duration) -> Result<(), Error> {
        while !rest.is_zero() {
            self.go_on()?;
            let step = rest.min(STOP_CHECK);
            self.clock.sleep(step);
            rest -= step;
        }
        self.go_on()
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.hung_up.load(Ordering::Relaxed) {
            return Err(Error::HungUp);
        }
        self.stop.requested().map_or(Ok(()), |signal| Err(Error::Stopped(signal)))
    }
}

impl Session {
    /// Asks the data API for `path`, with the whole procedure: renews the token once, waits out passing trouble.
    pub(super) fn ask(&self, call: Call, path: &str, page_size: Option<u16>) -> Result<Response, Error> {
        let mut renewed = false;
        let once = || loop {
            let (generation, grant) = self.grant();
            self.respect_allowance()?;
            let mut request = Request::get(&grant.instance, path)
                .with_bearer(&grant.token)
                .with_header("accept", "application/json");
            if let Some(size) = page_size {
                request = request.with_header("sforce-query-options", &format!("batchSize={size}"));
            }
            let lane = self.line.lanes.take();
            self.spend()?;
            let response = self.line.send(&request, call.noun())?;
            self.note(&response);
            let refused = match judge(call, &response, &grant.token) {
                Ok(()) => return Ok(response),
                Err(refused) => refused,
            };
            match refused.action {
                Action::RenewToken if renewed => return Err(Error::Api(Box::new(refused.of_fresh_token()))),
                Action::RenewToken => {
                    renewed = true;
                    drop(lane);
                    self.renew(generation)?;
                }
                _ => {
                    if refused.is_concurrency_limit() {
                        lane.narrow();
                        self.line.counters.concurrency_refusals.fetch_add(1, Ordering::Relaxed);
                    }
                    return Err(Error::Api(Box::new(refused)));
                }
            }
        };
        self.line.persist(once, |error| match error {
            Error::Api(refused) => Some(refused.failure()),
            _ => None,
        })
    }

    fn respect_allowance(&self) -> Result<(), Error> {
        let keep_free_percent = self.sign_in.settings.keep_free_api_percent;
        match self.allowance() {
            Some(allowance) if !allowance.permits_another(keep_free_percent) => {
                Err(Error::AllowanceReached { allowance, keep_free_percent })
            }
            _ => Ok(()),
        }
    }

    /// Counts one request more, if the budget has it.
    fn spend(&self) -> Result<(), Error> {
        if let Some(budget) = &self.sign_in.settings.budget {
            budget.take_request().map_err(Error::BudgetSpent)?;
        }
        self.line.counters.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn note(&self, response: &Response) {
        let bytes = response.body.len() as u64;
        self.line.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(budget) = &self.sign_in.settings.budget {
            budget.take_bytes(bytes);
        }
        if let Some(allowance) = response.header("sforce-limit-info").and_then(ApiAllowance::from_header) {
            self.set_allowance(allowance);
        }
    }
}

/// Whether an answer to a request with `token` can be what was asked for.
fn judge(call: Call, response: &Response, token: &Secret) -> Result<(), ApiError> {
    let secrets = || KnownSecrets::of_token(token);
    if response.status != 200 {
        return Err(ApiError::read(call, response, &secrets()));
    }
    if refusal_text::looks_like_json(&response.body) {
        Ok(())
    } else {
        Err(ApiError::not_json(call, response, &secrets()))
    }
}
