//! The overview: the reports that a manager reads first, on one page.

use std::io::Write;

use super::page::Page;
use super::section::{Figure, Section, figures};
use crate::export::folder::Feed;
use crate::export::{Document, each_row};
use crate::report::{self, Reach, Report};

/// Rows of each report; the page is read in one go.
const MOST_ROWS: usize = 25;

/// A report in the overview.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its id. One that does not exist is left out.
    pub(super) report: &'static str,
    /// The totals that stand at the top of the page.
    pub(super) headlines: &'static [&'static str],
    /// How its rows are drawn, here and on the report's own page.
    pub(super) chart: Option<Chart>,
}

/// How the rows of a report are drawn. All names are those of columns.
#[derive(Clone, Copy, Debug)]
pub(super) enum Chart {
    /// A bar per row: how much of a whole is used.
    Shares {
        /// What names a bar.
        by: &'static [&'static str],
        /// The share.
        share: &'static str,
        /// What it is the share of …
        part: &'static str,
        /// … this.
        whole: &'static str,
    },
    /// A bar per name: the sum over its rows; currencies apart.
    Sums {
        /// What names a bar.
        by: &'static [&'static str],
        /// What is added.
        of: &'static str,
    },
    /// A bar per total.
    Totals(&'static [&'static str]),
    /// A line per name, over time.
    Lines {
        /// What names a line.
        by: &'static [&'static str],
        /// The date or instant.
        at: &'static str,
        /// The height.
        of: &'static str,
    },
}

/// The parts of the overview, in the order of the page.
pub(super) const OVERVIEW: &[Part] = &[
    Part {
        report: "utilization",
        headlines: &[],
        chart: Some(Chart::Shares {
            by: &["name", "org"],
            share: "utilization_percent",
            part: "assigned_counted",
            whole: "provisioned",
        }),
    },
    Part {
        report: "licenses",
        headlines: &["user_seats", "user_used", "user_utilization_percent", "total_shortfall"],
        chart: Some(Chart::Shares {
            by: &["name", "org"],
            share: "utilization_percent",
            part: "used_counted",
            whole: "total",
        }),
    },
    Part {
        report: "inactive",
        headlines: &[],
        chart: Some(Chart::Totals(&[
            "days_0_30",
            "days_30_60",
            "days_60_90",
            "days_90_180",
            "days_180_more",
            "never",
            "unknown",
        ])),
    },
    Part { report: "reclaimable", headlines: &[], chart: None },
    Part {
        report: "trend",
        headlines: &[],
        chart: Some(Chart::Lines { by: &["name", "org"], at: "day", of: "assigned_counted" }),
    },
    Part {
        report: "chargeback",
        headlines: &[],
        chart: Some(Chart::Sums { by: &["cost_key"], of: "amount" }),
    },
    Part { report: "savings", headlines: &[], chart: None },
    Part { report: "renewals", headlines: &[], chart: None },
    Part { report: "subscriptions", headlines: &["exceeded_subscriptions"], chart: None },
];

/// Writes the overview as one page and gives the number of rows behind it.
///
/// # Errors
/// [`report::Error`]: the database cannot be read or `out` cannot be written.
pub fn write_overview(feed: &Feed<'_>, out: &mut dyn Write) -> Result<u64, report::Error> {
    let mut headlines = Vec::new();
    let mut sections = Vec::new();
    let mut rows = 0;
    for (part, report) in parts(feed) {
        let completeness = feed.completeness.of(report);
        let document = Document {
            report,
            selection: feed.basis.selection,
            completeness: &completeness,
            people: feed.people,
            redactions: feed.redactions,
        };
        let mut section = Section::begin(&document, part.chart, MOST_ROWS);
        let totals = each_row(&document, &feed.basis, None, |cells| {
            rows += 1;
            section.row(cells);
            Ok(())
        })?;
        headlines.extend(named(part.headlines, report, figures(report, &totals)));
        sections.push(section.finish(&totals));
    }
    let page = Page {
        title: "Salesforce licenses",
        lead: "What is bought, who uses it, and what it costs",
        completeness: feed.completeness,
        people: feed.people,
        headlines,
        sections,
    };
    page.write(out).map_err(report::Error::Write)?;
    Ok(rows)
}

/// The parts that exist and may be shown.
fn parts<'feed>(
    feed: &'feed Feed<'_>,
) -> impl Iterator<Item = (&'static Part, &'static Report)> + use<'feed> {
    let hides_rest = feed.basis.selection.hides_rest;
    OVERVIEW
        .iter()
        .filter_map(|part| Some((part, Report::named(part.report)?)))
        .filter(move |(_, report)| !hides_rest || report.reach == Reach::Companies)
}

fn named(names: &[&str], report: &Report, figures: Vec<Figure>) -> Vec<Figure> {
    let is_named = |name: &str| names.iter().any(|wanted| *wanted == name);
    let both = report.totals.iter().zip(figures);
    both.filter(|(total, _)| is_named(total.name)).map(|(_, figure)| figure).collect()
}

#[cfg(test)]
mod tests {
    use super::super::chart::Gathered;
    use super::*;

    #[test]
    fn every_part_names_columns_and_totals_of_its_report() {
        for part in OVERVIEW {
            let Some(report) = Report::named(part.report) else { continue };
            let is_total = |name: &&str| report.totals.iter().any(|total| total.name == *name);
            assert!(part.headlines.iter().all(|name| is_total(name)), "{}: headlines", report.id);
            match part.chart {
                Some(Chart::Totals(names)) => {
                    assert!(names.iter().all(|name| is_total(name)), "{}", report.id)
                }
                Some(chart) => assert!(Gathered::begin(report, chart).is_some(), "{}: chart", report.id),
                None => {}
            }
        }
    }
}
