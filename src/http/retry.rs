//! When to try again, as returned delays: nothing here sleeps.
//!
//! Worth another try is what passes by itself: connections refused, reset or cut, timeouts, and the statuses by which
//! servers and the gateways before them say "not now". Delays grow exponentially up to a cap and carry jitter, so that
//! many clients refused together do not come back together (the "equal jitter" of
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>). A server's own `Retry-After`
//! (RFC 9110, section 10.2.3) is honored up to a cap.

use std::time::Duration;

use jiff::Timestamp;

use super::{Error, http_date};

/// How often a request is repeated at most: with the delays below a passing fault of half a minute is survived.
pub const MOST_RETRIES: u32 = 5;

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// A server that asks for more is asked again after this time all the same: a scheduled run must end.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// Timeout, not acceptable (seen as passing from gateways), no routing at the edge yet, too many requests, and the
/// gateway statuses.
const PASSING_STATUSES: [u16; 8] = [406, 408, 420, 429, 500, 502, 503, 504];

/// What went wrong with one try.
pub enum Failure<'a> {
    /// No whole answer arrived.
    Transport(&'a Error),
    /// An answer with this status and, perhaps, a `Retry-After` header.
    Status(u16, Option<&'a str>),
    /// An answer that its reader knows to be passing trouble, whatever its status: repeated at most so many times.
    Known {
        /// How many repeats this trouble is worth.
        most: u32,
        /// The `Retry-After` header, if there was one.
        retry_after: Option<&'a str>,
    },
}

/// Counts the tries of one request and says how long to wait before the next.
pub struct Retry {
    made: u32,
    jitter: fastrand::Rng,
}

impl Retry {
    /// Starts counting; equal `jitter` gives equal delays.
    pub fn new(jitter: fastrand::Rng) -> Self {
        Self { made: 0, jitter }
    }

    /// How long to wait before the next try; `None` when the failure will not pass or was repeated often enough.
    pub fn after(&mut self, failure: &Failure<'_>, now: Timestamp) -> Option<Duration> {
        let (most, retry_after) = match *failure {
            Failure::Transport(error) => (if error.is_passing() { MOST_RETRIES } else { 0 }, None),
            Failure::Status(status, retry_after) => {
                (if PASSING_STATUSES.contains(&status) { MOST_RETRIES } else { 0 }, retry_after)
            }
            Failure::Known { most, retry_after } => (most, retry_after),
        };
        if self.made >= most {
            return None;
        }
        let back_off = FIRST_DELAY.saturating_mul(1 << self.made.min(16)).min(LONGEST_DELAY);
        self.made += 1;
        let jittered = back_off.mul_f64(0.5 + self.jitter.f64() / 2.0);
        let asked_for = retry_after.and_then(|value| retry_after_delay(value, now)).unwrap_or_default();
        Some(jittered.max(asked_for.min(LONGEST_RETRY_AFTER)))
    }
}

/// `Retry-After` as seconds or as an HTTP date.
pub(super) fn retry_after_delay(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    Duration::try_from(http_date(value)?.duration_since(now)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "1994-11-06T08:49:07Z".parse().unwrap()
    }

    fn delays(failure: &Failure<'_>) -> Vec<Duration> {
        let mut retry = Retry::new(fastrand::Rng::with_seed(7));
        std::iter::from_fn(|| retry.after(failure, now())).collect()
    }

    #[test]
    fn delays_grow_to_a_cap_and_end() {
        let delays = delays(&Failure::Status(503, None));
        assert_eq!(delays.len(), MOST_RETRIES as usize);
        for (place, delay) in delays.iter().enumerate() {
            let full = FIRST_DELAY * (1 << place);
            assert!((full / 2..=full).contains(delay), "{delay:?} at {place}");
        }
        let mut retry = Retry::new(fastrand::Rng::with_seed(7));
        let known = Failure::Known { most: 40, retry_after: None };
        let last = std::iter::from_fn(|| retry.after(&known, now())).last().unwrap();
        assert!(last <= LONGEST_DELAY && last >= LONGEST_DELAY / 2, "{last:?}");
    }

    #[test]
    fn only_passing_statuses_are_repeated() {
        for status in PASSING_STATUSES {
            assert!(!delays(&Failure::Status(status, None)).is_empty(), "{status}");
        }
        for status in [200, 301, 400, 401, 403, 404, 410, 414, 431, 501] {
            assert!(delays(&Failure::Status(status, None)).is_empty(), "{status}");
        }
        assert_eq!(delays(&Failure::Known { most: 2, retry_after: None }).len(), 2);
    }

    #[test]
    fn retry_after_is_honored_up_to_a_cap() {
        let cases = [
            ("17", Duration::from_secs(17)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Duration::from_secs(30)),
            ("86400", LONGEST_RETRY_AFTER),
        ];
        for (value, expected) in cases {
            assert_eq!(delays(&Failure::Status(429, Some(value)))[0], expected, "{value}");
        }
        for ignored in ["Sun, 06 Nov 1994 08:48:37 GMT", "soon", "-1", ""] {
            assert!(delays(&Failure::Status(429, Some(ignored)))[0] <= FIRST_DELAY, "{ignored}");
        }
    }

    #[test]
    fn equal_jitter_gives_equal_delays() {
        assert_eq!(delays(&Failure::Status(503, None)), delays(&Failure::Status(503, None)));
    }
}
