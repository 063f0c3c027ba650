//! Who is asking, as the policy, the record and the limits each want to know it.

use jiff::Timestamp;

use crate::audit;
use crate::base::World;
use crate::identity::{self, VerifiedToken, Verifier, current_account};
use crate::limits::Key;
use crate::policy::{Account, Person, Policy, Principal, Tier, reason};

use super::Settings;
use super::settings::{issuers, key_cache_folder};

/// Who is asking.
pub(super) struct Caller {
    pub(super) principal: Principal,
    pub(super) recorded: audit::Principal,
    /// Who acts for whom, by the token itself.
    pub(super) actors: Vec<String>,
    /// Whether the token was checked with keys that should have been renewed.
    pub(super) used_stale_keys: bool,
    /// From when on the token is refused, however good it was before.
    pub(super) refused_from: Option<Timestamp>,
    /// What kept a caller from being known, for people.
    pub(super) problem: Option<String>,
}

impl Caller {
    /// The person with the token, or the operating-system account when there is none. Somebody who cannot be verified
    /// is a caller too: the refusal is recorded.
    pub(super) fn find(settings: &Settings, policy: Option<&Policy>, world: &World) -> Self {
        let rules = policy.and_then(Policy::rules);
        let tenant = rules.map(|rules| rules.tenant.clone());
        let found = match &settings.token {
            None => current_account().map(|account| {
                let account = Account { uid: account.uid, name: account.name };
                Self::account(account, tenant.clone())
            }),
            Some(source) => source.read(world).and_then(|token| {
                let verifier = Verifier {
                    issuers: &rules.map(|rules| issuers(settings, rules)).unwrap_or_default(),
                    http: &settings.http,
                    cache_folder: key_cache_folder(settings),
                    world,
                };
                verifier.verify(&token).map(|token| Self::person(token, tenant.clone()))
            }),
        };
        found.unwrap_or_else(|error| Self::unverified(&error, tenant))
    }

    fn account(account: Account, tenant: Option<String>) -> Self {
        let recorded = audit::Principal {
            subject: account.to_string(),
            tenant,
            is_service: true,
            ..audit::Principal::default()
        };
        Self::known(Principal::Account(account), recorded)
    }

    fn person(token: VerifiedToken, tenant: Option<String>) -> Self {
        let recorded = audit::Principal {
            issuer: Some(token.issuer),
            issuer_name: Some(token.issuer_name.clone()),
            subject: token.subject.clone(),
            name: None,
            email: token.email,
            tenant,
            groups: token.roles.iter().cloned().collect(),
            is_service: false,
            session: token.token_id,
        };
        let person = Person {
            issuer: token.issuer_name,
            subject: token.subject,
            scopes: token.scopes,
            roles: token.roles,
            companies: token.companies,
            actors: token.actors.clone(),
        };
        Self {
            actors: token.actors,
            used_stale_keys: token.used_stale_keys,
            refused_from: Some(token.refused_from),
            ..Self::known(Principal::Person(person), recorded)
        }
    }

    fn unverified(error: &identity::Error, tenant: Option<String>) -> Self {
        let reason =
            reason(error.code()).expect("a test holds every code of identity in the table of reasons");
        let recorded =
            audit::Principal { subject: "(unverified)".into(), tenant, ..audit::Principal::default() };
        Self { problem: Some(error.to_string()), ..Self::known(Principal::Unverified(reason), recorded) }
    }

    fn known(principal: Principal, recorded: audit::Principal) -> Self {
        Self {
            principal,
            recorded,
            actors: Vec::new(),
            used_stale_keys: false,
            refused_from: None,
            problem: None,
        }
    }

    /// Whose account is charged. All callers that nobody knows share one.
    pub(super) fn key(&self, tier: Option<Tier>) -> Key {
        let recorded = &self.recorded;
        let tier = tier.map(|tier| tier.to_string()).unwrap_or_default();
        Key::of(&[
            recorded.tenant.as_deref().unwrap_or_default(),
            recorded.issuer.as_deref().unwrap_or_default(),
            &recorded.subject,
            &tier,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts that stand between `before` and the next quote.
    fn quoted<'a>(source: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
        source.split(before).skip(1).filter_map(|rest| rest.split('"').next())
    }

    #[test]
    fn every_code_of_a_refusal_is_in_the_table_of_reasons() {
        let identity = include_str!("../identity/error.rs").split("pub fn code").nth(1).unwrap();
        let guard = [include_str!("run.rs"), include_str!("limit.rs")];
        let codes: Vec<_> = quoted(identity, "=> \"")
            .chain(guard.iter().flat_map(|source| quoted(source, "denial(\"")))
            .collect();
        assert!(codes.len() > 20, "{codes:?}");
        for code in codes {
            assert!(reason(code).is_some(), "{code}");
        }
    }
}
