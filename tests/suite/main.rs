//! One integration binary; a file per theme. Everything runs against the emulator over a real socket.

mod emulator_api;
mod emulator_caller;
mod emulator_faults;
mod emulator_org;
mod emulator_queries;
mod emulator_soql;
mod emulator_token;
