//! The files that people keep beside Salesforce: valid ones are read, invalid ones refused with the text beside them.

use std::fs;
use std::path::{Path, PathBuf};

use seatledger::report::books::{Contracts, Exemptions, FileForm, LineProblem, PeopleList, text_of};

const ORGS: &[&str] = &["acme", "labs"];

/// The files of `fixtures/<book>/<state>`, in order; never none.
fn fixtures(book: &str, state: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(book).join(state);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "csv"));
    files.sort();
    assert!(!files.is_empty(), "{book}/{state}");
    files
}

fn read(book: &str, file: &Path) -> Result<(), Vec<LineProblem>> {
    let text = text_of(fs::read(file).unwrap()).map_err(|problem| vec![problem])?;
    match book {
        "contracts" => Contracts::parse(&text, ORGS).map(drop),
        "exemptions" => Exemptions::parse(&text, ORGS).map(drop),
        _ => PeopleList::parse(&text, true).map(drop),
    }
}

#[test]
fn valid_files_are_read() {
    for book in ["contracts", "exemptions", "people"] {
        for file in fixtures(book, "valid") {
            assert_eq!(read(book, &file), Ok(()), "{}", file.display());
        }
    }
}

#[test]
fn invalid_files_are_refused_with_the_text_beside_them() {
    for book in ["contracts", "exemptions", "people"] {
        for file in fixtures(book, "invalid") {
            let problems = read(book, &file).expect_err(&file.display().to_string());
            let told: Vec<_> = problems.iter().map(LineProblem::to_string).collect();
            let expected = fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
            assert_eq!(told.join("\n"), expected.trim_end(), "{}", file.display());
        }
    }
}

#[test]
fn the_form_of_a_file_is_told() {
    let text = |name: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contracts/valid").join(name);
        text_of(fs::read(file).unwrap()).unwrap()
    };
    for (name, form) in [
        ("every-column.csv", "UTF-8, a comma between cells"),
        (
            "german-excel.csv",
            "UTF-8, a semicolon between cells, CRLF line ends, a byte order mark at the beginning",
        ),
    ] {
        assert_eq!(FileForm::of(&text(name)).to_string(), form, "{name}");
    }
    let tabs = FileForm::of("# a, b, c\n\nemail\temployee_number\n");
    assert_eq!(tabs.to_string(), "UTF-8, a tab between cells");
    let latin = text_of(b"email\nm\xfcller@acme.example\n".to_vec()).unwrap_err();
    assert_eq!(
        latin.to_string(),
        "line 2: this line is not UTF-8; save the file as UTF-8 (in Excel: \"CSV UTF-8\")"
    );
}

#[test]
fn a_file_full_of_mistakes_is_given_up_in_time() {
    let rows = "soon\n".repeat(5000);
    let problems = Exemptions::parse(&format!("user,reason,owner,expires_on\n{rows}"), ORGS).unwrap_err();
    let last = problems.last().unwrap().to_string();
    assert!(last.ends_with("the lines from here on were not looked into"), "{last}");
    assert!(problems.len() < 1010, "{}", problems.len());
}
