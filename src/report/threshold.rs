//! Thresholds on a report's numbers: `utilization_percent > 95`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::Report;
use super::table::{Cell, Column};

type Comparison = fn(f64, f64) -> bool;

/// The comparisons a threshold may ask for. Two-character signs come first, since one is the start of another.
const COMPARISONS: &[(&str, Comparison)] = &[
    (">=", |value, limit| value >= limit),
    ("<=", |value, limit| value <= limit),
    ("!=", |value, limit| value != limit),
    (">", |value, limit| value > limit),
    ("<", |value, limit| value < limit),
    ("=", |value, limit| value == limit),
];

/// A condition that must not be met: a measure, a comparison and a number.
///
/// A measure is a number column, crossed when any row meets the condition, or one of the report's totals. A row without
/// the number meets no condition, and when no row has it, the threshold is [unseen](Watch::unseen); a total without one counts as crossed, because nobody can say that it is not.
#[derive(Clone, Debug)]
pub struct Threshold {
    text: String,
    measure: String,
    holds: Comparison,
    limit: f64,
}

/// Why a threshold cannot be watched.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ThresholdError {
    /// Not of the form `MEASURE OP NUMBER`.
    #[error("the threshold `{0}` is not of the form MEASURE OP NUMBER with OP one of > >= < <= = !=")]
    Form(String),
    /// What follows the comparison is no decimal number.
    #[error("the threshold `{0}` does not end with a decimal number")]
    Limit(String),
    /// The report has no such number.
    #[error("report `{report}` has no measure `{measure}`; it has {}", known.join(", "))]
    UnknownMeasure {
        /// What was asked for.
        measure: String,
        /// Of which report.
        report: &'static str,
        /// Which measures it has.
        known: Vec<&'static str>,
    },
}

/// A threshold that was crossed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing {
    /// The threshold as it was written.
    pub threshold: String,
    /// The first number that met it; empty for a total that is unknown.
    pub value: String,
    /// The row that number stands in; empty for a total.
    pub place: String,
    /// Rows that met it.
    pub rows: u64,
}

impl fmt::Display for Crossing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.value.is_empty() {
            return write!(
                formatter,
                "the threshold `{}` counts as crossed: its number is unknown",
                self.threshold
            );
        }
        write!(formatter, "the threshold `{}` was crossed: {}", self.threshold, self.value)?;
        match self.rows {
            0 => Ok(()),
            1 => write!(formatter, " in {}", self.place),
            rows => write!(formatter, " in {} and {} more", self.place, rows - 1),
        }
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Self, ThresholdError> {
        let form = || ThresholdError::Form(text.to_owned());
        let at = text.find(['>', '<', '=', '!']).ok_or_else(form)?;
        let (measure, rest) = text.split_at(at);
        let (sign, holds) = COMPARISONS.iter().find(|(sign, _)| rest.starts_with(sign)).ok_or_else(form)?;
        let measure = measure.trim().to_owned();
        if measure.is_empty() {
            return Err(form());
        }
        let limit = rest[sign.len()..].trim();
        let decimal = limit.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
        let limit = limit.parse().ok().filter(|_| decimal);
        let limit = limit.ok_or_else(|| ThresholdError::Limit(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), measure, holds: *holds, limit })
    }
}

/// Watches a report's rows and totals go by.
pub struct Watch {
    report: &'static Report,
    watched: Vec<Watched>,
}

struct Watched {
    threshold: Threshold,
    place: Place,
    crossing: Option<Crossing>,
    /// Rows that went by, and how many of them had the number.
    rows: u64,
    compared: u64,
}

/// Where a measure's numbers stand.
#[derive(Clone, Copy)]
enum Place {
    Column(usize),
    Total(usize),
}

impl Watch {
    /// Watches `report` for every threshold.
    ///
    /// # Errors
    /// [`ThresholdError::UnknownMeasure`] lists what the report has.
    pub fn new(report: &'static Report, thresholds: &[Threshold]) -> Result<Self, ThresholdError> {
        let watched = thresholds.iter().map(|threshold| {
            let place = find(report, &threshold.measure)?;
            Ok(Watched { threshold: threshold.clone(), place, crossing: None, rows: 0, compared: 0 })
        });
        Ok(Self { report, watched: watched.collect::<Result<_, _>>()? })
    }

    /// Looks at one row.
    pub fn row(&mut self, cells: &[Cell<'_>]) {
        for watched in &mut self.watched {
            let Place::Column(place) = watched.place else { continue };
            watched.rows += 1;
            watched.compared += u64::from(!matches!(cells[place], Cell::Null));
            if watched.threshold.is_met_by(&cells[place]) {
                let crossing = watched.crossing.get_or_insert_with(|| Crossing {
                    threshold: watched.threshold.text.clone(),
                    value: cells[place].text().into_owned(),
                    place: label(self.report, cells),
                    rows: 0,
                });
                crossing.rows += 1;
            }
        }
    }

    /// The thresholds, as they were written, whose column was empty in every row: whether they are crossed is unknown.
    pub fn unseen(&self) -> impl Iterator<Item = &str> {
        let unseen = self.watched.iter().filter(|watched| watched.rows > 0 && watched.compared == 0);
        unseen.map(|watched| watched.threshold.text.as_str())
    }

    /// Looks at the totals and tells which thresholds were crossed.
    pub fn finish(self, totals: &[Cell<'_>]) -> Vec<Crossing> {
        let crossings = self.watched.into_iter().map(|watched| match watched.place {
            Place::Column(_) => watched.crossing,
            Place::Total(place) => watched.threshold.is_met_by_total(&totals[place]).then(|| Crossing {
                threshold: watched.threshold.text,
                value: totals[place].text().into_owned(),
                place: String::new(),
                rows: 0,
            }),
        });
        crossings.flatten().collect()
    }
}

impl Threshold {
    fn is_met_by_total(&self, total: &Cell<'_>) -> bool {
        matches!(total, Cell::Null) || self.is_met_by(total)
    }

    fn is_met_by(&self, cell: &Cell<'_>) -> bool {
        // Dividing exact integers gives the float nearest to the decimal text, which is what parsing the limit gave.
        let value = match cell {
            Cell::Integer(number) => *number as f64,
            Cell::Number(number) => *number,
            Cell::BasisPoints(points) => *points as f64 / 100.0,
            Cell::Money(amount) => amount.minor as f64 / 10_f64.powi(amount.currency.digits() as i32),
            Cell::Null | Cell::Text(_) | Cell::Boolean(_) => return false,
        };
        (self.holds)(value, self.limit)
    }
}

fn find(report: &'static Report, measure: &str) -> Result<Place, ThresholdError> {
    // `utilization > 95` reads better than `utilization_percent > 95`, and can mean nothing else.
    let is_called = |name: &str| name == measure || name.strip_suffix("_percent") == Some(measure);
    let is_it = |column: &Column| is_called(column.name) && column.kind.is_number();
    if let Some(place) = report.columns.iter().position(is_it) {
        return Ok(Place::Column(place));
    }
    report.totals.iter().position(is_it).map(Place::Total).ok_or_else(|| ThresholdError::UnknownMeasure {
        measure: measure.to_owned(),
        report: report.id,
        known: report.measures().map(|column| column.name).collect(),
    })
}

fn label(report: &Report, cells: &[Cell<'_>]) -> String {
    let named = report.columns.iter().zip(cells).filter(|(column, _)| report.label.contains(&column.name));
    let words: Vec<_> = named.map(|(_, cell)| cell.text()).filter(|text| !text.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::LICENSES;

    fn row(name: &'static str, utilization: Option<i64>, available: i64) -> Vec<Cell<'static>> {
        let cell = |column: &Column| match column.name {
            "org" => Cell::from("acme"),
            "name" => Cell::from(name),
            "utilization_percent" => utilization.map_or(Cell::Null, Cell::BasisPoints),
            "available" => Cell::Integer(available),
            _ => Cell::Null,
        };
        LICENSES.columns.iter().map(cell).collect()
    }

    #[test]
    fn a_threshold_is_crossed_by_any_row_that_meets_it() {
        let rows =
            [row("Salesforce", Some(9501), 3), row("Platform", Some(9500), 0), row("Chatter", None, 0)];
        let total = |column: &Column| match column.name {
            "user_utilization_percent" => Cell::BasisPoints(7843),
            "licenses_left_out" => Cell::Integer(1),
            _ => Cell::Null,
        };
        let totals: Vec<_> = LICENSES.totals.iter().map(total).collect();
        let cases = [
            ("utilization_percent > 95", Some(("95.01", "acme Salesforce", 1))),
            ("utilization_percent >= 95.00", Some(("95.01", "acme Salesforce", 2))),
            ("utilization_percent=95", Some(("95.00", "acme Platform", 1))),
            ("utilization_percent < 95", None),
            ("utilization > 95", Some(("95.01", "acme Salesforce", 1))),
            ("available <= 0", Some(("0", "acme Platform", 2))),
            ("available != 3", Some(("0", "acme Platform", 2))),
            ("drift > -1000000", None),
            ("user_utilization > 78.42", Some(("78.43", "", 0))),
            ("user_utilization_percent > 78.43", None),
            ("licenses_left_out > 0", Some(("1", "", 0))),
            ("total_shortfall > 1000", Some(("", "", 0))),
        ];
        for (text, expected) in cases {
            let mut watch = Watch::new(&LICENSES, &[text.parse().unwrap()]).unwrap();
            rows.iter().for_each(|row| watch.row(row));
            let crossed: Vec<_> = watch
                .finish(&totals)
                .into_iter()
                .map(|crossing| (crossing.value, crossing.place, crossing.rows))
                .collect();
            let expected = expected.map(|(value, place, rows)| (value.to_owned(), place.to_owned(), rows));
            assert_eq!(crossed, expected.into_iter().collect::<Vec<_>>(), "{text}");
        }
    }

    #[test]
    fn a_column_without_any_number_is_told() {
        let unseen = |rows: &[Vec<Cell<'static>>]| -> Vec<String> {
            let thresholds = ["utilization > 95", "available < 0", "total_shortfall > 0"]
                .map(|text| text.parse().unwrap());
            let mut watch = Watch::new(&LICENSES, &thresholds).unwrap();
            rows.iter().for_each(|row| watch.row(row));
            watch.unseen().map(str::to_owned).collect()
        };
        assert_eq!(unseen(&[row("Chatter", None, 3), row("Free", None, 0)]), ["utilization > 95"]);
        assert!(unseen(&[row("Chatter", None, 3), row("Platform", Some(1), 0)]).is_empty());
        assert!(unseen(&[]).is_empty(), "no row is no unknown number");
    }

    #[test]
    fn what_cannot_be_watched_is_refused_with_the_reason() {
        let cases = [
            (
                "utilization_percent",
                "the threshold `utilization_percent` is not of the form MEASURE OP NUMBER",
            ),
            ("> 5", "the threshold `> 5` is not of the form"),
            ("available ! 5", "the threshold `available ! 5` is not of the form"),
            ("available > many", "the threshold `available > many` does not end with a decimal number"),
            ("available > nan", "the threshold `available > nan` does not end with a decimal number"),
            ("available >", "the threshold `available >` does not end with a decimal number"),
            ("seats > 5", "report `licenses` has no measure `seats`; it has total, used_reported"),
            ("name = 5", "report `licenses` has no measure `name`; it has total"),
        ];
        for (text, sentence) in cases {
            let refused = text
                .parse()
                .and_then(|threshold| Watch::new(&LICENSES, &[threshold]))
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(refused.starts_with(sentence), "{text}: {refused}");
        }
    }
}
