//! What the seats of a license cost, looked up once per license.

use hashbrown::HashMap;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Basis;
use super::measure::amortization::seat_year;
use super::table::Cell;
use crate::base::Money;
use crate::report::books::{ContractLine, Contracts};
use crate::store::{HeldLicense, HolderRow};

/// The prices that hold at the report's time.
pub(super) struct SeatPrices<'a> {
    contracts: Option<&'a Contracts>,
    today: Date,
    known: HashMap<*const HeldLicense, Option<SeatPrice<'a>>>,
}

/// What a seat costs.
#[derive(Clone, Copy)]
pub(super) struct SeatPrice<'a> {
    /// For twelve contract months.
    pub(super) year: Money,
    /// By this contract line.
    pub(super) line: &'a ContractLine,
}

impl<'a> SeatPrices<'a> {
    /// The prices of the basis.
    pub(super) fn of(basis: &Basis<'a>) -> Self {
        let today = basis.selection.as_of.to_zoned(TimeZone::UTC).date();
        Self { contracts: basis.books.contracts.as_ref(), today, known: HashMap::new() }
    }

    /// The price of a seat; `None` when it is unpriced.
    pub(super) fn price(&mut self, seat: &HolderRow) -> Option<SeatPrice<'a>> {
        let HolderRow { holder, license, .. } = seat;
        let (contracts, today) = (self.contracts?, self.today);
        let find = || {
            let line = contracts.price(&holder.org, license.kind, license.key.as_deref()?, today)?;
            Some(SeatPrice { year: seat_year(line).ok()?, line })
        };
        *self.known.entry(std::rc::Rc::as_ptr(license)).or_insert_with(find)
    }
}

/// The cells of `YEAR_PRICE`, `CURRENCY`, `CONTRACT_LINE` and `CONTRACT_ENDS_ON`.
pub(super) fn price_cells(price: Option<SeatPrice<'_>>) -> [Cell<'_>; 4] {
    let Some(SeatPrice { year, line }) = price else {
        return [Cell::Null, Cell::Null, Cell::Null, Cell::Null];
    };
    [
        year.into(),
        year.currency.code().into(),
        (&line.line_id).into(),
        Cell::Text(line.ends_on.to_string().into()),
    ]
}
