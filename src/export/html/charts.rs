//! Which report is drawn, and how: on its own page and in the overview.

use crate::report::Report;

/// How a report is drawn. All names are those of columns.
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

/// The reports that are drawn.
const CHARTS: &[(&str, Chart)] = &[
    (
        "utilization",
        Chart::Shares {
            by: &["license", "org"],
            share: "utilization_percent",
            part: "assigned_counted",
            whole: "provisioned",
        },
    ),
    (
        "licenses",
        Chart::Shares {
            by: &["name", "org"],
            share: "utilization_percent",
            part: "used_counted",
            whole: "total",
        },
    ),
    (
        "subscriptions",
        Chart::Shares { by: &["name", "org"], share: "utilization_percent", part: "used", whole: "quantity" },
    ),
    (
        "inactive",
        Chart::Totals(&[
            "up_to_thirty_days",
            "thirty_to_sixty_days",
            "sixty_to_ninety_days",
            "ninety_to_hundred_eighty_days",
            "over_hundred_eighty_days",
            "never_logged_in",
            "unknown_activity",
        ]),
    ),
    (
        "reclaimable",
        Chart::Totals(&[
            "held_by_deactivated_seats",
            "leaver_seats",
            "frozen_seats",
            "duplicate_seats",
            "never_seats",
            "inactive_seats",
            "psl_unused_seats",
            "downgrade_seats",
        ]),
    ),
    ("chargeback", Chart::Sums { by: &["cost_key"], of: "amount" }),
    ("trend", Chart::Lines { by: &["name", "org"], at: "day", of: "used_counted" }),
];

/// How the report is drawn, if it is.
pub(super) fn chart_of(report: &Report) -> Option<Chart> {
    CHARTS.iter().find(|(id, _)| *id == report.id).map(|(_, chart)| *chart)
}

#[cfg(test)]
mod tests {
    use super::super::chart::Gathered;
    use super::*;

    #[test]
    fn every_chart_names_columns_and_totals_of_its_report() {
        for (id, chart) in CHARTS {
            let Some(report) = Report::named(id) else { continue };
            let is_total = |name: &&str| report.totals.iter().any(|total| total.name == *name);
            match chart {
                Chart::Totals(names) => assert!(names.iter().all(is_total), "{id}"),
                chart => assert!(Gathered::begin(report, *chart).is_some(), "{id}"),
            }
        }
    }
}
