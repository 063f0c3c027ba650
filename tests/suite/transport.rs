//! The send path against real sockets: what it sends, and how it names what goes wrong.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::PrivateKeyDer;
use seatledger::base::{Environment, Secret};
use seatledger::http::{
    Client, Error, LARGEST_BODY_BYTES, Origin, Proxy, Request, Response, Roots, Settings,
};

use crate::scripted_server::{Received, Reply, ScriptedServer};

fn settings() -> Settings {
    Settings { proxy: Proxy::None, ca_file: None, roots: Roots::Bundled, timeout: Duration::from_secs(20) }
}

fn client(settings: &Settings) -> Client {
    Client::new(settings, &Environment::default()).unwrap()
}

fn origin(url: &str) -> Origin {
    Origin::parse(url, true).unwrap()
}

/// Asks a server that runs `script` for `/x`.
fn ask(script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Result<Response, Error> {
    let server = ScriptedServer::start(script);
    client(&settings()).send(&Request::get(&origin(&server.url()), "/x"))
}

fn refusal(script: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Error {
    ask(script).err().expect("the answer must not be taken")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_request_carries_what_it_was_given_and_no_more() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let request = Request::get(&origin(&server.url()), "/services/data/v67.0/query?q=a%2Bb")
        .with_bearer(&Secret::new("canary".into()))
        .with_header("sforce-query-options", "batchSize=200");
    client(&settings()).send(&request).unwrap();
    let received = &server.received()[0];
    assert_eq!(
        (received.method.as_str(), received.path.as_str()),
        ("GET", "/services/data/v67.0/query?q=a%2Bb")
    );
    assert_eq!(received.header("Authorization"), Some("Bearer canary"));
    assert_eq!(received.header("Sforce-Query-Options"), Some("batchSize=200"));
    assert_eq!(received.header("Accept-Encoding"), Some("gzip"));
    assert!(received.header("User-Agent").unwrap().starts_with("seatledger/"));
}

#[test]
fn a_form_travels_encoded_in_the_body() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let fields = [("grant_type", "urn:x"), ("assertion", "a.b+c")];
    let request = Request::post_form(&origin(&server.url()), "/services/oauth2/token", &fields);
    client(&settings()).send(&request).unwrap();
    let received = &server.received()[0];
    assert_eq!(received.path, "/services/oauth2/token");
    assert_eq!(received.body, "grant_type=urn%3Ax&assertion=a.b%2Bc");
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[test]
fn refusals_and_redirects_are_answers_too() {
    let refused = ask(|_, _| Reply::json(503, "down").with("Retry-After", "7")).unwrap();
    assert_eq!((refused.status, refused.body.as_slice()), (503, b"down".as_slice()));
    assert_eq!(refused.header("retry-after"), Some("7"));

    let target = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let location = target.url();
    let moved = ask(move |_, _| Reply::json(302, "").with("Location", &location)).unwrap();
    assert_eq!(moved.status, 302);
    assert_eq!(target.hits(""), 0);
}

#[test]
fn compressed_answers_arrive_whole_and_bounded() {
    let page = "x".repeat(300_000);
    let expected = page.clone();
    let whole =
        ask(move |_, _| Reply::json(200, gzip(page.as_bytes())).with("Content-Encoding", "gzip")).unwrap();
    assert!(whole.body == expected.as_bytes());

    let bomb = gzip(&vec![0; usize::try_from(LARGEST_BODY_BYTES).unwrap() + 1]);
    assert!(bomb.len() < 1024 * 1024);
    let refused = refusal(move |_, _| Reply::json(200, bomb.clone()).with("Content-Encoding", "gzip"));
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused:?}");

    let lie = refusal(|_, _| Reply::json(200, "not compressed").with("Content-Encoding", "gzip"));
    assert!(matches!(lie, Error::BadCompression { .. }), "{lie:?}");
}

#[test]
fn a_request_can_ask_for_less_than_the_largest_answer() {
    let server = ScriptedServer::start(|request, _| {
        let body = vec![b'x'; request.path.trim_start_matches('/').parse().unwrap()];
        let compressed = Reply::json(200, gzip(&body)).with("Content-Encoding", "gzip");
        if body.len() % 2 == 0 { Reply::json(200, body) } else { compressed }
    });
    for (path, fits) in [("/2048", true), ("/2047", true), ("/2050", false), ("/2049", false)] {
        let request = Request::get(&origin(&server.url()), path).with_largest_body(2048);
        match client(&settings()).send(&request) {
            Ok(_) => assert!(fits, "{path}"),
            Err(error) => {
                assert!(!fits && error.to_string().ends_with("is larger than 2 KiB"), "{path}: {error}");
            }
        }
    }
}

#[test]
fn hosts_that_others_named_must_be_public() {
    let server = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    let client = Client::new(&settings(), &Environment::default()).unwrap();
    let public = |name: &str| Request::get(&origin(name), "/keys").to_public_addresses_only();
    let names = [
        server.url(),
        format!("https://localhost:{}", server.port()),
        "https://169.254.169.254".into(),
        "https://[::ffff:10.0.0.1]".into(),
    ];
    for name in names {
        let refused = client.send(&public(&name)).err().unwrap();
        assert!(matches!(refused, Error::NotPublic { .. }), "{name}: {refused:?}");
        assert!(!refused.is_passing());
    }
    assert_eq!(server.hits(""), 0);

    let proxy = ScriptedServer::start(|_, _| Reply::json(407, ""));
    let through = Settings { proxy: Proxy::Url(Secret::new(proxy.url())), ..settings() };
    let client = Client::new(&through, &Environment::default()).unwrap();
    let refused = client.send(&public("https://10.0.0.1")).err().unwrap();
    assert!(matches!(refused, Error::NotPublic { .. }), "{refused:?}");
    assert_eq!(proxy.hits(""), 0);
    let asked = client.send(&public("https://login.acme.example")).err().unwrap();
    assert!(matches!(asked, Error::ProxyRefused { .. }), "the proxy itself may be private: {asked:?}");
}

#[test]
fn broken_connections_are_told_apart() {
    let reset = refusal(|_, _| Reply::Close);
    assert!(matches!(reset, Error::Reset { .. }), "{reset:?}");
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"totalSize\":".to_vec();
    let cut = refusal(move |_, _| Reply::Raw(half.clone()));
    assert!(matches!(cut, Error::CutBody { .. }), "{cut:?}");
    let half_chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"total".to_vec();
    let cut = refusal(move |_, _| Reply::Raw(half_chunk.clone()));
    assert!(matches!(cut, Error::CutBody { .. }), "{cut:?}");
    let half_gzip = gzip(&[b'x'; 10_000]);
    let cut = refusal(move |_, _| {
        let mut raw = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n".to_vec();
        raw.extend(&half_gzip[..half_gzip.len() / 2]);
        Reply::Raw(raw)
    });
    assert!(matches!(cut, Error::CutBody { .. }), "{cut:?}");
    let garbage = refusal(|_, _| Reply::Raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec()));
    assert!(matches!(garbage, Error::Protocol { .. }), "{garbage:?}");

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = Request::get(&origin(&format!("http://127.0.0.1:{port}")), "/x");
    let refused = client(&settings()).send(&nobody).err().unwrap();
    assert!(matches!(refused, Error::Unreachable { .. }), "{refused:?}");
    for passing in [&reset, &cut, &refused] {
        assert!(passing.is_passing(), "{passing:?}");
    }
    assert!(!garbage.is_passing());
}

#[test]
fn a_silent_server_times_out() {
    let server = ScriptedServer::start(|_, _| Reply::Hang);
    let impatient = Settings { timeout: Duration::from_millis(50), ..settings() };
    let late = client(&impatient).send(&Request::get(&origin(&server.url()), "/x")).err().unwrap();
    assert!(matches!(late, Error::TimedOut { .. }) && late.is_passing(), "{late:?}");
}

#[test]
fn shutdown_ends_requests_in_flight() {
    let asked = Arc::new(std::sync::Barrier::new(2));
    let seen = Arc::clone(&asked);
    let server = ScriptedServer::start(move |_, _| {
        seen.wait();
        Reply::Hang
    });
    let client = client(&settings());
    let request = Request::get(&origin(&server.url()), "/x");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.send(&request).err().unwrap());
        asked.wait();
        client.shutdown();
        waiting.join().unwrap();
    });
    let after = client.send(&request).err().unwrap();
    assert!(matches!(after, Error::ShutDown { .. }), "{after:?}");
}

#[test]
fn a_proxy_is_used_for_others_and_its_refusal_is_named() {
    let proxy = ScriptedServer::start(|_, _| Reply::json(407, ""));
    let url = format!("http://anna:hunter2@127.0.0.1:{}", proxy.port());
    let settings = Settings { proxy: Proxy::Url(Secret::new(url)), ..settings() };
    let client = client(&settings);
    assert_eq!(client.proxy().unwrap(), format!("127.0.0.1:{}", proxy.port()));

    let error = client.send(&Request::get(&origin("https://acme.my.salesforce.com"), "/x")).err().unwrap();
    assert!(matches!(error, Error::ProxyRefused { .. }), "{error:?}");
    let sentence = format!(
        "the proxy 127.0.0.1:{} refused to connect to acme.my.salesforce.com: proxy server responded 407/407",
        proxy.port()
    );
    assert_eq!(error.to_string(), sentence);
    assert!(error.hint().unwrap().contains("password"));
    assert!(!format!("{error} {error:?}").contains("hunter2"));
    let received = proxy.received();
    assert_eq!(
        (received[0].method.as_str(), received[0].path.as_str()),
        ("CONNECT", "acme.my.salesforce.com:443")
    );
    assert_eq!(received[0].header("Proxy-Authorization"), Some("Basic YW5uYTpodW50ZXIy"));

    let local = ScriptedServer::start(|_, _| Reply::json(200, "{}"));
    client.send(&Request::get(&origin(&local.url()), "/x")).unwrap();
    assert_eq!((local.hits(""), proxy.hits("")), (1, 1));
}

#[test]
fn certificates_are_checked_and_the_reason_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ca_file = |pem: &str| {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, pem).unwrap();
        Settings { ca_file: Some(path), ..settings() }
    };
    let good = tls_server(certificate("127.0.0.1", 2020, 2100));
    let answer = client(&ca_file(&good.pem)).send(&Request::get(&origin(&good.url), "/x")).unwrap();
    assert_eq!(answer.body, b"{}");

    let stranger = tls_server(certificate("127.0.0.1", 2020, 2100));
    let unknown =
        client(&ca_file(&good.pem)).send(&Request::get(&origin(&stranger.url), "/x")).err().unwrap();
    assert!(matches!(unknown, Error::UnknownAuthority { .. }), "{unknown:?}");
    assert_eq!(
        unknown.to_string(),
        "the certificate shown by 127.0.0.1 comes from an authority that is not trusted here"
    );
    assert!(unknown.hint().unwrap().contains("ca_file"));
    assert!(!unknown.is_passing());

    let misnamed = tls_server(certificate("acme.example", 2020, 2100));
    let name =
        client(&ca_file(&misnamed.pem)).send(&Request::get(&origin(&misnamed.url), "/x")).err().unwrap();
    assert!(matches!(name, Error::CertificateName { .. }), "{name:?}");

    let old = tls_server(certificate("127.0.0.1", 2001, 2002));
    let expired = client(&ca_file(&old.pem)).send(&Request::get(&origin(&old.url), "/x")).err().unwrap();
    assert!(matches!(expired, Error::CertificateExpired { .. }), "{expired:?}");
}

#[test]
fn a_ca_file_must_hold_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Settings { ca_file: Some(folder.path().join("none.pem")), ..settings() };
    let error = Client::new(&missing, &Environment::default()).err().unwrap();
    assert!(matches!(error, Error::CaFileUnreadable { .. }), "{error:?}");
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "no certificate here").unwrap();
    let error =
        Client::new(&Settings { ca_file: Some(empty), ..settings() }, &Environment::default()).err().unwrap();
    assert!(matches!(error, Error::CaFileEmpty { .. }), "{error:?}");
}

pub(crate) struct TlsServer {
    pub(crate) url: String,
    pub(crate) pem: String,
}

/// A certificate for `name` that signs itself, valid from one year until another.
pub(crate) fn certificate(name: &str, from: i32, until: i32) -> rcgen::CertifiedKey<rcgen::KeyPair> {
    let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
    parameters.not_before = rcgen::date_time_ymd(from, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(until, 1, 1);
    let signing_key = rcgen::KeyPair::generate().unwrap();
    let cert = parameters.self_signed(&signing_key).unwrap();
    rcgen::CertifiedKey { cert, signing_key }
}

/// Answers every connection with `{}` over TLS.
pub(crate) fn tls_server(certified: rcgen::CertifiedKey<rcgen::KeyPair>) -> TlsServer {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = rustls::StreamOwned::new(connection, stream);
            let mut head = [0; 4096];
            if tls.read(&mut head).is_ok() {
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
    });
    TlsServer { url, pem: certified.cert.pem() }
}
