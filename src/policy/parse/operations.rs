//! `[operations]` and `[channels]`, and names of operations wherever they stand.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::table::{Entry, Table, nearest, shown};
use crate::policy::operation::{OPERATIONS, Operation, operation};
use crate::policy::request::Channel;

/// The scopes that each operation needs.
pub(super) fn read(root: &Table<'_>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let Some(table) = root.open_table("operations") else {
        if !root.has("operations") {
            root.note(
                "[operations] is missing, so nothing would be allowed; list the operations with their scopes",
            );
        }
        return BTreeMap::new();
    };
    if table.entries().next().is_none() {
        table.note(
            "[operations] is empty, so nothing would be allowed; list the operations with their scopes",
        );
    }
    let read = table.entries().filter_map(|entry| {
        let operation = named(&table, &entry)?;
        let scopes = table.full_texts_in(&entry);
        check_scopes(&table, entry.line, entry.name, &scopes);
        Some((operation.name(), scopes.into_iter().collect()))
    });
    read.collect()
}

/// Where operations may come from.
pub(super) fn read_channels(root: &Table<'_>) -> BTreeMap<&'static str, BTreeSet<Channel>> {
    let Some(table) = root.open_table("channels") else { return BTreeMap::new() };
    let read = table.entries().filter_map(|entry| {
        let operation = named(&table, &entry)?;
        Some((operation.name(), table.words_in(&entry, Channel::NAMES).into_iter().collect()))
    });
    read.collect()
}

/// The operation of this name; notes a problem if there is none.
pub(super) fn known(table: &Table<'_>, line: usize, name: &str) -> Option<&'static Operation> {
    let found = operation(name);
    if found.is_none() {
        let names: Vec<_> = OPERATIONS.iter().map(Operation::name).collect();
        let message =
            format!("{} is not an operation; the nearest one is `{}`", shown(name), nearest(name, &names));
        table.note_at(line, message);
    }
    found
}

/// Notes scopes that no token can hold (RFC 6749 §3.3).
pub(super) fn check_scopes(table: &Table<'_>, line: usize, key: &str, scopes: &[String]) {
    let is_scope =
        |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    if !scopes.iter().all(is_scope) {
        let message = format!(
            "{} holds a scope with a blank or a sign that no scope can have; write one scope per text",
            shown(key)
        );
        table.note_at(line, message);
    }
}

/// The operation that a key names. Without quotes its dot makes a table of it, which is told apart.
fn named(table: &Table<'_>, entry: &Entry<'_>) -> Option<&'static Operation> {
    match entry.value {
        DeValue::Table(_) if operation(entry.name).is_none() => {
            let message = format!(
                "{} is a table here; put the whole name of the operation in quotes, such as \"usage.report\"",
                shown(entry.name)
            );
            table.note_at(entry.line, message);
            None
        }
        _ => known(table, entry.line, entry.name),
    }
}
