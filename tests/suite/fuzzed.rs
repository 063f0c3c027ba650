//! The inputs that fuzzing begins with, among them everything that ever broke a reader, given to the same checks.

use std::path::Path;

#[path = "../fuzz/checks.rs"]
#[expect(unreachable_pub, reason = "a crate of its own when it is fuzzed")]
mod checks;

type Check = fn(&[u8]);

/// Every fuzz target with its check.
const TARGETS: &[(&str, Check)] = &[
    ("page", checks::page),
    ("refusal", checks::refusal),
    ("config", checks::config),
    ("pem", checks::pem),
    ("soql", checks::soql),
];

fn fuzz_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz")
}

#[test]
fn every_seed_passes_the_check_of_its_target() {
    for (target, check) in TARGETS {
        let mut seeds = 0;
        for seed in std::fs::read_dir(fuzz_folder().join("seeds").join(target)).unwrap() {
            check(&std::fs::read(seed.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds > 0, "{target} has no seed");
        check(b"");
        check(&[0xFF, 0xFE, 0x00]);
    }
}

#[test]
fn every_target_is_checked_here() {
    let manifest = std::fs::read_to_string(fuzz_folder().join("Cargo.toml")).unwrap();
    let named = |line: &str| Some(line.strip_prefix("name = \"")?.trim_end_matches('"').to_owned());
    let targets: Vec<_> = manifest.lines().filter_map(named).skip(1).collect();
    assert_eq!(targets, TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect::<Vec<_>>());
}
