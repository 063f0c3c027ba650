//! What need not be bought again.

use super::amortization::TooLarge;
use super::renewal::renewal_total;
use crate::base::Money;
use crate::report::books::ContractLine;

/// Seats of a contract line that its renewal can leave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Avoided<'a> {
    /// The line.
    pub line: &'a ContractLine,
    /// How many.
    pub seats: i64,
    /// What they would cost for the next term.
    pub cost: Money,
}

/// Seats beyond those that people need, less those that are kept free for new people; at least zero. Of seats that are
/// not under contract none is renewed, so they are not among them; without a contract line (`contracted` is `None`) all
/// seats of the org are. Holders without a seat of their own need one too. What is not known leaves the number unknown.
pub fn avoidable_seats(
    seats: Option<i64>,
    contracted: Option<i64>,
    assigned: Option<i64>,
    reclaimable: Option<i64>,
    buffer: i64,
) -> Option<i64> {
    let renewed = seats?.min(contracted.unwrap_or(i64::MAX));
    let needed = (assigned? - reclaimable?).max(0);
    Some((renewed - needed - buffer).max(0))
}

/// Takes up to `seats` out of the renewals of the lines, first of the line that ends first; no line loses more than it
/// has.
///
/// # Errors
/// [`TooLarge`].
pub fn avoid_at_renewal<'a>(lines: &[&'a ContractLine], seats: i64) -> Result<Vec<Avoided<'a>>, TooLarge> {
    let mut lines = lines.to_vec();
    lines.sort_by(|one, other| (one.ends_on, &one.line_id).cmp(&(other.ends_on, &other.line_id)));
    let mut left = seats;
    let mut avoided = Vec::new();
    for line in lines {
        let seats = left.min(line.quantity);
        if seats > 0 {
            left -= seats;
            let cost = renewal_total(&ContractLine { quantity: seats, ..line.clone() })?;
            avoided.push(Avoided { line, seats, cost });
        }
    }
    Ok(avoided)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::books::Contracts;

    #[test]
    fn what_is_not_known_is_not_saved() {
        for (seats, contracted, assigned, reclaimable, buffer, avoidable) in [
            (Some(100), Some(100), Some(70), Some(12), 0, Some(42)),
            (Some(100), None, Some(70), Some(12), 10, Some(32)),
            (Some(100), Some(100), Some(98), Some(3), 10, Some(0)),
            // One holder too many has to be given a seat first.
            (Some(38), Some(38), Some(39), Some(5), 0, Some(4)),
            (Some(10), Some(10), Some(291), Some(39), 0, Some(0)),
            (Some(0), None, Some(2), Some(2), 0, Some(0)),
            // Seats beyond the contract are not renewed, and those that the org lacks are not there.
            (Some(135), Some(50), Some(119), Some(17), 0, Some(0)),
            (Some(135), Some(130), Some(119), Some(17), 0, Some(28)),
            (Some(135), Some(400), Some(119), Some(17), 0, Some(33)),
            (Some(100), Some(100), Some(70), None, 0, None),
            (None, Some(100), Some(70), Some(12), 0, None),
            (Some(100), Some(100), None, Some(12), 0, None),
        ] {
            let found = avoidable_seats(seats, contracted, assigned, reclaimable, buffer);
            assert_eq!(found, avoidable, "{seats:?} {contracted:?} {assigned:?}");
        }
    }

    #[test]
    fn no_line_loses_more_seats_than_it_has() {
        let contracts = Contracts::parse(
            "line_id,org,kind,license_key,quantity,price,price_period,uplift_percent,currency,starts_on,ends_on,recorded_at\n\
             late,acme,user,SFDC,100,10,month,7,EUR,2026-10-01,2027-10-01,2026-09-15\n\
             soon,acme,user,SFDC,20,1500,term,,EUR,2026-10-01,2027-04-01,2026-09-15\n",
            &["acme"],
        )
        .unwrap();
        let lines: Vec<_> = contracts.lines.iter().collect();
        let avoided = |seats| -> Vec<_> {
            let avoided = avoid_at_renewal(&lines, seats).unwrap().into_iter();
            avoided.map(|of| (of.line.line_id.clone(), of.seats, of.cost.amount_text())).collect()
        };
        let of = |line: &str, seats, cost: &str| (line.to_owned(), seats, cost.to_owned());
        assert_eq!(avoided(0), []);
        assert_eq!(avoided(5), [of("soon", 5, "7500.00")]);
        assert_eq!(avoided(30), [of("soon", 20, "30000.00"), of("late", 10, "1284.00")]);
        assert_eq!(avoided(500), [of("soon", 20, "30000.00"), of("late", 100, "12840.00")]);
    }
}
