//! A caller of the emulated org that is not our client: it signs with jsonwebtoken and sends with a plain ureq agent.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use seatledger::base::{Clock, OffsetClock};
use seatledger::emulator::{CLIENT_ID, Fault, Options, Server, USERNAME};
use serde_json::{Value, json};

/// A key in PEM form, and a certificate for it.
pub(crate) struct Identity {
    pub(crate) key: String,
    pub(crate) certificate: String,
}

/// The key whose certificate is registered.
pub(crate) static REGISTERED: LazyLock<Identity> = LazyLock::new(identity);

/// Makes a key with a self-signed certificate.
pub(crate) fn identity() -> Identity {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let key = key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
    let pair = KeyPair::from_pkcs8_pem_and_sign_algo(&key, &PKCS_RSA_SHA256).unwrap();
    let certificate =
        CertificateParams::new(["seatledger.example".to_owned()]).unwrap().self_signed(&pair).unwrap();
    Identity { key, certificate: certificate.pem() }
}

/// The day on which every emulated org of these tests is born.
pub(crate) fn birthday() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

/// An org of `users` users, with the registered certificate.
pub(crate) fn org(users: u64) -> Server {
    org_with(users, 1, &[])
}

/// The same with another seed, and faults.
pub(crate) fn org_with(users: u64, seed: u64, faults: &[&str]) -> Server {
    let clock: Arc<dyn Clock> = Arc::new(OffsetClock::starting_at(birthday()));
    Server::start(Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        users,
        seed,
        latency: Duration::ZERO,
        faults: read_faults(faults),
        certificates: vec![REGISTERED.certificate.clone()],
        clock,
    })
    .unwrap()
}

/// Reads faults.
pub(crate) fn read_faults(faults: &[&str]) -> Vec<Fault> {
    faults.iter().map(|fault| fault.parse().unwrap()).collect()
}

/// An HTTP agent that hides nothing: errors are answers, no proxy, no redirects.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

/// A caller with an access token.
pub(crate) struct Caller<'org> {
    pub(crate) org: &'org Server,
    pub(crate) agent: ureq::Agent,
    pub(crate) token: String,
}

impl<'org> Caller<'org> {
    /// Signs in.
    pub(crate) fn of(org: &'org Server) -> Self {
        let agent = agent();
        let assertion = sign(&REGISTERED.key, &claims(org));
        let (status, body) = exchange(&agent, org, &assertion);
        assert_eq!(status, 200, "{body}");
        let token = body["access_token"].as_str().unwrap().to_owned();
        Self { org, agent, token }
    }

    /// Gets a path; status and JSON body.
    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.org.url()))
            .header("Authorization", format!("Bearer {}", self.token))
            .call()
            .unwrap();
        (answer.status().as_u16(), json_body(&mut answer))
    }

    /// Runs a query; status and body of the first page.
    pub(crate) fn query(&self, soql: &str) -> (u16, Value) {
        self.get(&format!("/services/data/v67.0/query?q={}", encoded(soql)))
    }

    /// All records of a query over all its pages, which must add up.
    pub(crate) fn records(&self, soql: &str) -> Vec<Value> {
        let (status, mut page) = self.query(soql);
        assert_eq!(status, 200, "{soql}: {page}");
        let mut records = Vec::new();
        loop {
            records.extend(page["records"].as_array_mut().unwrap().drain(..));
            if page["done"] == true {
                assert_eq!(page["totalSize"], records.len(), "{soql}");
                return records;
            }
            let next = page["nextRecordsUrl"].as_str().unwrap().to_owned();
            (_, page) = self.get(&next);
        }
    }
}

/// The claims of a good assertion.
pub(crate) fn claims(org: &Server) -> Value {
    json!({"iss": CLIENT_ID, "sub": USERNAME, "aud": org.url(), "exp": birthday().as_second() + 180})
}

/// Signs claims with RS256.
pub(crate) fn sign(key: &str, claims: &Value) -> String {
    let key = EncodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, &key).unwrap()
}

/// Asks for a token; status and body.
pub(crate) fn exchange(agent: &ureq::Agent, org: &Server, assertion: &str) -> (u16, Value) {
    post(
        agent,
        org,
        &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)],
    )
}

/// Posts a form to the token endpoint; status and body.
pub(crate) fn post(agent: &ureq::Agent, org: &Server, form: &[(&str, &str)]) -> (u16, Value) {
    let url = format!("{}/services/oauth2/token", org.url());
    let mut answer = agent.post(url).send_form(form.iter().copied()).unwrap();
    (answer.status().as_u16(), json_body(&mut answer))
}

/// Reads a whole JSON body.
pub(crate) fn json_body(answer: &mut ureq::http::Response<ureq::Body>) -> Value {
    let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
    serde_json::from_slice(&body)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)))
}

/// Percent-encodes everything that is not a letter or a digit.
pub(crate) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
