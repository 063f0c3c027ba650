//! The rows of the public views, as the reports read them.

use jiff::Timestamp;

/// Which rows are wanted, and as of when.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Short names of orgs; empty means all.
    pub orgs: Vec<String>,
    /// Only this configured company.
    pub company: Option<String>,
    /// The state that was current at this instant.
    pub as_of: Timestamp,
}

/// What is known of one org at the instant of a [`Selection`].
#[derive(Clone, Debug)]
pub struct OrgState {
    /// Short name.
    pub org: String,
    /// When its newest complete state was collected.
    pub collected_at: Option<String>,
    /// Status of its newest finished run.
    pub run_status: String,
    /// Objects of that run that are not complete.
    pub gaps: Vec<Gap>,
}

/// An object that the newest run did not read whole.
#[derive(Clone, Debug)]
pub struct Gap {
    /// The object.
    pub object: String,
    /// `unavailable`, `stale`, `failed` or `skipped`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
}

/// A row of `licenses`, and the holders of the selection's company.
#[derive(Clone, Debug, Default)]
pub struct LicenseRow {
    pub org: String,
    pub kind: String,
    pub license_id: String,
    pub key: Option<String>,
    pub name: String,
    pub status: Option<String>,
    pub total: Option<i64>,
    pub unlimited: bool,
    pub used_reported: Option<i64>,
    pub used_counted: Option<i64>,
    pub expires_on: Option<String>,
    pub used_by_company: Option<i64>,
}

/// A row of `users`.
#[derive(Clone, Debug, Default)]
pub struct UserRow {
    pub org: String,
    pub user_id: String,
    pub username: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    pub company_name: Option<String>,
    pub department: Option<String>,
    pub division: Option<String>,
    pub title: Option<String>,
    pub employee_number: Option<String>,
    pub federation_identifier: Option<String>,
    pub is_active: bool,
    pub is_frozen: Option<bool>,
    pub user_type: Option<String>,
    pub profile_id: Option<String>,
    pub profile: Option<String>,
    pub license_id: Option<String>,
    pub license: Option<String>,
    pub role_id: Option<String>,
    pub role: Option<String>,
    pub manager_id: Option<String>,
    pub created_at: Option<String>,
    pub last_login_at: Option<String>,
    pub extra: Option<String>,
}

/// A row of `subscriptions`.
#[derive(Clone, Debug, Default)]
pub struct SubscriptionRow {
    pub org: String,
    pub subscription_id: String,
    pub source: String,
    pub key: Option<String>,
    pub name: Option<String>,
    pub quantity: Option<f64>,
    pub used: Option<f64>,
    pub frequency: Option<String>,
    pub start_on: Option<String>,
    pub end_on: Option<String>,
    pub status: Option<String>,
}
