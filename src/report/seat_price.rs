//! What the seats of a license cost, looked up once per license.

use hashbrown::HashMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Basis;
use super::measure::amortization::{seat_year, seat_year_at};
use super::table::Cell;
use crate::base::Money;
use crate::report::books::{ContractLine, Contracts};
use crate::store::{HeldLicense, HolderRow};

/// What a price stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceBasis {
    /// The contract line in force.
    Contract,
    /// The list price of a line that is not: an estimate, which is never added to prices.
    ListEstimated,
}

impl PriceBasis {
    /// The column that says it.
    pub const COLUMN: &'static str = "price_basis";

    /// Its word in that column.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::ListEstimated => "list_estimated",
        }
    }

    /// Whether a cell of that column says that the row's price is an estimate.
    pub fn is_estimate(cell: &str) -> bool {
        cell == Self::ListEstimated.word()
    }
}

/// The prices that hold at the report's time.
pub(super) struct SeatPrices<'a> {
    contracts: Option<&'a Contracts>,
    today: Date,
    assumes_list: bool,
    known: HashMap<*const HeldLicense, Option<SeatPrice<'a>>>,
}

/// What a seat costs.
#[derive(Clone, Copy)]
pub(super) struct SeatPrice<'a> {
    /// For twelve contract months.
    pub(super) year: Money,
    /// By this contract line.
    pub(super) line: &'a ContractLine,
    /// By its own price, or by its list price.
    pub(super) basis: PriceBasis,
}

impl<'a> SeatPrices<'a> {
    /// The prices of the basis.
    pub(super) fn of(basis: &Basis<'a>) -> Self {
        let today = basis.selection.as_of.to_zoned(TimeZone::UTC).date();
        let assumes_list = basis.rules.assume_list;
        Self { contracts: basis.books.contracts.as_ref(), today, assumes_list, known: HashMap::new() }
    }

    /// The price of a seat; `None` when it is unpriced.
    pub(super) fn price(&mut self, seat: &HolderRow) -> Option<SeatPrice<'a>> {
        let HolderRow { holder, license, .. } = seat;
        let known_as = std::rc::Rc::as_ptr(license);
        if let Some(known) = self.known.get(&known_as) {
            return *known;
        }
        let key = license.key.as_deref();
        let price = key.and_then(|key| self.of_license(&holder.org, license.kind, key));
        self.known.insert(known_as, price);
        price
    }

    fn of_license(&self, org: &str, kind: &str, license_key: &str) -> Option<SeatPrice<'a>> {
        let contracts = self.contracts?;
        if let Some(line) = contracts.price_of_seat(org, kind, license_key, self.today) {
            let year = seat_year(line).ok()?;
            return Some(SeatPrice { year, line, basis: PriceBasis::Contract });
        }
        if !self.assumes_list {
            return None;
        }
        let line = contracts.nearest_price(org, kind, license_key, self.today)?;
        // A list price of zero is one that nobody entered: what costs something is never estimated at nothing.
        let list_price = line.list_price.filter(|price| !price.is_zero())?;
        let year = seat_year_at(line, list_price).ok()?;
        Some(SeatPrice { year, line, basis: PriceBasis::ListEstimated })
    }
}

/// The cells of `YEAR_PRICE`, `CURRENCY`, `PRICE_BASIS`, `CONTRACT_LINE` and `CONTRACT_ENDS_ON`.
pub(super) fn price_cells(price: Option<SeatPrice<'_>>) -> [Cell<'_>; 5] {
    let Some(SeatPrice { year, line, basis }) = price else {
        return [const { Cell::Null }; 5];
    };
    // No term runs that an estimate is for.
    let is_contract = basis == PriceBasis::Contract;
    let ends_on = is_contract.then(|| Cell::Text(line.ends_on.to_string().into()));
    [
        year.into(),
        year.currency.code().into(),
        basis.word().into(),
        (&line.line_id).into(),
        ends_on.unwrap_or(Cell::Null),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
line_id,org,kind,license_key,quantity,price,price_period,list_price,currency,starts_on,ends_on,recorded_at
in-force,acme,user,RUNS,9,100,year,150,EUR,2026-01-01,2027-01-01,2026-01-01
earlier,acme,user,RUNS,9,100,year,190,EUR,2025-01-01,2026-01-01,2025-01-01
bare,acme,user,BARE,9,100,year,,EUR,2026-01-01,2027-01-01,2026-01-01
before-bare,acme,user,BARE,9,100,year,190,EUR,2025-01-01,2026-01-01,2025-01-01
ended,acme,user,ENDED,9,10,month,15.50,USD,2025-11-21,2026-11-21,2025-01-01
next,acme,user,NEXT,9,3000,term,36000,JPY,2026-11-22,2029-11-22,2026-01-01
later,acme,user,NEXT,9,3000,term,72000,JPY,2029-11-22,2032-11-22,2026-01-01
first,acme,user,TWICE,9,100,year,110,EUR,2023-01-01,2024-01-01,2026-01-01
last,acme,user,TWICE,9,100,year,120,USD,2024-01-01,2025-01-01,2026-01-01
coming,acme,user,TWICE,9,100,year,130,EUR,2027-01-01,2028-01-01,2026-01-01
long,acme,user,SHARED_END,9,100,year,110,EUR,2023-01-01,2025-01-01,2026-01-01
short,acme,user,SHARED_END,9,100,year,120,EUR,2024-01-01,2025-01-01,2026-01-01
listed,acme,user,NO_LIST,9,100,year,110,EUR,2023-01-01,2024-01-01,2026-01-01
unlisted,acme,user,NO_LIST,9,100,year,,EUR,2024-01-01,2025-01-01,2026-01-01
zero,acme,user,ZERO,9,100,year,0,EUR,2024-01-01,2025-01-01,2026-01-01
free,acme,user,FREE,9,0,year,10,EUR,2026-01-01,2027-01-01,2026-01-01
other-org,labs,user,ELSEWHERE,9,100,year,110,EUR,2024-01-01,2025-01-01,2026-01-01
other-kind,acme,package,ELSEWHERE,9,100,year,110,EUR,2024-01-01,2025-01-01,2026-01-01
";

    #[test]
    fn a_seat_has_the_price_in_force_or_when_asked_for_an_estimate_by_list() {
        let contracts =
            Contracts::parse(FILE, &["acme", "labs"]).unwrap_or_else(|problems| panic!("{problems:?}"));
        let told = |assumes_list, key| {
            let prices = SeatPrices {
                contracts: Some(&contracts),
                today: Date::constant(2026, 11, 21),
                assumes_list,
                known: HashMap::new(),
            };
            let texts =
                price_cells(prices.of_license("acme", "user", key)).map(|cell| cell.text().into_owned());
            texts.join(" ").trim().to_owned()
        };
        for (key, without, with) in [
            ("RUNS", "100.00 EUR contract in-force 2027-01-01", None),
            ("BARE", "100.00 EUR contract bare 2027-01-01", None),
            ("FREE", "0.00 EUR contract free 2027-01-01", None),
            ("ENDED", "", Some("186.00 USD list_estimated ended")),
            ("NEXT", "", Some("12000 JPY list_estimated next")),
            ("TWICE", "", Some("120.00 USD list_estimated last")),
            ("SHARED_END", "", Some("120.00 EUR list_estimated short")),
            ("NO_LIST", "", None),
            ("ZERO", "", None),
            ("ELSEWHERE", "", None),
        ] {
            assert_eq!(told(false, key), without, "{key}");
            assert_eq!(told(true, key), with.unwrap_or(without), "{key} by list");
        }
    }
}
