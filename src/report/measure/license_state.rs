//! Whether the seats of a license can be given to anybody.

use jiff::Timestamp;

use super::term::days_until;

/// How a license stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LicenseState {
    /// Its seats can be assigned and used.
    Usable,
    /// Its last day has passed, or Salesforce says that it has expired.
    Expired,
    /// Salesforce says that it is disabled, or another word that is not known to mean use.
    Disabled,
}

/// What `Status` says of a license that can be used (Object Reference, "UserLicense", "PermissionSetLicense" and
/// "PackageLicense", field `Status`). Feature licenses have no status.
const USABLE: &[&str] = &["Active", "Free", "Trial"];

impl LicenseState {
    /// The state by Salesforce's word and by the last day, `YYYY-MM-DD`, on which it can be used.
    pub fn at(as_of: Timestamp, status: Option<&str>, last_day: Option<&str>) -> Self {
        let has_passed = last_day.and_then(|day| days_until(day, as_of)).is_some_and(|days| days < 0);
        match status {
            Some("Expired") => Self::Expired,
            _ if has_passed => Self::Expired,
            Some(word) if !USABLE.contains(&word) => Self::Disabled,
            _ => Self::Usable,
        }
    }

    /// Its word in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Expired => "expired",
            Self::Disabled => "disabled",
        }
    }

    /// Of seats that nobody holds, those that somebody could be given: none once the license is over.
    pub fn assignable(self, seats: Option<i64>) -> Option<i64> {
        if self == Self::Usable { seats } else { seats.map(|_| 0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seats_of_a_license_that_is_over_are_nobodys_to_give() {
        use LicenseState::{Disabled, Expired, Usable};
        let as_of: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let cases = [
            (Some("Active"), None, Usable),
            (Some("Active"), Some("2026-11-21"), Usable),
            (Some("Active"), Some("2026-11-20"), Expired),
            (Some("Free"), None, Usable),
            (Some("Trial"), Some("2026-12-01"), Usable),
            (Some("Trial"), Some("2026-11-01"), Expired),
            (Some("Expired"), None, Expired),
            (Some("Expired"), Some("2027-01-01"), Expired),
            (Some("Disabled"), None, Disabled),
            (Some("Disabled"), Some("2026-10-01"), Expired),
            (Some("Suspended"), Some("2027-01-01"), Disabled),
            (None, None, Usable),
            (None, Some("2026-11-20"), Expired),
        ];
        for (status, last_day, state) in cases {
            assert_eq!(LicenseState::at(as_of, status, last_day), state, "{status:?} {last_day:?}");
            let assignable = if state == Usable { Some(7) } else { Some(0) };
            assert_eq!((state.assignable(Some(7)), state.assignable(None)), (assignable, None));
        }
    }
}
