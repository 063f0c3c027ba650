//! Reads the files of the books, and says everything that is wrong with one.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::context::Context;
use super::failure::Failure;
use crate::report::books::{LineProblem, text_of};

/// Room for millions of people; a larger file is no book.
const LARGEST_BOOK_BYTES: u64 = 512 * 1024 * 1024;

/// The text of a book's file.
///
/// # Errors
/// It cannot be read, is far too large, or is not UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let unreadable =
        |error: io::Error| Failure { exit: super::Exit::Usage, ..Failure::file("read", path, &error) };
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err(Failure::usage(format!("{} is a folder; name the CSV file in it", path.display())));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST_BOOK_BYTES + 1).read_to_end(&mut content).map_err(unreadable)?;
    if content.len() as u64 > LARGEST_BOOK_BYTES {
        return Err(Failure::usage(format!("{} is far too large for a list by hand", path.display())));
    }
    text_of(content).map_err(|problem| refusal(path, &[problem]))
}

/// The book in a file.
///
/// # Errors
/// Those of [`read_text`] and of [`parse`].
pub(super) fn read<Book>(
    path: &Path,
    reading: impl FnOnce(&str) -> Result<Book, Vec<LineProblem>>,
) -> Result<Book, Failure> {
    parse(path, &read_text(path)?, reading)
}

/// The book in the text of a file.
///
/// # Errors
/// Everything that is wrong with its lines.
pub(super) fn parse<Book>(
    path: &Path,
    text: &str,
    reading: impl FnOnce(&str) -> Result<Book, Vec<LineProblem>>,
) -> Result<Book, Failure> {
    reading(text).map_err(|problems| refusal(path, &problems))
}

/// Says that a book tells nothing, although it is configured.
pub(super) fn warn_of_no_lines(path: &Path, is_empty: bool, context: &Context) {
    if is_empty {
        let sentence =
            "holds no lines under its header, so it tells nothing; fill it in, or take it out of [finance]";
        context.ui.warning(&format!("{} {sentence}", path.display()));
    }
}

fn refusal(path: &Path, problems: &[LineProblem]) -> Failure {
    let count = match problems.len() {
        1 => "1 mistake".to_owned(),
        mistakes => format!("{mistakes} mistakes"),
    };
    let mut failure = Failure::usage(format!("{} cannot be used: {count} to mend", path.display()));
    failure.causes = problems.iter().map(LineProblem::to_string).collect();
    failure
}
