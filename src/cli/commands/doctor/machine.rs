//! What can be checked without signing in: files, keys, certificates, the clock.

use jiff::{SignedDuration, Timestamp};

use super::finding::{Finding, Verdict};
use crate::auth::{Certificate, KeySource, SigningKey};
use crate::base::{World, read_protected, utc_text};
use crate::cli::books;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::config::{OrgSettings, Settings};
use crate::export::PrivacyKey;
use crate::http::{Client, Origin, Request, http_date};
use crate::policy::{LARGEST_POLICY_BYTES, Policy};
use crate::report::books::{Book, Books};
use crate::store::{self, Reader};

/// An assertion lives three minutes; a clock this wrong leaves no time for its journey.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_secs(150);
/// A machine with time synchronization is right to a second.
const NOTABLE_SKEW: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn database(settings: &Settings) -> Finding {
    let path = &settings.store.path;
    let check = "database";
    match Reader::open(path) {
        Ok(_) => Finding::good(check, format!("{} can be read", path.display())),
        Err(store::Error::Missing(_)) if path.parent().is_some_and(|folder| folder.is_dir()) => {
            Finding::good(check, format!("{} will be made by the first `collect`", path.display()))
        }
        Err(store::Error::Missing(_)) => Finding::problem(
            Exit::Usage,
            check,
            format!("the folder of {} does not exist", path.display()),
            "make the folder, or correct `path` under [store]",
        ),
        Err(error) => Finding::failed(check, &Failure::from(error)),
    }
}

pub(super) fn privacy_key(settings: &Settings, world: &World) -> Finding {
    let check = "privacy key";
    match &settings.privacy.key_file {
        None => Finding::warning(
            check,
            "no key for pseudonyms is configured, so `export` works only with `--identify`",
            "name one with `key_file` under [privacy]; `seatledger init` makes one",
        ),
        Some(path) => match PrivacyKey::read(path, world) {
            Ok(_) => Finding::good(check, format!("{} can be used", path.display())),
            Err(error) => Finding::failed(check, &Failure::from(error)),
        },
    }
}

/// A book that cannot be used stops the reports that go by it, and nothing else.
pub(super) fn book(book: Book, settings: &Settings, context: &Context) -> Option<Finding> {
    let path = books::path_of(book, settings)?;
    Some(match books::add(&mut Books::default(), book, settings, context) {
        Ok(()) => Finding::good(book.word(), format!("{} can be used", path.display())),
        Err(failure) => Finding {
            verdict: Verdict::Warning,
            fix: Some(format!(
                "mend the file, or correct `{}` under [finance]; until then the reports that go by it refuse",
                book.word()
            )),
            ..Finding::failed(book.word(), &failure)
        },
    })
}

pub(super) fn key_and_certificate(org: &OrgSettings, world: &World) -> Vec<Finding> {
    let key = match SigningKey::load(&org.key, world) {
        Ok(key) => key,
        Err(error) => return vec![Finding::failed("private key", &Failure::from(error))],
    };
    let mut findings =
        vec![Finding::good("private key", format!("{} is an RSA key of {} bits", org.key.key, key.bits()))];
    let Some(path) = &org.key.certificate_file else {
        findings.push(Finding::warning(
            "certificate",
            "no certificate is configured, so its match and its end cannot be checked",
            "name the certificate that was uploaded to the app with `certificate_file`",
        ));
        return findings;
    };
    match Certificate::read(path) {
        Err(error) => findings.push(Finding::failed("certificate", &Failure::from(error))),
        Ok(certificate) => {
            let wrong = certificate.findings(&key, world.clock.now());
            if wrong.is_empty() {
                let end = utc_text(certificate.not_after());
                findings.push(Finding::good(
                    "certificate",
                    format!("it belongs to the key and is valid until {end}"),
                ));
            }
            findings.extend(wrong.iter().map(|found| match found.prevents_login() {
                true => Finding::problem(Exit::Usage, "certificate", found.to_string(), found.fix()),
                false => Finding::warning("certificate", found.to_string(), found.fix()),
            }));
        }
    }
    findings
}

/// Whether the policy, which was loaded to get here, says something that changes nothing.
pub(super) fn policy(settings: &Settings, world: &World) -> Option<Finding> {
    let path = settings.policy.file.as_ref()?;
    let content = read_protected(path, world, LARGEST_POLICY_BYTES as u64).ok()?;
    let policy = Policy::parse(&content).ok()?;
    let idle: Vec<_> = policy.idle_keys().iter().map(|key| key.name.as_str()).collect();
    Some(match idle.as_slice() {
        [] => Finding::good("policy", format!("{} can be used", path.display())),
        names => {
            let have = if names.len() == 1 { "has" } else { "have" };
            Finding::warning(
                "policy",
                format!("{} {have} no effect in this version", names.join(", ")),
                "see what holds instead with `seatledger policy check`",
            )
        }
    })
}

/// A policy binds only those who cannot take the key and go past it.
pub(super) fn key_within_reach(org: &OrgSettings, settings: &Settings) -> Option<Finding> {
    let KeySource::File(path) = &org.key.key else { return None };
    let is_bound = settings.policy.file.is_some() && std::fs::File::open(path).is_ok();
    is_bound.then(|| {
        Finding::warning(
            "trust boundary",
            format!(
                "the account that runs this can read {} directly, so whoever has a shell as this account is above the \
                 policy",
                path.display()
            ),
            "let people run it as a service account of its own (`sudo -u seatledger`), which alone can read the key",
        )
    })
}

/// Holds this machine's clock against the `Date` header of the server that will judge the assertion.
pub(super) fn clock(org: &OrgSettings, client: &Client, world: &World) -> Finding {
    let check = "clock";
    let origin = match Origin::parse(&org.login_url, org.insecure_loopback) {
        Ok(origin) => origin,
        Err(error) => {
            return Finding::problem(
                Exit::Usage,
                "network",
                format!("`login_url` {error}"),
                "correct `login_url`",
            );
        }
    };
    let response = match client.send(&Request::get(&origin, "/services/data/")) {
        Ok(response) => response,
        Err(error) => {
            let mut failure = Failure::from(error);
            failure.exit = Exit::Failed;
            return Finding::failed("network", &failure);
        }
    };
    let here = world.clock.now();
    match response.header("date").and_then(http_date) {
        None => Finding::warning(
            check,
            format!("{} does not tell its time", origin.host()),
            "make sure that this machine's time is synchronized",
        ),
        Some(there) => skew(check, here, there),
    }
}

fn skew(check: &str, here: Timestamp, there: Timestamp) -> Finding {
    let skew = here.duration_since(there).abs();
    let found = format!(
        "this machine's time is {}, Salesforce's {}: {} s apart",
        utc_text(here),
        utc_text(there),
        skew.as_secs()
    );
    let fix = "synchronize this machine's clock (for example with chrony or systemd-timesyncd)";
    if skew >= LARGEST_SKEW {
        Finding::problem(Exit::Authentication, check, found, fix)
    } else if skew >= NOTABLE_SKEW {
        Finding::warning(check, found, fix)
    } else {
        Finding::good(check, "this machine and Salesforce agree on the time")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_told_by_degree() {
        let there: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        let cases = [
            (0, Verdict::Good),
            (9, Verdict::Good),
            (-10, Verdict::Warning),
            (149, Verdict::Warning),
            (150, Verdict::Problem(Exit::Authentication)),
            (-3600, Verdict::Problem(Exit::Authentication)),
        ];
        for (seconds, verdict) in cases {
            let here = there + SignedDuration::from_secs(seconds);
            assert_eq!(skew("clock", here, there).verdict, verdict, "{seconds} s");
        }
    }
}
