//! The legal entities whose people share the org, and how people spell them.

use super::names::{ARABIC, ENGLISH, FRENCH, GERMAN, JAPANESE, Language, POLISH, VIETNAMESE};

/// A legal entity.
pub(crate) struct Company {
    /// Spellings found in `User.CompanyName`, the usual one first. `None`: nobody filled the field in.
    pub(crate) spellings: &'static [Option<&'static str>],
    /// Its share of the org's people, in hundredths.
    pub(crate) weight: u8,
    pub(crate) language: &'static Language,
    /// Of mail addresses and user names.
    pub(crate) domain: &'static str,
}

pub(crate) const COMPANIES: &[Company] = &[
    Company {
        spellings: &[Some("Acme GmbH"), Some("ACME  GmbH"), Some("Acme Gmbh "), Some("acme gmbh")],
        weight: 34,
        language: GERMAN,
        domain: "acme.example",
    },
    Company {
        spellings: &[Some("Acme UK Ltd"), Some("ACME UK LTD"), Some("Acme UK Ltd.")],
        weight: 18,
        language: ENGLISH,
        domain: "acme-uk.example",
    },
    Company {
        // The second spelling has a combining diaeresis.
        spellings: &[Some("O'Brien & Söhne"), Some("O'Brien & So\u{308}hne"), Some("O’Brien & Söhne")],
        weight: 8,
        language: GERMAN,
        domain: "obrien-soehne.example",
    },
    Company {
        spellings: &[Some("Société Générale d'Acme SAS"), Some("SOCIÉTÉ GÉNÉRALE D'ACME SAS")],
        weight: 8,
        language: FRENCH,
        domain: "acme-fr.example",
    },
    Company {
        spellings: &[Some("アクメ株式会社"), Some("ｱｸﾒ株式会社")],
        weight: 6,
        language: JAPANESE,
        domain: "acme-jp.example",
    },
    Company {
        spellings: &[Some("أكمي للتجارة ذ.م.م")],
        weight: 4,
        language: ARABIC,
        domain: "acme-ae.example",
    },
    Company {
        spellings: &[Some("Acme Polska Sp. z o.o."), Some("Acme Polska sp. z o. o.")],
        weight: 6,
        language: POLISH,
        domain: "acme-pl.example",
    },
    Company {
        spellings: &[
            Some("Công ty TNHH Acme Việt Nam"),
            Some("Co\u{302}ng ty TNHH Acme Vie\u{323}\u{302}t Nam"),
        ],
        weight: 4,
        language: VIETNAMESE,
        domain: "acme-vn.example",
    },
    Company {
        spellings: &[Some("Globex Corporation")],
        weight: 7,
        language: ENGLISH,
        domain: "globex.example",
    },
    Company { spellings: &[None], weight: 5, language: ENGLISH, domain: "acme.example" },
];
