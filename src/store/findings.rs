//! Reading what was collected and yet could not be placed: users of no company, logins of no known kind.

use super::Error;
use super::reader::{Reader, columns};
use super::rows::{Selection, view_row};

view_row!(
    /// Users of a license and state that belong to no configured company, or to more than one; `company` says which.
    StrayUsersRow from "(
        SELECT c.*, l.name AS license FROM company_counts AS c
        JOIN org ON org.org = c.org
        LEFT JOIN user_license_now AS l ON l.org_no = org.org_no AND l.id = c.license_id
        WHERE c.company IN ('(unmatched)', '(ambiguous)') AND c.users > 0
    )" {
        org: String,
        company: String,
        license_id: Option<String>,
        license: Option<String>,
        is_active: bool,
        users: i64,
    }
);

view_row!(
    /// Successful logins of a user whose `LoginType` is in no list.
    StrayLoginsRow from "(
        SELECT org.org, u.user_id, sum(d.unknown) AS logins FROM login_day_now AS d
        JOIN org ON org.org_no = d.org_no JOIN login_user AS u ON u.user_no = d.user_no
        WHERE d.unknown > 0 GROUP BY 1, 2
    )" {
        org: String,
        user_id: String,
        logins: i64,
    }
);

impl Reader {
    /// Hands the users of no single company to `each`, by org, company, license and state.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn stray_users<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(StrayUsersRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select = format!("SELECT {} FROM {} AS v", columns(StrayUsersRow::COLUMNS), StrayUsersRow::VIEW);
        let order = "v.org, v.company, v.license_id, v.is_active";
        self.each(&select, order, selection, StrayUsersRow::read, each)
    }

    /// Hands the users with logins of no known kind to `each`, by org and user id.
    ///
    /// # Errors
    /// Those of `each`, and [`Error::Statement`] when the database refuses.
    pub fn stray_logins<E: From<Error>>(
        &self,
        selection: &Selection,
        each: impl FnMut(StrayLoginsRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let select =
            format!("SELECT {} FROM {} AS v", columns(StrayLoginsRow::COLUMNS), StrayLoginsRow::VIEW);
        self.each(&select, "v.org, v.user_id", selection, StrayLoginsRow::read, each)
    }
}
