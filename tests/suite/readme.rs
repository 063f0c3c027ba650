//! The README's tables say what the code does: they are generated here and compared.
//! `UPDATE_README=1 cargo test readme` writes them.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use seatledger::catalogue::{Need, OBJECTS};
use seatledger::config::{KEYS, KeyDefault, OTHER_VARIABLES};
use seatledger::policy::KEY_TABLES;
use seatledger::report::books::Book;
use seatledger::report::{Column, REPORTS, ReportOption};

use crate::site::Site;

fn readme() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// Compares the block between the markers called `name` with `expected`, or writes it when asked to.
fn check_block(name: &str, expected: &str) {
    // The tests of this file run side by side, and each writes the whole file.
    static WRITING: Mutex<()> = Mutex::new(());
    let _alone = WRITING.lock();
    let text = fs::read_to_string(readme()).unwrap();
    let (open, close) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let start = text.find(&open).unwrap() + open.len();
    let end = start + text[start..].find(&close).unwrap();
    if std::env::var_os("UPDATE_README").is_some() {
        fs::write(readme(), format!("{}{expected}{}", &text[..start], &text[end..])).unwrap();
        return;
    }
    assert_eq!(&text[start..end], expected, "run `UPDATE_README=1 cargo test readme`");
}

#[test]
fn the_readme_lists_every_key() {
    let mut table = "| key | default | what it is for |\n|---|---|---|\n".to_owned();
    for key in KEYS {
        let default = match key.default {
            KeyDefault::Required => "required".to_owned(),
            KeyDefault::Words(words) => words.to_owned(),
            KeyDefault::Toml(value) => format!("`{value}`"),
            KeyDefault::SameAs(other) => format!("the same as `{other}`"),
        };
        table.push_str(&format!("| `{}` | {default} | {} |\n", key.full_name(), key.about));
    }
    check_block("config-keys", &table);
}

#[test]
fn the_readme_lists_every_other_variable() {
    let mut table = "| variable | what it is for |\n|---|---|\n".to_owned();
    for (variable, about) in OTHER_VARIABLES {
        table.push_str(&format!("| `{variable}` | {about} |\n"));
    }
    check_block("other-variables", &table);
}

#[test]
fn the_readme_lists_every_key_of_a_policy() {
    let mut table = "| key | default | what it is for |\n|---|---|---|\n".to_owned();
    for keys in KEY_TABLES {
        for key in keys.keys.iter().filter(|key| !key.about.is_empty()) {
            let idle = if key.idle.is_some() { "; *no effect in this version*" } else { "" };
            let name = keys.full_name(key);
            table.push_str(&format!("| `{name}` | {} | {}{idle} |\n", key.default, key.about));
        }
    }
    check_block("policy-keys", &table);
}

#[test]
fn the_readme_describes_every_report() {
    let mut text = String::new();
    for report in REPORTS {
        let names = |columns: &[Column]| {
            columns.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
        };
        let options = ReportOption::ALL.into_iter().filter(|option| report.takes(*option));
        let options: Vec<_> =
            ["--org", "--as-of"].into_iter().chain(options.map(ReportOption::flag)).collect();
        text.push_str(&format!(
            "### {}\n\n{}. {}\n\nOptions: `{}`.\nColumns: {}.\n",
            report.id,
            report.description,
            report.definition,
            options.join("`, `"),
            names(report.columns)
        ));
        if !report.totals.is_empty() {
            text.push_str(&format!("Totals: {}.\n", names(report.totals)));
        }
        text.push('\n');
    }
    check_block("reports", &text);
}

#[test]
fn every_report_has_a_file_and_a_test_of_its_name() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for report in REPORTS {
        let file = format!("{}.rs", report.id.replace('-', "_"));
        for folder in ["src/report", "tests/suite/reports"] {
            assert!(root.join(folder).join(&file).is_file(), "{folder}/{file}");
        }
    }
}

#[test]
fn the_readme_lists_the_columns_of_the_short_books() {
    let mut text = String::new();
    for book in [Book::Exemptions, Book::People] {
        text.push_str(&format!("\n| `{}` | needed | what it holds |\n|---|---|---|\n", book.word()));
        for column in book.columns() {
            let needed = if column.needed { "yes" } else { "" };
            text.push_str(&format!("| `{}` | {needed} | {} |\n", column.name, column.about));
        }
    }
    check_block("book-columns", &format!("{text}\n"));
}

#[test]
fn the_readme_lists_every_view() {
    let site = Site::new(50);
    site.run(&["collect"]).exits(0);
    let mut table = "| view | columns |\n|---|---|\n".to_owned();
    for row in site.rows(
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND name <> 'org_state' ORDER BY rootpage, rowid",
    ) {
        let view = row[0].clone().unwrap();
        let columns: Vec<String> = site
            .rows(&format!("SELECT name FROM pragma_table_info('{view}')"))
            .into_iter()
            .map(|row| row[0].clone().unwrap())
            .collect();
        table.push_str(&format!("| `{view}` | {} |\n", columns.join(", ")));
    }
    check_block("views", &table);
}

#[test]
fn the_readme_lists_every_object() {
    let mut table = "| object | permission | without it |\n|---|---|---|\n".to_owned();
    for object in OBJECTS {
        let need = if matches!(object.need, Need::Optional(_)) { "" } else { " (required)" };
        table.push_str(&format!(
            "| `{}`{need} | {} | {} |\n",
            object.name, object.permission, object.lost_without
        ));
    }
    check_block("objects", &table);
}
