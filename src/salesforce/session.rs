//! A signed-in conversation with one org, shared by worker threads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::auth::SigningKey;
use crate::base::{Clock, RecordId, Stop};
use crate::http::{self, percent_encode};

use super::lanes::Lanes;
use super::send::{Counters, Line};
use super::sign_in::{Grant, SignIn};
use super::{
    ApiAllowance, Call, Column, DailyApiRequests, DescribedField, Error, NextPage, Page, PageError, Rows,
    decode,
};

/// What one org needs.
#[derive(Clone)]
pub struct Settings {
    /// The org's short name in the configuration.
    pub org: String,
    /// The My Domain URL.
    pub url: String,
    /// Where the token endpoint is.
    pub login_url: String,
    /// The assertion's audience.
    pub audience: String,
    /// The app's consumer key.
    pub client_id: String,
    /// The user to impersonate.
    pub username: String,
    /// The only org that is accepted, if one is named.
    pub organization_id: Option<RecordId>,
    /// Such as `67.0`.
    pub api_version: String,
    /// Whether http to 127.0.0.0/8 and ::1 is permitted.
    pub insecure_loopback: bool,
    /// The share of the daily API allowance that is left to others.
    pub keep_free_api_percent: u8,
    /// Requests in flight at most. Fewer once Salesforce says that too many run at once.
    pub concurrency: usize,
    /// What this session pays from, if it has to.
    pub budget: Option<Arc<dyn Budget>>,
}

/// What sessions pay requests to the data API and the bytes of their answers from, side by side.
pub trait Budget: Send + Sync {
    /// Takes one request.
    ///
    /// # Errors
    /// The name of what is used up: `api_calls` or `bytes`. The request must not be sent.
    fn take_request(&self) -> Result<(), &'static str>;

    /// Takes bytes that were received.
    fn take_bytes(&self, bytes: u64);
}

/// A session. Its token lives in memory only and is renewed when an answer says that it has expired. The allowance is
/// known from the first answer on, so only the very first request is sent without asking it.
pub struct Session {
    pub(super) sign_in: SignIn,
    pub(super) line: Line,
    grant: Mutex<(u64, Arc<Grant>)>,
    allowance: Mutex<Option<ApiAllowance>>,
    organization_id: RecordId,
    user_id: RecordId,
}

/// What a session has sent and received so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Requests to the data API, repeated ones included; sign-ins do not count against the allowance.
    pub requests: u64,
    /// Bytes of answers after decompression.
    pub bytes: u64,
    /// Repeats after passing trouble.
    pub retries: u64,
    /// Answers that said too many requests ran at once: a reason to run fewer.
    pub concurrency_refusals: u64,
    /// The org's allowance as the last answer told it.
    pub allowance: Option<ApiAllowance>,
}

impl Session {
    /// Signs in: one token exchange, after which the token's org and host are checked.
    ///
    /// # Errors
    /// A wrong URL, a key that cannot sign, a refusal of the token endpoint, another org than the configured one, an
    /// instance outside Salesforce's hosts, or no connection.
    pub fn open(
        settings: Settings,
        key: SigningKey,
        client: &http::Client,
        clock: Arc<dyn Clock>,
        stop: Stop,
    ) -> Result<Self, Error> {
        let lanes = Lanes::new(settings.concurrency);
        let sign_in = SignIn::new(settings, key)?;
        let (counters, hung_up) = (Counters::default(), AtomicBool::new(false));
        let line = Line { client: client.clone(), clock, stop, counters, lanes, hung_up };
        let grant = sign_in.exchange(&line)?;
        Ok(Self {
            organization_id: grant.organization_id,
            user_id: grant.user_id,
            grant: Mutex::new((0, Arc::new(grant))),
            allowance: Mutex::new(None),
            sign_in,
            line,
        })
    }

    /// The org that the token is for.
    pub fn organization_id(&self) -> RecordId {
        self.organization_id
    }

    /// The user that the token is for.
    pub fn user_id(&self) -> RecordId {
        self.user_id
    }

    /// How far this machine's clock is ahead of Salesforce's, to a second or two; negative when it is behind. Known
    /// when the last sign-in told the server's time.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.grant().1.clock_ahead
    }

    /// The first page of a query, of about `page_size` records (200 to 2,000; Salesforce treats it as advice).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::action`] says what follows for the object.
    pub fn query(&self, soql: &str, columns: &[Column], page_size: u16) -> Result<Page, Error> {
        let response = self.ask(Call::Query, &self.query_path(soql), Some(page_size))?;
        Page::decode(&response.body, columns).map_err(|source| unreadable(Call::Query, source))
    }

    /// The page that `next` leads to.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn query_more(&self, next: &NextPage, columns: &[Column]) -> Result<Page, Error> {
        let response = self.ask(Call::QueryMore, next.as_str(), None)?;
        Page::decode(&response.body, columns).map_err(|source| unreadable(Call::QueryMore, source))
    }

    /// The number that a `SELECT COUNT() FROM …` finds.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn count(&self, soql: &str) -> Result<u64, Error> {
        let response = self.ask(Call::Query, &self.query_path(soql), None)?;
        let page = Page::decode(&response.body, &[]).map_err(|source| unreadable(Call::Query, source))?;
        Ok(page.total_size)
    }

    /// The groups of a query with GROUP BY, or the one row of its aggregates. Such an answer has no further pages
    /// (Salesforce, "SOQL and SOSL Reference", GROUP BY).
    ///
    /// # Errors
    /// As for [`Session::query`], and [`Error::TooManyGroups`] when the answer is not all.
    pub fn query_grouped(&self, soql: &str, columns: &[Column]) -> Result<Rows, Error> {
        let response = self.ask(Call::Query, &self.query_path(soql), None)?;
        match Page::decode_grouped(&response.body, columns) {
            Ok(Page { next: None, rows, .. }) => Ok(rows),
            Ok(_) | Err(PageError::NoNextPage) => Err(Error::TooManyGroups),
            Err(source) => Err(unreadable(Call::Query, source)),
        }
    }

    /// The fields of `object` that exist for the run-as user.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn describe(&self, object: &str) -> Result<Vec<DescribedField>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            fields: Vec<DescribedField>,
        }
        let mut path = self.data_path("/sobjects/");
        percent_encode(object, &mut path);
        path.push_str("/describe");
        let described: Answer = self.ask_for(Call::Describe, &path)?;
        Ok(described.fields)
    }

    /// The API versions that the org offers, such as `67.0`, oldest first.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn versions(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Offered {
            version: String,
        }
        let offered: Vec<Offered> = self.ask_for(Call::Versions, "/services/data/")?;
        Ok(offered.into_iter().map(|offered| offered.version).collect())
    }

    /// The org's API requests in 24 hours; the allowance is known from then on.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn limits(&self) -> Result<DailyApiRequests, Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            daily_api_requests: DailyApiRequests,
        }
        let limits: Answer = self.ask_for(Call::Limits, &self.data_path("/limits"))?;
        self.set_allowance(limits.daily_api_requests.into());
        Ok(limits.daily_api_requests)
    }

    /// About how many records each of `objects` has. The numbers lag and leave out what Salesforce does not count
    /// (REST API Developer Guide, "Record Count"): a hint for planning, never a check.
    ///
    /// # Errors
    /// As for [`Session::query`].
    pub fn record_counts(&self, objects: &[&str]) -> Result<BTreeMap<String, u64>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "sObjects")]
            objects: Vec<Counted>,
        }
        #[derive(Deserialize)]
        struct Counted {
            name: String,
            count: u64,
        }
        let path = self.data_path(&format!("/limits/recordCount?sObjects={}", objects.join(",")));
        let counts: Answer = self.ask_for(Call::Limits, &path)?;
        Ok(counts.objects.into_iter().map(|counted| (counted.name, counted.count)).collect())
    }

    /// Sends nothing more: requests that wait to be tried again on other threads end with [`Error::HungUp`].
    pub fn hang_up(&self) {
        self.line.hung_up.store(true, Ordering::Relaxed);
    }

    /// What was sent and received so far.
    pub fn usage(&self) -> Usage {
        let counters = &self.line.counters;
        Usage {
            requests: counters.requests.load(Ordering::Relaxed),
            bytes: counters.bytes.load(Ordering::Relaxed),
            retries: counters.retries.load(Ordering::Relaxed),
            concurrency_refusals: counters.concurrency_refusals.load(Ordering::Relaxed),
            allowance: self.allowance(),
        }
    }

    /// The token in use, and how often it was renewed before.
    pub(super) fn grant(&self) -> (u64, Arc<Grant>) {
        let grant = locked(&self.grant);
        (grant.0, Arc::clone(&grant.1))
    }

    /// Signs in again, unless another thread has done so since `seen` was in use. Threads that come meanwhile wait.
    pub(super) fn renew(&self, seen: u64) -> Result<(), Error> {
        let mut grant = locked(&self.grant);
        if grant.0 != seen {
            return Ok(());
        }
        let renewed = self.sign_in.exchange(&self.line)?;
        if renewed.organization_id != self.organization_id {
            return Err(Error::WrongOrganization {
                org: self.sign_in.settings.org.clone(),
                expected: self.organization_id,
                found: renewed.organization_id,
            });
        }
        *grant = (seen + 1, Arc::new(renewed));
        Ok(())
    }

    pub(super) fn allowance(&self) -> Option<ApiAllowance> {
        *locked(&self.allowance)
    }

    pub(super) fn set_allowance(&self, allowance: ApiAllowance) {
        *locked(&self.allowance) = Some(allowance);
    }

    fn ask_for<T: DeserializeOwned>(&self, call: Call, path: &str) -> Result<T, Error> {
        let response = self.ask(call, path, None)?;
        serde_json::from_slice(&response.body).map_err(|error| unreadable(call, decode::json_problem(&error)))
    }

    fn data_path(&self, rest: &str) -> String {
        format!("/services/data/v{}{rest}", self.sign_in.settings.api_version)
    }

    fn query_path(&self, soql: &str) -> String {
        let mut path = self.data_path("/query?q=");
        percent_encode(soql, &mut path);
        path
    }
}

fn unreadable(call: Call, source: PageError) -> Error {
    Error::Answer { asked_for: call.noun(), source }
}

/// What is kept under these locks is replaced whole, so it stays sound even when a thread panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
