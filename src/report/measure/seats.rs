//! Seats of a license, what is used of them, and the sum over many licenses.

/// How many seats a license has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seats {
    /// A number of seats.
    Finite(i64),
    /// As many as wanted: no share of it can be given.
    Unlimited,
    /// Not known, which is not zero.
    Unknown,
}

/// What is used of a license's seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Used seats as a share of all, in basis points; `None` for unlimited, unknown and for no seats at all.
    pub utilization: Option<i64>,
    /// Seats left to assign.
    pub available: Option<i64>,
    /// Holders beyond the seats.
    pub shortfall: Option<i64>,
    /// Holders of a license without any seat.
    pub over_assigned: Option<i64>,
}

impl Seats {
    /// Reads a view's `total` and `unlimited`. A negative total that is not the mark of "unlimited" says nothing.
    pub fn of(total: Option<i64>, unlimited: bool) -> Self {
        match total {
            _ if unlimited => Self::Unlimited,
            Some(total) if total >= 0 => Self::Finite(total),
            _ => Self::Unknown,
        }
    }

    /// What `used` holders make of these seats. Unknown stays unknown.
    pub fn used_by(self, used: Option<i64>) -> Use {
        let nothing = Use { utilization: None, available: None, shortfall: None, over_assigned: None };
        let (Self::Finite(total), Some(used)) = (self, used.filter(|used| *used >= 0)) else {
            return nothing;
        };
        Use {
            utilization: basis_points(used, total),
            available: Some((total - used).max(0)),
            shortfall: Some((used - total).max(0)),
            over_assigned: (total == 0).then_some(used),
        }
    }
}

/// `used / total` in basis points, rounded half up; `None` unless `total` is above and `used` at least zero.
pub fn basis_points(used: i64, total: i64) -> Option<i64> {
    if total <= 0 || used < 0 {
        return None;
    }
    let (used, total) = (i128::from(used), i128::from(total));
    i64::try_from((20_000 * used + total) / (2 * total)).ok()
}

/// Used and existing seats over many licenses. Only licenses whose two numbers are known and finite enter, so that the
/// share is one of sums, never a mean of shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// Seats.
    pub total: i64,
    /// Holders.
    pub used: i64,
    /// Holders beyond the seats of their license.
    pub shortfall: i64,
    /// Licenses left out because they are unlimited or a number is unknown.
    pub left_out: i64,
}

impl Pool {
    /// Adds one license.
    pub fn add(&mut self, seats: Seats, used: Option<i64>) {
        match (seats, used.filter(|used| *used >= 0)) {
            (Seats::Finite(total), Some(used)) => {
                self.total += total;
                self.used += used;
                self.shortfall += (used - total).max(0);
            }
            _ => self.left_out += 1,
        }
    }

    /// The share of all summed seats that is used, in basis points.
    pub fn utilization(&self) -> Option<i64> {
        basis_points(self.used, self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utilization_is_exact_and_null_where_no_share_exists() {
        let cases = [
            // total, unlimited, used: utilization, available, shortfall, over-assigned
            ((Some(153), false, Some(120)), (Some(7843), Some(33), Some(0), None)),
            ((Some(3), false, Some(1)), (Some(3333), Some(2), Some(0), None)),
            ((Some(3), false, Some(2)), (Some(6667), Some(1), Some(0), None)),
            ((Some(5), false, Some(0)), (Some(0), Some(5), Some(0), None)),
            ((Some(5), false, Some(7)), (Some(14_000), Some(0), Some(2), None)),
            ((None, true, Some(3)), (None, None, None, None)),
            ((Some(-1), true, Some(3)), (None, None, None, None)),
            ((Some(0), false, Some(3)), (None, Some(0), Some(3), Some(3))),
            ((Some(0), false, Some(0)), (None, Some(0), Some(0), Some(0))),
            ((None, false, Some(3)), (None, None, None, None)),
            ((Some(-7), false, Some(3)), (None, None, None, None)),
            ((Some(5), false, None), (None, None, None, None)),
            ((Some(5), false, Some(-1)), (None, None, None, None)),
        ];
        for ((total, unlimited, used), (utilization, available, shortfall, over_assigned)) in cases {
            assert_eq!(
                Seats::of(total, unlimited).used_by(used),
                Use { utilization, available, shortfall, over_assigned },
                "{used:?} of {total:?}"
            );
        }
    }

    #[test]
    fn a_roll_up_divides_sums() {
        let mut pool = Pool::default();
        pool.add(Seats::Finite(2), Some(1));
        pool.add(Seats::Finite(100), Some(99));
        assert_eq!(pool.utilization(), Some(9804), "not the mean of 50.00 and 99.00");

        pool.add(Seats::Unlimited, Some(1000));
        pool.add(Seats::Unknown, Some(1000));
        pool.add(Seats::Finite(7), None);
        assert_eq!(pool.utilization(), Some(9804));
        assert_eq!(pool.left_out, 3);
        assert_eq!(Pool::default().utilization(), None);
    }

    #[test]
    fn huge_counts_do_not_overflow() {
        assert_eq!(basis_points(i64::MAX, i64::MAX), Some(10_000));
        assert_eq!(basis_points(i64::MAX, 1), None, "no 64-bit number of basis points");
    }
}
