//! Exemptions: who may keep a license without using it, why, who answers for it, and until when.

use std::collections::HashMap;

use jiff::civil::Date;

use super::cell;
use super::problem::{LineProblem, none_or};
use super::sheet::{BookColumn, Row, Sheet};
use crate::base::RecordId;

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
    list: Vec<Exemption>,
    /// Places in `list` by the user's name in lower case, or id.
    by_user: HashMap<String, Vec<usize>>,
}

/// One exemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Its line in the file, counted from 1.
    pub file_line: u64,
    /// Only in this org; `None` for every org.
    pub org: Option<String>,
    /// Username, or Salesforce id in 18 characters, of the user.
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
        none_or(problems, || Self::of(list))
    }

    /// These exemptions.
    pub fn of(list: Vec<Exemption>) -> Self {
        let mut by_user: HashMap<_, Vec<_>> = HashMap::new();
        for (place, exemption) in list.iter().enumerate() {
            by_user.entry(exemption.user.to_lowercase()).or_default().push(place);
        }
        Self { list, by_user }
    }

    /// All of them, in the order of the file.
    pub fn list(&self) -> &[Exemption] {
        &self.list
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
        let about = self.about(org, user_id, username, license_key);
        match about.into_iter().max_by_key(|exemption| exemption.expires_on) {
            None => Exempt::No,
            Some(newest) if day <= newest.expires_on => Exempt::Yes(newest),
            Some(newest) => Exempt::Expired(newest),
        }
    }

    /// Those about a user's holding of a license, whether they still hold or not.
    pub fn about(
        &self,
        org: &str,
        user_id: &str,
        username: Option<&str>,
        license_key: Option<&str>,
    ) -> Vec<&Exemption> {
        let mut about = self.of_user(user_id, username);
        about.retain(|exemption| {
            exemption.org.as_ref().is_none_or(|only| only == org)
                && exemption.license_key.as_ref().is_none_or(|only| license_key == Some(only))
        });
        about
    }

    /// Those of a user, of whatever org and license.
    pub fn of_user(&self, user_id: &str, username: Option<&str>) -> Vec<&Exemption> {
        let places = [Some(user_id), username].into_iter().flatten();
        let places = places.filter_map(|name| self.by_user.get(&name.to_lowercase())).flatten();
        places.map(|place| &self.list[*place]).collect()
    }

    /// Those that no longer hold this day.
    pub fn expired(&self, day: Date) -> impl Iterator<Item = &Exemption> {
        self.list.iter().filter(move |exemption| exemption.expires_on < day)
    }
}

fn exemption<Name: AsRef<str>>(row: &mut Row<'_>, orgs: &[Name]) -> Option<Exemption> {
    let user = row.needed("user", user);
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

/// An id with or without its checksum is the same user.
fn user(text: &str) -> Result<String, String> {
    const PREFIX_OF_USERS: &str = "005";
    let id = RecordId::parse(text).ok().filter(|_| text.starts_with(PREFIX_OF_USERS));
    Ok(id.map_or_else(|| text.to_owned(), |id| id.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exemption_holds_for_its_user_license_and_time() {
        let file = "\
user,org,license_key,reason,owner,expires_on
Erp.Sync@acme.example,,,nightly interface,Ada,2026-12-31
0050000000000001,labs,SFDC,parental leave,Ben,2026-11-20
005000000000001,labs,SFDC,parental leave,Ben,2026-11-20
005000000000001AAA,,SFDC,project,Ben,2026-06-30
";
        let exemptions = Exemptions::parse(file, &["acme", "labs"]).unwrap();
        let day = |text: &str| text.parse::<Date>().unwrap();
        let line = |org, id, name, key, on| match exemptions.exempts(org, id, name, key, day(on)) {
            Exempt::No => "no".to_owned(),
            Exempt::Yes(exemption) => format!("yes by line {}", exemption.file_line),
            Exempt::Expired(exemption) => format!("expired line {}", exemption.file_line),
        };
        let (erp, other) = (Some("erp.sync@acme.example"), Some("other@acme.example"));
        let id = "005000000000001AAA";
        let cases = [
            ("acme", "005x", erp, Some("SFDC"), "2026-12-31", "yes by line 2"),
            ("acme", "005x", erp, None, "2027-01-01", "expired line 2"),
            ("labs", id, other, Some("SFDC"), "2026-11-20", "yes by line 4"),
            ("acme", id, other, Some("SFDC"), "2026-11-20", "expired line 5"),
            ("labs", id, other, Some("AUL"), "2026-11-20", "no"),
            ("labs", id, other, None, "2026-11-20", "no"),
            ("acme", "005x", other, Some("SFDC"), "2026-11-20", "no"),
            ("acme", "005x", None, Some("SFDC"), "2026-11-20", "no"),
        ];
        for (org, id, name, key, on, expected) in cases {
            assert_eq!(line(org, id, name, key, on), expected, "{org} {id} {name:?} {key:?} {on}");
        }
        let expired: Vec<_> = exemptions.expired(day("2026-11-21")).map(|one| one.file_line).collect();
        assert_eq!(expired, [3, 4, 5]);
    }
}
