//! FOCUS 1.4 (focus.finops.org): what the contracts cost in the form that finance tools read, as the data sets Cost and
//! Usage and Contract Commitment with their metadata.
//!
//! Knows nothing of where holders come from: who bears what is the chargeback's. Start reading at [`FocusFiles::make`];
//! the row model is told in `charges.rs`, closed months in `ledger.rs`, the columns in `cost_and_usage.rs`.

mod bearers;
mod charges;
mod column;
mod commitments;
mod contract_commitment;
mod cost_and_usage;
mod data_set;
mod holding;
mod ledger;
mod lint;
mod metadata;
mod parquet;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::feed::Period;
use super::{Feed, FileError};
use crate::base::utc_text;
use crate::report;
use crate::report::books::Contracts;
use crate::report::measure::last_day_before;
use crate::store::OrgIdentity;

use bearers::{Bearers, as_published};
use charges::{Account, PricedLine, Slice, invoice_charge};
use commitments::second_text;
use cost_and_usage::category;
use data_set::FocusRow;

pub(super) use data_set::DataSet;
pub(super) use ledger::Published;
pub(super) use lint::problems;
pub(super) use metadata::METADATA;

/// The rows of both data sets, which have passed the lint.
pub(super) struct FocusFiles {
    charges: Vec<FocusRow>,
    commitments: Vec<FocusRow>,
    is_complete: bool,
    as_of: String,
}

impl FocusFiles {
    /// Makes the rows of a feed that goes on from what was published.
    ///
    /// # Errors
    /// The feed cannot go on from there; rows break a rule; an amount is too large; the database cannot be read.
    pub(super) fn make(
        feed: &Feed<'_>,
        orgs: &[OrgIdentity],
        published: &Published,
        folder: &Path,
    ) -> Result<Self, FileError> {
        let as_of = feed.basis.selection.as_of;
        let wanted = &feed.basis.selection.orgs;
        let has_org = |org: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == org);
        if let Some(problem) = published.problem(&utc_text(as_of), has_org) {
            return Err(FileError::Foreign { path: folder.to_owned(), problem });
        }
        let mut contracts = feed.basis.books.contracts.clone().unwrap_or_default();
        contracts.lines.retain(|line| has_org(&line.org));
        contracts.charges.retain(|charge| has_org(&charge.org));
        let today = last_day_before(as_of);
        let file = DataSet::CostAndUsage.csv_file();
        let rows_error = |source| FileError::Rows { path: folder.join(file), source };

        let accounts: BTreeMap<_, _> =
            orgs_of(&contracts).map(|org| (org.to_owned(), account(org, orgs))).collect();
        let lines = priced_lines(&contracts, &accounts).map_err(rows_error)?;
        let mut bearers = Bearers::new(feed.basis, feed.redactions).map_err(rows_error)?;
        let mut groups: BTreeMap<String, Vec<FocusRow>> = BTreeMap::new();
        for (line, _) in &lines {
            for (number, (from, until, slice)) in line.installments().into_iter().enumerate() {
                if from <= today {
                    groups.insert(
                        line.key(category::PURCHASE, from),
                        vec![line.purchase(number, from, until, slice)],
                    );
                }
            }
            for slice in line.slices(feed.basis.rules.spread, today) {
                let (key, rows) = month_rows(line, slice, published, &mut bearers).map_err(rows_error)?;
                groups.insert(key, rows);
            }
        }
        for charge in contracts.charges.iter().filter(|charge| charge.charged_on <= today) {
            let row = invoice_charge(charge, &accounts[&charge.org]);
            groups.insert(row.get("x_LedgerKey").to_owned(), vec![row]);
        }
        let files = Self {
            charges: published.go_on(groups),
            commitments: commitments::rows(&contracts, &lines, today),
            is_complete: feed.completeness.is_complete(),
            as_of: second_text(as_of),
        };
        for set in DataSet::ALL {
            let problems = problems(*set, files.rows(*set), &files.as_of);
            if !problems.is_empty() {
                return Err(FileError::Rules { file: set.csv_file(), problems });
            }
        }
        Ok(files)
    }

    /// The rows of a data set.
    pub(super) fn rows(&self, set: DataSet) -> &[FocusRow] {
        match set {
            DataSet::CostAndUsage => &self.charges,
            DataSet::ContractCommitment => &self.commitments,
        }
    }

    /// The billing periods that the rows of a data set are about.
    pub(super) fn period(&self, set: DataSet) -> Option<Period> {
        let rows = || self.rows(set).iter().filter(|_| set == DataSet::CostAndUsage);
        let day = |text: &str| text.chars().take_while(|character| *character != 'T').collect::<String>();
        let start = rows().map(|row| row.get("BillingPeriodStart")).min()?;
        let end = rows().map(|row| row.get("BillingPeriodEnd")).max()?;
        Some(Period { start: day(start), end: day(end) })
    }

    /// The metadata document.
    pub(super) fn metadata(&self) -> Vec<u8> {
        metadata::document(&self.charges, self.is_complete, &self.as_of)
    }
}

/// The rows of a month of a line with the key that names them. A closed month is divided as it was published.
fn month_rows(
    line: &PricedLine<'_>,
    slice: Slice,
    published: &Published,
    bearers: &mut Bearers<'_>,
) -> Result<(String, Vec<FocusRow>), report::Error> {
    let from: Date = slice.month.first_day().max(line.line.starts_on);
    let key = line.key(category::USAGE, from);
    let standing = published.standing(&key);
    let is_closed = published.has_closed(&charges::instant_text(slice.month.end()));
    let bearings = match is_closed && !standing.is_empty() {
        true => as_published(&standing, slice.amount),
        false => bearers.of(line.line, slice.month, slice.amount)?,
    };
    Ok((key, line.shares(slice, &bearings)))
}

fn orgs_of(contracts: &Contracts) -> impl Iterator<Item = &str> {
    let of_lines = contracts.lines.iter().map(|line| line.org.as_str());
    of_lines.chain(contracts.charges.iter().map(|charge| charge.org.as_str()))
}

/// The org as whom it is invoiced; by its short name until its record was read.
fn account(org: &str, identities: &[OrgIdentity]) -> Account {
    let identity = identities.iter().find(|identity| identity.org == org);
    Account {
        org: org.to_owned(),
        id: identity.map_or_else(|| format!("org:{org}"), |identity| identity.organization_id.clone()),
        name: identity.and_then(|identity| identity.name.clone()).unwrap_or_else(|| format!("Org {org}")),
    }
}

fn priced_lines<'a>(
    contracts: &'a Contracts,
    accounts: &'a BTreeMap<String, Account>,
) -> Result<Vec<(PricedLine<'a>, &'a Account)>, report::Error> {
    let mut lines = Vec::new();
    for line in &contracts.lines {
        let account = &accounts[&line.org];
        let priced = PricedLine::new(line, account)
            .map_err(|source| report::Error::TooLarge { file_line: line.file_line, source })?;
        lines.extend(priced.map(|priced| (priced, account)));
    }
    Ok(lines)
}
