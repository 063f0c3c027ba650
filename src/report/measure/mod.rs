//! The arithmetic behind the reports. Pure: no clock, no files, no rows of a database.

pub mod activity;
pub mod identity;
pub mod person;
mod seats;
mod term;
pub mod usage;

pub use seats::{Pool, Seats, Use, basis_points};
pub use term::days_until;
