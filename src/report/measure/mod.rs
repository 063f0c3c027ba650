//! The arithmetic behind the reports. Pure: no clock, no files, no rows of a database.

pub mod allocation;
pub mod amortization;
mod month;
mod seats;
mod term;

pub use month::{Month, MonthError, last_day_before};
pub use seats::{Pool, Seats, Use, basis_points};
pub use term::days_until;
