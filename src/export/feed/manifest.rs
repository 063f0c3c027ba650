//! The manifest: what a feed consists of, how to tell that it arrived whole, and what finance holds it against.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest;

/// Its name in the folder.
pub const MANIFEST: &str = "manifest.json";

/// Names what the manifest and the files are made by.
pub(super) const SCHEMA_ID: &str = "seatledger.feed";
/// The version of the manifest and of every file's columns. A new column or key raises the minor version; one that is
/// renamed, removed, moved or of another type the major version.
pub const SCHEMA_VERSION: &str = "1.1.0";

/// The JSON Schema of the manifest, which is itself a file of the feed.
pub(super) const MANIFEST_SCHEMA: &str = include_str!("manifest.schema.json");

/// What a feed consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// What describes it.
    pub schema: SchemaVersion,
    /// What wrote it.
    pub tool: Tool,
    /// The instant that its numbers speak of.
    pub as_of: String,
    /// The time whose knowledge of the contracts it has; nothing when it has all that was recorded.
    #[serde(default)]
    pub known_on: Option<String>,
    /// What billing periods it covers, when it has files about any.
    pub period: Option<Period>,
    /// The orgs that it is about.
    pub orgs: Vec<OrgEntry>,
    /// The only companies that it is about; none are named when it is about whole orgs.
    #[serde(default)]
    pub companies: Vec<String>,
    /// Whether nothing is missing from it.
    pub complete: bool,
    /// What is missing, in sentences.
    pub gaps: Vec<String>,
    /// What of the books fits nothing that was collected, and what is left out of a feed of single companies, in
    /// sentences; it leaves the feed complete.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// `shown`, or `pseudonyms`.
    pub people: String,
    /// Always false: values are exact, and whoever opens them in a spreadsheet imports text columns as text.
    pub formula_escaped: bool,
    /// The name of this state of the feed: the beginning of a hash of all that the manifest says but this.
    pub generation: String,
    /// The state before it, when the folder held one.
    pub previous: Option<Previous>,
    /// Its files, by name.
    pub files: Vec<FileEntry>,
}

/// A schema and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaVersion {
    /// `seatledger.feed`.
    pub id: String,
    /// Such as [`SCHEMA_VERSION`].
    pub version: String,
}

/// A program and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// From the first instant to the first after, as dates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// First day.
    pub start: String,
    /// First day after.
    pub end: String,
}

/// One org of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgEntry {
    /// Its short name.
    pub org: String,
    /// Salesforce's id of it, when it was read.
    pub organization_id: Option<String>,
    /// When its state was collected; nothing when it never was.
    pub collected_at: Option<String>,
    /// Whether that state is whole.
    pub complete: bool,
}

/// The state of the feed before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// Its generation.
    pub generation: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
}

/// One file of the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The name that stays the same from feed to feed.
    pub name: String,
    /// Where its bytes are and stay while this manifest holds, from the folder of the manifest.
    pub path: String,
    /// Its media type.
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub sha256: String,
    /// Its rows without the header; nothing when it has no rows.
    pub rows: Option<u64>,
    /// The billing periods that its rows are about.
    pub period: Option<Period>,
    /// The sum of every money column by currency, without prices that are estimates.
    pub control_totals: Vec<ControlTotal>,
    /// How many rows are of each class, when they have classes.
    pub classes: BTreeMap<String, u64>,
}

/// The sum of a column of money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ControlTotal {
    /// The column.
    pub column: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The exact sum as decimal text.
    pub amount: String,
}

impl Manifest {
    /// The same named for its content, with the paths of its files.
    pub(super) fn named(mut self) -> Self {
        self.generation =
            generation(&serde_json::to_value(&self).expect("a manifest has nothing that JSON cannot hold"));
        let home = generation_path(&self.generation);
        self.files.iter_mut().for_each(|file| file.path = format!("{home}/{}", file.name));
        self
    }

    /// Its bytes, always the same for the same content.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes =
            serde_json::to_vec_pretty(self).expect("a manifest has nothing that JSON cannot hold");
        bytes.push(b'\n');
        bytes
    }
}

/// The name of a state of a feed: the beginning of the SHA-256 of what its manifest says, but for that name itself. The
/// manifest holds the hashes of the files, so their bytes are in it too.
pub(super) fn generation(manifest: &Value) -> String {
    let mut said = manifest.clone();
    remove(&mut said, "generation");
    said.get_mut("files")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .for_each(|file| remove(file, "path"));
    // The same bytes whatever the order of the keys.
    said.sort_all_objects();
    let mut hash = digest::of_bytes(said.to_string().as_bytes());
    hash.truncate(GENERATION_DIGITS);
    hash
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().and_then(|object| object.remove(key));
}

/// Whether a name is one that a generation can have.
pub(super) fn is_generation(name: &str) -> bool {
    name.len() == GENERATION_DIGITS && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 64 bits: two states of one folder are never confused, and the name stays readable.
const GENERATION_DIGITS: usize = 16;

/// Where the files of a generation are, from the folder of the feed.
pub(super) fn generation_path(generation: &str) -> String {
    format!("{GENERATIONS}/{generation}")
}

/// The folder of the generations.
pub(super) const GENERATIONS: &str = "generations";
