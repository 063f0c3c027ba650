//! The books of the demo: contracts, exemptions and people of record that fit the simulated org, so that reports have
//! prices. They are invented, and counted in seats of what was collected.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::base::write_atomically;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::report::books::{
    BookColumn, EXEMPTION_COLUMNS, FilledCells, PEOPLE_COLUMNS, contract_template, csv_row,
};
use crate::store::{Reader, Selection};

/// What the simulated company has bought of a license: as many seats as the org has.
struct Purchase {
    kind: &'static str,
    license_key: &'static str,
    sku: &'static str,
    price: &'static str,
    price_period: &'static str,
    add_on_price: &'static str,
    list_price: &'static str,
    currency: &'static str,
    /// Months from the first day of the term to the first day of this month.
    began_months_ago: i32,
    months: i32,
    billing: &'static str,
    notice_days: &'static str,
    auto_renew: &'static str,
    uplift_percent: &'static str,
    invoice_ids: &'static str,
    invoice_issuer: &'static str,
}

const YEARLY: Purchase = Purchase {
    kind: "user",
    license_key: "",
    sku: "",
    price: "",
    price_period: "month",
    add_on_price: "",
    list_price: "",
    currency: "EUR",
    began_months_ago: 1,
    months: 12,
    billing: "annually",
    notice_days: "60",
    auto_renew: "yes",
    uplift_percent: "7",
    invoice_ids: "INV-1001",
    invoice_issuer: "",
};

/// The first is the one that is taxed. What is not here is unpriced, as in most companies something is.
const PURCHASES: &[Purchase] = &[
    Purchase {
        license_key: "SFDC",
        sku: "Sales Cloud Enterprise",
        price: "131.25",
        add_on_price: "150.00",
        list_price: "165.00",
        ..YEARLY
    },
    Purchase {
        license_key: "AUL",
        sku: "Platform Starter",
        price: "300.00",
        price_period: "year",
        list_price: "300.00",
        began_months_ago: 14,
        months: 36,
        notice_days: "90",
        auto_renew: "no",
        uplift_percent: "",
        invoice_ids: "INV-0801|INV-1002|INV-1203",
        ..YEARLY
    },
    Purchase {
        license_key: "PID_Customer_Community",
        sku: "Customer Community",
        price: "5.00",
        began_months_ago: 9,
        billing: "quarterly",
        uplift_percent: "5",
        invoice_ids: "INV-0870|INV-0902|INV-0955|INV-1003",
        ..YEARLY
    },
    Purchase {
        license_key: "PID_Partner_Community",
        sku: "Partner Community",
        price: "10.00",
        add_on_price: "12.50",
        ..YEARLY
    },
    Purchase {
        kind: "permission_set",
        license_key: "SalesConsoleUser",
        sku: "Sales Console",
        price: "25.00",
        ..YEARLY
    },
    Purchase {
        kind: "permission_set",
        license_key: "CRMAnalyticsPlus",
        sku: "CRM Analytics Plus",
        price: "125.00",
        list_price: "140.00",
        ..YEARLY
    },
    Purchase {
        kind: "package",
        license_key: "dsfs",
        sku: "Electronic signatures",
        price: "240.00",
        price_period: "term",
        currency: "USD",
        began_months_ago: 6,
        billing: "once",
        notice_days: "30",
        uplift_percent: "",
        invoice_ids: "SIG-2207",
        invoice_issuer: "Signatures Inc.",
        ..YEARLY
    },
];

const TAX_PERCENT: i64 = 19;
const ORG: &str = "demo";

/// Writes books without rows, which the configuration can name before anything is collected.
pub(super) fn write_empty(folder: &Path) -> Result<(), Failure> {
    write(folder, "contracts.csv", &contract_template(REMARK, &[]))?;
    write(folder, "exemptions.csv", &table(EXEMPTION_COLUMNS, &[]))?;
    write(folder, "people.csv", &table(PEOPLE_COLUMNS, &[]))
}

const REMARK: &str = "The rows are invented for the simulated org.";

/// Writes books that fit what was collected.
pub(super) fn write_filled(folder: &Path, context: &Context) -> Result<(), Failure> {
    let reader = Reader::open(&folder.join("seatledger.db"))?;
    let as_of = reader.as_of(&[])?;
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let today = as_of.to_zoned(TimeZone::UTC).date();
    write(folder, "contracts.csv", &contract_template(REMARK, &contracts(&reader, &selection, today)?))?;
    let (exemptions, people) = of_people(&reader, &selection, today)?;
    write(folder, "exemptions.csv", &table(EXEMPTION_COLUMNS, &exemptions))?;
    write(folder, "people.csv", &table(PEOPLE_COLUMNS, &people))?;
    context.ui.status(&format!(
        "Wrote contracts.csv, exemptions.csv and people.csv into {}, as purchasing and human resources would.",
        folder.display()
    ));
    Ok(())
}

fn contracts(reader: &Reader, selection: &Selection, today: Date) -> Result<Vec<FilledCells>, Failure> {
    let mut seats = BTreeMap::new();
    reader.licenses(selection, |license| {
        if let (Some(key), Some(total)) = (license.key, license.total.filter(|total| *total > 0)) {
            seats.insert((license.kind, key), total);
        }
        Ok::<_, Failure>(())
    })?;
    let this_month = today.first_of_month();
    let mut rows = Vec::new();
    for (number, purchase) in PURCHASES.iter().enumerate() {
        let license = (purchase.kind.to_owned(), purchase.license_key.to_owned());
        let Some(quantity) = seats.get(&license) else { continue };
        let starts_on = this_month.saturating_sub(purchase.began_months_ago.months());
        rows.push(FilledCells::from([
            ("charge", "license".to_owned()),
            ("line_id", format!("{:04}", number + 1)),
            ("org", ORG.to_owned()),
            ("kind", license.0),
            ("license_key", license.1),
            ("sku", purchase.sku.to_owned()),
            ("quantity", quantity.to_string()),
            ("price", purchase.price.to_owned()),
            ("price_period", purchase.price_period.to_owned()),
            ("add_on_price", purchase.add_on_price.to_owned()),
            ("list_price", purchase.list_price.to_owned()),
            ("currency", purchase.currency.to_owned()),
            ("starts_on", starts_on.to_string()),
            ("ends_on", starts_on.saturating_add(purchase.months.months()).to_string()),
            ("billing", purchase.billing.to_owned()),
            ("notice_days", purchase.notice_days.to_owned()),
            ("auto_renew", purchase.auto_renew.to_owned()),
            ("uplift_percent", purchase.uplift_percent.to_owned()),
            ("invoice_ids", purchase.invoice_ids.to_owned()),
            ("invoice_issuer", purchase.invoice_issuer.to_owned()),
            ("recorded_at", starts_on.saturating_sub(2.weeks()).to_string()),
        ]));
    }
    let taxed = &PURCHASES[0];
    let taxed_seats = seats.get(&(taxed.kind.to_owned(), taxed.license_key.to_owned())).copied().unwrap_or(0);
    let net = taxed.price.parse::<Decimal>().unwrap_or_default()
        * Decimal::from(taxed_seats)
        * Decimal::from(taxed.months);
    let tax = (net * Decimal::new(TAX_PERCENT, 2))
        .round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let invoiced_on = this_month.saturating_sub(taxed.began_months_ago.months());
    rows.push(charge("tax", "T-1001", "Value-added tax", &tax.to_string(), taxed.invoice_ids, invoiced_on));
    rows.push(charge("credit", "C-1004", "Goodwill for an outage", "-500.00", "INV-1004", this_month));
    Ok(rows)
}

fn charge(charge: &str, id: &str, sku: &str, amount: &str, invoice: &str, day: Date) -> FilledCells {
    FilledCells::from([
        ("charge", charge.to_owned()),
        ("line_id", id.to_owned()),
        ("org", ORG.to_owned()),
        ("sku", sku.to_owned()),
        ("currency", "EUR".to_owned()),
        ("starts_on", day.to_string()),
        ("amount", amount.to_owned()),
        ("invoice_ids", invoice.to_owned()),
        ("recorded_at", day.to_string()),
    ])
}

/// Exemptions for the first few, and a list of employees that knows some who have left, and misses some who have not.
fn of_people(
    reader: &Reader,
    selection: &Selection,
    today: Date,
) -> Result<(Vec<FilledCells>, Vec<FilledCells>), Failure> {
    const EVERY_NTH_HAS_LEFT: usize = 40;
    const EVERY_NTH_IS_MISSING: usize = 60;
    const LICENSE_ON_LEAVE: &str = "SFDC";
    let (mut employees, mut on_leave) = (BTreeMap::new(), None);
    let mut usernames = Vec::new();
    reader.users(selection, |user| {
        if let Some(number) = user.employee_number {
            let holds = user.is_active == Some(true) && user.license.as_deref() == Some("Salesforce");
            if on_leave.is_none() && holds && !usernames.is_empty() {
                on_leave = user.username;
            } else {
                usernames.extend(user.username);
            }
            let text = |text: Option<String>| text.unwrap_or_default();
            employees.insert(number, (text(user.federation_identifier), text(user.email)));
        }
        Ok::<_, Failure>(())
    })?;
    let day = |days: i64| today.saturating_add(days.days()).to_string();
    let reasons = [
        ("", "Keeps the account for emergencies", "Head of IT", day(180)),
        (LICENSE_ON_LEAVE, "Parental leave until spring", "Human resources", day(120)),
        ("", "Project that has ended", "Project office", day(-30)),
    ];
    // The second is for a license that its user holds.
    let at = usernames.len().min(1);
    usernames.splice(at..at, on_leave);
    let exemptions = usernames.into_iter().zip(reasons).map(|(user, (license_key, reason, owner, until))| {
        FilledCells::from([
            ("user", user),
            ("license_key", license_key.to_owned()),
            ("reason", reason.to_owned()),
            ("owner", owner.to_owned()),
            ("expires_on", until),
        ])
    });
    let is_listed = |place: &usize| place % EVERY_NTH_IS_MISSING != EVERY_NTH_IS_MISSING - 1;
    let employees = employees.into_iter().enumerate().filter(|(place, _)| is_listed(place));
    let people = employees.map(|(place, (number, (federation_identifier, email)))| {
        let has_left = place % EVERY_NTH_HAS_LEFT == EVERY_NTH_HAS_LEFT - 1;
        FilledCells::from([
            ("employee_number", number),
            ("federation_identifier", federation_identifier),
            ("email", email),
            ("has_left", if has_left { "yes" } else { "no" }.to_owned()),
            ("left_on", if has_left { day(-20) } else { String::new() }),
        ])
    });
    Ok((exemptions.collect(), people.collect()))
}

fn table(columns: &[BookColumn], rows: &[FilledCells]) -> String {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    let rows = rows.iter().map(|row| {
        let cells: Vec<_> = names.iter().map(|name| row.get(name).map_or("", String::as_str)).collect();
        csv_row(&cells)
    });
    csv_row(&names) + &rows.collect::<String>()
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let path = folder.join(name);
    write_atomically(&path, |out| out.write_all(text.as_bytes()))
        .map_err(|error| Failure::file("write", &path, &error))
}
