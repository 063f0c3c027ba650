//! Licenses of the contract file that their org does not have: most are slips of the hand, and their lines price
//! nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Error;
use super::books::{ContractLine, Contracts, nearest_key};
use crate::store::{Reader, Selection};

/// A license under contract that fits nothing in its org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedLicense {
    /// Short name of the org.
    pub org: String,
    /// Kind of the license.
    pub kind: String,
    /// Its key in the contract file.
    pub license_key: String,
    /// The first of its lines in the file, counted from 1.
    pub file_line: u64,
    /// The key that was probably meant.
    pub nearest: Option<String>,
}

impl UnmatchedLicense {
    /// What is to be mended, for people.
    pub fn sentence(&self) -> String {
        let Self { org, kind, license_key, file_line, nearest } = self;
        let meant =
            nearest.as_ref().map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default();
        format!(
            "{org} has no {kind} license with the key `{license_key}`, line {file_line} of the contracts{meant}"
        )
    }
}

/// The object that every license of a kind comes from.
const SOURCES: &[(&str, &str)] = &[
    ("user", "UserLicense"),
    ("permission_set", "PermissionSetLicense"),
    ("package", "PackageLicense"),
    ("feature", "User"),
];

/// The licenses, by org, kind and key, that no license of the state has and whose last term ends after `day`. Orgs
/// without a state are left out, and kinds of which nobody knows all licenses.
///
/// # Errors
/// The database cannot be read.
pub fn unmatched_licenses(
    contracts: &Contracts,
    reader: &Reader,
    selection: &Selection,
    day: Date,
) -> Result<Vec<UnmatchedLicense>, Error> {
    let mut known: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    reader.licenses(selection, |license| -> Result<(), Error> {
        if let Some(key) = license.key {
            known.entry((license.org, license.kind)).or_default().insert(key);
        }
        Ok(())
    })?;
    let orgs: BTreeSet<_> = reader.org_states(&selection.orgs)?.into_iter().map(|state| state.org).collect();
    let mut readable = BTreeSet::new();
    for (kind, source) in SOURCES {
        if reader.knows(selection, source)? {
            readable.insert(*kind);
        }
    }
    let is_looked_at = |lines: &&[ContractLine]| {
        let line = &lines[0];
        lines.iter().any(|line| line.ends_on > day)
            && orgs.contains(&line.org)
            && readable.contains(line.kind.as_str())
    };
    let mut unmatched = Vec::new();
    for lines in contracts.by_license().filter(is_looked_at) {
        let ContractLine { org, kind, license_key, .. } = &lines[0];
        let of_kind = known.get(&(org.clone(), kind.clone()));
        if of_kind.is_some_and(|keys| keys.contains(license_key)) {
            continue;
        }
        let keys = of_kind.into_iter().flatten().map(String::as_str);
        unmatched.push(UnmatchedLicense {
            org: org.clone(),
            kind: kind.clone(),
            license_key: license_key.clone(),
            file_line: lines.iter().map(|line| line.file_line).min().unwrap_or_default(),
            nearest: nearest_key(license_key, keys).map(str::to_owned),
        });
    }
    Ok(unmatched)
}
