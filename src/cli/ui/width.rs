//! How wide the terminal is.

use std::io::{self, IsTerminal as _};

/// Terminals that do not tell are this wide, as the first ones were (VT100 User Guide).
const USUAL_COLUMNS: u16 = 80;

/// The characters of a line of standard output; `None` when that is no terminal.
pub(super) fn of_standard_output() -> Option<u16> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(&out).ok();
    Some(size.map(|size| size.ws_col).filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS))
}
