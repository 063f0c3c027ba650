//! A server that repeats what it was sent in secret, in every form of writing: nothing of it is printed or kept.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use seatledger::emulator::{CLIENT_ID, USERNAME};
use serde_json::json;

use crate::emulator_caller::REGISTERED;
use crate::scripted_org::{ORGANIZATION, TOKEN_PATH};
use crate::scripted_server::{Received, Reply, ScriptedServer};
use crate::support::{Home, Ran};

const TOKEN: &str = "00Dxx0000001gPL!AQ4AQFzk.vWdiM3Rva2Vu_c2VjcmV0Zm9yYXRlc3Q";
/// What is worth nothing without the rest, but must not be left either.
const LEFT: [&str; 4] = ["AQ4AQ", "vWdi", "M3Rva2Vu", "yYXRlc3Q"];

/// Code and message of a refusal that repeats a secret.
type Echo = fn(&str) -> (String, String);

const ECHOES: &[(&str, Echo)] = &[
    ("as it is", |secret| code(format!("bad {secret} here"))),
    ("quoted and percent-encoded", |secret| code(format!("bad %22{}%22", encoded(secret)))),
    ("a parameter, percent-encoded", |secret| code(format!("bad sid%3D{}%26x", encoded(secret)))),
    ("a parameter in part percent-encoded", |secret| code(format!("bad assertion%3D{secret}"))),
    ("percent-encoded twice", |secret| code(format!("bad {}", encoded(secret).replace('%', "%25")))),
    ("behind a backslash and its letter", |secret| code(format!("bad \\n{secret}\\n"))),
    ("in HTML", |secret| code(format!("bad {}", secret.replace('!', "&#33;").replace('.', "&#x2e;")))),
    ("its last part", |secret| code(format!("bad {}", secret.rsplit(['!']).next().unwrap()))),
    ("its end", |secret| code(format!("bad {}", secret.rsplit(['.', '!']).next().unwrap()))),
    ("with a control character", |secret| code(format!("bad {}", inside(secret, "\u{1}")))),
    ("with an invisible character", |secret| code(format!("bad {}", inside(secret, "\u{200b}")))),
    ("broken over lines", |secret| code(format!("bad {}", inside(secret, "\r\n ")))),
    ("behind a letter", |secret| code(format!("bad x{secret}x"))),
    ("as the code", |secret| (secret.to_owned(), "bad".to_owned())),
    ("as the code behind a letter", |secret| (format!("X{secret}"), "bad".to_owned())),
];

/// A code that ends a run.
fn code(message: String) -> (String, String) {
    ("API_DISABLED_FOR_ORG".to_owned(), message)
}

fn encoded(secret: &str) -> String {
    secret.replace('!', "%21").replace('.', "%2E").replace('_', "%5F").replace('-', "%2D")
}

/// With something in its middle and behind its mark.
fn inside(secret: &str, something: &str) -> String {
    let (start, end) = secret.split_at(secret.len() - 8);
    format!("{}{something}{end}", start.replace('!', &format!("{something}!{something}")))
}

fn home(server: &ScriptedServer) -> Home {
    let home = Home::new();
    home.write("acme.key", &REGISTERED.key);
    std::fs::set_permissions(home.path("acme.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let url = server.url();
    home.write(
        "seatledger.toml",
        &format!(
            "[store]\npath = \"seatledger.db\"\n[[org]]\nid = \"acme\"\nurl = \"{url}\"\nlogin_url = \"{url}\"\n\
             client_id = \"{CLIENT_ID}\"\nusername = \"{USERNAME}\"\nprivate_key_file = \"acme.key\"\n\
             insecure_loopback = true\n"
        ),
    );
    home
}

fn collect(home: &Home) -> Ran {
    let output = home
        .command(&["collect"])
        .env("SEATLEDGER_CLOCK", "2026-11-22T12:00:00Z")
        .env("SEATLEDGER_WAIT", "1")
        .output()
        .unwrap();
    Ran::of(&["collect"], output)
}

fn token(host: &str, token: &str) -> Reply {
    let id = format!("https://login.salesforce.com/id/{ORGANIZATION}/005xx000001SwiUAAS");
    let instance_url = format!("http://{host}");
    Reply::json(200, json!({"access_token": token, "instance_url": instance_url, "id": id}).to_string())
}

/// Every file of the home but the key, as text.
fn files(home: &Home) -> String {
    std::fs::read_dir(home.path("."))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.ends_with("acme.key"))
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned())
        .collect()
}

#[test]
fn an_access_token_is_neither_printed_nor_kept() {
    for (name, echo) in ECHOES {
        let server = ScriptedServer::start(move |request: &Received, _| {
            if request.path == TOKEN_PATH {
                return token(request.header("host").unwrap(), TOKEN);
            }
            assert!(request.header("authorization").unwrap().ends_with(TOKEN));
            let (code, message) = echo(TOKEN);
            Reply::json(403, json!([{"errorCode": code, "message": message}]).to_string())
        });
        let home = home(&server);
        let ran = collect(&home).says(&["bad"]);
        assert_ne!(ran.code, 0);
        let database = Connection::open(home.path("seatledger.db")).unwrap();
        let error: String = database.query_row("SELECT error FROM runs", [], |row| row.get(0)).unwrap();
        assert!(error.contains("[hidden]") && error.contains("bad"), "{name}: {error}");
        for left in LEFT {
            assert!(!error.contains(left), "{name}: the database keeps {error}");
            assert!(
                !ran.stderr.contains(left) && !ran.stdout.contains(left),
                "{name}: printed {}",
                ran.stderr
            );
            assert!(!files(&home).contains(left), "{name}: a file has `{left}`");
        }
    }
}

#[test]
fn an_assertion_is_neither_printed_nor_kept() {
    for (name, echo) in ECHOES {
        let sent = Arc::new(Mutex::new(String::new()));
        let seen = Arc::clone(&sent);
        let server = ScriptedServer::start(move |request: &Received, _| {
            let assertion = request.body.rsplit_once('=').unwrap().1;
            seen.lock().unwrap().clone_from(&assertion.to_owned());
            let (code, message) = echo(assertion);
            Reply::json(400, json!({"error": code, "error_description": message}).to_string())
        });
        let home = home(&server);
        let ran = collect(&home).says(&["bad", "[hidden]"]);
        assert_ne!(ran.code, 0);
        let assertion = sent.lock().unwrap().clone();
        for part in assertion.split('.') {
            for left in [&part[..8], &part[part.len() - 16..part.len() - 8], &part[part.len() - 8..]] {
                assert!(!ran.stderr.contains(left) && !ran.stdout.contains(left), "{name}: {}", ran.stderr);
                assert!(!files(&home).contains(left), "{name}: a file has `{left}`");
            }
        }
    }
}

#[test]
fn a_token_that_cannot_be_sent_is_refused_where_it_is_given() {
    for given in ["", " ", "00Dxx0000001gPL!a\r\nHost: x", "00Dxx0000001gPL!a\0", "00Dxx0000001gPL!é", "a b"]
    {
        let server =
            ScriptedServer::start(move |request: &Received, _| token(request.header("host").unwrap(), given));
        let home = home(&server);
        let ran = collect(&home).exits(1).says(&["signed in, but its answer holds no usable token"]);
        assert!(!ran.stderr.contains("gPL"), "{}", ran.stderr);
        assert_eq!(server.hits("/services/data"), 0, "{given:?}");
    }
}
