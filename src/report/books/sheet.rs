//! The file of a book: from CSV text to rows of named cells, with every mistake by its line and column.
//!
//! Knows nothing of what the columns mean. What spreadsheet programs do to a CSV (a byte order mark, CRLF, `;` or tabs
//! between cells, rows of empty cells) is understood and can be told with [`FileForm`]; what would have to be guessed
//! is refused.

use std::fmt;
use std::io::Read as _;

use csv::StringRecord;

use super::cell::{nearest, shown};
use super::problem::{LineProblem, MOST_PROBLEMS};

/// A column of a book.
#[derive(Clone, Copy, Debug)]
pub struct BookColumn {
    /// Its name in the header.
    pub name: &'static str,
    /// Whether the header must have it.
    pub needed: bool,
    /// What its cells hold, in one line.
    pub about: &'static str,
    /// A cell of a sample row.
    pub sample: &'static str,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileForm {
    /// Whether it begins with a byte order mark.
    pub has_byte_order_mark: bool,
    /// What ends its lines.
    pub line_end: LineEnd,
    /// What stands between cells.
    pub delimiter: char,
}

/// What stands at the end of a line; the csv reader takes each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// A line feed alone.
    LineFeed,
    /// A carriage return and a line feed.
    Both,
    /// A carriage return alone, as spreadsheet programs write for a Macintosh.
    CarriageReturn,
}

/// Marks the beginning of a file for some programs; it is no part of the first cell.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Lines before the header that begin so are remarks.
const REMARK: char = '#';

/// What programs write between cells, the usual one first.
const DELIMITERS: [char; 3] = [',', ';', '\t'];

impl FileForm {
    /// How `text` is written: the delimiter is the one that its header holds most of.
    pub fn of(text: &str) -> Self {
        let content = text.trim_start_matches(BYTE_ORDER_MARK);
        let header = content.split(['\r', '\n']).find(|line| !is_blank_or_remark(line)).unwrap_or_default();
        let count = |delimiter: &char| header.matches(*delimiter).count();
        // The first of equals, which is the comma when there is none at all.
        let delimiter = DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(DELIMITERS[0]);
        Self {
            has_byte_order_mark: content.len() < text.len(),
            line_end: match (text.contains("\r\n"), text.contains('\n')) {
                (true, _) => LineEnd::Both,
                (false, false) if text.contains('\r') => LineEnd::CarriageReturn,
                (false, _) => LineEnd::LineFeed,
            },
            delimiter,
        }
    }

    fn delimiter_word(self) -> &'static str {
        match self.delimiter {
            ';' => "semicolon",
            '\t' => "tab",
            _ => "comma",
        }
    }
}

impl fmt::Display for FileForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "UTF-8, a {} between cells", self.delimiter_word())?;
        formatter.write_str(match self.line_end {
            LineEnd::LineFeed => "",
            LineEnd::Both => ", CRLF line ends",
            LineEnd::CarriageReturn => ", CR line ends",
        })?;
        if self.has_byte_order_mark {
            formatter.write_str(", a byte order mark at the beginning")?;
        }
        Ok(())
    }
}

/// A spreadsheet program puts quotes around a remark with a comma in it.
fn is_blank_or_remark(line: &str) -> bool {
    let begin = line.trim_start().trim_start_matches('"');
    begin.trim().is_empty() || begin.starts_with(REMARK)
}

/// How files begin that are no CSV in UTF-8, and what they are.
const OTHER_FILES: &[(&[u8], &str)] = &[
    (b"\xff\xfe", "this is text in UTF-16 (in Excel: \"Unicode Text\")"),
    (b"\xfe\xff", "this is text in UTF-16"),
    (b"PK\x03\x04", "this is a workbook or another archive, not a CSV file"),
    (b"\xd0\xcf\x11\xe0", "this is a workbook of an old Excel, not a CSV file"),
    (b"%PDF", "this is a PDF, not a CSV file"),
    (b"\x1f\x8b", "this file is compressed"),
];

/// The text of a file.
///
/// # Errors
/// The first line that is not UTF-8 or holds a NUL, or what the file is instead.
pub fn text_of(content: Vec<u8>) -> Result<String, LineProblem> {
    let refusal = |before: &[u8], found: &str| LineProblem {
        line: Lines::new(before).at(before.len()),
        column: None,
        message: format!("{found}; save it as CSV in UTF-8 (in Excel: \"CSV UTF-8\")"),
    };
    if let Some((_, what)) = OTHER_FILES.iter().find(|(begin, _)| content.starts_with(begin)) {
        return Err(refusal(&[], what));
    }
    if let Some(place) = content.iter().position(|byte| *byte == 0) {
        let found = "this line holds a NUL character, which no CSV file in UTF-8 has";
        return Err(refusal(&content[..place], found));
    }
    String::from_utf8(content).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        refusal(good, "this line is not UTF-8")
    })
}

/// The rows of a file under its header.
pub(super) struct Sheet {
    columns: &'static [BookColumn],
    /// Where each of `columns` stands in a row.
    places: Vec<Option<usize>>,
    /// Every row that is not empty, with its line.
    rows: Vec<(u64, StringRecord)>,
}

impl Sheet {
    /// Reads the header and splits the rows. What is wrong goes to `problems`; `None` when no row can be read under
    /// this header.
    pub(super) fn read(
        text: &str,
        columns: &'static [BookColumn],
        problems: &mut Vec<LineProblem>,
    ) -> Option<Self> {
        let form = FileForm::of(text);
        let mut rows = split(text, form).into_iter();
        let Some((line, header)) = rows.next() else {
            problems.push(LineProblem {
                line: 1,
                column: None,
                message: format!("there is no header; the first line names the columns: {}", names(columns)),
            });
            return None;
        };
        let places = read_header(line, &header, columns, problems)?;
        let mut whole = Vec::new();
        for (line, row) in rows {
            match breach(&row, &header, form) {
                None => whole.push((line, row)),
                Some(message) => problems.push(LineProblem { line, column: None, message }),
            }
        }
        Some(Self { columns, places, rows: whole })
    }

    /// Hands each row to `read`, in the order of the file, and gives what it makes of them.
    pub(super) fn each<Item>(
        &self,
        problems: &mut Vec<LineProblem>,
        mut read: impl FnMut(&mut Row<'_>) -> Option<Item>,
    ) -> Vec<Item> {
        let mut items = Vec::with_capacity(self.rows.len());
        for (line, cells) in &self.rows {
            if problems.len() > MOST_PROBLEMS {
                break;
            }
            let mut row = Row { sheet: self, line: *line, cells, problems };
            items.extend(read(&mut row));
        }
        items
    }

    fn cell<'row>(&self, cells: &'row StringRecord, column: &str) -> &'row str {
        let place = self.columns.iter().position(|known| known.name == column);
        let place = place.and_then(|place| self.places[place]);
        place.and_then(|place| cells.get(place)).unwrap_or_default().trim()
    }
}

/// One row being read.
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    /// Its line in the file.
    pub(super) line: u64,
    cells: &'a StringRecord,
    problems: &'a mut Vec<LineProblem>,
}

impl<'a> Row<'a> {
    /// The text of a cell, without blanks around it; empty when the file has no such column.
    pub(super) fn text(&self, column: &str) -> &'a str {
        self.sheet.cell(self.cells, column)
    }

    /// What a cell that must be filled holds.
    pub(super) fn needed<Value>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Option<Value> {
        if self.text(column).is_empty() {
            let about = self.sheet.columns.iter().find(|known| known.name == column);
            let about = about.map_or("", |column| column.about);
            self.refuse(column, format!("is empty; write {about}"));
            return None;
        }
        self.optional(column, read).flatten()
    }

    /// What a cell that may be empty holds; the outer `None` when it cannot be read.
    pub(super) fn optional<Value>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&str) -> Result<Value, String>,
    ) -> Option<Option<Value>> {
        let text = self.text(column);
        if text.is_empty() {
            return Some(None);
        }
        match read(text) {
            Ok(value) => Some(Some(value)),
            Err(message) => {
                self.refuse(column, message);
                None
            }
        }
    }

    /// Says that a cell is wrong.
    pub(super) fn refuse(&mut self, column: &str, message: impl Into<String>) {
        let column = Some(column.to_owned());
        self.problems.push(LineProblem { line: self.line, column, message: message.into() });
    }
}

/// The rows of the file that are not empty, from the header on, each with its line.
fn split(text: &str, form: FileForm) -> Vec<(u64, StringRecord)> {
    let content = text.trim_start_matches(BYTE_ORDER_MARK);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(form.delimiter as u8)
        // A last line without an end gets one, which a quote that is never closed takes into its cell.
        .from_reader(content.as_bytes().chain(&b"\n"[..]));
    let mut rows = Vec::new();
    let mut lines = Lines::new(content.as_bytes());
    for record in reader.records() {
        // Text in memory that is UTF-8 gives no other error than its end.
        let Ok(record) = record else { break };
        let begin = record.position().map_or(0, csv::Position::byte);
        let line = lines.at(usize::try_from(begin).unwrap_or(usize::MAX));
        let is_remark = rows.is_empty() && record.get(0).is_some_and(|cell| cell.trim().starts_with(REMARK));
        if is_remark || record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        rows.push((line, record));
    }
    rows
}

/// Why the cells of a row cannot be told apart, if they cannot.
fn breach(row: &StringRecord, header: &StringRecord, form: FileForm) -> Option<String> {
    if row.iter().any(|cell| cell.contains(['\n', '\r'])) {
        let message = "a quote that opens in this line is not closed in it; close it, or take the line break out of \
                       the cell";
        return Some(message.to_owned());
    }
    let is_named = |place: usize| header.get(place).is_some_and(|name| !name.trim().is_empty());
    let stray = (0..row.len()).find(|place| !is_named(*place) && !row[*place].trim().is_empty())?;
    Some(format!(
        "{} in place {} stands under no column, for the header names {}; put quotes around a cell that holds a {}",
        shown(&row[stray]),
        stray + 1,
        (0..header.len()).filter(|place| is_named(*place)).count(),
        form.delimiter_word()
    ))
}

/// Counts the lines of a text up to places that only move forward.
struct Lines<'a> {
    text: &'a [u8],
    byte: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, byte: 0, line: 1 }
    }

    /// The line of the first character from `byte` on that is no line end: a record's position is that of the empty
    /// lines before it.
    fn at(&mut self, byte: usize) -> u64 {
        let bytes = self.text;
        while self.byte < bytes.len() && (self.byte < byte || matches!(bytes[self.byte], b'\r' | b'\n')) {
            let ends_line = match bytes[self.byte] {
                b'\n' => true,
                b'\r' => bytes.get(self.byte + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += u64::from(ends_line);
            self.byte += 1;
        }
        self.line
    }
}

/// Where each column stands; `None` when rows cannot be read under this header.
fn read_header(
    line: u64,
    header: &StringRecord,
    columns: &'static [BookColumn],
    problems: &mut Vec<LineProblem>,
) -> Option<Vec<Option<usize>>> {
    let mut problem = |column: Option<&str>, message: String| {
        problems.push(LineProblem { line, column: column.map(str::to_owned), message });
    };
    let written: Vec<_> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    let is_known = |name: &String| columns.iter().any(|column| column.name == name);
    if !written.iter().any(is_known) {
        problem(
            None,
            format!("no column of this line is known; the first line names the columns: {}", names(columns)),
        );
        return None;
    }
    for name in written.iter().filter(|name| !name.is_empty() && !is_known(name)) {
        let near = nearest(name, columns.iter().map(|column| column.name))
            .filter(|near| strsim::damerau_levenshtein(name, near) <= name.chars().count() / 2);
        let instead = near.map_or_else(
            || "take it out".to_owned(),
            |near| format!("rename it to `{near}`, or take it out"),
        );
        problem(None, format!("the column {} is not known; {instead}", shown(name)));
    }
    let mut is_readable = true;
    let mut places = Vec::with_capacity(columns.len());
    for column in columns {
        let mut found = written.iter().enumerate().filter(|(_, name)| *name == column.name);
        let place = found.next().map(|(place, _)| place);
        if found.next().is_some() {
            problem(Some(column.name), "this column stands here twice; take one out".to_owned());
            is_readable = false;
        }
        if column.needed && place.is_none() {
            problem(Some(column.name), format!("this column is missing: {}", column.about));
            is_readable = false;
        }
        places.push(place);
    }
    is_readable.then_some(places)
}

fn names(columns: &[BookColumn]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_never_closed_is_a_breach_wherever_the_file_ends() {
        for (text, is_breach) in [
            ("name,about\na,\"b", true),
            ("name,about\na,\"b\n", true),
            ("name,about\na,\"b\nc,d\n", true),
            ("name,about\na,\"b\"", false),
            ("name,about\na,\"b\"\"\"", false),
            ("name,about\na,b", false),
        ] {
            let form = FileForm::of(text);
            let rows = split(text, form);
            let breached = rows[1..].iter().any(|(_, row)| breach(row, &rows[0].1, form).is_some());
            assert_eq!(breached, is_breach, "{text:?}");
        }
    }
}
