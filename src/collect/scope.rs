//! Who is in scope: the org's own spellings of company names, read as grouped counts and matched here.

use std::collections::{BTreeMap, BTreeSet};

use super::company::{Companies, nearest, normalized};
use super::error::Error;
use crate::catalogue::FieldType;
use crate::salesforce::{Column, Rows, Session, soql};
use crate::store::{CompanyCount, CompanySpelling};

/// A grouped answer has no further pages (Salesforce, "SOQL and SOSL Reference", GROUP BY), so each is asked for in
/// portions that fit one.
const GROUPS_PER_ANSWER: usize = 2_000;

/// The company of users whose name matches no configured one.
pub const UNMATCHED: &str = "(unmatched)";
/// The company of users whose name matches several.
pub const AMBIGUOUS: &str = "(ambiguous)";

/// Which users a run keeps.
pub enum ScopeSurvey {
    /// All of them.
    WholeOrg,
    /// Those of the configured companies.
    Companies {
        /// The configured names, for matching.
        companies: Companies,
        /// The org's spellings that stand for one of them.
        spellings: Vec<String>,
        /// Everyone else, counted.
        outside: Vec<CompanyCount>,
        /// One sentence for each configured name that no user has.
        unmatched_names: Vec<String>,
        /// All users of the org, these included.
        org_users: u64,
    },
}

/// Users of one spelling, license and state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    company_name: Option<String>,
    license_id: Option<String>,
    is_active: bool,
}

/// Asks the org for its spellings and matches them.
pub(super) fn survey(session: &Session, companies: Companies) -> Result<ScopeSurvey, Error> {
    let groups = read_groups(|soql| Ok(session.query_grouped(soql, &columns())?))?;
    Ok(matched(companies, &groups))
}

fn columns() -> Vec<Column> {
    [
        ("CompanyName", FieldType::Text),
        ("UserLicenseId", FieldType::Id),
        ("IsActive", FieldType::Boolean),
        ("users", FieldType::Integer),
    ]
    .map(|(path, field_type)| Column { path: path.to_owned(), field_type })
    .to_vec()
}

/// Reads all groups, in portions ordered by company name. A portion may end within a name, so the next begins at that
/// name again; groups that come twice overwrite themselves.
fn read_groups(ask: impl Fn(&str) -> Result<Rows, Error>) -> Result<BTreeMap<Group, i64>, Error> {
    let mut groups = BTreeMap::new();
    // NULL compares with nothing, so users without a company name are asked for apart.
    keep(&ask(&grouped("CompanyName = null"))?, &mut groups);
    let mut from: Option<String> = None;
    loop {
        let condition = match &from {
            None => "CompanyName != null".to_owned(),
            Some(name) => format!("CompanyName >= {}", soql::literal(name)),
        };
        let rows = ask(&grouped(&condition))?;
        keep(&rows, &mut groups);
        if rows.len() < GROUPS_PER_ANSWER {
            return Ok(groups);
        }
        let last = rows.row(rows.len() - 1).value(0).as_text().map(str::to_owned);
        if last.is_none() || last == from {
            return Err(Error::TooManyGroups(last.unwrap_or_default()));
        }
        from = last;
    }
}

fn grouped(condition: &str) -> String {
    format!(
        "SELECT CompanyName, Profile.UserLicenseId, IsActive, COUNT(Id) users FROM User WHERE {condition} \
         GROUP BY CompanyName, Profile.UserLicenseId, IsActive ORDER BY CompanyName LIMIT {GROUPS_PER_ANSWER}"
    )
}

fn keep(rows: &Rows, groups: &mut BTreeMap<Group, i64>) {
    for index in 0..rows.len() {
        let row = rows.row(index);
        let group = Group {
            company_name: row.value(0).as_text().map(str::to_owned),
            license_id: row.value(1).as_text().map(str::to_owned),
            is_active: row.value(2).as_boolean().unwrap_or_default(),
        };
        groups.insert(group, row.value(3).as_integer().unwrap_or_default());
    }
}

fn matched(companies: Companies, groups: &BTreeMap<Group, i64>) -> ScopeSurvey {
    let mut spellings: BTreeMap<String, String> = BTreeMap::new();
    let mut outside: BTreeMap<(&str, Option<String>, bool), i64> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut ambiguous: BTreeSet<&str> = BTreeSet::new();
    for (group, users) in groups {
        let stands_for = match &group.company_name {
            None => CompanySpelling::Unmatched,
            Some(name) => companies.of(name),
        };
        let company = match stands_for {
            CompanySpelling::Company(company) => {
                seen.insert(company);
                // SOQL compares without regard to case, so one spelling of each such set finds them all.
                let name = group.company_name.clone().unwrap_or_default();
                spellings.entry(name.to_lowercase()).or_insert(name);
                continue;
            }
            CompanySpelling::Unmatched => UNMATCHED,
            CompanySpelling::Ambiguous => {
                ambiguous.extend(group.company_name.iter().flat_map(|name| companies.candidates(name)));
                AMBIGUOUS
            }
        };
        *outside.entry((company, group.license_id.clone(), group.is_active)).or_default() += users;
    }
    let existing: BTreeSet<&str> = groups.keys().filter_map(|group| group.company_name.as_deref()).collect();
    let unmatched_names = companies
        .names()
        .iter()
        .filter(|name| !seen.contains(*name))
        .map(|name| match ambiguous.contains(name.as_str()) {
            true => format!("every user of the company `{name}` matches another configured company too"),
            false => unmatched_name(name, &existing),
        })
        .collect();
    let outside = outside
        .into_iter()
        .map(|((company, license_id, is_active), users)| CompanyCount {
            company,
            license_id,
            is_active,
            users,
        })
        .collect();
    ScopeSurvey::Companies {
        companies,
        spellings: spellings.into_values().collect(),
        outside,
        unmatched_names,
        org_users: groups.values().map(|users| users.unsigned_abs()).sum(),
    }
}

fn unmatched_name(name: &str, existing: &BTreeSet<&str>) -> String {
    let similar =
        nearest(name, existing.iter().copied().filter(|other| normalized(other) != normalized(name)));
    let suggestion = match similar[..] {
        [] => "and the org has no similar name".to_owned(),
        _ => format!("the nearest in the org: `{}`", similar.join("`, `")),
    };
    format!("no user has the company name `{name}`, {suggestion}")
}
