//! Faults over a real socket.

use std::io::{ErrorKind, Read};

use seatledger::emulator::Fault;
use serde_json::json;

use crate::emulator_caller::{Caller, agent, claims, exchange, json_body, org_with, read_faults, sign};

/// Sends a query that has two pages; the error of the transport or the body, status and headers.
fn ask(caller: &Caller<'_>, path: &str) -> Result<(u16, Vec<u8>, ureq::http::HeaderMap), ureq::Error> {
    let mut answer = caller
        .agent
        .get(format!("{}{path}", caller.org.url()))
        .header("Authorization", format!("Bearer {}", caller.token))
        .call()?;
    let body = answer.body_mut().with_config().limit(1 << 22).read_to_vec()?;
    Ok((answer.status().as_u16(), body, answer.headers().clone()))
}

const QUERY: &str = "/services/data/v67.0/query?q=SELECT+Id,Name,NumberOfFailedLogins+FROM+User";

#[test]
fn every_kind_can_be_asked_for_and_passes() {
    let org = org_with(2100, 1, &[]);
    let caller = Caller::of(&org);
    let (_, whole, _) = ask(&caller, QUERY).unwrap();
    for (kind, argument) in Fault::kinds() {
        // These two take what a test would wait or pay for; others have tests of their own below.
        if matches!(kind, "endless" | "gzip-bomb") {
            continue;
        }
        let argument = match argument {
            "nothing to say" | "a text" => "",
            "a URL" | "USED/MAX" => "=https://other.example/x",
            "STATUS/CODE/MESSAGE" => "=418/TEAPOT/short and stout",
            _ => "=1",
        };
        if kind == "drip" {
            continue;
        }
        org.set_faults(read_faults(&[&format!("query:{kind}{argument}")]));
        let spoiled = ask(&caller, QUERY);
        let token_only = matches!(kind, "instance-url" | "identity-url");
        let same = matches!(&spoiled, Ok((200, body, headers))
            if *body == whole && headers["Sforce-Limit-Info"].to_str().unwrap().starts_with("api-usage=") && !headers["Sforce-Limit-Info"].to_str().unwrap().contains("other"));
        assert!(!same || token_only || kind == "slow", "{kind} changes nothing");
        let length = |body: &[u8]| body.len();
        let after = ask(&caller, QUERY).unwrap();
        assert_eq!((after.0, length(&after.1)), (200, whole.len()), "{kind} passes");
    }
}

#[test]
fn answers_are_spoiled_as_asked() {
    let org =
        org_with(2100, 1, &["query:429=3", "query:429-date=60@2", "query:503-html@3", "query:empty=503@4"]);
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

    let page = |fault: &str| {
        org.set_faults(read_faults(&[fault]));
        caller.get(QUERY).1
    };
    assert_eq!(
        page("query:next-records-url=https://evil.example/x")["nextRecordsUrl"],
        "https://evil.example/x"
    );
    assert_eq!(page("query:page-repeated")["nextRecordsUrl"], QUERY);
    let missing = page("query:page-missing");
    assert_eq!((missing.get("nextRecordsUrl"), &missing["done"]), (None, &json!(false)));
    assert_eq!(page("query:total-size=7")["totalSize"], 7);
    assert_eq!(page("query:records-missing=2")["records"].as_array().unwrap().len(), 1998);
    assert_eq!(page("query:number-as-text")["records"][0]["NumberOfFailedLogins"], "0");
    assert!(page("query:nul")["records"][0]["Name"].as_str().unwrap().ends_with('\0'));
    assert_eq!(
        page("query:error=418/TEAPOT/short/stout"),
        json!([{"message": "short/stout", "errorCode": "TEAPOT"}])
    );
}

#[test]
fn connections_break_as_asked() {
    let org =
        org_with(2100, 1, &["query:cut", "query:reset@2", "query:gzip-wrong@3", "query:truncated-json@4"]);
    let caller = Caller::of(&org);
    assert!(ask(&caller, QUERY).is_err(), "half a body");
    let Err(ureq::Error::Io(reset)) = ask(&caller, QUERY) else {
        panic!("a reset is an error of the transport")
    };
    assert_eq!(reset.kind(), ErrorKind::ConnectionReset);
    assert!(ask(&caller, QUERY).is_err(), "no gzip");
    let (_, body, _) = ask(&caller, QUERY).unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
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
    let org = org_with(2100, 1, &["query/user:500@2", "describe/Profile:404"]);
    let caller = Caller::of(&org);
    assert_eq!(caller.query("SELECT Id FROM Profile").0, 200);
    let (status, page) = caller.query("SELECT Id FROM User");
    assert_eq!(status, 200);
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
