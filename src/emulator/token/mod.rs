//! The token endpoint: verifies an assertion for real and gives an access token, or says in Salesforce's words what is
//! wrong with it.

mod assertion;
mod certificate;
mod oauth_error;
mod sessions;

pub(crate) use certificate::Certificate;
pub use certificate::CertificateError;
#[cfg(test)]
pub(crate) use oauth_error::OAUTH_ERRORS;
pub(crate) use oauth_error::OAuthError;
pub(crate) use sessions::Sessions;

use jiff::Timestamp;
use serde_json::json;

use super::org::{Key, Org, prefix};
use super::wire::{Answer, Request};

/// The only grant that the emulated app has (RFC 7523).
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The audience that production orgs share, unless their My Domain policy forbids it.
const LOGIN_HOST: &str = "https://login.salesforce.com";

/// What the endpoint decides by.
pub(crate) struct Endpoint<'server> {
    pub(crate) org: &'server Org,
    pub(crate) certificates: &'server [Certificate],
    pub(crate) sessions: &'server Sessions,
    /// The base URL of this server: My Domain, and the instance.
    pub(crate) url: &'server str,
    /// Takes assertions for the generic login host too.
    pub(crate) accepts_login_host: bool,
    pub(crate) now: Timestamp,
}

impl Endpoint<'_> {
    /// Answers `POST /services/oauth2/token`.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        match self.exchange(request) {
            Ok(answer) => answer,
            Err(error) => error.answer(),
        }
    }

    fn exchange(&self, request: &Request) -> Result<Answer, OAuthError> {
        if request.method != "POST" {
            return Err(OAuthError::new("invalid_request", "must use HTTP POST"));
        }
        match request.form("grant_type").as_deref() {
            None | Some("") => {
                return Err(OAuthError::new("invalid_request", "missing required parameter: grant_type"));
            }
            Some(JWT_BEARER) => {}
            Some(_) => return Err(OAuthError::usual("unsupported_grant_type")),
        }
        let assertion = request.form("assertion").unwrap_or_default();
        let login_host = self.accepts_login_host.then_some(LOGIN_HOST);
        let audiences: Vec<&str> = [self.url].into_iter().chain(login_host).collect();
        let username = assertion::verify(&assertion, self.certificates, &audiences, self.now)?;
        let account =
            self.org.account(&username).ok_or_else(|| OAuthError::new("invalid_grant", "invalid user"))?;
        if !account.is_active {
            return Err(OAuthError::new("invalid_grant", "inactive user"));
        }
        if !self.org.is_collector(&account) {
            return Err(OAuthError::usual("invalid_app_access"));
        }
        self.org.record_login(account.row, self.now);
        let organization = Key::new(prefix::ORGANIZATION, 0);
        let user = Key::new(prefix::USER, account.row);
        let token = self.sessions.open(self.org, organization);
        let body = json!({
            "access_token": token,
            "scope": "api refresh_token",
            "instance_url": self.url,
            "id": format!("{}/id/{}/{}", self.url, organization.record_id(), user.record_id()),
            "token_type": "Bearer",
        });
        Ok(Answer::json(200, body.to_string()).with_header("Cache-Control", "no-cache, no-store"))
    }
}
