//! Work on threads of its own.

use std::thread::ScopedJoinHandle;

/// What a thread found; a panic goes on in this one.
pub fn joined<Found>(thread: ScopedJoinHandle<'_, Found>) -> Found {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
