//! Plan, run, resume, outcome and progress of a collection.
//!
//! Knows nothing of clap or indicatif. Start reading at [`collect`], which does one org's run from the token to the
//! merged state; [`plan()`] decides what is asked, [`Companies`] who is in scope.

mod company;
mod error;
mod fetch;
mod outcome;
mod partition;
mod plan;
mod progress;
mod read;
mod request;
mod run;
mod scope;
mod side_by_side;
mod survey;
mod visibility;

pub use company::{Companies, nearest, normalized};
pub use error::Error;
pub use outcome::Outcome;
pub use partition::Partitions;
pub use plan::{LeftOut, Plan, PlannedObject, plan};
pub use progress::Progress;
pub use request::{CompanyField, Request};
pub use run::{BeforeMerge, collect, dry_run};
pub use scope::{AMBIGUOUS, UNMATCHED};
