//! The `seatledger` program: builds the ambient world once and hands it to the command line.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use seatledger::base::{
    Clock, Environment, HastyClock, OffsetClock, Stop, StopSignal, SystemClock, World, parse_instant,
};
use seatledger::cli::{self, Exit};

fn main() -> ExitCode {
    // Whatever is created holds licenses and people: nobody else may read it.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match world() {
        Ok(world) => cli::run(world, std::env::args_os()),
        Err(message) => cli::refuse_to_start(&message),
    }
}

fn world() -> Result<World, String> {
    let environment: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let clock = clock(&environment)?;
    #[expect(clippy::disallowed_methods, reason = "this is where the working folder enters")]
    let current_dir =
        std::env::current_dir().map_err(|error| format!("the working folder cannot be found: {error}"))?;
    let stop = Stop::default();
    listen_for_signals(&stop).map_err(|error| format!("signals cannot be listened to: {error}"))?;
    Ok(World { environment, clock, current_dir, stop })
}

fn clock(environment: &Environment) -> Result<Arc<dyn Clock>, String> {
    let clock: Arc<dyn Clock> = match environment.get("SEATLEDGER_CLOCK") {
        None => Arc::new(SystemClock),
        Some(text) => {
            let start =
                parse_instant(text).ok_or("SEATLEDGER_CLOCK must be an instant like 2026-11-21T03:00:00Z")?;
            Arc::new(OffsetClock::starting_at(start))
        }
    };
    match environment.get("SEATLEDGER_WAIT") {
        None => Ok(clock),
        Some(text) => {
            let milliseconds =
                text.parse().map_err(|_| "SEATLEDGER_WAIT must be a number of milliseconds like 5")?;
            Ok(Arc::new(HastyClock { clock, longest: Duration::from_millis(milliseconds) }))
        }
    }
}

/// The first SIGINT or SIGTERM asks to stop; a second one ends the process at once.
fn listen_for_signals(stop: &Stop) -> std::io::Result<()> {
    let asked_before = Arc::new(AtomicBool::new(false));
    for signal in [StopSignal::Interrupt, StopSignal::Terminate] {
        let number = signal.number();
        let signal_number = i32::try_from(number).map_err(std::io::Error::other)?;
        let exit = Exit::of_signal(signal).code().into();
        // Handlers run in the order they are registered: the flag is looked at before it is raised.
        signal_hook::flag::register_conditional_shutdown(signal_number, exit, Arc::clone(&asked_before))?;
        signal_hook::flag::register(signal_number, Arc::clone(&asked_before))?;
        signal_hook::flag::register_usize(signal_number, stop.flag(), number)?;
    }
    // Caught, so that a write beyond the bound on the size of files (`ulimit -f`) fails like one to a full disk; left
    // alone, the signal ends the process without a word. What the flag says is of no use.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
    Ok(())
}
