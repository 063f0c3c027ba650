//! Where a series of weekly numbers is going: the slope of Theil and Sen, which single odd weeks do not bend.

/// Points below which nothing is said.
const FEWEST_POINTS: usize = 8;

/// Points above which the oldest are left out: what was before the last year says little about the next.
pub const MOST_POINTS: usize = 52;

/// How many days ahead a date is still given.
const FARTHEST_DAYS: f64 = 3_650.0;

/// The quantile of the normal distribution that 95 % of it lie within.
const TWO_SIDED_95_PERCENT: f64 = 1.96;

/// The line through a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// How many points it is drawn through.
    pub points: usize,
    /// Change per day: the median of the slopes between every two points.
    pub per_day: f64,
    /// The 95 % interval of the change per day by Sen (1968, "Estimates of the regression coefficient based on
    /// Kendall's tau"), without its correction for ties.
    pub interval: (f64, f64),
    /// The value of the line on the last day.
    pub level: f64,
    last_day: i64,
}

/// The line through points of day and value, in the order of their days, no two of one day. `None` below
/// eight of them.
pub fn theil_sen(points: &[(i64, i64)]) -> Option<Slope> {
    let points = &points[points.len().saturating_sub(MOST_POINTS)..];
    if points.len() < FEWEST_POINTS {
        return None;
    }
    let mut slopes: Vec<f64> = points
        .iter()
        .enumerate()
        .flat_map(|(place, one)| points[place + 1..].iter().map(move |other| (one, other)))
        .map(|(one, other)| (other.1 - one.1) as f64 / (other.0 - one.0) as f64)
        .collect();
    slopes.sort_by(f64::total_cmp);
    let per_day = median(&slopes);
    let (last_day, _) = points[points.len() - 1];
    let mut levels: Vec<f64> =
        points.iter().map(|(day, value)| *value as f64 + per_day * (last_day - day) as f64).collect();
    levels.sort_by(f64::total_cmp);
    let (n, pairs) = (points.len() as f64, slopes.len() as f64);
    let spread = TWO_SIDED_95_PERCENT * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let place = |rank: f64| slopes[rank.clamp(0.0, pairs - 1.0) as usize];
    let interval = (place((pairs - spread) / 2.0 - 1.0), place((pairs + spread) / 2.0));
    Some(Slope { points: points.len(), per_day, interval, level: median(&levels), last_day })
}

impl Slope {
    /// The days on which the line, its steepest and its flattest neighbor reach `limit`, counted as the points are.
    /// `None` for one that does not rise to it within ten years.
    pub fn reaches(&self, limit: i64) -> [Option<i64>; 3] {
        let missing = limit as f64 - self.level;
        [self.per_day, self.interval.1, self.interval.0].map(|per_day| {
            let days = (missing.max(0.0) / per_day).ceil();
            (per_day > 0.0 && days <= FARTHEST_DAYS).then(|| self.last_day + days as i64)
        })
    }
}

/// The middle of sorted numbers; of two middle ones their mean.
fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly(values: &[i64]) -> Vec<(i64, i64)> {
        (0..).map(|week| 7 * week).zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_straight_line_is_found_whatever_single_weeks_do() {
        let straight = theil_sen(&weekly(&[10, 17, 24, 31, 38, 45, 52, 59])).unwrap();
        assert_eq!((straight.points, straight.per_day, straight.level), (8, 1.0, 59.0));
        assert_eq!(straight.interval, (1.0, 1.0));
        assert_eq!(straight.reaches(100), [Some(90); 3], "41 days after the last, which is day 49");
        assert_eq!(straight.reaches(40), [Some(49); 3], "on the last day at the latest");

        let bent = theil_sen(&weekly(&[10, 17, 24, 900, 38, 45, 0, 59, 66])).unwrap();
        assert_eq!(bent.per_day, 1.0);
        assert!(bent.interval.0 < 1.0 && bent.interval.1 > 1.0, "{bent:?}");
        let [likely, soonest, latest] = bent.reaches(100);
        assert_eq!(likely, Some(90));
        assert!(soonest < likely && latest.is_none_or(|latest| latest > 90), "{soonest:?}, {latest:?}");
    }

    #[test]
    fn fewer_than_eight_weeks_say_nothing() {
        assert_eq!(theil_sen(&weekly(&[1, 2, 3, 4, 5, 6, 7])), None);
        assert_eq!(theil_sen(&[]), None);
    }

    #[test]
    fn what_does_not_grow_never_reaches_more() {
        let level = theil_sen(&weekly(&[5; 10])).unwrap();
        assert_eq!((level.per_day, level.reaches(6)), (0.0, [None; 3]));
        let falling = theil_sen(&weekly(&[90, 80, 70, 60, 50, 40, 30, 20])).unwrap();
        assert_eq!(falling.reaches(100), [None; 3]);
        let crawling = theil_sen(&weekly(&[1, 1, 1, 1, 1, 2, 2, 2, 2, 2])).unwrap();
        assert_eq!(crawling.reaches(1_000_000), [None; 3], "not within ten years");
    }

    #[test]
    fn only_the_last_year_counts() {
        let values: Vec<i64> =
            (0..30).map(|week| 1_000 - week).chain((0..52).map(|week| 70 * week)).collect();
        let slope = theil_sen(&weekly(&values)).unwrap();
        assert_eq!((slope.points, slope.per_day), (52, 10.0));
    }
}
