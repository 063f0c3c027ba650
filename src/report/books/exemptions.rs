//! Exemptions: who may keep a license without using it, why, who answers for it, and until when.

use jiff::civil::Date;

use super::cell;
use super::problem::LineProblem;
use super::sheet::{BookColumn, Row, Sheet};

/// The columns of the file.
pub const EXEMPTION_COLUMNS: &[BookColumn] = &[
    column("user", true, "username or Salesforce id of the user"),
    column("org", false, "short name of the only org it is for; empty means every org"),
    column("license_key", false, "key of the only license it is for; empty means every license"),
    column("reason", true, "why the user keeps it"),
    column("owner", true, "who answers for it"),
    column("expires_on", true, "last day on which it holds, such as 2027-03-31"),
];

const fn column(name: &'static str, needed: bool, about: &'static str) -> BookColumn {
    BookColumn { name, needed, about, sample: "" }
}

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
    /// Reads an exemption file; `orgs` are the configured short names.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse<Name: AsRef<str>>(text: &str, orgs: &[Name]) -> Result<Self, Vec<LineProblem>> {
        let mut problems = Vec::new();
        let sheet = Sheet::read(text, EXEMPTION_COLUMNS, &mut problems);
        let list =
            sheet.map(|sheet| sheet.each(&mut problems, |row| exemption(row, orgs))).unwrap_or_default();
        if problems.is_empty() { Ok(Self { list }) } else { Err(problems) }
    }

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

fn exemption<Name: AsRef<str>>(row: &mut Row<'_>, orgs: &[Name]) -> Option<Exemption> {
    let user = row.needed("user", cell::text);
    let org = row.optional("org", cell::org(orgs));
    let license_key = row.optional("license_key", cell::text);
    let reason = row.needed("reason", cell::text);
    let owner = row.needed("owner", cell::text);
    let expires_on = row.needed("expires_on", cell::date);
    Some(Exemption {
        file_line: row.line,
        org: org?,
        user: user?,
        license_key: license_key?,
        reason: reason?,
        owner: owner?,
        expires_on: expires_on?,
    })
}
