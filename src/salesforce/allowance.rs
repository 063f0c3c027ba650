//! How much of the org's daily API allowance is used, and whether another request may be sent.
//!
//! Every answer of the data API carries `Sforce-Limit-Info: api-usage=18/5000`, where the first number is what is USED
//! (Salesforce, "REST API Developer Guide", Limit Info Header).

use super::DailyApiRequests;

/// The org's API requests of the last 24 hours, over all its users and apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiAllowance {
    /// Requests made.
    pub used: u64,
    /// Requests allowed.
    pub max: u64,
}

impl ApiAllowance {
    /// Reads `Sforce-Limit-Info`. Other parts, such as `per-app-api-usage`, are left out.
    pub(super) fn from_header(value: &str) -> Option<Self> {
        let usage = value.split(';').find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, max) = usage.split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, max: max.trim().parse().ok()? })
    }

    /// Whether one request more leaves `keep_free_percent` of the allowance free.
    pub(super) fn permits_another(self, keep_free_percent: u8) -> bool {
        let free_afterwards = u128::from(self.max).saturating_sub(u128::from(self.used) + 1);
        let to_keep = u128::from(self.max) * u128::from(keep_free_percent);
        self.used < self.max && free_afterwards * 100 >= to_keep
    }
}

impl From<DailyApiRequests> for ApiAllowance {
    fn from(daily: DailyApiRequests) -> Self {
        Self { used: daily.max.saturating_sub(daily.remaining), max: daily.max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_what_is_used() {
        let cases = [
            ("api-usage=18/5000", Some((18, 5000))),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", Some((25, 5000))),
            ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", Some((25, 5000))),
            ("per-app-api-usage=17/250(appName=x)", None),
            ("api-usage=many/5000", None),
            ("", None),
        ];
        for (value, expected) in cases {
            let read = ApiAllowance::from_header(value).map(|allowance| (allowance.used, allowance.max));
            assert_eq!(read, expected, "{value}");
        }
    }

    #[test]
    fn the_share_to_keep_is_never_touched() {
        let cases = [
            (79, 100, 20, true),
            (80, 100, 20, false),
            (99, 100, 0, true),
            (100, 100, 0, false),
            (101, 100, 0, false),
            (0, 100, 100, false),
            (0, 0, 20, false),
            (11_998, 15_000, 20, true),
            (12_000, 15_000, 20, false),
        ];
        for (used, max, keep, permitted) in cases {
            let allowance = ApiAllowance { used, max };
            assert_eq!(allowance.permits_another(keep), permitted, "{used} of {max}, keep {keep} %");
        }
    }
}
