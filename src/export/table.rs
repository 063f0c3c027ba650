//! Aligned columns for people: only the columns a terminal has room for, and a footer with totals and completeness.
//!
//! A table for a terminal fits its width; one for a pipe or a file has a line per row, however long.

use std::io::{self, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table as Grid, Width};

use super::fit::{Need, Standing, fit};
use super::{Document, RowWriter};
use crate::base::printable;
use crate::report::{Cell, Column, Kind, Report, Shown};

/// Rows held before they are written. Later rows keep at least the widths these needed.
const ROWS_MEASURED: usize = 1000;

/// Characters between two columns.
const GAP: u16 = 2;

/// Names are recognized by this many characters a line; narrower, they fall apart.
const LEAST_TEXT: u16 = 16;

/// Narrower, a name can only be spelled out.
const TIGHTEST_TEXT: u16 = 10;

/// The column that names what the money of its row is counted in.
const CURRENCY: &str = "currency";

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
        let grid = std::mem::take(&mut self.held);
        let (widths, header) = match self.widths.take() {
            Some(widths) => (widths, None),
            None => (self.measure(&grid.column_max_content_widths()), Some(self.header())),
        };
        if let Some(header) = header {
            for line in self.aligned(header, &widths).lines() {
                let line = line.trim_end();
                match self.bold_header {
                    true => writeln!(self.out, "\u{1b}[1m{line}\u{1b}[0m")?,
                    false => writeln!(self.out, "{line}")?,
                }
            }
        }
        for line in self.aligned(grid, &widths).lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    fn header(&self) -> Grid {
        let mut header = Grid::new();
        header.add_row(self.shown.iter().map(|place| heading(&self.report.columns[*place])));
        header
    }

    /// The cells in columns of these widths.
    fn aligned(&self, mut grid: Grid, widths: &[Option<u16>]) -> Grid {
        grid.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        for (column, place) in grid.column_iter_mut().zip(&self.shown) {
            column.set_padding((0, GAP));
            if self.report.columns[*place].kind.is_number() {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let is_fitted = self.room.is_some();
        grid.set_constraints(widths.iter().map(|width| match width {
            None => ColumnConstraint::Hidden,
            Some(width) if is_fitted => ColumnConstraint::Absolute(Width::Fixed(width + GAP)),
            Some(width) => ColumnConstraint::LowerBoundary(Width::Fixed(width + GAP)),
        }));
        grid
    }

    /// The width of each shown column whose longest cells are `cells` long; notes those that there is no room for.
    fn measure(&mut self, cells: &[u16]) -> Vec<Option<u16>> {
        let needs = self.shown.iter().enumerate().map(|(place, column)| {
            self.need(&self.report.columns[*column], cells.get(place).copied().unwrap_or_default())
        });
        let needs: Vec<_> = needs.collect();
        let Some(room) = self.room else { return needs.iter().map(|need| Some(need.full)).collect() };
        let widths = fit(&needs, GAP, room);
        let gone = self.shown.iter().zip(&widths).filter(|(_, width)| width.is_none());
        self.left_out = gone.map(|(place, _)| heading(&self.report.columns[*place])).collect();
        widths
    }

    fn need(&self, column: &Column, cells: u16) -> Need {
        let heading = heading(column);
        let width = |text: &str| u16::try_from(text.len()).unwrap_or(u16::MAX);
        let longest_word = heading.split(' ').map(width).max().unwrap_or_default();
        let at_most = |most: u16| match column.kind {
            Kind::Text => longest_word.max(cells.min(most)),
            _ => longest_word.max(cells),
        };
        Need {
            full: cells.max(width(&heading)),
            least: at_most(LEAST_TEXT),
            tightest: at_most(TIGHTEST_TEXT),
            standing: self.standing(column),
        }
    }

    fn standing(&self, column: &Column) -> Standing {
        let Report { columns, label, about, key, .. } = self.report;
        let stays = |column: &Column| label.contains(&column.name) || about.contains(&column.name);
        let keeps_money = || columns.iter().any(|column| column.kind == Kind::Money && stays(column));
        match column.kind {
            _ if stays(column) || column.name == CURRENCY && keeps_money() => Standing::Stays,
            _ if column.name == CURRENCY => Standing::Currency,
            _ if key.contains(&column.name) => Standing::Key,
            Kind::Money => Standing::Money,
            Kind::Integer | Kind::Number | Kind::Percent => Standing::Number,
            _ if column.personal.is_some() => Standing::PersonalText,
            Kind::Text | Kind::Date | Kind::DateTime | Kind::Boolean => Standing::Text,
        }
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
            writeln!(self.out, "Columns left out: {}; see --format csv.", self.left_out.join(", "))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CHARGEBACK, REPORTS};

    fn measured(report: &'static Report, room: u16) -> (Vec<&'static Column>, Vec<String>) {
        let mut out = Vec::new();
        let shown = (0..report.columns.len()).filter(|place| is_shown(&report.columns[*place], true));
        let mut table = Table {
            report,
            shown: shown.collect(),
            left_out: Vec::new(),
            footer: Vec::new(),
            bold_header: false,
            room: Some(room),
            out: &mut out,
            held: Grid::new(),
            widths: None,
        };
        let cells = table.shown.iter().map(|place| match report.columns[*place].kind {
            Kind::Text => 30,
            Kind::Date => 10,
            Kind::DateTime => 24,
            Kind::Integer | Kind::Number | Kind::Percent | Kind::Money | Kind::Boolean => 7,
        });
        let widths = table.measure(&cells.collect::<Vec<_>>());
        let kept = table.shown.iter().zip(&widths).filter(|(_, width)| width.is_some());
        (kept.map(|(place, _)| &report.columns[*place]).collect(), table.left_out)
    }

    #[test]
    fn a_narrow_table_keeps_what_its_report_is_asked_for_and_no_amount_without_its_currency() {
        for report in REPORTS {
            let (all, none) = measured(report, u16::MAX);
            assert!(none.is_empty(), "{}: {none:?}", report.id);
            for room in [20, 40, 60, 80, 100, 120, 160] {
                let (kept, left_out) = measured(report, room);
                let keeps = |name: &str| kept.iter().any(|column| column.name == name);
                for name in report.label.iter().chain(report.about) {
                    assert!(keeps(name), "{} in {room}: {name}", report.id);
                }
                let has_money = kept.iter().any(|column| column.kind == Kind::Money);
                assert!(!has_money || keeps(CURRENCY), "{} in {room}: an amount of what?", report.id);
                assert_eq!(kept.len() + left_out.len(), all.len(), "{} in {room}", report.id);
            }
        }
    }

    #[test]
    fn a_charge_is_never_without_its_month_and_what_is_known_of_it() {
        let (kept, left_out) = measured(&CHARGEBACK, 80);
        for name in ["month", "month_state", "known_days"] {
            assert!(kept.iter().any(|column| column.name == name), "{name} is in {left_out:?}");
        }
    }
}
