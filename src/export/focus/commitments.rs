//! The contract lines as rows of Contract Commitment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::json;

use super::charges::{Account, PROVIDER, PricedLine, contract_id, instant_text, money_text};
use super::cost_and_usage::UNIT;
use super::data_set::{DataSet, FocusRow, decimal_text};
use crate::report::books::{Billing, ContractLine, Contracts};
use crate::report::measure::amortization::Term;

/// A row for each line, in the order of their ids.
pub(super) fn rows(
    contracts: &Contracts,
    lines: &[(PricedLine<'_>, &Account)],
    today: Date,
) -> Vec<FocusRow> {
    let mut terms: BTreeMap<String, (Date, Date)> = BTreeMap::new();
    for (PricedLine { line, .. }, _) in lines {
        let term = terms.entry(contract_id(line)).or_insert((line.starts_on, line.ends_on));
        *term = (term.0.min(line.starts_on), term.1.max(line.ends_on));
    }
    let mut rows: Vec<_> = lines
        .iter()
        .map(|(priced, account)| row(contracts, priced, account, terms[&contract_id(priced.line)], today))
        .collect();
    rows.sort_by(|one, other| one.get(ID).cmp(other.get(ID)));
    rows
}

const ID: &str = "ContractCommitmentId";

fn row(
    contracts: &Contracts,
    priced: &PricedLine<'_>,
    account: &Account,
    whole: (Date, Date),
    today: Date,
) -> FocusRow {
    let line = priced.line;
    let service = if line.sku.is_empty() { &line.license_key } else { &line.sku };
    let installments = priced.installments();
    let is_upfront = installments.len() <= 1;
    let total = priced.total();
    let upfront = match installments.first() {
        Some((.., first)) if !is_upfront && total.minor > 0 => fraction(first.amount, total.minor),
        _ => Decimal::ONE,
    };
    let mut row = DataSet::ContractCommitment.row();
    for (column, text) in [
        (ID, priced.id()),
        ("ContractId", contract_id(line)),
        ("ContractPeriodStart", instant_text(whole.0)),
        ("ContractPeriodEnd", instant_text(whole.1)),
        ("ContractCommitmentPeriodStart", instant_text(line.starts_on)),
        ("ContractCommitmentPeriodEnd", instant_text(line.ends_on)),
        ("ContractCommitmentCreated", second_text(first_recorded(contracts, line))),
        ("ContractCommitmentLastUpdated", second_text(line.recorded_at)),
        (
            "ContractCommitmentDescription",
            format!("{service}: {} seats from {} until {}", line.quantity, line.starts_on, line.ends_on),
        ),
        ("ContractCommitmentQuantity", priced.quantity_text()),
        ("ContractCommitmentUnit", UNIT.to_owned()),
        ("ContractCommitmentCost", money_text(total)),
        ("PricingCurrencyContractCommitmentCost", money_text(total)),
        ("ContractCommitmentDurationType", duration_text(line)),
        ("ContractCommitmentPaymentUpfrontPercentage", decimal_text(upfront, 1)),
        ("ContractCommitmentApplicability", applicability(account, line)),
        ("InvoiceIssuerName", line.invoice_issuer.clone()),
    ] {
        row.set(column, text);
    }
    let status = match () {
        () if today < line.starts_on => "Pending",
        () if today < line.ends_on => "Active",
        () => "Expired",
    };
    let (model, interval) = match line.billing {
        _ if is_upfront => ("All Upfront", "One-Time"),
        Billing::Once => ("Partial Upfront", "Custom"),
        Billing::Monthly => ("Partial Upfront", "Monthly"),
        Billing::Quarterly => ("Partial Upfront", "Quarterly"),
        Billing::SemiAnnually => ("Partial Upfront", "Semi-Annual"),
        Billing::Annually => ("Partial Upfront", "Annual"),
    };
    for (column, text) in [
        ("BillingCurrency", line.currency.code()),
        ("PricingCurrency", line.currency.code()),
        ("ContractCommitmentBenefitCategory", "Entitlement"),
        ("ContractCommitmentCategory", "Usage"),
        ("ContractCommitmentType", "License Subscription"),
        ("ContractCommitmentLifecycleStatus", status),
        ("ContractCommitmentModel", "Continuous"),
        ("ContractCommitmentFulfillmentInterval", "Monthly"),
        ("ContractCommitmentOfferCategory", "Negotiated"),
        ("ContractCommitmentPaymentModel", model),
        ("ContractCommitmentPaymentInterval", interval),
        ("ServiceProviderName", PROVIDER),
    ] {
        row.set(column, text);
    }
    if let Some(list) = line.list_price.filter(|list| *list >= line.price && !list.is_zero()) {
        let discount = (Decimal::ONE - line.price / list).round_dp(FRACTION_DIGITS);
        row.set("ContractCommitmentDiscountPercentage", decimal_text(discount, 1));
    }
    row
}

const FRACTION_DIGITS: u32 = 6;

/// A part of a whole, which is above zero and below one.
fn fraction(part: i128, whole: i128) -> Decimal {
    let millionths = part.saturating_mul(10_i128.pow(FRACTION_DIGITS)) / whole;
    Decimal::from_i128_with_scale(millionths.clamp(1, 10_i128.pow(FRACTION_DIGITS) - 1), FRACTION_DIGITS)
}

fn first_recorded(contracts: &Contracts, line: &ContractLine) -> Timestamp {
    let is_same = |other: &&ContractLine| {
        (&other.org, &other.kind, &other.license_key, &other.line_id, other.starts_on)
            == (&line.org, &line.kind, &line.license_key, &line.line_id, line.starts_on)
    };
    let earlier = contracts.superseded.iter().filter(is_same).map(|version| version.recorded_at);
    earlier.chain([line.recorded_at]).min().unwrap_or(line.recorded_at)
}

/// An instant without its fraction of a second.
pub(super) fn second_text(instant: Timestamp) -> String {
    let at = instant.to_zoned(TimeZone::UTC).datetime();
    format!("{}Z", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

fn duration_text(line: &ContractLine) -> String {
    let (months, parts) = Term::new(line.starts_on, line.ends_on).map_or((0, 1), Term::months);
    let days = line.starts_on.until(line.ends_on).map_or(0, |span| i128::from(span.get_days()));
    let (number, unit) = match months / parts {
        whole if months % parts != 0 || whole == 0 => (days, "Day"),
        whole if whole % 12 == 0 => (whole / 12, "Year"),
        whole => (whole, "Month"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

fn applicability(account: &Account, line: &ContractLine) -> String {
    let rule =
        |dimension: &str, value: &str| json!({"Dimension": dimension, "Operator": "In", "Values": [value]});
    json!({
        "IsGlobalScope": false, "InclusionOperator": "And",
        "Inclusions": [rule("BillingAccountId", &account.id), rule("SkuId", &line.license_key)],
    })
    .to_string()
}
