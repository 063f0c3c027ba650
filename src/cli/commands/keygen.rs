//! `keygen`: a private key and the certificate for Salesforce.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::auth::{self, KeySize};
use crate::base::{World, write_private};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// A year and a month: long enough to renew once a year with time to spare.
pub(super) const DEFAULT_DAYS: u32 = 396;

/// Make a private key and a self-signed certificate for the app in Salesforce
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  seatledger keygen --key keys/acme.key --certificate keys/acme.crt --days 730"
)]
pub(in crate::cli) struct Keygen {
    /// Where the private key goes (mode 0600); must not exist yet
    #[arg(long, value_name = "FILE", default_value = "seatledger.key")]
    key: PathBuf,
    /// Where the certificate goes; must not exist yet
    #[arg(long, value_name = "FILE", default_value = "seatledger.crt")]
    certificate: PathBuf,
    /// Size of the key
    #[arg(long, value_enum, default_value = "2048")]
    bits: Bits,
    /// How long the certificate is valid
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS)]
    days: u32,
    /// The certificate's subject
    #[arg(long, value_name = "NAME", default_value = "seatledger")]
    common_name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Bits {
    #[value(name = "2048")]
    Bits2048,
    #[value(name = "4096")]
    Bits4096,
}

impl Keygen {
    pub(super) fn run(&self, context: &Context) -> Result<Exit, Failure> {
        let size = match self.bits {
            Bits::Bits2048 => KeySize::Bits2048,
            Bits::Bits4096 => KeySize::Bits4096,
        };
        let key = context.world.absolute(&self.key);
        let certificate = context.world.absolute(&self.certificate);
        write_key_pair(&key, &certificate, size, &self.common_name, self.days, &context.world)?;
        context.ui.status(&format!("Wrote the private key into {}.", key.display()));
        context.ui.status(&format!("Wrote the certificate into {}.", certificate.display()));
        context.ui.status("Upload the certificate to the app in Salesforce; the key stays on this machine.");
        Ok(Exit::Complete)
    }
}

/// Makes a key pair and writes both files, or neither when one of them exists.
pub(super) fn write_key_pair(
    key: &Path,
    certificate: &Path,
    size: KeySize,
    common_name: &str,
    days: u32,
    world: &World,
) -> Result<(), Failure> {
    if key == certificate {
        return Err(Failure::usage(format!("{} cannot hold both key and certificate", key.display()))
            .hint("name two files"));
    }
    refuse_to_replace(&[key, certificate])?;
    let pair = auth::generate(size, common_name, days, world.clock.now())?;
    write_private(key, pair.private_key_pem.expose().as_bytes())?;
    write_private(certificate, pair.certificate_pem.as_bytes())?;
    Ok(())
}

/// An error that names the first of `paths` that exists.
pub(super) fn refuse_to_replace(paths: &[&Path]) -> Result<(), Failure> {
    match paths.iter().find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Failure::usage(format!("{} exists already and is not replaced", path.display()))
            .hint("name another file, or move the old one away first")),
    }
}
