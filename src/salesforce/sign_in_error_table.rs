//! The error catalogue of the token endpoint, as data.
//!
//! Codes and texts from Salesforce Help, "OAuth 2.0 Authorization Errors" and "OAuth 2.0 JWT Bearer Flow for
//! Server-to-Server Integration", and from what clients have recorded; the wordings drift, so a part of the
//! description in lower case decides. The first row that matches is taken.

use super::ErrorKind;

/// What an error of the token endpoint means.
pub struct SignInErrorRow {
    /// The `error`; empty for any.
    pub error: &'static str,
    /// In lower case, a part of the `error_description`; empty for any.
    pub text: &'static str,
    /// What kind of end it brings.
    pub kind: ErrorKind,
    /// Whether the same assertion is worth another try.
    pub passing: bool,
    /// Whether this machine's clock may be the cause.
    pub about_time: bool,
    /// Why it happens.
    pub cause: &'static str,
    /// What an administrator can do.
    pub fix: &'static str,
}

const ANY: SignInErrorRow = SignInErrorRow {
    error: "",
    text: "",
    kind: ErrorKind::Authentication,
    passing: false,
    about_time: false,
    cause: "",
    fix: "",
};

const MY_DOMAIN: &str =
    "set `login_url` and `audience` to the org's My Domain URL, without a slash at the end";

/// Every error that is told apart; the last row holds for all others.
pub const SIGN_IN_ERRORS: &[SignInErrorRow] = &[
    SignInErrorRow {
        error: "invalid_grant",
        text: "hasn't approved",
        cause: "the user is not pre-authorized for the app: its policy is not \"Admin approved users are \
                pre-authorized\", the user's profile or permission set is not assigned to it, it lacks the scope \
                refresh_token, or this is another org",
        fix: "in the app's policies choose \"Admin approved users are pre-authorized\", assign the user's profile or a \
              permission set (not one tied to the Salesforce API Integration license), and add the scopes `api` and \
              `refresh_token, offline_access`",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_app_access",
        cause: "the app admits only users that an admin approved, and this user is not one of them",
        fix: "assign the user's profile or one of the user's permission sets to the app",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "audience",
        cause: "`audience` is not the authorization server that was asked: production and sandbox mixed up, a slash at \
                its end, or another My Domain",
        fix: MY_DOMAIN,
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "invalid assertion",
        cause: "the signature does not fit the certificate of the app: another key file, another certificate \
                uploaded, or an expired one",
        fix: "upload the certificate that belongs to `private_key_file`; with `certificate_file` set, `seatledger \
              doctor` compares the two",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "expired authorization code",
        about_time: true,
        cause: "the assertion was already expired when Salesforce read it, although the text says otherwise: this \
                machine's clock is slow",
        fix: "set this machine's clock, best by NTP",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "expired access/refresh token",
        about_time: true,
        cause: "Salesforce took the request for a renewal with an old token, which this collector never sends",
        fix: "check that `login_url` is the org's own; a gateway on the way may have changed the request",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "inactive user",
        cause: "the user is deactivated",
        fix: "activate the user, or set `username` to another one",
        ..ANY
    },
    SignInErrorRow {
        error: "inactive_user",
        cause: "the user is deactivated",
        fix: "activate the user, or set `username` to another one",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "inactive organization",
        cause: "the org is suspended, its trial is over, or the sandbox was deleted",
        fix: "renew the org with Salesforce, or take it out of the configuration",
        ..ANY
    },
    SignInErrorRow {
        error: "inactive_org",
        cause: "the org is locked, closed or suspended",
        fix: "renew the org with Salesforce, or take it out of the configuration",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "ip restricted",
        cause: "the profile's login IP ranges or login hours do not admit this machine now, and the app enforces them",
        fix: "add this machine's outgoing address to the profile's login IP ranges and check its login hours, or set \
              the app to \"Relax IP restrictions\"",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "authentication failure",
        cause: "Salesforce does not let this user in: the user may be locked or frozen",
        fix: "look at the user in Setup: unlock or unfreeze it",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "user is locked",
        cause: "the user is locked",
        fix: "unlock the user in Setup",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "no client credentials user",
        cause: "Salesforce took the request for the client credentials flow, whose app has no run-as user",
        fix: "enable the JWT bearer flow in the app's OAuth settings",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "request not supported on this domain",
        cause: "this host does not take such a sign-in",
        fix: MY_DOMAIN,
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_grant",
        text: "user",
        cause: "Salesforce does not know this user in this org",
        fix: "set `username` to the Username of the user, as Setup, Users shows it; it is neither the mail address nor \
              the id, and a sandbox appends its name to it",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_client_id",
        cause: "the consumer key is not known here: mistyped, from another org or environment, deleted, or so new that \
                it has not spread yet",
        fix: "compare `client_id` with the app's consumer key and `login_url` with its org; wait ten minutes after \
              creating the app",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_client",
        text: "must be installed",
        cause: "the connected app is not installed in this org, and the org blocks apps that are not",
        fix: "install the app in Setup, Connected Apps OAuth Usage",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_client",
        cause: "Salesforce does not accept the app's credentials",
        fix: "compare `client_id` with the app's consumer key; the JWT bearer flow needs no secret",
        ..ANY
    },
    SignInErrorRow {
        error: "app_not_found",
        cause: "the external client app is not installed in the org that was asked",
        fix: "set `login_url` and `audience` to the My Domain URL of the org that owns the app, or install the app there",
        ..ANY
    },
    SignInErrorRow {
        text: "blocked by admin",
        cause: "an administrator has blocked the app",
        fix: "unblock it in Setup, Connected Apps OAuth Usage",
        ..ANY
    },
    SignInErrorRow {
        error: "OAUTH_APP_BLOCKED",
        cause: "an administrator has blocked the app",
        fix: "unblock it in Setup, Connected Apps OAuth Usage",
        ..ANY
    },
    SignInErrorRow {
        error: "unsupported_grant_type",
        cause: "the app does not offer the JWT bearer flow",
        fix: "enable \"JWT Bearer Flow\" in the app's OAuth settings and upload the certificate",
        ..ANY
    },
    SignInErrorRow {
        error: "invalid_request",
        cause: "Salesforce could not read the request, which something on the way may have changed",
        fix: "check `login_url` and the proxy between here and Salesforce",
        ..ANY
    },
    SignInErrorRow {
        error: "rate_limit_exceeded",
        kind: ErrorKind::Limits,
        cause: "the user has signed in more than 3,600 times within an hour, here or in other programs",
        fix: "wait an hour, and find in the user's login history which program signs in without keeping its token",
        ..ANY
    },
    SignInErrorRow {
        error: "retry_request",
        passing: true,
        cause: "Salesforce asks to try again",
        fix: "run again later",
        ..ANY
    },
    SignInErrorRow {
        error: "unknown_error",
        passing: true,
        cause: "Salesforce failed on its own side",
        fix: "run again later; trust.salesforce.com shows known trouble",
        ..ANY
    },
    SignInErrorRow {
        text: "retry your request",
        passing: true,
        cause: "Salesforce asks to try again",
        fix: "run again later",
        ..ANY
    },
    SignInErrorRow {
        cause: "Salesforce does not say more",
        fix: "run `seatledger doctor`, and compare the app's settings with the README's walk-through",
        ..ANY
    },
];
