//! Contract lines: what was bought, for how long, at what price, and when that became known.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::base::Currency;

/// The contract lines of all orgs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contracts {
    /// In the order of org, license, start and line id.
    pub lines: Vec<ContractLine>,
}

/// One order line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractLine {
    /// Its line in the file, counted from 1.
    pub file_line: u64,
    /// What names it in the contract; unique within org and license.
    pub line_id: String,
    /// Short name of the org.
    pub org: String,
    /// `user`, `permission_set`, `package` or `feature`.
    pub kind: String,
    /// Key of the license as the view `licenses` has it.
    pub license_key: String,
    /// What the seller calls it.
    pub sku: String,
    /// Seats.
    pub quantity: i64,
    /// For one seat and one period, in units of the currency.
    pub price: Decimal,
    /// The period that the price is for.
    pub price_period: PricePeriod,
    /// The seller's list price for the same period.
    pub list_price: Option<Decimal>,
    /// What prices are counted in.
    pub currency: Currency,
    /// First day of the term.
    pub starts_on: Date,
    /// First day after the term.
    pub ends_on: Date,
    /// How often it is invoiced.
    pub billing: Billing,
    /// Days before the end by which notice must be given.
    pub notice_days: Option<i64>,
    /// Whether it renews by itself.
    pub auto_renew: bool,
    /// What a renewal adds to the price.
    pub uplift_percent: Option<Decimal>,
    /// The invoices that bill it, in order.
    pub invoice_ids: Vec<String>,
    /// Who invoices it.
    pub invoice_issuer: String,
    /// When this line became known; a later line of the same id replaces an earlier one from then on.
    pub recorded_at: Timestamp,
}

/// The period that a price is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricePeriod {
    /// A month.
    Month,
    /// A year.
    Year,
    /// The whole term.
    Term,
}

/// How often a line is invoiced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Once, for the whole term.
    Once,
    /// Every month.
    Monthly,
    /// Every three months.
    Quarterly,
    /// Every six months.
    SemiAnnually,
    /// Every year.
    Annually,
}
