//! One integration binary; a file per theme. Everything runs against the emulator over a real socket.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit_export;
mod child_process;
mod config;
mod history;
mod journal;
mod journal_fixture;
mod keys;
mod limits;
mod refusals;
mod replayed;
mod salesforce;
mod scripted_org;
mod scripted_server;
mod tampering;
mod transport;
mod webhooks;
