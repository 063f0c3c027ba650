//! An identity provider's side, by hand: keys, key sets and tokens with whatever is wrong with them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use seatledger::base::{Clock, Environment, Secret, Stop, World};
use seatledger::http::{Proxy, Roots, Settings};
use seatledger::identity::{
    ClaimNames, Error, IssuerSettings, KeySource, TenantRule, VerifiedToken, Verifier,
};
use serde_json::{Value, json};

/// 2026-01-02T03:04:05Z
pub(crate) const NOW: i64 = 1_767_323_045;

pub(crate) const ISSUER: &str = "https://login.acme.example/oauth2/default";

/// Keys take long to make; two of each kind serve all tests.
pub(crate) static RSA: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate(2048));
pub(crate) static OTHER_RSA: LazyLock<RsaKey> = LazyLock::new(|| RsaKey::generate(2048));
pub(crate) static EC: LazyLock<EcKey> = LazyLock::new(EcKey::generate);

pub(crate) struct RsaKey {
    private: RsaPrivateKey,
    encoding: EncodingKey,
}

impl RsaKey {
    pub(crate) fn generate(bits: usize) -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).unwrap();
        let encoding = EncodingKey::from_rsa_der(private.to_pkcs1_der().unwrap().as_bytes());
        Self { private, encoding }
    }

    /// Its public half as a JWK.
    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({
            "kty": "RSA", "kid": kid, "use": "sig",
            "n": encoded(self.private.n().to_bytes_be()), "e": encoded(self.private.e().to_bytes_be()),
        })
    }

    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.private.n().to_bytes_be()
    }
}

pub(crate) struct EcKey {
    encoding: EncodingKey,
    point: Vec<u8>,
}

impl EcKey {
    fn generate() -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self {
            encoding: EncodingKey::from_ec_der(&pair.serialize_der()),
            point: pair.public_key_raw().to_vec(),
        }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": kid,
            "x": encoded(&self.point[1..33]), "y": encoded(&self.point[33..]),
        })
    }
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn key_set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// Claims of a token that the usual issuer's rules accept.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": "seatledger", "sub": "00u-anna", "iat": NOW - 60, "exp": NOW + 600,
        "scp": ["usage:report"], "groups": ["license-analysts"], "org_id": "acme", "cid": "0oa1",
        "companies": ["Acme GmbH"],
    })
}

/// The claims with some of them replaced; a `null` takes one out.
pub(crate) fn claims_with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn header() -> Value {
    json!({ "alg": "RS256", "kid": "one", "typ": "JWT" })
}

/// A token with the usual header, rightly signed.
pub(crate) fn token(claims: &Value) -> String {
    signed(&header().to_string(), &claims.to_string())
}

pub(crate) fn token_with_header(header: &Value) -> String {
    signed(&header.to_string(), &claims().to_string())
}

/// Header and claims as they are written, signed with RS256 whatever they say.
pub(crate) fn signed(header: &str, claims: &str) -> String {
    signed_by(header, claims, &RSA.encoding, Algorithm::RS256)
}

pub(crate) fn signed_with_other_key(header: &Value, claims: &Value) -> String {
    signed_by(&header.to_string(), &claims.to_string(), &OTHER_RSA.encoding, Algorithm::RS256)
}

pub(crate) fn signed_with_pss(header: &Value) -> String {
    signed_by(&header.to_string(), &claims().to_string(), &RSA.encoding, Algorithm::PS256)
}

pub(crate) fn signed_with_ec(header: &Value) -> String {
    signed_by(&header.to_string(), &claims().to_string(), &EC.encoding, Algorithm::ES256)
}

pub(crate) fn signed_with_secret(header: &Value, secret: &[u8]) -> String {
    let key = EncodingKey::from_secret(secret);
    signed_by(&header.to_string(), &claims().to_string(), &key, Algorithm::HS256)
}

pub(crate) fn unsigned(header: &Value) -> String {
    format!("{}.{}.", encoded(header.to_string()), encoded(claims().to_string()))
}

fn signed_by(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A clock that a test sets.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, second: i64) {
        self.0.store(second, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A machine that checks tokens.
pub(crate) struct Machine {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) world: World,
    pub(crate) http: Settings,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(NOW)));
        let world = World {
            environment: Environment::default(),
            clock: clock.clone(),
            current_dir: folder.path().into(),
            stop: Stop::default(),
        };
        let timeout = Duration::from_secs(20);
        let http = Settings { proxy: Proxy::None, ca_file: None, roots: Roots::Bundled, timeout };
        Self { folder, clock, world, http }
    }

    /// The usual issuer, with the usual keys in a file.
    pub(crate) fn issuer(&self) -> IssuerSettings {
        let keys = self.key_file("keys.json", &key_set(&[RSA.jwk("one")]));
        IssuerSettings { keys, ..issuer() }
    }

    pub(crate) fn key_file(&self, name: &str, content: &str) -> KeySource {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        KeySource::File(path)
    }

    pub(crate) fn verify(&self, issuers: &[IssuerSettings], token: &str) -> Result<VerifiedToken, Error> {
        let verifier =
            Verifier { issuers, http: &self.http, cache_folder: self.cache_folder(), world: &self.world };
        verifier.verify(&Secret::new(token.to_owned()))
    }

    /// `allowed`, or the code of the refusal.
    pub(crate) fn verdict(&self, issuer: &IssuerSettings, token: &str) -> &'static str {
        match self.verify(std::slice::from_ref(issuer), token) {
            Ok(_) => "allowed",
            Err(error) => error.code(),
        }
    }

    pub(crate) fn cache_folder(&self) -> PathBuf {
        Path::new("cache").into()
    }
}

/// The usual issuer's rules.
pub(crate) fn issuer() -> IssuerSettings {
    let name = |name: &str| Some(name.to_owned());
    IssuerSettings {
        name: "okta".into(),
        issuer: ISSUER.into(),
        issuer_aliases: Vec::new(),
        audiences: vec!["seatledger".into()],
        algorithms: vec!["RS256".into()],
        keys: KeySource::Discover,
        key_hosts: vec!["login.acme.example".into()],
        allow_private: false,
        stale_if_error_s: 3600,
        types: vec!["at+jwt".into(), "JWT".into()],
        authorized_parties: vec!["0oa1".into()],
        leeway_s: 30,
        max_lifetime_s: 3600,
        requires_rfc9068: false,
        accept_id_token: false,
        claims: ClaimNames {
            subject: "sub".into(),
            email: name("email"),
            scope: name("scp"),
            roles: name("groups"),
            companies: name("companies"),
        },
        tenant: Some(TenantRule { claim: "org_id".into(), value: "acme".into() }),
    }
}
