//! The arithmetic behind the reports. Pure: no clock, no files, no rows of a database.

pub mod activity;
pub mod allocation;
pub mod amortization;
mod chargeback;
pub mod employment;
mod forecast;
pub mod identity;
mod license_state;
mod month;
pub mod person;
pub mod reclaim;
mod renewal;
mod savings;
mod seats;
mod small_groups;
pub mod tally;
mod term;
pub mod usage;

pub use chargeback::{ChargeBy, CostKey, PoolError, UnassignedPool, charge, place_pool};
pub use forecast::{MOST_POINTS, Slope, theil_sen};
pub use license_state::LicenseState;
pub use month::{Month, MonthError, last_day_before};
pub use renewal::{add_on_total, renewal_total};
pub use savings::{Avoided, avoid_at_renewal, avoidable_seats};
pub use seats::{Pool, Seats, Use, basis_points};
pub use small_groups::left_out;
pub use term::{days_between, days_until, utc_date};
