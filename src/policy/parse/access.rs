//! `[[permission]]`, `[[forbid]]` and `[[object]]`.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::known;
use super::table::{Table, shown};
use crate::policy::decision::{Masking, Redaction};
use crate::policy::keys;
use crate::policy::operation::OPERATIONS;
use crate::policy::request::Tier;
use crate::policy::rules::{Effect, Forbid, Issuer, Permission, PermissionTarget, Subject};

const EFFECTS: &[(&str, Effect)] = &[("allow", Effect::Allow), ("deny", Effect::Deny)];

/// `company_path` of an object that holds no company's data.
const NOT_COMPANY_DATA: &str = "none";

/// `[[permission]]`
pub(super) fn read_permissions(root: &Table<'_>, issuers: &[Issuer]) -> Vec<Permission> {
    let tables = root.tables("permission", &keys::PERMISSION);
    tables.iter().filter_map(|table| read_permission(table, issuers)).collect()
}

fn read_permission(table: &Table<'_>, issuers: &[Issuer]) -> Option<Permission> {
    let effect = table.need_word("effect", EFFECTS);
    let subject = table.table("subject", &keys::SUBJECT).map(|table| read_subject(&table, issuers));
    let operation = table.text("operation").map(|name| known(table, table.line_of("operation"), &name));
    let tier = table.word("tier", Tier::NAMES);
    let written = ["subject", "operation", "tier"].map(|key| table.has(key));
    let about = match written {
        [false, false, false] => {
            table
                .note("this permission is about nobody and nothing; write a subject, an operation or a tier");
            return None;
        }
        [_, true, true] | [true, _, true] => {
            table.wrong("tier", "stands alone; use [[forbid]] to keep an operation from a tier");
            return None;
        }
        [false, false, true] => PermissionTarget::Tier(tier?),
        [true, false, false] => PermissionTarget::Subject(subject?),
        [false, true, false] => PermissionTarget::Operation(operation??),
        [true, true, false] => PermissionTarget::SubjectAndOperation(subject?, operation??),
    };
    Some(Permission { about, effect: effect? })
}

fn read_subject(table: &Table<'_>, issuers: &[Issuer]) -> Subject {
    let subject = Subject { issuer: table.need_text("issuer"), sub: table.need_text("sub") };
    if !subject.issuer.is_empty() && !issuers.iter().any(|issuer| issuer.name == subject.issuer) {
        table.wrong("issuer", "names no [[identity.issuer]] of this file");
    }
    subject
}

/// `[[forbid]]`
pub(super) fn read_forbids(root: &Table<'_>) -> BTreeMap<String, Forbid> {
    let mut forbids = BTreeMap::new();
    for table in root.tables("forbid", &keys::FORBID) {
        let id = table.need_text("id");
        let tiers = table.words("tiers", Tier::NAMES);
        let operations = forbidden_operations(&table);
        let forbid = Forbid { tiers: tiers.into_iter().collect(), operations };
        if forbids.insert(id, forbid).is_some() {
            table.wrong("id", "is used a second time; every [[forbid]] has its own");
        }
    }
    forbids
}

fn forbidden_operations(table: &Table<'_>) -> BTreeSet<&'static str> {
    let pattern = table.need_pattern("operation");
    let mut operations: BTreeSet<_> =
        OPERATIONS.iter().map(|operation| operation.name()).filter(|name| matches(&pattern, name)).collect();
    if pattern.starts_with('*') || pattern.matches('*').count() > 1 {
        table.wrong("operation", "may hold one `*`, and not at its start, such as \"salesforce.*\"");
    } else if !pattern.contains('*') && !pattern.is_empty() {
        known(table, table.line_of("operation"), &pattern);
    } else if operations.is_empty() && !pattern.is_empty() {
        table.wrong("operation", "fits no operation, so it would forbid nothing");
    }
    for name in table.texts("except").unwrap_or_default() {
        if let Some(exception) = known(table, table.line_of("except"), &name)
            && !operations.remove(exception.name())
        {
            table.wrong("except", format!("holds {}, which `operation` does not forbid", shown(&name)));
        }
    }
    operations
}

/// Whether `name` fits a pattern with at most one `*`, which stands for any text, also none.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((before, behind)) => {
            name.len() >= before.len() + behind.len() && name.starts_with(before) && name.ends_with(behind)
        }
    }
}

/// `[[object]]`, of which only the redactions have an effect yet.
pub(super) fn read_redactions(root: &Table<'_>) -> Vec<Redaction> {
    let mut objects: BTreeMap<String, BTreeMap<String, Masking>> = BTreeMap::new();
    for table in root.tables("object", &keys::OBJECT) {
        let name = table.need_text("name");
        if !name.is_empty() && !is_api_name(&name) {
            table.wrong("name", "must be the API name of an object, such as Account or Invoice__c");
        }
        // Salesforce does not tell names apart by case.
        if objects.keys().any(|earlier| earlier.eq_ignore_ascii_case(&name)) {
            table.wrong("name", "is used a second time; every object has one [[object]]");
        }
        objects.insert(name, read_object(&table));
    }
    let redactions = objects.iter().flat_map(|(object, redact)| {
        redact.iter().map(|(field, masking)| Redaction {
            object: object.clone(),
            field: field.clone(),
            masking: *masking,
        })
    });
    redactions.collect()
}

fn read_object(table: &Table<'_>) -> BTreeMap<String, Masking> {
    for name in table.need_texts("operations") {
        known(table, table.line_of("operations"), &name);
    }
    let fields: BTreeSet<_> = table.need_texts("fields").into_iter().collect();
    let write_fields: BTreeSet<_> = table.texts("write_fields").unwrap_or_default().into_iter().collect();
    for (key, names) in [("fields", &fields), ("write_fields", &write_fields)] {
        if !names.iter().all(|name| is_api_name(name)) {
            table.wrong(key, "holds something that is no field name, such as Name or Amount__c");
        }
    }
    let path = table.text("company_path").filter(|path| path != NOT_COMPANY_DATA);
    if path.is_some_and(|path| !path.split('.').all(is_api_name)) {
        table.wrong("company_path", "must be a field such as Company__c or Account.Company__c, or \"none\"");
    }
    table.open_table("redact").map(|table| read_redact(&table, &fields)).unwrap_or_default()
}

fn read_redact(table: &Table<'_>, fields: &BTreeSet<String>) -> BTreeMap<String, Masking> {
    let mut redact = BTreeMap::new();
    for entry in table.entries() {
        if !fields.contains(entry.name) {
            let message = format!("`redact` names {}, which is not one of `fields`", shown(entry.name));
            table.note_at(entry.line, message);
        }
        if let Some(masking) = table.word_in(&entry, Masking::NAMES) {
            redact.insert(entry.name.to_owned(), masking);
        }
    }
    redact
}

/// Whether this can be an API name: letters, digits and underscores, a letter first.
fn is_api_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("salesforce.*Record", "salesforce.getRecord", true),
            ("salesforce.*Record", "salesforce.query", false),
            ("salesforce.*", "salesforce.", true),
            ("usage.report", "usage.report", true),
            ("usage.report", "usage.reports", false),
            ("usage.*age.report", "usage.report", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
