//! Exchanges a signed assertion for an access token.
//!
//! RFC 7523 and Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration": one form with
//! `grant_type` and `assertion`, answered by a token without refresh token and without an expiry; it holds until an
//! answer says otherwise.

use jiff::SignedDuration;
use serde::Deserialize;

use crate::auth::{self, Claims};
use crate::base::{RecordId, Secret};
use crate::http::{Origin, Request, http_date, pin};

use super::known_secrets::KnownSecrets;
use super::send::Line;
use super::{Error, Settings, SignInRefused, refusal_text};

const TOKEN_PATH: &str = "/services/oauth2/token";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Where an org's instance may be: My Domain hosts of the commercial, the government and the Chinese service
/// (Salesforce Help, "My Domain URL Formats").
const INSTANCE_SUFFIXES: &[&str] = &[".my.salesforce.com", ".my.salesforce.mil", ".my.sfcrmproducts.cn"];

/// A token, where it may be sent, and whose it is.
pub(super) struct Grant {
    pub(super) token: Secret,
    pub(super) instance: Origin,
    pub(super) organization_id: RecordId,
    pub(super) user_id: RecordId,
    pub(super) clock_ahead: Option<SignedDuration>,
}

/// What is needed to sign in, now and whenever a token has expired.
pub(super) struct SignIn {
    pub(super) settings: Settings,
    pub(super) key: auth::SigningKey,
    login: Origin,
    home: Origin,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    instance_url: String,
    id: String,
}

impl SignIn {
    /// Checks the configured URLs.
    pub(super) fn new(settings: Settings, key: auth::SigningKey) -> Result<Self, Error> {
        let origin = |setting, url: &str| {
            Origin::parse(url, settings.insecure_loopback).map_err(|source| Error::Url {
                setting,
                org: settings.org.clone(),
                source,
            })
        };
        let (home, login) = (origin("url", &settings.url)?, origin("login_url", &settings.login_url)?);
        Ok(Self { settings, key, login, home })
    }

    /// Signs an assertion and exchanges it, waiting out passing trouble. A new assertion is signed for each try, since
    /// one lives only minutes.
    pub(super) fn exchange(&self, line: &Line) -> Result<Grant, Error> {
        line.persist(
            || self.exchange_once(line),
            |error| match error {
                Error::SignIn(refused) => Some(refused.failure()),
                _ => None,
            },
        )
    }

    fn exchange_once(&self, line: &Line) -> Result<Grant, Error> {
        let settings = &self.settings;
        let claims = Claims {
            issuer: &settings.client_id,
            subject: &settings.username,
            audience: settings.audience.trim_end_matches('/'),
        };
        let assertion = auth::sign(&self.key, &claims, line.clock.now())
            .map_err(|source| Error::Sign { org: settings.org.clone(), source })?
            .into_secret();
        let fields = [("grant_type", GRANT_TYPE), ("assertion", assertion.expose())];
        let request =
            Request::post_form(&self.login, TOKEN_PATH, &fields).with_header("accept", "application/json");
        let response = line.send(&request, "the sign-in")?;
        if response.status != 200 || !refusal_text::looks_like_json(&response.body) {
            let secrets = KnownSecrets::of_assertion(&assertion);
            let refused = SignInRefused::read(&settings.username, &response, &secrets, line.clock.now());
            return Err(Error::SignIn(Box::new(refused)));
        }
        let server_time = response.header("date").and_then(http_date);
        let clock_ahead = server_time.map(|server| line.clock.now().duration_since(server));
        self.read(&response.body, clock_ahead)
    }

    fn read(&self, body: &[u8], clock_ahead: Option<SignedDuration>) -> Result<Grant, Error> {
        let org = &self.settings.org;
        let unusable = |problem| Error::TokenAnswer { org: org.clone(), problem };
        let answer: TokenAnswer = serde_json::from_slice(body)
            .map_err(|_| unusable("lacks one of access_token, instance_url and id"))?;
        let token = Secret::new(answer.access_token);
        // It goes into a header, which takes nothing else (RFC 6750, section 2.1).
        if token.expose().is_empty() || !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unusable(
                "holds no usable token: `access_token` is empty or has characters that cannot be sent",
            ));
        }
        let instance = pin::origin(&answer.instance_url, &self.home, INSTANCE_SUFFIXES)
            .map_err(|source| Error::ForeignInstance { org: org.clone(), source })?;
        let (organization_id, user_id) = identity(&answer.id)
            .ok_or_else(|| unusable("does not say in `id` which org and user the token is for"))?;
        match self.settings.organization_id {
            Some(expected) if expected != organization_id => {
                Err(Error::WrongOrganization { org: org.clone(), expected, found: organization_id })
            }
            _ => Ok(Grant { token, instance, organization_id, user_id, clock_ahead }),
        }
    }
}

/// Organization and user in an identity URL, `https://<host>/id/<organization>/<user>`.
fn identity(url: &str) -> Option<(RecordId, RecordId)> {
    let (_, ids) = url.split_once("/id/")?;
    let (organization, user) = ids.split_once('/')?;
    let organization = RecordId::parse(organization).ok().filter(|id| id.as_str().starts_with("00D"))?;
    Some((organization, RecordId::parse(user).ok()?))
}
