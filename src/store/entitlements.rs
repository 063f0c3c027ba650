//! Reading usage-based entitlements with the time at which their use was counted.

use super::Error;
use super::reader::{Reader, columns};
use super::rows::{Selection, view_row};

view_row!(
    /// An entitlement of `subscriptions`, with when Salesforce last counted its use.
    EntitlementRow from "(
        SELECT s.*, strftime('%Y-%m-%dT%H:%M:%fZ', e.usage_counted_at / 1000.0, 'unixepoch') AS counted_at
        FROM subscriptions AS s
        JOIN org ON org.org = s.org
        JOIN tenant_usage_entitlement_now AS e ON e.org_no = org.org_no AND e.id = s.subscription_id
        WHERE s.source = 'TenantUsageEntitlement'
    )" {
        org: String,
        subscription_id: String,
        key: Option<String>,
        name: Option<String>,
        quantity: Option<f64>,
        used: Option<f64>,
        frequency: Option<String>,
        start_on: Option<String>,
        end_on: Option<String>,
        counted_at: Option<String>,
    }
);

impl Reader {
    /// Hands each usage-based entitlement to `each`, by org, key and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn entitlements<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(EntitlementRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select =
            format!("SELECT {} FROM {} AS v", columns(EntitlementRow::COLUMNS), EntitlementRow::VIEW);
        self.each(&select, "v.org, v.\"key\", v.subscription_id", selection, EntitlementRow::read, each)
    }
}
