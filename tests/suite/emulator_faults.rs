//! Faults over a real socket.

use std::io::{ErrorKind, Read};

use seatledger::emulator::Fault;
use serde_json::{Value, json};

use crate::emulator_caller::{Caller, agent, claims, exchange, json_body, org_with, read_faults, sign};

/// Sends a query that has two pages; the error of the transport or the body, status and headers.
fn ask(caller: &Caller<'_>, path: &str) -> Result<(u16, Vec<u8>, ureq::http::HeaderMap), ureq::Error> {
    let mut answer = caller
        .agent
        .get(format!("{}{path}", caller.org.url()))
        .header("Authorization", format!("Bearer {}", caller.token))
        .header("Sforce-Query-Options", "batchSize=200")
        .call()?;
    let body = answer.body_mut().with_config().limit(1 << 22).read_to_vec()?;
    Ok((answer.status().as_u16(), body, answer.headers().clone()))
}

const QUERY: &str = "/services/data/v67.0/query?q=SELECT+Id,Name,NumberOfFailedLogins+FROM+User";

#[test]
fn every_kind_can_be_asked_for_and_passes() {
    let org = org_with(250, 1, &[]);
    let caller = Caller::of(&org);
    let whole = ask(&caller, QUERY).unwrap();
    for (kind, argument) in Fault::kinds() {
        // Nothing to see in a query's answer, or too much.
        if matches!(kind, "instance-url" | "identity-url" | "slow" | "drip" | "endless" | "gzip-bomb") {
            continue;
        }
        let argument = match argument {
            "nothing to say" | "a description" => "",
            "a URL" => "=https://other.example/x",
            "USED/MAX" => "=999/1000",
            "STATUS/CODE/MESSAGE" => "=418/TEAPOT/short and stout",
            _ => "=1",
        };
        org.set_faults(read_faults(&[&format!("query:{kind}{argument}")]));
        match ask(&caller, QUERY) {
            Ok((200, body, headers)) if body == whole.1 => {
                assert_eq!(headers["Sforce-Limit-Info"], "api-usage=999/1000", "{kind} changes nothing");
            }
            _ => {}
        }
        let (status, body, _) = ask(&caller, QUERY).unwrap();
        assert_eq!((status, body.len()), (200, whole.1.len()), "{kind} passes");
    }
}

#[test]
fn answers_are_spoiled_as_asked() {
    let org =
        org_with(250, 1, &["query:429=3", "query:429-date=60@2", "query:503-html@3", "query:empty=503@4"]);
    let caller = Caller::of(&org);
    let (status, _, headers) = ask(&caller, QUERY).unwrap();
    assert_eq!((status, headers["Retry-After"].to_str().unwrap()), (429, "3"));
    let (status, _, headers) = ask(&caller, QUERY).unwrap();
    assert_eq!(status, 429);
    assert!(headers["Retry-After"].to_str().unwrap().starts_with("Sat, 21 Nov 2026 12:0"));
    let (status, body, _) = ask(&caller, QUERY).unwrap();
    assert_eq!((status, body.starts_with(b"<html>")), (503, true));
    let (status, body, _) = ask(&caller, QUERY).unwrap();
    assert_eq!((status, body.len()), (503, 0));

    let page = |fault: &str| -> Value {
        org.set_faults(read_faults(&[fault]));
        serde_json::from_slice(&ask(&caller, QUERY).unwrap().1).unwrap()
    };
    assert_eq!(
        page("query:next-records-url=https://evil.example/x")["nextRecordsUrl"],
        "https://evil.example/x"
    );
    assert_eq!(page("query:page-repeated")["nextRecordsUrl"], QUERY);
    let missing = page("query:page-missing");
    assert_eq!((missing.get("nextRecordsUrl"), &missing["done"]), (None, &json!(false)));
    assert_eq!(page("query:total-size=7")["totalSize"], 7);
    assert_eq!(page("query:records-missing=2")["records"].as_array().unwrap().len(), 198);
    assert_eq!(page("query:number-as-text")["records"][0]["NumberOfFailedLogins"], "0");
    assert!(page("query:nul")["records"][0]["Name"].as_str().unwrap().ends_with('\0'));
    let repeated = page("query:record-repeated");
    assert_eq!(repeated["records"][199], repeated["records"][0]);
    assert_eq!(page("query:field=Name/[1]")["records"][7]["Name"], json!([1]));
    assert_eq!(page("query:field=Name/12 o'clock")["records"][7]["Name"], "12 o'clock");
    assert_eq!(
        page("query:error=418/TEAPOT/short/stout"),
        json!([{"message": "short/stout", "errorCode": "TEAPOT"}])
    );
}

#[test]
fn pages_shrink_rows_hide_and_requests_crowd_as_asked() {
    let org = org_with(250, 1, &[]);
    let caller = Caller::of(&org);
    org.set_largest_page(40);
    assert_eq!(caller.query("SELECT Id FROM User").1["records"].as_array().unwrap().len(), 40);
    assert_eq!(caller.records("SELECT Id FROM User").len(), 250);

    org.show_only_own("UserLogin", true).unwrap();
    assert_eq!(caller.records("SELECT UserId FROM UserLogin").len(), 1);
    assert_eq!(caller.query("SELECT COUNT() FROM UserLogin WHERE IsFrozen = false").1["totalSize"], 1);
    org.show_only_own("UserLogin", false).unwrap();
    assert_eq!(caller.records("SELECT UserId FROM UserLogin").len(), 250);
    assert!(org.show_only_own("Profile", true).is_err(), "a profile belongs to nobody");

    org.set_concurrent_requests(0);
    let (status, body) = caller.query("SELECT Id FROM User");
    assert_eq!((status, &body[0]["errorCode"]), (403, &json!("REQUEST_LIMIT_EXCEEDED")));
    assert!(body[0]["message"].as_str().unwrap().starts_with("ConcurrentRequests"));
    org.set_concurrent_requests(1);
    assert_eq!(caller.query("SELECT Id FROM User").0, 200);
}

#[test]
fn connections_break_as_asked() {
    let org = org_with(250, 1, &["query:cut", "query:reset@2"]);
    let caller = Caller::of(&org);
    assert!(ask(&caller, QUERY).is_err(), "half a body");
    let Err(ureq::Error::Io(reset)) = ask(&caller, QUERY) else {
        panic!("a reset is an error of the transport")
    };
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    for fault in ["query:reset-in-head", "query:reset-after-head"] {
        org.set_faults(read_faults(&[fault]));
        assert!(ask(&caller, QUERY).is_err(), "{fault}");
    }
    org.set_faults(read_faults(&["query:gzip-wrong", "query:truncated-json@2"]));
    assert!(ask(&caller, QUERY).is_err(), "no gzip");
    let (_, body, _) = ask(&caller, QUERY).unwrap();
    assert!(serde_json::from_slice::<Value>(&body).is_err());
    assert_eq!(ask(&caller, QUERY).unwrap().0, 200);

    for endless in ["query:endless", "query:gzip-bomb"] {
        org.set_faults(read_faults(&[endless]));
        let mut answer = caller
            .agent
            .get(format!("{}{QUERY}", org.url()))
            .header("Authorization", format!("Bearer {}", caller.token))
            .call()
            .unwrap();
        let mut first = vec![0; 4 << 20];
        answer.body_mut().as_reader().read_exact(&mut first).unwrap();
        assert!(first.iter().all(|byte| *byte == b' '), "{endless}");
    }
    org.set_faults(read_faults(&["limits:drip=0"]));
    assert_eq!(caller.get("/services/data/v67.0/limits").0, 200);
}

#[test]
fn tokens_lie_as_asked() {
    let org = org_with(
        20,
        1,
        &["token:instance-url=https://evil.example", "token:identity-url=https://x/id/00D/005@2"],
    );
    let assertion = sign(&crate::emulator_caller::REGISTERED.key, &claims(&org));
    assert_eq!(exchange(&agent(), &org, &assertion).1["instance_url"], "https://evil.example");
    assert_eq!(exchange(&agent(), &org, &assertion).1["id"], "https://x/id/00D/005");
    assert_eq!(exchange(&agent(), &org, &assertion).1["instance_url"], org.url());
}

#[test]
fn faults_find_their_object_on_every_page() {
    let org = org_with(250, 1, &["query/user:500@2", "describe/Profile:404"]);
    let caller = Caller::of(&org);
    assert_eq!(caller.query("SELECT Id FROM Profile").0, 200);
    let (status, page, _) = ask(&caller, QUERY).unwrap();
    assert_eq!(status, 200);
    let page: Value = serde_json::from_slice(&page).unwrap();
    let next = page["nextRecordsUrl"].as_str().unwrap();
    assert_eq!(caller.get(next).0, 500);
    assert_eq!(caller.get(next).0, 200);
    assert_eq!(caller.get("/services/data/v67.0/sobjects/User/describe").0, 200);
    assert_eq!(caller.get("/services/data/v67.0/sobjects/Profile/describe").0, 404);
    let (status, _) = caller.get("/services/data/v67.0/sobjects/Profile/describe");
    assert_eq!(status, 200);
    let mut versions = caller.agent.get(format!("{}/services/data", org.url())).call().unwrap();
    assert!(json_body(&mut versions).is_array());
}
