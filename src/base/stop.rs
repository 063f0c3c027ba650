//! Being asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Which signal asked the program to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT: a person pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a supervisor ends the service.
    Terminate,
}

impl StopSignal {
    /// The signal's number on every Unix.
    pub const fn number(self) -> usize {
        match self {
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// A request to stop, raised once from a signal handler and read between two pages. Clones share it.
#[derive(Clone, Default)]
pub struct Stop(Arc<AtomicUsize>);

impl Stop {
    /// The number that a signal handler stores; 0 is "go on".
    pub fn flag(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }

    /// The signal that asked to stop, if one did.
    pub fn requested(&self) -> Option<StopSignal> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            15 => Some(StopSignal::Terminate),
            _ => Some(StopSignal::Interrupt),
        }
    }
}
