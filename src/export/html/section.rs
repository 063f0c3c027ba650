//! One report as a part of a page: its totals, a chart, its first rows, and how its numbers are made.

use super::absence::Absence;
use super::chart::{ChartView, Gathered};
use super::charts::chart_of;
use super::human::{grouped, value_text};
use crate::export::Document;
use crate::export::table::{heading, is_shown};
use crate::report::{Cell, Column, Report};

/// Characters of a cell that stay on one line; most names have fewer.
const ONE_LINE: usize = 28;

/// A report whose rows are coming in.
pub(super) struct Section {
    report: &'static Report,
    shown: Vec<usize>,
    most_rows: usize,
    kept: Vec<Vec<CellView>>,
    rows: u64,
    chart: Option<Gathered>,
    absence: Absence,
}

/// A number with its population.
#[derive(Clone)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) is_unknown: bool,
    pub(super) meaning: String,
}

pub(super) struct SectionView {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) definition: &'static str,
    pub(super) figures: Vec<Figure>,
    pub(super) chart: Option<ChartView>,
    pub(super) caption: String,
    pub(super) headings: Vec<Heading>,
    pub(super) rows: Vec<Vec<CellView>>,
    /// What stands in place of rows when there are none.
    pub(super) no_rows: String,
    pub(super) rest: String,
    pub(super) meanings: Vec<Heading>,
}

pub(super) struct Heading {
    pub(super) text: String,
    pub(super) meaning: &'static str,
    pub(super) is_number: bool,
}

pub(super) struct CellView {
    pub(super) text: String,
    /// Why it is not there; nothing when it is.
    pub(super) absence: Option<String>,
    pub(super) is_number: bool,
    /// Whether it may take several lines.
    pub(super) is_long: bool,
    /// The number as a script reads it.
    pub(super) sort: Option<String>,
}

impl Section {
    pub(super) fn begin(document: &Document<'_>, most_rows: usize) -> Self {
        let with_company = !document.selection.companies.is_empty();
        let report = document.report;
        let columns = report.columns.iter().enumerate();
        let has_several_orgs = document.completeness.orgs.len() > 1;
        Self {
            report,
            shown: columns
                .filter(|(_, column)| is_shown(column, with_company))
                .map(|(place, _)| place)
                .collect(),
            most_rows,
            kept: Vec::new(),
            rows: 0,
            chart: chart_of(report)
                .and_then(|(population, chart)| Gathered::begin(report, population, chart, has_several_orgs)),
            absence: Absence::of(document),
        }
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        self.rows += 1;
        if let Some(chart) = &mut self.chart {
            chart.row(cells);
        }
        if self.kept.len() < self.most_rows {
            let view = |place: &usize| self.view_of(&self.report.columns[*place], &cells[*place], cells);
            let row = self.shown.iter().map(view).collect();
            self.kept.push(row);
        }
    }

    fn view_of(&self, column: &Column, cell: &Cell<'_>, cells: &[Cell<'_>]) -> CellView {
        let text = value_text(column.kind, cell);
        let is_plain_number = column.kind.is_number() && !matches!(cell, Cell::Text(_) | Cell::Null);
        let absence = || {
            let reason = self.absence.reason(column, self.report.columns, cells);
            reason.because.unwrap_or_else(|| reason.word.to_owned())
        };
        CellView {
            absence: text.is_none().then(absence),
            is_long: text.as_ref().is_some_and(|text| text.chars().count() > ONE_LINE),
            text: text.unwrap_or_default(),
            is_number: column.kind.is_number(),
            sort: is_plain_number.then(|| cell.text().into_owned()),
        }
    }

    pub(super) fn finish(self, totals: &[Cell<'_>]) -> SectionView {
        let Self { report, shown, kept, rows, chart, absence, .. } = self;
        let rest = rest(report, kept.len(), rows, report.columns.len() - shown.len());
        SectionView {
            id: report.id,
            title: report.title,
            description: report.description,
            definition: report.definition,
            figures: figures(report, totals, &absence),
            chart: chart.and_then(|chart| chart.finish(totals)),
            caption: caption(report, kept.len(), rows),
            headings: shown.iter().map(|place| heading_of(&report.columns[*place])).collect(),
            rows: kept,
            no_rows: absence.of_rows(report),
            rest,
            meanings: report.columns.iter().chain(report.totals).map(heading_of).collect(),
        }
    }
}

/// The totals, each with what it counts.
pub(super) fn figures(report: &Report, totals: &[Cell<'_>], absence: &Absence) -> Vec<Figure> {
    let figure = |(column, total): (&Column, &Cell<'_>)| {
        let name = heading(column);
        // Where it names other columns, a person reads words.
        let meaning = column.meaning.replace('_', " ");
        match value_text(column.kind, total) {
            Some(value) => Figure { name, value, is_unknown: false, meaning },
            None => {
                let reason = absence.reason(column, report.totals, totals);
                let told = reason.because.filter(|because| !meaning.contains(because.as_str()));
                let meaning = told.map_or(meaning.clone(), |because| format!("{meaning}: {because}"));
                Figure { name, value: reason.word.to_owned(), is_unknown: true, meaning }
            }
        }
    };
    report.totals.iter().zip(totals).map(figure).collect()
}

fn caption(report: &Report, kept: usize, rows: u64) -> String {
    let all = grouped(&rows.to_string());
    match (kept as u64 == rows, rows) {
        (true, 1) => format!("{}: the only row", report.title),
        (true, _) => format!("{}: all {all} rows", report.title),
        (false, _) => format!("{}: the first {kept} of {all} rows", report.title),
    }
}

/// How many rows and columns there are besides, and where.
fn rest(report: &Report, kept: usize, rows: u64, hidden_columns: usize) -> String {
    let elsewhere = format!("seatledger report {} --format xlsx", report.id);
    let columns = match hidden_columns {
        0 => String::new(),
        1 => " One more column is there, too.".to_owned(),
        more => format!(" {more} more columns are there, too."),
    };
    if kept as u64 == rows {
        return match hidden_columns {
            0 => String::new(),
            1 => format!("One more column is in the workbook: {elsewhere}."),
            more => format!("{more} more columns are in the workbook: {elsewhere}."),
        };
    }
    let more = grouped(&(rows - kept as u64).to_string());
    format!("Only the rows shown are sorted; the other {more} are in the workbook: {elsewhere}.{columns}")
}

fn heading_of(column: &Column) -> Heading {
    Heading { text: heading(column), meaning: column.meaning, is_number: column.kind.is_number() }
}
