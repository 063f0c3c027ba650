//! What is said when the program itself is at fault.

use std::any::Any;
use std::panic::{self, PanicHookInfo};

use super::ui::Talk;

/// From now on a panic says one line, without secrets and without a backtrace, whose frames could hold them.
pub(super) fn report_in_one_line() {
    panic::set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line()));
        let message = message(panic.payload()).lines().next().unwrap_or_default();
        let place = place.unwrap_or_default();
        Talk::new(false).line(&format!(
            "error: a defect in seatledger{place}: {message}; please report it with this line"
        ));
    }));
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
