//! How many requests may be in flight: fewer once Salesforce says that too many run at once.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The lanes of a session, shared by its threads.
pub(super) struct Lanes {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    open: usize,
    taken: usize,
}

/// A lane that one request has taken; free again when dropped.
pub(super) struct Lane<'a> {
    lanes: &'a Lanes,
    open: usize,
}

impl Lanes {
    /// So many lanes, at least one.
    pub(super) fn new(open: usize) -> Self {
        Self { state: Mutex::new(State { open: open.max(1), taken: 0 }), freed: Condvar::new() }
    }

    /// Takes a lane as soon as one is free.
    pub(super) fn take(&self) -> Lane<'_> {
        let mut state = self
            .freed
            .wait_while(self.state(), |state| state.taken >= state.open)
            .unwrap_or_else(PoisonError::into_inner);
        state.taken += 1;
        Lane { lanes: self, open: state.open }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane<'_> {
    /// Closes half of the lanes for good, unless another request that was refused at the same time has done so.
    pub(super) fn narrow(&self) {
        let mut state = self.lanes.state();
        if state.open == self.open && state.open > 1 {
            state.open /= 2;
            tracing::info!("{} requests at a time from now on", state.open);
        }
    }
}

impl Drop for Lane<'_> {
    fn drop(&mut self) {
        self.lanes.state().taken -= 1;
        self.lanes.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_crowd_closes_half_of_the_lanes_once() {
        let lanes = Lanes::new(5);
        let crowd: Vec<_> = (0..5).map(|_| lanes.take()).collect();
        crowd.iter().for_each(Lane::narrow);
        assert_eq!(lanes.state().open, 2);
        drop(crowd);
        lanes.take().narrow();
        lanes.take().narrow();
        let state = lanes.state();
        assert_eq!((state.open, state.taken), (1, 0));
    }
}
