//! What was published of months that are over: it stays as it is, and what has become known since is booked beside it.
//!
//! The feed that is in the folder is the ledger: its manifest tells until when it knew, and its rows are carried on word
//! for word. A month that had ended by then is closed. When a contract now says something else about it, what was
//! published is taken back and booked anew, both as corrections. Who bore which part of a closed month is never judged
//! again: a correction is divided as the month was.
//!
//! A month that has not ended is open, and each feed replaces it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use rust_decimal::Decimal;

use super::charges::applied_text;
use super::cost_and_usage::CORRECTION;
use super::data_set::{DataSet, FocusRow, decimal_text};
use crate::export::FileError;
use crate::export::feed::Manifest;

/// What was published before.
#[derive(Debug, Default)]
pub(in crate::export) struct Published {
    /// The instant that it knew of; nothing was published when there is none.
    as_of: Option<String>,
    groups: BTreeMap<String, Vec<FocusRow>>,
}

/// The columns that a correction is about: when all of them are the same, nothing is corrected.
const COMPARED: &[&str] =
    &["BillingCurrency", "ContractedUnitPrice", "ListUnitPrice", "InvoiceId", "InvoiceIssuerName"];

/// The columns whose sign a row that takes back turns.
const AMOUNTS: &[&str] = &[
    "BilledCost",
    "ConsumedQuantity",
    "ContractedCost",
    "EffectiveCost",
    "ListCost",
    "PricingCurrencyEffectiveCost",
    "PricingQuantity",
];

impl Published {
    /// Reads what the feed in `folder` holds.
    pub(in crate::export) fn read(folder: &Path, manifest: Option<&Manifest>) -> Result<Self, FileError> {
        let file = DataSet::CostAndUsage.csv_file();
        let Some(manifest) = manifest else { return Ok(Self::default()) };
        let Some(entry) = manifest.files.iter().find(|entry| entry.name == file) else {
            return Ok(Self::default());
        };
        let path = folder.join(&entry.path);
        let unreadable = |source| FileError::Unreadable { path: path.clone(), source };
        if crate::export::feed::sha256_of(&path).map_err(unreadable)? != entry.sha256 {
            return Err(unreadable(io::Error::other("it is not what the manifest says")));
        }
        let rows =
            File::open(&path).and_then(|file| DataSet::CostAndUsage.read_csv(file)).map_err(unreadable)?;
        Ok(Self::of_rows(manifest.as_of.clone(), rows))
    }

    pub(super) fn of_rows(as_of: String, rows: Vec<FocusRow>) -> Self {
        let mut groups: BTreeMap<String, Vec<FocusRow>> = BTreeMap::new();
        for row in rows {
            groups.entry(row.get("x_LedgerKey").to_owned()).or_default().push(row);
        }
        Self { as_of: Some(as_of), groups }
    }

    /// Why a feed of these orgs at this instant cannot go on from here; nothing when it can.
    pub(super) fn problem(&self, as_of: &str, has_org: impl Fn(&str) -> bool) -> Option<String> {
        /// `YYYY-MM`: which months were closed depends on nothing else.
        const MONTH: usize = 7;
        let before = self.as_of.as_deref()?;
        if before.get(..MONTH) > as_of.get(..MONTH) {
            return Some(format!("it is of {before}, when months were over that are not at {as_of}"));
        }
        let other = self.groups.values().flatten().map(|row| row.get("x_Org")).find(|org| !has_org(org))?;
        Some(format!("it holds closed months of {other}, which this export is not about"))
    }

    /// Whether a billing period that ends at this instant was over when the ledger was last written.
    pub(super) fn has_closed(&self, period_end: &str) -> bool {
        // Both are fixed-width UTC text but for the milliseconds, which the second has none of.
        self.as_of.as_deref().is_some_and(|as_of| period_end.trim_end_matches('Z') <= as_of)
    }

    /// The rows of a group that count, after all corrections.
    pub(super) fn standing(&self, key: &str) -> Vec<&FocusRow> {
        let Some(rows) = self.groups.get(key) else { return Vec::new() };
        let newest = rows.iter().map(entry_number).max().unwrap_or_default();
        if newest % 2 == 1 {
            return Vec::new();
        }
        rows.iter().filter(|row| entry_number(row) == newest).collect()
    }

    /// The rows of all groups: those of closed months as they were, corrected by what `fresh` now says, those of open
    /// months as `fresh` has them.
    pub(super) fn go_on(&self, mut fresh: BTreeMap<String, Vec<FocusRow>>) -> Vec<FocusRow> {
        let mut groups: BTreeMap<String, Vec<FocusRow>> = BTreeMap::new();
        for (key, before) in &self.groups {
            if before.iter().any(|row| !self.has_closed(row.get("BillingPeriodEnd"))) {
                continue;
            }
            let now = fresh.remove(key).unwrap_or_default();
            let mut rows = before.clone();
            let standing = self.standing(key);
            if !says_the_same(&standing, &now) {
                let newest = rows.iter().map(entry_number).max().unwrap_or_default();
                // Odd numbers take back, even ones book.
                let (back, anew) = (newest + 1, newest + 2 - newest % 2);
                rows.extend(standing.into_iter().map(|row| taken_back(row, back)));
                rows.extend(now.into_iter().map(|row| correction(row, anew)));
            }
            groups.insert(key.clone(), rows);
        }
        for (key, rows) in fresh {
            let rows = rows.into_iter().map(|row| match self.has_closed(row.get("BillingPeriodEnd")) {
                true => correction(row, 0),
                false => row,
            });
            groups.insert(key, rows.collect());
        }
        groups.into_values().flatten().collect()
    }
}

/// The number of a row's entry.
fn entry_number(row: &FocusRow) -> u64 {
    row.get("x_LedgerEntry").trim_start_matches('e').parse().unwrap_or_default()
}

fn says_the_same(before: &[&FocusRow], now: &[FocusRow]) -> bool {
    let sum_before = |column: &str| before.iter().map(|row| row.number(column)).sum::<Decimal>();
    let sum_now = |column: &str| now.iter().map(|row| row.number(column)).sum::<Decimal>();
    let is_same = |column: &&&str| match (before.first(), now.first()) {
        (Some(one), Some(other)) => one.get(column) == other.get(column),
        (one, other) => one.is_none() == other.is_none(),
    };
    ["BilledCost", "EffectiveCost", "PricingQuantity"]
        .iter()
        .all(|column| sum_before(column) == sum_now(column))
        && COMPARED.iter().all(|column| is_same(&column))
}

fn correction(mut row: FocusRow, entry: u64) -> FocusRow {
    let description = format!("Correction: {}", row.get("ChargeDescription"));
    row.set("ChargeClass", CORRECTION);
    row.set("ChargeDescription", description);
    row.set("x_LedgerEntry", format!("e{entry}"));
    row
}

fn taken_back(row: &FocusRow, entry: u64) -> FocusRow {
    let description = row.get("ChargeDescription").trim_start_matches("Correction: ");
    let mut back = row.clone();
    back.set("ChargeDescription", format!("taken back, {description}"));
    for column in AMOUNTS.iter().filter(|column| !row.get(column).is_empty()) {
        let amount = row.number(column);
        let turned = if amount.is_zero() { amount } else { -amount };
        back.set(column, decimal_text(turned, amount.scale()));
    }
    if let Some((contract, commitment)) = commitment_of(row) {
        let applied = applied_text(&contract, &commitment, back.get("PricingQuantity"));
        back.set("ContractApplied", applied);
    }
    correction(back, entry)
}

fn commitment_of(row: &FocusRow) -> Option<(String, String)> {
    let applied: serde_json::Value = serde_json::from_str(row.get("ContractApplied")).ok()?;
    let element = &applied["Elements"][0];
    Some((element["ContractId"].as_str()?.to_owned(), element["ContractCommitmentId"].as_str()?.to_owned()))
}
