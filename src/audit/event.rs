//! What is recorded: an attempt before anything is done, its outcome after, and notices of the program itself.
//!
//! Every text goes through [`outside_text`](super::outside_text) on its way into a body, so callers hand over what they
//! have. Bodies have sorted keys and only integers.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::outside_text::{free, name, names, typed_names};
use super::{Error, FingerprintKey, random};
use crate::base::utc_text;
use crate::pii;

/// Joins the records of one operation: 16 random bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(String);

impl TraceId {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::Cryptography`] when there is no randomness.
    pub fn new() -> Result<Self, Error> {
        Ok(Self(HEXLOWER.encode(&random::<16>()?)))
    }

    /// 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Who asked: an account of the operating system, or a person known to an identity provider.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// The identity provider's `iss`; none for an account of the operating system.
    pub issuer: Option<String>,
    /// The configured name of that provider.
    pub issuer_name: Option<String>,
    /// The provider's `sub`, or the account's name.
    pub subject: String,
    /// A name for people.
    pub name: Option<String>,
    /// An address for people.
    pub email: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// Roles or groups.
    pub groups: Vec<String>,
    /// Whether a program and not a person.
    pub is_service: bool,
    /// The session or token id.
    pub session: Option<String>,
}

/// Through what the principal asked.
#[derive(Clone, Debug, Default)]
pub struct Agent {
    /// The name that the calling program gives itself.
    pub name: Option<String>,
    /// Its tier.
    pub tier: Option<String>,
    /// Who acts for whom, as far as a token proves it.
    pub chain: Vec<String>,
    /// The same as the caller states it.
    pub chain_unverified: Vec<String>,
    /// The user agent of a request.
    pub user_agent: Option<String>,
}

/// What the operation is about.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The short name of the org.
    pub org: Option<String>,
    /// The host of the org.
    pub host: Option<String>,
    /// API names of objects.
    pub objects: Vec<String>,
    /// Companies.
    pub companies: Vec<String>,
    /// Anything else that says what it is about, in a few words.
    pub summary: Option<String>,
}

/// An operation: who wants to do what.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Joins its records.
    pub trace_id: TraceId,
    /// Its name, such as `usage.collect`.
    pub name: String,
    /// Where it came from, such as `cli`.
    pub channel: String,
    /// Who asked.
    pub principal: Principal,
    /// Through what.
    pub agent: Agent,
    /// About what.
    pub target: Target,
    /// SHA-256 of the policy in force, in hexadecimal digits.
    pub policy_id: Option<String>,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may be done.
    Allow,
    /// It may not; no outcome follows.
    Deny,
}

/// What a scan for personal numbers found, without the numbers.
#[derive(Clone, Debug, Default)]
pub struct ScanSummary {
    entries: Vec<Value>,
    risk_score: u8,
}

/// So many fingerprints of one kind say enough.
const MOST_FINGERPRINTS: usize = 4;

impl ScanSummary {
    /// Kinds, counts and actions of what was found in a result, whose numbers nobody kept.
    pub fn of_counts(counts: &[pii::Count]) -> Self {
        let entry = |count: &pii::Count| json!({"action": count.action.name(), "count": count.count, "type": count.kind.name()});
        Self { entries: counts.iter().map(entry).collect(), ..Self::default() }
    }

    /// Kinds, counts and actions of `scan`, and a fingerprint of each number when there is a key.
    pub fn new(scan: &pii::Scan, key: Option<&FingerprintKey>) -> Self {
        let entry = |count: pii::Count| {
            let fingerprint = |finding: &pii::Finding| {
                key.map(|key| key.of(finding.kind.name(), finding.normalized.expose().as_bytes()))
            };
            let of_kind = scan.findings.iter().filter(|finding| finding.kind == count.kind);
            let fingerprints: Vec<_> = of_kind.filter_map(fingerprint).take(MOST_FINGERPRINTS).collect();
            json!({
                "action": count.action.name(),
                "count": count.count,
                "hmac": fingerprints,
                "type": count.kind.name(),
            })
        };
        Self { entries: scan.counts().into_iter().map(entry).collect(), risk_score: scan.risk_score() }
    }
}

/// What is recorded before an operation, or when it is refused.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Who wants to do what.
    pub operation: Operation,
    /// Whether it may be done.
    pub decision: Decision,
    /// The reason's code.
    pub reason: String,
    /// More about the reason, for those who read the journal.
    pub detail: Option<String>,
    /// What was found in the arguments.
    pub scan: ScanSummary,
    /// [`FingerprintKey::of_arguments`].
    pub arguments_hmac: Option<String>,
    /// The query with every literal replaced by `?`.
    pub query_shape: Option<String>,
    /// Names of the arguments.
    pub argument_names: Vec<String>,
    /// What the operation is bound to and what it reserved: row caps, budgets.
    pub counters: BTreeMap<String, i64>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As asked.
    Success,
    /// With less than was asked.
    Partial,
    /// Not at all.
    Failure,
    /// Nobody knows: the process is gone.
    Unknown,
}

impl Status {
    /// The word in the record.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Partial => "partial",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// What is recorded after an operation.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The reason's code, when it did not succeed.
    pub reason: Option<String>,
    /// The error's text.
    pub error: Option<String>,
    /// The last HTTP status that the org answered.
    pub http_status: Option<u16>,
    /// Rows that were handed out or written.
    pub rows: Option<u64>,
    /// Bytes that were received.
    pub bytes: Option<u64>,
    /// Requests that were sent.
    pub api_calls: Option<u64>,
    /// What was redacted in the result.
    pub redactions: ScanSummary,
}

impl Outcome {
    /// An outcome of which nothing more is known.
    pub fn new(status: Status) -> Self {
        Self {
            status,
            reason: None,
            error: None,
            http_status: None,
            rows: None,
            bytes: None,
            api_calls: None,
            redactions: ScanSummary::default(),
        }
    }
}

/// Something that the program did or noticed by itself, such as a policy that changed.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its name, such as `policy.changed`.
    pub name: String,
    /// More about it.
    pub texts: BTreeMap<String, String>,
    /// Numbers of it.
    pub counters: BTreeMap<String, i64>,
}

/// The machine and process that an event is written by.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) host: String,
    pub(super) process: String,
}

/// A body: what all events have, and the rest.
pub(super) fn body(
    kind: &str,
    origin: &Origin,
    now: Timestamp,
    fields: Map<String, Value>,
) -> Map<String, Value> {
    let mut body = fields;
    body.insert("host".into(), name(&origin.host).into());
    body.insert("kind".into(), kind.into());
    body.insert("process".into(), origin.process.as_str().into());
    body.insert("time".into(), utc_text(now).into());
    body.insert("version".into(), env!("CARGO_PKG_VERSION").into());
    body
}

impl Operation {
    pub(super) fn fields(&self) -> Map<String, Value> {
        object(json!({
            "agent": present(json!({
                "chain": names(&self.agent.chain),
                "chain_unverified": names(&self.agent.chain_unverified),
                "name": self.agent.name.as_deref().map(free),
                "tier": self.agent.tier.as_deref().map(name),
                "user_agent": self.agent.user_agent.as_deref().map(free),
            })),
            "channel": name(&self.channel),
            "operation": name(&self.name),
            "policy_id": self.policy_id.as_deref().map(name),
            "principal": present(json!({
                "email": self.principal.email.as_deref().map(name),
                "groups": names(&self.principal.groups),
                "is_service": self.principal.is_service,
                "issuer": self.principal.issuer.as_deref().map(name),
                "issuer_name": self.principal.issuer_name.as_deref().map(name),
                "name": self.principal.name.as_deref().map(name),
                "session": self.principal.session.as_deref().map(name),
                "subject": name(&self.principal.subject),
                "tenant": self.principal.tenant.as_deref().map(name),
            })),
            "target": present(json!({
                "companies": typed_names(&self.target.companies),
                "host": self.target.host.as_deref().map(name),
                "objects": names(&self.target.objects),
                "org": self.target.org.as_deref().map(name),
                "summary": self.target.summary.as_deref().map(free),
            })),
            "trace_id": self.trace_id.as_str(),
        }))
    }
}

impl Attempt {
    pub(super) fn fields(&self) -> Map<String, Value> {
        let mut fields = self.operation.fields();
        let is_denied = self.decision == Decision::Deny;
        fields.extend(object(json!({
            "argument_names": names(&self.argument_names),
            "arguments_hmac": self.arguments_hmac,
            "counters": counters(&self.counters),
            "decision": if is_denied { "deny" } else { "allow" },
            "detail": self.detail.as_deref().map(free),
            "final": is_denied,
            "pii": self.scan.entries,
            "query_shape": self.query_shape.as_deref().map(free),
            "reason": name(&self.reason),
            "risk_score": self.scan.risk_score,
        })));
        fields
    }
}

impl Outcome {
    /// `operation` is what [`Operation::fields`] gave for the attempt.
    pub(super) fn fields(
        &self,
        operation: &Map<String, Value>,
        attempt: u64,
        milliseconds: i64,
    ) -> Map<String, Value> {
        let mut fields = operation.clone();
        fields.extend(object(json!({
            "api_calls": self.api_calls,
            "attempt": attempt,
            "bytes": self.bytes,
            "error": self.error.as_deref().map(free),
            "http_status": self.http_status,
            "latency_ms": milliseconds,
            "reason": self.reason.as_deref().map(name),
            "redactions": self.redactions.entries,
            "rows": self.rows,
            "status": self.status.name(),
        })));
        fields
    }
}

impl Notice {
    pub(super) fn fields(&self) -> Map<String, Value> {
        let texts: Map<_, _> =
            self.texts.iter().map(|(key, text)| (name(key), Value::from(free(text)))).collect();
        object(json!({"counters": counters(&self.counters), "operation": name(&self.name), "texts": texts}))
    }
}

fn counters(counters: &BTreeMap<String, i64>) -> Map<String, Value> {
    counters.iter().map(|(key, number)| (name(key), Value::from(*number))).collect()
}

fn object(value: Value) -> Map<String, Value> {
    match present(value) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Leaves out members that say nothing: null, and empty lists and objects.
fn present(value: Value) -> Value {
    let Value::Object(members) = value else { return value };
    let says_something = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    Value::Object(members.into_iter().filter(|(_, value)| says_something(value)).collect())
}
