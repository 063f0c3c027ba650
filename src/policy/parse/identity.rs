//! `[identity]`, its issuers and services, and `[[role]]`.

use std::collections::BTreeMap;

use super::address;
use super::operations::check_scopes;
use super::table::Table;
use crate::policy::decision::Companies;
use crate::policy::keys;
use crate::policy::request::Tier;
use crate::policy::rules::{ClaimNames, Grant, Issuer, JwksSource, Role, Service};

/// Signatures by a key that only the issuer has (RFC 7518 §3.1): `none` and the HS family are not among them.
const ALGORITHMS: &[(&str, &str)] = &[
    ("RS256", "RS256"),
    ("RS384", "RS384"),
    ("RS512", "RS512"),
    ("PS256", "PS256"),
    ("PS384", "PS384"),
    ("PS512", "PS512"),
    ("ES256", "ES256"),
    ("ES384", "ES384"),
];
const GRANTS: &[(&str, Grant)] =
    &[("scope", Grant::Scope), ("role", Grant::Role), ("scope_and_role", Grant::ScopeAndRole)];
const PROFILES: &[(&str, bool)] = &[("default", false), ("rfc9068", true)];

/// `typ` of access tokens: RFC 9068 §2.1, and what Entra and Auth0's default profile send.
const USUAL_TYPES: &[&str] = &["at+jwt", "JWT"];
const DEFAULT_STALE_SECONDS: u32 = 60 * 60;
const LONGEST_STALE_SECONDS: u32 = 24 * 60 * 60;
const DEFAULT_LEEWAY_SECONDS: u32 = 30;
const LONGEST_LEEWAY_SECONDS: u32 = 60;
const DEFAULT_LIFETIME_SECONDS: u32 = 60 * 60;
const LONGEST_LIFETIME_SECONDS: u32 = 24 * 60 * 60;

pub(super) struct Identity {
    pub(super) issuers: Vec<Issuer>,
    pub(super) services: Vec<Service>,
}

/// `[identity]`
pub(super) fn read(root: &Table<'_>) -> Identity {
    let Some(table) = root.table("identity", &keys::IDENTITY) else {
        if !root.has("identity") {
            root.note("[identity] is missing, so nobody would be known; write an issuer or a service");
        }
        return Identity { issuers: Vec::new(), services: Vec::new() };
    };
    table.word("anonymous", &[("deny", ())]);
    let issuers = table.tables("issuer", &keys::ISSUER);
    let services = table.tables("service", &keys::SERVICE);
    if !table.has("issuer") && !table.has("service") {
        table.note("[identity] has neither issuer nor service, so nobody would be known");
    }
    refuse_second_uses(&issuers, "name");
    refuse_second_uses(&services, "name");
    refuse_second_uses(&services, "unix_user");
    refuse_shared_spellings(&issuers);
    Identity {
        issuers: issuers.iter().map(read_issuer).collect(),
        services: services.iter().map(read_service).collect(),
    }
}

/// `[[role]]`
pub(super) fn read_roles(root: &Table<'_>) -> BTreeMap<String, Role> {
    let tables = root.tables("role", &keys::ROLE);
    refuse_second_uses(&tables, "match");
    let roles = tables.iter().map(|table| {
        let role =
            Role { scopes: read_scopes(table).into_iter().collect(), companies: read_companies(table) };
        (table.need_text("match"), role)
    });
    roles.collect()
}

fn read_issuer(table: &Table<'_>) -> Issuer {
    let allow_private = table.flag("allow_private", false);
    let issuer = table.need_text("issuer");
    let issuer_host = match address::host(&issuer, allow_private) {
        _ if issuer.is_empty() => None,
        _ if issuer.contains(['{', '}']) => {
            table.wrong("issuer", "is a template for many tenants; write the issuer of one tenant");
            None
        }
        Err(wrong) => {
            table.wrong("issuer", wrong);
            None
        }
        Ok(_) if issuer.contains(['?', '#']) => {
            table.wrong("issuer", "has a query or fragment, which an issuer must not");
            None
        }
        Ok(host) => Some(host),
    };
    let grant = table.need_word("grant", GRANTS);
    let claims = read_claims(table);
    if matches!(grant, Some(Grant::Role | Grant::ScopeAndRole)) && claims.roles.is_none() {
        table.wrong("grant", "goes by roles, and `claims` does not say in which claim they are");
    }
    let jwks_hosts: Vec<_> = match table.texts("jwks_hosts") {
        Some(hosts) => hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
        None => issuer_host.into_iter().collect(),
    };
    let jwks = read_jwks(table, allow_private, &jwks_hosts);
    let mut algorithms = table.words("algorithms", ALGORITHMS);
    algorithms.sort_unstable();
    if !table.has("algorithms") {
        table.note("`algorithms` is missing in [[identity.issuer]]; write what the issuer signs with, such as [\"RS256\"]");
    }
    Issuer {
        name: table.need_text("name"),
        issuer,
        issuer_aliases: table.texts("issuer_aliases").unwrap_or_default(),
        audience: table.need_texts("audience"),
        algorithms: algorithms.into_iter().map(str::to_owned).collect(),
        jwks_hosts,
        jwks,
        allow_private,
        stale_if_error_s: table
            .number("stale_if_error_s", 0..=LONGEST_STALE_SECONDS)
            .unwrap_or(DEFAULT_STALE_SECONDS),
        allowed_typ: match table.has("allowed_typ") {
            true => table.need_texts("allowed_typ"),
            false => USUAL_TYPES.iter().map(|typ| (*typ).to_owned()).collect(),
        },
        authorized_parties: table.texts("authorized_parties").unwrap_or_default(),
        leeway_s: table.number("leeway_s", 0..=LONGEST_LEEWAY_SECONDS).unwrap_or(DEFAULT_LEEWAY_SECONDS),
        max_lifetime_s: table
            .number("max_lifetime_s", 1..=LONGEST_LIFETIME_SECONDS)
            .unwrap_or(DEFAULT_LIFETIME_SECONDS),
        requires_rfc9068: table.word("profile", PROFILES).unwrap_or(false),
        accept_id_token: table.flag("accept_id_token", false),
        claims,
        grant: grant.unwrap_or(Grant::ScopeAndRole),
    }
}

fn read_jwks(table: &Table<'_>, allow_private: bool, hosts: &[String]) -> JwksSource {
    if !table.has("jwks") {
        return JwksSource::Discover;
    }
    if !table.is_table("jwks") {
        table.word("jwks", &[("discover", ())]);
        return JwksSource::Discover;
    }
    let Some(jwks) = table.table("jwks", &keys::JWKS) else { return JwksSource::Discover };
    match (jwks.text("uri"), jwks.text("file")) {
        (Some(uri), None) => {
            match address::host(&uri, allow_private) {
                Err(wrong) => jwks.wrong("uri", wrong),
                Ok(host) if !hosts.is_empty() && !hosts.contains(&host) => {
                    jwks.wrong("uri", "is on a host that is not one of jwks_hosts");
                }
                Ok(_) => {}
            }
            JwksSource::Uri(uri)
        }
        (None, Some(file)) => JwksSource::File(file),
        _ => {
            jwks.note("`jwks` must be \"discover\", { uri = \"https://...\" } or { file = \"...\" }");
            JwksSource::Discover
        }
    }
}

fn read_claims(issuer: &Table<'_>) -> ClaimNames {
    let table = issuer.table("claims", &keys::CLAIMS);
    let text = |key: &str| table.as_ref().and_then(|table| table.text(key));
    ClaimNames {
        subject: text("subject").unwrap_or_else(|| "sub".into()),
        email: text("email"),
        scope: text("scope").or_else(|| Some("scope".into())),
        roles: text("roles"),
        tenant: text("tenant"),
        companies: text("companies"),
    }
}

fn read_service(table: &Table<'_>) -> Service {
    let unix_user = table.need_text("unix_user");
    if unix_user.strip_prefix('#').is_some_and(|digits| digits.parse::<u32>().is_err()) {
        table.wrong("unix_user", "must be a user name, or `#` and a user id");
    }
    Service {
        name: table.need_text("name"),
        unix_user,
        tier: table.need_word("tier", Tier::NAMES).unwrap_or(Tier::Background),
        scopes: read_scopes(table).into_iter().collect(),
        companies: read_companies(table),
    }
}

fn read_scopes(table: &Table<'_>) -> Vec<String> {
    let scopes = table.need_texts("scopes");
    check_scopes(table, table.line_of("scopes"), "scopes", &scopes);
    scopes
}

/// Names of companies, or `["*"]` for all; nothing written is none.
fn read_companies(table: &Table<'_>) -> Companies {
    let names = table.patterns("companies").unwrap_or_default();
    if names == ["*"] {
        return Companies::All;
    }
    if names.iter().any(|name| name.contains('*')) {
        table.wrong("companies", "must be names of companies, or [\"*\"] alone for all of them");
    }
    Companies::only(names.into_iter().collect())
}

fn refuse_second_uses(tables: &[Table<'_>], key: &str) {
    let mut seen = Vec::new();
    for table in tables {
        let Some(text) = table.raw_text(key) else { continue };
        if seen.contains(&text) {
            table.wrong(key, "is used a second time");
        }
        seen.push(text);
    }
}

/// Every spelling of an issuer means one issuer, or a token could be checked by the rules of another.
fn refuse_shared_spellings(issuers: &[Table<'_>]) {
    let mut seen = Vec::new();
    for table in issuers {
        let own = [table.text("issuer").unwrap_or_default()];
        let aliases = table.texts("issuer_aliases").unwrap_or_default();
        for (key, spellings) in [("issuer", own.as_slice()), ("issuer_aliases", &aliases)] {
            for spelling in spellings.iter().filter(|spelling| !spelling.is_empty()) {
                if seen.contains(spelling) {
                    table.wrong(key, "names an issuer that another entry, or this one, already names");
                }
                seen.push(spelling.clone());
            }
        }
    }
}
