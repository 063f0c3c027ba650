//! The lint that every row passes before it is published: what FOCUS demands and a receiver's validator does not see.
//!
//! It reads text as it will be written: the form, the allowed values and the emptiness of each field, the arithmetic of
//! each row, and that the shares of a line add up to its purchases once its term is over.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;

use super::column::{FocusColumn, Form, Presence};
use super::cost_and_usage::{CORRECTION, category};
use super::data_set::{DataSet, FocusRow};
use crate::base::Currency;

/// What is wrong with the rows of a data set at `as_of`, a sentence for each place; rows are counted from 1.
pub(in crate::export) fn problems(set: DataSet, rows: &[FocusRow], as_of: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut keys = BTreeSet::new();
    for (number, row) in (1..).zip(rows) {
        let mut say = |problem: String| problems.push(format!("{} row {number}: {problem}", set.csv_file()));
        for (column, text) in set.columns().iter().zip(&row.fields) {
            if let Some(problem) = field_problem(column, text, row) {
                say(format!("{} {problem}", column.name));
            }
        }
        if set == DataSet::CostAndUsage {
            row_problems(row).into_iter().for_each(&mut say);
        }
        let key: Vec<_> = set.key().iter().map(|name| row.get(name)).collect();
        if !keys.insert(key) {
            say("another row has the same key".to_owned());
        }
    }
    if set == DataSet::CostAndUsage {
        problems.extend(line_problems(rows, as_of));
    }
    problems
}

fn field_problem(column: &FocusColumn, text: &str, row: &FocusRow) -> Option<String> {
    let is_empty = text.is_empty();
    let category = row.get("ChargeCategory");
    let is_correction = row.get("ChargeClass") == CORRECTION;
    let is_wanted = match column.presence {
        Presence::Always => Some(true),
        Presence::Never => Some(false),
        Presence::Optional => None,
        Presence::Priced if category == category::TAX => Some(false),
        Presence::Priced if is_correction || category == category::CREDIT => None,
        Presence::Priced => Some(true),
        Presence::Consumed if category != category::USAGE => Some(false),
        Presence::Consumed if is_correction => None,
        Presence::Consumed => Some(true),
        Presence::With(other) => Some(!row.get(other).is_empty()),
        Presence::OnlyWith(other) => row.get(other).is_empty().then_some(false),
    };
    match is_wanted {
        Some(true) if is_empty => return Some("is empty and must not be".to_owned()),
        Some(false) if !is_empty => return Some(format!("is `{text}` and must be empty")),
        _ if is_empty => return None,
        _ => {}
    }
    if !column.values.is_empty() && !column.values.contains(&text) {
        return Some(format!("is `{text}`, which is none of {}", column.values.join(", ")));
    }
    form_problem(column.form, text).map(|wanted| format!("is `{text}`, which is not {wanted}"))
}

/// What the text should have been; nothing when it is.
fn form_problem(form: Form, text: &str) -> Option<&'static str> {
    let is_object = |accepts: fn(&Value) -> bool| {
        serde_json::from_str::<Value>(text)
            .is_ok_and(|value| value.as_object().is_some_and(|o| o.values().all(accepts)))
    };
    let (is_right, wanted) = match form {
        Form::Decimal => (is_decimal(text), "a decimal number with a decimal place, such as -12.50"),
        Form::Price => (
            is_decimal(text) && !text.starts_with('-'),
            "a decimal number of at least zero with a decimal place",
        ),
        Form::Text => (
            is_text(text),
            "a text that stays a text: not digits alone, no word for nothing, nothing around it",
        ),
        Form::Currency => (text.parse::<Currency>().is_ok(), "a currency's ISO 4217 code"),
        Form::DateTime => (is_instant(text), "an instant like 2026-11-01T00:00:00Z"),
        Form::Json => (is_object(|_| true), "a JSON object"),
        Form::KeyValue => (is_object(|value| !value.is_object() && !value.is_array()), "a flat JSON object"),
    };
    (!is_right).then_some(wanted)
}

fn is_decimal(text: &str) -> bool {
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once('.').is_some_and(|(whole, places)| is_digits(whole) && is_digits(places))
        && text.parse::<Decimal>().is_ok()
}

fn is_text(text: &str) -> bool {
    const WORDS_FOR_NOTHING: [&str; 4] = ["null", "n/a", "none", "nan"];
    !text.bytes().all(|byte| byte.is_ascii_digit())
        && !WORDS_FOR_NOTHING.contains(&text.to_ascii_lowercase().as_str())
        && text.trim() == text
}

fn is_instant(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    text.len() == SHAPE.len()
        && text.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            shape => byte == *shape,
        })
        && text.parse::<Timestamp>().is_ok()
}

fn row_problems(row: &FocusRow) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |is_right: bool, problem: &str| {
        if !is_right {
            problems.push(problem.to_owned());
        }
    };
    for (start, end) in [("BillingPeriodStart", "BillingPeriodEnd"), ("ChargePeriodStart", "ChargePeriodEnd")]
    {
        expect(row.get(start) < row.get(end), &format!("{start} is not before {end}"));
    }
    let (billed, effective) = (row.number("BilledCost"), row.number("EffectiveCost"));
    match row.get("ChargeCategory") {
        category::USAGE => expect(billed.is_zero(), "BilledCost of prepaid usage is not 0"),
        category::PURCHASE => {
            expect(effective.is_zero(), "EffectiveCost of a purchase that covers later charges is not 0");
            expect(row.get("ChargeFrequency") != "Usage-Based", "a purchase is Usage-Based");
        }
        _ => {
            for column in ["EffectiveCost", "ContractedCost", "ListCost"] {
                expect(row.number(column) == billed, &format!("{column} is not BilledCost"));
            }
        }
    }
    if row.get("ChargeClass") != CORRECTION && !row.get("PricingQuantity").is_empty() {
        let digits = row.get("BillingCurrency").parse::<Currency>().map_or(2, Currency::digits);
        for (cost, price) in [("ContractedCost", "ContractedUnitPrice"), ("ListCost", "ListUnitPrice")] {
            let product =
                row.number(price).checked_mul(row.number("PricingQuantity")).unwrap_or(Decimal::MAX);
            let is_product = product.round_dp(digits) == row.number(cost).round_dp(digits);
            expect(is_product, &format!("{cost} is not {price} x PricingQuantity"));
        }
    }
    problems
}

/// Shares of lines whose term is over that do not add up to what was purchased.
fn line_problems(rows: &[FocusRow], as_of: &str) -> Vec<String> {
    let mut lines: BTreeMap<&str, (Decimal, Decimal, &str)> = BTreeMap::new();
    for row in rows {
        let category = row.get("ChargeCategory");
        if ![category::USAGE, category::PURCHASE].contains(&category) {
            continue;
        }
        let key = row.get("x_LedgerKey");
        let line = key.rsplit_once(&format!("/{category}/")).map_or(key, |(line, _)| line);
        let (billed, effective, end) = lines.entry(line).or_default();
        *billed += row.number("BilledCost");
        *effective += row.number("EffectiveCost");
        *end = row.get("ChargePeriodEnd").max(end);
    }
    lines
        .into_iter()
        .filter(|(_, (billed, effective, end))| *end <= as_of && billed != effective)
        .map(|(line, (billed, effective, _))| {
            format!("the shares of {line} add up to {effective}, and it was billed {billed}")
        })
        .collect()
}
