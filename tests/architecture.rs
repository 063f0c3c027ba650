//! Holds the shape of the program: which room may use which, who knows which library, and that no file is forgotten.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms bottom to top: each may use those before it.
const ROOMS: &[&str] = &[
    "base",
    "pii",
    "catalogue",
    "auth",
    "http",
    "salesforce",
    "identity",
    "policy",
    "limits",
    "audit",
    "guard",
    "store",
    "collect",
    "report",
    "export",
    "emulator",
    "config",
    "cli",
];

/// Rooms that may use less than everything below them.
const NARROW_ROOMS: &[(&str, &[&str])] = &[
    ("emulator", &["base"]),
    ("auth", &["base"]),
    ("http", &["base"]),
    ("identity", &["base", "http"]),
    ("policy", &["base"]),
    ("pii", &["base"]),
    ("limits", &["base"]),
    ("audit", &["base", "pii", "http"]),
    ("guard", &["base", "pii", "http", "identity", "policy", "limits", "audit"]),
    ("store", &["base", "catalogue", "salesforce"]),
    ("collect", &["base", "catalogue", "auth", "salesforce", "store"]),
    ("report", &["base", "catalogue", "store"]),
    ("export", &["base", "pii", "catalogue", "policy", "store", "report"]),
    ("config", &["base", "auth", "http", "collect"]),
];

/// Who alone may name a library or a word.
const KEEPERS: &[(&str, &[&str])] = &[
    ("ureq", &["http"]),
    ("rusqlite", &["store", "limits", "audit"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("toml::", &["config", "policy"]),
    ("println!", &["cli"]),
    ("eprintln!", &["cli"]),
    ("ExitCode", &["cli"]),
    ("process::exit", &[]),
    ("env::var", &[]),
    ("Timestamp::now", &["base"]),
    ("SystemTime::now", &[]),
    ("thread::sleep", &["base", "emulator"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The source without comments and without the tests at its end or in a file of their own, which may use anything.
fn code(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let shipped = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// How many modules a source file of the program is in, its own one included.
fn depth(path: &Path) -> usize {
    let modules = path.strip_prefix(root().join("src")).unwrap().components().count();
    if path.ends_with("mod.rs") { modules - 1 } else { modules }
}

/// The names at the root of the crate that paths lead to in the code of a module so many modules deep, grouped imports
/// included.
fn used_rooms(code: &str, depth: usize) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        names_at_the_root(after, 0, &mut used);
    }
    for (place, first) in code.match_indices("super::") {
        names_at_the_root(&code[place + first.len()..], depth - 1, &mut used);
    }
    used
}

/// Follows a path to the root, which is so many modules above what was read of it, and notes the names that come next.
fn names_at_the_root(path: &str, above: usize, used: &mut BTreeSet<String>) {
    let path = path.trim_start();
    if let Some(group) = path.strip_prefix('{') {
        for name in top_level_names(group) {
            names_at_the_root(name, above, used);
        }
    } else if let Some(after) = path.strip_prefix("super::") {
        // A module within the file is deeper than the file.
        names_at_the_root(after, above.saturating_sub(1), used);
    } else if above == 0 {
        let is_part = |character: &char| character.is_alphanumeric() || *character == '_';
        let name: String = path.chars().take_while(is_part).collect();
        if !name.is_empty() {
            used.insert(name);
        }
    }
}

/// The parts of a group up to its closing brace.
fn top_level_names(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut end, mut names) = (0_usize, 0, group.len(), Vec::new());
    for (place, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = place;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                names.push(&group[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    names.push(&group[start..end]);
    names
}

#[test]
fn every_folder_is_a_room_and_every_room_a_folder() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    let rooms: BTreeSet<String> = ROOMS.iter().map(|room| (*room).to_owned()).collect();
    assert_eq!(folders, rooms);
}

#[test]
fn arrows_go_one_way() {
    let mut seen = 0;
    for (height, room) in ROOMS.iter().enumerate() {
        let allowed = match NARROW_ROOMS.iter().find(|(narrow, _)| narrow == room) {
            Some((_, allowed)) => *allowed,
            None => &ROOMS[..height],
        };
        for path in sources(&root().join("src").join(room)) {
            for used in used_rooms(&code(&path), depth(&path)) {
                if !ROOMS.contains(&used.as_str()) || used == *room {
                    continue;
                }
                seen += 1;
                assert!(allowed.contains(&used.as_str()), "{} uses {used}", path.display());
            }
        }
    }
    assert!(seen > 20, "the reading of `use` lines finds hardly any arrow: {seen}");
}

#[test]
fn each_library_has_its_keepers() {
    for room in ROOMS {
        for path in sources(&root().join("src").join(room)) {
            let code = code(&path);
            for (word, keepers) in KEEPERS {
                assert!(keepers.contains(room) || !code.contains(word), "{} names {word}", path.display());
            }
        }
    }
}

#[test]
fn policy_is_pure() {
    for path in sources(&root().join("src/policy")) {
        let code = code(&path);
        for word in ["std::fs", "std::io", "std::process", "std::time", "TcpStream", "World", "Clock"] {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn the_reading_of_imports_is_right() {
    let code =
        "use crate::base::Clock;\nuse crate::{auth::{self, Key}, http, store::Store};\ncrate::cli::run();";
    let expected = ["auth", "base", "cli", "http", "store"].map(String::from);
    assert_eq!(used_rooms(code, 1), BTreeSet::from(expected));

    let code = "use super::super::{http::{self, Agent}, super::audit};\nuse super::{Error, super::policy};\n\
                pub(in super::super) fn run() { super::store(super::super::guard::run()) }";
    let expected = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(used_rooms(code, 2), expected(&["http", "audit", "policy", "guard"]));
    assert_eq!(used_rooms(code, 3), expected(&["audit"]));
    assert_eq!(depth(&root().join("src/store/mod.rs")), 1);
    assert_eq!(depth(&root().join("src/report/measure/person.rs")), 3);
}

/// The files in `folder` that no module declares, so that they are never compiled; `top` is where its modules begin.
fn forgotten(folder: &Path, top: &str) -> Vec<PathBuf> {
    let is_declared = |path: &Path| {
        let module = if path.ends_with("mod.rs") { path.parent().unwrap() } else { path };
        let name = module.file_stem().unwrap().to_string_lossy();
        let parent = module.parent().unwrap();
        let declaring = if parent == folder {
            vec![folder.join(top)]
        } else {
            vec![parent.with_extension("rs"), parent.join("mod.rs")]
        };
        let declared = declaring.iter().filter_map(|path| fs::read_to_string(path).ok()).collect::<String>();
        declared.lines().any(|line| {
            line.strip_suffix(&format!("mod {name};"))
                .is_some_and(|before| before.is_empty() || before.starts_with("pub"))
        })
    };
    let is_top = |path: &Path| path == folder.join(top) || path == folder.join("main.rs");
    sources(folder).into_iter().filter(|path| !is_top(path) && !is_declared(path)).collect()
}

#[test]
fn no_file_is_forgotten() {
    for (folder, top) in [("src", "lib.rs"), ("tests/suite", "main.rs"), ("benches/collect", "main.rs")] {
        assert_eq!(forgotten(&root().join(folder), top), Vec::<PathBuf>::new());
    }
}
