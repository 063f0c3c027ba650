//! Issuers' keys over a real socket: discovery, what is refused, and the cache that processes share.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};

use seatledger::identity::{COOLDOWN_SECONDS, FRESH_SECONDS, IssuerSettings, KeySource};
use serde_json::{Value, json};

use crate::scripted_server::{Reply, ScriptedServer};
use crate::token_maker::{
    Machine, NOW, OTHER_RSA, RSA, claims_with, encoded, header, issuer, key_set, signed_with_other_key,
    token, token_with_header,
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What an identity provider serves at the moment.
#[derive(Clone)]
struct Serving {
    /// Overrides members of the discovery document.
    discovery: Value,
    keys: Reaction,
}

#[derive(Clone)]
pub(crate) enum Reaction {
    Keys(String),
    Status(u16),
    Redirect(String),
    Down,
}

pub(crate) struct Provider {
    pub(crate) server: ScriptedServer,
    serving: Arc<Mutex<Serving>>,
}

impl Provider {
    pub(crate) fn start() -> Self {
        let keys = Reaction::Keys(key_set(&[RSA.jwk("one")]));
        let serving = Arc::new(Mutex::new(Serving { discovery: json!({}), keys }));
        let shared = Arc::clone(&serving);
        let server = ScriptedServer::start(move |request, _| {
            let serving = shared.lock().unwrap().clone();
            let own = format!("http://{}", request.header("host").unwrap());
            if request.path == DISCOVERY && !matches!(serving.keys, Reaction::Down) {
                let mut document = json!({ "issuer": own, "jwks_uri": format!("{own}/keys") });
                document.as_object_mut().unwrap().extend(serving.discovery.as_object().unwrap().clone());
                return Reply::json(200, document.to_string());
            }
            match serving.keys {
                Reaction::Keys(keys) => Reply::json(200, keys),
                Reaction::Status(status) => Reply::json(status, "{}"),
                Reaction::Redirect(location) => Reply::json(302, "").with("Location", &location),
                Reaction::Down => Reply::Close,
            }
        });
        Self { server, serving }
    }

    pub(crate) fn serve(&self, keys: Reaction) {
        self.serving.lock().unwrap().keys = keys;
    }

    pub(crate) fn describe(&self, discovery: Value) {
        self.serving.lock().unwrap().discovery = discovery;
    }

    fn issuer(&self) -> IssuerSettings {
        IssuerSettings { issuer: self.server.url(), allow_private: true, key_hosts: Vec::new(), ..issuer() }
    }

    fn token(&self) -> String {
        token(&claims_with(json!({ "iss": self.server.url(), "iat": null, "exp": NOW + 3000 })))
    }

    /// One that names a key, which need not exist.
    fn token_by(&self, kid: &str) -> String {
        let mut header = header();
        header["kid"] = kid.into();
        let claims = claims_with(json!({ "iss": self.server.url(), "iat": null, "exp": NOW + 3000 }));
        signed_with_other_key(&header, &claims)
    }
}

#[test]
fn keys_are_discovered_once_and_kept() {
    let (machine, provider) = (Machine::new(), Provider::start());
    for _ in 0..3 {
        assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed");
    }
    assert_eq!((provider.server.hits(DISCOVERY), provider.server.hits("/keys")), (1, 1));

    let cache = machine.folder.path().join("cache");
    assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    let files: Vec<_> = std::fs::read_dir(cache).unwrap().map(|entry| entry.unwrap()).collect();
    assert_eq!(files.len(), 2, "a set and its lock");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn case_5_a_header_causes_no_request() {
    let (machine, provider) = (Machine::new(), Provider::start());
    let mut header = header();
    for member in ["jku", "x5u"] {
        header[member] = format!("{}/stolen", provider.server.url()).into();
        assert_eq!(machine.verdict(&provider.issuer(), &token_with_header(&header)), "token_header");
    }
    let unsigned_kind = token_with_header(&json!({ "alg": "HS256", "kid": "one" }));
    assert_eq!(machine.verdict(&provider.issuer(), &unsigned_kind), "token_alg");
    assert_eq!(provider.server.hits(""), 0);
}

#[test]
fn case_8_made_up_key_ids_do_not_flood_the_issuer() {
    let (machine, provider) = (Machine::new(), Provider::start());
    let claims = encoded(claims_with(json!({ "iss": provider.server.url() })).to_string());
    for second in 0..60 {
        machine.clock.set(NOW + second);
        for place in 0..17 {
            // Nothing is checked before the key is found, so any signature will do.
            let kid = format!("made-up-{second}-{place}");
            let token =
                format!("{}.{claims}.AAAA", encoded(json!({ "alg": "RS256", "kid": kid }).to_string()));
            assert_eq!(machine.verdict(&provider.issuer(), &token), "token_key");
        }
    }
    assert_eq!(provider.server.hits("/keys"), 2, "one attempt in each half minute");
}

#[test]
fn case_9_a_new_key_of_the_issuer_is_found() {
    let (machine, provider) = (Machine::new(), Provider::start());
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed");
    provider.serve(Reaction::Keys(key_set(&[RSA.jwk("one"), OTHER_RSA.jwk("two")])));
    let by_new_key = provider.token_by("two");
    machine.clock.set(NOW + COOLDOWN_SECONDS - 1);
    assert_eq!(machine.verdict(&provider.issuer(), &by_new_key), "token_key");
    machine.clock.set(NOW + COOLDOWN_SECONDS);
    assert_eq!(machine.verdict(&provider.issuer(), &by_new_key), "allowed");
    assert_eq!(machine.verdict(&provider.issuer(), &by_new_key), "allowed");
    assert_eq!(provider.server.hits("/keys"), 2);
}

#[test]
fn case_10_a_withdrawn_key_is_refused_once_the_keys_are_renewed() {
    let (machine, provider) = (Machine::new(), Provider::start());
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed");
    provider.serve(Reaction::Keys(key_set(&[OTHER_RSA.jwk("two")])));
    machine.clock.set(NOW + FRESH_SECONDS - 1);
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed");
    machine.clock.set(NOW + FRESH_SECONDS);
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "token_key");
}

#[test]
fn case_11_old_keys_serve_for_a_while_when_the_issuer_is_down() {
    let (machine, provider) = (Machine::new(), Provider::start());
    let issuer = IssuerSettings { stale_if_error_s: 1200, ..provider.issuer() };
    assert_eq!(machine.verdict(&issuer, &provider.token()), "allowed");
    for down in [Reaction::Down, Reaction::Status(503)] {
        provider.serve(down);
        let stale = |second: i64| {
            machine.clock.set(NOW + second);
            let verified = machine.verify(std::slice::from_ref(&issuer), &provider.token());
            verified.map(|token| token.used_stale_keys).map_err(|error| error.code())
        };
        assert_eq!(stale(FRESH_SECONDS - 1), Ok(false));
        assert_eq!(stale(FRESH_SECONDS), Ok(true));
        assert_eq!(stale(1200), Ok(true));
        assert_eq!(stale(1201), Err("jwks_unavailable"));
    }
    provider.serve(Reaction::Keys(key_set(&[RSA.jwk("one")])));
    machine.clock.set(NOW + 1300);
    assert_eq!(machine.verdict(&issuer, &provider.token()), "allowed");
}

#[test]
fn an_issuer_that_is_down_is_not_asked_at_every_call() {
    let (machine, provider) = (Machine::new(), Provider::start());
    provider.serve(Reaction::Down);
    for _ in 0..5 {
        assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "jwks_unavailable");
    }
    assert_eq!(provider.server.hits(DISCOVERY), 1);
}

#[test]
fn case_12_the_discovery_document_must_speak_for_the_issuer() {
    let slash = |provider: &Provider| format!("{}/", provider.server.url());
    for (case, expected) in [
        ("other", "issuer_mismatch"),
        ("missing", "issuer_mismatch"),
        ("slash", "issuer_mismatch"),
        ("same", "allowed"),
    ] {
        let (machine, provider) = (Machine::new(), Provider::start());
        provider.describe(match case {
            "other" => json!({ "issuer": "https://evil.example" }),
            "missing" => json!({ "issuer": null }),
            "slash" => json!({ "issuer": slash(&provider) }),
            _ => json!({}),
        });
        assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), expected, "{case}");
    }
    let (machine, provider) = (Machine::new(), Provider::start());
    provider.describe(json!({ "issuer": slash(&provider) }));
    let aliased = IssuerSettings { issuer_aliases: vec![slash(&provider)], ..provider.issuer() };
    assert_eq!(machine.verdict(&aliased, &provider.token()), "allowed");
}

#[test]
fn case_13_keys_come_from_where_they_may_and_nowhere_else() {
    let stranger = ScriptedServer::start(|_, _| Reply::json(200, key_set(&[RSA.jwk("one")])));
    let at = |uri: &str| json!({ "jwks_uri": uri });
    let elsewhere = stranger.url();
    let cases = [
        ("plain http", at("http://login.acme.example/keys"), "jwks_refused"),
        ("other host", at("https://evil.example/keys"), "jwks_refused"),
        ("other port", at(&format!("{elsewhere}/keys")), "jwks_refused"),
        ("listed host at another port", at("https://login.acme.example:8443/keys"), "jwks_refused"),
        ("user name", at("https://login.acme.example@evil.example/keys"), "jwks_refused"),
        ("path upwards", at("https://login.acme.example/../keys"), "jwks_refused"),
        ("file", at("file:///etc/passwd"), "jwks_refused"),
        ("number", json!({ "jwks_uri": 1 }), "jwks_refused"),
        ("missing", json!({ "jwks_uri": null }), "jwks_refused"),
    ];
    for (case, discovery, expected) in cases {
        let (machine, provider) = (Machine::new(), Provider::start());
        provider.describe(discovery);
        let issuer = IssuerSettings { key_hosts: vec!["login.acme.example".into()], ..provider.issuer() };
        assert_eq!(machine.verdict(&issuer, &provider.token()), expected, "{case}");
    }
    let large = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(512 * 1024));
    let reactions = [
        ("redirect", Reaction::Redirect(format!("{elsewhere}/keys")), "jwks_refused"),
        ("too large", Reaction::Keys(large), "jwks_refused"),
        ("no JSON", Reaction::Keys("<html>".into()), "jwks_refused"),
        ("not there", Reaction::Status(404), "jwks_unavailable"),
    ];
    for (case, keys, expected) in reactions {
        let (machine, provider) = (Machine::new(), Provider::start());
        provider.serve(keys);
        assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), expected, "{case}");
    }
    assert_eq!(stranger.hits(""), 0);
}

#[test]
fn case_13_private_addresses_are_refused_unless_permitted() {
    let machine = Machine::new();
    for uri in ["https://10.0.0.1/keys", "https://169.254.169.254/keys", "https://[::1]/keys"] {
        let host = uri.trim_start_matches("https://").trim_end_matches("/keys").to_owned();
        let issuer = IssuerSettings { keys: KeySource::Uri(uri.into()), key_hosts: vec![host], ..issuer() };
        assert_eq!(machine.verdict(&issuer, &token(&claims_with(json!({})))), "jwks_refused", "{uri}");
        // The next attempt waits, so each address gets a time of its own.
        machine.clock.set(machine_time(&machine) + COOLDOWN_SECONDS);
    }
}

fn machine_time(machine: &Machine) -> i64 {
    seatledger::base::Clock::now(&*machine.clock).as_second()
}

#[test]
fn keys_at_a_given_address_need_no_discovery() {
    let (machine, provider) = (Machine::new(), Provider::start());
    let keys = KeySource::Uri(format!("{}/jwks?tenant=acme", provider.server.url()));
    let issuer = IssuerSettings { keys, ..provider.issuer() };
    assert_eq!(machine.verdict(&issuer, &provider.token()), "allowed");
    assert_eq!((provider.server.hits(DISCOVERY), provider.server.hits("/jwks?tenant=acme")), (0, 1));
}

#[test]
fn a_key_file_must_be_safe_from_others() {
    let machine = Machine::new();
    let issuer = machine.issuer();
    let KeySource::File(path) = &issuer.keys else { panic!("a file") };
    let token = token(&claims_with(json!({})));
    for (mode, expected) in [(0o644, "allowed"), (0o664, "jwks_refused"), (0o646, "jwks_refused")] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(machine.verdict(&issuer, &token), expected, "{mode:o}");
    }
    std::fs::remove_file(path).unwrap();
    assert_eq!(machine.verdict(&issuer, &token), "jwks_refused");
}

#[test]
fn a_cache_that_others_could_have_written_counts_as_none() {
    let (machine, provider) = (Machine::new(), Provider::start());
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed");
    let folder = machine.folder.path().join("cache");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.extension().is_some_and(|extension| extension == "json")).unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    let damages: [(&str, &dyn Fn()); 4] = [
        ("writable", &|| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap()),
        ("another issuer's", &|| std::fs::write(&file, kept.replacen("127.0.0.1", "127.0.0.2", 1)).unwrap()),
        ("cut", &|| std::fs::write(&file, &kept[..kept.len() / 2]).unwrap()),
        ("from the future", &|| {
            std::fs::write(&file, kept.replace(&NOW.to_string(), &(NOW + 9999).to_string())).unwrap()
        }),
    ];
    for (place, (case, damage)) in damages.into_iter().enumerate() {
        damage();
        assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "allowed", "{case}");
        assert_eq!(provider.server.hits("/keys"), place + 2, "{case}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_refuses() {
    let (machine, provider) = (Machine::new(), Provider::start());
    std::fs::write(machine.folder.path().join("cache"), "in the way").unwrap();
    assert_eq!(machine.verdict(&provider.issuer(), &provider.token()), "jwks_unavailable");
}

#[test]
fn callers_at_once_fetch_once() {
    let (machine, provider) = (Machine::new(), Provider::start());
    let (token, issuer) = (provider.token(), provider.issuer());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(machine.verdict(&issuer, &token), "allowed"));
        }
    });
    assert_eq!(provider.server.hits("/keys"), 1);
}
