//! Reading Salesforce's own activity figures and whom they are about.

use hashbrown::HashSet;
use rusqlite::params;

use super::Error;
use super::error::Doing as _;
use super::reader::{Reader, columns};
use super::rows::{Selection, view_row};

view_row!(
    /// A newest row of `ActiveProfileMetric`, `ActivePermSetLicenseMetric` or `ActiveFeatureLicenseMetric`; `kind` is
    /// `profile`, `permission_set` or `feature`, and `id` the profile, the license or the feature's flag.
    MetricRow from "(
        SELECT org.org, 1 AS place, 'profile' AS kind, m.profile_id AS id, p.name, m.metrics_on,
            m.assigned AS assigned_reported, m.active AS active_reported
        FROM active_profile_metric_now AS m JOIN org ON org.org_no = m.org_no
        LEFT JOIN profile_now AS p ON p.org_no = m.org_no AND p.id = m.profile_id
        UNION ALL
        SELECT org.org, 2, 'permission_set', m.permission_set_license_id, coalesce(m.label, m.developer_name),
            m.metrics_on, m.assigned, m.active
        FROM active_permission_set_license_metric_now AS m JOIN org ON org.org_no = m.org_no
        UNION ALL
        SELECT org.org, 3, 'feature', coalesce(f.flag, m.feature_type), m.feature_type, m.metrics_on, m.assigned,
            m.active
        FROM active_feature_license_metric_now AS m JOIN org ON org.org_no = m.org_no
        LEFT JOIN feature_license_now AS f
            ON f.org_no = m.org_no AND m.feature_type IN (f.flag, replace(f.flag, 'UserPermissions', ''))
    )" {
        org: String,
        kind: String,
        id: String,
        name: Option<String>,
        metrics_on: Option<String>,
        assigned_reported: Option<i64>,
        active_reported: Option<i64>,
    }
);

view_row!(
    /// A user as the figures count users: `kind` and `id` as in [`MetricRow`].
    MeasuredHolder from "(
        SELECT org.org, 1 AS place, 'profile' AS kind, u.profile_id AS id, u.id AS user_id, u.is_active
        FROM user_now AS u JOIN org ON org.org_no = u.org_no
        WHERE u.is_active = 1 AND u.profile_id IS NOT NULL
        UNION ALL
        SELECT org.org, 2, 'permission_set', a.permission_set_license_id, a.assignee_id, coalesce(u.is_active, 0)
        FROM permission_set_license_assign_now AS a JOIN org ON org.org_no = a.org_no
        LEFT JOIN user_now AS u ON u.org_no = a.org_no AND u.id = a.assignee_id
        UNION ALL
        SELECT org.org, 3, 'feature', flag.value, u.id, 1
        FROM user_now AS u JOIN org ON org.org_no = u.org_no JOIN json_each(u.feature_licenses) AS flag
        WHERE u.is_active = 1
    )" {
        org: String,
        kind: String,
        id: String,
        user_id: String,
        is_active: bool,
    }
);

impl Reader {
    /// Hands the newest figure of each profile, permission set license and feature license to `each`, in this order
    /// within an org, each by id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn metrics<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(MetricRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select = format!("SELECT {} FROM {} AS v", columns(MetricRow::COLUMNS), MetricRow::VIEW);
        self.each(&select, "v.org, v.place, v.id", selection, MetricRow::read, each)
    }

    /// Hands each holder of a profile, permission set license and feature license to `each`, in the order of
    /// [`Self::metrics`] and by user id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn measured_holders<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(MeasuredHolder) -> Result<(), E>,
    ) -> Result<(), E> {
        let select =
            format!("SELECT {} FROM {} AS v", columns(MeasuredHolder::COLUMNS), MeasuredHolder::VIEW);
        self.each(&select, "v.org, v.place, v.id, v.user_id", selection, MeasuredHolder::read, each)
    }

    /// The users of an org who logged in on the UTC days from the first to the last, `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`Error::Statement`] when the database refuses.
    pub fn users_logged_in(&self, org: &str, first: &str, last: &str) -> Result<HashSet<String>, Error> {
        self.connection
            .prepare_cached(
                "SELECT DISTINCT u.user_id FROM login_day_now AS d
                 JOIN org ON org.org_no = d.org_no JOIN login_user AS u ON u.user_no = d.user_no
                 WHERE org.org = ?1 AND d.day BETWEEN unixepoch(?2) / 86400 AND unixepoch(?3) / 86400",
            )
            .and_then(|mut statement| {
                statement.query_map(params![org, first, last], |row| row.get(0))?.collect()
            })
            .doing("reading who logged in")
    }
}
