//! Answers in the shape Salesforce gives them, replayed over a socket: our own under `fixtures/responses`, and a folder
//! of recorded ones where it lies beside the project.
//!
//! A file's name says what it answers: `token_success_…`, `token_err_…`, `api_err_<status>_…`, `query_…`, `versions_…`,
//! `limits_…`. Whatever else is there is no answer to a question of ours and must be refused without being repeated.

use std::path::{Path, PathBuf};

use seatledger::catalogue::FieldType;
use seatledger::salesforce::{Action, ApiAllowance, Column, Error, ErrorKind, Page, Value};
use serde_json::Value as Json;

use crate::scripted_org::{TOKEN_PATH, open, org};
use crate::scripted_server::{Reply, ScriptedServer};

#[test]
fn our_own_answers_are_understood() {
    let replayed = replay(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/responses"));
    assert!(replayed >= 20, "only {replayed} fixtures");
}

#[test]
fn recorded_answers_are_understood() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["../shared/recorded", "../../shared/recorded"].map(|place| project.join(place));
    match places.iter().find(|place| place.is_dir()) {
        Some(folder) => assert!(replay(folder) > 40),
        None => {
            // The harness prints this only for a test that fails or with --nocapture; the other test ran all the same.
            use std::io::Write;
            let notice = "no recorded answers beside the project; only fixtures/responses was replayed\n";
            std::io::stderr().write_all(notice.as_bytes()).unwrap();
            assert!(replay(&project.join("fixtures/responses")) >= 20);
        }
    }
}

/// Replays every file of `folder`; gives how many.
fn replay(folder: &Path) -> usize {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut replayed = 0;
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let body = std::fs::read_to_string(&file).unwrap();
        if name.starts_with("token_success_") {
            token_success(&name, &body);
        } else if name.starts_with("token_err_") {
            token_error(&name, body);
        } else if let Some(rest) = name.strip_prefix("api_err_") {
            api_error(&name, rest[..3].parse().unwrap(), body);
        } else if name.starts_with("versions_") {
            versions(&name, body);
        } else if name == "headers_samples.txt" {
            headers(&body);
        } else if let Some(page) = query_answer(&name, &body) {
            query(&name, &page);
        } else if name.ends_with(".json") {
            answer_to_another_question(&name, body);
        } else {
            // Notes and tables are no answers.
            continue;
        }
        replayed += 1;
    }
    replayed
}

/// The token is taken when org and user can be read from `id`; some publishers masked them.
fn token_success(name: &str, body: &str) {
    let published: Json = serde_json::from_str(body).unwrap();
    let server = ScriptedServer::start(move |request, _| {
        let mut answer = published.clone();
        answer["instance_url"] = Json::from(format!("http://{}", request.header("host").unwrap()));
        Reply::json(200, answer.to_string())
    });
    match open(&server) {
        Ok(session) => assert!(session.organization_id().as_str().starts_with("00D"), "{name}"),
        Err(error) => {
            let masked = !body.contains("/id/00D");
            assert!(masked && matches!(error, Error::TokenAnswer { .. }), "{name}: {error:?}");
        }
    }
    assert_eq!(server.hits(TOKEN_PATH), 1, "{name}");
}

fn token_error(name: &str, body: String) {
    let server = ScriptedServer::start(move |_, _| Reply::json(400, body.clone()));
    let error = open(&server).err().unwrap();
    assert!(matches!(error, Error::SignIn(_)), "{name}: {error:?}");
    let expected = if name.contains("rate_limit") { ErrorKind::Limits } else { ErrorKind::Authentication };
    assert_eq!(error.kind(), expected, "{name}");
    assert!(error.cause().is_some_and(|cause| !cause.contains("does not say more")), "{name}: no cause");
    assert!(error.hint().is_some(), "{name}: no fix");
    let tries = if name.contains("retry") { 6 } else { 1 };
    assert_eq!(server.hits(TOKEN_PATH), tries, "{name}");
}

fn api_error(name: &str, status: u16, body: String) {
    // What the name contains, what follows, how often it is asked, how often is signed in.
    let expectations = [
        ("invalid_email_fields", Action::StopFailed, 1, 1),
        ("user_record_access", Action::Bug, 1, 1),
        ("user_entity_access", Action::Bug, 1, 1),
        ("malformed", Action::Bug, 1, 1),
        ("not_queryable", Action::Bug, 1, 1),
        ("invalid_field", Action::DropField, 1, 1),
        ("invalid_type", Action::ObjectUnavailable, 1, 1),
        ("invalid_session_id", Action::StopUser, 2, 2),
        ("missing_scope", Action::StopUser, 1, 1),
        ("concurrent", Action::BackOff, 6, 1),
        ("request_limit_exceeded", Action::StopLimits, 1, 1),
        ("api_disabled_for_org", Action::StopFailed, 1, 1),
        ("functionality_not_enabled", Action::SkipObject, 1, 1),
        ("not_found", Action::StopFailed, 1, 1),
        ("not_exist", Action::StopFailed, 1, 1),
        ("query_timeout", Action::Narrow, 2, 1),
        ("unknown_exception", Action::BackOff, 3, 1),
        ("web_page", Action::BackOff, 6, 1),
    ];
    let expectation = expectations.iter().find(|expectation| name.contains(expectation.0));
    let &(_, action, asks, sign_ins) = expectation.unwrap_or_else(|| panic!("{name}: what should follow?"));
    let server = org(move |_, _| Reply::json(status, body.clone()));
    let error = open(&server).unwrap().query("SELECT Id FROM User", &[], 2000).err().unwrap();
    assert_eq!(error.action(), Some(action), "{name}");
    let kind = match action {
        Action::StopUser => ErrorKind::Authentication,
        Action::StopLimits => ErrorKind::Limits,
        Action::BackOff if name.contains("concurrent") => ErrorKind::Limits,
        _ => ErrorKind::Failed,
    };
    assert_eq!(error.kind(), kind, "{name}");
    assert!(error.cause().is_some() && error.hint().is_some(), "{name}");
    assert_eq!((server.hits("/query"), server.hits(TOKEN_PATH)), (asks, sign_ins), "{name}");
}

fn versions(name: &str, body: String) {
    let server = org(move |_, _| Reply::json(200, body.clone()));
    let versions = open(&server).unwrap().versions().unwrap();
    assert!(versions.iter().any(|version| version == "57.0"), "{name}");
}

fn headers(lines: &str) {
    for line in lines.lines() {
        let Some(value) = line.strip_prefix("Sforce-Limit-Info: ") else { continue };
        let sent = value.to_owned();
        let server = org(move |_, _| {
            Reply::json(200, r#"{"totalSize":1,"done":true,"records":[]}"#).with("Sforce-Limit-Info", &sent)
        });
        let session = open(&server).unwrap();
        session.count("SELECT COUNT() FROM User").unwrap();
        let numbers = value.strip_prefix("api-usage=").unwrap().split(';').next().unwrap();
        let (used, max) = numbers.split_once('/').unwrap();
        let expected = ApiAllowance { used: used.parse().unwrap(), max: max.parse().unwrap() };
        assert_eq!(session.usage().allowance, Some(expected), "{line}");
    }
}

/// The query answer in a file: as it is, with a gap that its publisher marked by dots, or wrapped by another tool.
fn query_answer(name: &str, body: &str) -> Option<String> {
    if !["query_", "derived_query_", "wrapped_"].iter().any(|prefix| name.starts_with(prefix)) {
        return None;
    }
    let answer: Json = serde_json::from_str(&body.replace(",\n    ...", "")).unwrap();
    if answer.get("records").is_some() {
        return Some(answer.to_string());
    }
    let inner = answer.get("result").map(Json::to_string);
    inner.or_else(|| {
        let records = answer
            .as_object()?
            .values()
            .find_map(|value| value.as_object()?.values().find(|v| v.is_array()))?;
        Some(serde_json::json!({"totalSize": 1, "done": true, "records": records}).to_string())
    })
}

/// Asks for every plain field of the first record, parents' included, and compares each value with the file's.
fn query(name: &str, body: &str) {
    let answer: Json = serde_json::from_str(body).unwrap();
    let records = answer["records"].as_array().unwrap();
    let mut columns = Vec::new();
    for record in records.iter().take(1) {
        collect_columns("", record, &mut columns);
    }
    let served = body.to_owned();
    let server = org(move |_, _| Reply::json(200, served.clone()));
    let page: Page = open(&server).unwrap().query("SELECT …", &columns, 2000).unwrap();
    assert_eq!(page.rows.len(), if columns.is_empty() { 0 } else { records.len() }, "{name}");
    assert_eq!(Some(page.total_size), answer["totalSize"].as_u64(), "{name}");
    assert_eq!(
        page.next.map(|next| next.to_string()).as_deref(),
        answer["nextRecordsUrl"].as_str(),
        "{name}"
    );
    for (row, record) in page.rows.iter().zip(records) {
        for (place, column) in columns.iter().enumerate() {
            let expected = record.pointer(&format!("/{}", column.path.replace('.', "/"))).unwrap();
            let same = match row.value(place) {
                Value::Null => expected.is_null(),
                Value::Text(text) => expected.as_str() == Some(text),
                Value::Integer(number) => expected.as_f64() == Some(number as f64),
                Value::Number(number) => expected.as_f64() == Some(number),
                Value::Boolean(yes) => expected.as_bool() == Some(yes),
            };
            assert!(same, "{name}: {} is {:?}", column.path, row.value(place));
        }
    }
}

fn collect_columns(prefix: &str, record: &Json, columns: &mut Vec<Column>) {
    for (key, value) in record.as_object().unwrap() {
        let path = format!("{prefix}{key}");
        let field_type = match value {
            Json::Bool(_) => FieldType::Boolean,
            Json::Number(number) if number.as_f64().unwrap().fract() == 0.0 => FieldType::Integer,
            Json::Number(_) => FieldType::Number,
            Json::String(_) | Json::Null => FieldType::Text,
            Json::Object(_) if key != "attributes" => {
                collect_columns(&format!("{path}."), value, columns);
                continue;
            }
            Json::Object(_) | Json::Array(_) => continue,
        };
        columns.push(Column { path, field_type });
    }
}

/// Limits are read; everything else is no answer to a query and says so at once.
fn answer_to_another_question(name: &str, body: String) {
    let server = org(move |_, _| Reply::json(200, body.clone()));
    let session = open(&server).unwrap();
    if name.starts_with("limits_") && !name.contains("recordcount") {
        let daily = session.limits().unwrap();
        assert_eq!((daily.max, daily.remaining), (15_000, 14_980), "{name}");
    } else if name.starts_with("describe_") && !name.contains("global") {
        let fields = session.describe("User").unwrap();
        assert!(fields.iter().any(|field| field.name == "Id" && field.type_name == "id"), "{name}");
    } else {
        let error = session.query("SELECT Id FROM User", &[], 2000).err().unwrap();
        assert!(matches!(error, Error::Answer { .. }), "{name}: {error:?}");
    }
    assert_eq!(server.hits("/services/data"), 1, "{name}");
}
