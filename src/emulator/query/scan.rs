//! Walks over the records that fit a filter, in the order of their ids. Conditions on ids, on users and on the time of
//! logins bound the walk, so that asking for a slice of millions looks at that slice only.

use std::ops::Range;

use super::filter::Filter;
use super::operand::Comparand;
use super::plan::FieldPath;
use crate::emulator::org::{FIRST_ADDED, Object, OrderedBy, Place, View, place_in, prefix};
use crate::emulator::soql::Comparison;

/// Records that fit, place by place.
pub(crate) struct Scan<'scan> {
    view: &'scan View<'scan>,
    object: &'static Object,
    filter: &'scan Filter,
    ranges: Vec<Range<u64>>,
    range: usize,
    next: u64,
}

impl<'scan> Scan<'scan> {
    /// All records of an object that fit.
    pub(super) fn all(view: &'scan View<'scan>, object: &'static Object, filter: &'scan Filter) -> Self {
        Self::from(view, object, filter, 0)
    }

    /// Those at `first` or a later place.
    pub(super) fn from(
        view: &'scan View<'scan>,
        object: &'static Object,
        filter: &'scan Filter,
        first: u64,
    ) -> Self {
        Self { view, object, filter, ranges: bounds(view, object, filter), range: 0, next: first }
    }

    /// True when every record of the object fits.
    fn is_unbounded(&self) -> bool {
        matches!(self.filter, Filter::All(terms) if terms.is_empty())
    }

    /// How many records fit, counted up to `most`.
    pub(super) fn total(self, most: u64) -> u64 {
        if self.is_unbounded() {
            return self.view.count(self.object).min(most);
        }
        self.take(usize::try_from(most).unwrap_or(usize::MAX)).count() as u64
    }
}

impl Iterator for Scan<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        while let Some(range) = self.ranges.get(self.range) {
            let from = self.next.max(range.start);
            match self.view.next(self.object, from).filter(|row| range.contains(row)) {
                Some(row) => {
                    self.next = row + 1;
                    if self.filter.fits(self.view, &self.view.record(self.object, row)) {
                        return Some(row);
                    }
                }
                None => self.range += 1,
            }
        }
        None
    }
}

/// Ranges of places outside of which no record fits, in order.
fn bounds(view: &View<'_>, object: &'static Object, filter: &Filter) -> Vec<Range<u64>> {
    let everything = vec![0..u64::MAX];
    match filter {
        Filter::All(terms) => terms.iter().fold(everything, |bounds_so_far, term| {
            intersection(&bounds_so_far, &bounds(view, object, term))
        }),
        Filter::Compare { path, comparison, comparand } if path.hops.is_empty() => {
            compare_bounds(view, object, path, *comparison, comparand).unwrap_or(everything)
        }
        Filter::In { path, negated: false, members } if path.hops.is_empty() && !members.ids.is_empty() => {
            let Some(places) = id_places(view, object, path) else { return everything };
            let mut ranges: Vec<_> = members.ids.iter().filter_map(|id| places.at(id)).collect();
            ranges.sort_unstable_by_key(|range| range.start);
            places.with_added(ranges)
        }
        _ => everything,
    }
}

fn compare_bounds(
    view: &View<'_>,
    object: &'static Object,
    path: &FieldPath,
    comparison: Comparison,
    comparand: &Comparand,
) -> Option<Vec<Range<u64>>> {
    match comparand {
        Comparand::Id(id) => {
            let places = id_places(view, object, path)?;
            let before = |place: Range<u64>| 0..place.start;
            let range = match comparison {
                Comparison::NotEqual => return None,
                Comparison::Equal => places.at(id).unwrap_or(0..0),
                Comparison::Less => before(places.around(id)),
                Comparison::LessOrEqual => 0..places.around(id).end,
                Comparison::Greater => places.around(id).end..u64::MAX,
                Comparison::GreaterOrEqual => places.around(id).start..u64::MAX,
            };
            Some(places.with_added(vec![range]))
        }
        Comparand::Instant(at) => {
            let Some(OrderedBy::Day { field, first_place }) = &object.ordered_by else { return None };
            if path.described().name != *field || view.disorder(object, path.field) {
                return None;
            }
            let place = |at| view.first_place(*first_place, at);
            // Places are known by the day only; the filter looks at the time itself.
            let next_day = place(at + crate::emulator::org::DAY_MILLISECONDS);
            let range = match comparison {
                Comparison::NotEqual => return None,
                Comparison::Equal => place(*at)..next_day,
                Comparison::Less | Comparison::LessOrEqual => 0..next_day,
                Comparison::Greater | Comparison::GreaterOrEqual => place(*at)..FIRST_ADDED,
            };
            Some(vec![range, FIRST_ADDED..u64::MAX])
        }
        _ => None,
    }
}

/// How ids in a field turn into places.
struct IdPlaces {
    prefix: &'static [u8; 3],
    /// Places of one id.
    slots: u64,
    /// False when only derived records stand where the id says.
    covers_added: bool,
}

fn id_places(view: &View<'_>, object: &'static Object, path: &FieldPath) -> Option<IdPlaces> {
    if path.described().name == "Id" {
        return Some(IdPlaces { prefix: object.prefix, slots: 1, covers_added: true });
    }
    match &object.ordered_by {
        Some(OrderedBy::User { field, slots })
            if path.described().name == *field && !view.disorder(object, path.field) =>
        {
            Some(IdPlaces { prefix: prefix::USER, slots: *slots, covers_added: false })
        }
        _ => None,
    }
}

impl IdPlaces {
    /// The places of an id, if it is one of the object's.
    fn at(&self, id: &[u8; 15]) -> Option<Range<u64>> {
        match place_in(self.prefix, id) {
            Place::At(_) => Some(self.around(id)),
            Place::Before | Place::After => None,
        }
    }

    /// The same, or the empty range where it would be.
    fn around(&self, id: &[u8; 15]) -> Range<u64> {
        match place_in(self.prefix, id) {
            Place::Before => 0..0,
            Place::At(number) => {
                let start = number.saturating_mul(self.slots);
                start..start.saturating_add(self.slots)
            }
            Place::After => u64::MAX..u64::MAX,
        }
    }

    /// Adds the places of added records where ids say nothing about them.
    fn with_added(&self, mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
        if !self.covers_added {
            for range in &mut ranges {
                *range = range.start.min(FIRST_ADDED)..range.end.min(FIRST_ADDED);
            }
            ranges.push(FIRST_ADDED..u64::MAX);
        }
        ranges
    }
}

fn intersection(left: &[Range<u64>], right: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut both = Vec::new();
    let (mut left_at, mut right_at) = (0, 0);
    while let (Some(left), Some(right)) = (left.get(left_at), right.get(right_at)) {
        let range = left.start.max(right.start)..left.end.min(right.end);
        if !range.is_empty() {
            both.push(range);
        }
        if left.end <= right.end {
            left_at += 1;
        } else {
            right_at += 1;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_intersect() {
        let both = intersection(&[0..5, 8..10, 20..30], &[3..9, 25..u64::MAX]);
        assert_eq!(both, [3..5, 8..9, 25..30]);
    }
}
