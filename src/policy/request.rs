//! Who asks for what: the values that a decision is made from.

use std::collections::BTreeSet;
use std::fmt;

use super::Reason;

/// Who is asking, as far as that could be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Nobody that could be verified, and why not.
    Unverified(&'static Reason),
    /// An operating-system account.
    Account(Account),
    /// A person with a verified token.
    Person(Person),
}

/// An operating-system account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its user id.
    pub uid: u32,
    /// Its user name, if the system knows one.
    pub name: Option<String>,
}

/// A person with a verified token. Issuer and subject together say who it is; a mail address never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The issuer's short name in the policy.
    pub issuer: String,
    /// The person within the issuer.
    pub subject: String,
    /// The scopes in the token.
    pub scopes: BTreeSet<String>,
    /// The roles in the token.
    pub roles: BTreeSet<String>,
    /// The companies in the token; `None` when its issuer is not asked for any.
    pub companies: Option<BTreeSet<String>>,
    /// Who acts for the person by the token itself (RFC 8693 §4.1), the present actor first.
    pub actors: Vec<String>,
}

/// The user name if there is one, else `#` and the user id.
impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(formatter, "{name}"),
            None => write!(formatter, "#{}", self.uid),
        }
    }
}

impl Account {
    /// Whether a policy's `unix_user` means this account: its user name, or `#` and its user id as sudoers(5) has it.
    pub(super) fn is(&self, unix_user: &str) -> bool {
        match unix_user.strip_prefix('#') {
            Some(digits) => digits.parse() == Ok(self.uid),
            None => self.name.as_deref() == Some(unix_user),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The operation's name, as it was asked for.
    pub operation: &'a str,
    /// Where the request came from.
    pub channel: Channel,
    /// Which companies it is about.
    pub companies: CompaniesAsked<'a>,
    /// The length of all arguments together.
    pub argument_bytes: u64,
    /// The tier that the caller claims, unverified. It can only make the decision stricter.
    pub claimed_tier: Option<&'a str>,
    /// The agents that handed the request on, as the caller states them. They can only make the decision stricter.
    pub delegation: &'a [Hop<'a>],
}

/// An agent that handed the request on.
#[derive(Clone, Copy, Debug)]
pub struct Hop<'a> {
    /// What it calls itself.
    pub agent: &'a str,
    /// The scopes that it passed on; `None` when it does not say.
    pub scopes: Option<&'a [&'a str]>,
}

/// Which companies a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompaniesAsked<'a> {
    /// Those that the caller may see, whichever they are.
    Permitted,
    /// These.
    Named(&'a [&'a str]),
    /// All there are.
    All,
}

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// The command line.
    Cli,
    /// The Model Context Protocol over standard input and output.
    McpStdio,
    /// The Model Context Protocol over HTTP.
    McpHttp,
}

impl Channel {
    /// The channels by their names in a policy.
    pub const NAMES: &'static [(&'static str, Self)] =
        &[("cli", Self::Cli), ("mcp-stdio", Self::McpStdio), ("mcp-http", Self::McpHttp)];
}

/// How a caller works, which limits and prohibitions depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// A person, waiting.
    Interactive,
    /// A program, for a person.
    Api,
    /// An agent that another agent started.
    Subagent,
    /// Nobody waits.
    Background,
}

impl Tier {
    /// The tiers by their names in a policy.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("interactive", Self::Interactive),
        ("api", Self::Api),
        ("subagent", Self::Subagent),
        ("background", Self::Background),
    ];

    /// The tier of exactly this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, tier)| *tier)
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, tier)| tier == self).map_or("", |(name, _)| name);
        write!(formatter, "{name}")
    }
}
