//! Keys, certificates and assertions: every form that is accepted, and a sentence for every one that is not.
//!
//! Every key is made at run time; a private key in a repository would look like a leak.

#![allow(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use std::error::Error as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use rsa::pkcs8::pkcs5::pbes2;
use rsa::pkcs8::{
    DecodePrivateKey, EncodePrivateKey, EncodePublicKey, EncryptedPrivateKeyInfo, LineEnding, PrivateKeyInfo,
};
use rsa::rand_core::OsRng;
use seatledger::auth::{
    ASSERTION_LIFETIME_SECONDS, Assertion, Certificate, CertificateFinding, Claims, Error, GeneratedKey,
    KeySettings, KeySize, KeySource, PassphraseSource, SigningKey, generate, sign,
};
use seatledger::base::{Environment, OffsetClock, Secret, Stop, World, write_private};

const NOW: &str = "2026-11-21T10:00:00Z";
const PASSPHRASE: &str = "correct horse";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// One key for the whole binary: making one is the slow part of these tests.
pub(crate) fn generated() -> &'static GeneratedKey {
    static KEY: OnceLock<GeneratedKey> = OnceLock::new();
    KEY.get_or_init(|| generate(KeySize::Bits2048, "acme", 365, now()).unwrap())
}

fn pkcs8() -> &'static str {
    generated().private_key_pem.expose()
}

fn rsa_key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_pem(pkcs8()).unwrap()
}

fn encrypted(parameters: pbes2::Parameters<'_>) -> String {
    let der = rsa_key().to_pkcs8_der().unwrap();
    let info = PrivateKeyInfo::try_from(der.as_bytes()).unwrap();
    let document = info.encrypt_with_params(parameters, PASSPHRASE).unwrap();
    document.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap().to_string()
}

fn pbkdf2() -> String {
    encrypted(pbes2::Parameters::pbkdf2_sha256_aes256cbc(2048, b"saltsalt", b"0123456789abcdef").unwrap())
}

const CLAIMS: Claims<'_> = Claims {
    issuer: "3MVG9consumerkey",
    subject: "o'brien@söhne.example",
    audience: "https://acme.my.salesforce.example",
};

/// What the key signs; no other key signs it alike.
fn assertion(key: &SigningKey) -> String {
    sign(key, &CLAIMS, now()).map(Assertion::into_secret).unwrap().expose().to_owned()
}

fn block(label: &str) -> String {
    pem::encode(&pem::Pem::new(label, vec![7; 300]))
}

fn world(variables: &[(&str, &str)]) -> World {
    World {
        environment: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Environment>(),
        clock: Arc::new(OffsetClock::starting_at(now())),
        current_dir: PathBuf::from("/"),
        stop: Stop::default(),
    }
}

fn settings(key: KeySource, passphrase: Option<PassphraseSource>) -> KeySettings {
    KeySettings { key, passphrase, certificate_file: None }
}

/// What a person reads, with its causes.
fn sentence(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn refusal<T>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(_) => panic!("accepted"),
        Err(error) => sentence(&error),
    }
}

#[test]
fn every_usual_form_of_a_key_is_read() {
    let expected = assertion(&SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap());
    let pkcs1 = rsa_key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    let scrypt = pbes2::Parameters::scrypt_aes256cbc(
        rsa::pkcs8::pkcs5::scrypt::Params::new(10, 8, 1, 32).unwrap(),
        b"saltsalt",
        b"0123456789abcdef",
    );
    let cases = [
        ("PKCS#8", pkcs8().to_owned()),
        ("PKCS#1", pkcs1.clone()),
        ("encrypted, PBKDF2", pbkdf2()),
        ("encrypted, scrypt", encrypted(scrypt.unwrap())),
        ("CR LF", pkcs8().replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{}", pkcs8())),
        ("byte order mark and CR LF", format!("\u{feff}{}", pkcs1.replace('\n', "\r\n"))),
        ("text around", format!("Bag Attributes\n    friendlyName: acme\n{}\nend of file\n", pkcs8())),
        ("blanks before and after", format!("\n\n  {}\n\n\n", pkcs8())),
        ("no last line end", pkcs8().trim_end().to_owned()),
        ("with its certificate", format!("{}{}", generated().certificate_pem, pkcs8())),
    ];
    for (form, text) in cases {
        // The passphrase is given for all of them: for an open key it does no harm.
        let key = SigningKey::from_pem(text.as_bytes(), Some(&Secret::new(PASSPHRASE.into())), "key");
        let key = key.unwrap_or_else(|error| panic!("{form}: {}", sentence(&error)));
        assert_eq!(assertion(&key), expected, "{form}");
        assert_eq!(key.bits(), 2048, "{form}");
    }
}

#[test]
fn every_unusable_key_is_refused_with_what_it_is_and_what_to_do() {
    let ec = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let request = CertificateParams::default().serialize_request(&ec).unwrap().pem().unwrap();
    let small =
        RsaPrivateKey::new(&mut OsRng, 1024).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
    let public = rsa_key().to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let der = rsa_key().to_pkcs8_der().unwrap();
    let pkcs1 = rsa_key().to_pkcs1_pem(LineEnding::LF).unwrap().to_string();
    let old_encryption = pkcs1.replacen(
        "KEY-----\n",
        "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0123456789ABCDEF0123456789ABCDEF\n\n",
        1,
    );
    let half = &pkcs8()[..pkcs8().len() / 2];
    let scratched = pkcs8().replacen("\nMII", "\n*!*", 1);
    let garbled = pkcs8().replacen("\nMII", "\nMIJ", 1);
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(pkcs8().encode_utf16().flat_map(u16::to_le_bytes));

    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", b"".to_vec(), "key is empty; write the PEM private key there"),
        ("blank", b" \r\n\n".to_vec(), "key is empty; write the PEM private key there"),
        (
            "1024 bits",
            small.into_bytes(),
            "key is an RSA key of 1024 bits, and only 2048 to 4096 bits can be used; make a new key",
        ),
        (
            "EC in PKCS#8",
            ec.serialize_pem().into_bytes(),
            "key is an EC key, and Salesforce accepts only RSA; make an RSA key with `seatledger keygen`",
        ),
        ("EC in SEC 1", block("EC PRIVATE KEY").into_bytes(), "key is an EC key, and Salesforce"),
        (
            "EC with parameters before it",
            format!("{}{}", block("EC PARAMETERS"), block("EC PRIVATE KEY")).into_bytes(),
            "key is an EC key",
        ),
        (
            "Ed25519",
            KeyPair::generate_for(&PKCS_ED25519).unwrap().serialize_pem().into_bytes(),
            "key is an Ed25519 key, and Salesforce accepts only RSA",
        ),
        ("DSA", block("DSA PRIVATE KEY").into_bytes(), "key is a DSA key"),
        (
            "OpenSSH",
            block("OPENSSH PRIVATE KEY").into_bytes(),
            "key is a key in OpenSSH's own format; convert a copy of it with `ssh-keygen -p -m PKCS8 -f COPY`",
        ),
        (
            "public key",
            public.into_bytes(),
            "key is a public key, not a private key; name the private key that belongs to it",
        ),
        ("PKCS#1 public key", block("RSA PUBLIC KEY").into_bytes(), "key is a public key"),
        (
            "certificate",
            generated().certificate_pem.clone().into_bytes(),
            "key is a certificate, not a private key; name the private key that belongs to it",
        ),
        ("certificate request", request.into_bytes(), "key is a certificate request, not a private key"),
        (
            "one line",
            pkcs8().replace('\n', "\\n").into_bytes(),
            "key has the two characters \\n where its lines should end; store the key with real line ends",
        ),
        (
            "DER",
            der.as_bytes().to_vec(),
            "key is in binary form (DER or PKCS#12), not PEM; convert it with `openssl pkey -inform DER",
        ),
        ("UTF-16", utf16, "key is UTF-16 text; save it as UTF-8 or ASCII"),
        (
            "Java keystore",
            vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2],
            "key is a Java keystore; take the key out",
        ),
        ("noise", vec![0x80, 0x81, 0x82], "key is neither text nor a key; export the key as PEM"),
        ("PuTTY", b"PuTTY-User-Key-File-3: ssh-rsa\n".to_vec(), "key is a key in PuTTY's own format"),
        ("OpenSSH public key", b"ssh-rsa AAAAB3NzaC1yc2E acme\n".to_vec(), "key is a public key of OpenSSH"),
        ("JSON", b"{\"kty\":\"RSA\"}".to_vec(), "key is JSON, not a PEM key; export the key as PEM"),
        ("words", b"the key is in the safe\n".to_vec(), "key holds no PEM block; export the key as PEM"),
        ("other block", block("PKCS7").into_bytes(), "key holds a PEM block that is no private key"),
        ("unknown key", block("ACME PRIVATE KEY").into_bytes(), "key is a private key of an unknown kind"),
        (
            "old encryption",
            old_encryption.into_bytes(),
            "key is encrypted in the old way (a DEK-Info line), which is weak; encrypt it anew with `openssl pkcs8",
        ),
        (
            "two keys",
            format!("{}{pkcs1}", pkcs8()).into_bytes(),
            "key holds more than one private key; keep only the one that signs",
        ),
        (
            "half a key",
            half.as_bytes().to_vec(),
            "key has a BEGIN line and no END line, so a part is missing; copy the whole key again",
        ),
        ("not base64", scratched.into_bytes(), "key is a damaged PEM text; copy the whole key again"),
        (
            "not DER",
            garbled.into_bytes(),
            "key looks like a private key but cannot be decoded; copy the whole",
        ),
        (
            "encrypted, no passphrase",
            pbkdf2().into_bytes(),
            "key is encrypted, and no passphrase is configured; name its passphrase with \
             private_key_passphrase_file or private_key_passphrase_env",
        ),
    ];
    for (what, text, expected) in cases {
        let message = refusal(SigningKey::from_pem(&text, None, "key"));
        assert!(message.starts_with(expected), "{what}: {message}");
        assert_quotes_nothing_of(&text, &message);
    }
}

/// No line of the text, and so nothing of a key, may be in the message.
fn assert_quotes_nothing_of(text: &[u8], message: &str) {
    let text = String::from_utf8_lossy(text);
    for line in text.lines().filter(|line| !line.starts_with("-----")) {
        let start: String = line.chars().take(12).collect();
        assert!(start.len() < 12 || !message.contains(&start), "{message}");
    }
}

#[test]
fn a_wrong_passphrase_and_an_unsupported_encryption_are_told_apart() {
    let wrong = Secret::new("battery staple".into());
    let message = refusal(SigningKey::from_pem(pbkdf2().as_bytes(), Some(&wrong), "key"));
    assert_eq!(
        message,
        "key cannot be decrypted with the configured passphrase; \
         check the passphrase, also for blanks and line ends around it"
    );

    // The same envelope with one number or identifier changed: a cost that would keep us busy for hours, and 3DES.
    let envelope = pem::parse(pbkdf2()).unwrap().into_contents();
    EncryptedPrivateKeyInfo::try_from(envelope.as_slice()).unwrap();
    let costly = replaced(&envelope, &[0x02, 0x02, 0x08, 0x00], &[0x02, 0x02, 0x7f, 0xff]);
    let triple_des = replaced(&envelope, &[0x03, 0x04, 0x01, 0x2a], &[0x03, 0x04, 0x01, 0x99]);
    let affordable = pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", costly));
    let message = refusal(SigningKey::from_pem(affordable.as_bytes(), Some(&wrong), "key"));
    assert!(message.contains("cannot be decrypted"), "32,767 rounds are tried: {message}");
    let unsupported = pem::encode(&pem::Pem::new("ENCRYPTED PRIVATE KEY", triple_des));
    let message = refusal(SigningKey::from_pem(unsupported.as_bytes(), Some(&wrong), "key"));
    assert!(message.starts_with("key is encrypted in a way that is not supported here"), "{message}");

    let endless =
        pbes2::Parameters::pbkdf2_sha256_aes256cbc(10_000_001, b"saltsalt", b"0123456789abcdef").unwrap();
    let info = EncryptedPrivateKeyInfo { encryption_algorithm: endless.into(), encrypted_data: &[0; 64] };
    let endless = pem::encode(&pem::Pem::new(
        "ENCRYPTED PRIVATE KEY",
        rsa::pkcs8::SecretDocument::try_from(info).unwrap().as_bytes(),
    ));
    let message = refusal(SigningKey::from_pem(endless.as_bytes(), Some(&wrong), "key"));
    assert!(message.starts_with("key is encrypted in a way that is not supported here"), "{message}");
}

fn replaced(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    let mut changed = bytes.to_vec();
    changed[at..at + new.len()].copy_from_slice(new);
    changed
}

#[test]
fn a_key_comes_from_a_file_a_variable_or_a_systemd_credential() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme.key");
    write_private(&file, pbkdf2().as_bytes()).unwrap();
    let passphrase_file = folder.path().join("passphrase");
    write_private(&passphrase_file, format!("{PASSPHRASE}\r\n").as_bytes()).unwrap();
    let credentials = folder.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("acme"), pkcs8()).unwrap();
    std::fs::set_permissions(credentials.join("acme"), std::fs::Permissions::from_mode(0o440)).unwrap();

    let world = world(&[
        ("ACME_KEY", pkcs8()),
        ("ACME_PASSPHRASE", PASSPHRASE),
        ("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap()),
    ]);
    let cases = [
        settings(KeySource::File(file.clone()), Some(PassphraseSource::File(passphrase_file))),
        settings(KeySource::File(file), Some(PassphraseSource::Environment("ACME_PASSPHRASE".into()))),
        settings(KeySource::Environment("ACME_KEY".into()), None),
        settings(KeySource::Credential("acme".into()), None),
    ];
    let expected = assertion(&SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap());
    for case in cases {
        let key = SigningKey::load(&case, &world);
        let key = key.unwrap_or_else(|error| panic!("{case:?}: {}", sentence(&error)));
        assert_eq!(assertion(&key), expected, "{case:?}");
    }
}

#[test]
fn a_key_that_cannot_be_reached_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open.key");
    std::fs::write(&open, pkcs8()).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o644)).unwrap();
    let closed = folder.path().join("closed.key");
    write_private(&closed, pbkdf2().as_bytes()).unwrap();
    let not_text = folder.path().join("passphrase");
    write_private(&not_text, &[0xff, 0xfe]).unwrap();
    let missing = folder.path().join("missing.key");
    let path = |file: &Path| file.display().to_string();

    let cases = [
        (
            settings(KeySource::File(open.clone()), None),
            format!(
                "{0} is too open: mode 0644 lets other accounts read or change it; run `chmod 600 {0}`, or mount a Kubernetes secret with `defaultMode: 0400`",
                path(&open)
            ),
        ),
        (
            settings(KeySource::File(missing.clone()), None),
            format!("cannot read {}: No such file or directory (os error 2)", path(&missing)),
        ),
        (
            settings(KeySource::File(folder.path().into()), None),
            format!("{} is a folder, not a regular file", path(folder.path())),
        ),
        (
            settings(KeySource::Environment("ACME_KEY".into()), None),
            "the environment variable ACME_KEY, which should hold the private key, is not set, is empty or is no UTF-8 text; \
             set it to the PEM text with its line ends"
                .into(),
        ),
        (
            settings(KeySource::Environment("EMPTY".into()), None),
            "the environment variable EMPTY, which should hold the private key, is not set, is empty or is no UTF-8 text; \
             set it to the PEM text with its line ends"
                .into(),
        ),
        (
            settings(KeySource::Credential("acme".into()), None),
            "the systemd credential `acme` cannot be read: CREDENTIALS_DIRECTORY is not set; run this as a \
             service with LoadCredential=acme:FILE, or name a file with private_key_file"
                .into(),
        ),
        (
            settings(KeySource::Credential("../acme".into()), None),
            "a systemd credential is named without folders; write the name that stands before the colon in \
             LoadCredential="
                .into(),
        ),
        (
            settings(KeySource::File(closed.clone()), Some(PassphraseSource::Environment("hunter2".into()))),
            "the environment variable that private_key_passphrase_env names is not set or is empty; \
             set it to the passphrase of the private key"
                .into(),
        ),
        (
            settings(KeySource::File(closed), Some(PassphraseSource::File(not_text.clone()))),
            format!("{} holds bytes that are not UTF-8; write the passphrase as plain text", path(&not_text)),
        ),
    ];
    for (case, expected) in cases {
        assert_eq!(refusal(SigningKey::load(&case, &world(&[("EMPTY", "")]))), expected, "{case:?}");
    }
}

#[test]
fn an_assertion_is_verified_by_the_certificate_and_says_what_was_claimed() {
    let key = SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap();
    let text = assertion(&key);

    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[CLAIMS.audience]);
    validation.set_issuer(&[CLAIMS.issuer]);
    // The date is fixed; the machine's is not.
    validation.validate_exp = false;
    let public = rsa_key().to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let verifier = DecodingKey::from_rsa_pem(public.as_bytes()).unwrap();
    let verified = jsonwebtoken::decode::<serde_json::Value>(&text, &verifier, &validation).unwrap();
    assert_eq!(
        verified.claims,
        serde_json::json!({
            "iss": CLAIMS.issuer,
            "sub": CLAIMS.subject,
            "aud": CLAIMS.audience,
            "exp": now().as_second() + ASSERTION_LIFETIME_SECONDS,
        })
    );
    assert_eq!(ASSERTION_LIFETIME_SECONDS, 180);
}

#[test]
fn a_generated_certificate_is_what_salesforce_takes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.crt");
    std::fs::write(&path, &generated().certificate_pem).unwrap();
    let key = SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap();
    let certificate = Certificate::read(&path).unwrap();

    assert_eq!(certificate.subject(), "CN=acme");
    assert_eq!(certificate.rsa_bits(), Some(2048));
    assert!(certificate.matches(&key));
    assert!(certificate.file_bytes() < 4096);
    assert_eq!(certificate.not_before(), "2026-11-21T09:00:00Z".parse().unwrap());
    assert_eq!(certificate.not_after(), "2027-11-21T10:00:00Z".parse().unwrap());
    assert_eq!(certificate.findings(&key, now()), []);
    assert_self_signed(&generated().certificate_pem);
}

/// The signature on the certificate is its own key's, over SHA-256.
fn assert_self_signed(certificate_pem: &str) {
    use sha2::Digest;
    use x509_cert::der::{Decode, Encode};
    // RFC 8017 §9.2, note 1: the DER prefix of a SHA-256 digest.
    const SHA256_PREFIX: [u8; 19] = [48, 49, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, 1, 5, 0, 4, 32];
    let parsed = x509_cert::Certificate::from_der(pem::parse(certificate_pem).unwrap().contents()).unwrap();
    let digest = sha2::Sha256::digest(parsed.tbs_certificate.to_der().unwrap());
    let padding = rsa::Pkcs1v15Sign { hash_len: Some(32), prefix: SHA256_PREFIX.into() };
    rsa_key().to_public_key().verify(padding, &digest, parsed.signature.raw_bytes()).unwrap();
}

#[test]
fn a_large_key_is_made_on_request() {
    let large = generate(KeySize::Bits4096, "acme", 730, now()).unwrap();
    let key = SigningKey::from_pem(large.private_key_pem.expose().as_bytes(), None, "key").unwrap();
    assert_eq!(key.bits(), 4096);
    assert!(large.certificate_pem.len() < 4096);
}

#[test]
fn an_unreasonable_certificate_is_not_made() {
    let cases = [
        ("acme", 0, "it can be valid for 1 to 3653 days, and 0 were asked for"),
        ("acme", 4000, "it can be valid for 1 to 3653 days, and 4000 were asked for"),
        (" ", 365, "its common name needs at least one visible character and no control characters"),
        ("ac\nme", 365, "its common name needs at least one visible character and no control characters"),
        (
            "an organization with a name of far more than sixty-four characters",
            365,
            "a common name has at most 64 characters, and this one has 66",
        ),
    ];
    for (name, days, expected) in cases {
        let message = refusal(generate(KeySize::Bits2048, name, days, now()));
        assert_eq!(message, format!("cannot make the certificate: {expected}"));
    }
}

#[test]
fn findings_tell_what_is_wrong_with_a_certificate() {
    use CertificateFinding as Finding;
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Certificate::read(&path).unwrap()
    };
    let key = SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap();
    let own = read("own.crt", &generated().certificate_pem);
    let (begin, end) = (own.not_before(), own.not_after());
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let times = [
        ("2026-11-21T08:59:59Z", vec![Finding::NotYetValid { not_before: begin }]),
        ("2026-11-21T09:00:00Z", vec![]),
        ("2027-10-22T09:59:59Z", vec![]),
        ("2027-10-22T10:00:00Z", vec![Finding::ExpiresSoon { not_after: end }]),
        ("2027-11-21T10:00:00Z", vec![Finding::Expired { not_after: end }]),
    ];
    for (time, expected) in times {
        assert_eq!(own.findings(&key, at(time)), expected, "{time}");
    }

    let chain = generated().certificate_pem.repeat(5);
    let long = read("chain.crt", &chain);
    assert!(long.matches(&key), "the first certificate of a chain is the app's own");
    assert_eq!(long.findings(&key, now()), [Finding::TooLarge { bytes: chain.len() }]);

    let windows =
        format!("\u{feff}subject=CN = acme\r\n{}", generated().certificate_pem.replace('\n', "\r\n"));
    assert!(read("windows.crt", &windows).matches(&key));

    let elliptic = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let elliptic = CertificateParams::default().self_signed(&elliptic).unwrap().pem();
    assert_eq!(read("ec.crt", &elliptic).findings(&key, now()), [Finding::NotRsa]);

    let sha512 = KeyPair::from_pkcs8_pem_and_sign_algo(pkcs8(), &rcgen::PKCS_RSA_SHA512).unwrap();
    let sha512 = CertificateParams::default().self_signed(&sha512).unwrap().pem();
    assert_eq!(read("sha512.crt", &sha512).findings(&key, now()), [Finding::NotSha256]);

    let other = RsaPrivateKey::new(&mut OsRng, 2048).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap();
    let other = SigningKey::from_pem(other.as_bytes(), None, "key").unwrap();
    assert!(!own.matches(&other));
    assert_eq!(own.findings(&other, now()), [Finding::OtherKey]);
    assert!(Finding::OtherKey.prevents_login());
    assert!(!Finding::ExpiresSoon { not_after: end }.prevents_login());
    assert_eq!(
        Finding::Expired { not_after: end }.to_string(),
        "the certificate expired at 2027-11-21T10:00:00.000Z"
    );
}

#[test]
fn a_file_that_is_no_certificate_is_refused_with_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.crt");
    let cases = [
        (pkcs8().to_owned(), "is a private key, not a certificate"),
        (block("RSA PUBLIC KEY"), "is a public key, not a certificate"),
        (block("CERTIFICATE REQUEST"), "is a certificate request, not a certificate"),
        (block("CERTIFICATE"), "looks like a certificate but cannot be decoded"),
        (block("CERTIFICATE").replace("Bw", "B!"), "is a damaged PEM text"),
        (String::new(), "holds no certificate"),
    ];
    for (text, expected) in cases {
        std::fs::write(&path, &text).unwrap();
        let message = refusal(Certificate::read(&path));
        assert_eq!(
            message,
            format!("{} {expected}; name the certificate that was uploaded to the app", path.display())
        );
        assert_quotes_nothing_of(text.as_bytes(), &message);
    }

    let message = refusal(Certificate::read(folder.path()));
    assert!(message.ends_with("it is a folder, pipe or device, not a regular file"), "{message}");
    let message = refusal(Certificate::read(&folder.path().join("missing.crt")));
    assert!(message.contains("No such file or directory"), "{message}");
}

#[test]
fn a_certificate_in_binary_form_is_read_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("acme.cer");
    std::fs::write(&path, pem::parse(&generated().certificate_pem).unwrap().contents()).unwrap();
    assert_eq!(Certificate::read(&path).unwrap().subject(), "CN=acme");
}

proptest! {
    // The same damage on every run.
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(67),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Bytes changed inside the encoding: no length or number makes the parser panic, and what is accepted is sound.
    #[test]
    fn a_damaged_encoding_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        only_the_beginning in any::<bool>(),
    ) {
        let damaged = |text: &str| {
            let block = pem::parse(text).unwrap();
            let mut contents = block.contents().to_vec();
            // Tags and lengths stand mostly at the beginning.
            let reach = if only_the_beginning { 40 } else { contents.len() };
            for (at, byte) in &changes {
                contents[at.index(reach)] = *byte;
            }
            pem::encode(&pem::Pem::new(block.tag(), contents))
        };
        let whole = SigningKey::from_pem(pkcs8().as_bytes(), None, "key").unwrap();
        if let Ok(key) = SigningKey::from_pem(damaged(pkcs8()).as_bytes(), None, "key") {
            prop_assert_eq!(assertion(&key), assertion(&whole));
        }

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acme.crt");
        std::fs::write(&path, damaged(&generated().certificate_pem)).unwrap();
        if let Ok(certificate) = Certificate::read(&path) {
            use CertificateFinding as Finding;
            let is_about_the_key =
                |finding: &Finding| matches!(finding, Finding::OtherKey | Finding::NotRsa | Finding::SmallKey { .. });
            let faulted = certificate.findings(&whole, now()).iter().any(is_about_the_key);
            prop_assert_eq!(certificate.matches(&whole), !faulted);
        }
    }
}
