//! Events in the Open Cybersecurity Schema Framework 1.8.0, class API Activity (6003)
//! (<https://schema.ocsf.io/1.8.0/classes/api_activity>), with the profile `security_control`.
//!
//! The chain has no place in that version, so it travels under `unmapped.attestation`.

use data_encoding::HEXLOWER;
use serde_json::{Map, Value, json};

use super::chain::{ChainId, Record};
use crate::base::milliseconds_from_text;

const CLASS_UID: i64 = 6003;
const CATEGORY_UID: i64 = 6;
const SCHEMA_VERSION: &str = "1.8.0";

/// What an operation on records does, by the last word of its name; everything else is 99, "Other".
const ACTIVITIES: &[(&str, i64, &str)] = &[
    ("query", 2, "Read"),
    ("getRecord", 2, "Read"),
    ("search", 2, "Read"),
    ("createRecord", 1, "Create"),
    ("updateRecord", 3, "Update"),
];

/// Numbers and words of an outcome (`status_id`).
const STATUSES: &[(&str, i64, &str)] = &[
    ("success", 1, "Success"),
    ("failure", 2, "Failure"),
    ("unknown", 0, "Unknown"),
    ("partial", 99, "partial"),
];

/// The id that an event has everywhere, so that a receiver recognizes it when it comes twice.
pub(super) fn event_id(chain: &ChainId, seq: u64) -> String {
    format!("evt_{}_{seq}", chain.hex())
}

/// `record` as an API Activity. A body that is no JSON gives an event with its place in the chain and nothing else.
pub(super) fn ocsf_event(chain: &ChainId, record: &Record) -> Value {
    let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
    let operation = body["operation"].as_str().unwrap_or("unknown");
    let (activity_id, activity) = activity(operation);
    let time = body["time"].as_str().and_then(milliseconds_from_text).unwrap_or_default();
    let judgment = Judgment::of(&body);
    let mut event = json!({
        "activity_id": activity_id,
        "activity_name": activity,
        "actor": actor(&body),
        "api": api(&body, operation),
        "category_name": "Application Activity",
        "category_uid": CATEGORY_UID,
        "class_name": "API Activity",
        "class_uid": CLASS_UID,
        "dst_endpoint": destination(&body),
        "enrichments": enrichments(&body),
        "metadata": metadata(chain, record, &body),
        "policy": body["policy_id"].as_str().map(|id| json!({"uid": id})),
        "resources": resources(&body),
        "risk_score": body["risk_score"],
        "src_endpoint": {
            "hostname": body["host"].as_str().unwrap_or("unknown"),
            "name": body["channel"].as_str().unwrap_or("seatledger"),
        },
        "time": time,
        "type_name": format!("API Activity: {activity}"),
        "type_uid": CLASS_UID * 100 + activity_id,
        "unmapped": unmapped(chain, record, &body),
    });
    if let Some(duration) = body["latency_ms"].as_i64() {
        event["duration"] = duration.into();
        event["start_time"] = (time - duration).into();
        event["end_time"] = time.into();
    }
    judgment.write(&mut event);
    without_nothing(event)
}

fn activity(operation: &str) -> (i64, &'static str) {
    let verb = operation.strip_prefix("salesforce.").unwrap_or_default();
    ACTIVITIES.iter().find(|(name, ..)| *name == verb).map_or((99, "Other"), |(_, id, name)| (*id, *name))
}

/// What was decided and how it went.
struct Judgment {
    action: (i64, &'static str),
    disposition: (i64, &'static str),
    status: (i64, &'static str),
    severity: (i64, &'static str),
    code: Option<String>,
    detail: Option<String>,
}

const INFORMATIONAL: (i64, &str) = (1, "Informational");
const LOW: (i64, &str) = (2, "Low");
const MEDIUM: (i64, &str) = (3, "Medium");

impl Judgment {
    fn of(body: &Value) -> Self {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        let is_redacted = body["redactions"].as_array().is_some_and(|entries| !entries.is_empty());
        let allowed = Self {
            action: (1, "Allowed"),
            disposition: (1, "Allowed"),
            status: (99, "attempt"),
            severity: INFORMATIONAL,
            code: text("reason"),
            detail: text("detail"),
        };
        match (body["kind"].as_str(), body["decision"].as_str()) {
            (Some("attempt"), Some("allow")) => allowed,
            (Some("attempt"), _) => Self {
                action: (2, "Denied"),
                disposition: (2, "Blocked"),
                status: (2, "Failure"),
                severity: MEDIUM,
                ..allowed
            },
            (Some("outcome"), _) => {
                let status = STATUSES.iter().find(|(name, ..)| body["status"] == *name);
                let status = status.map_or((0, "Unknown"), |(_, id, name)| (*id, *name));
                let severity = match status.0 {
                    1 => INFORMATIONAL,
                    0 => MEDIUM,
                    _ => LOW,
                };
                let action = if is_redacted { (4, "Modified") } else { allowed.action };
                Self { action, status, severity, detail: text("error"), ..allowed }
            }
            (Some("checkpoint"), _) => Self {
                action: (3, "Observed"),
                disposition: (17, "Logged"),
                status: (1, "Success"),
                ..allowed
            },
            _ => Self {
                action: (3, "Observed"),
                disposition: (17, "Logged"),
                status: (99, "notice"),
                severity: LOW,
                ..allowed
            },
        }
    }

    fn write(self, event: &mut Value) {
        let numbered = [
            ("action", self.action),
            ("disposition", self.disposition),
            ("status", self.status),
            ("severity", self.severity),
        ];
        for (name, (id, caption)) in numbered {
            event[name] = caption.into();
            event[format!("{name}_id")] = id.into();
        }
        event["status_code"] = self.code.into();
        event["status_detail"] = self.detail.into();
    }
}

fn actor(body: &Value) -> Value {
    let (principal, agent) = (&body["principal"], &body["agent"]);
    let Some(subject) = principal["subject"].as_str() else {
        return json!({"app_name": "seatledger"});
    };
    let groups = principal["groups"]
        .as_array()
        .map(|groups| groups.iter().map(|group| json!({"name": group})).collect::<Vec<_>>());
    let is_service = principal["is_service"] == Value::Bool(true);
    let invoked_by = ["chain", "chain_unverified"]
        .iter()
        .find_map(|key| agent[key].as_array())
        .map(|chain| chain.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" > "));
    let issuer = principal["issuer"].as_str();
    json!({
        "app_name": agent["name"],
        "idp": issuer.map(|issuer| json!({
            "name": principal["issuer_name"].as_str().unwrap_or(issuer),
            "uid": issuer,
        })),
        "invoked_by": invoked_by,
        "session": principal["session"].as_str().map(|uid| json!({"issuer": issuer, "uid": uid})),
        "user": {
            "email_addr": principal["email"],
            "groups": groups,
            "name": principal["name"].as_str().unwrap_or(subject),
            "org": principal["tenant"].as_str().map(|tenant| json!({"uid": tenant})),
            "type": if is_service { "Service" } else { "User" },
            "type_id": if is_service { 4 } else { 1 },
            "uid": subject,
        },
    })
}

fn api(body: &Value, operation: &str) -> Value {
    let trace_id = body["trace_id"].as_str();
    json!({
        "operation": operation,
        "request": trace_id.map(|uid| json!({"uid": uid})),
        "response": body["http_status"].as_i64().map(|code| json!({"code": code})),
        "service": {"name": "seatledger", "version": body["version"]},
    })
}

fn destination(body: &Value) -> Option<Value> {
    body["target"]["host"].as_str().map(|host| json!({"hostname": host, "name": host}))
}

fn resources(body: &Value) -> Option<Vec<Value>> {
    let objects = body["target"]["objects"].as_array()?;
    Some(objects.iter().map(|object| json!({"name": object, "type": object})).collect())
}

/// Kinds, counts and actions of personal numbers; there are no values to give.
fn enrichments(body: &Value) -> Vec<Value> {
    let found = ["pii", "redactions"].into_iter().filter_map(|key| Some((key, body[key].as_array()?)));
    found
        .flat_map(|(key, entries)| entries.iter().map(move |entry| (key, entry)))
        .map(|(key, entry)| {
            json!({
                "data": {"action": entry["action"], "count": entry["count"]},
                "name": key,
                "type": "personal data",
                "value": entry["type"],
            })
        })
        .collect()
}

fn metadata(chain: &ChainId, record: &Record, body: &Value) -> Value {
    json!({
        "correlation_uid": body["trace_id"],
        "log_name": format!("audit.{}", body["kind"].as_str().unwrap_or("unknown")),
        "product": {"name": "seatledger", "vendor_name": "Seatledger", "version": body["version"]},
        "profiles": ["security_control"],
        "sequence": record.seq,
        "tenant_uid": body["principal"]["tenant"],
        "uid": event_id(chain, record.seq),
        "version": SCHEMA_VERSION,
    })
}

/// What has no attribute of its own.
const UNMAPPED: [&str; 13] = [
    "api_calls",
    "argument_names",
    "arguments_hmac",
    "attempt",
    "bytes",
    "checkpoint",
    "counters",
    "process",
    "query_shape",
    "redactions",
    "rows",
    "status",
    "texts",
];

fn unmapped(chain: &ChainId, record: &Record, body: &Value) -> Value {
    let mut unmapped: Map<String, Value> =
        UNMAPPED.iter().map(|key| ((*key).to_owned(), body[*key].clone())).collect();
    let target = &body["target"];
    unmapped.insert(
        "target".into(),
        json!({"companies": target["companies"], "org": target["org"], "summary": target["summary"]}),
    );
    unmapped.insert("attestation".into(), attestation(chain, record));
    Value::Object(unmapped)
}

/// The event's place in the chain.
pub(super) fn attestation(chain: &ChainId, record: &Record) -> Value {
    json!({
        "chain_uid": chain.hex(),
        "fingerprint": HEXLOWER.encode(&record.hash),
        "prev": HEXLOWER.encode(&record.previous),
        "seq": record.seq,
    })
}

/// Members that are null, or objects and lists that became empty, are left out at every depth.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().map(|(key, value)| (key, without_nothing(value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nothing).collect()),
        other => other,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
