//! What a policy file says, as plain data. A value of [`Rules`] has passed every check of the loader.

use std::collections::{BTreeMap, BTreeSet};

use super::{Channel, Companies, Operation, Redaction, Tier};

/// A loaded policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The tenant that every token must belong to.
    pub tenant: String,
    /// Who issues tokens; names and issuer URLs are unique.
    pub issuers: Vec<Issuer>,
    /// Operating-system accounts that may ask for something.
    pub services: Vec<Service>,
    /// What a role in a token gives, by its exact name.
    pub roles: BTreeMap<String, Role>,
    /// The scopes that each operation needs, all of them; an operation that is not here is denied.
    pub operations: BTreeMap<&'static str, BTreeSet<String>>,
    /// Where an operation may come from; an operation that is not here may come from anywhere.
    pub channels: BTreeMap<&'static str, BTreeSet<Channel>>,
    /// Layered permissions, of which the most specific wins.
    pub permissions: Vec<Permission>,
    /// Absolute prohibitions, by their id.
    pub forbids: BTreeMap<String, Forbid>,
    /// Fields that must not leave as they are, by object and field.
    pub redactions: Vec<Redaction>,
    /// Whether callers are held to their companies.
    pub scopes_companies: bool,
    /// `[limits]`
    pub limits: LimitRules,
    /// `[pii]`
    pub pii: PiiRules,
    /// `[audit]`
    pub audit: AuditRules,
}

/// An issuer of tokens and how its tokens are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Its short name, which permissions refer to.
    pub name: String,
    /// Its issuer identifier, to the byte.
    pub issuer: String,
    /// Other spellings of the identifier that mean the same issuer.
    pub issuer_aliases: Vec<String>,
    /// The audiences of which a token must name one.
    pub audience: Vec<String>,
    /// The signature algorithms that are accepted (RFC 7518 §3.1).
    pub algorithms: Vec<String>,
    /// Where its keys are.
    pub jwks: JwksSource,
    /// The hosts that keys may be fetched from.
    pub jwks_hosts: Vec<String>,
    /// Whether keys may be fetched from private addresses and, on this machine, over plain http.
    pub allow_private: bool,
    /// How old fetched keys may become while they cannot be fetched anew, in seconds from when they were fetched.
    pub stale_if_error_s: u32,
    /// The values of the `typ` header that are accepted.
    pub allowed_typ: Vec<String>,
    /// The parties that tokens may have been issued to; empty for any.
    pub authorized_parties: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway_s: u32,
    /// How long a token may be valid, in seconds.
    pub max_lifetime_s: u32,
    /// Whether tokens must follow RFC 9068 in full.
    pub requires_rfc9068: bool,
    /// Whether ID tokens are accepted as bearer tokens.
    pub accept_id_token: bool,
    /// What its claims are called.
    pub claims: ClaimNames,
    /// What gives a person scopes and companies.
    pub grant: Grant,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwksSource {
    /// Where its discovery document says.
    Discover,
    /// At this URL.
    Uri(String),
    /// In this file, as written.
    File(String),
}

/// What an issuer's claims are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimNames {
    /// The person, within the issuer.
    pub subject: String,
    /// The mail address, for display only.
    pub email: Option<String>,
    /// Scopes.
    pub scope: Option<String>,
    /// Roles.
    pub roles: Option<String>,
    /// The tenant; without it the issuer has only this one.
    pub tenant: Option<String>,
    /// Companies.
    pub companies: Option<String>,
}

/// What gives a person scopes and companies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The token alone.
    Scope,
    /// The roles alone.
    Role,
    /// What both the token and the roles give.
    ScopeAndRole,
}

/// An operating-system account that may ask for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name in records.
    pub name: String,
    /// The account: a user name, or `#` and a user id.
    pub unix_user: String,
    /// How it runs.
    pub tier: Tier,
    /// What it may do.
    pub scopes: BTreeSet<String>,
    /// Whose data it may see.
    pub companies: Companies,
}

/// What a role gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Scopes.
    pub scopes: BTreeSet<String>,
    /// Companies.
    pub companies: Companies,
}

/// A layered permission: about a subject, an operation or both, or about a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Whom and what it is about.
    pub about: PermissionTarget,
    /// What it says.
    pub effect: Effect,
}

/// Whom and what a permission is about, the most specific last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionTarget {
    /// Everybody of this tier.
    Tier(Tier),
    /// Everything that this person does.
    Subject(Subject),
    /// Everybody who does this.
    Operation(&'static Operation),
    /// This person, doing this.
    SubjectAndOperation(Subject, &'static Operation),
}

/// A person, as a permission names one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The issuer's short name.
    pub issuer: String,
    /// The person within it.
    pub sub: String,
}

/// What a permission says. An allowed operation still needs its scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Go on.
    Allow,
    /// Refuse.
    Deny,
}

/// An absolute prohibition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbid {
    /// For whom; empty for everybody.
    pub tiers: BTreeSet<Tier>,
    /// What is forbidden, exceptions taken out.
    pub operations: BTreeSet<&'static str>,
}

/// `[limits]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitRules {
    /// How often, by tier.
    pub rate: BTreeMap<Tier, Rate>,
    /// Salesforce API requests per day and person.
    pub daily_api_calls: Option<u64>,
    /// Rows per day and person.
    pub daily_rows: Option<u64>,
    /// Bytes per day and person.
    pub daily_bytes: Option<u64>,
    /// The percentage of the org's daily API requests that stays free.
    pub keep_free_api_percent: Option<u8>,
}

/// At most so many calls in any window of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls.
    pub max: u32,
    /// Seconds.
    pub window_s: u32,
}

impl LimitRules {
    /// The rate of a tier. A tier without one of its own has the strictest that is written.
    pub fn rate_of(&self, tier: Tier) -> Option<Rate> {
        let strictest = || self.rate.values().copied().min_by(|one, other| one.compare_pace(*other));
        self.rate.get(&tier).copied().or_else(strictest)
    }
}

impl Rate {
    /// Which of two lets fewer calls through in the long run, and at once if they are equal in that.
    pub(super) fn compare_pace(self, other: Self) -> std::cmp::Ordering {
        let pace = |rate: Self, window: u32| u64::from(rate.max) * u64::from(window);
        pace(self, other.window_s).cmp(&pace(other, self.window_s)).then(self.max.cmp(&other.max))
    }
}

/// `[pii]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PiiRules {
    /// The longest arguments of one operation, in bytes.
    pub max_input_bytes: u64,
    /// What is done with each type in arguments.
    pub query: BTreeMap<String, PiiAction>,
    /// The same in results.
    pub result: BTreeMap<String, PiiAction>,
}

/// What is done with a personal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PiiAction {
    /// Nothing.
    Allow,
    /// It is counted in the record.
    Detect,
    /// It is taken out.
    Redact,
    /// The operation is refused.
    Block,
}

/// `[audit]`. Paths stand as they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRules {
    /// The journal.
    pub path: Option<String>,
    /// How much is recorded.
    pub level: AuditLevel,
    /// The key that literals are replaced with.
    pub hmac_key_file: Option<String>,
    /// Signed checkpoints.
    pub checkpoint: Option<Checkpoint>,
    /// Where events are sent, by name.
    pub sinks: BTreeMap<String, Sink>,
}

/// How much is recorded of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditLevel {
    /// Who, what, when, and what came of it.
    Metadata,
    /// Also the shape of queries and the names of arguments.
    Request,
}

/// How the journal is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// After so many events.
    pub every: u64,
    /// The Ed25519 key.
    pub sign_key_file: String,
    /// A folder that each checkpoint is also written to.
    pub copy_to: Option<String>,
}

/// A receiver of audit events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    /// Where events are sent.
    pub url: String,
    /// Whether that may be a private address and, on this machine, plain http.
    pub allow_private: bool,
    /// The file with the webhook secret.
    pub secret_file: String,
    /// The body's format.
    pub format: SinkFormat,
    /// How many events may wait.
    pub max_backlog: u64,
    /// What happens when more wait.
    pub on_backlog: OnBacklog,
}

/// The format of delivered events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SinkFormat {
    /// OCSF 1.8, class API Activity.
    Ocsf18,
}

/// What happens when too many events wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBacklog {
    /// A warning.
    Warn,
    /// Every operation is refused.
    Deny,
}
