//! Shows how a collection goes: bars on a terminal, a line per object elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Ui;
use crate::collect::Progress;
use crate::store::{ObjectOutcome, ObjectStatus};

/// Work that is done within this time needs no bar, which would only flicker.
const BARS_AFTER: Duration = Duration::from_millis(250);

/// Draws one bar per object in flight.
pub(in crate::cli) struct Bars<'ui> {
    ui: &'ui Ui,
    since: Instant,
    drawn: Mutex<BTreeMap<(String, String), ProgressBar>>,
}

impl<'ui> Bars<'ui> {
    /// Starts the clock.
    pub(in crate::cli) fn new(ui: &'ui Ui) -> Self {
        Self { ui, since: Instant::now(), drawn: Mutex::default() }
    }
}

impl Progress for Bars<'_> {
    fn org_started(&self, org: &str, objects: usize) {
        self.ui.status_of(&[("org", org)], &format!("collecting {objects} objects."));
    }

    fn page_staged(&self, org: &str, object: &str, rows: u64, promised_rows: u64) {
        if !self.ui.talk.shows_bars() || self.since.elapsed() < BARS_AFTER {
            return;
        }
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (org.to_owned(), object.to_owned());
        // A full bar has nothing more to say, and a screen holds only so many.
        if rows >= promised_rows {
            if let Some(bar) = drawn.remove(&key) {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = drawn.entry(key).or_insert_with(|| {
            let bar = ProgressBar::new(promised_rows).with_style(style());
            bar.set_message(format!("{org} {object}"));
            self.ui.talk.add_bar(bar)
        });
        bar.set_length(promised_rows);
        bar.set_position(rows);
    }

    fn object_finished(&self, org: &str, outcome: &ObjectOutcome) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = drawn.remove(&(org.to_owned(), outcome.object.to_owned())) {
            bar.finish_and_clear();
        }
        let is_complete = outcome.status == ObjectStatus::Complete;
        if !(is_complete && self.ui.talk.shows_bars()) {
            self.ui.status_of(&[("org", org), ("object", outcome.object)], &sentence(outcome));
        }
    }

    fn note(&self, org: &str, text: &str) {
        self.ui.status_of(&[("org", org)], &format!("{text}."));
    }
}

/// `5000 rows.` or `stale, no permission.`
fn sentence(outcome: &ObjectOutcome) -> String {
    match (outcome.status, &outcome.reason) {
        (ObjectStatus::Complete, _) if outcome.rows == 1 => "1 row.".to_owned(),
        (ObjectStatus::Complete, _) => format!("{} rows.", outcome.rows),
        (status, Some(reason)) => format!("{}, {reason}.", status.name()),
        (status, None) => format!("{}.", status.name()),
    }
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:34} {wide_bar} {human_pos}/{human_len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
