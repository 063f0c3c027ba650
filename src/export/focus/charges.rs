//! The charges of a contract as rows: what was purchased, who bears it month by month, taxes and credits.
//!
//! | row | when | BilledCost | EffectiveCost |
//! | --- | --- | --- | --- |
//! | purchase | each invoice of a line | its amount | zero |
//! | share | each month of the term, for each who bears a part | zero | the part |
//! | tax, credit | the day it is charged | its amount | the same |
//!
//! Shares add up to the purchases of their line over the whole term, to the minor unit. ContractedCost and ListCost are
//! unit price times quantity and not rounded: cents that a division leaves over are in EffectiveCost alone.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::json;

use super::cost_and_usage::{UNIT, category};
use super::data_set::{DataSet, FocusRow, decimal_text};
use super::holding::Holding;
use crate::base::Money;
use crate::report::books::{Billing, Charge, ContractLine, InvoiceCharge, PricePeriod};
use crate::report::measure::Month;
use crate::report::measure::allocation::allocate;
use crate::report::measure::amortization::{Spread, Term, TooLarge, line_total, months_of_term};

/// License-months are counted in ten-thousandths, which tell one day of one seat from none.
const QUANTITY_DIGITS: u32 = 4;
/// Prices of a month that are no finite decimal, such as a twelfth, are rounded here.
const PRICE_DIGITS: u32 = 10;

/// Who is invoiced.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub org: String,
    pub id: String,
    pub name: String,
}

/// Who bears a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubAccount {
    pub id: String,
    pub name: String,
    pub kind: String,
    /// A flat JSON object.
    pub tags: String,
    pub holding: Holding,
}

/// What one of them bears of a month of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bearing {
    pub account: SubAccount,
    /// License-days, or anything in proportion to them.
    pub weight: u64,
    /// In minor units.
    pub amount: i128,
}

/// A contract line with what the rows of all its charges share.
pub(super) struct PricedLine<'a> {
    pub line: &'a ContractLine,
    account: &'a Account,
    term: Term,
    total: Money,
    /// In units of [`QUANTITY_DIGITS`].
    quantity: i128,
    contracted: Decimal,
    list: Option<Decimal>,
}

/// A month of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slice {
    pub month: Month,
    pub amount: i128,
    pub quantity: i128,
}

impl<'a> PricedLine<'a> {
    /// `None` for a line without a single day.
    pub(super) fn new(line: &'a ContractLine, account: &'a Account) -> Result<Option<Self>, TooLarge> {
        let Some(term) = Term::new(line.starts_on, line.ends_on) else { return Ok(None) };
        let (months, parts) = term.months();
        let per_month = |price: Decimal| match line.price_period {
            PricePeriod::Month => Some(price),
            PricePeriod::Year => price.checked_div(Decimal::from(12)),
            PricePeriod::Term => price
                .checked_mul(Decimal::try_from_i128_with_scale(parts, 0).ok()?)?
                .checked_div(Decimal::try_from_i128_with_scale(months, 0).ok()?),
        };
        let rounded = |price: Decimal| {
            per_month(price)
                .map(|price| {
                    price.round_dp_with_strategy(PRICE_DIGITS, RoundingStrategy::MidpointAwayFromZero)
                })
                .ok_or(TooLarge)
        };
        let units = i128::from(line.quantity)
            .checked_mul(months)
            .and_then(|product| product.checked_mul(10_i128.pow(QUANTITY_DIGITS)))
            .ok_or(TooLarge)?;
        let quantity = units / parts + i128::from(units % parts >= parts - units % parts);
        let (contracted, list) = (rounded(line.price)?, line.list_price.map(rounded).transpose()?);
        // No part of the term is larger than the whole.
        let whole = Decimal::try_from_i128_with_scale(quantity, QUANTITY_DIGITS).map_err(|_| TooLarge)?;
        for price in [contracted, list.unwrap_or(contracted)] {
            price.checked_mul(whole).ok_or(TooLarge)?;
        }
        Ok(Some(Self { line, account, term, total: line_total(line)?, quantity, contracted, list }))
    }

    /// What names the line among all.
    pub(super) fn id(&self) -> String {
        let ContractLine { org, kind, license_key, line_id, starts_on, .. } = self.line;
        format!("{org}/{kind}/{license_key}/{line_id}/{starts_on}")
    }

    /// The license-months of the whole term.
    pub(super) fn quantity_text(&self) -> String {
        quantity_text(self.quantity)
    }

    /// What the whole term costs.
    pub(super) fn total(&self) -> Money {
        self.total
    }

    /// What is invoiced by and by: first day, first day after, and amount.
    pub(super) fn installments(&self) -> Vec<(Date, Date, Slice)> {
        let step = match self.line.billing {
            Billing::Once => i64::MAX,
            Billing::Monthly => 1,
            Billing::Quarterly => 3,
            Billing::SemiAnnually => 6,
            Billing::Annually => 12,
        };
        let amounts = months_of_term(self.total.minor, self.term, Spread::Equal);
        let quantities = months_of_term(self.quantity, self.term, Spread::Equal);
        let starts_on = self.line.starts_on;
        let mut installments: Vec<(Date, Date, Slice)> = Vec::new();
        for (number, ((month, amount), (_, quantity))) in (0_i64..).zip(amounts.into_iter().zip(quantities)) {
            let start = starts_on.saturating_add(number.months());
            match installments.last_mut() {
                // The calendar month in which a term ends in mid-month begins no contract month.
                Some((.., slice)) if number % step != 0 || start >= self.line.ends_on => {
                    slice.amount += amount;
                    slice.quantity += quantity;
                }
                _ => installments.push((start, self.line.ends_on, Slice { month, amount, quantity })),
            }
        }
        for place in 1..installments.len() {
            installments[place - 1].1 = installments[place].0;
        }
        for (start, _, slice) in &mut installments {
            slice.month = Month::of(*start);
        }
        installments
    }

    /// The months of the term that have begun by `today`.
    pub(super) fn slices(&self, spread: Spread, today: Date) -> Vec<Slice> {
        let amounts = months_of_term(self.total.minor, self.term, spread);
        let quantities = months_of_term(self.quantity, self.term, spread);
        let slices = amounts.into_iter().zip(quantities).map(|((month, amount), (_, quantity))| Slice {
            month,
            amount,
            quantity,
        });
        slices
            .filter(|slice| slice.month.first_day() <= today && self.line.starts_on <= today)
            .filter(|slice| slice.amount != 0 || slice.quantity != 0)
            .collect()
    }

    /// The row of an installment, which is the `number`th of its line.
    pub(super) fn purchase(&self, number: usize, from: Date, until: Date, slice: Slice) -> FocusRow {
        let mut row = self.row(category::PURCHASE, "One-Time", Month::of(from), (from, until));
        let months = quantity_text(slice.quantity);
        row.set(
            "ChargeDescription",
            format!("{}: {months} license-months from {from} until {until}", self.service()),
        );
        row.set("BilledCost", self.amount(slice.amount));
        self.price(&mut row, slice.quantity);
        self.effective(&mut row, 0);
        self.invoice(&mut row, self.line.invoice_ids.get(number));
        row
    }

    /// The rows of a month, one for each who bears a part.
    pub(super) fn shares(&self, slice: Slice, bearings: &[Bearing]) -> Vec<FocusRow> {
        let weights: Vec<_> = bearings.iter().map(|bearing| (&bearing.account.id, bearing.weight)).collect();
        let quantities = allocate(slice.quantity, &weights);
        let from = slice.month.first_day().max(self.line.starts_on);
        let until = slice.month.end().min(self.line.ends_on);
        let invoice = self.installments().iter().rposition(|(start, ..)| *start <= from);
        let shares = bearings.iter().zip(quantities);
        shares
            .filter(|(bearing, quantity)| bearing.amount != 0 || *quantity != 0)
            .map(|(Bearing { account, amount, .. }, quantity)| {
                let mut row = self.row(category::USAGE, "Recurring", slice.month, (from, until));
                let (months, words) = (quantity_text(quantity), account.holding.words(slice.month));
                row.set("ChargeDescription", format!("{}: {months} license-months {words}", self.service()));
                row.set("SubAccountId", account.id.as_str());
                row.set("SubAccountName", account.name.as_str());
                row.set("SubAccountType", account.kind.as_str());
                row.set("Tags", account.tags.as_str());
                row.set("BilledCost", self.amount(0));
                self.price(&mut row, quantity);
                // Where it is not known, it may not be empty (FOCUS 1.4, ConsumedQuantity): what could be used stands for it.
                let is_unheld = account.holding == Holding::Unheld;
                row.set("ConsumedQuantity", quantity_text(if is_unheld { 0 } else { quantity }));
                row.set("ConsumedUnit", UNIT);
                row.set(
                    "ContractApplied",
                    applied_text(&contract_id(self.line), &self.id(), row.get("PricingQuantity")),
                );
                self.effective(&mut row, *amount);
                self.invoice(&mut row, invoice.and_then(|place| self.line.invoice_ids.get(place)));
                row
            })
            .collect()
    }

    /// What names the rows of a charge of this category that begins on this day.
    pub(super) fn key(&self, category: &str, day: Date) -> String {
        format!("{}/{category}/{day}", self.id())
    }

    fn row(&self, category: &str, frequency: &str, month: Month, period: (Date, Date)) -> FocusRow {
        let mut row =
            charge_row(self.account, self.line.currency.code(), &self.line.invoice_issuer, month, period);
        row.set("ChargeCategory", category);
        row.set("ChargeFrequency", frequency);
        row.set("ServiceName", self.service());
        row.set("x_LedgerKey", self.key(category, period.0));
        row
    }

    fn service(&self) -> &str {
        if self.line.sku.is_empty() { &self.line.license_key } else { &self.line.sku }
    }

    fn amount(&self, minor: i128) -> String {
        money_text(Money { minor, ..self.total })
    }

    fn price(&self, row: &mut FocusRow, quantity: i128) {
        let ContractLine { kind, license_key, line_id, currency, .. } = self.line;
        let digits = currency.digits();
        let pricing_quantity = Decimal::from_i128_with_scale(quantity, QUANTITY_DIGITS);
        let list = self.list.unwrap_or(self.contracted);
        for (price, price_column, pricing_column, cost_column) in [
            (self.contracted, "ContractedUnitPrice", "PricingCurrencyContractedUnitPrice", "ContractedCost"),
            (list, "ListUnitPrice", "PricingCurrencyListUnitPrice", "ListCost"),
        ] {
            row.set(price_column, decimal_text(price, digits));
            row.set(pricing_column, decimal_text(price, digits));
            row.set(cost_column, decimal_text(price * pricing_quantity, digits));
        }
        row.set("PricingQuantity", quantity_text(quantity));
        row.set("PricingUnit", UNIT);
        row.set("PricingCategory", "Standard");
        row.set("SkuId", never_digits(license_key));
        row.set("SkuPriceId", format!("{license_key}-{currency}-{line_id}"));
        row.set("SkuMeter", "Licenses purchased");
        row.set("SkuPriceDetails", json!({"x_LicenseKey": license_key, "x_LicenseKind": kind}).to_string());
        row.set("x_ListPriceBasis", if self.list.is_some() { "List" } else { "Contracted" });
    }

    fn effective(&self, row: &mut FocusRow, minor: i128) {
        row.set("EffectiveCost", self.amount(minor));
        row.set("PricingCurrencyEffectiveCost", self.amount(minor));
    }

    fn invoice(&self, row: &mut FocusRow, invoice: Option<&String>) {
        if let Some(invoice) = invoice {
            row.set("InvoiceId", never_digits(invoice));
            row.set("InvoiceDetailId", format!("{invoice}-{}-{}", self.line.license_key, self.line.line_id));
        }
    }
}

impl SubAccount {
    /// One of those that belong to nobody.
    pub(super) fn pool(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind: "Pool".to_owned(),
            tags: NO_TAGS.to_owned(),
            holding: if id == UNASSIGNED { Holding::Unheld } else { Holding::Held },
        }
    }

    /// Holders of whom nothing is known that a cost could be borne by.
    pub(super) fn unallocated() -> Self {
        Self::pool("UNALLOCATED", "Unallocated")
    }

    /// The same of holders who are not known at all.
    pub(super) fn unknown() -> Self {
        Self { holding: Holding::Unknown, ..Self::unallocated() }
    }
}

/// The account of seats that nobody held.
pub(super) const UNASSIGNED: &str = "UNASSIGNED";
/// A flat JSON object without anything in it.
pub(super) const NO_TAGS: &str = "{}";

/// What names a contract: the line of it, over all its terms.
pub(super) fn contract_id(line: &ContractLine) -> String {
    format!("{}/{}", line.org, line.line_id)
}

/// The commitment that a charge draws on, and how much.
pub(super) fn applied_text(contract: &str, commitment: &str, quantity: &str) -> String {
    format!(
        "{{\"Elements\": [{{\"ContractId\": {}, \"ContractCommitmentId\": {}, \
         \"ContractCommitmentAppliedQuantity\": {quantity}, \"ContractCommitmentAppliedUnit\": \"{UNIT}\"}}]}}",
        json!(contract),
        json!(commitment)
    )
}

/// The row of a tax or a credit.
pub(super) fn invoice_charge(charge: &InvoiceCharge, account: &Account) -> FocusRow {
    let day = charge.charged_on;
    let next = day.tomorrow().unwrap_or(day);
    let (category, word) = match charge.charge {
        Charge::Tax => (category::TAX, "Tax"),
        Charge::Credit => (category::CREDIT, "Credit"),
    };
    let currency = charge.amount.currency.code();
    let mut row = charge_row(account, currency, &charge.invoice_issuer, Month::of(day), (day, next));
    let service = if charge.sku.is_empty() { word } else { &charge.sku };
    row.set("ChargeCategory", category);
    row.set("ChargeFrequency", "One-Time");
    row.set("ChargeDescription", format!("{word} on {day}: {service}"));
    row.set("ServiceName", service);
    for column in
        ["BilledCost", "ContractedCost", "EffectiveCost", "ListCost", "PricingCurrencyEffectiveCost"]
    {
        row.set(column, money_text(charge.amount));
    }
    if !charge.invoice_id.is_empty() {
        row.set("InvoiceId", never_digits(&charge.invoice_id));
        row.set("InvoiceDetailId", format!("{}-{category}-{}", charge.invoice_id, charge.line_id));
    }
    row.set("x_LedgerKey", format!("{}/{}/{category}/{day}", account.org, charge.line_id));
    row
}

/// What the rows of all charges share.
fn charge_row(
    account: &Account,
    currency: &str,
    issuer: &str,
    month: Month,
    period: (Date, Date),
) -> FocusRow {
    let mut row = DataSet::CostAndUsage.row();
    for (column, text) in [
        ("BillingAccountId", account.id.as_str()),
        ("BillingAccountName", &account.name),
        ("BillingAccountType", "Salesforce Org"),
        ("BillingCurrency", currency),
        ("PricingCurrency", currency),
        ("InvoiceIssuerName", issuer),
        ("HostProviderName", PROVIDER),
        // FOCUS 1.2 calls so who makes a service available for purchase, and counts what is billed by anyone else as 0.
        ("ProviderName", issuer),
        ("PublisherName", PROVIDER),
        ("ServiceProviderName", PROVIDER),
        ("ServiceCategory", "Business Applications"),
        ("ServiceSubcategory", "Productivity and Collaboration"),
        ("Tags", NO_TAGS),
        ("x_LedgerEntry", "e0"),
        ("x_Org", &account.org),
    ] {
        row.set(column, text);
    }
    row.set("BillingPeriodStart", instant_text(month.first_day()));
    row.set("BillingPeriodEnd", instant_text(month.end()));
    row.set("ChargePeriodStart", instant_text(period.0));
    row.set("ChargePeriodEnd", instant_text(period.1));
    row
}

/// Who provides, publishes and hosts the service, whoever sells it.
pub(super) const PROVIDER: &str = "Salesforce";

/// The first instant of a day, UTC.
pub(super) fn instant_text(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

/// An amount with all the digits of its currency, and at least one.
pub(super) fn money_text(amount: Money) -> String {
    let text = amount.amount_text();
    if text.contains('.') { text } else { text + ".0" }
}

fn quantity_text(units: i128) -> String {
    decimal_text(Decimal::from_i128_with_scale(units, QUANTITY_DIGITS), 2)
}

/// An id that no loader takes for a number.
fn never_digits(id: &str) -> String {
    if id.bytes().all(|byte| byte.is_ascii_digit()) { format!("ID-{id}") } else { id.to_owned() }
}
