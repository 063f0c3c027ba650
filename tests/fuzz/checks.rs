//! What must hold of each reader, whatever it is given: a check per fuzz target. The tests of the package give them the
//! inputs in `seeds/`, among which is everything that ever broke one.

use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use seatledger::auth::{Certificate, SigningKey};
use seatledger::base::{Clock, Environment, OffsetClock, Stop, World};
use seatledger::catalogue::FieldType;
use seatledger::config::{LoadOptions, load};
use seatledger::emulator::{Options, Server};
use seatledger::salesforce::{Column, Page, Value, read_refusal};

/// Answers to queries: whatever is taken is of the types asked for.
pub fn page(input: &[u8]) {
    let columns = [
        ("Id", FieldType::Id),
        ("Name", FieldType::Text),
        ("IsActive", FieldType::Boolean),
        ("Count", FieldType::Integer),
        ("Amount", FieldType::Number),
        ("CreatedDate", FieldType::DateTime),
        ("EndDate", FieldType::Date),
        ("Profile.Name", FieldType::Text),
        ("Profile.UserLicense.Name", FieldType::Text),
    ]
    .map(|(path, field_type)| Column { path: path.to_owned(), field_type });
    for asked in [&columns[..], &columns[..1], &[]] {
        let Ok(page) = Page::decode(input, asked) else { continue };
        for row in page.rows.iter() {
            for (place, column) in asked.iter().enumerate() {
                let fits = match (row.value(place), column.field_type) {
                    (Value::Null, _) => true,
                    (Value::Text(text), FieldType::Id) => text.len() == 18,
                    (Value::Text(text), FieldType::DateTime) => text.len() == 24,
                    (Value::Text(text), FieldType::Date) => text.len() == 10,
                    (Value::Text(_), FieldType::Text)
                    | (Value::Boolean(_), FieldType::Boolean)
                    | (Value::Integer(_), FieldType::Integer) => true,
                    (Value::Number(number), FieldType::Number) => number.is_finite(),
                    _ => false,
                };
                assert!(fits, "{} is {:?}", column.path, row.value(place));
            }
        }
        if let Some(next) = page.next {
            assert!(next.as_str().starts_with("/services/data/v"));
        }
    }
}

/// Bodies of refusals: one bounded line for people.
pub fn refusal(input: &[u8]) {
    let (code, message) = read_refusal(400, input);
    assert!(!code.is_empty());
    for text in [code, message] {
        assert!(text.chars().count() <= 601 && !text.contains(char::is_control), "{text:?}");
    }
}

/// Configurations: settings, or at least one sentence with a place.
pub fn config(input: &[u8]) {
    let folder = tempfile::tempdir().expect("there is room for a file");
    std::fs::write(folder.path().join("seatledger.toml"), input).expect("there is room for a file");
    match load(&LoadOptions::default(), &world(folder.path().to_owned())) {
        Ok(settings) => assert!(!settings.orgs.is_empty()),
        Err(errors) => {
            assert!(!errors.problems().is_empty());
            assert!(errors.problems().iter().all(|problem| !problem.to_string().is_empty()));
        }
    }
}

/// Keys and certificates: read or refused.
pub fn pem(input: &[u8]) {
    if let Err(error) = SigningKey::from_pem(input, None, "the key") {
        assert!(!error.to_string().is_empty());
    }
    let folder = tempfile::tempdir().expect("there is room for a file");
    let path = folder.path().join("certificate.pem");
    std::fs::write(&path, input).expect("there is room for a file");
    if let Ok(certificate) = Certificate::read(&path) {
        let _ = (certificate.subject().len(), certificate.rsa_bits());
    }
}

/// Queries of the emulated org: understood, or refused with a sentence.
pub fn soql(input: &[u8]) {
    static ORG: LazyLock<Server> = LazyLock::new(|| {
        let started = Server::start(Options {
            listen: ([127, 0, 0, 1], 0).into(),
            users: 10,
            seed: 1,
            latency: Duration::ZERO,
            faults: Vec::new(),
            certificates: Vec::new(),
            clock: clock(),
        });
        started.expect("an org of ten users starts")
    });
    if let Ok(query) = std::str::from_utf8(input)
        && let Err(refusal) = ORG.understands(query)
    {
        assert!(!refusal.is_empty());
    }
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(OffsetClock::starting_at(jiff::Timestamp::UNIX_EPOCH))
}

fn world(current_dir: PathBuf) -> World {
    World { environment: Environment::default(), clock: clock(), current_dir, stop: Stop::default() }
}
