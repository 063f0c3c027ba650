//! Values from the environment and from flags, which win over the file.
//!
//! `SEATLEDGER_<TABLE>_<KEY>` stands for a key of a table and `SEATLEDGER_ORG_<ID>_<KEY>` for a key of an org, in
//! capital letters, with `_` for `-`. Texts are taken as they are, everything else is written as TOML
//! (`SEATLEDGER_COLLECT_INCLUDE='["User"]'`). Relative paths start from the working folder.

use super::Flag;
use super::document::{Document, nearest};
use super::keys::{self, Key};
use super::problem::{Origin, Problems};
use crate::base::World;

const PREFIX: &str = "SEATLEDGER_";

/// Variables that begin like an override and are none.
pub const OTHER_VARIABLES: &[(&str, &str)] = &[
    ("SEATLEDGER_CONFIG", "the configuration file, unless --config names one"),
    ("SEATLEDGER_CLOCK", "the time to start from, for rehearsals"),
    ("SEATLEDGER_WAIT", "the longest pause between retries in milliseconds, for rehearsals"),
];

/// Applies every variable that stands for a key, and reports those that look like one and are none.
pub(super) fn apply_environment(document: &mut Document, world: &World, problems: &mut Problems) {
    let names = variable_names(document);
    let mut unknown = Vec::new();
    for (variable, text) in world.environment.iter() {
        if !variable.starts_with(PREFIX) {
            continue;
        }
        let origin = Origin::Environment(variable.to_owned());
        let is_other = OTHER_VARIABLES.iter().any(|(other, _)| *other == variable);
        let mut meant = names.iter().filter(|(name, ..)| name == variable);
        match (meant.next(), meant.next()) {
            (None, _) if !is_other => unknown.push(variable),
            // Nobody can say whether it was meant to win or to be left out.
            _ if text.trim().is_empty() => {
                problems.add(&origin, "it is set but empty; give it a value or unset it");
            }
            (None, _) => {}
            (Some((_, place, key)), None) => {
                let read = key.kind.read_override(text, &world.current_dir);
                document.sheet_mut(*place).put(key, read, origin, problems);
            }
            (Some(_), Some(_)) => problems.add(
                &origin,
                "it could mean keys of two orgs; rename one of them or write the value into the file",
            ),
        }
    }
    for variable in unknown.into_iter().filter(|variable| !holds_a_secret(document, variable)) {
        let near = nearest(variable, names.iter().map(|(name, ..)| name.as_str())).unwrap_or_default();
        let message = format!("it overrides no key; the nearest valid variable is {near}");
        problems.add(&Origin::Environment(variable.to_owned()), message);
    }
}

/// Applies flags; they can stand for keys of tables only, not of orgs.
pub(super) fn apply_flags(
    document: &mut Document,
    flags: &[Flag<'_>],
    world: &World,
    problems: &mut Problems,
) {
    for Flag { flag, key, value } in flags {
        let origin = Origin::Flag((*flag).to_owned());
        let known = keys::KEYS.iter().find(|known| known.section != "org" && known.full_name() == *key);
        match known {
            Some(key) => {
                let read = key.kind.read_override(value, &world.current_dir);
                document.table_mut(key.section).put(key, read, origin, problems);
            }
            None => problems.add(&origin, format!("there is no key `{key}` to set")),
        }
    }
}

/// Every variable that overrides a key, with the place of its sheet and its key.
fn variable_names(document: &Document) -> Vec<(String, usize, &'static Key)> {
    let mut names = Vec::new();
    for (place, sheet) in document.sheets().enumerate() {
        let table = match (sheet.section, sheet.text("id")) {
            ("org", Some(id)) => format!("org_{id}"),
            ("org", None) => continue,
            (section, _) => section.to_owned(),
        };
        for key in keys::in_section(sheet.section).filter(|key| key.name != "id") {
            let name = format!("{PREFIX}{table}_{}", key.name).to_uppercase().replace('-', "_");
            names.push((name, place, key));
        }
    }
    names
}

/// Whether an org takes its key or passphrase from this variable.
fn holds_a_secret(document: &Document, variable: &str) -> bool {
    let names = ["private_key_env", "private_key_passphrase_env"];
    document.orgs.iter().any(|org| names.into_iter().any(|name| org.text(name) == Some(variable)))
}
