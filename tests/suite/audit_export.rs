//! The journal in other programs' forms: every OCSF event fits the published schema, no CSV cell is a formula.

use std::path::{Path, PathBuf};

use seatledger::audit::{
    Decision, ExportFormat, Filter, FingerprintKey, Journal, Notice, Outcome, Reader, ScanSummary, Status,
    export,
};
use seatledger::pii::{Rules, scan};
use serde_json::{Value, json};

use crate::journal_fixture::{attempt, checkpoint_key, clock, signed_settings, success, world};

/// Every kind of event: a refusal with findings, a success, a redacted success, a failure, an unknown end, a notice and
/// a checkpoint.
fn journal(path: &Path) {
    let mut journal = Journal::open(signed_settings(path, checkpoint_key(), 1000), &world(clock())).unwrap();
    let key = FingerprintKey::from_bytes(&[9; 32]).unwrap();
    let mut refused = attempt(Decision::Deny);
    refused.operation.name = "salesforce.query".into();
    refused.operation.agent.chain_unverified = vec!["planner".into(), "worker".into()];
    refused.scan = ScanSummary::new(&scan("123-45-6789 a@acme.example", &Rules::QUERY).unwrap(), Some(&key));
    refused.reason = "pii_blocked:US_SSN".into();
    refused.detail = Some("=cmd|' /C calc'!A0".into());
    journal.attempt(&refused).unwrap();
    let redacted = Outcome {
        redactions: ScanSummary::new(&scan("4111 1111 1111 1111", &Rules::RESULT).unwrap(), None),
        ..success()
    };
    let failure = Outcome { error: Some("@SUM(1)\n=2".into()), ..Outcome::new(Status::Failure) };
    for outcome in
        [success(), redacted, failure, Outcome::new(Status::Unknown), Outcome::new(Status::Partial)]
    {
        let mut allowed = attempt(Decision::Allow);
        allowed.operation.principal.subject = "+evil".into();
        let ticket = journal.attempt(&allowed).unwrap();
        journal.outcome(&ticket, &outcome).unwrap();
    }
    let mut service = attempt(Decision::Allow);
    service.operation.principal = Default::default();
    service.operation.principal.subject = "seatledger".into();
    service.operation.principal.is_service = true;
    service.operation.agent = Default::default();
    service.operation.target = Default::default();
    journal.attempt(&service).unwrap();
    let notice =
        Notice { name: "policy.changed".into(), texts: Default::default(), counters: Default::default() };
    journal.notice(&notice).unwrap();
    journal.checkpoint().unwrap();
}

fn exported(format: ExportFormat) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.db");
    journal(&path);
    let mut out = Vec::new();
    export(&Reader::open(&path).unwrap(), &Filter::default(), format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn events() -> Vec<Value> {
    exported(ExportFormat::Ocsf).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_event_has_what_the_class_demands() {
    let events = events();
    assert_eq!(events.len(), 14);
    for event in &events {
        let activity = event["activity_id"].as_i64().unwrap();
        assert!([1, 2, 3, 4, 99].contains(&activity), "{event}");
        assert_eq!(event["type_uid"], 600_300 + activity);
        assert_eq!((&event["class_uid"], &event["category_uid"]), (&json!(6003), &json!(6)));
        assert_eq!(event["time"], 1_795_262_400_000_i64);
        assert_eq!(event["metadata"]["version"], "1.8.0");
        assert!(event["metadata"]["uid"].as_str().unwrap().starts_with("evt_"));
        assert_eq!(event["src_endpoint"]["hostname"], "collector.example");
        assert!(
            event["api"]["operation"].is_string() && event["actor"]["app_name"].is_string()
                || event["actor"]["user"]["uid"].is_string()
        );
        for id in ["action_id", "disposition_id", "status_id", "severity_id"] {
            assert!(event[id].is_i64(), "{id}");
        }
        assert_eq!(event["unmapped"]["attestation"]["seq"], event["metadata"]["sequence"]);
    }
}

#[test]
fn decisions_and_endings_have_their_numbers() {
    let events = events();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            let number = |key: &str| event[key].as_i64().unwrap();
            (
                number("activity_id"),
                number("action_id"),
                number("disposition_id"),
                number("status_id"),
                number("severity_id"),
            )
        })
        .collect();
    let allowed = (99, 1, 1, 99, 1);
    let expected = [
        (2, 2, 2, 2, 3),
        allowed,
        (99, 1, 1, 1, 1),
        allowed,
        (99, 4, 1, 1, 1),
        allowed,
        (99, 1, 1, 2, 2),
        allowed,
        (99, 1, 1, 0, 3),
        allowed,
        (99, 1, 1, 99, 2),
        allowed,
        (99, 3, 17, 99, 2),
        (99, 3, 17, 1, 1),
    ];
    assert_eq!(seen, expected);
    let refused = &events[0];
    assert_eq!((&refused["status_code"], &refused["risk_score"]), (&json!("pii_blocked:US_SSN"), &json!(30)));
    assert_eq!(refused["enrichments"][0]["value"], "US_SSN");
    assert_eq!(refused["actor"]["invoked_by"], "planner > worker");
    assert!(!refused.to_string().contains("6789"));
    let outcome = &events[2];
    assert_eq!(outcome["api"]["response"]["code"], 200);
    assert_eq!(outcome["api"]["request"]["uid"], outcome["metadata"]["correlation_uid"]);
    assert_eq!(outcome["dst_endpoint"]["hostname"], "acme.my.salesforce.com");
    assert_eq!(outcome["resources"][1]["type"], "UserLicense");
    assert_eq!(outcome["actor"]["user"]["org"]["uid"], "acme");
    assert_eq!(outcome["actor"]["idp"]["uid"], "https://idp.example");
}

/// Which object of the schema stands where in the class.
const OBJECTS: &[(&str, &str)] = &[
    ("/metadata", "metadata"),
    ("/metadata/product", "product"),
    ("/actor", "actor"),
    ("/actor/user", "user"),
    ("/actor/idp", "idp"),
    ("/actor/session", "session"),
    ("/api", "api"),
    ("/api/request", "request"),
    ("/api/response", "response"),
    ("/api/service", "service"),
    ("/src_endpoint", "network_endpoint"),
    ("/dst_endpoint", "network_endpoint"),
    ("/policy", "policy"),
    ("/resources/0", "resource_details"),
    ("/enrichments/0", "enrichment"),
];

/// The compiled schema is not part of this repository; where it lies beside it, every event is held against it.
#[test]
fn every_event_fits_the_published_schema() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/ocsf-1.8.0-subset.json");
    let Ok(text) = std::fs::read_to_string(path) else { return };
    let schema: Value = serde_json::from_str(&text).unwrap();
    let mut found = std::collections::BTreeSet::new();
    for event in events() {
        check(&schema["classes"]["api_activity"], &event, "event");
        for (pointer, name) in OBJECTS {
            if let Some(object) = event.pointer(pointer) {
                check(&schema["objects"][name], object, name);
                found.insert(pointer);
            }
        }
    }
    assert_eq!(found.len(), OBJECTS.len(), "{found:?}");
}

#[track_caller]
fn check(definition: &Value, object: &Value, name: &str) {
    let names = |key: &str| definition[key].as_array().cloned().unwrap_or_default();
    let members = object.as_object().unwrap();
    for required in names("required") {
        assert!(members.contains_key(required.as_str().unwrap()), "{name} has no {required}: {object}");
    }
    for member in members.keys() {
        assert!(names("attributes").contains(&json!(member)), "{name} has no attribute {member}");
    }
    if let Some(alternatives) = definition["constraints"]["at_least_one"].as_array() {
        let is_there = |alternative: &Value| members.contains_key(alternative.as_str().unwrap());
        assert!(alternatives.iter().any(is_there), "{name} has none of {alternatives:?}: {object}");
    }
}

#[test]
fn csv_cells_are_texts_and_one_event_is_one_row() {
    let text = exported(ExportFormat::Csv);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 14);
    assert_eq!(&rows[0][column("detail")], "'=cmd|' /C calc'!A0");
    assert_eq!(&rows[1][column("subject")], "'+evil");
    assert_eq!(&rows[6][column("error")], "'@SUM(1)\\n=2");
    assert_eq!(&rows[2][column("rows")], "17");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
}

#[test]
fn json_lines_hold_the_events_as_they_were_recorded() {
    let text = exported(ExportFormat::JsonLines);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 14);
    assert_eq!(lines[0]["event"]["operation"], "salesforce.query");
    assert_eq!(lines[13]["event"]["kind"], "checkpoint");
    assert_eq!(lines[0]["id"], format!("evt_{}_1", lines[0]["attestation"]["chain_uid"].as_str().unwrap()));
    assert_eq!(lines[1]["attestation"]["prev"], lines[0]["attestation"]["fingerprint"]);
}
