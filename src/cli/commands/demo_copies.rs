//! Copies of what somebody wrote into an earlier demo's files, which are written anew each time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// Files of a demo as they were before it ran again.
pub(super) struct Copies {
    /// Each file with its copy.
    kept: Vec<(PathBuf, PathBuf)>,
}

impl Copies {
    /// Copies those of `names` that are there. They stay also when the demo fails half way.
    pub(super) fn keep(folder: &Path, names: &[&str]) -> Result<Self, Failure> {
        let mut kept = Vec::new();
        for name in names {
            let path = folder.join(name);
            if !path.exists() {
                continue;
            }
            let copy = free_name(&path);
            fs::copy(&path, &copy).map_err(|error| Failure::file("copy", &path, &error))?;
            kept.push((path, copy));
        }
        Ok(Self { kept })
    }

    /// Removes the copies that say the same as the files do now, by `is_same`, and tells of the others.
    pub(super) fn settle(self, is_same: impl Fn(&str, &str) -> bool, context: &Context) {
        for (path, copy) in self.kept {
            let texts = fs::read_to_string(&path).ok().zip(fs::read_to_string(&copy).ok());
            if texts.is_some_and(|(now, before)| is_same(&now, &before)) && fs::remove_file(&copy).is_ok() {
                continue;
            }
            context.ui.warning(&format!(
                "{} was written anew; as it was before it is in {}",
                path.display(),
                copy.display()
            ));
        }
    }
}

/// The first name beside a file that no earlier copy has: `contracts.csv.bak`, `contracts.csv.bak2` and so on.
fn free_name(path: &Path) -> PathBuf {
    let named = |number: u64| {
        let number = if number == 1 { String::new() } else { number.to_string() };
        PathBuf::from(format!("{}.bak{number}", path.display()))
    };
    (1..).map(named).find(|copy| fs::symlink_metadata(copy).is_err()).unwrap_or_else(|| named(1))
}
