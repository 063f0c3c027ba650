//! The session: what it sends, when it signs in again, what it waits out, and where it stops.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use seatledger::base::{RecordId, Stop, StopSignal};
use seatledger::catalogue::FieldType;
use seatledger::salesforce::{
    Action, ApiAllowance, Column, DailyApiRequests, Error, ErrorKind, NextPage, Session, Value,
};

use crate::scripted_org::{ORGANIZATION, TOKEN_PATH, WaitlessClock, open, open_with, org, settings, token};
use crate::scripted_server::{Received, Reply, ScriptedServer};

const SOQL: &str = "SELECT Id, Name FROM User WHERE CompanyName = 'O\\'Brien & S+hne'";

fn columns() -> Vec<Column> {
    let column = |path: &str, field_type| Column { path: path.into(), field_type };
    vec![column("Id", FieldType::Id), column("Name", FieldType::Text)]
}

fn page(next: Option<&str>) -> String {
    let next =
        next.map_or(r#""done":true"#.to_owned(), |path| format!(r#""done":false,"nextRecordsUrl":"{path}""#));
    format!(
        r#"{{"totalSize":2,{next},"records":[{{"attributes":{{"type":"User"}},"Id":"005xx000001SwiU","Name":"Zoë"}}]}}"#
    )
}

fn query(session: &Session) -> Result<seatledger::salesforce::Page, Error> {
    session.query(SOQL, &columns(), 500)
}

fn refused(code: &str, message: &str, status: u16) -> Reply {
    Reply::json(status, format!(r#"[{{"message":"{message}","errorCode":"{code}"}}]"#))
}

#[test]
fn signing_in_sends_the_assertion_and_nothing_else() {
    let server = org(|_, _| Reply::Close);
    let session = open(&server).unwrap();
    assert_eq!(session.organization_id().as_str(), ORGANIZATION);
    assert_eq!(session.user_id().as_str(), "005xx000001SwiUAAS");
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!((received[0].method.as_str(), received[0].path.as_str()), ("POST", TOKEN_PATH));
    assert_eq!(received[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(received[0].header("authorization"), None);
    let form = received[0]
        .body
        .strip_prefix("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=");
    let assertion = form.unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.set_audience(&["https://login.salesforce.com"]);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_rsa_der(&public_key());
    let claims = jsonwebtoken::decode::<std::collections::BTreeMap<String, serde_json::Value>>(
        assertion,
        &key,
        &validation,
    )
    .unwrap()
    .claims;
    assert_eq!(claims["iss"], "3MVG9canary");
    assert_eq!(claims["sub"], "collector@acme.example");
    assert_eq!(claims.len(), 4);
}

fn public_key() -> Vec<u8> {
    use rsa::pkcs1::EncodeRsaPublicKey;
    use rsa::pkcs8::DecodePrivateKey;
    let pem = crate::keys::generated().private_key_pem.expose();
    rsa::RsaPrivateKey::from_pkcs8_pem(pem).unwrap().to_public_key().to_pkcs1_der().unwrap().into_vec()
}

#[test]
fn a_token_for_another_org_or_host_is_not_used() {
    fn answer(instance: &str, id: &str) -> String {
        format!(r#"{{"access_token":"00Dxx0000001gPL!canary","instance_url":"{instance}","id":"{id}"}}"#)
    }
    let good_id = format!("https://login.salesforce.com/id/{ORGANIZATION}/005xx000001SwiUAAS");
    let open_with_body = |body: String, organization: Option<&str>| {
        let server = ScriptedServer::start(move |_, _| Reply::json(200, body.clone()));
        let organization_id = organization.map(|id| RecordId::parse(id).unwrap());
        let settings = seatledger::salesforce::Settings { organization_id, ..settings(&server) };
        open_with(settings, Arc::new(WaitlessClock::new()), Stop::default())
    };
    let loopback = "http://127.0.0.1:1";
    assert!(open_with_body(answer(loopback, &good_id), Some("00Dxx0000001gPL")).is_ok());
    let short = "https://acme.my.salesforce.com/id/00Dxx0000001gPL/005xx000001SwiU";
    assert_eq!(
        open_with_body(answer(loopback, short), None).unwrap().organization_id().as_str(),
        ORGANIZATION
    );

    let other = open_with_body(answer(loopback, &good_id), Some("00Dxx0000001gPM")).err().unwrap();
    assert!(matches!(&other, Error::WrongOrganization { found, .. } if found.as_str() == ORGANIZATION));
    assert!(other.hint().unwrap().contains("organization_id"));
    for foreign in
        ["https://evil.example", "http://10.0.0.1", "http://127.0.0.2:1", "https://my.salesforce.com"]
    {
        let error = open_with_body(answer(foreign, &good_id), None).err().unwrap();
        assert!(matches!(error, Error::ForeignInstance { .. }), "{foreign}: {error:?}");
    }
    assert!(open_with_body(answer("https://acme.my.salesforce.com", &good_id), None).is_ok());
    for id in ["", "https://login.salesforce.com/id/x/y", "https://x/id/005xx000001SwiU/00Dxx0000001gPL"] {
        let error = open_with_body(answer(loopback, id), None).err().unwrap();
        assert!(matches!(error, Error::TokenAnswer { .. }), "{id}: {error:?}");
    }
    for body in [r#"{"id":"x"}"#, r#"["canary"]"#, r#"{"access_token":5,"instance_url":"x","id":"y"}"#] {
        let error = open_with_body(body.to_owned(), None).err().unwrap();
        assert!(matches!(error, Error::TokenAnswer { .. }), "{body}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::Failed);
    }
}

#[test]
fn urls_are_checked_before_anything_is_sent() {
    let server = org(|_, _| Reply::Close);
    for (url, login_url, loopback, setting) in [
        ("acme.my.salesforce.com", server.url(), true, "url"),
        ("https://acme.example", "https://login.salesforce.com/x".into(), true, "login_url"),
        ("https://acme.example", server.url(), false, "login_url"),
    ] {
        let wrong = seatledger::salesforce::Settings {
            url: url.into(),
            login_url,
            insecure_loopback: loopback,
            ..settings(&server)
        };
        let error = open_with(wrong, Arc::new(WaitlessClock::new()), Stop::default()).err().unwrap();
        assert!(error.to_string().starts_with(&format!("`{setting}` of org `acme` ")), "{error}");
    }
    assert_eq!(server.hits(""), 0);
}

#[test]
fn pages_are_followed_by_their_own_paths() {
    let next = "/services/data/v67.0/query/01gRO0000016PIAYA2-500";
    let server = org(move |request, _| {
        Reply::json(200, page((!request.path.contains("01g")).then_some(next)))
            .with("Sforce-Limit-Info", "api-usage=18/5000")
    });
    let session = open(&server).unwrap();
    let first = query(&session).unwrap();
    assert_eq!((first.total_size, first.rows.len()), (2, 1));
    assert_eq!(first.rows.row(0).value(0), Value::Text("005xx000001SwiUAAS"));
    assert_eq!(first.rows.row(0).value(1), Value::Text("Zoë"));
    let stored = first.next.unwrap().to_string();
    let last = session.query_more(&NextPage::parse(&stored).unwrap(), &columns()).unwrap();
    assert_eq!(last.next, None);

    let received = server.received();
    assert_eq!(
        received[1].path,
        "/services/data/v67.0/query?q=SELECT%20Id%2C%20Name%20FROM%20User%20WHERE%20CompanyName%20%3D%20%27O%5C%27\
         Brien%20%26%20S%2Bhne%27"
    );
    assert_eq!(received[1].header("sforce-query-options"), Some("batchSize=500"));
    assert_eq!(received[1].header("authorization"), Some("Bearer 00Dxx0000001gPL!canary0"));
    assert_eq!(received[1].header("accept"), Some("application/json"));
    assert_eq!(received[2].path, next);
    let usage = session.usage();
    assert_eq!((usage.requests, usage.retries), (2, 0));
    assert_eq!(usage.bytes, first.bytes + last.bytes);
    assert_eq!(usage.allowance, Some(ApiAllowance { used: 18, max: 5000 }));
}

#[test]
fn the_other_questions_have_their_own_answers() {
    let server = org(|request, _| {
        let answer = match request.path.as_str() {
            "/services/data/" => r#"[{"label":"Summer '26","url":"/services/data/v67.0","version":"67.0"}]"#,
            "/services/data/v67.0/limits" => {
                r#"{"X":{"Max":1,"Remaining":1},"DailyApiRequests":{"Max":15000,"Remaining":14980,"App":{"Max":0}}}"#
            }
            "/services/data/v67.0/sobjects/User/describe" => {
                r#"{"name":"User","fields":[{"name":"ProfileId","label":"Profile ID","type":"reference",
                    "filterable":true,"groupable":true,"sortable":true,"relationshipName":"Profile","length":18}]}"#
            }
            path if path.contains("COUNT%28%29") => r#"{"totalSize":26,"done":true,"records":[]}"#,
            path if path.contains("TooMany") => r#"{"totalSize":9,"done":false,"records":[]}"#,
            _ => {
                r#"{"totalSize":2,"done":true,"records":[
                    {"attributes":{"type":"AggregateResult"},"CompanyName":"Acme GmbH","n":300.0},
                    {"attributes":{"type":"AggregateResult"},"n":400}]}"#
            }
        };
        Reply::json(200, answer)
    });
    let session = open(&server).unwrap();
    assert_eq!(session.versions().unwrap(), ["67.0"]);
    assert_eq!(session.usage().allowance, None);
    assert_eq!(session.limits().unwrap(), DailyApiRequests { max: 15000, remaining: 14980 });
    assert_eq!(session.usage().allowance, Some(ApiAllowance { used: 20, max: 15000 }));
    let fields = session.describe("User").unwrap();
    assert_eq!((fields[0].name.as_str(), fields[0].type_name.as_str()), ("ProfileId", "reference"));
    assert_eq!(fields[0].relationship_name.as_deref(), Some("Profile"));
    assert_eq!(session.count("SELECT COUNT() FROM User").unwrap(), 26);
    let grouped = [
        Column { path: "CompanyName".into(), field_type: FieldType::Text },
        Column { path: "n".into(), field_type: FieldType::Integer },
    ];
    let rows =
        session.query_grouped("SELECT CompanyName, COUNT(Id) n FROM User GROUP BY CompanyName", &grouped);
    let values: Vec<_> = rows
        .as_ref()
        .unwrap()
        .iter()
        .map(|row| (row.value(0).as_text().map(str::to_owned), row.value(1)))
        .collect();
    assert_eq!(values, [(Some("Acme GmbH".into()), Value::Integer(300)), (None, Value::Integer(400))]);
    let cut = session.query_grouped("SELECT TooMany", &grouped).err().unwrap();
    assert!(matches!(cut, Error::TooManyGroups) && cut.action() == Some(Action::Narrow));
}

#[test]
fn an_expired_token_is_renewed_once_for_all_threads() {
    let current =
        |request: &Received| request.header("authorization").is_some_and(|value| value.ends_with("canary1"));
    let server = org(move |request, _| {
        if current(request) {
            Reply::json(200, page(None))
        } else {
            refused("INVALID_SESSION_ID", "Session expired or invalid", 401)
        }
    });
    let session = open(&server).unwrap();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| query(&session).map(|page| page.rows.len()))).collect();
        for worker in workers {
            assert_eq!(worker.join().unwrap().unwrap(), 1);
        }
    });
    assert_eq!(server.hits(TOKEN_PATH), 2);
    assert_eq!(session.usage().retries, 0);
}

#[test]
fn a_fresh_token_that_is_refused_ends_the_run() {
    for (reply, sign_ins) in [
        (r#"[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]"#, 2),
        (r#"[{"message":"INVALID_HEADER_TYPE","errorCode":"INVALID_AUTH_HEADER"}]"#, 2),
        ("Bad_OAuth_Token", 2),
        (
            r#"[{"message":"This session is not valid for use with the specified REST API endpoint. One of the following scopes is required: api","errorCode":"INVALID_SESSION_ID"}]"#,
            1,
        ),
    ] {
        let status = if reply.starts_with('[') { 401 } else { 403 };
        let server = org(move |_, _| Reply::json(status, reply));
        let error = query(&open(&server).unwrap()).err().unwrap();
        assert_eq!(error.action(), Some(Action::StopUser), "{reply}");
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!((server.hits(TOKEN_PATH), server.hits("/query")), (sign_ins, sign_ins), "{reply}");
    }
}

#[test]
fn the_clocks_are_compared_at_sign_in() {
    let server =
        ScriptedServer::start(|request, _| token(request, 0).with("Date", "Sat, 21 Nov 2026 09:58:30 GMT"));
    assert_eq!(open(&server).unwrap().clock_ahead(), Some(jiff::SignedDuration::from_secs(90)));
    let silent = org(|_, _| Reply::Close);
    assert_eq!(open(&silent).unwrap().clock_ahead(), None);
}

#[test]
fn a_renewed_token_must_be_for_the_same_org() {
    let server = ScriptedServer::start(|request, number| match (request.path.as_str(), number) {
        (TOKEN_PATH, 0) => token(request, 0),
        (TOKEN_PATH, _) => {
            let host = request.header("host").unwrap();
            let id = "https://login.salesforce.com/id/00Dxx0000001gPM/005xx000001SwiU";
            Reply::json(200, format!(r#"{{"access_token":"x","instance_url":"http://{host}","id":"{id}"}}"#))
        }
        _ => refused("INVALID_SESSION_ID", "Session expired or invalid", 401),
    });
    let error = query(&open(&server).unwrap()).err().unwrap();
    assert!(matches!(error, Error::WrongOrganization { .. }), "{error:?}");
    assert_eq!(server.hits("/query"), 1);
}

#[test]
fn passing_trouble_is_waited_out() {
    const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"totalSize\":";
    type Trouble = fn() -> Reply;
    let troubles: [(&str, Trouble); 8] = [
        ("web page", || Reply::json(503, "<html><title>Down</title></html>")),
        ("empty", || Reply::json(502, "")),
        ("page with status 200", || Reply::json(200, "<html>Maintenance</html>")),
        ("too many", || Reply::json(429, "").with("Retry-After", "7")),
        ("busy", || refused("SERVER_UNAVAILABLE", "Server Unavailable", 503)),
        ("closed", || Reply::Close),
        ("cut", || Reply::Raw(HALF.to_vec())),
        ("concurrent", || {
            refused(
                "REQUEST_LIMIT_EXCEEDED",
                "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
                403,
            )
        }),
    ];
    for (name, trouble) in troubles {
        let server = org(move |_, number| if number < 2 { trouble() } else { Reply::json(200, page(None)) });
        let clock = Arc::new(WaitlessClock::new());
        let session = open_with(settings(&server), clock.clone(), Stop::default()).unwrap();
        assert_eq!(query(&session).unwrap().rows.len(), 1, "{name}");
        let usage = session.usage();
        assert_eq!((usage.retries, usage.requests), (2, 3), "{name}");
        assert_eq!(usage.concurrency_refusals, if name == "concurrent" { 2 } else { 0 });
        let least = if name == "too many" { Duration::from_secs(14) } else { Duration::from_millis(750) };
        assert!(clock.waited() >= least, "{name}: {:?}", clock.waited());
    }
}

#[test]
fn lasting_trouble_ends_with_its_reason() {
    let server = org(|_, _| Reply::json(503, "<html><title>Down</title></html>"));
    let error = query(&open(&server).unwrap()).err().unwrap();
    assert_eq!(server.hits("/query"), 6);
    assert_eq!((error.action(), error.kind()), (Some(Action::BackOff), ErrorKind::Failed));
    assert_eq!(error.to_string(), "Salesforce refused the query: ERROR_HTTP_503: a web page titled \"Down\"");

    let server = org(|_, _| Reply::Close);
    let error = query(&open(&server).unwrap()).err().unwrap();
    assert!(matches!(error, Error::Transport { .. }), "{error:?}");
    assert_eq!(server.hits("/query"), 6);
}

#[test]
fn the_allowance_is_asked_before_every_request() {
    let server = org(|_, number| {
        Reply::json(200, page(None)).with("Sforce-Limit-Info", &format!("api-usage={}/100", 78 + number))
    });
    let session = open(&server).unwrap();
    query(&session).unwrap();
    query(&session).unwrap();
    query(&session).unwrap();
    let error = query(&session).err().unwrap();
    assert!(matches!(error, Error::AllowanceReached { .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::Limits);
    assert_eq!(
        error.to_string(),
        "stopped before the org's API allowance fell below 20 %: 80 of 100 requests are used"
    );
    assert_eq!(server.hits("/query"), 3);
}

#[test]
fn a_stop_is_noticed_before_requests_and_while_waiting() {
    let server = org(|_, _| Reply::json(503, ""));
    let stop = Stop::default();
    let session =
        open_with(settings(&server), Arc::new(WaitlessClock::raising(stop.clone())), stop.clone()).unwrap();
    let while_waiting = query(&session).err().unwrap();
    assert_eq!(while_waiting.kind(), ErrorKind::Stopped(StopSignal::Terminate));
    assert_eq!(server.hits("/query"), 1);
    stop.flag().store(2, Ordering::Relaxed);
    let before = query(&session).err().unwrap();
    assert_eq!(before.kind(), ErrorKind::Stopped(StopSignal::Interrupt));
    assert_eq!(server.hits("/query"), 1);
}
