//! What a report is made from, beside the collected rows: the books that people keep and the rules they set.

use jiff::Timestamp;

use super::books::Books;
use super::measure::amortization::Spread;
use super::measure::{ChargeBy, Month, UnassignedPool};
use crate::store::{Reader, Selection};

/// Everything that a report may read.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The collected rows at one state.
    pub reader: &'a Reader,
    /// Which of them.
    pub selection: &'a Selection,
    /// Contracts, exemptions and people of record.
    pub books: &'a Books,
    /// Windows and thresholds.
    pub rules: &'a Rules,
}

/// Windows and thresholds of the measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Days before as_of within which a login counts as activity.
    pub window_days: i64,
    /// Days after an account was made or a seat assigned within which not using it means nothing yet.
    pub grace_days: i64,
    /// The fewest people of a group whose count may be told in shared output.
    pub smallest_group: i64,
    /// The extra field of `User` that names the cost center.
    pub cost_center_field: Option<String>,
    /// The users that seatledger itself signs in as, by org and username: never reclaimable.
    pub collectors: Vec<(String, String)>,
    /// Whether a seat without a contract line in force is priced by list, as an estimate.
    pub assume_list: bool,
    /// The time whose knowledge of the contracts the books hold; without one, they hold all that is recorded.
    pub known_on: Option<Timestamp>,
    /// The earlier time that the state is compared with; without one, thirty days earlier.
    pub since: Option<Timestamp>,
    /// The month that is charged; without one, the month that was running just before as_of.
    pub month: Option<Month>,
    /// What costs are charged by.
    pub charge_by: ChargeBy,
    /// Who bears seats that nobody held.
    pub unassigned_pool: UnassignedPool,
    /// How a term's costs are spread over its months.
    pub spread: Spread,
    /// Seats of each license that are kept free at a renewal.
    pub buffer_seats: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            window_days: 90,
            grace_days: 60,
            smallest_group: 5,
            cost_center_field: None,
            collectors: Vec::new(),
            assume_list: false,
            known_on: None,
            since: None,
            month: None,
            charge_by: ChargeBy::default(),
            unassigned_pool: UnassignedPool::default(),
            spread: Spread::default(),
            buffer_seats: 0,
        }
    }
}
