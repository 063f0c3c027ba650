//! Reads the files of the books, and says everything that is wrong with one.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::context::Context;
use super::failure::Failure;
use crate::config::Settings;
use crate::report::books::{Book, Books, Contracts, Exemptions, LineProblem, PeopleList, text_of};

/// Room for millions of people; a larger file is no book.
const LARGEST_BOOK_BYTES: u64 = 512 * 1024 * 1024;

/// Adds a book to `books`, if it is configured, and warns of one that says nothing.
///
/// # Errors
/// Those of [`read`].
pub(super) fn add(
    books: &mut Books,
    book: Book,
    settings: &Settings,
    context: &Context,
) -> Result<(), Failure> {
    let Some(path) = path_of(book, settings) else { return Ok(()) };
    let orgs: Vec<_> = settings.orgs.iter().map(|org| org.id.as_str()).collect();
    let is_empty = match book {
        Book::Contracts => {
            let read = read(path, |text| Contracts::parse(text, &orgs))?;
            books.contracts.insert(read).is_empty()
        }
        Book::Exemptions => {
            let read = read(path, |text| Exemptions::parse(text, &orgs))?;
            books.exemptions.insert(read).list().is_empty()
        }
        Book::People => {
            let is_complete = settings.finance.people_complete;
            let read = read(path, |text| PeopleList::parse(text, is_complete))?;
            books.people.insert(read).people.is_empty()
        }
    };
    warn_of_no_lines(path, is_empty, context);
    Ok(())
}

/// Where the book is, if it is configured.
pub(super) fn path_of(book: Book, settings: &Settings) -> Option<&Path> {
    let finance = &settings.finance;
    let path = match book {
        Book::Contracts => &finance.contracts,
        Book::Exemptions => &finance.exemptions,
        Book::People => &finance.people,
    };
    path.as_deref()
}

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
