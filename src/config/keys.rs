//! Every key of the configuration file, as data: the reader, the environment overrides, `config show`, the example
//! file and the manual are all held against this one table.

use crate::base::RecordId;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The table it stands in: `store`, ..., or `org` for each `[[org]]`.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What its value must look like.
    pub kind: ValueKind,
    /// What holds when it is not written.
    pub default: KeyDefault,
    /// What it is for, in one line without a full stop.
    pub about: &'static str,
}

impl Key {
    /// Its name with its table, such as `collect.concurrency`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// What a value must look like.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    /// Any text that is not empty.
    Text,
    /// Text that passes `check`; `expects` completes "must be ...".
    Checked {
        /// What passes, in words.
        expects: &'static str,
        /// Whether the text passes.
        check: fn(&str) -> bool,
    },
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A whole number, both ends included.
    Integer {
        /// The smallest.
        least: i64,
        /// The largest.
        most: i64,
    },
    /// `true` or `false`.
    Boolean,
    /// A file that is written by this program.
    WrittenFile,
    /// A file that must exist.
    ReadFile,
    /// A file that only some commands need. They say what is wrong with it; the others work without.
    NamedFile,
    /// A file that must exist, as far as this account may look. Its path is not shown: people write the secret itself
    /// there.
    SecretFile,
    /// Scheme, host and port of a server; a path only where `path` is true.
    Address {
        /// Whether a path may follow.
        path: bool,
    },
    /// `none`, `env`, or the address of a proxy, which may hold credentials.
    Proxy,
    /// A list of texts.
    Texts,
    /// A table of lists of texts.
    TextLists,
}

/// What holds when a key is not written.
#[derive(Clone, Copy, Debug)]
pub enum KeyDefault {
    /// It has to be written.
    Required,
    /// This TOML value.
    Toml(&'static str),
    /// The value of another key of the same table.
    SameAs(&'static str),
    /// Something that no value expresses, in words.
    Words(&'static str),
}

/// The list of keys, in the order of the example file.
pub const KEYS: &[Key] = &[
    Key {
        section: "store",
        name: "path",
        kind: ValueKind::WrittenFile,
        default: KeyDefault::Toml("\"seatledger.db\""),
        about: "SQLite database that everything is collected into",
    },
    Key {
        section: "collect",
        name: "concurrency",
        kind: ValueKind::Integer { least: 1, most: 25 },
        default: KeyDefault::Toml("4"),
        about: "requests in flight, per org",
    },
    Key {
        section: "collect",
        name: "login_history_days",
        kind: ValueKind::Integer { least: 0, most: 180 },
        default: KeyDefault::Toml("90"),
        about: "days of login history to read; 0 reads none",
    },
    Key {
        section: "collect",
        name: "keep_free_api_percent",
        kind: ValueKind::Integer { least: 0, most: 100 },
        default: KeyDefault::Toml("20"),
        about: "share of the org's daily API requests that is left to others",
    },
    Key {
        section: "collect",
        name: "include",
        kind: ValueKind::Texts,
        default: KeyDefault::Toml("[]"),
        about: "objects to collect; empty means all of them",
    },
    Key {
        section: "collect",
        name: "exclude",
        kind: ValueKind::Texts,
        default: KeyDefault::Toml("[]"),
        about: "objects to leave out",
    },
    Key {
        section: "http",
        name: "proxy",
        kind: ValueKind::Proxy,
        default: KeyDefault::Toml("\"none\""),
        about: "proxy URL, or \"env\" to read the proxy variables of the environment, or \"none\"",
    },
    Key {
        section: "http",
        name: "ca_file",
        kind: ValueKind::ReadFile,
        default: KeyDefault::Words("the certificates that `roots` names"),
        about: "PEM file of the authorities to trust, for a network that inspects TLS",
    },
    Key {
        section: "http",
        name: "roots",
        kind: ValueKind::Choice(&["system", "bundled"]),
        default: KeyDefault::Toml("\"system\""),
        about: "trusted authorities: the operating system's, or the bundled ones for containers without any",
    },
    Key {
        section: "http",
        name: "timeout_seconds",
        kind: ValueKind::Integer { least: 1, most: 3600 },
        default: KeyDefault::Toml("60"),
        about: "longest time one request may take",
    },
    Key {
        section: "policy",
        name: "file",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("no policy"),
        about: "rules that say who may do what",
    },
    Key {
        section: "audit",
        name: "path",
        kind: ValueKind::WrittenFile,
        default: KeyDefault::Words("audit.db beside the store"),
        about: "journal of every collection and export",
    },
    Key {
        section: "privacy",
        name: "key_file",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none; exports with people in them need it or `--identify`"),
        about: "key that turns people into pseudonyms in exports",
    },
    Key {
        section: "privacy",
        name: "smallest_group",
        kind: ValueKind::Integer { least: 1, most: 1000 },
        default: KeyDefault::Toml("5"),
        about: "fewest people of a group whose count leaves in an export; 1 shows all",
    },
    Key {
        section: "finance",
        name: "contracts",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none"),
        about: "CSV of contract lines and prices",
    },
    Key {
        section: "finance",
        name: "exemptions",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none"),
        about: "CSV of people who may keep an unused license",
    },
    Key {
        section: "finance",
        name: "people",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none"),
        about: "CSV of people from human resources or the identity provider",
    },
    Key {
        section: "finance",
        name: "cost_center_field",
        kind: ValueKind::Text,
        default: KeyDefault::Words("none"),
        about: "field of User that holds the cost center; one of every org's extra_fields",
    },
    Key {
        section: "finance",
        name: "people_complete",
        kind: ValueKind::Boolean,
        default: KeyDefault::Toml("false"),
        about: "whether `people` lists everybody, so that who is absent from it has left",
    },
    Key {
        section: "finance",
        name: "grace_days",
        kind: ValueKind::Integer { least: 0, most: 3650 },
        default: KeyDefault::Toml("60"),
        about: "days after an account was made or a seat assigned within which not using it means nothing yet",
    },
    Key {
        section: "org",
        name: "id",
        kind: ValueKind::Checked {
            expects: "a short name of lower-case letters, digits, `-` and `_` that starts with a letter or digit",
            check: is_org_id,
        },
        default: KeyDefault::Required,
        about: "short name of the org on the command line and in every report row",
    },
    Key {
        section: "org",
        name: "url",
        kind: ValueKind::Address { path: false },
        default: KeyDefault::Required,
        about: "My Domain URL of the org",
    },
    Key {
        section: "org",
        name: "login_url",
        kind: ValueKind::Address { path: false },
        default: KeyDefault::Toml("\"https://login.salesforce.com\""),
        about: "where the token is asked for: the My Domain URL for an External Client App",
    },
    Key {
        section: "org",
        name: "audience",
        kind: ValueKind::Address { path: true },
        default: KeyDefault::SameAs("login_url"),
        about: "authorization server that the assertion is addressed to",
    },
    Key {
        section: "org",
        name: "client_id",
        kind: ValueKind::Checked { expects: "the app's consumer key, without blanks", check: is_word },
        default: KeyDefault::Required,
        about: "consumer key of the app",
    },
    Key {
        section: "org",
        name: "username",
        kind: ValueKind::Checked { expects: "a Salesforce username, without blanks", check: is_word },
        default: KeyDefault::Required,
        about: "username of the user to impersonate",
    },
    Key {
        section: "org",
        name: "private_key_file",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none; one of the three private_key sources is required"),
        about: "PEM file of the private key",
    },
    Key {
        section: "org",
        name: "private_key_env",
        kind: ValueKind::Checked { expects: VARIABLE_NAME, check: is_variable_name },
        default: KeyDefault::Words("none"),
        about: "environment variable that holds the private key",
    },
    Key {
        section: "org",
        name: "private_key_credential",
        kind: ValueKind::Checked {
            expects: "the name of a systemd credential: letters, digits, `.`, `-` and `_`",
            check: is_credential_name,
        },
        default: KeyDefault::Words("none"),
        about: "systemd credential that holds the private key",
    },
    Key {
        section: "org",
        name: "private_key_passphrase_file",
        kind: ValueKind::SecretFile,
        default: KeyDefault::Words("none"),
        about: "file that holds the passphrase of an encrypted key",
    },
    Key {
        section: "org",
        name: "private_key_passphrase_env",
        kind: ValueKind::Checked { expects: VARIABLE_NAME, check: is_variable_name },
        default: KeyDefault::Words("none"),
        about: "environment variable that holds the passphrase of an encrypted key",
    },
    Key {
        section: "org",
        name: "certificate_file",
        kind: ValueKind::NamedFile,
        default: KeyDefault::Words("none"),
        about: "certificate that was uploaded to the app; `doctor` compares it and warns before it expires",
    },
    Key {
        section: "org",
        name: "company_names",
        kind: ValueKind::Texts,
        default: KeyDefault::Toml("[]"),
        about: "companies to collect, one per legal entity; empty means the whole org",
    },
    Key {
        section: "org",
        name: "company_aliases",
        kind: ValueKind::TextLists,
        default: KeyDefault::Toml("{}"),
        about: "other spellings of a company name that mean the same company",
    },
    Key {
        section: "org",
        name: "company_field",
        kind: ValueKind::Choice(&["User.CompanyName", "Organization.Name"]),
        default: KeyDefault::Toml("\"User.CompanyName\""),
        about: "field that holds the company name",
    },
    Key {
        section: "org",
        name: "organization_id",
        kind: ValueKind::Checked {
            expects: "an organization id, which starts with 00D and has 15 or 18 characters",
            check: is_organization_id,
        },
        default: KeyDefault::Words("none"),
        about: "id of the org; nothing is written when the token belongs to another one",
    },
    Key {
        section: "org",
        name: "api_version",
        kind: ValueKind::Checked {
            expects: "an API version from \"41.0\" on, such as \"67.0\"",
            check: is_api_version,
        },
        default: KeyDefault::Toml("\"67.0\""),
        about: "version of the Salesforce API",
    },
    Key {
        section: "org",
        name: "insecure_loopback",
        kind: ValueKind::Boolean,
        default: KeyDefault::Toml("false"),
        about: "permits http:// to 127.0.0.0/8 and ::1, and nothing else; for the emulator",
    },
    Key {
        section: "org",
        name: "extra_fields",
        kind: ValueKind::TextLists,
        default: KeyDefault::Toml("{}"),
        about: "further fields of User to collect",
    },
];

/// The key of this name, if there is one.
pub(super) fn find(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// The keys of one table.
pub(super) fn in_section(section: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.section == section)
}

/// The tables, each once, in the order of the example file.
pub(super) fn sections() -> Vec<&'static str> {
    let mut sections: Vec<_> = KEYS.iter().map(|key| key.section).collect();
    sections.dedup();
    sections
}

const VARIABLE_NAME: &str = "the name of an environment variable: letters, digits and `_`";

/// Salesforce retires 31.0 to 40.0 in Summer '28, and has retired those before (Salesforce Help, article 005321531).
const OLDEST_API_VERSION: u16 = 41;

fn is_org_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

fn is_word(text: &str) -> bool {
    !text.chars().any(|character| character.is_whitespace() || character.is_control())
}

fn is_variable_name(text: &str) -> bool {
    !text.starts_with(|first: char| first.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_credential_name(text: &str) -> bool {
    !text.starts_with('.') && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
}

fn is_organization_id(text: &str) -> bool {
    text.starts_with("00D") && RecordId::parse(text).is_ok()
}

fn is_api_version(text: &str) -> bool {
    text.strip_suffix(".0").is_some_and(|number| {
        number.len() == 2 && number.parse::<u16>().is_ok_and(|number| number >= OLDEST_API_VERSION)
    })
}
