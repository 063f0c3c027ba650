//! The time, and waiting for it to pass.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Tells the time and waits. Everything that needs either is handed a `Clock`, so that no result depends on when a
/// test runs.
pub trait Clock: Send + Sync {
    /// The present instant, in UTC.
    fn now(&self) -> Timestamp;

    /// Waits for `pause`.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that waits")]
    fn sleep(&self, pause: Duration) {
        std::thread::sleep(pause);
    }
}

/// The machine's own clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may ask the machine")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock that stood at `start` when it was made and has run at the usual pace since.
///
/// `SEATLEDGER_CLOCK` asks for it: rehearsals of a later date, and fixed dates in tests.
pub struct OffsetClock {
    start: Timestamp,
    made: Instant,
}

impl OffsetClock {
    /// A clock that stands at `start` now.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { start, made: Instant::now() }
    }
}

impl Clock for OffsetClock {
    fn now(&self) -> Timestamp {
        self.start
            .checked_add(jiff::SignedDuration::try_from(self.made.elapsed()).unwrap_or_default())
            .unwrap_or(Timestamp::MAX)
    }
}

/// Tells another clock's time and waits no longer than `longest` at once.
///
/// `SEATLEDGER_WAIT` asks for it: rehearsals and tests of what is otherwise waited out.
pub struct HastyClock {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The longest pause.
    pub longest: Duration,
}

impl Clock for HastyClock {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep(&self, pause: Duration) {
        self.clock.sleep(pause.min(self.longest));
    }
}
