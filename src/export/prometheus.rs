//! Figures for node_exporter's textfile collector, in Prometheus' text format 0.0.4
//! (prometheus.io/docs/instrumenting/exposition_formats), so that a collection is watched like any other job.
//!
//! Nothing about a person, and no clock: when the file is old, its as_of is. Samples have no timestamps, which the
//! collector refuses.

use std::io::{self, Write};

use jiff::Timestamp;

use super::Feed;
use crate::base::printable;
use crate::report;
use crate::report::measure::Seats;
use crate::store::{LicenseRow, OrgIdentity};

/// Its file in a feed; the collector reads files that end so.
pub(super) const FILE: &str = "seatledger.prom";
/// Its media type.
pub(super) const MEDIA_TYPE: &str = "text/plain; version=0.0.4";

/// One metric: all are gauges, and none is there for a number that is not known.
struct Metric {
    name: &'static str,
    help: &'static str,
    samples: Vec<(Labels, String)>,
}

type Labels = Vec<(&'static str, String)>;

/// Writes the figures.
pub(super) fn write(feed: &Feed<'_>, orgs: &[OrgIdentity], out: &mut dyn Write) -> Result<(), report::Error> {
    for metric in metrics(feed, orgs)? {
        write_metric(&metric, out)?;
    }
    Ok(())
}

fn metrics(feed: &Feed<'_>, orgs: &[OrgIdentity]) -> Result<Vec<Metric>, report::Error> {
    let completeness = feed.completeness;
    let flag = |is_so: bool| i64::from(is_so).to_string();
    let org = |name: &str| vec![("org", name.to_owned())];
    let mut collected = Vec::new();
    let mut complete = Vec::new();
    for state in &completeness.orgs {
        if let Ok(at) = state.collected_at.parse::<Timestamp>() {
            collected.push((org(&state.org), seconds(at)));
        }
        complete.push((org(&state.org), flag(completeness.is_org_complete(state))));
    }
    complete.extend(completeness.uncollected.iter().map(|name| (org(name), flag(false))));
    let mut metrics = vec![
        Metric {
            name: "seatledger_as_of_timestamp_seconds",
            help: "Instant that the numbers speak of.",
            samples: vec![(Vec::new(), seconds(completeness.as_of))],
        },
        Metric {
            name: "seatledger_complete",
            help: "Whether nothing is missing from the numbers.",
            samples: vec![(Vec::new(), flag(completeness.is_complete()))],
        },
        Metric {
            name: "seatledger_org_complete",
            help: "Whether nothing is missing from the numbers of the org.",
            samples: complete,
        },
        Metric {
            name: "seatledger_org_last_success_timestamp_seconds",
            help: "When the state of the org was collected.",
            samples: collected,
        },
    ];
    // What remains counts the whole org.
    if !feed.basis.selection.is_of_companies() {
        let calls =
            orgs.iter().filter_map(|identity| Some((org(&identity.org), identity.api_calls?.to_string())));
        metrics.push(Metric {
            name: "seatledger_org_api_calls",
            help: "Requests of the run that collected the state of the org.",
            samples: calls.collect(),
        });
        metrics.extend(license_metrics(feed)?);
    }
    Ok(metrics)
}

fn license_metrics(feed: &Feed<'_>) -> Result<[Metric; 3], report::Error> {
    let (mut total, mut used, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    feed.basis.reader.licenses(feed.basis.selection, |license| -> Result<(), report::Error> {
        let seats = Seats::of(license.total, license.unlimited == Some(true));
        let utilization = seats.used_by(license.used_counted).utilization;
        for (samples, number) in [
            (&mut total, license.total.map(|total| total.to_string())),
            (&mut used, license.used_counted.map(|used| used.to_string())),
            (&mut ratio, utilization.map(ratio_text)),
        ] {
            samples.extend(number.map(|number| (labels(&license), number)));
        }
        Ok(())
    })?;
    Ok([
        Metric {
            name: "seatledger_license_seats",
            help: "Seats of licenses that have a finite number of them.",
            samples: total,
        },
        Metric {
            name: "seatledger_license_used",
            help: "Holders of licenses, counted over the whole org.",
            samples: used,
        },
        Metric {
            name: "seatledger_license_utilization_ratio",
            help: "Holders by seats, of licenses that have a finite number of seats.",
            samples: ratio,
        },
    ])
}

fn labels(license: &LicenseRow) -> Labels {
    vec![
        ("org", license.org.clone()),
        ("kind", license.kind.clone()),
        ("license_id", license.license_id.clone()),
        ("key", license.key.clone().unwrap_or_default()),
        ("name", license.name.clone().unwrap_or_default()),
    ]
}

fn write_metric(metric: &Metric, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# HELP {} {}\n# TYPE {} gauge", metric.name, metric.help, metric.name)?;
    for (labels, number) in &metric.samples {
        let labels: Vec<_> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(out, "{}{labels} {number}", metric.name)?;
    }
    Ok(())
}

/// A label's value as the format wants it. It has escapes for a backslash, a quote and a line feed only; other characters
/// that could end a line for some reader stand as [`printable`] shows them.
fn escaped(value: &str) -> String {
    let shown = |part: &str| printable(part).replace('\\', "\\\\").replace('"', "\\\"");
    value.split('\n').map(shown).collect::<Vec<_>>().join("\\n")
}

fn seconds(at: Timestamp) -> String {
    let milliseconds = at.as_millisecond();
    format!("{}.{:03}", milliseconds.div_euclid(1000), milliseconds.rem_euclid(1000))
}

/// Basis points as a ratio: 7843 is `0.7843`.
fn ratio_text(points: i64) -> String {
    format!("{}.{:04}", points / 10_000, points % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_written_as_the_format_wants() {
        let metric = Metric {
            name: "seatledger_license_seats",
            help: "Seats.",
            samples: vec![
                (vec![("org", "acme".to_owned()), ("name", "A \"B\" \\ C\nD".to_owned())], "153".to_owned()),
                (Vec::new(), "1".to_owned()),
            ],
        };
        let mut out = Vec::new();
        write_metric(&metric, &mut out).unwrap();
        let expected = "# HELP seatledger_license_seats Seats.\n# TYPE seatledger_license_seats gauge\n\
                        seatledger_license_seats{org=\"acme\",name=\"A \\\"B\\\" \\\\ C\\nD\"} 153\n\
                        seatledger_license_seats 1\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn no_name_breaks_a_line() {
        for (name, expected) in [
            ("a\0b\u{1b}[2J\r\n\tc", r"a\\u{0}b\\u{1b}[2J\\r\n\\tc"),
            ("a\u{b}b\u{85}c\u{2028}d", r"a\\u{b}b\\u{85}c\\u{2028}d"),
            (r#"\n" 1"#, r#"\\n\" 1"#),
            ("Müller 𠜎", "Müller 𠜎"),
        ] {
            assert_eq!(escaped(name), expected, "{name:?}");
        }
    }

    #[test]
    fn numbers_are_exact() {
        assert_eq!(ratio_text(7843), "0.7843");
        assert_eq!(ratio_text(14_000), "1.4000");
        assert_eq!(ratio_text(5), "0.0005");
        assert_eq!(seconds("2026-11-21T03:00:00.250Z".parse().unwrap()), "1795230000.250");
    }
}
