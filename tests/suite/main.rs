//! One integration binary; a file per theme. Everything runs against the emulator over a real socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod config;
mod history;
mod keys;
mod policy;
mod policy_file;
mod policy_oracle;
mod refusals;
mod replayed;
mod salesforce;
mod scripted_org;
mod scripted_server;
mod token_keys;
mod token_maker;
mod tokens;
mod transport;
