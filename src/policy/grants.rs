//! What a principal holds: scopes, companies and tier, by the policy and by its token.

use std::collections::BTreeSet;

use super::decision::Companies;
use super::request::{Account, Hop, Person, Principal};
use super::rules::{Grant, Issuer, Role, Rules, Service};
use super::{Basis, Policy, Tier};

/// Who the principal is to this policy, in words; `None` if nobody.
pub(super) fn described(policy: &Policy, principal: &Principal) -> Option<String> {
    match (&policy.basis, principal) {
        (_, Principal::Unverified(_)) => None,
        (Basis::Owner { uid }, Principal::Account(account)) => {
            (account.uid == *uid).then(|| format!("account {account}, which owns the data"))
        }
        (Basis::Owner { .. }, Principal::Person(_)) => None,
        (Basis::File { rules, .. }, Principal::Account(account)) => service(rules, account)
            .map(|service| format!("service {} (account {})", service.name, service.unix_user)),
        (Basis::File { rules, .. }, Principal::Person(person)) => {
            issuer(rules, person).map(|issuer| format!("{} of issuer {}", person.subject, issuer.name))
        }
    }
}

/// The scopes that count: what the policy's grant makes of token and roles, narrowed by every agent on the way.
pub(super) fn scopes<'a>(rules: &'a Rules, principal: &'a Principal, hops: &[Hop<'_>]) -> BTreeSet<&'a str> {
    let mut scopes: BTreeSet<&str> = match principal {
        Principal::Unverified(_) => BTreeSet::new(),
        Principal::Account(account) => service(rules, account)
            .into_iter()
            .flat_map(|service| &service.scopes)
            .map(String::as_str)
            .collect(),
        Principal::Person(person) => {
            let by_token = || person.scopes.iter().map(String::as_str).collect::<BTreeSet<_>>();
            let by_role = || {
                roles(rules, person)
                    .flat_map(|role| &role.scopes)
                    .map(String::as_str)
                    .collect::<BTreeSet<_>>()
            };
            match issuer(rules, person).map(|issuer| issuer.grant) {
                None => BTreeSet::new(),
                Some(Grant::Scope) => by_token(),
                Some(Grant::Role) => by_role(),
                Some(Grant::ScopeAndRole) => by_token().intersection(&by_role()).copied().collect(),
            }
        }
    };
    for passed_on in hops.iter().filter_map(|hop| hop.scopes) {
        scopes.retain(|scope| passed_on.contains(scope));
    }
    scopes
}

/// The companies that the principal may see.
pub(super) fn companies(policy: &Policy, principal: &Principal) -> Companies {
    let rules = match &policy.basis {
        Basis::Owner { .. } => return Companies::All,
        Basis::File { rules, .. } => rules,
    };
    if !rules.scopes_companies {
        return Companies::All;
    }
    match principal {
        Principal::Unverified(_) => Companies::None,
        Principal::Account(account) => {
            service(rules, account).map_or(Companies::None, |service| service.companies.clone())
        }
        Principal::Person(person) => {
            let by_token = person.companies.clone().map(Companies::only);
            let by_role =
                || roles(rules, person).fold(Companies::None, |all, role| all.union(role.companies.clone()));
            match issuer(rules, person).map(|issuer| issuer.grant) {
                None => Companies::None,
                Some(Grant::Scope) => by_token.unwrap_or(Companies::None),
                Some(Grant::Role) => by_role(),
                // An issuer that is not asked for companies leaves them to the roles.
                Some(Grant::ScopeAndRole) => by_token.unwrap_or(Companies::All).intersection(by_role()),
            }
        }
    }
}

/// The principal's own tier. A person's is the interactive one: a token does not say how its holder works.
pub(super) fn tier(policy: &Policy, principal: &Principal) -> Tier {
    match (&policy.basis, principal) {
        (Basis::File { rules, .. }, Principal::Account(account)) => {
            service(rules, account).map_or(Tier::Background, |service| service.tier)
        }
        _ => Tier::Interactive,
    }
}

fn service<'a>(rules: &'a Rules, account: &Account) -> Option<&'a Service> {
    let mut services = rules.services.iter().filter(|service| account.is(&service.unix_user));
    // Two entries can mean one account, by name and by id; then neither counts, whatever their order.
    services.next().filter(|_| services.next().is_none())
}

fn issuer<'a>(rules: &'a Rules, person: &Person) -> Option<&'a Issuer> {
    rules.issuers.iter().find(|issuer| issuer.name == person.issuer)
}

fn roles<'a>(rules: &'a Rules, person: &'a Person) -> impl Iterator<Item = &'a Role> {
    person.roles.iter().filter_map(|role| rules.roles.get(role))
}
