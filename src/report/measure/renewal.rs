//! What a contract line costs when it renews, and what further seats cost until then.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::amortization::{TooLarge, line_total, line_total_from};
use crate::base::Money;
use crate::report::books::ContractLine;

/// What the same seats cost for another term of the same length, at the price with the line's uplift.
///
/// # Errors
/// [`TooLarge`].
pub fn renewal_total(line: &ContractLine) -> Result<Money, TooLarge> {
    let uplift = line.uplift_percent.unwrap_or_default() / Decimal::ONE_HUNDRED;
    let price = line.price.checked_mul(Decimal::ONE + uplift).ok_or(TooLarge)?;
    line_total(&ContractLine { price, ..line.clone() })
}

/// What further seats cost from `from` until the end of the line's term, at its price for them, by contract months from
/// that day. A price for the term is first divided by its contract months.
///
/// # Errors
/// [`TooLarge`].
pub fn add_on_total(line: &ContractLine, seats: i64, from: Date) -> Result<Money, TooLarge> {
    let further = ContractLine { quantity: seats, price: line.price_of_add_on(), ..line.clone() };
    line_total_from(&further, from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::books::Contracts;

    const HEADER: &str = "line_id,org,kind,license_key,quantity,price,price_period,add_on_price,uplift_percent,currency,\
                          starts_on,ends_on,recorded_at";

    fn line(cells: &str) -> ContractLine {
        let text = format!("{HEADER}\n1,acme,user,SFDC,{cells},2026-09-15\n");
        Contracts::parse(&text, &["acme"]).unwrap_or_else(|problems| panic!("{problems:?}")).lines.remove(0)
    }

    #[test]
    fn a_renewal_costs_the_term_with_its_uplift() {
        let cases = [
            ("153,131.25,month,,7,EUR,2026-10-01,2027-10-01", 25_784_325),
            ("153,131.25,month,,,EUR,2026-10-01,2027-10-01", 24_097_500),
            ("10,300,year,,-10,EUR,2026-10-01,2029-10-01", 810_000),
            ("3,1000,term,,7.5,JPY,2026-10-01,2026-11-15", 3_225),
        ];
        for (cells, minor) in cases {
            assert_eq!(renewal_total(&line(cells)).unwrap().minor, minor, "{cells}");
        }
    }

    #[test]
    fn further_seats_cost_what_is_left_of_the_term() {
        let cases = [
            // Ten contract months, and 10 of the 30 days from 2026-11-21 on, at the price for further seats.
            ("153,131.25,month,150,7,EUR,2026-10-01,2027-10-01", "2026-11-21", 2, 310_000),
            ("153,131.25,month,,7,EUR,2026-10-01,2027-10-01", "2026-12-01", 2, 262_500),
            ("10,1200,year,,,EUR,2026-10-01,2027-10-01", "2027-07-01", 1, 30_000),
            // Three of twelve contract months.
            ("10,1000,term,,,EUR,2026-10-01,2027-10-01", "2027-07-01", 1, 25_000),
            // 8 and 23/31 of 10 and 30/31 contract months.
            ("10,1000,term,,,USD,2026-09-15,2027-08-14", "2026-11-22", 6, 478_235),
            ("10,1000,term,,,EUR,2026-10-01,2027-10-01", "2026-01-01", 1, 100_000),
            ("10,1000,month,,,EUR,2026-10-01,2027-10-01", "2027-10-01", 1, 0),
            ("10,1000,month,,,EUR,2026-10-01,2027-10-01", "2027-01-01", 0, 0),
        ];
        for (cells, from, seats, minor) in cases {
            let from = from.parse().unwrap();
            assert_eq!(add_on_total(&line(cells), seats, from).unwrap().minor, minor, "{cells} {from}");
        }
    }
}
