//! What the guard needs to know of this installation, and what a policy's own words come to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Error;
use crate::audit::{
    CheckpointKey, Checkpoints, FingerprintKey, OnBacklog, Settings as JournalSettings, Sink, SinkFormat,
    WebhookSecret,
};
use crate::base::World;
use crate::http;
use crate::identity::{ClaimNames, IssuerSettings, KeySource, TenantRule, TokenSource};
use crate::pii;
use crate::policy::{self, Issuer, JwksSource, PiiAction, PiiRules, Rules};

/// Where things are.
pub struct Settings {
    /// The policy file, if one is configured.
    pub policy_file: Option<PathBuf>,
    /// The database, whose owner may do everything where there is no policy file.
    pub database: PathBuf,
    /// The journal, unless the policy names another.
    pub journal: PathBuf,
    /// Where the caller's token is; without one the operating-system account is asking.
    pub token: Option<TokenSource>,
    /// The way to an identity provider's keys.
    pub http: http::Settings,
}

/// The name under which checkpoints are signed.
const SIGNER: &str = "seatledger";

/// What the policy's `[audit]` comes to; its paths start from the policy file's folder.
pub(super) struct AuditPlan {
    pub(super) journal: JournalSettings,
    pub(super) sinks: Vec<Sink>,
    pub(super) fingerprints: Option<FingerprintKey>,
}

impl AuditPlan {
    pub(super) fn new(settings: &Settings, rules: Option<&Rules>, world: &World) -> Result<Self, Error> {
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let journal = JournalSettings {
            path: journal_path(settings, rules),
            host,
            sinks: Vec::new(),
            checkpoints: None,
        };
        let mut plan = Self { journal, sinks: Vec::new(), fingerprints: None };
        let Some(rules) = rules else { return Ok(plan) };
        let folder = policy_folder(settings);
        let audit = &rules.audit;
        if let Some(file) = &audit.hmac_key_file {
            plan.fingerprints = Some(FingerprintKey::load(&folder.join(file), world)?);
        }
        if let Some(checkpoint) = &audit.checkpoint {
            plan.journal.checkpoints = Some(Checkpoints {
                key: CheckpointKey::load(&folder.join(&checkpoint.sign_key_file), SIGNER, world)?,
                every: checkpoint.every,
                copy_to: checkpoint.copy_to.as_ref().map(|copies| folder.join(copies)),
            });
        }
        for (name, sink) in &audit.sinks {
            plan.journal.sinks.push(name.clone());
            plan.sinks.push(sink_of(name, sink, &folder, world)?);
        }
        Ok(plan)
    }
}

/// Where the journal is: the policy's word counts more than the configuration's.
pub(super) fn journal_path(settings: &Settings, rules: Option<&Rules>) -> PathBuf {
    match rules.and_then(|rules| rules.audit.path.as_ref()) {
        Some(path) => policy_folder(settings).join(path),
        None => settings.journal.clone(),
    }
}

/// The folder that the policy's paths start from.
pub(super) fn policy_folder(settings: &Settings) -> PathBuf {
    let folder = settings.policy_file.as_deref().and_then(Path::parent);
    folder.map(Path::to_owned).unwrap_or_default()
}

/// Where issuers' keys stay between runs.
pub(super) fn key_cache_folder(settings: &Settings) -> PathBuf {
    settings.journal.with_file_name("jwks")
}

fn sink_of(name: &str, sink: &policy::Sink, folder: &Path, world: &World) -> Result<Sink, Error> {
    let secrets = WebhookSecret::load(&folder.join(&sink.secret_file), world)?;
    let built = Sink::new(name, &sink.url, sink.allow_private, secrets);
    let mut built = built.map_err(|problem| Error::Sink { name: name.to_owned(), problem })?;
    built.format = match sink.format {
        policy::SinkFormat::Ocsf18 => SinkFormat::Ocsf,
    };
    built.most_waiting = Some(sink.max_backlog);
    built.on_backlog = match sink.on_backlog {
        policy::OnBacklog::Warn => OnBacklog::Warn,
        policy::OnBacklog::Deny => OnBacklog::Deny,
    };
    Ok(built)
}

/// The policy's issuers as the verifier wants them.
pub(super) fn issuers(settings: &Settings, rules: &Rules) -> Vec<IssuerSettings> {
    let folder = policy_folder(settings);
    rules.issuers.iter().map(|issuer| issuer_of(issuer, &rules.tenant, &folder)).collect()
}

fn issuer_of(issuer: &Issuer, tenant: &str, folder: &Path) -> IssuerSettings {
    let claims = &issuer.claims;
    IssuerSettings {
        name: issuer.name.clone(),
        issuer: issuer.issuer.clone(),
        issuer_aliases: issuer.issuer_aliases.clone(),
        audiences: issuer.audience.clone(),
        algorithms: issuer.algorithms.clone(),
        keys: match &issuer.jwks {
            JwksSource::Discover => KeySource::Discover,
            JwksSource::Uri(uri) => KeySource::Uri(uri.clone()),
            JwksSource::File(file) => KeySource::File(folder.join(file)),
        },
        key_hosts: issuer.jwks_hosts.clone(),
        allow_private: issuer.allow_private,
        stale_if_error_s: issuer.stale_if_error_s,
        types: issuer.allowed_typ.clone(),
        authorized_parties: issuer.authorized_parties.clone(),
        leeway_s: issuer.leeway_s,
        max_lifetime_s: issuer.max_lifetime_s,
        requires_rfc9068: issuer.requires_rfc9068,
        accept_id_token: issuer.accept_id_token,
        claims: ClaimNames {
            subject: claims.subject.clone(),
            email: claims.email.clone(),
            scope: claims.scope.clone(),
            roles: claims.roles.clone(),
            companies: claims.companies.clone(),
        },
        tenant: claims
            .tenant
            .as_ref()
            .map(|claim| TenantRule { claim: claim.clone(), value: tenant.to_owned() }),
    }
}

/// What is looked for in arguments: the usual, and what the policy says instead.
pub(super) fn argument_rules(rules: Option<&PiiRules>) -> pii::Rules {
    with_actions(pii::Rules::QUERY, rules.map(|rules| &rules.query))
}

/// What is taken out of the free text of results.
pub(super) fn result_rules(rules: Option<&PiiRules>) -> pii::Rules {
    with_actions(pii::Rules::RESULT, rules.map(|rules| &rules.result))
}

fn with_actions(usual: pii::Rules, actions: Option<&BTreeMap<String, PiiAction>>) -> pii::Rules {
    actions.into_iter().flatten().fold(usual, |known, (kind, action)| match pii::Kind::from_name(kind) {
        Some(kind) => known.with(kind, pii_action(*action)),
        None => known,
    })
}

fn pii_action(action: PiiAction) -> pii::Action {
    match action {
        PiiAction::Allow => pii::Action::Allow,
        PiiAction::Detect => pii::Action::Detect,
        PiiAction::Redact => pii::Action::Redact,
        PiiAction::Block => pii::Action::Block,
    }
}

/// How long a run may spend on sending its events.
pub(super) const DELIVERY_TIME: Duration = Duration::from_secs(10);
