//! `contracts template`: a contract file to start from.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::guarded::{self, Wanted};
use crate::policy::{Companies, Operation};
use crate::report::books::{Book, FilledCells, book_template, contract_template, sample_contract_row};
use crate::store::{LicenseRow, Selection};

/// Every column's meaning, and of contracts a sample.
pub(super) fn print(book: Book, as_json: bool, context: &Context) -> Result<Exit, Failure> {
    if as_json {
        let columns = book.columns().iter().map(|column| {
            let (name, about) = (column.name, column.about);
            json!({ "name": name, "needed": column.needed, "about": about, "sample": column.sample })
        });
        context.print_json(&json!({ "columns": columns.collect::<Vec<_>>() }))?;
    } else {
        let remark = "The row below the header is a sample; write your own in its place.";
        context.print(match book {
            Book::Contracts => contract_template(remark, &[sample_contract_row()]),
            Book::Exemptions | Book::People => book_template(book.columns(), &[], &[]),
        })?;
    }
    Ok(Exit::Complete)
}

/// A row for each license that has seats.
pub(super) fn print_from_database(as_json: bool, values: &Value, context: &Context) -> Result<Exit, Failure> {
    let mut wanted = Wanted::new(Operation::INSPECT, values);
    // Seats are those of whole orgs.
    wanted.companies = Some(Companies::All);
    guarded::run(wanted, context, |inside, _| {
        let rows = rows(inside)?;
        if as_json {
            inside.print_json(&json!({ "rows": rows }))?;
        } else {
            let remark =
                "The rows are the licenses with seats; take out what was not bought, and fill in the rest.";
            inside.print(contract_template(remark, &rows))?;
        }
        inside.ui.status(
            "`seatledger contracts check FILE` lists what is still to be filled in, by line and column.",
        );
        Ok(Exit::Complete)
    })
}

fn rows(context: &Context) -> Result<Vec<FilledCells>, Failure> {
    let reader = context.reader(&context.settings()?.store.path, None)?;
    let as_of = reader.as_of(&[])?;
    let today = context.world.clock.now().to_zoned(TimeZone::UTC).date();
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    let mut rows = Vec::new();
    reader.licenses(&selection, |license| {
        rows.extend(row(license, rows.len() + 1, today));
        Ok::<_, Failure>(())
    })?;
    Ok(rows)
}

/// Licenses without a limit or without seats were not bought by the seat.
fn row(license: LicenseRow, number: usize, today: Date) -> Option<FilledCells> {
    let seats = license.total.filter(|seats| *seats > 0)?;
    let last_day = license.expires_on.and_then(|day| day.parse::<Date>().ok());
    let ends_on = last_day.and_then(|day| day.tomorrow().ok());
    Some(FilledCells::from([
        ("line_id", format!("{number:04}")),
        ("org", license.org),
        ("kind", license.kind),
        ("license_key", license.key?),
        ("sku", license.name.unwrap_or_default()),
        ("quantity", seats.to_string()),
        ("ends_on", ends_on.map(|day| day.to_string()).unwrap_or_default()),
        ("recorded_at", today.to_string()),
    ]))
}
