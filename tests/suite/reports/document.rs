//! A report of a collected org as its JSON tells it, for holding it against the public views.

use std::sync::OnceLock;

use serde_json::Value;

use crate::site::Site;

/// A report that was read back.
pub(super) struct Document {
    pub(super) as_of: String,
    pub(super) rows: Vec<Value>,
    pub(super) totals: Value,
}

/// An org of 600 users, all of them collected. The tests only read it.
pub(super) fn collected() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(|| {
        let site = Site::new(600);
        site.run(&["collect"]).exits(0);
        site
    })
}

impl Document {
    /// Runs `report` with these arguments.
    #[track_caller]
    pub(super) fn of(site: &Site, arguments: &[&str]) -> Self {
        Self::ending_with(0, site, arguments)
    }

    /// The same where the report ends with another exit code.
    #[track_caller]
    pub(super) fn ending_with(code: i32, site: &Site, arguments: &[&str]) -> Self {
        let arguments = [&["report"], arguments, &["--format", "json"]].concat();
        let mut document: Value = serde_json::from_str(&site.run(&arguments).exits(code).stdout).unwrap();
        Self {
            as_of: document["as_of"].as_str().unwrap().to_owned(),
            rows: document["rows"].as_array().unwrap().clone(),
            totals: document["totals"].take(),
        }
    }

    /// A total that is known.
    #[track_caller]
    pub(super) fn total(&self, name: &str) -> i64 {
        self.totals[name].as_i64().unwrap_or_else(|| panic!("{name} in {}", self.totals))
    }

    /// The texts of these columns, row by row, in order; null is empty.
    pub(super) fn texts(&self, columns: &[&str]) -> Vec<Vec<String>> {
        let text = |cell: &Value| match cell {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Bool(value) => i64::from(*value).to_string(),
            other => other.to_string(),
        };
        let mut texts: Vec<Vec<_>> =
            self.rows.iter().map(|row| columns.iter().map(|column| text(&row[column])).collect()).collect();
        texts.sort();
        texts
    }
}

/// What a query finds, in order; NULL is empty.
pub(super) fn found(site: &Site, sql: &str) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<_>> = site
        .rows(sql)
        .into_iter()
        .map(|row| row.into_iter().map(Option::unwrap_or_default).collect())
        .collect();
    rows.sort();
    rows
}

/// A common table `last` with the last login of each kind and of any kind of every user, and whether the seat's account
/// is new; for queries that begin with it. `as_of` is the report's.
pub(super) fn last_logins(as_of: &str) -> String {
    format!(
        "WITH last AS (
             SELECT u.*, d.interactive_at, d.api_at, d.unknown_at,
                 nullif(max(coalesce(u.last_login_at, ''), coalesce(d.interactive_at, ''), coalesce(d.api_at, ''),
                     coalesce(d.unknown_at, '')), '') AS any_at,
                 coalesce(u.created_at >= strftime('%Y-%m-%dT%H:%M:%fZ', '{as_of}', '-60 days'), 0) AS is_new
             FROM users AS u LEFT JOIN (
                 SELECT user_id, max(last_interactive_at) AS interactive_at, max(last_api_at) AS api_at,
                     max(last_unknown_at) AS unknown_at
                 FROM login_days GROUP BY user_id
             ) AS d ON d.user_id = u.user_id
         )"
    )
}

/// The instant so many days before `as_of`, in SQL.
pub(super) fn days_before(as_of: &str, days: i64) -> String {
    format!("strftime('%Y-%m-%dT%H:%M:%fZ', '{as_of}', '-{days} days')")
}
