//! What an account says of who it belongs to, in the forms in which accounts can be compared.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use unicode_normalization::UnicodeNormalization as _;

use crate::catalogue::license_use;

/// More accounts of one org than this with the same address mean a mailbox that people share, such as a team's.
pub const MOST_ACCOUNTS_PER_ADDRESS: usize = 3;

/// Addresses that answer for nobody in particular, by what stands before the `@` without dots, dashes and underscores.
const SHARED_MAILBOXES: &[&str] = &[
    "admin",
    "administrator",
    "donotreply",
    "helpdesk",
    "info",
    "it",
    "mailerdaemon",
    "nobody",
    "noreply",
    "null",
    "office",
    "postmaster",
    "root",
    "salesforce",
    "service",
    "support",
    "test",
];

/// What is written into a number or identifier where there is none.
const PLACEHOLDERS: &[&str] = &["n/a", "na", "none", "null", "tbd", "unknown"];

/// One account, as far as it says who it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Account<'a> {
    /// Short name of the org.
    pub org: &'a str,
    /// Salesforce's id of the user; unique within the org.
    pub user_id: &'a str,
    /// `User.Username`.
    pub username: Option<&'a str>,
    /// `User.Email`.
    pub email: Option<&'a str>,
    /// `User.EmployeeNumber`.
    pub employee_number: Option<&'a str>,
    /// `User.FederationIdentifier`.
    pub federation_identifier: Option<&'a str>,
    /// `User.UserType`.
    pub user_type: Option<&'a str>,
    /// `UserLicense.LicenseDefinitionKey` of the user's license.
    pub license_key: Option<&'a str>,
    /// `UserLicense.Name` of the same.
    pub license_name: Option<&'a str>,
    /// Whether the org is a sandbox, whose user names end in its name.
    pub is_sandbox: bool,
}

/// A key that tells persons apart, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKey {
    /// The employer's number of the person.
    EmployeeNumber,
    /// The person's name at the identity provider.
    FederationIdentifier,
    /// The mail address.
    Email,
    /// The user name without the sandbox's suffix.
    Username,
}

/// Every key, the strongest first.
pub(super) const KEYS: [IdentityKey; 4] = [
    IdentityKey::EmployeeNumber,
    IdentityKey::FederationIdentifier,
    IdentityKey::Email,
    IdentityKey::Username,
];

impl IdentityKey {
    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::EmployeeNumber => "employee number",
            Self::FederationIdentifier => "federation identifier",
            Self::Email => "e-mail address",
            Self::Username => "user name",
        }
    }
}

/// Whether the account is a person's. Salesforce's own processes have user types of their own, or no type at all; those of
/// integrations and agents have licenses of their own.
pub fn is_human(account: &Account<'_>) -> bool {
    /// Object Reference, "User", field `UserType`, names the last; the others are seen in orgs.
    const PROGRAMS: &[&str] = &["AutomatedProcess", "CloudIntegrationUser", "Guest"];
    let has_human_type = account.user_type.is_some_and(|user_type| !PROGRAMS.contains(&user_type));
    let license = license_use(account.license_key, account.license_name);
    has_human_type && !license.is_some_and(|license| license.is_for_programs)
}

/// The address in the form that is compared: lower case, without the `.invalid` that Salesforce appends in sandboxes;
/// `None` for what is no address or everybody's.
pub fn comparable_email(email: &str) -> Option<Cow<'_, str>> {
    let mut address = lower_case(email);
    while address.ends_with(INVALID) {
        let kept = address.len() - INVALID.len();
        address = shortened(address, kept);
    }
    let (mailbox, domain) = address.rsplit_once('@')?;
    let bare = || mailbox.chars().filter(|letter| !['.', '-', '_'].contains(letter));
    let is_shared = SHARED_MAILBOXES.iter().any(|shared| shared.chars().eq(bare()));
    let is_someone = bare().next().is_some() && !domain.is_empty() && !is_shared;
    is_someone.then_some(address)
}

/// What Salesforce appends to the addresses of a sandbox.
const INVALID: &str = ".invalid";

/// An employee number or federation identifier in the form that is compared; `None` for blanks and placeholders.
pub fn comparable_identifier(text: &str) -> Option<Cow<'_, str>> {
    let lower = lower_case(text);
    let says_something = lower.chars().any(|letter| letter.is_alphanumeric() && letter != '0');
    (says_something && !PLACEHOLDERS.contains(&&*lower)).then_some(lower)
}

/// The user name in the form that is compared. In a sandbox it is the production one with a dot and the sandbox's name
/// behind it (Salesforce Help, "Sandbox Setup Considerations").
fn comparable_username(username: &str, is_sandbox: bool) -> Option<Cow<'_, str>> {
    let lower = lower_case(username);
    let (mailbox, domain) = lower.rsplit_once('@')?;
    match domain.rsplit_once('.') {
        // What is left must still look like a domain.
        Some((production, _)) if is_sandbox && production.contains('.') => {
            let kept = mailbox.len() + 1 + production.len();
            Some(shortened(lower, kept))
        }
        _ => Some(lower),
    }
}

/// Without the space around it, composed (NFC) and in lower case; most texts are all of this already.
fn lower_case(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        text.into()
    } else {
        text.nfc().collect::<String>().to_lowercase().into()
    }
}

/// The first `kept` bytes.
fn shortened(text: Cow<'_, str>, kept: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => text[..kept].into(),
        Cow::Owned(mut text) => {
            text.truncate(kept);
            text.into()
        }
    }
}

/// Each account's value of a key, those left out that say nothing.
pub(super) fn values<'a>(people: &[Account<'a>], key: IdentityKey) -> Vec<Option<Cow<'a, str>>> {
    let value = |account: &Account<'a>| match key {
        IdentityKey::EmployeeNumber => comparable_identifier(account.employee_number?),
        IdentityKey::FederationIdentifier => comparable_identifier(account.federation_identifier?),
        IdentityKey::Email => comparable_email(account.email?),
        IdentityKey::Username => comparable_username(account.username?, account.is_sandbox),
    };
    let mut values: Vec<_> = people.iter().map(value).collect();
    if key == IdentityKey::Email {
        forget_shared(people, &mut values);
    }
    values
}

/// Takes out the addresses that too many accounts of one org have.
fn forget_shared(people: &[Account<'_>], values: &mut [Option<Cow<'_, str>>]) {
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for (account, value) in people.iter().zip(values.iter()) {
        if let Some(address) = value {
            *counts.entry((account.org, address)).or_default() += 1;
        }
    }
    counts.retain(|_, count| *count > MOST_ACCOUNTS_PER_ADDRESS);
    let shared: HashSet<String> = counts.into_keys().map(|(_, address)| address.to_owned()).collect();
    for value in values {
        if value.as_ref().is_some_and(|address| shared.contains(&**address)) {
            *value = None;
        }
    }
}
