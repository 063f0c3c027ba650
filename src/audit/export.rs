//! The journal for other programs: CSV for people with spreadsheets, JSON Lines, and OCSF.

use std::borrow::Cow;
use std::io::{self, Write};

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::chain::{ChainId, Record};
use super::ocsf::{attestation, event_id, ocsf_event};
use super::{Error, Filter, Reader};

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One row for each event, with the columns that people ask for.
    Csv,
    /// One JSON object a line: the event as it was recorded, and its place in the chain.
    JsonLines,
    /// One OCSF event a line.
    Ocsf,
}

/// The columns of the CSV form, and where each is found in a body.
const COLUMNS: &[(&str, &str)] = &[
    ("time", "/time"),
    ("kind", "/kind"),
    ("trace_id", "/trace_id"),
    ("operation", "/operation"),
    ("channel", "/channel"),
    ("host", "/host"),
    ("issuer", "/principal/issuer"),
    ("subject", "/principal/subject"),
    ("name", "/principal/name"),
    ("email", "/principal/email"),
    ("tenant", "/principal/tenant"),
    ("agent", "/agent/name"),
    ("org", "/target/org"),
    ("target", "/target/summary"),
    ("decision", "/decision"),
    ("reason", "/reason"),
    ("detail", "/detail"),
    ("status", "/status"),
    ("http_status", "/http_status"),
    ("rows", "/rows"),
    ("bytes", "/bytes"),
    ("api_calls", "/api_calls"),
    ("latency_ms", "/latency_ms"),
    ("risk_score", "/risk_score"),
    ("error", "/error"),
    ("policy_id", "/policy_id"),
];

/// Writes what `filter` wants to `out`, oldest first.
///
/// # Errors
/// [`Error::Statement`] or [`Error::Export`].
pub fn export(
    reader: &Reader,
    filter: &Filter,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<(), Error> {
    let chain = reader.chain_id();
    match format {
        ExportFormat::Csv => {
            let mut writer = csv::Writer::from_writer(out);
            let header = ["seq"].into_iter().chain(COLUMNS.iter().map(|(name, _)| *name)).chain(["hash"]);
            writer.write_record(header).map_err(csv_error)?;
            reader.for_each(filter, |record| writer.write_record(cells(&record)).map_err(csv_error))?;
            writer.flush().map_err(Error::Export)
        }
        ExportFormat::JsonLines => {
            reader.for_each(filter, |record| line(out, &native(&chain, &record)).map_err(Error::Export))
        }
        ExportFormat::Ocsf => {
            reader.for_each(filter, |record| line(out, &ocsf_event(&chain, &record)).map_err(Error::Export))
        }
    }
}

/// The event as it was recorded, with its id and its place in the chain.
pub(super) fn native(chain: &ChainId, record: &Record) -> Value {
    let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
    json!({"attestation": attestation(chain, record), "event": body, "id": event_id(chain, record.seq)})
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    writeln!(out, "{value}")
}

fn cells(record: &Record) -> Vec<String> {
    let body: Value = serde_json::from_slice(&record.body).unwrap_or_default();
    let cell = |(_, path): &(&str, &str)| match body.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => neutral(text).into_owned(),
        Some(other) => other.to_string(),
    };
    let mut cells = vec![record.seq.to_string()];
    cells.extend(COLUMNS.iter().map(cell));
    cells.push(HEXLOWER.encode(&record.hash));
    cells
}

/// A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection"; Excel also takes the
/// full-width forms). An apostrophe before it makes it a text.
fn neutral(text: &str) -> Cow<'_, str> {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\0', '＝', '＋', '－', '＠'];
    if text.trim_start_matches(' ').starts_with(FORMULA) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn csv_error(error: csv::Error) -> Error {
    Error::Export(error.into())
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1+1", " =1"] {
            assert_eq!(neutral(text), format!("'{text}"));
        }
        for text in ["", "plain", "1-2", "a=b", "'x"] {
            assert_eq!(neutral(text), text);
        }
    }
}
