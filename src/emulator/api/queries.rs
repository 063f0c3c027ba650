//! Queries and the pages that follow the first.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::ApiError;
use crate::emulator::org::{Key, Org};
use crate::emulator::query::{Batch, Cursor, plan};
use crate::emulator::wire::{Answer, Request};

/// Records of a page: the largest, which is the default, and the smallest that can be asked for (REST API, "Query
/// Options Header").
const LARGEST_PAGE: u64 = 2000;
const SMALLEST_PAGE: u64 = 200;
/// Cursors kept; the oldest goes first. Salesforce keeps every one for two days ("API Query Cursor Limits").
const MOST_CURSORS: usize = 1000;
/// Key prefix of query locators, as recorded answers show it.
const LOCATOR_PREFIX: &[u8; 3] = b"01g";

/// Queries whose next pages have not been fetched.
#[derive(Default)]
pub(crate) struct Cursors {
    open: Mutex<BTreeMap<u64, Arc<Open>>>,
    count: AtomicU64,
    /// Records of a page at most; 0 for as many as are asked for.
    largest_page: AtomicU64,
}

struct Open {
    object: &'static str,
    with_deleted: bool,
    cursor: Mutex<Cursor>,
}

impl Cursors {
    /// The object that a locator's query is about.
    pub(crate) fn object_of(&self, locator: &str) -> Option<&'static str> {
        self.find(locator).map(|(open, _)| open.object)
    }

    /// Forgets every cursor, as two days do.
    pub(crate) fn clear(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Bounds the records of a page.
    pub(crate) fn set_largest_page(&self, records: u64) {
        self.largest_page.store(records, Ordering::Relaxed);
    }

    /// Reads `Sforce-Query-Options: batchSize=500`, which is a wish: pages of wide records are smaller.
    fn page_size(&self, request: &Request) -> u64 {
        let wished = page_size(request);
        match self.largest_page.load(Ordering::Relaxed) {
            0 => wished,
            largest => wished.min(largest),
        }
    }

    fn keep(&self, number: u64, open: Open) {
        let mut cursors = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.insert(number, Arc::new(open));
        while cursors.len() > MOST_CURSORS {
            cursors.pop_first();
        }
    }

    /// The cursor behind `01gQy…-2000`, and the offset.
    fn find(&self, locator: &str) -> Option<(Arc<Open>, u64)> {
        let (id, offset) = locator.split_once('-')?;
        let number = Key::parse(id)?.number_in(LOCATOR_PREFIX)?;
        let open = Arc::clone(self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&number)?);
        Some((open, offset.parse().ok()?))
    }
}

/// Answers `query?q=…` and `queryAll?q=…`.
pub(super) fn run(
    org: &Org,
    cursors: &Cursors,
    request: &Request,
    base: &str,
    with_deleted: bool,
) -> Result<Answer, ApiError> {
    let query = request.parameter("q").filter(|query| !query.is_empty());
    let query =
        query.ok_or_else(|| ApiError::new(400, "MALFORMED_QUERY", "A query string has to be specified"))?;
    let view = org.view(with_deleted);
    let plan = plan(&view, &query).map_err(|problem| ApiError::of_query(&problem, &query))?;
    let object = plan.object.name;
    let number = cursors.count.fetch_add(1, Ordering::Relaxed) + 1;
    let locator = Key::new(LOCATOR_PREFIX, number).record_id();
    let mut cursor = Cursor::open(&view, plan);
    let batch = Batch { size: cursors.page_size(request), base, locator: locator.as_str() };
    let page = cursor.page(&view, 0, batch).ok_or_else(unknown_locator)?;
    if page.goes_on {
        cursors.keep(number, Open { object, with_deleted, cursor: Mutex::new(cursor) });
    }
    Ok(Answer::json(200, page.json))
}

/// Answers `query/01g…-2000`.
pub(super) fn next(
    org: &Org,
    cursors: &Cursors,
    request: &Request,
    base: &str,
    locator: &str,
) -> Result<Answer, ApiError> {
    let (open, offset) = cursors.find(locator).ok_or_else(unknown_locator)?;
    let id = locator.split('-').next().unwrap_or_default();
    let batch = Batch { size: cursors.page_size(request), base, locator: id };
    let view = org.view(open.with_deleted);
    let mut cursor = open.cursor.lock().unwrap_or_else(PoisonError::into_inner);
    let page = cursor.page(&view, offset, batch).ok_or_else(unknown_locator)?;
    Ok(Answer::json(200, page.json))
}

fn unknown_locator() -> ApiError {
    ApiError::new(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
}

fn page_size(request: &Request) -> u64 {
    let options = request.header("Sforce-Query-Options").unwrap_or_default();
    let size = options.split(',').find_map(|option| {
        let (name, value) = option.split_once('=')?;
        name.trim().eq_ignore_ascii_case("batchSize").then(|| value.trim().parse().ok())?
    });
    size.unwrap_or(LARGEST_PAGE).clamp(SMALLEST_PAGE, LARGEST_PAGE)
}
