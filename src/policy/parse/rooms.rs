//! `[salesforce]`, `[limits]`, `[pii]` and `[audit]`: what other rooms go by.

use std::collections::BTreeMap;

use super::address;
use super::table::{Table, nearest, shown};
use crate::policy::decide::DEFAULT_LARGEST_INPUT_BYTES;
use crate::policy::keys;
use crate::policy::request::Tier;
use crate::policy::rules::{
    AuditLevel, AuditRules, Checkpoint, LimitRules, OnBacklog, PiiAction, PiiRules, Rate, Sink, SinkFormat,
};

const LEVELS: &[(&str, AuditLevel)] = &[("metadata", AuditLevel::Metadata), ("request", AuditLevel::Request)];
const FORMATS: &[(&str, SinkFormat)] = &[("ocsf-1.8", SinkFormat::Ocsf18)];
const ON_BACKLOG: &[(&str, OnBacklog)] = &[("warn", OnBacklog::Warn), ("deny", OnBacklog::Deny)];

/// The types of personal numbers that a policy can speak of.
const PII_TYPES: &[&str] = &["US_SSN", "US_ITIN", "CREDIT_CARD", "IBAN", "EMAIL", "PHONE", "IP"];
const PII_ACTIONS: &[(&str, PiiAction)] = &[
    ("allow", PiiAction::Allow),
    ("detect", PiiAction::Detect),
    ("redact", PiiAction::Redact),
    ("block", PiiAction::Block),
];

/// Salesforce's own limit for one query (SOQL and SOSL Reference, "LIMIT").
const LARGEST_MAX_ROWS: u64 = 50_000;
const LARGEST_INPUT_BYTES: u64 = 16 * 1024 * 1024;
const DEFAULT_CHECKPOINT_EVERY: u64 = 100;
const DEFAULT_MAX_BACKLOG: u64 = 10_000;

/// `[salesforce]`, of which nothing has an effect yet.
pub(super) fn check_salesforce(root: &Table<'_>) {
    let Some(table) = root.table("salesforce", &keys::SALESFORCE) else { return };
    table.word("run_as", &[("user", ()), ("service", ())]);
    table.word("user_link", &[("federation_identifier", ()), ("table", ())]);
    for key in ["never_run_as", "hosts", "soql_functions"] {
        table.texts(key);
    }
    table.long_number("max_rows", 1..=LARGEST_MAX_ROWS);
    for key in ["all_rows", "using_scope"] {
        table.flag(key, false);
    }
}

/// `[limits]`
pub(super) fn read_limits(root: &Table<'_>) -> LimitRules {
    let Some(table) = root.table("limits", &keys::LIMITS) else { return LimitRules::default() };
    table.word("key", &[("user", ())]);
    let rate = table.table("rate", &keys::RATES).map(|rates| {
        let rates = Tier::NAMES.iter().filter_map(|(name, tier)| {
            let rate = rates.table(name, &keys::RATE)?;
            rate.need("max");
            rate.need("window_s");
            let max = rate.number("max", 1..=u32::MAX)?;
            Some((*tier, Rate { max, window_s: rate.number("window_s", 1..=24 * 60 * 60)? }))
        });
        rates.collect()
    });
    let daily = table.table("daily", &keys::DAILY);
    let daily = |key: &str| daily.as_ref().and_then(|daily| daily.long_number(key, 1..=u64::MAX / 2));
    let keep_free =
        table.table("org", &keys::ORG).and_then(|org| org.number("keep_free_api_percent", 0..=100));
    LimitRules {
        rate: rate.unwrap_or_default(),
        daily_api_calls: daily("api_calls"),
        daily_rows: daily("rows"),
        daily_bytes: daily("bytes"),
        keep_free_api_percent: keep_free.and_then(|percent| u8::try_from(percent).ok()),
    }
}

/// `[pii]`
pub(super) fn read_pii(root: &Table<'_>) -> PiiRules {
    let table = root.table("pii", &keys::PII);
    let table = table.as_ref();
    let accept_changed_query = table.is_some_and(|table| table.flag("accept_changed_query", false));
    let max_input_bytes =
        table.and_then(|table| table.long_number("max_input_bytes", 1..=LARGEST_INPUT_BYTES));
    let actions = |key| table.and_then(|table| table.open_table(key)).map(|table| read_actions(&table));
    let query = actions("query").unwrap_or_default();
    if let Some(query_table) = table.and_then(|table| table.open_table("query"))
        && !accept_changed_query
    {
        for (name, _) in query.iter().filter(|(_, action)| **action == PiiAction::Redact) {
            let message = format!(
                "`{name}` would be taken out of queries, which then find something else; write \"detect\" or \"block\", or set accept_changed_query = true in [pii]"
            );
            query_table.note_at(query_table.line_of(name), message);
        }
    }
    actions("write");
    PiiRules {
        max_input_bytes: max_input_bytes.unwrap_or(DEFAULT_LARGEST_INPUT_BYTES),
        query,
        result: actions("result").unwrap_or_default(),
    }
}

fn read_actions(table: &Table<'_>) -> BTreeMap<String, PiiAction> {
    let mut actions = BTreeMap::new();
    for entry in table.entries() {
        if !PII_TYPES.contains(&entry.name) {
            let near = nearest(entry.name, PII_TYPES);
            let message =
                format!("{} is no type of personal number; the nearest one is `{near}`", shown(entry.name));
            table.note_at(entry.line, message);
        } else if let Some(action) = table.word_in(&entry, PII_ACTIONS) {
            actions.insert(entry.name.to_owned(), action);
        }
    }
    actions
}

/// `[audit]`
pub(super) fn read_audit(root: &Table<'_>) -> AuditRules {
    let table = root.table("audit", &keys::AUDIT);
    let table = table.as_ref();
    let text = |key: &str| table.and_then(|table| table.text(key));
    let checkpoint =
        table.and_then(|table| table.table("checkpoint", &keys::CHECKPOINT)).map(|table| Checkpoint {
            every: table.long_number("every", 1..=1_000_000).unwrap_or(DEFAULT_CHECKPOINT_EVERY),
            sign_key_file: table.need_text("sign_key_file"),
            copy_to: table.text("copy_to"),
        });
    AuditRules {
        path: text("path"),
        level: table.and_then(|table| table.word("level", LEVELS)).unwrap_or(AuditLevel::Metadata),
        hmac_key_file: text("hmac_key_file"),
        checkpoint,
        sinks: table.map(read_sinks).unwrap_or_default(),
    }
}

fn read_sinks(audit: &Table<'_>) -> BTreeMap<String, Sink> {
    let mut sinks = BTreeMap::new();
    for table in audit.tables("sink", &keys::SINK) {
        let url = table.need_text("url");
        let allow_private = table.flag("allow_private", false);
        if let (false, Err(wrong)) = (url.is_empty(), address::host(&url, allow_private)) {
            table.wrong("url", wrong);
        }
        let sink = Sink {
            url,
            allow_private,
            secret_file: table.need_text("secret_file"),
            format: table.word("format", FORMATS).unwrap_or(SinkFormat::Ocsf18),
            max_backlog: table.long_number("max_backlog", 1..=10_000_000).unwrap_or(DEFAULT_MAX_BACKLOG),
            on_backlog: table.word("on_backlog", ON_BACKLOG).unwrap_or(OnBacklog::Warn),
        };
        if sinks.insert(table.need_text("name"), sink).is_some() {
            table.wrong("name", "is used a second time; every [[audit.sink]] has its own");
        }
    }
    sinks
}
