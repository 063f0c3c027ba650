//! Where people and machines are reached: e-mail, telephone, IP.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;

use super::Kind;
use super::detectors::{Candidate, is_separate, windows};

/// What people use of RFC 5321's grammar: no quoted local parts, no address literals, a top-level domain of letters.
const EMAIL: &str = r"[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}";

/// International with a plus sign, and national as it is written in North America or with a leading zero elsewhere.
const PHONE: &str = r"\+[0-9](?:[ ().-]{0,2}[0-9]){7,14}|\(?[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}|\(?0[0-9]{1,4}\)?[ /-][0-9]{3,8}(?:[ -][0-9]{2,5}){0,3}";

/// Anything that could be an IP address; the standard library decides.
const IP: &str = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}";

static EMAIL_ADDRESS: LazyLock<Regex> = LazyLock::new(|| compiled(EMAIL));
static PHONE_NUMBER: LazyLock<Regex> = LazyLock::new(|| compiled(PHONE));
static IP_ADDRESS: LazyLock<Regex> = LazyLock::new(|| compiled(IP));

fn compiled(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

pub(super) fn find_email(text: &str, found: &mut Vec<Candidate>) {
    for hit in EMAIL_ADDRESS.find_iter(text) {
        found.push(Candidate {
            kind: Kind::Email,
            span: hit.range(),
            normalized: hit.as_str().to_lowercase(),
        });
    }
}

pub(super) fn find_phone(text: &str, found: &mut Vec<Candidate>) {
    for span in windows(&PHONE_NUMBER, text) {
        if is_separate(text, &span) {
            let normalized = text[span.clone()].chars().filter(char::is_ascii_digit).collect();
            found.push(Candidate { kind: Kind::Phone, span, normalized });
        }
    }
}

pub(super) fn find_ip(text: &str, found: &mut Vec<Candidate>) {
    for span in windows(&IP_ADDRESS, text) {
        let written = &text[span.clone()];
        let is_address = written.parse::<Ipv4Addr>().is_ok() || written.parse::<Ipv6Addr>().is_ok();
        if is_address && is_separate(text, &span) {
            found.push(Candidate { kind: Kind::IpAddress, normalized: written.to_lowercase(), span });
        }
    }
}
