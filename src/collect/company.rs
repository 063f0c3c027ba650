//! Which configured company a user's company name stands for.
//!
//! Names are compared after Unicode normalization (NFC), trimming, collapsing of inner spaces and full case folding,
//! with an alias table for spellings that no such rule can match.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use unicode_normalization::UnicodeNormalization as _;

use crate::store::CompanySpelling;

/// A name at least this similar (Jaro-Winkler, 0 to 1) is worth suggesting.
const SIMILAR: f64 = 0.7;

/// How many similar names are suggested.
const MOST_SUGGESTIONS: usize = 3;

/// The configured company names and their aliases.
pub struct Companies {
    names: Vec<String>,
    by_spelling: HashMap<String, BTreeSet<usize>>,
}

impl Companies {
    /// Prepares matching for `names`; an alias stands for the name it is listed under.
    pub fn new(names: &[String], aliases: &BTreeMap<String, Vec<String>>) -> Self {
        let mut by_spelling: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (index, name) in names.iter().enumerate() {
            let own_aliases = aliases.get(name).into_iter().flatten();
            for spelling in own_aliases.chain([name]) {
                by_spelling.entry(normalized(spelling)).or_default().insert(index);
            }
        }
        Self { names: names.to_vec(), by_spelling }
    }

    /// What `company_name` stands for.
    pub fn of(&self, company_name: &str) -> CompanySpelling {
        match self.by_spelling.get(&normalized(company_name)) {
            None => CompanySpelling::Unmatched,
            Some(companies) => match companies.iter().collect::<Vec<_>>()[..] {
                [only] => CompanySpelling::Company(self.names[*only].clone()),
                _ => CompanySpelling::Ambiguous,
            },
        }
    }

    /// The configured names that `company_name` may stand for.
    pub fn candidates(&self, company_name: &str) -> impl Iterator<Item = &str> {
        let found = self.by_spelling.get(&normalized(company_name));
        found.into_iter().flatten().map(|index| self.names[*index].as_str())
    }

    /// The configured names.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// The form in which names are compared.
pub fn normalized(name: &str) -> String {
    let composed: String = name.nfc().collect();
    let spaced = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    // Folding can decompose (ΐ), so the result is composed once more.
    caseless::default_case_fold_str(&spaced).nfc().collect()
}

/// The names among `existing` that look most like `wanted`, best first.
pub fn nearest<'a>(wanted: &str, existing: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = normalized(wanted);
    let mut similar: Vec<(f64, &str)> = existing
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &normalized(name)), name))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .collect();
    similar.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(right.1)));
    similar.into_iter().map(|(_, name)| name).take(MOST_SUGGESTIONS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn companies() -> Companies {
        let names = ["Acme GmbH", "Acme UK Ltd", "O'Brien & Söhne", "Straße AG"].map(String::from);
        let aliases = BTreeMap::from([
            ("Acme GmbH".to_owned(), vec!["ACME Gesellschaft".to_owned(), "Acme".to_owned()]),
            ("Acme UK Ltd".to_owned(), vec!["Acme".to_owned()]),
        ]);
        Companies::new(&names, &aliases)
    }

    #[test]
    fn spellings_match_by_rule_or_alias() {
        let company = |name: &str| CompanySpelling::Company(name.to_owned());
        let cases = [
            ("Acme GmbH", company("Acme GmbH")),
            ("  ACME \u{a0} gmbh ", company("Acme GmbH")),
            ("acme gesellschaft", company("Acme GmbH")),
            ("O'Brien & So\u{308}hne", company("O'Brien & Söhne")),
            ("STRASSE AG", company("Straße AG")),
            ("Acme", CompanySpelling::Ambiguous),
            ("Acme France", CompanySpelling::Unmatched),
            ("", CompanySpelling::Unmatched),
        ];
        for (spelling, expected) in cases {
            assert_eq!(companies().of(spelling), expected, "{spelling}");
        }
    }

    #[test]
    fn the_nearest_existing_names_come_first() {
        let existing = ["Acme GmbH", "Acme Gmbh & Co", "Umbrella"];
        assert_eq!(nearest("Acmee GmbH", existing), ["Acme GmbH", "Acme Gmbh & Co"]);
        assert!(nearest("Zylo", existing).is_empty());
    }
}
