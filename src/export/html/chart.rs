//! What a chart shows, gathered while the rows go by.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::charts::Chart;
use super::draw::{Bar, Line, bars_of, line_through, share_bar};
use crate::base::Money;
use crate::export::table::heading;
use crate::report::{Cell, Column, Report};

/// More of them say no more.
const MOST_BARS: usize = 15;
const MOST_LINES: usize = 6;

/// A chart, drawn.
pub(super) struct ChartView {
    pub(super) caption: String,
    pub(super) population: &'static str,
    pub(super) bars: Vec<Bar>,
    pub(super) lines: Vec<Line>,
    pub(super) rest: String,
}

/// A chart whose rows are coming in.
pub(super) struct Gathered {
    report: &'static Report,
    by: Vec<usize>,
    caption: String,
    population: &'static str,
    values: Values,
}

enum Values {
    /// Share, part and whole of each row.
    Shares([usize; 3], Vec<(String, [Cell<'static>; 3])>),
    /// The sums by label and, of money, currency.
    Sums(usize, BTreeMap<(String, &'static str), Cell<'static>>),
    /// Nothing of the rows.
    Totals(&'static [&'static str]),
    /// Each label's values by day.
    Lines([usize; 2], BTreeMap<String, BTreeMap<Date, Cell<'static>>>),
}

impl Gathered {
    /// `None` when the report has not all the columns of the chart. One org needs no name.
    pub(super) fn begin(
        report: &'static Report,
        population: &'static str,
        chart: Chart,
        has_several_orgs: bool,
    ) -> Option<Self> {
        let place = |name: &str| report.columns.iter().position(|column| column.name == name);
        let (by, measure, values) = match chart {
            Chart::Shares { by, share, part, whole } => {
                (by, share, Values::Shares([place(share)?, place(part)?, place(whole)?], Vec::new()))
            }
            Chart::Sums { by, of } => (by, of, Values::Sums(place(of)?, BTreeMap::new())),
            Chart::Lines { by, at, of } => (by, of, Values::Lines([place(at)?, place(of)?], BTreeMap::new())),
            Chart::Totals { caption, of } => {
                let caption = caption.to_owned();
                return Some(Self {
                    report,
                    by: Vec::new(),
                    caption,
                    population,
                    values: Values::Totals(of),
                });
            }
        };
        let named = by.iter().filter(|name| has_several_orgs || **name != "org");
        let by = named.map(|name| place(name)).collect::<Option<Vec<_>>>()?;
        let labels: Vec<_> = by.iter().map(|place| heading(&report.columns[*place])).collect();
        let caption = format!("{} by {}", heading(&report.columns[place(measure)?]), labels.join(" and "));
        Some(Self { report, by, caption, population, values })
    }

    pub(super) fn row(&mut self, cells: &[Cell<'_>]) {
        let label = label_of(&self.by, cells);
        match &mut self.values {
            Values::Shares(places, rows) => {
                if matches!(cells[places[0]], Cell::BasisPoints(_)) {
                    rows.push((label, places.map(|place| kept(&cells[place]))));
                }
            }
            Values::Sums(place, sums) => {
                let cell = &cells[*place];
                let currency = if let Cell::Money(amount) = cell { amount.currency.code() } else { "" };
                if is_number(cell) {
                    let sum = sums.entry((label, currency)).or_insert(Cell::Null);
                    *sum = added(sum, cell);
                }
            }
            Values::Totals(_) => {}
            Values::Lines([at, of], lines) => {
                let day = cells[*at].text().get(..10).and_then(|day| day.parse().ok());
                if let Some(day) = day.filter(|_| is_number(&cells[*of])) {
                    lines.entry(label).or_default().insert(day, kept(&cells[*of]));
                }
            }
        }
    }

    /// The chart, unless there is nothing to show.
    pub(super) fn finish(self, totals: &[Cell<'_>]) -> Option<ChartView> {
        let report = self.report;
        let undrawn = match &self.values {
            Values::Totals(names) => totals_unknown(names, report, totals),
            Values::Shares(..) | Values::Sums(..) | Values::Lines(..) => Vec::new(),
        };
        let (mut bars, mut lines, most, noun) = match self.values {
            Values::Shares(_, rows) => (share_bars(rows), Vec::new(), MOST_BARS, "bars"),
            Values::Sums(_, sums) => {
                let sums = sums.into_iter().map(|((label, _), sum)| (label, sum)).collect();
                (largest_first(bars_of(sums)), Vec::new(), MOST_BARS, "bars")
            }
            Values::Totals(names) => {
                (bars_of(totals_named(names, report, totals)), Vec::new(), MOST_BARS, "bars")
            }
            Values::Lines(_, lines) => {
                let drawn = lines.iter().filter_map(|(label, points)| line_through(label, points));
                (Vec::new(), largest_line_first(drawn.collect()), MOST_LINES, "lines")
            }
        };
        let all = bars.len() + lines.len();
        bars.truncate(most);
        lines.truncate(most);
        let mut rest = match all > most {
            true => format!("These are the {most} largest of {all} {noun}."),
            false => String::new(),
        };
        if !undrawn.is_empty() {
            rest = format!("Not drawn, because not known: {}.", undrawn.join(", "));
        }
        (all > 0).then_some(ChartView {
            caption: self.caption,
            population: self.population,
            bars,
            lines,
            rest,
        })
    }
}

/// A bar per row, that of the largest whole first.
fn share_bars(mut rows: Vec<(String, [Cell<'static>; 3])>) -> Vec<Bar> {
    rows.sort_by(|(left_label, left), (right_label, right)| {
        size(&right[2]).total_cmp(&size(&left[2])).then_with(|| left_label.cmp(right_label))
    });
    rows.iter().map(|(label, [share, part, whole])| share_bar(label, share, part, whole)).collect()
}

fn largest_first(mut bars: Vec<Bar>) -> Vec<Bar> {
    bars.sort_by(|left, right| right.size.total_cmp(&left.size));
    bars
}

fn largest_line_first(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|left, right| right.newest.total_cmp(&left.newest));
    lines
}

/// The totals of these names that are known, in this order.
fn totals_named(names: &[&str], report: &Report, totals: &[Cell<'_>]) -> Vec<(String, Cell<'static>)> {
    let named = |name: &&str| {
        let place = report.totals.iter().position(|total: &Column| total.name == *name)?;
        let total = totals.get(place).filter(|total| is_number(total))?;
        Some((heading(&report.totals[place]), kept(total)))
    };
    names.iter().filter_map(named).collect()
}

/// The headings of the totals of these names that are not known.
fn totals_unknown(names: &[&str], report: &Report, totals: &[Cell<'_>]) -> Vec<String> {
    let all = report.totals.iter().zip(totals);
    let unknown = all.filter(|(total, cell)| names.contains(&total.name) && !is_number(cell));
    unknown.map(|(total, _)| heading(total)).collect()
}

fn label_of(by: &[usize], cells: &[Cell<'_>]) -> String {
    let texts = by.iter().map(|place| cells[*place].text());
    let texts: Vec<_> = texts.map(|text| if text.is_empty() { "unknown".into() } else { text }).collect();
    texts.join(" · ")
}

fn is_number(cell: &Cell<'_>) -> bool {
    matches!(cell, Cell::Integer(_) | Cell::Number(_) | Cell::BasisPoints(_) | Cell::Money(_))
}

/// The number itself: what is no number is no part of a chart.
fn kept(cell: &Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Integer(number) => Cell::Integer(*number),
        Cell::Number(number) => Cell::Number(*number),
        Cell::BasisPoints(points) => Cell::BasisPoints(*points),
        Cell::Money(amount) => Cell::Money(*amount),
        Cell::Null | Cell::Text(_) | Cell::Boolean(_) => Cell::Null,
    }
}

/// The sum of two cells of one column; of money, of one currency.
fn added(sum: &Cell<'_>, cell: &Cell<'_>) -> Cell<'static> {
    match (sum, cell) {
        (Cell::Integer(left), Cell::Integer(right)) => Cell::Integer(left.saturating_add(*right)),
        (Cell::Number(left), Cell::Number(right)) => Cell::Number(left + right),
        (Cell::Money(left), Cell::Money(right)) => {
            Cell::Money(Money { minor: left.minor.saturating_add(right.minor), currency: left.currency })
        }
        (_, cell) => kept(cell),
    }
}

/// How large a bar or a point of it is; for drawing only.
pub(super) fn size(cell: &Cell<'_>) -> f64 {
    match cell {
        Cell::Integer(number) => *number as f64,
        Cell::Number(number) => *number,
        Cell::BasisPoints(points) => *points as f64,
        Cell::Money(amount) => amount.amount_text().parse().unwrap_or_default(),
        Cell::Null | Cell::Text(_) | Cell::Boolean(_) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Kind, Reach};

    const SHARES: Report = Report {
        id: "shares",
        title: "Shares",
        description: "A report to draw",
        definition: "One row per license and day.",
        reach: Reach::Companies,
        options: &[],
        columns: &[
            Column::new("name", Kind::Text, "Name"),
            Column::new("day", Kind::Date, "Day"),
            Column::new("used", Kind::Integer, "Used"),
            Column::new("total", Kind::Integer, "Total"),
            Column::new("used_percent", Kind::Percent, "Share"),
            Column::new("cost", Kind::Money, "Cost"),
        ],
        totals: &[Column::new("all", Kind::Integer, "All"), Column::new("some", Kind::Integer, "Some")],
        sources: &[],
        key: &["name"],
        label: &["name"],
        about: &["used"],
        write: |_, _| Ok(Vec::new()),
    };

    fn row(
        name: &'static str,
        day: &'static str,
        used: i64,
        total: i64,
        minor: i128,
        currency: &str,
    ) -> Vec<Cell<'static>> {
        let cost = Money { minor, currency: currency.parse().unwrap() };
        let points = if total > 0 { Cell::BasisPoints(used * 10_000 / total) } else { Cell::Null };
        vec![name.into(), day.into(), used.into(), total.into(), points, cost.into()]
    }

    fn drawn(chart: Chart) -> ChartView {
        let mut gathered = Gathered::begin(&SHARES, "All of them", chart, true).unwrap();
        for cells in [
            row("A", "2026-01-01", 5, 10, 100, "EUR"),
            row("A", "2026-01-11", 6, 10, 50, "EUR"),
            row("B", "2026-01-01", 30, 20, 900, "JPY"),
            row("B", "2026-01-11", 0, 0, 75, "EUR"),
        ] {
            gathered.row(&cells);
        }
        gathered.finish(&[Cell::Integer(40), Cell::Null]).unwrap()
    }

    fn bars(chart: Chart) -> Vec<(String, String, String)> {
        drawn(chart).bars.into_iter().map(|bar| (bar.name, bar.value, bar.percent)).collect()
    }

    #[test]
    fn shares_begin_with_the_largest_whole_and_stop_at_the_whole() {
        let chart = Chart::Shares { by: &["name"], share: "used_percent", part: "used", whole: "total" };
        assert_eq!(
            bars(chart),
            [
                ("B", "150.00 %: 30 of 20", "100.0"),
                ("A", "50.00 %: 5 of 10", "50.0"),
                ("A", "60.00 %: 6 of 10", "60.0")
            ]
            .map(|(name, value, percent)| (name.into(), value.into(), percent.into()))
        );
        assert_eq!(drawn(chart).bars.iter().map(|bar| bar.is_over).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn sums_never_add_currencies() {
        let chart = Chart::Sums { by: &["name"], of: "cost" };
        assert_eq!(
            bars(chart),
            [("B", "900 JPY", "100.0"), ("A", "1.50 EUR", "100.0"), ("B", "0.75 EUR", "50.0")]
                .map(|(name, value, percent)| (name.into(), value.into(), percent.into()))
        );
        assert_eq!(drawn(chart).caption, "cost by name");
    }

    #[test]
    fn an_unknown_total_has_no_bar() {
        assert_eq!(
            bars(Chart::Totals { caption: "all", of: &["all", "some"] }),
            [("all".into(), "40".into(), "100.0".into())]
        );
    }

    #[test]
    fn lines_go_through_the_days_and_tell_first_last_least_and_most() {
        let chart = Chart::Lines { by: &["name"], at: "day", of: "used" };
        let lines = drawn(chart).lines;
        let told: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.summary.as_str())).collect();
        assert_eq!(
            told,
            [
                ("A", "5 on 2026-01-01, 6 on 2026-01-11; from 5 to 6 between"),
                ("B", "30 on 2026-01-01, 0 on 2026-01-11; from 0 to 30 between"),
            ]
        );
        assert_eq!(lines[0].points, "0.00,28.00 100.00,2.00");
    }

    #[test]
    fn a_chart_of_columns_that_are_not_there_is_none() {
        assert!(
            Gathered::begin(&SHARES, "All of them", Chart::Sums { by: &["nobody"], of: "cost" }, true)
                .is_none()
        );
    }
}
