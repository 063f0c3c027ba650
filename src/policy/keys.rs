//! Every key of a policy file, as data: the loader, `policy check` and the manual are all held against these tables.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name in its table.
    pub name: &'static str,
    /// What holds when it is not written.
    pub default: &'static str,
    /// What it is for, in one line without a full stop; empty for a table with keys of its own.
    pub about: &'static str,
    /// For a key that is checked and then changes nothing: what holds whatever it says.
    pub idle: Option<&'static str>,
}

/// One table with the keys that it may hold.
#[derive(Clone, Copy, Debug)]
pub struct KeyTable {
    /// How it is written, such as `[[audit.sink]]`; empty for what stands in no table.
    pub heading: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

impl KeyTable {
    /// A key's name with its table, such as `audit.sink.url`.
    pub fn full_name(&self, key: &Key) -> String {
        match self.heading.trim_matches(['[', ']']) {
            "" => key.name.to_owned(),
            table => format!("{table}.{}", key.name),
        }
    }
}

/// Every table, in the order in which people see them.
pub const KEY_TABLES: &[KeyTable] = &[
    ROOT, IDENTITY, ISSUER, JWKS, CLAIMS, SERVICE, ROLE, PERMISSION, SUBJECT, FORBID, OBJECT, COMPANY,
    LIMITS, RATES, RATE, DAILY, ORG, PII, AUDIT, CHECKPOINT, SINK, SALESFORCE,
];

const NO_QUERIES: &str = "nobody can send a query of their own; collection sends fixed ones, and `limits.daily` counts \
                          their rows";
const ONE_USER: &str =
    "every request is made as the user that the configuration names (`username` under [[org]])";
const READ_ONLY: &str = "nothing is ever written to Salesforce";

pub(super) const ROOT: KeyTable = KeyTable {
    heading: "",
    keys: &[
        key("version", REQUIRED, "`1`"),
        key("tenant", REQUIRED, "the tenant that tokens must belong to and whose records the journal shows"),
        table("identity"),
        table("role"),
        key(
            "operations",
            REQUIRED,
            "for each operation the scopes that it needs; one that is not listed is denied",
        ),
        key("channels", "any", "for each operation where it may come from: `cli`, `mcp-stdio`, `mcp-http`"),
        table("permission"),
        table("forbid"),
        table("salesforce"),
        table("object"),
        table("company"),
        table("limits"),
        table("pii"),
        table("audit"),
    ],
};

pub(super) const IDENTITY: KeyTable = KeyTable {
    heading: "[identity]",
    keys: &[
        key(
            "anonymous",
            "`\"deny\"`",
            "what becomes of callers who are not known; nothing else may be written",
        ),
        table("issuer"),
        table("service"),
    ],
};

pub(super) const ISSUER: KeyTable = KeyTable {
    heading: "[[identity.issuer]]",
    keys: &[
        key("name", REQUIRED, "short name of the identity provider"),
        key("issuer", REQUIRED, "its issuer identifier, exactly as its tokens have it"),
        key("issuer_aliases", "`[]`", "other spellings of the identifier"),
        key("audience", REQUIRED, "audiences of which a token must name one"),
        key("algorithms", REQUIRED, "signature algorithms that are accepted"),
        key("jwks", "`\"discover\"`", "where its keys are: `\"discover\"`, `{ uri = … }` or `{ file = … }`"),
        key("jwks_hosts", "the host of `issuer`", "hosts that keys may be fetched from"),
        key("allow_private", "`false`", "whether keys may come from private addresses"),
        key(
            "stale_if_error_s",
            "`3600`",
            "how old fetched keys may become while they cannot be fetched anew, in seconds",
        ),
        key("allowed_typ", "`[\"at+jwt\", \"JWT\"]`", "values of the `typ` header that are accepted"),
        key("authorized_parties", "any", "parties that tokens may have been issued to"),
        key("leeway_s", "`30`", "how far clocks may differ, in seconds"),
        key("max_lifetime_s", "`3600`", "how long a token may be valid, in seconds"),
        key("profile", "`\"default\"`", "`\"rfc9068\"` for tokens that must follow it in full"),
        key("accept_id_token", "`false`", "whether ID tokens are accepted"),
        table("claims"),
        key(
            "grant",
            REQUIRED,
            "what gives scopes: `\"scope\"`, `\"role\"`, or `\"scope_and_role\"` for what both give",
        ),
    ],
};

pub(super) const JWKS: KeyTable = KeyTable {
    heading: "[identity.issuer.jwks]",
    keys: &[
        key("uri", "none", "URL of the keys"),
        key("file", "none", "file with the keys, for machines offline"),
    ],
};

pub(super) const CLAIMS: KeyTable = KeyTable {
    heading: "[identity.issuer.claims]",
    keys: &[
        key("subject", "`\"sub\"`", "claim with the person"),
        key("email", "none", "claim with the mail address, for display only"),
        key("scope", "`\"scope\"`", "claim with the scopes"),
        key("roles", "none", "claim with the roles"),
        key("tenant", "none", "claim with the tenant; without it the issuer has only this one"),
        key("companies", "none", "claim with the companies"),
    ],
};

pub(super) const SERVICE: KeyTable = KeyTable {
    heading: "[[identity.service]]",
    keys: &[
        key("name", REQUIRED, "name of the service"),
        key("unix_user", REQUIRED, "operating-system account: a user name, or `#` and a user id"),
        key("tier", REQUIRED, "how it runs: `interactive`, `api`, `subagent`, `background`"),
        key("scopes", REQUIRED, "what it may do"),
        key("companies", "none", "whose data it may see; `[\"*\"]` for all"),
    ],
};

pub(super) const ROLE: KeyTable = KeyTable {
    heading: "[[role]]",
    keys: &[
        key("match", REQUIRED, "the role's exact name in a token"),
        key("scopes", REQUIRED, "scopes that it gives"),
        key("companies", "none", "companies that it gives; `[\"*\"]` for all"),
    ],
};

pub(super) const PERMISSION: KeyTable = KeyTable {
    heading: "[[permission]]",
    keys: &[
        table("subject"),
        key("operation", "all", "the operation that it is about"),
        key("tier", "all", "the tier that it is about; it stands alone"),
        key("effect", REQUIRED, "`\"allow\"` or `\"deny\"`; the most specific permission wins"),
    ],
};

pub(super) const SUBJECT: KeyTable = KeyTable {
    heading: "[permission.subject]",
    keys: &[
        key("issuer", REQUIRED, "short name of the person's issuer"),
        key("sub", REQUIRED, "the person within it"),
    ],
};

pub(super) const FORBID: KeyTable = KeyTable {
    heading: "[[forbid]]",
    keys: &[
        key("id", REQUIRED, "its name in records"),
        key("tiers", "all", "tiers that it holds for"),
        key(
            "operation",
            REQUIRED,
            "what is forbidden, whatever else allows it; one `*` may stand for any text",
        ),
        key("except", "`[]`", "operations that it leaves alone"),
    ],
};

pub(super) const OBJECT: KeyTable = KeyTable {
    heading: "[[object]]",
    keys: &[
        key("name", REQUIRED, "API name of the object"),
        idle(
            "operations",
            REQUIRED,
            "operations that may touch the object",
            "no operation takes an object from its caller; [operations] says what may be done",
        ),
        idle(
            "fields",
            REQUIRED,
            "fields that may be read; `redact` names some of them",
            "collection and reports read the fields that they need; `redact` keeps one from leaving",
        ),
        idle("write_fields", "none", "fields that may be written", READ_ONLY),
        key(
            "redact",
            "none",
            "fields that leave changed: `\"hidden\"`, `\"mask\"`, `\"last4\"` or `\"hmac\"`",
        ),
        idle(
            "company_path",
            "none",
            "field that names a row's company",
            "the configuration says whose data a user is (`company_field` under [[org]])",
        ),
    ],
};

pub(super) const COMPANY: KeyTable = KeyTable {
    heading: "[company]",
    keys: &[key("enforce", "`true`", "whether callers are held to their companies")],
};

pub(super) const LIMITS: KeyTable = KeyTable {
    heading: "[limits]",
    keys: &[
        key("key", "`\"user\"`", "whose calls are counted together; nothing else may be written"),
        table("rate"),
        table("daily"),
        table("org"),
    ],
};

pub(super) const RATES: KeyTable = KeyTable {
    heading: "[limits.rate]",
    keys: &[table("interactive"), table("api"), table("subagent"), table("background")],
};

pub(super) const RATE: KeyTable = KeyTable {
    heading: "[limits.rate.<tier>]",
    keys: &[
        key("max", REQUIRED, "most calls in any window; a tier without a rate has the strictest one"),
        key("window_s", REQUIRED, "length of the window, in seconds"),
    ],
};

pub(super) const DAILY: KeyTable = KeyTable {
    heading: "[limits.daily]",
    keys: &[
        key("api_calls", "no limit", "Salesforce API requests per caller and UTC day"),
        key("rows", "no limit", "rows per caller and UTC day"),
        key("bytes", "no limit", "bytes per caller and UTC day"),
    ],
};

pub(super) const ORG: KeyTable = KeyTable {
    heading: "[limits.org]",
    keys: &[key(
        "keep_free_api_percent",
        "`0`",
        "percentage of the org's daily API requests that stays free; the configuration's counts if it is stricter",
    )],
};

pub(super) const PII: KeyTable = KeyTable {
    heading: "[pii]",
    keys: &[
        key("max_input_bytes", "`262144`", "longest arguments of one operation"),
        idle(
            "accept_changed_query",
            "none",
            "whether `\"redact\"` may stand in [pii.query]",
            "arguments are never changed; what `\"redact\"` finds in them is counted, as with `\"detect\"`",
        ),
        key(
            "query",
            "`\"block\"` for `US_SSN`, `US_ITIN` and `CREDIT_CARD`, `\"detect\"` for `IBAN` and `EMAIL`",
            "what is done with each type in arguments",
        ),
        idle("write", "none", "what is done with each type in what is written", READ_ONLY),
        key(
            "result",
            "`\"redact\"` for `US_SSN`, `US_ITIN`, `CREDIT_CARD` and `IBAN`",
            "what is done with each type in free text that leaves",
        ),
    ],
};

pub(super) const AUDIT: KeyTable = KeyTable {
    heading: "[audit]",
    keys: &[
        key("path", "the configuration's", "the journal"),
        key("level", "`\"metadata\"`", "`\"request\"` to record the names of arguments too"),
        key("hmac_key_file", "none", "key of the hashes that stand for arguments and personal numbers"),
        table("checkpoint"),
        table("sink"),
    ],
};

pub(super) const CHECKPOINT: KeyTable = KeyTable {
    heading: "[audit.checkpoint]",
    keys: &[
        key("every", "`100`", "events after which the head is signed, besides each run's end"),
        key("sign_key_file", REQUIRED, "Ed25519 key that signs"),
        key("copy_to", "none", "folder that gets a copy of each checkpoint"),
    ],
};

pub(super) const SINK: KeyTable = KeyTable {
    heading: "[[audit.sink]]",
    keys: &[
        key("name", REQUIRED, "name of the receiver"),
        key("url", REQUIRED, "where events are sent"),
        key("allow_private", "`false`", "whether that may be a private address"),
        key("secret_file", REQUIRED, "webhook secret that signs"),
        key("format", "`\"ocsf-1.8\"`", "format of the events; nothing else may be written"),
        key("max_backlog", "`10000`", "events that may wait"),
        key(
            "on_backlog",
            "`\"warn\"`",
            "what happens when more wait: `\"warn\"`, or `\"deny\"` every operation",
        ),
    ],
};

pub(super) const SALESFORCE: KeyTable = KeyTable {
    heading: "[salesforce]",
    keys: &[
        idle("run_as", "none", "whose Salesforce user runs an operation", ONE_USER),
        idle("user_link", "none", "how a person is linked to a Salesforce user", ONE_USER),
        idle("never_run_as", "none", "Salesforce users that nothing runs as", ONE_USER),
        idle(
            "hosts",
            "none",
            "the orgs' hosts",
            "requests go to `url` and `login_url` of the configuration and to the Salesforce host that a token names",
        ),
        idle("max_rows", "none", "most rows of a query", NO_QUERIES),
        idle("all_rows", "none", "whether a query may ask for deleted rows", NO_QUERIES),
        idle("using_scope", "none", "whether a query may use `USING SCOPE`", NO_QUERIES),
        idle("soql_functions", "none", "functions that a query may use", NO_QUERIES),
    ],
};

const REQUIRED: &str = "required";

const fn key(name: &'static str, default: &'static str, about: &'static str) -> Key {
    Key { name, default, about, idle: None }
}

const fn table(name: &'static str) -> Key {
    key(name, "", "")
}

const fn idle(name: &'static str, default: &'static str, about: &'static str, instead: &'static str) -> Key {
    Key { idle: Some(instead), ..key(name, default, about) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::request::Tier;

    #[test]
    fn every_table_is_listed_once_and_every_key_is_told() {
        let source = include_str!("keys.rs").split("#[cfg(test)]").next().unwrap();
        assert_eq!(source.matches("KeyTable = KeyTable {").count(), KEY_TABLES.len());
        let headings: BTreeSet<_> = KEY_TABLES.iter().map(|table| table.heading).collect();
        assert_eq!(headings.len(), KEY_TABLES.len());
        for table in KEY_TABLES {
            for key in table.keys {
                assert_eq!(key.about.is_empty(), key.default.is_empty(), "{}", table.full_name(key));
                assert!(!key.about.ends_with('.'), "{}", table.full_name(key));
            }
        }
    }

    #[test]
    fn every_tier_has_a_rate() {
        let rates: Vec<_> = RATES.keys.iter().map(|key| key.name).collect();
        assert_eq!(rates, Tier::NAMES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
