//! Aligned columns for people: only the columns a terminal has room for, and a footer with totals and completeness.
//!
//! A table for a terminal fits its width; one for a pipe or a file has a line per row, however long.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width};

use super::fit::{Need, fit};
use super::{Document, RowWriter};
use crate::base::printable;
use crate::report::{Cell, Column, Kind, Report, Shown};

/// Rows held before they are written. Later rows keep at least the widths these needed.
const ROWS_MEASURED: usize = 1000;

/// Characters between two columns.
const GAP: u16 = 2;

/// Names are recognized by this many characters a line; narrower, they fall apart.
const LEAST_TEXT: u16 = 16;

pub(super) struct Table<'out> {
    report: &'static Report,
    shown: Vec<usize>,
    left_out: Vec<String>,
    footer: Vec<String>,
    bold_header: bool,
    room: Option<u16>,
    out: &'out mut dyn Write,
    held: Grid,
    widths: Option<Vec<Option<u16>>>,
}

impl<'out> Table<'out> {
    pub(super) fn begin(
        document: &Document<'_>,
        bold_header: bool,
        room: Option<u16>,
        out: &'out mut dyn Write,
    ) -> Self {
        let with_company = !document.selection.companies.is_empty();
        let columns = document.report.columns.iter().enumerate();
        Self {
            report: document.report,
            shown: columns
                .filter(|(_, column)| is_shown(column, with_company))
                .map(|(place, _)| place)
                .collect(),
            left_out: Vec::new(),
            footer: document.completeness.sentences(),
            bold_header,
            room,
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
            column.set_padding((0, GAP));
            if self.report.columns[*place].kind.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => self.measure(&grid.column_max_content_widths()),
        };
        let is_fitted = self.room.is_some();
        grid.set_constraints(widths.iter().map(|width| match width {
            None => ColumnConstraint::Hidden,
            Some(width) if is_fitted => ColumnConstraint::Absolute(Width::Fixed(width + GAP)),
            Some(width) => ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)),
        }));
        self.widths = Some(widths);
        for (place, line) in grid.lines().enumerate() {
            let line = line.trim_end();
            match is_first && place == 0 && self.bold_header {
                true => writeln!(self.out, "\u{1b}[1m{line}\u{1b}[0m")?,
                false => writeln!(self.out, "{line}")?,
            }
        }
        Ok(())
    }

    /// The width of each shown column whose longest cells are `full` long; notes those that there is no room for.
    fn measure(&mut self, full: &[u16]) -> Vec<Option<u16>> {
        let Some(room) = self.room else { return full.iter().copied().map(Some).collect() };
        let needs = self.shown.iter().zip(full).map(|(place, &full)| {
            let column = &self.report.columns[*place];
            let is_text = column.kind == Kind::Text;
            let heading_width = u16::try_from(heading(column).len()).unwrap_or(u16::MAX);
            Need {
                full,
                least: if is_text { heading_width.max(LEAST_TEXT) } else { full },
                must_stay: self.report.label.contains(&column.name),
            }
        });
        let widths = fit(&needs.collect::<Vec<_>>(), GAP, room);
        let gone = self.shown.iter().zip(&widths).filter(|(_, width)| width.is_none());
        self.left_out = gone.map(|(place, _)| heading(&self.report.columns[*place])).collect();
        widths
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
        if !self.left_out.is_empty() {
            writeln!(self.out, "No room for: {}.", self.left_out.join(", "))?;
        }
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

/// Whether tables for people show the column.
pub(super) fn is_shown(column: &Column, with_company: bool) -> bool {
    match column.shown {
        Shown::Always => true,
        Shown::WithCompany => with_company,
        Shown::Never => false,
    }
}

/// `utilization_percent` as a person reads it.
pub(super) fn heading(column: &Column) -> String {
    column.name.replace("_percent", " %").replace('_', " ")
}

fn display(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Null => "-".to_owned(),
        Cell::Boolean(true) => "yes".to_owned(),
        Cell::Boolean(false) => "no".to_owned(),
        other => printable(&other.text()).into_owned(),
    }
}
