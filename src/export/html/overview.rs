//! The overview: the reports that a manager reads first, on one page.

use std::io::Write;

use super::absence::Absence;
use super::page::Page;
use super::section::{Figure, Section, figures};
use crate::export::folder::Feed;
use crate::export::{Document, each_row, rows_of};
use crate::report::{self, Reach, Report};

/// Rows of each report; the page is read in one go.
const MOST_ROWS: usize = 25;

/// The reports of the overview in the order of the page, each with the totals that stand at its top. One that does not
/// exist is left out.
const OVERVIEW: &[(&str, &[&str])] = &[
    ("utilization", &["user_provisioned", "user_assigned", "user_active", "user_utilization_percent"]),
    ("inactive", &["never_logged_in"]),
    ("reclaimable", &["reclaimable_seats", "unassigned_seats", "unpriced_seats"]),
    ("savings", &[]),
    ("renewals", &["notices_due"]),
    ("true-up", &["licenses_short"]),
    ("chargeback", &[]),
    ("trend", &[]),
    ("forecast", &[]),
    ("entitlements", &["exceeded_entitlements"]),
    ("subscriptions", &["exceeded_subscriptions"]),
];

/// Writes the overview as one page and gives the number of rows behind it.
///
/// # Errors
/// [`report::Error`]: the database cannot be read or `out` cannot be written.
pub fn write_overview(feed: &Feed<'_>, out: &mut dyn Write) -> Result<u64, report::Error> {
    let mut headlines = Vec::new();
    let mut sections = Vec::new();
    let mut rows = 0;
    for (report, names) in parts(feed) {
        let completeness = feed.completeness.of(report);
        let document = Document {
            report,
            selection: feed.basis.selection,
            completeness: &completeness,
            people: feed.people,
            redactions: feed.redactions,
            books: feed.basis.books,
        };
        let mut section = Section::begin(&document, MOST_ROWS);
        let totals = each_row(
            &document,
            None,
            |sink| rows_of(&document, &feed.basis, sink),
            |cells| {
                rows += 1;
                section.row(cells);
                Ok(())
            },
        )?;
        let figures = figures(report, &totals, &Absence::of(&document));
        headlines.extend(named(names, report, figures));
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

/// The reports of the overview.
pub fn overview_reports() -> impl Iterator<Item = &'static Report> {
    all_parts().map(|(report, _)| report)
}

fn all_parts() -> impl Iterator<Item = (&'static Report, &'static [&'static str])> {
    OVERVIEW.iter().filter_map(|(id, names)| Some((Report::named(id)?, *names)))
}

/// The reports that exist and may be shown, with the totals that stand at the top.
fn parts<'feed>(
    feed: &'feed Feed<'_>,
) -> impl Iterator<Item = (&'static Report, &'static [&'static str])> + use<'feed> {
    let hides_rest = feed.basis.selection.hides_rest;
    all_parts().filter(move |(report, _)| !hides_rest || report.reach == Reach::Companies)
}

fn named(names: &[&str], report: &Report, figures: Vec<Figure>) -> Vec<Figure> {
    let is_named = |name: &str| names.contains(&name);
    let both = report.totals.iter().zip(figures);
    both.filter(|(total, _)| is_named(total.name)).map(|(_, figure)| figure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_headline_is_a_total_of_its_report() {
        for (id, names) in OVERVIEW {
            let Some(report) = Report::named(id) else { continue };
            for name in *names {
                assert!(report.totals.iter().any(|total| total.name == *name), "{id}: {name}");
            }
        }
    }
}
