//! `emulator`: a Salesforce org on this machine, to try things against.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::emulator::{CLIENT_ID, Fault, Options, Server, USERNAME};

/// Serve an emulated Salesforce org on this machine until stopped
#[derive(Debug, Args)]
#[command(after_help = help())]
pub(in crate::cli) struct Emulator {
    /// Where to listen; loopback addresses only, port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8765")]
    listen: SocketAddr,
    /// How many users the org has
    #[arg(long, value_name = "N", default_value_t = 1000)]
    users: u64,
    /// Two orgs with the same seed and size are the same
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Wait this long before every answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency_ms: u64,
    /// Make something go wrong, such as 'query:429=3*2'; may be given several times
    #[arg(long, value_name = "SPEC")]
    fault: Vec<Fault>,
    /// Register this certificate with the app; may be given several times
    #[arg(long, value_name = "FILE")]
    certificate: Vec<PathBuf>,
    /// Print one JSON document instead of lines
    #[arg(long)]
    json: bool,
}

fn help() -> String {
    let kinds = Fault::kinds().map(|(name, argument)| format!("  {name}: {argument}"));
    format!(
        "Faults are written ROUTE:KIND[=ARGUMENT][@NTH][*COUNT]; kinds and their arguments:\n{}\n\n\
         Example:\n  seatledger init --org demo --url http://127.0.0.1:8765 --insecure-loopback \\\n    \
         --client-id {CLIENT_ID} \\\n    --username {USERNAME}\n  \
         seatledger emulator --certificate keys/demo.crt --fault 'query/User:503*2'",
        kinds.collect::<Vec<_>>().join("\n")
    )
}

impl Emulator {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let certificates = self.certificate.iter().map(|path| {
            let path = context.world.absolute(path);
            std::fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))
        });
        let server = Server::start(Options {
            listen: self.listen,
            users: self.users,
            seed: self.seed,
            latency: Duration::from_millis(self.latency_ms),
            faults: self.fault.clone(),
            certificates: certificates.collect::<Result<_, _>>()?,
            clock: context.world.clock.clone(),
        })?;
        let url = server.url();
        if self.json {
            context.print_json(&json!({"url": url, "client_id": CLIENT_ID, "username": USERNAME}))?;
        } else {
            context.print(format!("url        {url}\nclient_id  {CLIENT_ID}\nusername   {USERNAME}\n"))?;
        }
        if self.certificate.is_empty() {
            context
                .ui
                .hint("no certificate is registered, so nobody can sign in; name one with --certificate");
        }
        context.ui.status("The org is simulated. Stop it with Ctrl-C.");
        server.wait(&context.world.stop);
        Ok(context.world.stop.requested().map_or(Exit::Complete, Exit::of_signal))
    }
}
