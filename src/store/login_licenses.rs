//! Reading user licenses that are paid for by logins, and the days on which their holders logged in.

use super::Error;
use super::error::Doing as _;
use super::reader::{Reader, columns};
use super::rows::{Selection, view_row};

view_row!(
    /// A user license with its monthly logins, which are `NULL` for licenses that are paid for by users.
    LoginLicenseRow from "(
        SELECT org.org, l.id AS license_id, l.license_definition_key AS \"key\", l.name,
            l.monthly_logins_entitlement, l.monthly_logins_used
        FROM user_license_now AS l JOIN org ON org.org_no = l.org_no
    )" {
        org: String,
        license_id: String,
        key: Option<String>,
        name: Option<String>,
        monthly_logins_entitlement: Option<i64>,
        monthly_logins_used: Option<i64>,
    }
);

view_row!(
    /// On how many UTC days of a month, `YYYY-MM`, a user logged in at least once, and with which license.
    LoginMonthRow from "(
        SELECT org.org, h.license_id, strftime('%Y-%m', d.day * 86400, 'unixepoch') AS month, h.user_id, count(*) AS days
        FROM login_day_now AS d
        JOIN temp.login_holder AS h ON h.user_no = d.user_no
        JOIN org ON org.org_no = d.org_no
        GROUP BY 1, 2, 3, 4
    )" {
        org: String,
        license_id: String,
        month: String,
        user_id: String,
        days: i64,
    }
);

impl Reader {
    /// Hands each user license to `each`, by org, name and id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn login_licenses<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(LoginLicenseRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select =
            format!("SELECT {} FROM {} AS v", columns(LoginLicenseRow::COLUMNS), LoginLicenseRow::VIEW);
        self.each(&select, "v.org, v.name, v.license_id", selection, LoginLicenseRow::read, each)
    }

    /// Hands each user's months to `each`, by org, license, month and user, for user licenses of these ids. The license
    /// is the one that the user's profile stands on now, also of users who are deactivated by now.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn login_months<E: From<Error>>(
        &self,
        selection: &Selection,
        licenses: &[&str],
        each: impl FnMut(LoginMonthRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let doing = "looking for the holders of licenses by login";
        // Most users hold none of them, and most rows are their login days.
        self.connection
            .execute_batch(
                "DROP TABLE IF EXISTS temp.login_holder;
                 CREATE TEMP TABLE login_holder (
                     user_no INTEGER PRIMARY KEY, license_id TEXT NOT NULL, user_id TEXT NOT NULL)",
            )
            .doing(doing)?;
        self.connection
            .execute(
                "INSERT INTO temp.login_holder
                 SELECT w.user_no, p.user_license_id, u.id
                 FROM profile_now AS p
                 JOIN user_now AS u ON u.org_no = p.org_no AND u.profile_id = p.id
                 JOIN login_user AS w ON w.org_no = u.org_no AND w.user_id = u.id
                 WHERE p.user_license_id IN (SELECT value FROM json_each(?1))",
                [serde_json::json!(licenses).to_string()],
            )
            .doing(doing)?;
        let select = format!("SELECT {} FROM {} AS v", columns(LoginMonthRow::COLUMNS), LoginMonthRow::VIEW);
        self.each(&select, "v.org, v.license_id, v.month, v.user_id", selection, LoginMonthRow::read, each)
    }
}
