//! Splits a big object's rows into ranges that are read side by side.
//!
//! Ranges of `Id` are exhaustive and disjoint under any order the server uses, so a bad guess costs balance and never a
//! row. Their bounds come from the last run's rows where there are any, else from the first and the last id.

use std::collections::BTreeMap;

use super::error::Error;
use super::fetch::{PAGE_SIZE, workers};
use super::request::Request;
use crate::base::RecordId;
use crate::catalogue::{FieldType, Holder, Object, Role, Shape, Source};
use crate::salesforce::{self, Column, Session};
use crate::store::{Run, Store};

/// An object of more rows is split. Below, the requests saved in waiting do not pay for the extra ones.
const SPLIT_ABOVE_ROWS: u64 = 30_000;

/// Twenty pages: long enough that a range's last, partly filled page matters little.
const ROWS_PER_RANGE: u64 = 40_000;

/// More ranges than about this many balance nothing any more.
const MOST_RANGES: u64 = 32;

/// The characters of an id in their order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How the objects of one run are split, and how many rows each is expected to have.
#[derive(Clone, Debug, Default)]
pub struct Partitions {
    conditions: BTreeMap<&'static str, Vec<String>>,
    rows: BTreeMap<String, u64>,
}

impl Partitions {
    /// Finds out which objects are big, and where to cut them.
    pub(super) fn find(
        request: &Request,
        session: &Session,
        store: &Store,
        run: &Run,
    ) -> Result<Self, Error> {
        let mut rows = store.last_rows(run)?;
        let objects: Vec<&'static Object> =
            request.objects().filter(|object| can_be_split(request, object)).collect();
        if rows.is_empty() {
            let names: Vec<&str> = objects.iter().map(|object| object.name).collect();
            rows = given(session.record_counts(&names))?.unwrap_or_default();
        }
        let mut conditions = BTreeMap::new();
        for object in objects {
            let expected = rows.get(object.name).copied().unwrap_or_default();
            if expected > SPLIT_ABOVE_ROWS {
                let ranges = ranges(expected, workers(request.concurrency) as u64);
                let mut bounds = store.id_quantiles(run, object, ranges)?;
                if bounds.is_empty() {
                    bounds = interpolated_bounds(session, object, ranges)?;
                }
                conditions.insert(object.name, range_conditions(&bounds));
            }
        }
        Ok(Self { conditions, rows })
    }

    /// The conditions that cut an object; none when it is read in one go.
    pub(super) fn conditions(&self, object: &Object) -> &[String] {
        self.conditions.get(object.name).map_or(&[], Vec::as_slice)
    }

    /// How many rows the object is expected to have, when anybody knows.
    pub(super) fn rows(&self, object: &Object) -> u64 {
        self.rows.get(object.name).copied().unwrap_or_default()
    }
}

/// How many ranges an object of so many rows is cut into. More than the workers read at once come in whole rounds, so
/// that none is left running alone.
fn ranges(rows: u64, workers: u64) -> u64 {
    let ranges = rows.div_ceil(ROWS_PER_RANGE).min(MOST_RANGES);
    if ranges > workers { ranges.next_multiple_of(workers) } else { ranges }
}

/// Rows that are kept under their id can be; users of configured companies are split by their company names already.
fn can_be_split(request: &Request, object: &Object) -> bool {
    object.ordered_by_id
        && object.shape == Shape::Snapshot
        && object.dataset.with_role(Role::Key).all(|key| key.source == Source::Path("Id"))
        && !(object.holder == Holder::Oneself && request.is_scoped())
}

/// The answer, or nothing when only this question is refused: a split is a help and not a need.
fn given<T>(answer: Result<T, salesforce::Error>) -> Result<Option<T>, Error> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_about_one_question() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn interpolated_bounds(session: &Session, object: &Object, ranges: u64) -> Result<Vec<String>, Error> {
    let filter = object.filter.map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    let outermost = |direction: &str| -> Result<Option<RecordId>, Error> {
        let soql = format!("SELECT Id FROM {}{filter} ORDER BY Id {direction} LIMIT 1", object.name);
        let column = Column { path: "Id".to_owned(), field_type: FieldType::Id };
        let page = given(session.query(&soql, &[column], PAGE_SIZE))?;
        Ok(page.and_then(|page| {
            let row = page.rows.iter().next()?;
            RecordId::parse(row.value(0).as_text()?).ok()
        }))
    };
    let (first, last) = std::thread::scope(|threads| {
        let first = threads.spawn(|| outermost("ASC"));
        let last = outermost("DESC");
        (first.join().unwrap_or(Ok(None)), last)
    });
    match (first?, last?) {
        (Some(first), Some(last)) => Ok(between(first, last, ranges)),
        _ => Ok(Vec::new()),
    }
}

/// `ranges - 1` ids that cut the numbers from `first` to `last` into equal parts.
fn between(first: RecordId, last: RecordId, ranges: u64) -> Vec<String> {
    let (first, last) = (number(first), number(last));
    let mut bounds: Vec<String> = (1..ranges)
        .map(|cut| first + (last.saturating_sub(first) * u128::from(cut)).div_ceil(u128::from(ranges)))
        .map(id)
        .collect();
    bounds.dedup();
    bounds
}

/// The 15 case-sensitive characters as a number of base 62; fits because 62^15 < 2^90.
fn number(id: RecordId) -> u128 {
    id.as_str().bytes().take(15).fold(0, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte).unwrap_or_default();
        number * 62 + digit as u128
    })
}

fn id(mut number: u128) -> String {
    let mut characters = [b'0'; 15];
    for place in characters.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    String::from_utf8_lossy(&characters).into_owned()
}

fn range_conditions(bounds: &[String]) -> Vec<String> {
    let lower = std::iter::once(None).chain(bounds.iter().map(Some));
    let upper = bounds.iter().map(Some).chain(std::iter::once(None));
    lower
        .zip(upper)
        .map(|range| match range {
            (None, None) => String::new(),
            (None, Some(upper)) => format!("Id < '{upper}'"),
            (Some(lower), None) => format!("Id >= '{lower}'"),
            (Some(lower), Some(upper)) => format!("Id >= '{lower}' AND Id < '{upper}'"),
        })
        .filter(|condition| !condition.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(id: &str) -> RecordId {
        RecordId::parse(id).unwrap()
    }

    #[test]
    fn ids_are_numbers_and_back() {
        for text in ["005000000000001", "005xx000001SwiU", "zzzzzzzzzzzzzzz", "000000000000000"] {
            assert_eq!(id(number(parse(text))), text);
        }
    }

    #[test]
    fn more_ranges_than_fit_at_once_come_in_whole_rounds() {
        let cases = [(30_001, 1), (105_000, 3), (200_000, 5), (200_001, 10), (90_000_000, 35)];
        for (rows, expected) in cases {
            assert_eq!(ranges(rows, 5), expected, "{rows}");
        }
    }

    #[test]
    fn ranges_cover_everything_without_overlap() {
        let bounds = between(parse("005000000000000"), parse("00500000000000z"), 3);
        assert_eq!(
            range_conditions(&bounds),
            [
                "Id < '00500000000000L'",
                "Id >= '00500000000000L' AND Id < '00500000000000f'",
                "Id >= '00500000000000f'"
            ]
        );
    }

    #[test]
    fn one_id_is_one_range() {
        let only = parse("005000000000001");
        assert_eq!(
            range_conditions(&between(only, only, 4)).len(),
            2,
            "a lower part without rows, and the rest"
        );
        assert!(range_conditions(&[]).is_empty());
    }
}
