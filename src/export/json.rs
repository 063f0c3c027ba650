//! One JSON document per report:
//!
//! ```json
//! {"report": "licenses", "as_of": "2026-11-21T03:00:00.000Z", "complete": true,
//!  "orgs": [{"org": "acme", "collected_at": "2026-11-21T03:00:00.000Z", "run_status": "complete",
//!            "error": null, "gaps": []}],
//!  "columns": [{"name": "org", "kind": "text", "personal": false}],
//!  "rows": [{"org": "acme"}],
//!  "totals": {"total_seats": 153}}
//! ```
//!
//! Each row stands on a line of its own, keys in the order of `columns`; unknown values are `null`, and an
//! org that was never collected has no `collected_at`. Percents are
//! numbers with exactly two decimals. [`json_schema()`](super::json_schema()) describes every document.

use std::io::{self, Write};

use serde_json::json;

use super::{Document, RowWriter};
use crate::base::utc_text;
use crate::report::{Cell, Column, Report};

pub(super) struct Json<'out> {
    report: &'static Report,
    out: &'out mut dyn Write,
    is_first: bool,
}

impl<'out> Json<'out> {
    pub(super) fn begin(document: &Document<'_>, out: &'out mut dyn Write) -> io::Result<Self> {
        let completeness = document.completeness;
        let collected = completeness.orgs.iter().map(|org| {
            let gaps: Vec<_> = org
                .gaps
                .iter()
                .map(|gap| {
                    json!({
                        "object": gap.object, "status": gap.status, "reason": gap.reason,
                        "kept_from": gap.kept_from,
                    })
                })
                .collect();
            json!({
                "org": org.org, "collected_at": org.collected_at, "run_status": org.run_status,
                "error": org.run_error, "gaps": gaps,
            })
        });
        let uncollected = completeness.uncollected.iter().map(
            |org| json!({"org": org, "collected_at": null, "run_status": null, "error": null, "gaps": []}),
        );
        let orgs: Vec<_> = collected.chain(uncollected).collect();
        let columns: Vec<_> = document
            .report
            .columns
            .iter()
            .map(|column| {
                let personal = column.personal.is_some();
                json!({"name": column.name, "kind": column.kind.word(), "personal": personal})
            })
            .collect();
        let head = [
            ("report", json!(document.report.id)),
            ("as_of", json!(utc_text(completeness.as_of))),
            ("complete", json!(completeness.is_complete())),
            ("orgs", json!(orgs)),
            ("columns", json!(columns)),
        ];
        out.write_all(b"{\n")?;
        for (key, value) in head {
            writeln!(out, "\"{key}\": {value},")?;
        }
        out.write_all(b"\"rows\": [")?;
        Ok(Self { report: document.report, out, is_first: true })
    }

    fn object(&mut self, columns: &[Column], cells: &[Cell<'_>]) -> io::Result<()> {
        self.out.write_all(b"{")?;
        for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(self.out, "{comma}\"{}\": ", column.name)?;
            match cell {
                Cell::Null => self.out.write_all(b"null")?,
                Cell::Text(text) => serde_json::to_writer(&mut *self.out, text)?,
                // The other texts are JSON literals as they are.
                plain => self.out.write_all(plain.text().as_bytes())?,
            }
        }
        self.out.write_all(b"}")
    }
}

impl RowWriter for Json<'_> {
    fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        self.out.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        self.object(self.report.columns, cells)
    }

    fn finish(mut self: Box<Self>, totals: &[Cell<'_>]) -> io::Result<()> {
        self.out.write_all(b"\n],\n\"totals\": ")?;
        self.object(self.report.totals, totals)?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()
    }
}
