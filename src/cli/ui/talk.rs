//! Standard error: lines of text, and bars that step aside for them.

use std::io::{self, IsTerminal, Write};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};

use crate::http::redact;

/// Where everything that is not data is said. Clones share the bars.
#[derive(Clone)]
pub(in crate::cli) struct Talk {
    bars: MultiProgress,
    shows_bars: bool,
}

impl Talk {
    /// Bars are drawn only on a terminal, and only if `wants_bars`.
    pub(in crate::cli) fn new(wants_bars: bool) -> Self {
        let shows_bars = wants_bars && io::stderr().is_terminal();
        let target = if shows_bars { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { bars: MultiProgress::with_draw_target(target), shows_bars }
    }

    /// Whether bars are drawn.
    pub(in crate::cli) fn shows_bars(&self) -> bool {
        self.shows_bars
    }

    /// Draws one more bar.
    pub(in crate::cli) fn add_bar(&self, bar: ProgressBar) -> ProgressBar {
        self.bars.add(bar)
    }

    /// Writes one line, without secrets. A reader that went away is no reason to fail.
    pub(in crate::cli) fn line(&self, message: &str) {
        let mut line = redact(message).into_owned();
        line.push('\n');
        self.bars.suspend(|| {
            let _ = io::stderr().lock().write_all(line.as_bytes());
        });
    }
}
