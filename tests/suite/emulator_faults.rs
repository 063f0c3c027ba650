//! Faults over a real socket.
