//! Holds the columns of the feed against the list that receivers were promised.

use std::fmt::Write as _;
use std::path::PathBuf;

use seatledger::export::{SCHEMA_VERSION, tables};

fn list() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/feed/columns.txt")
}

/// The version, then one line per column: file, name and type.
fn columns() -> String {
    let mut text = format!("version {SCHEMA_VERSION}\n");
    for table in tables() {
        for field in &table.fields {
            writeln!(text, "{} {} {}", table.file, field.name, field.field_type).unwrap();
        }
    }
    text
}

/// What is wrong with going from the promised list to `now`.
fn verdict(promised: &str, now: &str) -> Result<(), String> {
    let parts = |text: &str| -> (Vec<u32>, Vec<String>) {
        let (version, columns) = text.split_once('\n').unwrap();
        let numbers = version.trim_start_matches("version ").split('.').map(|part| part.parse().unwrap());
        (numbers.collect(), columns.lines().map(str::to_owned).collect())
    };
    let ((promised_version, promised), (version, now)) = (parts(promised), parts(now));
    let is_major = version[0] > promised_version[0];
    let mut rest = now.iter();
    if let Some(column) = promised.iter().find(|column| !rest.any(|found| found == *column))
        && !is_major
    {
        return Err(format!(
            "`{column}` is renamed, removed, moved or of another type, which is a breaking change: raise the major \
             version of SCHEMA_VERSION in src/export/feed/manifest.rs"
        ));
    }
    if now.len() > promised.len() && version <= promised_version {
        let column = now.iter().find(|column| !promised.contains(column)).unwrap();
        return Err(format!(
            "`{column}` is new: raise the minor version of SCHEMA_VERSION in src/export/feed/manifest.rs"
        ));
    }
    if version != promised_version {
        return Err("the version was raised".to_owned());
    }
    Ok(())
}

#[test]
fn columns_are_those_that_were_promised() {
    let promised = std::fs::read_to_string(list()).unwrap();
    if let Err(problem) = verdict(&promised, &columns()) {
        panic!(
            "{problem}; then write fixtures/feed/columns.txt anew: cargo test --test suite write_the_columns -- --ignored"
        );
    }
}

#[test]
#[ignore = "writes the list that the test above compares with"]
fn write_the_columns() {
    std::fs::write(list(), columns()).unwrap();
}

#[test]
fn changes_of_columns_are_judged() {
    let promised = "version 1.2.0\na.csv org string\na.csv seats integer\n";
    let judge = |now: &str| {
        verdict(promised, now).map_err(|problem| {
            ["breaking change: raise the major", "raise the minor", "was raised"]
                .into_iter()
                .find(|word| problem.contains(word))
                .unwrap()
        })
    };
    let (breaking, new, raised) =
        (Err("breaking change: raise the major"), Err("raise the minor"), Err("was raised"));
    assert_eq!(judge(promised), Ok(()));
    assert_eq!(judge("version 1.2.0\na.csv org string\na.csv places integer\n"), breaking);
    assert_eq!(judge("version 1.3.0\na.csv org string\n"), breaking);
    assert_eq!(judge("version 1.2.0\na.csv seats integer\na.csv org string\n"), breaking);
    assert_eq!(judge("version 1.2.0\na.csv org string\na.csv seats number\n"), breaking);
    assert_eq!(judge("version 1.2.0\na.csv org string\na.csv name string\na.csv seats integer\n"), new);
    assert_eq!(judge("version 1.3.0\na.csv org string\na.csv name string\na.csv seats integer\n"), raised);
    assert_eq!(judge("version 2.0.0\na.csv org string\n"), raised);
}
