//! The rows of the public views, as the reports read them. Nullable columns are `Option`; instants are UTC text.

use jiff::Timestamp;

/// Which rows are wanted.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Short names of orgs; empty means all.
    pub orgs: Vec<String>,
    /// Only these configured companies; empty means all, and those who belong to none.
    pub companies: Vec<String>,
    /// Whether nothing may be told of the rest: no number of the whole org, and no license that only others hold.
    pub hides_rest: bool,
    /// The moment that the reader's state stands for, from which reports count days.
    pub as_of: Timestamp,
}

impl Selection {
    /// Whether it is about single companies, so that what is about whole orgs is no part of it.
    pub fn is_of_companies(&self) -> bool {
        self.hides_rest || !self.companies.is_empty()
    }
}

/// What is known of one org at the state that is read.
#[derive(Clone, Debug)]
pub struct OrgState {
    /// Short name.
    pub org: String,
    /// When the state was collected.
    pub collected_at: String,
    /// Status of the run that collected it.
    pub run_status: String,
    /// What that run said is missing.
    pub run_error: Option<String>,
    /// Objects that this run did not read whole.
    pub gaps: Vec<Gap>,
}

/// An object that a run did not read whole.
#[derive(Clone, Debug)]
pub struct Gap {
    /// Its API name.
    pub object: String,
    /// `unavailable`, `stale`, `failed` or `skipped`.
    pub status: String,
    /// Why.
    pub reason: Option<String>,
    /// When the rows that stand in its place were collected; `None` when there are none.
    pub kept_from: Option<String>,
}

macro_rules! view_row {
    ($(#[$documentation:meta])* $name:ident from $view:literal { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, Default)]
        #[expect(missing_docs, reason = "the fields are the view's columns")]
        pub struct $name { $(pub $field: $type),* }

        impl $name {
            /// The view's columns, in the order of the fields.
            pub(super) const COLUMNS: &[&str] = &[$(stringify!($field)),*];
            /// The view.
            pub(super) const VIEW: &str = $view;

            /// Reads the columns of [`Self::COLUMNS`].
            pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
                let mut place = 0..;
                let mut next = || place.next().unwrap_or_default();
                Ok(Self { $($field: row.get(next())?),* })
            }
        }
    };
}

pub(super) use view_row;

view_row!(
    /// A row of `licenses`; `used_by_company` counts the holders of the selection's company.
    LicenseRow from "licenses" {
        org: String,
        kind: String,
        license_id: String,
        key: Option<String>,
        name: Option<String>,
        status: Option<String>,
        total: Option<i64>,
        unlimited: Option<bool>,
        used_reported: Option<i64>,
        used_counted: Option<i64>,
        expires_on: Option<String>,
        used_reported_at: Option<String>,
        used_by_company: Option<i64>,
    }
);

view_row!(
    /// A row of `users`.
    UserRow from "users" {
        org: String,
        user_id: String,
        username: Option<String>,
        name: Option<String>,
        email: Option<String>,
        company: Option<String>,
        company_name: Option<String>,
        department: Option<String>,
        division: Option<String>,
        title: Option<String>,
        employee_number: Option<String>,
        federation_identifier: Option<String>,
        is_active: Option<bool>,
        is_frozen: Option<bool>,
        user_type: Option<String>,
        profile_id: Option<String>,
        profile: Option<String>,
        license_id: Option<String>,
        license: Option<String>,
        role_id: Option<String>,
        role: Option<String>,
        manager_id: Option<String>,
        created_at: Option<String>,
        last_login_at: Option<String>,
        extra: Option<String>,
    }
);

view_row!(
    /// A row of `subscriptions`.
    SubscriptionRow from "subscriptions" {
        org: String,
        subscription_id: String,
        source: String,
        key: Option<String>,
        name: Option<String>,
        quantity: Option<f64>,
        used: Option<f64>,
        frequency: Option<String>,
        start_on: Option<String>,
        end_on: Option<String>,
        status: Option<String>,
    }
);

view_row!(
    /// A row of `runs`.
    RunRow from "runs" {
        run_id: String,
        org: String,
        started_at: String,
        finished_at: Option<String>,
        status: String,
        api_calls: Option<i64>,
        bytes: Option<i64>,
        rows: Option<i64>,
        retries: Option<i64>,
        error: Option<String>,
    }
);

view_row!(
    /// A row of `run_objects`.
    RunObjectRow from "run_objects" {
        run_id: String,
        org: String,
        object: String,
        status: String,
        pages: i64,
        rows: i64,
        promised_rows: Option<i64>,
        millis: i64,
        reason: Option<String>,
    }
);
