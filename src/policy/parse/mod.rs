//! A policy file's text to [`Rules`], strictly: everything that is not understood is a problem, and all problems are
//! reported at once, by line.
//!
//! Each file here reads some tables of the policy file.

mod access;
mod address;
mod identity;
mod operations;
mod problem;
mod rooms;
mod table;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use toml::de::DeTable;

pub use problem::{IdleKey, Problem, Problems};

use super::keys;
use super::rules::Rules;
use problem::Notes;
use table::Table;

/// A larger file is not a policy.
pub const LARGEST_POLICY_BYTES: usize = 1024 * 1024;

/// Reads the whole file, and notes the keys that change nothing.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn rules(content: &[u8]) -> Result<(Rules, Vec<IdleKey>), Problems> {
    let text = text(content)?;
    let (root, breaches) = DeTable::parse_recoverable(text);
    let notes = Notes::on(text);
    for breach in breaches {
        let at = breach.span().map_or(0, |span| span.start);
        // The parser describes what it expected there and never quotes the text.
        let what = match breach.message() {
            "duplicate key" => "this key or table stands here for the second time",
            other => other,
        };
        notes.add(notes.line_of(at), format!("the file is not valid TOML: {what}"));
    }
    notes.check()?;

    let root = Table::root(root.get_ref(), &notes, &keys::ROOT);
    if !root.has("version") {
        root.note("`version` is missing; write version = 1");
    } else if !root.is_number("version", 1) {
        root.wrong("version", "must be 1, the only one that this program knows");
    }
    let identity = identity::read(&root);
    let rules = Rules {
        tenant: root.need_text("tenant"),
        roles: identity::read_roles(&root),
        operations: operations::read(&root),
        channels: operations::read_channels(&root),
        permissions: access::read_permissions(&root, &identity.issuers),
        forbids: access::read_forbids(&root),
        issuers: identity.issuers,
        services: identity.services,
        redactions: access::read_redactions(&root),
        scopes_companies: root
            .table("company", &keys::COMPANY)
            .is_none_or(|company| company.flag("enforce", true)),
        limits: rooms::read_limits(&root),
        pii: rooms::read_pii(&root),
        audit: rooms::read_audit(&root),
    };
    rooms::check_salesforce(&root);
    notes.check()?;
    Ok((rules, notes.idle_keys()))
}

/// The SHA-256 of the file's bytes in lower-case hexadecimal.
pub(super) fn fingerprint(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

fn text(content: &[u8]) -> Result<&str, Problems> {
    if content.len() > LARGEST_POLICY_BYTES {
        let message =
            format!("the file has more than {} KiB, too much for a policy", LARGEST_POLICY_BYTES / 1024);
        return Err(Problems::alone(1, message));
    }
    let text = std::str::from_utf8(content).map_err(|error| {
        let line = 1 + content[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        Problems::alone(line, "this line is not UTF-8; save the file as UTF-8")
    })?;
    if text.trim().is_empty() {
        return Err(Problems::alone(
            1,
            "the file is empty; `seatledger policy init` writes one to start from",
        ));
    }
    Ok(text)
}
