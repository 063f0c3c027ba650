//! The feed: every file that other programs read, and the manifest that makes them one.
//!
//! Knows nothing of what the rows mean. Start reading at [`write_feed`]; how a new state takes the place of the old one
//! is told in `generations.rs`, how a receiver checks it in `verify.rs`.

mod begin;
mod contents;
mod datapackage;
mod digest;
mod generations;
mod manifest;
mod recount;
mod verify;

use std::collections::BTreeSet;
use std::path::Path;

use super::focus::{DataSet, FocusFiles, Published};
use super::folder::write_file;
use super::{Feed, FileError, People, prometheus};
use crate::base::{PendingFile, utc_text};
use crate::report::measure::utc_date;
use crate::report::{self, Basis, UnmatchedLicense, unmatched_licenses};
use crate::store::OrgIdentity;

use contents::Part;
use datapackage::{DATAPACKAGE, descriptor};
use generations::FeedFolder;
use manifest::{MANIFEST_SCHEMA, OrgEntry, Previous, SCHEMA_ID, SchemaVersion, Tool};

pub use contents::tables;
pub use datapackage::{Field, Table};
pub(super) use digest::sha256_of;
pub use manifest::{ControlTotal, FileEntry, MANIFEST, Manifest, Period, SCHEMA_VERSION};
pub use verify::{Verdict, verify};

/// The JSON Schema's name in the folder.
const MANIFEST_SCHEMA_FILE: &str = "manifest.schema.json";

/// What a feed can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeedFormat {
    /// Every report as CSV.
    Csv,
    /// FOCUS data sets of what the contracts cost.
    Focus,
    /// Every table also as Parquet.
    Parquet,
    /// Figures for node_exporter's textfile collector.
    Prometheus,
}

/// A whole feed that is not in its place yet. Dropped, it is gone.
#[derive(Debug)]
pub struct PendingFeed {
    folder: FeedFolder,
    manifest: Manifest,
    files: Vec<PendingFile>,
    manifest_file: PendingFile,
}

impl PendingFeed {
    /// What it will be.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Puts it into its place, the manifest last.
    ///
    /// # Errors
    /// [`FileError`]; the feed before it is then still whole.
    pub fn publish(self) -> Result<(), FileError> {
        self.folder.publish(&self.manifest, self.files, self.manifest_file)
    }
}

/// Writes a feed beside the one in `folder`.
///
/// # Errors
/// [`FileError`] names the file that failed, or what is wrong with rows that must not be published.
pub fn write_feed(
    folder: &Path,
    feed: &Feed<'_>,
    formats: &BTreeSet<FeedFormat>,
) -> Result<PendingFeed, FileError> {
    let (folder, before) = FeedFolder::take(folder)?;
    let aside = folder.aside();
    let orgs = feed
        .basis
        .reader
        .org_identities(feed.basis.selection)
        .map_err(|error| FileError::Rows { path: folder.manifest(), source: error.into() })?;
    let is_with_parquet = formats.contains(&FeedFormat::Parquet);
    let mut parts = Vec::new();
    let mut tables = Vec::new();
    if formats.contains(&FeedFormat::Csv) {
        contents::write_reports(&aside, feed, &mut parts, &mut tables)?;
    }
    if is_with_parquet {
        contents::write_parquet_reports(&aside, feed, &mut parts)?;
    }
    if formats.contains(&FeedFormat::Focus) {
        let published = Published::read(folder.path(), before.as_ref().map(|(manifest, _)| manifest))?;
        let files = FocusFiles::make(feed, &orgs, &published, folder.path())?;
        contents::write_focus(&aside, &files, is_with_parquet, &mut parts, &mut tables)?;
    } else if before.as_ref().is_some_and(|(manifest, _)| holds_ledger(manifest)) {
        let problem = "it holds FOCUS files, whose closed months would be forgotten without them".to_owned();
        return Err(FileError::Foreign { path: folder.path().to_owned(), problem });
    }
    if formats.contains(&FeedFormat::Prometheus) {
        parts.push(contents::write_plain(&aside, prometheus::FILE, prometheus::MEDIA_TYPE, |out| {
            prometheus::write(feed, &orgs, out)
        })?);
    }
    if !tables.is_empty() {
        parts.push(contents::write_bytes(&aside, DATAPACKAGE, &descriptor(&tables))?);
    }
    parts.push(contents::write_bytes(&aside, MANIFEST_SCHEMA_FILE, MANIFEST_SCHEMA.as_bytes())?);
    parts.sort_by(|one, other| one.entry.name.cmp(&other.entry.name));
    let warnings = warnings(feed).map_err(|source| FileError::Rows { path: folder.manifest(), source })?;
    let manifest = manifest_of(feed, &orgs, &parts, warnings, before);
    let bytes = manifest.bytes();
    let (_, manifest_file) = write_file(&aside.join(MANIFEST), |out| Ok(out.write_all(&bytes)?))?;
    Ok(PendingFeed {
        manifest,
        files: parts.into_iter().map(|part| part.file).collect(),
        manifest_file: manifest_file.moved_to(folder.manifest()),
        folder,
    })
}

/// Whether a feed tells what closed months were published.
fn holds_ledger(manifest: &Manifest) -> bool {
    manifest.files.iter().any(|file| file.name == DataSet::CostAndUsage.csv_file())
}

/// What a feed of single companies leaves out, and the licenses under contract that fit nothing in their org. Whoever may
/// see some companies only is told nothing of what whole orgs have.
fn warnings(feed: &Feed<'_>) -> Result<Vec<String>, report::Error> {
    /// Beyond, the file is that of another org.
    const MOST_TOLD: usize = 20;
    let Basis { reader, selection, books, .. } = feed.basis;
    let mut sentences: Vec<_> = contents::left_out(selection).into_iter().collect();
    let Some(contracts) = books.contracts.as_ref().filter(|_| !selection.hides_rest) else {
        return Ok(sentences);
    };
    let unmatched = unmatched_licenses(contracts, reader, selection, utc_date(selection.as_of))?;
    sentences.extend(unmatched.iter().take(MOST_TOLD).map(UnmatchedLicense::sentence));
    if unmatched.len() > MOST_TOLD {
        let more = unmatched.len() - MOST_TOLD;
        sentences.push(format!("the contracts name {more} more licenses that their org does not have"));
    }
    Ok(sentences)
}

fn manifest_of(
    feed: &Feed<'_>,
    orgs: &[OrgIdentity],
    parts: &[Part],
    warnings: Vec<String>,
    before: Option<(Manifest, String)>,
) -> Manifest {
    let files: Vec<_> = parts.iter().map(|part| part.entry.clone()).collect();
    let periods = || files.iter().filter_map(|file| file.period.as_ref());
    let starts = periods().map(|period| &period.start).min();
    let ends = periods().map(|period| &period.end).max();
    let mut manifest = Manifest {
        schema: SchemaVersion { id: SCHEMA_ID.to_owned(), version: SCHEMA_VERSION.to_owned() },
        tool: Tool { name: "seatledger".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        as_of: utc_text(feed.completeness.as_of),
        known_on: feed.basis.rules.known_on.map(utc_text),
        period: starts.zip(ends).map(|(start, end)| Period { start: start.clone(), end: end.clone() }),
        orgs: org_entries(feed, orgs),
        companies: feed.basis.selection.companies.clone(),
        complete: feed.completeness.is_complete(),
        gaps: match feed.completeness.is_complete() {
            true => Vec::new(),
            false => feed.completeness.sentences().into_iter().skip(1).collect(),
        },
        warnings,
        people: match feed.people {
            People::Shown => "shown",
            People::Hidden(_) => "pseudonyms",
            People::Withheld => "withheld",
        }
        .to_owned(),
        formula_escaped: false,
        generation: String::new(),
        previous: None,
        files,
    };
    let Some((before, manifest_sha256)) = before else { return manifest.named() };
    // The same state exported again is the same feed, not the next one.
    manifest.previous.clone_from(&before.previous);
    let again = manifest.clone().named();
    if again == before {
        return again;
    }
    manifest.previous = Some(Previous { generation: before.generation, manifest_sha256 });
    manifest.named()
}

fn org_entries(feed: &Feed<'_>, orgs: &[OrgIdentity]) -> Vec<OrgEntry> {
    let id_of = |org: &str| {
        orgs.iter().find(|identity| identity.org == org).map(|identity| identity.organization_id.clone())
    };
    let collected = feed.completeness.orgs.iter().map(|state| OrgEntry {
        org: state.org.clone(),
        organization_id: id_of(&state.org),
        collected_at: Some(state.collected_at.clone()),
        complete: feed.completeness.is_org_complete(state),
    });
    let uncollected = feed.completeness.uncollected.iter().map(|org| OrgEntry {
        org: org.clone(),
        organization_id: None,
        collected_at: None,
        complete: false,
    });
    let mut entries: Vec<_> = collected.chain(uncollected).collect();
    entries.sort_by(|one, other| one.org.cmp(&other.org));
    entries
}
