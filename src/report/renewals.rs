//! Report `renewals`: when each contract line ends, by when notice must be given, and what it costs to go on.

use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive as _;

use super::books::{Book, ContractLine};
use super::evidence::prove_by_line;
use super::measure::amortization::line_total;
use super::measure::{days_between, renewal_total, utc_date};
use super::table::{Cell, Column, Kind};
use super::{Basis, Error, Formula, Reach, Report, ReportOption, Sink};

/// The report.
pub const RENEWALS: Report = Report {
    id: "renewals",
    title: "Renewals",
    description: "When each contract line ends, by when notice must be given, and what it costs to go on",
    definition: "One row per contract line whose term ends after as_of, the most urgent first. `notice_on` is the last \
                 day on which notice can be given: the end less the notice days. `value` is what the line costs for \
                 its whole term, `renewal_value` the same seats for another term of the same length at the price with \
                 the uplift. A line is renewed when the file has a line of the same license that begins on the day \
                 this one ends. Amounts of different currencies are never added, so there is no sum of them. Without a \
                 contract file nothing is known.",
    reach: Reach::WholeOrgs,
    options: &[ReportOption::KnownOn],
    columns: &[
        Column::new("org", Kind::Text, "Short name of the org").shown(),
        Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown(),
        Column::new("license_key", Kind::Text, "Key of the license, the same in every org").shown(),
        Column::new("line_id", Kind::Text, "What names the line in the contract").shown(),
        Column::new("sku", Kind::Text, "What the seller calls it"),
        Column::new("seats", Kind::Integer, "Seats under contract").sum().shown(),
        Column::new("starts_on", Kind::Date, "First day of the term"),
        Column::new("ends_on", Kind::Date, "First day after the term").shown(),
        Column::new("days_until_end", Kind::Integer, "Days from as_of to ends_on")
            .from(Formula::Rule, &["ends_on"]),
        Column::new("notice_on", Kind::Date, "Last day for notice; empty when none is agreed").shown(),
        Column::new(
            "days_until_notice",
            Kind::Integer,
            "Days from as_of to notice_on, negative once it has passed",
        )
        .from(Formula::Rule, &["notice_on"])
        .shown(),
        Column::new("auto_renew", Kind::Boolean, "Whether it renews by itself").shown(),
        Column::new("renewed", Kind::Boolean, "Whether the next term is in the file already").shown(),
        Column::new(
            "uplift_percent",
            Kind::Percent,
            "What a renewal adds to the price; empty when not agreed",
        )
        .from(Formula::Rule, &["line_id"]),
        Column::new("value", Kind::Money, "What the seats cost for the whole term")
            .from(Formula::Rule, &["seats", "starts_on", "ends_on"]),
        Column::new(
            "renewal_value",
            Kind::Money,
            "What the same seats cost for another term, with the uplift",
        )
        .from(Formula::Rule, &["value", "uplift_percent"])
        .shown(),
        Column::new("currency", Kind::Text, "ISO 4217 code").shown(),
    ],
    totals: &[
        Column::new("lines", Kind::Integer, "Contract lines that have not ended").asks(Book::Contracts).sum(),
        Column::new("notices_due", Kind::Integer, "Of these, not renewed and with notice due within 90 days")
            .asks(Book::Contracts)
            .sum(),
        Column::new(
            "notices_missed",
            Kind::Integer,
            "Of these, not renewed and past their notice, which renew by themselves",
        )
        .asks(Book::Contracts)
        .sum(),
    ],
    sources: &[],
    key: &["org", "kind", "license_key", "line_id", "starts_on"],
    label: &["org", "license_key", "line_id"],
    about: &["notice_on", "renewal_value"],
    write,
};

/// Notice within these days is due.
const DUE_DAYS: i64 = 90;

fn write(basis: &Basis<'_>, sink: &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error> {
    let Some(contracts) = &basis.books.contracts else { return Ok(vec![Cell::Null; RENEWALS.totals.len()]) };
    let today = utc_date(basis.selection.as_of);
    let orgs = &basis.selection.orgs;
    let mut lines: Vec<_> = contracts
        .lines
        .iter()
        .filter(|line| line.ends_on > today && (orgs.is_empty() || orgs.contains(&line.org)))
        .collect();
    // Among equals, the order of the contracts stays.
    lines.sort_by_key(|line| line.notice_on().unwrap_or(line.ends_on));
    let (mut due, mut missed) = (0_i64, 0_i64);
    for line in &lines {
        let renewed = contracts.is_renewed(line);
        let until_notice = line.notice_on().map(|day| days_between(today, day));
        let too_large = |source| Error::TooLarge { file_line: line.file_line, source };
        let value = line_total(line).map_err(too_large)?;
        let renewal_value = renewal_total(line).map_err(too_large)?;
        let (starts_on, ends_on) = (line.starts_on.to_string(), line.ends_on.to_string());
        let notice_on = line.notice_on().map(|day| day.to_string());
        sink.row(&[
            (&line.org).into(),
            (&line.kind).into(),
            (&line.license_key).into(),
            (&line.line_id).into(),
            (&line.sku).into(),
            line.quantity.into(),
            (&starts_on).into(),
            (&ends_on).into(),
            days_between(today, line.ends_on).into(),
            notice_on.as_ref().into(),
            until_notice.into(),
            line.auto_renew.into(),
            renewed.into(),
            uplift(line).map_or(Cell::Null, Cell::BasisPoints),
            value.into(),
            renewal_value.into(),
            line.currency.code().into(),
        ])
        .map_err(Error::Write)?;
        let row = [&line.org, &line.kind, &line.license_key, &line.line_id, &starts_on].map(Cell::from);
        prove_by_line(sink, &row, "seats", line.quantity.into(), line, "the line's quantity")?;
        prove_by_line(sink, &[], "lines", 1.into(), line, "its term has not ended")?;
        let Some(days) = until_notice.filter(|_| !renewed) else { continue };
        if line.has_missed_notice(today) {
            missed += 1;
            let because = format!("notice was due {} days ago", -days);
            prove_by_line(sink, &[], "notices_missed", 1.into(), line, &because)?;
        } else if (0..=DUE_DAYS).contains(&days) {
            due += 1;
            let because = format!("notice is due in {days} days");
            prove_by_line(sink, &[], "notices_due", 1.into(), line, &because)?;
        }
    }
    let all = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    Ok(vec![all.into(), due.into(), missed.into()])
}

/// Hundredths of a percent, half up.
fn uplift(line: &ContractLine) -> Option<i64> {
    let percent = line.uplift_percent?.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    (percent * rust_decimal::Decimal::ONE_HUNDRED).to_i64()
}
