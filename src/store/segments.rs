//! The days of a stretch, each with the state that holds on it.

use std::ops::Range;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::timeline::Timeline;

/// The known days of the stretch, gathered into segments of one state each.
pub(super) struct Segments {
    pub(super) states: Vec<usize>,
    /// Days before each segment, and all of them at the end.
    pub(super) days_before: Vec<u32>,
    pub(super) days: Vec<Date>,
}

/// What holds for stretches of segments.
pub(super) type Pieces<Value> = Vec<(Range<usize>, Value)>;

impl Segments {
    pub(super) fn of(timeline: &Timeline, from: Date, until: Date) -> Self {
        let day_of = |place: usize| timeline.states[place].collected_at.to_zoned(TimeZone::UTC).date();
        let mut segments = Self { states: Vec::new(), days_before: Vec::new(), days: Vec::new() };
        let mut next = 0;
        for day in from.series(1.day()).take_while(|day| *day < until) {
            while next < timeline.states.len() && day_of(next) <= day {
                next += 1;
            }
            let Some(state) = next.checked_sub(1) else { continue };
            if segments.states.last() != Some(&state) {
                segments.states.push(state);
                segments.days_before.push(segments.day_count());
            }
            segments.days.push(day);
        }
        segments.days_before.push(segments.day_count());
        segments
    }

    fn day_count(&self) -> u32 {
        u32::try_from(self.days.len()).unwrap_or(u32::MAX)
    }

    /// The segments within these states.
    pub(super) fn within(&self, states: Range<usize>) -> Range<usize> {
        let place = |state: usize| self.states.partition_point(|found| *found < state);
        place(states.start)..place(states.end)
    }

    pub(super) fn days_in(&self, segments: &Range<usize>) -> u32 {
        self.days_before[segments.end] - self.days_before[segments.start]
    }

    /// The days whose state is one of the `known`.
    pub(super) fn known_days(&self, known: &[bool]) -> Vec<Date> {
        let places = (0..self.states.len()).filter(|place| known[self.states[*place]]);
        let range = |place: usize| self.days_before[place] as usize..self.days_before[place + 1] as usize;
        places.flat_map(|place| self.days[range(place)].iter().copied()).collect()
    }

    /// What `value` gives for the segment of each day whose state is one of the `known`, day by day.
    pub(super) fn each_known_day<Value: Clone>(
        &self,
        known: &[bool],
        value: impl Fn(usize) -> Value,
    ) -> Vec<Value> {
        let places = (0..self.states.len()).filter(|place| known[self.states[*place]]);
        places.flat_map(|place| vec![value(place); self.days_in(&(place..place + 1)) as usize]).collect()
    }

    /// The states that matter.
    pub(super) fn wanted(&self) -> Range<usize> {
        match (self.states.first(), self.states.last()) {
            (Some(first), Some(last)) => *first..last + 1,
            _ => 0..0,
        }
    }
}

/// The parts of `pieces` that lie in `segments`, and `blank` where there is none.
pub(super) fn filled(segments: &Range<usize>, pieces: &[(Range<usize>, u32)], blank: u32) -> Pieces<u32> {
    let mut inside: Pieces<u32> = pieces
        .iter()
        .map(|(piece, value)| (piece.start.max(segments.start)..piece.end.min(segments.end), *value))
        .filter(|(piece, _)| !piece.is_empty())
        .collect();
    inside.sort_by_key(|(piece, _)| piece.start);
    let mut all = Vec::with_capacity(inside.len());
    let mut next = segments.start;
    for (piece, value) in inside {
        if next < piece.start {
            all.push((next..piece.start, blank));
        }
        next = piece.end;
        all.push((piece, value));
    }
    if next < segments.end {
        all.push((next..segments.end, blank));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::timeline::State;

    fn timeline(collected: &[&str]) -> Timeline {
        let states = (1..)
            .zip(collected)
            .map(|(run_no, at)| State { run_no, collected_at: at.parse().unwrap() })
            .collect();
        Timeline { org: "acme".to_owned(), org_no: 1, states }
    }

    #[test]
    fn a_state_holds_from_its_day_until_the_day_of_the_next() {
        let timeline = timeline(&[
            "2026-11-03T02:00:00Z",
            "2026-11-05T02:00:00Z",
            "2026-11-05T23:00:00Z",
            "2026-11-08T00:00:00Z",
        ]);
        let date = |day: i8| Date::constant(2026, 11, day);
        let segments = Segments::of(&timeline, date(1), date(10));
        assert_eq!(segments.states, [0, 2, 3], "the later state of a day counts");
        assert_eq!(segments.days_before, [0, 2, 5, 7]);
        assert_eq!(segments.days.first(), Some(&date(3)), "nothing is known of the days before");
        assert_eq!(segments.days_in(&(0..3)), 7);
        assert_eq!(segments.within(1..2), 1..1, "a state that was replaced on its day held on none");
        assert_eq!(segments.within(0..3), 0..2);

        assert_eq!(Segments::of(&timeline, date(6), date(8)).states, [2], "a state from before the stretch");
        let before = Segments::of(&timeline, date(1), date(3));
        assert_eq!((before.wanted(), before.days.len()), (0..0, 0));
    }

    #[test]
    fn gaps_between_pieces_are_blank() {
        let pieces = [(4..6, 1), (0..2, 2), (6..9, 3)];
        assert_eq!(filled(&(1..7), &pieces, 0), [(1..2, 2), (2..4, 0), (4..6, 1), (6..7, 3)]);
        assert_eq!(filled(&(1..3), &[], 0), [(1..3, 0)]);
        assert_eq!(filled(&(3..3), &pieces, 0), []);
    }
}
