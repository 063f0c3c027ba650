//! ORDER BY.

use std::cmp::Ordering;

use super::operand::lower_case;
use super::plan::SortKey;
use super::scan::Scan;
use crate::emulator::org::{Object, Value, View};
use crate::emulator::soql::NullsOrder;

/// True when the order of ids, in which records are found anyway, is the order asked for.
pub(super) fn is_by_id(order: &[SortKey]) -> bool {
    match order {
        [] => true,
        [first, ..] => first.path.hops.is_empty() && first.path.described().name == "Id" && !first.descending,
    }
}

/// Puts the places of the records found in the order asked for; equal ones stay in the order of their ids.
pub(super) fn sorted(
    view: &View<'_>,
    object: &'static Object,
    scan: Scan<'_>,
    order: &[SortKey],
) -> Vec<u64> {
    let mut rows: Vec<(Vec<Value>, u64)> = scan
        .map(|row| {
            let record = view.record(object, row);
            (order.iter().map(|key| folded(key.path.read(view, &record))).collect(), row)
        })
        .collect();
    rows.sort_by(|(left, _), (right, _)| {
        let keys = order.iter().zip(left.iter().zip(right));
        keys.map(|(key, (left, right))| compare(left, right, key.descending, key.nulls))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Text is sorted without regard to case.
pub(super) fn folded(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::from(lower_case(&text).into_owned()),
        other => other,
    }
}

/// Orders two values of one field.
pub(super) fn compare(left: &Value, right: &Value, descending: bool, nulls: NullsOrder) -> Ordering {
    let null_order = |order: Ordering| if nulls == NullsOrder::First { order } else { order.reverse() };
    match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => null_order(Ordering::Less),
        (_, Value::Null) => null_order(Ordering::Greater),
        _ if descending => ascending(right, left),
        _ => ascending(left, right),
    }
}

/// Orders two values that are not null.
pub(super) fn ascending(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Double(left), Value::Double(right)) => left.total_cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        (Value::Id(left), Value::Id(right)) => left.cmp(right),
        (Value::Instant(left), Value::Instant(right)) => left.cmp(right),
        (Value::Day(left), Value::Day(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}
