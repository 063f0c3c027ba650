//! Aligned columns for people: only the columns a terminal has room for, and a footer with totals and completeness.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width};

use super::{Document, RowWriter};
use crate::report::{Cell, Column, Kind, Report, Shown};

/// Rows held before they are written. Later rows keep at least the widths these needed.
const ROWS_MEASURED: usize = 1000;

pub(super) struct Table<'out> {
    report: &'static Report,
    shown: Vec<usize>,
    footer: Vec<String>,
    bold_header: bool,
    out: &'out mut dyn Write,
    held: Grid,
    widths: Option<Vec<u16>>,
}

impl<'out> Table<'out> {
    pub(super) fn begin(document: &Document<'_>, bold_header: bool, out: &'out mut dyn Write) -> Self {
        let with_company = !document.selection.companies.is_empty();
        let is_shown = |column: &Column| match column.shown {
            Shown::Always => true,
            Shown::WithCompany => with_company,
            Shown::Never => false,
        };
        let columns = document.report.columns.iter().enumerate();
        Self {
            report: document.report,
            shown: columns.filter(|(_, column)| is_shown(column)).map(|(place, _)| place).collect(),
            footer: document.completeness.sentences(),
            bold_header,
            out,
            held: Grid::new(),
            widths: None,
        }
    }

    /// Writes the held rows, under the header if they are the first.
    fn write_held(&mut self) -> io::Result<()> {
        let is_first = self.widths.is_none();
        let mut grid = std::mem::take(&mut self.held);
        grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if is_first {
            grid.set_header(self.shown.iter().map(|place| heading(&self.report.columns[*place])));
        }
        for (column, place) in grid.column_iter_mut().zip(&self.shown) {
            column.set_padding((0, 2));
            if self.report.columns[*place].kind.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let widths = self.widths.get_or_insert_with(|| grid.column_max_content_widths());
        let at_least = |width: &u16| ColumnConstraint::LowerBoundary(Width::Fixed(width + 2));
        grid.set_constraints(widths.iter().map(at_least));
        for (place, line) in grid.lines().enumerate() {
            let line = line.trim_end();
            match is_first && place == 0 && self.bold_header {
                true => writeln!(self.out, "\u{1b}[1m{line}\u{1b}[0m")?,
                false => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }
}

impl RowWriter for Table<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.held.add_row(self.shown.iter().map(|place| display(&cells[*place])));
        if self.held.row_count() < ROWS_MEASURED { Ok(()) } else { self.write_held() }
    }

    fn finish(mut self: Box<Self>, totals: &[Cell<'_>]) -> io::Result<()> {
        if self.widths.is_none() || !self.held.is_empty() {
            self.write_held()?;
        }
        writeln!(self.out, "\n{}", total_lines(self.report.totals, totals))?;
        for sentence in &self.footer {
            writeln!(self.out, "{}", printable(sentence))?;
        }
        self.out.flush()
    }
}

/// The totals, a new line after each share.
fn total_lines(columns: &[Column], totals: &[Cell<'_>]) -> String {
    let mut lines = String::new();
    for (place, (column, total)) in columns.iter().zip(totals).enumerate() {
        let after_share = place > 0 && columns[place - 1].kind == Kind::Percent;
        lines += if place == 0 {
            ""
        } else if after_share {
            "\n"
        } else {
            ", "
        };
        lines += &format!("{} {}", heading(column), display(total));
    }
    lines
}

/// `utilization_percent` as a person reads it.
fn heading(column: &Column) -> String {
    column.name.replace("_percent", " %").replace('_', " ")
}

fn display(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Boolean(true) => "yes".to_owned(),
        Cell::Boolean(false) => "no".to_owned(),
        other => printable(&other.text()),
    }
}

/// Characters that could rewrite the terminal, or turn and hide what stands beside them, are shown as `\u{1b}`.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        match character.is_control() || turns_or_hides(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
        shown
    })
}

/// Unicode's bidirectional controls and characters without a width (UAX #9, "Directional Formatting Characters").
fn turns_or_hides(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
