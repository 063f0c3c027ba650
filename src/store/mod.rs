//! The only room with SQL for collected data: migrations, stage, merge, history, views, backup.
//!
//! Knows nothing of HTTP. A [`Store`] writes (one at a time, under a lock); a [`Reader`] reads beside it. Each dataset
//! of the catalogue has a `…_now` table with the current rows, `…_past` with ended versions and `…_counter_past` with
//! the past of its counters; the public views (`views.sql`) stand on the `…_now` tables.

mod assignment_changes;
mod changes;
mod database;
mod describe_cache;
mod entitlements;
mod error;
mod findings;
mod grants;
mod history;
mod holder;
mod holder_days;
mod holders;
mod inspect;
mod kept;
mod last_logins;
mod license_history;
mod license_needs;
mod lock;
mod login_licenses;
mod login_span;
mod logins;
mod merge;
mod native_metrics;
mod org_identity;
mod organizations;
mod purge;
mod reader;
mod rows;
mod runs;
mod segments;
mod snapshot;
mod stage;
mod staged_rows;
mod timeline;
mod upkeep;
mod user_groups;

pub use assignment_changes::AssignmentChange;
pub use changes::{Counted, FieldChange, OrgChanges, RecordChange, What};
pub use database::Store;
pub use entitlements::EntitlementRow;
pub use error::Error;
pub use findings::{StrayLoginsRow, StrayUsersRow};
pub use grants::{Grants, PermissionSetGrant};
pub use holder::{HeldLicense, Holder};
pub use holder_days::{GroupDays, GroupKey, Held, HolderGroup, LicenseDays, OrgDays};
pub use holders::{HolderRow, Holdings};
pub use license_history::{LicensePast, LicenseState};
pub use license_needs::LicenseNeeds;
pub use login_licenses::{LoginLicenseRow, LoginMonthRow};
pub use merge::{CompanyCount, CompanySpelling, FeatureLicense, LoginWindow, Merge, Scope};
pub use native_metrics::{MeasuredHolder, MetricRow};
pub use org_identity::OrgIdentity;
pub use purge::{Purged, open_existing};
pub use reader::Reader;
pub use rows::{Gap, LicenseRow, OrgState, RunObjectRow, RunRow, Selection, SubscriptionRow, UserRow};
pub use runs::{ObjectOutcome, ObjectStatus, Run, RunEnd, RunNumber, RunStatus, Sent};
pub use stage::Cursor;
pub use staged_rows::{CellSource, StagedObject};
pub use timeline::{State, Timeline};
pub use upkeep::{backup, check};
