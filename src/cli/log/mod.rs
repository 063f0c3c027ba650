//! Logs on standard error, as text or as JSON lines. Every line passes redaction before it leaves.

mod json_lines;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use clap::ValueEnum;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;

use super::ui::Talk;
use crate::base::{Clock, utc_text};
use json_lines::JsonLines;

/// The answer to `--log-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// One line for people
    Text,
    /// One JSON object per line
    Json,
}

/// Starts logging: warnings, with `-v` what is being done, with `-vv` every request; errors alone when quiet.
///
/// Only Seatledger's own events are shown: an HTTP library's traces hold what must not be logged.
pub(super) fn start(format: LogFormat, verbosity: u8, quiet: bool, talk: Talk, clock: Arc<dyn Clock>) {
    let level = match (quiet, verbosity) {
        (true, _) => LevelFilter::from_level(Level::ERROR),
        (false, 0) => LevelFilter::from_level(Level::WARN),
        (false, 1) => LevelFilter::from_level(Level::INFO),
        (false, _) => LevelFilter::from_level(Level::DEBUG),
    };
    let filter = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let layer = match format {
        LogFormat::Json => JsonLines { talk, clock }.boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer()
            .with_writer(move || OneEvent { talk: talk.clone(), bytes: Vec::new() })
            .with_timer(Now(clock))
            .with_target(false)
            .boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    // Logging is started once per process; a second start would keep the first, which is as good.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct Now(Arc<dyn Clock>);

impl FormatTime for Now {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str(&utc_text(self.0.now()))
    }
}

/// Holds one event until it is whole, since a secret split over two writes would not be recognized.
struct OneEvent {
    talk: Talk,
    bytes: Vec<u8>,
}

impl Write for OneEvent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OneEvent {
    fn drop(&mut self) {
        self.talk.line(String::from_utf8_lossy(&self.bytes).trim_end_matches('\n'));
    }
}
