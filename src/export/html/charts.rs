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
    Totals {
        /// What they are together.
        caption: &'static str,
        /// Which.
        of: &'static [&'static str],
    },
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

/// The reports that are drawn, with what is in the drawing.
const CHARTS: &[(&str, &str, Chart)] = &[
    (
        "utilization",
        "Licenses with a limited number of seats, over the whole org",
        Chart::Shares {
            by: &["license", "org"],
            share: "utilization_percent",
            part: "assigned_counted",
            whole: "provisioned",
        },
    ),
    (
        "licenses",
        "Licenses with a limited number of seats, over the whole org",
        Chart::Shares {
            by: &["name", "org"],
            share: "utilization_percent",
            part: "used_counted",
            whole: "total",
        },
    ),
    (
        "subscriptions",
        "Subscriptions with a positive quantity and a known use",
        Chart::Shares { by: &["name", "org"], share: "utilization_percent", part: "used", whole: "quantity" },
    ),
    (
        "inactive",
        "Active users in scope, each in one band",
        Chart::Totals {
            caption: "users by last login",
            of: &[
                "up_to_thirty_days",
                "thirty_to_sixty_days",
                "sixty_to_ninety_days",
                "ninety_to_hundred_eighty_days",
                "over_hundred_eighty_days",
                "never_logged_in",
                "unknown_activity",
            ],
        },
    ),
    (
        "reclaimable",
        "Assigned seats that could be given back, each in one class",
        Chart::Totals {
            caption: "reclaimable seats by class",
            of: &[
                "held_by_deactivated_seats",
                "leaver_seats",
                "frozen_seats",
                "duplicate_seats",
                "never_seats",
                "inactive_seats",
                "psl_unused_seats",
                "downgrade_seats",
            ],
        },
    ),
    (
        "chargeback",
        "Licenses with a contract line in the month; what is unpriced has no amount",
        Chart::Sums { by: &["cost_key"], of: "amount" },
    ),
    (
        "trend",
        "Holders over the whole org, on the days on which a state was collected",
        Chart::Lines { by: &["name", "org"], at: "day", of: "used_counted" },
    ),
];

/// The population of the report's drawing and how it is drawn, if it is.
pub(super) fn chart_of(report: &Report) -> Option<(&'static str, Chart)> {
    CHARTS.iter().find(|(id, ..)| *id == report.id).map(|(_, population, chart)| (*population, *chart))
}

#[cfg(test)]
mod tests {
    use super::super::chart::Gathered;
    use super::*;

    #[test]
    fn every_chart_names_columns_and_totals_of_its_report() {
        for (id, population, chart) in CHARTS {
            let Some(report) = Report::named(id) else { continue };
            let is_total = |name: &&str| report.totals.iter().any(|total| total.name == *name);
            match chart {
                Chart::Totals { of, .. } => assert!(of.iter().all(is_total), "{id}"),
                chart => assert!(Gathered::begin(report, population, *chart, true).is_some(), "{id}"),
            }
        }
    }
}
