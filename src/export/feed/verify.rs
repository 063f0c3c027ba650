//! Checks a feed the way a receiver should: the manifest first, then every file that it names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Component, Path};

use serde_json::Value;

use super::datapackage::DATAPACKAGE;
use super::generations::{ASIDE, CURRENT};
use super::manifest::{GENERATIONS, SCHEMA_ID, SCHEMA_VERSION, generation, generation_path};
use super::{FileEntry, MANIFEST, Manifest, digest, generations, recount};
use crate::export::FileError;
use crate::export::focus::{self, DataSet};

/// What came of the check.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What the feed says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the manifest, for whoever wrote it down.
    pub manifest_sha256: String,
    /// What is wrong, in sentences.
    pub problems: Vec<String>,
}

/// Checks the feed in `folder`: the manifest against its hash, what lies beside its files, each file's length, hash, rows
/// and control totals, the columns of CSV files against the data package, and the FOCUS data sets against their rules.
///
/// # Errors
/// There is no manifest, or it cannot be read.
pub fn verify(folder: &Path) -> Result<Verdict, FileError> {
    let path = folder.join(MANIFEST);
    let Some((manifest, bytes)) = generations::read_json::<Manifest>(&path)? else {
        return Err(FileError::NoFeed { path: folder.to_owned() });
    };
    let mut problems = manifest_problems(folder, &manifest, &bytes);
    let columns = columns_of(folder, &manifest);
    for file in &manifest.files {
        let found = match file_problems(folder, file, columns.get(&file.name), &manifest) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => vec!["is not there".to_owned()],
            Err(error) => vec![format!("cannot be read: {error}")],
        };
        problems.extend(found.into_iter().map(|problem| format!("{}: {problem}", file.name)));
    }
    problems.extend(stable_name_problems(folder, &manifest));
    Ok(Verdict { manifest, manifest_sha256: digest::of_bytes(&bytes), problems })
}

fn manifest_problems(folder: &Path, manifest: &Manifest, bytes: &[u8]) -> Vec<String> {
    let mut problems = Vec::new();
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if manifest.schema.id != SCHEMA_ID || major(&manifest.schema.version) != major(SCHEMA_VERSION) {
        problems.push(format!(
            "the manifest is of schema {} {}, and this program reads {SCHEMA_ID} {SCHEMA_VERSION}",
            manifest.schema.id, manifest.schema.version
        ));
    }
    // What it says under keys that this program does not know belongs to it as well.
    if serde_json::from_slice(bytes).map(|said| generation(&said)).ok().as_ref() != Some(&manifest.generation)
    {
        problems.push(
            "the manifest is not what was exported: its generation is not the hash of what it says"
                .to_owned(),
        );
    } else {
        problems.extend(stray_problems(folder, manifest));
    }
    match generations::linked_generation(folder) {
        Some(linked) if linked == manifest.generation => {}
        Some(linked) => problems.push(format!(
            "the names in the folder lead to generation {linked}, the manifest to {}: an export was interrupted; run it again",
            manifest.generation
        )),
        // A copy of the feed need not have the links.
        None => {}
    }
    problems
}

/// Finds what lies beside the files of the generation, and beside their names in the folder itself.
fn stray_problems(folder: &Path, manifest: &Manifest) -> Vec<String> {
    let home = generation_path(&manifest.generation);
    let mut problems = strays(folder, &format!("{home}/"), manifest, &[]);
    problems.extend(strays(folder, "", manifest, &[MANIFEST, CURRENT, GENERATIONS, ASIDE]));
    problems
}

/// What the part of the feed holds that is neither a file of the manifest nor one of `others`.
fn strays(folder: &Path, part: &str, manifest: &Manifest, others: &[&str]) -> Vec<String> {
    let names = match generations::names_in(&folder.join(part)) {
        Ok(names) => names,
        Err(error) => return vec![format!("{part} cannot be read: {error}")],
    };
    let is_known = |name: &str| others.contains(&name) || manifest.files.iter().any(|file| file.name == name);
    let strays = names.into_iter().filter(|name| !is_known(name));
    strays.map(|name| format!("{part}{name}: the manifest does not name it; move it away")).collect()
}

/// Checks what a reader finds who goes by the names in the folder itself. A copy of a feed may have none of them, or
/// files in place of the links; one that has some has all.
fn stable_name_problems(folder: &Path, manifest: &Manifest) -> Vec<String> {
    // Links by way of another generation have been told of already.
    let is_settled = generations::linked_generation(folder).is_some();
    let is_there = |file: &&FileEntry| std::fs::symlink_metadata(folder.join(&file.name)).is_ok();
    let files: Vec<_> = manifest.files.iter().filter(|file| is_plain_name(&file.name)).collect();
    let has_names = is_settled || files.iter().any(is_there);
    let mut problems = Vec::new();
    for file in files.into_iter().filter(|_| has_names) {
        if !is_there(&file) {
            problems.push(format!("{} in the folder itself: is not there", file.name));
            continue;
        }
        if is_settled && generations::is_linked(folder, &file.name) {
            continue;
        }
        let path = folder.join(&file.name);
        let problem = match digest::of_file(&path) {
            Ok(found) if found.sha256 == file.sha256 => continue,
            Ok(_) => format!("is not {}, to which it should be a link", file.path),
            Err(error) => format!("cannot be read: {error}"),
        };
        problems.push(format!("{} in the folder itself: {problem}", file.name));
    }
    problems
}

fn is_plain_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

/// The columns of each table by the data package.
fn columns_of(folder: &Path, manifest: &Manifest) -> BTreeMap<String, Vec<String>> {
    let path =
        manifest.files.iter().find(|file| file.name == DATAPACKAGE).map(|file| folder.join(&file.path));
    let bytes = path.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
    let document: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let resources = document["resources"].as_array().into_iter().flatten();
    let names = |resource: &Value| {
        let fields = resource["schema"]["fields"].as_array().into_iter().flatten();
        fields.filter_map(|field| field["name"].as_str().map(str::to_owned)).collect()
    };
    resources.filter_map(|resource| Some((resource["path"].as_str()?.to_owned(), names(resource)))).collect()
}

fn file_problems(
    folder: &Path,
    file: &FileEntry,
    columns: Option<&Vec<String>>,
    Manifest { as_of, generation, .. }: &Manifest,
) -> io::Result<Vec<String>> {
    let is_inside = Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
    if !is_inside {
        return Ok(vec![format!("its path {} leads out of the folder", file.path)]);
    }
    let path = folder.join(&file.path);
    let mut problems = Vec::new();
    if file.path != format!("{}/{}", generation_path(generation), file.name) {
        problems.push(format!("its path {} is not in the folder of the generation {generation}", file.path));
    }
    let found = digest::of_file(&path)?;
    if found.bytes != file.bytes {
        problems.push(format!("has {} bytes, and the manifest says {}", found.bytes, file.bytes));
    }
    if found.sha256 != file.sha256 {
        problems.push(format!("has the SHA-256 {}, and the manifest says {}", found.sha256, file.sha256));
    }
    let rows = match Path::new(&file.name).extension().and_then(|extension| extension.to_str()) {
        Some("csv") => rows_problems(&path, file, columns, as_of),
        Some("parquet") => recount::parquet_problems(&path, file),
        _ => Ok(Vec::new()),
    };
    match rows {
        Ok(found) => problems.extend(found),
        Err(error) => problems.push(format!("its rows cannot be read: {error}")),
    }
    Ok(problems)
}

/// Checks a table, and a FOCUS data set against its rules.
fn rows_problems(
    path: &Path,
    file: &FileEntry,
    columns: Option<&Vec<String>>,
    as_of: &str,
) -> io::Result<Vec<String>> {
    let mut problems = recount::csv_problems(path, file, columns)?;
    if let Some(set) = DataSet::ALL.iter().find(|set| set.csv_file() == file.name) {
        let rows = set.read_csv(BufReader::new(File::open(path)?))?;
        let seconds = as_of.split('.').next().unwrap_or_default();
        problems.extend(focus::problems(*set, &rows, &format!("{seconds}Z")));
    }
    Ok(problems)
}
