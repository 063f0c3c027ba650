//! One integration binary; a file per theme. Everything runs against the emulator over a real socket.

mod config;
mod keys;
