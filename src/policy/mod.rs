//! The decision whether an operation may run: principal, operation, channel and companies in; verdict with reason out.
//!
//! Start reading at [`decide()`]. A policy file becomes a [`Policy`] in [`Policy::parse`]; what it says is plain data in
//! [`Rules`]. [`OPERATIONS`] is everything that can be asked for, [`REASONS`] everything that can be answered. Deny by
//! default: nothing is allowed that the file does not allow. Pure: knows no file, clock, network or database, and
//! takes for granted who is asking.

mod decide;
mod decision;
mod grants;
mod keys;
mod operation;
mod parse;
mod reason;
mod request;
mod rules;

pub use decide::{Answer, Explanation, MOST_HOPS, decide, explain};
pub use decision::{Companies, Decision, Denial, Masking, Obligations, Redaction};
pub use keys::{KEY_TABLES, Key, KeyTable};
pub use operation::{CompanyRule, OPERATIONS, Operation, operation};
pub use parse::{IdleKey, LARGEST_POLICY_BYTES, Problem, Problems};
pub use reason::{DetailRule, Family, REASONS, Reason, reason};
pub use request::{Account, Channel, CompaniesAsked, Hop, Person, Principal, Request, Tier};
pub use rules::{
    AuditLevel, AuditRules, Checkpoint, ClaimNames, Effect, Forbid, Grant, Issuer, JwksSource, LimitRules,
    OnBacklog, Permission, PermissionTarget, PiiAction, PiiRules, Rate, Role, Rules, Service, Sink,
    SinkFormat, Subject,
};

/// The policy file that `policy init` writes: commented, and valid as it stands.
pub const STARTER: &str = include_str!("starter.toml");

/// Who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    basis: Basis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Basis {
    Owner { uid: u32 },
    File { id: String, rules: Box<Rules>, idle: Vec<IdleKey> },
}

impl Policy {
    /// What holds when no policy file is configured: the account that owns the data may do everything, and nobody else
    /// anything. Who that is, the caller has to find out.
    pub fn of_owner(uid: u32) -> Self {
        Self { basis: Basis::Owner { uid } }
    }

    /// Reads a policy file's content. There is no half-loaded policy: with any problem, nothing is allowed.
    ///
    /// # Errors
    /// Everything that is wrong with it, by line. No message quotes a value that may be secret.
    pub fn parse(content: &[u8]) -> Result<Self, Problems> {
        let (rules, idle) = parse::rules(content)?;
        Ok(Self { basis: Basis::File { id: parse::fingerprint(content), rules: Box::new(rules), idle } })
    }

    /// What the file says; `None` without one.
    pub fn rules(&self) -> Option<&Rules> {
        match &self.basis {
            Basis::Owner { .. } => None,
            Basis::File { rules, .. } => Some(rules),
        }
    }

    /// The file's keys that are checked and change nothing in this version, in the order of their lines.
    pub fn idle_keys(&self) -> &[IdleKey] {
        match &self.basis {
            Basis::Owner { .. } => &[],
            Basis::File { idle, .. } => idle,
        }
    }

    /// The SHA-256 of the file's bytes in lower-case hexadecimal, which every audit record carries; `None` without a
    /// file.
    pub fn id(&self) -> Option<&str> {
        match &self.basis {
            Basis::Owner { .. } => None,
            Basis::File { id, .. } => Some(id),
        }
    }
}
