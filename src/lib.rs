//! Seatledger: a collector for Salesforce license management.
//!
//! It signs a JWT assertion, exchanges it at the org's authorization server, pulls subscriptions, licenses, users and
//! access into SQLite, and reports on them.
//!
//! # Rooms, bottom to top
//! A room may use those above it in this list, never the other way; `tests/architecture.rs` holds it.

pub mod auth;
pub mod base;
pub mod catalogue;
pub mod cli;
pub mod collect;
pub mod config;
pub mod emulator;
pub mod export;
pub mod http;
pub mod report;
pub mod salesforce;
pub mod store;
