//! Shares of an amount that add up to it to the last minor unit.

use std::cmp::Reverse;

/// Divides `total_minor` in proportion to the weights by the method of the largest remainder: everyone gets the whole
/// part of their quota, and the units left over go to the largest remainders; among equal ones to the larger weight,
/// then to the key that sorts first. A negative total is divided as its opposite. The shares are in the order of
/// `weights`, belong to the keys whatever that order is, and add up to the total; without any weight all of them are
/// zero, and the total is the caller's to place.
pub fn allocate<Key: AsRef<str>>(total_minor: i128, weights: &[(Key, u64)]) -> Vec<i128> {
    let whole: u128 = weights.iter().map(|(_, weight)| u128::from(*weight)).sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let amount = total_minor.unsigned_abs();
    let (mut shares, remainders): (Vec<u128>, Vec<u128>) =
        weights.iter().map(|(_, weight)| multiply_divide(amount, *weight, whole)).unzip();
    let left_over = amount - shares.iter().sum::<u128>();
    let mut places: Vec<usize> = (0..weights.len()).collect();
    places.sort_by_key(|place| {
        let (key, weight) = &weights[*place];
        (Reverse(remainders[*place]), Reverse(*weight), key.as_ref().as_bytes())
    });
    // Remainders add up to less than one unit each, so that nobody gets two.
    for place in places.into_iter().zip(0..left_over).map(|(place, _)| place) {
        shares[place] += 1;
    }
    let sign = total_minor.signum();
    shares.into_iter().map(|share| sign * i128::try_from(share).unwrap_or(i128::MAX)).collect()
}

/// Quotient and remainder of `amount · weight / whole`, where `weight` is at most `whole` and `whole` below 2⁹⁶, which
/// four billion weights cannot exceed. The product itself may not fit 128 bits, so the weight is taken in two halves.
fn multiply_divide(amount: u128, weight: u64, whole: u128) -> (u128, u128) {
    const HALF: u32 = 32;
    let (high, low) = (u128::from(weight >> HALF), u128::from(weight & u64::from(u32::MAX)));
    let (units, rest) = (amount / whole, amount % whole);
    let (by_high, by_low) = (rest * high, rest * low);
    let shifted = (by_high % whole) << HALF;
    let remainders = shifted % whole + by_low % whole;
    let quotient = units * u128::from(weight)
        + ((by_high / whole) << HALF)
        + shifted / whole
        + by_low / whole
        + remainders / whole;
    (quotient, remainders % whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders() {
        let cases: &[(i128, &[(&str, u64)], &[i128])] = &[
            (10_000, &[("a", 1), ("b", 1), ("c", 1)], &[3334, 3333, 3333]),
            (13_125, &[("A", 10), ("B", 21)], &[4234, 8891]),
            (-10_000, &[("a", 1), ("b", 1), ("c", 1)], &[-3334, -3333, -3333]),
            (10_000, &[("c", 1), ("a", 1), ("b", 1)], &[3333, 3334, 3333]),
            (10_000, &[("a", 0), ("b", 0)], &[0, 0]),
            (10_000, &[], &[]),
            (0, &[("a", 1)], &[0]),
            (1, &[("a", 0), ("b", 1)], &[0, 1]),
            // Both remainders are one half: the larger weight first.
            (2, &[("a", 1), ("b", 3)], &[0, 2]),
            (i128::MAX, &[("a", u64::MAX), ("b", u64::MAX)], &[i128::MAX / 2 + 1, i128::MAX / 2]),
        ];
        for (total, weights, shares) in cases {
            assert_eq!(allocate(*total, weights), *shares, "{total} over {weights:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn shares_add_up_and_do_not_depend_on_the_order(
            total in any::<i64>(),
            weights in proptest::collection::btree_map("[a-f]{1,3}", 0..40_u64, 1..9),
            turn in 0..8_usize,
        ) {
            let weights: Vec<(String, u64)> = weights.into_iter().collect();
            let whole: u64 = weights.iter().map(|(_, weight)| weight).sum();
            let total = i128::from(total);
            let shares = allocate(total, &weights);
            prop_assert_eq!(shares.iter().sum::<i128>(), if whole == 0 { 0 } else { total });
            for ((_, weight), share) in weights.iter().zip(&shares) {
                let distance = share * i128::from(whole.max(1)) - total * i128::from(*weight);
                prop_assert!(whole == 0 || distance.abs() < i128::from(whole), "within one unit of the quota");
            }
            let mut turned: Vec<_> = weights.iter().cloned().zip(shares).collect();
            turned.rotate_left(turn % weights.len());
            let (weights, shares): (Vec<_>, Vec<_>) = turned.into_iter().unzip();
            prop_assert_eq!(allocate(total, &weights), shares);
        }

        #[test]
        fn huge_products_are_exact(amount in any::<u64>(), weight in any::<u64>(), more in any::<u64>()) {
            let whole = u128::from(weight) + u128::from(more).max(1);
            let product = u128::from(amount) * u128::from(weight);
            let found = multiply_divide(u128::from(amount), weight, whole);
            prop_assert_eq!(found, (product / whole, product % whole));
        }
    }
}
