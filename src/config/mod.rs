//! File, environment and flags to settings; every value knows its origin.
//!
//! Start reading at [`load`]. The file is read into sheets of values ([`KEYS`] says what each key takes), overrides and
//! defaults complete them, rules that span several values are checked, and what is left is handed to the other rooms as
//! [`Settings`]. Everything that is wrong is reported at once, by file and line, and no message quotes a value that may
//! be secret. Keys and passphrases are named here and read by `auth`. Knows nothing of what the settings are used for.

mod address;
mod checks;
mod document;
mod keys;
mod overrides;
mod problem;
mod resolve;
mod settings;
mod sheet;
mod show;
mod value;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use keys::{KEYS, Key, KeyDefault, ValueKind};
pub use overrides::OTHER_VARIABLES;
pub use problem::{Errors, Origin, Problem};
pub use settings::{
    AuditSettings, CollectSettings, FinanceSettings, OrgSettings, PolicySettings, PrivacySettings, Settings,
    StoreSettings,
};
pub use show::Shown;

use document::Document;
use problem::{Problems, alone};

use crate::base::World;

/// The file that is read from the working folder when nothing names another.
pub const DEFAULT_FILE: &str = "seatledger.toml";

/// The variable that names the file.
const FILE_VARIABLE: &str = "SEATLEDGER_CONFIG";

/// Room for tens of thousands of orgs; a larger file is not a configuration.
const LARGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions<'a> {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// Flags that stand for keys.
    pub flags: Vec<Flag<'a>>,
    /// The names that `collect.include` and `collect.exclude` may hold.
    pub objects: &'a [&'a str],
}

/// A flag that stands for a key; it wins over file and environment.
#[derive(Clone, Debug)]
pub struct Flag<'a> {
    /// As written, such as `--concurrency`.
    pub flag: &'a str,
    /// Table and key, such as `collect.concurrency`.
    pub key: &'a str,
    /// Its value; what is not text is written as TOML.
    pub value: &'a str,
}

/// The file that [`load`] reads: `--config`, else `SEATLEDGER_CONFIG`, else [`DEFAULT_FILE`] in the working folder.
pub fn file_path(options: &LoadOptions<'_>, world: &World) -> PathBuf {
    let named = options.file.as_deref().or_else(|| world.environment.get(FILE_VARIABLE).map(Path::new));
    world.absolute(named.unwrap_or(Path::new(DEFAULT_FILE)))
}

/// Reads and checks the whole configuration.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub fn load(options: &LoadOptions<'_>, world: &World) -> Result<Settings, Errors> {
    let path = file_path(options, world);
    let text = read(&path)?;
    let mut problems = Problems::default();
    let mut document = Document::read(&text, &path, &mut problems)?;
    overrides::apply_environment(&mut document, world, &mut problems);
    overrides::apply_flags(&mut document, &options.flags, world, &mut problems);
    resolve::fill_in_defaults(&mut document, &path, &mut problems);
    checks::check(&document, options.objects, &mut problems);
    problems.none_or(|| resolve::settings(&document, path))
}

fn read(path: &Path) -> Result<String, Errors> {
    let failed = |error: io::Error| {
        let message = match error.kind() {
            io::ErrorKind::NotFound => {
                "there is no configuration file here; run `seatledger init` to write one, or name one with --config"
                    .to_owned()
            }
            io::ErrorKind::IsADirectory => "this is a folder; name the configuration file in it".to_owned(),
            _ => format!("cannot read the configuration file: {error}"),
        };
        alone(Origin::File(path.into()), message)
    };
    let found = fs::metadata(path).map_err(failed)?;
    // Opening a pipe waits for its writer; the shell's own pipes below /dev have one.
    let is_from_shell = path.starts_with("/dev") || path.starts_with("/proc");
    if !found.is_file() && !found.is_dir() && !is_from_shell {
        return Err(alone(
            Origin::File(path.into()),
            "this is a pipe, socket or device; name a file, or /dev/stdin",
        ));
    }
    let mut content = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > LARGEST_FILE_BYTES {
        return Err(alone(Origin::File(path.into()), "this file is far too large for a configuration"));
    }
    String::from_utf8(content).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|byte| **byte == b'\n').count();
        alone(Origin::Line(path.into(), line), "this line is not UTF-8; save the file as UTF-8")
    })
}
