//! The arithmetic behind the reports. Pure: no clock, no files, no rows of a database.

mod seats;
mod small_groups;
mod term;

pub use seats::{Pool, Seats, Use, basis_points};
pub use small_groups::left_out;
pub use term::days_until;
