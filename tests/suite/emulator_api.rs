//! Everything of the REST API but queries, and changes to the org.

use std::io::{Read, Write};
use std::net::TcpStream;

use seatledger::emulator::{ChangeError, Error, Options, Server, USERNAME};
use serde_json::{Value, json};

use crate::emulator_caller::{Caller, agent, birthday, json_body, org};

#[test]
fn versions_need_no_token_and_the_rest_does() {
    let org = org(20);
    let agent = agent();
    let versions = json_body(&mut agent.get(format!("{}/services/data/", org.url())).call().unwrap());
    let newest = versions.as_array().unwrap().last().unwrap();
    assert_eq!(*newest, json!({"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}));
    let limits = format!("{}/services/data/v67.0/limits", org.url());
    for (header, code) in [
        (None, "INVALID_SESSION_ID"),
        (Some("Bearer 00Dwrong!token"), "INVALID_SESSION_ID"),
        (Some("Basic abc"), "INVALID_AUTH_HEADER"),
    ] {
        let mut request = agent.get(&limits);
        if let Some(header) = header {
            request = request.header("Authorization", header);
        }
        let mut answer = request.call().unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(json_body(&mut answer)[0]["errorCode"], code, "{header:?}");
    }
    let caller = Caller::of(&org);
    assert_eq!(caller.get("/services/data/v67.0/limits").0, 200);
    org.expire_tokens();
    let (status, body) = caller.get("/services/data/v67.0/limits");
    assert_eq!(status, 401);
    assert_eq!(body, json!([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]));
}

#[test]
fn wrong_paths_versions_and_methods_are_told_apart() {
    let org = org(20);
    let caller = Caller::of(&org);
    for (path, status, code) in [
        ("/services/data/v67.0/nonsense", 404, "NOT_FOUND"),
        ("/services/data/v67.0/sobjects/Nonsense/describe", 404, "NOT_FOUND"),
        ("/services/data/v99.0/limits", 404, "NOT_FOUND"),
        ("/services/data/v30.0/limits", 410, "UNSUPPORTED_API_VERSION"),
    ] {
        let (found, body) = caller.get(path);
        assert_eq!((found, &body[0]["errorCode"]), (status, &json!(code)), "{path}");
    }
    let url = format!("{}/services/data/v67.0/query", org.url());
    let answer =
        caller.agent.post(url).header("Authorization", format!("Bearer {}", caller.token)).send("").unwrap();
    assert_eq!(answer.status(), 405);
    let userinfo = format!("{}/services/oauth2/userinfo", org.url());
    let mut answer = caller.agent.get(userinfo).call().unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap().as_str()),
        (403, "Bad_OAuth_Token")
    );
}

#[test]
fn describe_says_what_queries_allow() {
    let org = org(20);
    let caller = Caller::of(&org);
    let (_, list) = caller.get("/services/data/v67.0/sobjects/");
    let objects = list["sobjects"].as_array().unwrap();
    assert_eq!(objects.len(), 21);
    let (_, history) = caller.get("/services/data/v67.0/sobjects/LoginHistory/describe");
    assert_eq!(history["keyPrefix"], Value::Null);
    let field = |described: &Value, name: &str| -> Value {
        described["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).cloned().unwrap()
    };
    let status = field(&history, "Status");
    assert_eq!((&status["filterable"], &status["groupable"]), (&json!(false), &json!(true)));
    let (_, user) = caller.get("/services/data/v67.0/sobjects/User/describe");
    let profile = field(&user, "ProfileId");
    assert_eq!((&profile["type"], &profile["relationshipName"]), (&json!("reference"), &json!("Profile")));
    assert_eq!(profile["referenceTo"], json!(["Profile"]));
    assert_eq!(field(&user, "LastLoginDate")["label"], "Last Login Date");
    assert_eq!(field(&user, "CostCenter__c")["custom"], true);

    // Every field of every object can be selected, and filtered exactly when it says so.
    for object in objects.iter().map(|object| object["name"].as_str().unwrap()) {
        let (_, described) = caller.get(&format!("/services/data/v67.0/sobjects/{object}/describe"));
        let fields = described["fields"].as_array().unwrap();
        let names: Vec<_> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
        let (status, body) = caller.query(&format!("SELECT {} FROM {object} LIMIT 1", names.join(",")));
        assert_eq!(status, 200, "{object}: {body}");
        for field in fields {
            let name = field["name"].as_str().unwrap();
            let (status, _) = caller.query(&format!("SELECT Id FROM {object} WHERE {name} = null LIMIT 1"));
            assert_eq!(status == 200, field["filterable"] == true, "{object}.{name}");
            let (status, _) = caller.query(&format!("SELECT {name} FROM {object} GROUP BY {name} LIMIT 1"));
            assert_eq!(status == 200, field["groupable"] == true, "{object}.{name}");
        }
    }
}

#[test]
fn api_calls_are_counted_and_run_out() {
    let org = org(20);
    let caller = Caller::of(&org);
    org.set_api_usage(98, 100);
    let usage = || {
        let url = format!("{}/services/data/v67.0/query?q=x", org.url());
        let answer =
            caller.agent.get(url).header("Authorization", format!("Bearer {}", caller.token)).call().unwrap();
        (answer.status().as_u16(), answer.headers()["Sforce-Limit-Info"].to_str().unwrap().to_owned())
    };
    assert_eq!(usage(), (400, "api-usage=99/100".to_owned()), "refused queries count too");
    let (_, limits) = caller.get("/services/data/v67.0/limits");
    assert_eq!(limits["DailyApiRequests"], json!({"Max": 100, "Remaining": 0}));
    assert_eq!(usage(), (403, "api-usage=100/100".to_owned()));
    let (_, body) = caller.get("/services/data/v67.0/limits");
    assert_eq!(
        body,
        json!([{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}])
    );
    org.set_api_usage(0, 100);
    let (_, counts) = caller.get("/services/data/v67.0/limits/recordCount?sObjects=User,Nonsense,UserRole");
    assert_eq!(
        counts,
        json!({"sObjects": [{"count": 20, "name": "User"}, {"count": 8, "name": "UserRole"}]})
    );
}

#[test]
fn changes_show_at_once() {
    let org = org(40);
    let caller = Caller::of(&org);
    let user = |fields: &str| {
        caller.records(&format!("SELECT {fields} FROM User WHERE Username = '{USERNAME}'")).pop().unwrap()
    };
    let id = user("Id")["Id"].as_str().unwrap().to_owned();
    let before = user("SystemModstamp, Title");
    org.set_field("User", &id, "Title", &json!("Sammler")).unwrap();
    let after = user("SystemModstamp, Title");
    assert_eq!(after["Title"], "Sammler");
    assert!(after["SystemModstamp"].as_str() > before["SystemModstamp"].as_str());
    assert!(after["SystemModstamp"].as_str().unwrap().starts_with("2026-11-21T12:0"));

    let held = caller.records("SELECT Id FROM PermissionSetLicenseAssign");
    let gone = held[0]["Id"].as_str().unwrap();
    org.delete("PermissionSetLicenseAssign", gone).unwrap();
    assert_eq!(caller.records("SELECT Id FROM PermissionSetLicenseAssign").len(), held.len() - 1);
    let path =
        "/services/data/v67.0/queryAll?q=SELECT+Id+FROM+PermissionSetLicenseAssign+WHERE+IsDeleted=true";
    assert_eq!(caller.get(path).1["records"][0]["Id"], gone);

    let fields = [("UserId", json!(id)), ("PackageLicenseId", Value::Null)];
    let added = org.add("UserPackageLicense", &fields).unwrap();
    let seats =
        caller.records(&format!("SELECT Id, User.Username FROM UserPackageLicense WHERE UserId = '{id}'"));
    assert_eq!((&seats[0]["Id"], &seats[0]["User"]["Username"]), (&json!(added), &json!(USERNAME)));
    org.delete("UserPackageLicense", &added).unwrap();
    assert_eq!(caller.records(&format!("SELECT Id FROM UserPackageLicense WHERE UserId = '{id}'")).len(), 0);

    org.rename("Acme Global SE").unwrap();
    assert_eq!(caller.records("SELECT Name FROM Organization")[0]["Name"], "Acme Global SE");
}

#[test]
fn what_is_hidden_does_not_exist() {
    let org = org(20);
    let caller = Caller::of(&org);
    org.hide_object("UserRole", true).unwrap();
    org.hide_field("User", "EmployeeNumber", true).unwrap();
    let code = |query: &str| caller.query(query).1[0]["errorCode"].clone();
    assert_eq!(code("SELECT Id FROM UserRole"), "INVALID_TYPE");
    assert_eq!(code("SELECT UserRole.Name FROM User"), "INVALID_FIELD");
    assert_eq!(code("SELECT EmployeeNumber FROM User"), "INVALID_FIELD");
    assert_eq!(caller.get("/services/data/v67.0/sobjects/UserRole/describe").0, 404);
    let (_, described) = caller.get("/services/data/v67.0/sobjects/User/describe");
    assert!(described["fields"].as_array().unwrap().iter().all(|field| field["name"] != "EmployeeNumber"));
    org.hide_object("UserRole", false).unwrap();
    assert_eq!(caller.query("SELECT UserRole.Name FROM User").0, 200);
}

#[test]
fn days_that_pass_bring_logins_only() {
    let org = org(200);
    let caller = Caller::of(&org);
    let people = "SELECT Id, Name, IsActive, CreatedDate, SystemModstamp FROM User";
    let (before, logins) = (caller.records(people), caller.records("SELECT Id FROM LoginHistory"));
    org.set_today(birthday() + jiff::SignedDuration::from_hours(24 * 10));
    assert_eq!(caller.records(people), before);
    let later =
        caller.records("SELECT Id, LoginTime FROM LoginHistory WHERE LoginTime >= 2026-11-22T00:00:00Z");
    assert!(later.len() > 20, "{} logins in ten days", later.len());
    assert_ne!(
        caller.records("SELECT Id FROM LoginHistory").len(),
        logins.len() + later.len(),
        "old ones are dropped"
    );
}

#[test]
fn impossible_changes_and_options_are_refused() {
    let org = org(20);
    let wrong = [
        org.set_field("Nonsense", "x", "Name", &Value::Null).unwrap_err(),
        org.set_field("User", "x", "Nonsense", &Value::Null).unwrap_err(),
        org.set_field("User", "x", "Name", &Value::Null).unwrap_err(),
        org.set_field("User", "x", "IsActive", &json!("yes")).unwrap_err(),
    ];
    assert!(
        matches!(
            wrong,
            [
                ChangeError::NoObject(_),
                ChangeError::NoField { .. },
                ChangeError::NoRecord { .. },
                ChangeError::WrongType { .. }
            ]
        ),
        "{wrong:?}"
    );
    let start = |listen: &str, users: u64, certificate: &str| {
        Server::start(Options {
            listen: listen.parse().unwrap(),
            users,
            seed: 1,
            latency: std::time::Duration::ZERO,
            faults: Vec::new(),
            certificates: vec![certificate.to_owned()],
            clock: std::sync::Arc::new(seatledger::base::SystemClock),
        })
        .err()
        .unwrap()
    };
    assert!(matches!(start("127.0.0.1:0", 3, ""), Error::Users(3)));
    assert!(matches!(start("0.0.0.0:0", 20, ""), Error::NotLoopback(_)));
    assert!(matches!(start("127.0.0.1:0", 20, "no certificate"), Error::Certificate { number: 1, .. }));
}

#[test]
fn answers_are_compressed_when_asked_and_connections_are_kept() {
    let org = org(200);
    let caller = Caller::of(&org);
    let address = org.url().replace("http://", "");
    let request = |encoding: &str| {
        format!(
            "GET /services/data/v67.0/query?q=SELECT+Id,Name+FROM+User HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \
             {}\r\n{encoding}\r\n",
            caller.token
        )
    };
    let mut stream = TcpStream::connect(address).unwrap();
    let mut exchange = |encoding: &str| {
        stream.write_all(request(encoding).as_bytes()).unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length =
            head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        (head, body)
    };
    let (head, plain) = exchange("");
    assert!(!head.contains("Content-Encoding"), "{head}");
    let (head, packed) = exchange("Accept-Encoding: gzip, deflate\r\n");
    assert!(head.contains("Content-Encoding: gzip\r\n"), "{head}");
    assert!(packed.len() * 3 < plain.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
}

#[test]
fn requests_are_remembered_until_cleared_and_none_is_answered_after_the_end() {
    let mut org = org(20);
    let caller = Caller::of(&org);
    caller.query("SELECT Id FROM User");
    caller.query("nonsense");
    let statuses: Vec<_> = org.requests().iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [200, 200, 400]);
    assert_eq!((org.hits("/query?"), org.hits("oauth2/token")), (2, 1));
    org.clear_requests();
    assert_eq!(org.hits(""), 0);
    let url = org.url();
    org.shutdown();
    assert!(agent().get(url).call().is_err());
}
