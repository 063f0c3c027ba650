//! One integration binary; a file per theme. Everything runs against the emulator over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests panic, wait and tell"
)]

mod attacks;
mod audit_export;
mod books;
mod child_process;
mod collecting;
mod command_line;
mod config;
mod contracts;
mod doctor;
mod echoed_secrets;
mod emulator_api;
mod emulator_caller;
mod emulator_faults;
mod emulator_org;
mod emulator_queries;
mod emulator_soql;
mod emulator_token;
mod faults;
mod feed;
mod formats;
mod fuzzed;
mod history;
mod journal;
mod journal_fixture;
mod keys;
mod kills;
mod limits;
mod policy;
mod policy_file;
mod policy_oracle;
mod purge;
mod readme;
mod refusals;
mod replayed;
mod reports;
mod salesforce;
mod scripted_org;
mod scripted_server;
mod signals;
mod site;
mod support;
mod tampering;
mod token_keys;
mod token_maker;
mod tokens;
mod transport;
mod truth;
mod webhooks;
