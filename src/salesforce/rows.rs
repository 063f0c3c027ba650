//! The rows of one page in two allocations: one text for all strings, one list for all cells.

use crate::base::roomy;

/// Decoded records, each with one value for each asked-for column.
pub struct Rows {
    columns: usize,
    cells: Vec<Cell>,
    text: String,
}

#[derive(Clone, Copy)]
pub(super) enum Cell {
    /// No value has been seen yet; never left in a finished row.
    Absent,
    Null,
    Text {
        start: u32,
        length: u32,
    },
    Integer(i64),
    Number(f64),
    Boolean(bool),
}

/// One value, in the form its field's type prescribes: ids have 18 characters, instants are
/// `YYYY-MM-DDTHH:MM:SS.sssZ`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Empty in Salesforce, or below an empty parent.
    Null,
    /// Ids, texts, instants and dates.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A double, percent or currency; always finite.
    Number(f64),
    /// A checkbox.
    Boolean(bool),
}

/// One record.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    cells: &'a [Cell],
    text: &'a str,
}

impl Rows {
    /// How many records there are.
    pub fn len(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or_default()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The record at `index`, counted from 0.
    ///
    /// # Panics
    /// When there is no such record.
    pub fn row(&self, index: usize) -> Row<'_> {
        let start = index * self.columns;
        Row { cells: &self.cells[start..start + self.columns], text: &self.text }
    }

    /// The records in the order of the answer.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// No records yet, of so many columns.
    pub(super) fn of(columns: usize) -> Self {
        let text = String::from_utf8(roomy()).unwrap_or_default();
        Self { columns, cells: roomy(), text }
    }

    /// Begins a record of absent cells.
    pub(super) fn push_row(&mut self) {
        self.cells.resize(self.cells.len() + self.columns, Cell::Absent);
    }

    /// Takes back the record begun last.
    pub(super) fn pop_row(&mut self) {
        self.cells.truncate(self.cells.len() - self.columns);
    }

    /// The cells of the record begun last.
    pub(super) fn last_row(&mut self) -> &mut [Cell] {
        let start = self.cells.len() - self.columns;
        &mut self.cells[start..]
    }

    /// Keeps `text`, as a cell that refers to it.
    pub(super) fn keep(&mut self, text: &str) -> Cell {
        const BOUNDED: &str = "an answer is bounded far below 4 GiB";
        let start = u32::try_from(self.text.len()).expect(BOUNDED);
        self.text.push_str(text);
        Cell::Text { start, length: u32::try_from(text.len()).expect(BOUNDED) }
    }
}

impl<'a> Row<'a> {
    /// The value in the column at `column`, counted in the order the columns were asked for.
    ///
    /// # Panics
    /// When there is no such column.
    pub fn value(&self, column: usize) -> Value<'a> {
        match self.cells[column] {
            Cell::Absent | Cell::Null => Value::Null,
            Cell::Text { start, length } => Value::Text(&self.text[start as usize..][..length as usize]),
            Cell::Integer(number) => Value::Integer(number),
            Cell::Number(number) => Value::Number(number),
            Cell::Boolean(yes) => Value::Boolean(yes),
        }
    }
}

impl<'a> Value<'a> {
    /// The text, if it is one.
    pub fn as_text(self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number, if it is one.
    pub fn as_integer(self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(number) } else { None }
    }

    /// The checkbox, if it is one.
    pub fn as_boolean(self) -> Option<bool> {
        if let Self::Boolean(yes) = self { Some(yes) } else { None }
    }
}
