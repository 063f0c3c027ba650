//! Rules that span several values. A value that was refused on its own is absent here and is not reported twice.

use std::collections::BTreeMap;

use super::address;
use super::document::{Document, nearest};
use super::problem::{Origin, Problems};
use super::sheet::Sheet;
use crate::collect::{AMBIGUOUS, UNMATCHED, normalized};

const KEY_SOURCES: &[&str] = &["private_key_file", "private_key_env", "private_key_credential"];
const PASSPHRASE_SOURCES: &[&str] = &["private_key_passphrase_file", "private_key_passphrase_env"];

/// The one object that extra fields can be asked of.
const OBJECT_WITH_EXTRA_FIELDS: &str = "User";

/// Columns that hold credentials (Object Reference: `OauthToken`, `AuthProvider`), and names that only such a column
/// would have; they are never asked for, whatever object they are said to stand in.
const SECRET_FIELDS: &[&str] = &[
    "AccessToken",
    "ClientSecret",
    "ConsumerKey",
    "ConsumerSecret",
    "DeleteToken",
    "Password",
    "RefreshToken",
    "RequestToken",
];

/// Reports every breach to `problems`; `objects` are the names that can be included and excluded.
pub(super) fn check(document: &Document, objects: &[&str], problems: &mut Problems) {
    check_objects(document.table("collect"), objects, problems);
    let mut first_uses = BTreeMap::new();
    for org in &document.orgs {
        check_id(org, &mut first_uses, problems);
        check_addresses(org, problems);
        check_sources(org, KEY_SOURCES, "private key", problems);
        check_sources(org, PASSPHRASE_SOURCES, "passphrase", problems);
        let is_written = |name: &&str| org.values.contains_key(name) || org.refused.contains(name);
        if !KEY_SOURCES.iter().any(is_written) {
            problems.add(
                &org.origin,
                format!("no private key is named; write one of {}", KEY_SOURCES.join(", ")),
            );
        }
        check_companies(org, problems);
        check_aliases(org, problems);
        check_extra_fields(org, problems);
    }
    check_cost_center(document, problems);
}

/// Two spellings of one name would make every user of it ambiguous, and the names of the two rests are taken.
fn check_companies(org: &Sheet, problems: &mut Problems) {
    let origin = org.origin_of("company_names");
    let mut first_spellings: BTreeMap<String, &str> = BTreeMap::new();
    let names = org.texts("company_names");
    for name in &names {
        if [UNMATCHED, AMBIGUOUS].contains(&name.as_str()) {
            problems
                .add(origin, format!("`company_names` holds `{name}`, which stands for users of no company"));
        }
        if let Some(first) = first_spellings.insert(normalized(name), name) {
            let message = format!(
                "`company_names` holds `{first}` and `{name}`, which are the same name; keep one of them"
            );
            problems.add(origin, message);
        }
    }
}

fn check_objects(collect: &Sheet, objects: &[&str], problems: &mut Problems) {
    let included = collect.texts("include");
    for (name, listed) in [("include", &included), ("exclude", &collect.texts("exclude"))] {
        let origin = collect.origin_of(name);
        for object in listed.iter().filter(|object| !objects.contains(&object.as_str())) {
            let near = nearest(object, objects.iter().copied()).unwrap_or_default();
            let message =
                format!("`{name}` holds `{object}`, which is not collected; the nearest object is `{near}`");
            problems.add(origin, message);
        }
        for object in listed.iter().filter(|object| name == "exclude" && included.contains(object)) {
            problems
                .add(origin, format!("`{object}` stands in `include` and in `exclude`; keep one of them"));
        }
    }
}

fn check_id(org: &Sheet, first_uses: &mut BTreeMap<String, Origin>, problems: &mut Problems) {
    let Some(id) = org.text("id") else { return };
    let origin = org.origin_of("id");
    match first_uses.get(id) {
        Some(first) => {
            problems.add(origin, format!("`id` is used a second time; `{id}` already stands at {first}"))
        }
        None => {
            first_uses.insert(id.to_owned(), origin.clone());
        }
    }
}

fn check_addresses(org: &Sheet, problems: &mut Problems) {
    for name in ["url", "login_url", "audience"] {
        let origin = org.origin_of(name);
        let Some(written) = org.text(name).filter(|_| *origin != Origin::Default) else { continue };
        if address::is_https(written) {
            continue;
        }
        if !address::is_loopback(written) {
            problems.add(
                origin,
                format!(
                    "`{name}` must start with https://; http:// is only for addresses of this machine in \
                     127.0.0.0/8 and [::1], with insecure_loopback = true"
                ),
            );
        } else if !org.is_true("insecure_loopback") && !org.refused.contains(&"insecure_loopback") {
            problems
                .add(origin, format!("`{name}` starts with http://; that needs insecure_loopback = true"));
        }
    }
}

/// At most one of `sources` may be written.
fn check_sources(org: &Sheet, sources: &[&str], what: &str, problems: &mut Problems) {
    let mut written: Vec<_> = sources
        .iter()
        .filter(|name| org.values.contains_key(*name))
        .map(|name| (org.origin_of(name), name))
        .collect();
    written.sort();
    if let [(first_origin, first), later @ ..] = written.as_slice() {
        for (origin, name) in later {
            let message = format!(
                "`{name}` names a second {what}; `{first}` stands at {first_origin}; keep one of them"
            );
            problems.add(origin, message);
        }
    }
}

fn check_aliases(org: &Sheet, problems: &mut Problems) {
    let companies = org.texts("company_names");
    for (company, aliases) in org.text_lists("company_aliases") {
        let origin = org.origin_of("company_aliases");
        if aliases.is_empty() {
            problems.add(origin, format!("`company_aliases` lists nothing for `{company}`; remove it"));
        }
        if !companies.contains(&company) {
            let hint = match nearest(&company, companies.iter().map(String::as_str)) {
                Some(near) => format!("the nearest one is `{near}`"),
                None => "there are none".to_owned(),
            };
            let message =
                format!("`company_aliases` is about `{company}`, which is not one of company_names; {hint}");
            problems.add(origin, message);
        }
    }
}

fn check_extra_fields(org: &Sheet, problems: &mut Problems) {
    let origin = org.origin_of("extra_fields");
    for (object, fields) in org.text_lists("extra_fields") {
        if object != OBJECT_WITH_EXTRA_FIELDS {
            problems.add(origin, "`extra_fields` can be asked of User only");
            continue;
        }
        for (place, field) in fields.iter().enumerate() {
            if !is_field_name(field) {
                let message = "`extra_fields` holds something that is no field name; a name has letters, digits and `_`, such as CostCenter__c";
                problems.add(origin, message);
            } else if SECRET_FIELDS.iter().any(|secret| secret.eq_ignore_ascii_case(field)) {
                problems.add(
                    origin,
                    format!("`extra_fields` holds `{field}`, which holds credentials and is never read"),
                );
            } else if fields[..place].iter().any(|earlier| earlier.eq_ignore_ascii_case(field)) {
                problems.add(origin, format!("`extra_fields` holds `{field}` twice"));
            }
        }
    }
}

fn check_cost_center(document: &Document, problems: &mut Problems) {
    let finance = document.table("finance");
    let Some(field) = finance.text("cost_center_field") else { return };
    for org in document.orgs.iter().filter(|org| !org.refused.contains(&"extra_fields")) {
        let fields = org.text_lists("extra_fields").remove(OBJECT_WITH_EXTRA_FIELDS).unwrap_or_default();
        if !fields.iter().any(|extra| extra == field) {
            let id = org.text("id").unwrap_or("(without id)");
            problems.add(
                finance.origin_of("cost_center_field"),
                format!("`cost_center_field` names a field that org `{id}` does not collect; write it into that org's extra_fields for User"),
            );
        }
    }
}

/// Whether this can be a field's API name: letters, digits and underscores, a letter first.
fn is_field_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
