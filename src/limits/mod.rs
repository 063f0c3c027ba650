//! Rate windows and budgets that hold over restarts and are shared by every process of a machine.
//!
//! Knows nothing of what is counted: a [`Key`] says whose account it is, a unit is a name. The counts stand in a small
//! SQLite file of their own, and every decision is one transaction that locks it, so two processes can never both take
//! the last place. Whoever cannot reach the file gets an error, and must refuse. Start reading at [`Limits::reserve`].

mod budget;
mod database;
mod error;
mod key;
mod rate;
mod refusals;
mod reservation;

pub use database::Limits;
pub use error::Error;
pub use key::Key;
pub use refusals::{MOST_REFUSALS_A_MINUTE, Refusal, SummedRefusals};
pub use reservation::{Budget, Demand, Rate, Reservation, Usage, Verdict};
