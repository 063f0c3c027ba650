//! What a loaded configuration gives to the other rooms: plain data, nothing optional that must exist, every path
//! absolute.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Shown;
use crate::auth::KeySettings;
use crate::base::RecordId;
use crate::collect::CompanyField;
use crate::http;

/// The whole configuration. It may hold proxy credentials, so it has no `Debug`.
pub struct Settings {
    /// The file it was read from.
    pub file: PathBuf,
    /// `[store]`
    pub store: StoreSettings,
    /// `[collect]`
    pub collect: CollectSettings,
    /// `[http]`
    pub http: http::Settings,
    /// `[policy]`
    pub policy: PolicySettings,
    /// `[audit]`
    pub audit: AuditSettings,
    /// `[privacy]`
    pub privacy: PrivacySettings,
    /// `[finance]`
    pub finance: FinanceSettings,
    /// Every `[[org]]`, in the order of the file; at least one.
    pub orgs: Vec<OrgSettings>,
    /// Every key with its value and origin, as `config show` prints them: without secrets.
    pub shown: Vec<Shown>,
}

/// `[store]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The database.
    pub path: PathBuf,
}

/// `[collect]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectSettings {
    /// Requests in flight per org, 1 to 25: Salesforce permits 25 long-running ones at a time (Salesforce Developer
    /// Limits, "API Request Limits and Allocations").
    pub concurrency: usize,
    /// 0 to 180; Salesforce keeps six months (Object Reference, `LoginHistory`).
    pub login_history_days: u32,
    /// Percent of the daily API requests that must stay free.
    pub keep_free_api_percent: u8,
    /// Object names; empty for all.
    pub include: Vec<String>,
    /// Object names.
    pub exclude: Vec<String>,
}

/// `[policy]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySettings {
    /// The policy file.
    pub file: Option<PathBuf>,
}

/// `[audit]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSettings {
    /// The journal.
    pub path: PathBuf,
}

/// `[privacy]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivacySettings {
    /// The key of the pseudonyms.
    pub key_file: Option<PathBuf>,
    /// The fewest people of a group whose count may leave in a feed.
    pub smallest_group: i64,
}

/// `[finance]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinanceSettings {
    /// Contract lines.
    pub contracts: Option<PathBuf>,
    /// People who may keep an unused license.
    pub exemptions: Option<PathBuf>,
    /// People of record.
    pub people: Option<PathBuf>,
    /// A field of `User`; one of the extra fields of every org.
    pub cost_center_field: Option<String>,
    /// Whether the people of record are everybody.
    pub people_complete: bool,
    /// Days within which not using an account or a seat means nothing yet.
    pub grace_days: i64,
}

/// One `[[org]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrgSettings {
    /// Its short name.
    pub id: String,
    /// Origin of its My Domain, without a trailing slash.
    pub url: String,
    /// Origin that the token is asked from.
    pub login_url: String,
    /// The assertion's audience.
    pub audience: String,
    /// The app's consumer key.
    pub client_id: String,
    /// The user to impersonate.
    pub username: String,
    /// Private key and certificate.
    pub key: KeySettings,
    /// Configured companies; empty for the whole org.
    pub company_names: Vec<String>,
    /// Other spellings, by configured company name.
    pub company_aliases: BTreeMap<String, Vec<String>>,
    /// Where the company name stands.
    pub company_field: CompanyField,
    /// The org that a token must belong to.
    pub organization_id: Option<RecordId>,
    /// Such as `67.0`.
    pub api_version: String,
    /// Whether `http://` to the loopback is permitted.
    pub insecure_loopback: bool,
    /// Further fields, by object name.
    pub extra_fields: BTreeMap<String, Vec<String>>,
}
