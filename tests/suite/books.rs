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
    let macintosh = FileForm::of("# a; b; c\remail,employee_number\r\r");
    assert_eq!(macintosh.to_string(), "UTF-8, a comma between cells, CR line ends");
}

#[test]
fn what_is_no_csv_in_utf_8_says_what_it_is() {
    let utf_16: Vec<u8> = "email\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(Vec<u8>, &str); 9] = [
        (b"email\nm\xfcller@acme.example\n".to_vec(), "line 2: this line is not UTF-8"),
        (b"email\rb@acme.example\rm\xfcller@acme.example".to_vec(), "line 3: this line is not UTF-8"),
        ([b"\xff\xfe", &*utf_16].concat(), "line 1: this is text in UTF-16 (in Excel: \"Unicode Text\")"),
        (b"\xfe\xff\0e\0m\0\n".to_vec(), "line 1: this is text in UTF-16"),
        (utf_16, "line 1: this line holds a NUL character, which no CSV file in UTF-8 has"),
        (
            b"email\r\na@acme.example\r\nb\0@acme.example\r\n".to_vec(),
            "line 3: this line holds a NUL character, which no CSV file in UTF-8 has",
        ),
        (b"PK\x03\x04\x14\0".to_vec(), "line 1: this is a workbook or another archive, not a CSV file"),
        (b"\xd0\xcf\x11\xe0".to_vec(), "line 1: this is a workbook of an old Excel, not a CSV file"),
        (b"\x1f\x8b\x08\0".to_vec(), "line 1: this file is compressed"),
    ];
    for (content, found) in cases {
        let message = text_of(content).unwrap_err().to_string();
        assert_eq!(message, format!("{found}; save it as CSV in UTF-8 (in Excel: \"CSV UTF-8\")"));
    }
    assert!(text_of(b"\xef\xbb\xbfemail\n".to_vec()).is_ok());
}

#[test]
fn lines_may_end_with_any_of_the_three_line_ends() {
    let file = "# who, until when\n\nuser;reason;owner;expires_on\na;b;c;2026-12-31\n\nd;e;f;soon\n";
    for (end, byte_order_mark) in [("\n", ""), ("\r\n", "\u{feff}"), ("\r", ""), ("\r", "\u{feff}")] {
        let text = format!("{byte_order_mark}{}", file.replace('\n', end));
        let problems = Exemptions::parse(&text, ORGS).unwrap_err();
        let told: Vec<_> = problems.iter().map(LineProblem::to_string).collect();
        let expected = "line 6, expires_on: `soon` is no date; write year, month and day, such as 2026-10-01";
        assert_eq!(told, [expected], "{end:?}");
        let good = text.replace("soon", "2027-01-01");
        assert_eq!(Exemptions::parse(&good, ORGS).unwrap().list().len(), 2, "{end:?}");
    }
}

#[test]
fn a_file_full_of_mistakes_is_given_up_in_time() {
    let rows = "soon\n".repeat(5000);
    let problems = Exemptions::parse(&format!("user,reason,owner,expires_on\n{rows}"), ORGS).unwrap_err();
    let last = problems.last().unwrap().to_string();
    assert!(last.ends_with("the lines from here on are not told"), "{last}");
    assert_eq!(problems.len(), 1001);
}
