//! Bars and lines as the page has them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::chart::size;
use super::human::amount_text;
use crate::base::printable;
use crate::report::{Cell, Kind};

/// The plane that lines are drawn in, with a margin so that a line at its edge is whole.
const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 30.0;
const MARGIN: f64 = 2.0;

/// A bar with its name and its value.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: String,
    /// The length, from 0 to 100.
    pub(super) percent: String,
    /// Whether it stands for more than the whole.
    pub(super) is_over: bool,
    pub(super) size: f64,
}

/// A line with its name and what it tells.
pub(super) struct Line {
    pub(super) name: String,
    pub(super) summary: String,
    pub(super) points: String,
    pub(super) newest: f64,
}

/// The bar of a share in basis points.
pub(super) fn share_bar(label: &str, share: &Cell<'_>, part: &Cell<'_>, whole: &Cell<'_>) -> Bar {
    let percent = size(share) / 100.0;
    Bar {
        name: printable(label).into_owned(),
        value: format!("{}: {} of {}", text(share), text(part), text(whole)),
        percent: length(percent),
        is_over: percent > 100.0,
        size: percent,
    }
}

/// A bar per value, each as long as its share of the largest; amounts of money of the largest in their currency.
pub(super) fn bars_of(values: Vec<(String, Cell<'static>)>) -> Vec<Bar> {
    let mut largest = BTreeMap::<&str, f64>::new();
    for (_, value) in &values {
        let most = largest.entry(unit(value)).or_default();
        *most = most.max(size(value));
    }
    let bar = |(label, value): &(String, Cell<'static>)| {
        let most = largest[unit(value)];
        Bar {
            name: printable(label).into_owned(),
            value: text(value),
            percent: length(if most > 0.0 { size(value) / most * 100.0 } else { 0.0 }),
            is_over: false,
            size: size(value),
        }
    };
    values.iter().map(bar).collect()
}

/// The line through the values of the days; `None` for fewer than two.
pub(super) fn line_through(label: &str, points: &BTreeMap<Date, Cell<'static>>) -> Option<Line> {
    let ((first_day, first), (last_day, last)) = (points.first_key_value()?, points.last_key_value()?);
    let least = points.values().min_by(|left, right| size(left).total_cmp(&size(right)))?;
    let most = points.values().max_by(|left, right| size(left).total_cmp(&size(right)))?;
    let days = |day: Date| f64::from(day.since(*first_day).map_or(0, |span| span.get_days()));
    let (length, range) = (days(*last_day), size(most) - size(least));
    if length == 0.0 {
        return None;
    }
    let place = |(day, value): (&Date, &Cell<'_>)| {
        let height = if range > 0.0 { (size(value) - size(least)) / range } else { 0.5 };
        let down = HEIGHT - MARGIN - height * (HEIGHT - 2.0 * MARGIN);
        format!("{:.2},{down:.2}", days(*day) / length * WIDTH)
    };
    Some(Line {
        name: printable(label).into_owned(),
        summary: format!(
            "{} on {first_day}, {} on {last_day}; from {} to {} between",
            text(first),
            text(last),
            text(least),
            text(most)
        ),
        points: points.iter().map(place).collect::<Vec<_>>().join(" "),
        newest: size(last),
    })
}

/// What values can be compared in.
fn unit(value: &Cell<'_>) -> &'static str {
    if let Cell::Money(amount) = value { amount.currency.code() } else { "" }
}

fn text(cell: &Cell<'_>) -> String {
    amount_text(Kind::Number, cell).unwrap_or_else(|| "unknown".to_owned())
}

/// One decimal is finer than a screen shows.
fn length(percent: f64) -> String {
    format!("{:.1}", percent.clamp(0.0, 100.0))
}
