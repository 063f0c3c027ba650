//! The two streams: standard output is data, standard error is talk.
//!
//! Everything said on standard error goes through [`Talk`], which hides what looks like a credential, so that no message
//! can carry one, whatever error it was made from.

mod color;
mod grid;
mod progress;
mod spool;
mod stdout;
mod talk;
mod width;

use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;

use serde_json::json;

use super::failure::Failure;
use super::log::LogFormat;
use crate::base::{Clock, World, utc_text};
use crate::http::redact;

pub(in crate::cli) use color::{ColorChoice, Style};
pub(in crate::cli) use grid::grid;
pub(in crate::cli) use progress::Bars;
pub(in crate::cli) use talk::Talk;

use spool::Spool;

/// What is said, and how.
#[derive(Clone)]
pub(in crate::cli) struct Ui {
    quiet: bool,
    talk: Talk,
    spool: Spool,
    log_format: LogFormat,
    clock: Arc<dyn Clock>,
    styled_stdout: bool,
    styled_stderr: bool,
}

impl Ui {
    /// Decides once for each stream whether it is styled. With `--log-format json` every message is a JSON line too.
    pub(in crate::cli) fn new(
        choice: ColorChoice,
        quiet: bool,
        log_format: LogFormat,
        talk: Talk,
        world: &World,
    ) -> Self {
        let styled = |is_terminal| choice.applies_to(is_terminal, &world.environment);
        Self {
            quiet,
            talk,
            spool: Spool::default(),
            log_format,
            clock: Arc::clone(&world.clock),
            styled_stdout: styled(io::stdout().is_terminal()),
            styled_stderr: styled(io::stderr().is_terminal()),
        }
    }

    /// Standard output. Flush it, so that an error is seen.
    pub(in crate::cli) fn data(&self) -> impl Write + use<> {
        self.spool.writer()
    }

    /// One that shows only so many lines of data, and says nothing but warnings and errors.
    pub(in crate::cli) fn excerpt(&self, lines: usize) -> Self {
        Self { quiet: true, spool: Spool::excerpt(lines), ..self.clone() }
    }

    /// How many lines of data an excerpt left out.
    pub(in crate::cli) fn lines_left_out(&self) -> usize {
        self.spool.lines_left_out()
    }

    /// Keeps data back until [`Ui::release`].
    pub(in crate::cli) fn keep_back(&self) {
        self.spool.keep_back();
    }

    /// Writes the data that was kept back.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub(in crate::cli) fn release(&self) -> io::Result<()> {
        self.spool.release()
    }

    /// Forgets the data that was kept back.
    pub(in crate::cli) fn discard(&self) {
        self.spool.discard();
    }

    /// Whether data may be styled.
    pub(in crate::cli) fn styles_data(&self) -> bool {
        self.styled_stdout
    }

    /// The characters of a line of the terminal that data goes to; `None` when it goes elsewhere.
    pub(in crate::cli) fn data_width(&self) -> Option<u16> {
        width::of_standard_output()
    }

    /// Says a sentence, unless asked to be quiet.
    pub(in crate::cli) fn status(&self, sentence: &str) {
        self.status_of(&[], sentence);
    }

    /// The same about something, such as an `org` or an `object`, which JSON lines name in fields of their own.
    pub(in crate::cli) fn status_of(&self, about: &[(&str, &str)], sentence: &str) {
        match self.log_format {
            _ if self.quiet => {}
            LogFormat::Text => {
                let names = about.iter().map(|(_, name)| format!("{name}: ")).collect::<String>();
                self.talk.line(&(names + sentence));
            }
            LogFormat::Json => self.json_line("INFO", about, "message", sentence),
        }
    }

    /// Says what a person should look at although the command goes on.
    pub(in crate::cli) fn warning(&self, sentence: &str) {
        self.labeled(Style::Warning, "warning", sentence);
    }

    /// Says what to do next.
    pub(in crate::cli) fn hint(&self, sentence: &str) {
        self.labeled(Style::Hint, "hint", sentence);
    }

    /// Says why the command ended: the error, its causes, and what to do next.
    pub(in crate::cli) fn failure(&self, failure: &Failure) {
        self.labeled(Style::Error, "error", &failure.message);
        for cause in &failure.causes {
            self.labeled(Style::Error, "caused by", cause);
        }
        for hint in &failure.hints {
            self.hint(hint);
        }
    }

    fn labeled(&self, style: Style, label: &str, sentence: &str) {
        match (self.log_format, style) {
            (LogFormat::Text, _) if self.styled_stderr => {
                self.talk.line(&format!("{}: {sentence}", style.paint(label)));
            }
            (LogFormat::Text, _) => self.talk.line(&format!("{label}: {sentence}")),
            (LogFormat::Json, Style::Warning) => self.json_line("WARN", &[], "message", sentence),
            (LogFormat::Json, Style::Hint) => self.json_line("INFO", &[], "hint", sentence),
            (LogFormat::Json, _) if label == "error" => self.json_line("ERROR", &[], "message", sentence),
            (LogFormat::Json, _) => self.json_line("ERROR", &[], "caused_by", sentence),
        }
    }

    fn json_line(&self, level: &str, about: &[(&str, &str)], key: &str, sentence: &str) {
        let timestamp = utc_text(self.clock.now());
        // Before it is escaped, so that hiding a secret cannot tear the JSON apart.
        let mut line = json!({"timestamp": timestamp, "level": level, key: redact(sentence)});
        for (name, value) in about {
            line[*name] = json!(value);
        }
        self.talk.line(&line.to_string());
    }
}
