//! The contract file: what its columns are, and from its rows to contract lines and charges.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::cell;
use super::contracts::{Billing, Charge, ContractLine, Contracts, InvoiceCharge, PricePeriod};
use super::problem::{LineProblem, none_or};
use super::sheet::{BookColumn, Row, Sheet};
use crate::base::Money;

/// The columns of a contract file, in the order of the template.
pub const CONTRACT_COLUMNS: &[BookColumn] = &[
    column("charge", "license; or tax or credit for an amount on an invoice; empty means license", "license"),
    needed("line_id", "what names the line in the contract", "0001"),
    needed("org", "short name of the org in the configuration", "acme"),
    needed("kind", "user, permission_set, package or feature", "user"),
    needed("license_key", "key of the license, as `seatledger report licenses` has it", "SFDC"),
    column("sku", "what the seller calls it; empty means the license key", "Sales Cloud Enterprise"),
    needed("quantity", "seats; 0 takes back what was recorded earlier under this line and start", "150"),
    needed("price", "price of one seat for one period, with a point before the decimals", "131.25"),
    needed("price_period", "month, year or term: what the price is for", "month"),
    column("add_on_price", "price of a further seat during the term; empty means the same price", "150.00"),
    column("list_price", "the seller's list price for the same period; may be empty", "165.00"),
    needed("currency", "ISO 4217 code such as EUR", "EUR"),
    needed(
        "starts_on",
        "first day of the term, or the day a tax or credit is invoiced, as 2026-10-01",
        "2026-10-01",
    ),
    needed("ends_on", "first day after the term, such as 2027-10-01", "2027-10-01"),
    column(
        "billing",
        "once, monthly, quarterly, semi-annually or annually; empty means annually",
        "annually",
    ),
    column("notice_days", "days before the end by which notice must be given; may be empty", "60"),
    column("auto_renew", "yes or no: whether it renews by itself; empty means no", "yes"),
    column("uplift_percent", "what a renewal adds to the price, in percent; may be empty", "7"),
    column(
        "amount",
        "of a tax or credit, with a point before the decimals; a credit is below zero; 0 takes back what was recorded earlier under this line",
        "",
    ),
    column("invoice_ids", "numbers of the invoices that bill it, in order, separated by |", "INV-1001"),
    column("invoice_issuer", "who invoices it; empty means Salesforce", "Salesforce"),
    needed(
        "recorded_at",
        "day or time at which this became known; a later version of a line replaces it",
        "2026-09-15",
    ),
];

const fn needed(name: &'static str, about: &'static str, sample: &'static str) -> BookColumn {
    BookColumn { name, needed: true, about, sample }
}

const fn column(name: &'static str, about: &'static str, sample: &'static str) -> BookColumn {
    BookColumn { name, needed: false, about, sample }
}

/// Kinds of licenses, as the view `licenses` has them.
const KINDS: &[(&str, &str)] =
    &[("user", "user"), ("permission_set", "permission_set"), ("package", "package"), ("feature", "feature")];

/// What a row is about; `None` for a license.
const CHARGES: &[(&str, Option<Charge>)] =
    &[("license", None), ("tax", Some(Charge::Tax)), ("credit", Some(Charge::Credit))];

const PERIODS: &[(&str, PricePeriod)] =
    &[("month", PricePeriod::Month), ("year", PricePeriod::Year), ("term", PricePeriod::Term)];

const BILLINGS: &[(&str, Billing)] = &[
    ("once", Billing::Once),
    ("monthly", Billing::Monthly),
    ("quarterly", Billing::Quarterly),
    ("semi-annually", Billing::SemiAnnually),
    ("annually", Billing::Annually),
];

/// What only a row about a license fills in.
const OF_LICENSES: &[&str] = &[
    "kind",
    "license_key",
    "quantity",
    "price",
    "price_period",
    "add_on_price",
    "list_price",
    "ends_on",
    "billing",
    "notice_days",
    "auto_renew",
    "uplift_percent",
];

const DEFAULT_ISSUER: &str = "Salesforce";
const MOST_SEATS: i64 = 10_000_000;
/// Amounts beyond are slips of the hand, and products of those below it stay exact.
const LARGEST_AMOUNT: i64 = 1_000_000_000;
const MOST_NOTICE_DAYS: i64 = 3650;

enum Entry {
    Line(ContractLine),
    Charge(InvoiceCharge),
}

impl Contracts {
    /// Reads a contract file; `orgs` are the configured short names. The newest version of each line holds.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its lines.
    pub fn parse<Name: AsRef<str>>(text: &str, orgs: &[Name]) -> Result<Self, Vec<LineProblem>> {
        let mut problems = Vec::new();
        let (mut lines, mut charges) = (Vec::new(), Vec::new());
        if let Some(sheet) = Sheet::read(text, CONTRACT_COLUMNS, &mut problems) {
            for entry in sheet.each(&mut problems, |row| entry(row, orgs)) {
                match entry {
                    Entry::Line(line) => lines.push(line),
                    Entry::Charge(charge) => charges.push(charge),
                }
            }
        }
        refuse_overlaps(&lines, &mut problems);
        refuse_repeated_charges(&charges, &mut problems);
        none_or(problems, || Self::of_versions(lines, charges))
    }
}

fn entry<Name: AsRef<str>>(row: &mut Row<'_>, orgs: &[Name]) -> Option<Entry> {
    match row.optional("charge", cell::choice(CHARGES))?.flatten() {
        None => contract_line(row, orgs).map(Entry::Line),
        Some(charge) => invoice_charge(row, orgs, charge).map(Entry::Charge),
    }
}

/// Every cell is read before the first that cannot be is missed, so that all mistakes of a row are told.
fn contract_line<Name: AsRef<str>>(row: &mut Row<'_>, orgs: &[Name]) -> Option<ContractLine> {
    if !row.text("amount").is_empty() {
        row.refuse("amount", "is for taxes and credits only; a license has a price and a quantity");
    }
    let price = cell::decimal(0, LARGEST_AMOUNT);
    let line_id = row.needed("line_id", cell::text);
    let org = row.needed("org", cell::org(orgs));
    let kind = row.needed("kind", cell::choice(KINDS));
    let license_key = row.needed("license_key", cell::text);
    let quantity = row.needed("quantity", cell::whole(0, MOST_SEATS));
    let seat_price = row.needed("price", &price);
    let price_period = row.needed("price_period", cell::choice(PERIODS));
    let add_on_price = row.optional("add_on_price", &price);
    let list_price = row.optional("list_price", &price);
    let currency = row.needed("currency", cell::currency);
    let starts_on = row.needed("starts_on", cell::date);
    let ends_on = row.needed("ends_on", cell::date);
    let billing = row.optional("billing", cell::choice(BILLINGS));
    let notice_days = row.optional("notice_days", cell::whole(0, MOST_NOTICE_DAYS));
    let auto_renew = row.optional("auto_renew", cell::yes_or_no);
    let uplift_percent = row.optional("uplift_percent", cell::decimal(-100, 1000));
    let invoice_ids = invoice_ids(row);
    let recorded_at = row.needed("recorded_at", cell::instant);
    let (starts_on, ends_on) = (starts_on?, ends_on?);
    if ends_on <= starts_on {
        let message =
            format!("{ends_on} is not after the start {starts_on}; write the first day after the term");
        row.refuse("ends_on", message);
        return None;
    }
    let license_key = license_key?;
    Some(ContractLine {
        file_line: row.line,
        line_id: line_id?,
        org: org?,
        kind: kind?.to_owned(),
        sku: text_or(row, "sku", &license_key),
        license_key,
        quantity: quantity?,
        price: seat_price?,
        price_period: price_period?,
        add_on_price: add_on_price?,
        list_price: list_price?,
        currency: currency?,
        starts_on,
        ends_on,
        billing: billing?.unwrap_or(Billing::Annually),
        notice_days: notice_days?,
        auto_renew: auto_renew?.unwrap_or(false),
        uplift_percent: uplift_percent?,
        invoice_ids,
        invoice_issuer: text_or(row, "invoice_issuer", DEFAULT_ISSUER),
        recorded_at: recorded_at?,
    })
}

fn invoice_charge<Name: AsRef<str>>(
    row: &mut Row<'_>,
    orgs: &[Name],
    charge: Charge,
) -> Option<InvoiceCharge> {
    for column in OF_LICENSES.iter().filter(|column| !row.text(column).is_empty()).collect::<Vec<_>>() {
        row.refuse(column, "is for licenses only; leave it empty in a row about a tax or a credit");
    }
    let line_id = row.needed("line_id", cell::text);
    let org = row.needed("org", cell::org(orgs));
    let currency = row.needed("currency", cell::currency);
    let amount = row.needed("amount", cell::decimal(-LARGEST_AMOUNT, LARGEST_AMOUNT));
    let charged_on = row.needed("starts_on", cell::date);
    let invoice_id = row.needed("invoice_ids", cell::text);
    let recorded_at = row.needed("recorded_at", cell::instant);
    if invoice_id.is_some() && invoice_ids(row).len() != 1 {
        row.refuse("invoice_ids", "names several invoices; write one row for each");
        return None;
    }
    let (amount, currency) = (amount?, currency?);
    let Some(money) = Money::exact(amount, currency) else {
        let message = format!("{amount} has more decimals than {currency}, which has {}", currency.digits());
        row.refuse("amount", message);
        return None;
    };
    if charge == Charge::Credit && money.minor > 0 {
        let below = Money { minor: -money.minor, ..money }.amount_text();
        row.refuse("amount", format!("a credit is below zero, as on the invoice; write {below}"));
        return None;
    }
    Some(InvoiceCharge {
        file_line: row.line,
        line_id: line_id?,
        org: org?,
        charge,
        sku: row.text("sku").to_owned(),
        amount: money,
        charged_on: charged_on?,
        invoice_id: invoice_id?,
        invoice_issuer: text_or(row, "invoice_issuer", DEFAULT_ISSUER),
        recorded_at: recorded_at?,
    })
}

fn invoice_ids(row: &Row<'_>) -> Vec<String> {
    let ids = row.text("invoice_ids").split('|').map(str::trim);
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

fn text_or(row: &Row<'_>, column: &str, default: &str) -> String {
    match row.text(column) {
        "" => default.to_owned(),
        text => text.to_owned(),
    }
}

/// At no time may two terms of one line be known that share a day: nobody could say which price holds. Versions are
/// taken in the order in which they became known, all of one instant together.
fn refuse_overlaps(versions: &[ContractLine], problems: &mut Vec<LineProblem>) {
    let mut by_line: BTreeMap<_, Vec<&ContractLine>> = BTreeMap::new();
    for version in versions {
        let line = (&version.org, &version.kind, &version.license_key, &version.line_id);
        by_line.entry(line).or_default().push(version);
    }
    for versions in by_line.values_mut() {
        versions.sort_by_key(|version| (version.recorded_at, version.file_line));
        let mut known: BTreeMap<Date, &ContractLine> = BTreeMap::new();
        for together in versions.chunk_by(|one, other| one.recorded_at == other.recorded_at) {
            for version in together {
                let before = known.insert(version.starts_on, version);
                if let Some(twin) = before.filter(|before| before.recorded_at == version.recorded_at) {
                    let message = format!(
                        "this line and start were already recorded at this time in line {}; give the version that \
                         holds a later recorded_at, or another line_id if it is another line",
                        twin.file_line
                    );
                    problems.push(problem(version, "recorded_at", message));
                }
            }
            known.retain(|_, version| version.quantity > 0);
            for version in together.iter().filter(|version| version.quantity > 0) {
                let earlier = known.range(..version.starts_on).next_back();
                let later = known.range(version.starts_on..).nth(1);
                let overlapped =
                    [earlier, later].into_iter().flatten().map(|(_, other)| *other).find(|other| {
                        other.starts_on < version.ends_on && version.starts_on < other.ends_on
                        // Of two that became known together, the lower line in the file is told.
                        && (other.recorded_at, other.file_line) < (version.recorded_at, version.file_line)
                    });
                if let Some(other) = overlapped {
                    let message = format!(
                        "the term {} to {} overlaps the one from {} to {} in line {}; end that one in a later \
                         version of it, or give this line another line_id",
                        version.starts_on, version.ends_on, other.starts_on, other.ends_on, other.file_line
                    );
                    problems.push(problem(version, "starts_on", message));
                }
            }
        }
    }
}

fn problem(line: &ContractLine, column: &str, message: String) -> LineProblem {
    LineProblem { line: line.file_line, column: Some(column.to_owned()), message }
}

fn refuse_repeated_charges(charges: &[InvoiceCharge], problems: &mut Vec<LineProblem>) {
    let mut first: BTreeMap<_, u64> = BTreeMap::new();
    for charge in charges {
        let name = (&charge.org, &charge.line_id, charge.recorded_at);
        match first.get(&name) {
            Some(line) => problems.push(LineProblem {
                line: charge.file_line,
                column: Some("line_id".to_owned()),
                message: format!(
                    "the charge `{}` already stands in line {line} with the same recorded_at; give this one a later \
                     one if it replaces that, or another line_id if it is another charge",
                    charge.line_id
                ),
            }),
            None => {
                first.insert(name, charge.file_line);
            }
        }
    }
}
