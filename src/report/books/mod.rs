//! The books that people keep beside Salesforce: what was bought, who is exempt, who is employed.
//!
//! Pure: a book is made from the text of its file. What is wrong with a file is told with its line.

mod contracts;

pub use contracts::{Billing, ContractLine, Contracts, PricePeriod};

/// The books that are configured. Without one its numbers are unknown, never zero.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// What was bought, from whom and at what price.
    pub contracts: Option<Contracts>,
}
