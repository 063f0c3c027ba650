//! From a configured org to what the rooms below want: a client, a session, a collection's request.

use std::time::Duration;

use super::context::Context;
use super::failure::Failure;
use crate::auth::SigningKey;
use crate::base::World;
use crate::collect::{self, Request};
use crate::config::{OrgSettings, Settings};
use crate::guard::{Permit, Unit};
use crate::http::Client;
use crate::salesforce::{self, Budget, Session};

/// The configured orgs called `names`, or all of them when there is none.
///
/// # Errors
/// A name that is not configured, with the nearest that is.
pub(super) fn chosen<'settings>(
    settings: &'settings Settings,
    names: &[String],
) -> Result<Vec<&'settings OrgSettings>, Failure> {
    let known: Vec<_> = settings.orgs.iter().map(|org| org.id.clone()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        let failure = Failure::usage(format!("no org is configured as `{unknown}`"));
        return Err(failure.hint(super::scope::nearest_hint(unknown, &known)));
    }
    Ok(settings.orgs.iter().filter(|org| names.is_empty() || names.contains(&org.id)).collect())
}

/// The way to the network, shared by all orgs.
///
/// # Errors
/// An unusable `ca_file` or proxy.
pub(super) fn client(settings: &Settings, context: &Context) -> Result<Client, Failure> {
    let client = Client::new(&settings.http, &context.world.environment)?;
    if let Some(proxy) = client.proxy() {
        tracing::info!("requests go through the proxy {proxy}");
    }
    end_requests_on_stop(client.clone(), context.world.clone());
    Ok(client)
}

/// A request may take a minute; whoever presses Ctrl-C should not wait for it. The thread ends with the process.
fn end_requests_on_stop(client: Client, world: World) {
    const LOOK_EVERY: Duration = Duration::from_millis(100);
    std::thread::spawn(move || {
        while world.stop.requested().is_none() {
            world.clock.sleep(LOOK_EVERY);
        }
        client.shutdown();
    });
}

/// What the policy leaves to one org's session.
#[derive(Clone, Copy, Default)]
pub(super) struct Allowed {
    /// The share of the org's API requests that stays free; the stricter of this and the configuration's holds.
    pub keep_free_api_percent: Option<u8>,
    /// What is left of the caller's budgets.
    pub budget: Budget,
}

impl Allowed {
    /// What `permit` leaves.
    pub(super) fn by(permit: &Permit<'_>) -> Self {
        let budget = Budget { requests: permit.granted(Unit::ApiCalls), bytes: permit.granted(Unit::Bytes) };
        Self { keep_free_api_percent: permit.keep_free_api_percent(), budget }
    }
}

/// Loads the org's key and exchanges an assertion for a token.
///
/// # Errors
/// The key cannot be used, or Salesforce gives no token.
pub(super) fn sign_in(
    org: &OrgSettings,
    settings: &Settings,
    client: &Client,
    world: &World,
    allowed: Allowed,
) -> Result<Session, collect::Error> {
    let key = SigningKey::load(&org.key, world)?;
    let session = salesforce::Settings {
        org: org.id.clone(),
        url: org.url.clone(),
        login_url: org.login_url.clone(),
        audience: org.audience.clone(),
        client_id: org.client_id.clone(),
        username: org.username.clone(),
        organization_id: org.organization_id,
        api_version: org.api_version.clone(),
        insecure_loopback: org.insecure_loopback,
        concurrency: settings.collect.concurrency,
        keep_free_api_percent: settings
            .collect
            .keep_free_api_percent
            .max(allowed.keep_free_api_percent.unwrap_or_default()),
        budget: allowed.budget,
    };
    Ok(Session::open(session, key, client, world.clock.clone(), world.stop.clone())?)
}

/// What is asked of the org's run.
pub(super) fn request(org: &OrgSettings, settings: &Settings, full: bool) -> Request {
    Request {
        org: org.id.clone(),
        company_names: org.company_names.clone(),
        company_aliases: org.company_aliases.clone(),
        company_field: org.company_field,
        extra_fields: org.extra_fields.get("User").cloned().unwrap_or_default(),
        include: settings.collect.include.clone(),
        exclude: settings.collect.exclude.clone(),
        login_history_days: settings.collect.login_history_days,
        api_version: org.api_version.clone(),
        concurrency: settings.collect.concurrency,
        full,
    }
}
