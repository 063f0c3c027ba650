//! The only way to run an operation: ask the policy, reserve limits, record the attempt, act, record the outcome.
//!
//! Start reading at [`Guard::run`]. Whatever cannot be decided, counted or recorded is refused, and a result whose
//! record cannot be written is withheld. Knows nothing of what an operation does: it is handed arguments as plain data
//! and an act as a function.

mod caller;
mod error;
mod holdings;
mod limit;
mod open;
mod request;
mod run;
mod settings;

pub use error::Error;
pub use holdings::Holdings;
pub use limit::Purse;
pub use open::{Farewell, Guard};
pub use request::{Acted, Asked, Unit};
pub use run::{Conclusion, Permit};
pub use settings::Settings;
