//! `contracts check`: what the contract file says, as it was understood.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::base::utc_text;
use crate::cli::books;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::ui::grid;
use crate::config::Settings;
use crate::report::books::{Charge, ContractLine, Contracts, Coverage, FileForm, InvoiceCharge, Overlap};
use crate::report::{UnmatchedLicense, unmatched_licenses};
use crate::store::{self, Reader, Selection};

pub(super) fn run(file: Option<&Path>, as_json: bool, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let file = match file {
        Some(file) => context.world.absolute(file),
        None => settings.finance.contracts.clone().ok_or_else(|| {
            Failure::usage("no contracts are configured")
                .hint("name a file, or one with `contracts` under [finance]")
        })?,
    };
    let text = books::read_text(&file)?;
    let orgs: Vec<_> = settings.orgs.iter().map(|org| org.id.as_str()).collect();
    let contracts = books::parse(&file, &text, |text| Contracts::parse(text, &orgs))?;
    books::warn_of_no_lines(&file, contracts.is_empty(), context);
    let today = context.world.clock.now().to_zoned(TimeZone::UTC).date();
    let coverage = contracts.coverage();
    let unmatched = unmatched(&contracts, &settings)?;
    let form = FileForm::of(&text);
    if as_json {
        let mut document = document(&contracts, &coverage, unmatched.as_deref(), today);
        document["file"] = file.display().to_string().into();
        document["form"] = form.to_string().into();
        context.print_json(&document)?;
    } else {
        context.print(table(&contracts, today))?;
    }
    context.ui.status(&format!(
        "{} can be used ({form}). Lines: {}, licenses: {}, superseded versions: {}, taxes and credits: {}.",
        file.display(),
        contracts.lines.len(),
        coverage.len(),
        contracts.superseded_versions(),
        contracts.charges.len(),
    ));
    for license in &coverage {
        say_coverage(license, context);
    }
    match &unmatched {
        None => context.ui.status("License keys were not compared: nothing has been collected yet."),
        Some(keys) => keys.iter().for_each(|key| context.ui.warning(&key.sentence())),
    }
    Ok(Exit::Complete)
}

fn table(contracts: &Contracts, today: Date) -> String {
    let rows = contracts.lines.iter().map(|line| {
        vec![
            line.file_line.to_string(),
            line.line_id.clone(),
            line.org.clone(),
            line.kind.clone(),
            line.license_key.clone(),
            line.quantity.to_string(),
            line.price.to_string(),
            line.currency.to_string(),
            line.price_period.word().to_owned(),
            line.starts_on.to_string(),
            line.ends_on.to_string(),
            line.notice_on().map_or_else(|| "-".to_owned(), |day| day.to_string()),
            state(line, today).to_owned(),
        ]
    });
    let header = [
        "file line#",
        "line id",
        "org",
        "kind",
        "license key",
        "seats#",
        "price#",
        "currency",
        "per",
        "from",
        "until before",
        "notice by",
        "state",
    ];
    grid(&header, rows)
}

fn state(line: &ContractLine, today: Date) -> &'static str {
    if line.holds_on(today) {
        "in force"
    } else if today < line.starts_on {
        "to come"
    } else {
        "ended"
    }
}

fn say_coverage(license: &Coverage<'_>, context: &Context) {
    let Coverage { org, kind, license_key, gaps, overlaps } = license;
    let name = format!("{org}: {kind} license {license_key}");
    for (from, to) in gaps {
        context
            .ui
            .warning(&format!("{name} has no line from {from} until before {to}, and is unpriced meanwhile"));
    }
    for overlap in overlaps {
        let Overlap { from, to, lines, line_ids } = overlap;
        let more = match lines - line_ids.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = line_ids.join(", ");
        context.ui.status(&format!(
            "{name}: the seats of lines {named}{more} add up from {from} until before {to}."
        ));
    }
}

/// The licenses of the file that no license of the newest state has; `None` before anything was collected.
fn unmatched(contracts: &Contracts, settings: &Settings) -> Result<Option<Vec<UnmatchedLicense>>, Failure> {
    let reader = match Reader::open(&settings.store.path) {
        Err(store::Error::Missing(_)) => return Ok(None),
        other => other?,
    };
    let Some(as_of) = reader.newest_state(&[])? else { return Ok(None) };
    let selection = Selection { orgs: Vec::new(), companies: Vec::new(), hides_rest: false, as_of };
    Ok(Some(unmatched_licenses(contracts, &reader, &selection, Date::MIN)?))
}

fn document(
    contracts: &Contracts,
    coverage: &[Coverage<'_>],
    unmatched: Option<&[UnmatchedLicense]>,
    today: Date,
) -> Value {
    let lines: Vec<_> = contracts.lines.iter().map(|line| line_document(line, today)).collect();
    let charges: Vec<_> = contracts.charges.iter().map(charge_document).collect();
    let licenses: Vec<_> = coverage.iter().map(coverage_document).collect();
    let unmatched: Option<Vec<_>> =
        unmatched.map(|licenses| licenses.iter().map(unmatched_document).collect());
    json!({
        "lines": lines, "superseded_versions": contracts.superseded_versions(), "charges": charges, "licenses": licenses,
        "unmatched": unmatched,
    })
}

fn line_document(line: &ContractLine, today: Date) -> Value {
    json!({
        "file_line": line.file_line, "line_id": line.line_id, "org": line.org, "kind": line.kind,
        "license_key": line.license_key, "sku": line.sku, "quantity": line.quantity, "price": line.price.to_string(),
        "price_period": line.price_period.word(), "currency": line.currency.code(),
        "starts_on": line.starts_on.to_string(), "ends_on": line.ends_on.to_string(),
        "notice_on": line.notice_on().map(|day| day.to_string()), "auto_renew": line.auto_renew,
        "uplift_percent": line.uplift_percent.map(|percent| percent.to_string()), "invoice_ids": line.invoice_ids,
        "invoice_issuer": line.invoice_issuer, "recorded_at": utc_text(line.recorded_at), "state": state(line, today),
    })
}

fn charge_document(charge: &InvoiceCharge) -> Value {
    let word = match charge.charge {
        Charge::Tax => "tax",
        Charge::Credit => "credit",
    };
    json!({
        "file_line": charge.file_line, "line_id": charge.line_id, "org": charge.org, "charge": word,
        "sku": charge.sku, "amount": charge.amount.amount_text(), "currency": charge.amount.currency.code(),
        "charged_on": charge.charged_on.to_string(), "invoice_id": charge.invoice_id,
        "invoice_issuer": charge.invoice_issuer, "recorded_at": utc_text(charge.recorded_at),
    })
}

fn unmatched_document(license: &UnmatchedLicense) -> Value {
    let UnmatchedLicense { org, kind, license_key, file_line, nearest } = license;
    json!({
        "org": org, "kind": kind, "license_key": license_key, "file_line": file_line, "nearest": nearest,
    })
}

fn coverage_document(license: &Coverage<'_>) -> Value {
    let day = |day: Date| day.to_string();
    let gaps: Vec<_> = license
        .gaps
        .iter()
        .map(|(from, to)| json!({ "from": day(*from), "until_before": day(*to) }))
        .collect();
    let overlaps: Vec<_> = license
        .overlaps
        .iter()
        .map(|overlap| {
            let Overlap { from, to, lines, line_ids } = overlap;
            json!({ "from": day(*from), "until_before": day(*to), "lines": lines, "line_ids": line_ids })
        })
        .collect();
    json!({
        "org": license.org, "kind": license.kind, "license_key": license.license_key, "gaps": gaps,
        "overlaps": overlaps,
    })
}
