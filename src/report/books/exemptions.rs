//! Exemptions: who may keep a license without using it, why, who answers for it, and until when.

use jiff::civil::Date;

/// Every exemption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exemptions {
    /// In the order of the file.
    pub list: Vec<Exemption>,
}

/// One exemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Its line in the file, counted from 1.
    pub file_line: u64,
    /// Only in this org; `None` for every org.
    pub org: Option<String>,
    /// Username or Salesforce id of the user.
    pub user: String,
    /// Only for this license; `None` for every license.
    pub license_key: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires_on: Date,
}

/// What the exemptions say about a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exempt<'a> {
    /// Nothing.
    No,
    /// This one holds.
    Yes(&'a Exemption),
    /// There was one, which no longer counts.
    Expired(&'a Exemption),
}

impl Exemptions {
    /// What they say this day about a user's holding of a license.
    pub fn exempts(
        &self,
        org: &str,
        user_id: &str,
        username: Option<&str>,
        license_key: Option<&str>,
        day: Date,
    ) -> Exempt<'_> {
        let is_about = |exemption: &&Exemption| {
            let is_user = exemption.user == user_id
                || username.is_some_and(|username| exemption.user.eq_ignore_ascii_case(username));
            is_user
                && exemption.org.as_ref().is_none_or(|only| only == org)
                && exemption.license_key.as_ref().is_none_or(|only| license_key == Some(only))
        };
        match self.list.iter().filter(is_about).max_by_key(|exemption| exemption.expires_on) {
            None => Exempt::No,
            Some(newest) if day <= newest.expires_on => Exempt::Yes(newest),
            Some(newest) => Exempt::Expired(newest),
        }
    }

    /// Those that no longer hold this day.
    pub fn expired(&self, day: Date) -> impl Iterator<Item = &Exemption> {
        self.list.iter().filter(move |exemption| exemption.expires_on < day)
    }
}
