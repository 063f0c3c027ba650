//! Pages of answers, written straight from typed values: an org of millions is never held, only the place where the
//! next page begins.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::filter::follow;
use super::plan::{Member, Node, Output, Plan};
use super::scan::Scan;
use super::sort::{is_by_id, sorted};
use crate::emulator::org::{Object, Record, View, write_string};

/// Most groups that one answer holds. Grouped queries have no second page (SOQL Reference, "GROUP BY").
const MOST_GROUPS: usize = 2000;

/// How a page is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'batch> {
    /// Records of a page.
    pub(crate) size: u64,
    /// `/services/data/vNN.N`, for the addresses of records and of the next page.
    pub(crate) base: &'batch str,
    /// The id of the query's cursor.
    pub(crate) locator: &'batch str,
}

/// A query under way.
pub(crate) struct Cursor {
    plan: Plan,
    total: u64,
    order: Order,
}

/// Where pages begin.
enum Order {
    /// The place from which to look for the record at an offset.
    ById(BTreeMap<u64, u64>),
    /// The places of all records.
    Sorted(Arc<[u64]>),
}

/// A page as the API sends it.
pub(crate) struct Page {
    pub(crate) json: Vec<u8>,
    /// True when more pages follow and the cursor must be kept.
    pub(crate) goes_on: bool,
}

impl Cursor {
    /// Runs a query up to where its first page can be written.
    pub(crate) fn open(view: &View<'_>, plan: Plan) -> Self {
        let scan = Scan::all(view, plan.object, &plan.filter);
        match plan.output {
            Output::Count => {
                let total = scan.total(plan.limit);
                return Self { plan, total, order: Order::Sorted(Arc::default()) };
            }
            Output::Groups(_) => return Self { plan, total: 0, order: Order::Sorted(Arc::default()) },
            Output::Records(_) => {}
        }
        if is_by_id(&plan.order) {
            let total = scan.total(plan.limit.saturating_add(plan.offset)).saturating_sub(plan.offset);
            let skipped = plan.offset.checked_sub(1).map_or(Some(0), |last| {
                Scan::all(view, plan.object, &plan.filter).nth(last as usize).map(|row| row + 1)
            });
            let order = Order::ById(BTreeMap::from([(0, skipped.unwrap_or(u64::MAX))]));
            return Self { plan, total, order };
        }
        let rows = sorted(view, plan.object, scan, &plan.order);
        let rows: Arc<[u64]> = rows
            .into_iter()
            .skip(plan.offset as usize)
            .take(plan.limit.min(usize::MAX as u64) as usize)
            .collect();
        Self { total: rows.len() as u64, plan, order: Order::Sorted(rows) }
    }

    /// Writes the page that begins at record `offset` of the answer; `None` when no page begins there.
    pub(crate) fn page(&mut self, view: &View<'_>, offset: u64, batch: Batch<'_>) -> Option<Page> {
        let node = match &self.plan.output {
            Output::Count => {
                return Some(Page { json: head(self.total, true, None), goes_on: false }.closed());
            }
            Output::Groups(_) => return Some(self.groups(view)),
            Output::Records(node) => node,
        };
        let end = self.total.min(offset + batch.size);
        let wanted = (end - offset.min(end)) as usize;
        let done = end == self.total;
        let next = (!done).then(|| format!("{}/query/{}-{end}", batch.base, batch.locator));
        let mut json = head(self.total, done, next.as_deref());
        let mut writer = Writer { view, base: batch.base, out: &mut json };
        match &mut self.order {
            Order::ById(starts) => {
                let mut scan = Scan::from(view, self.plan.object, &self.plan.filter, *starts.get(&offset)?);
                let mut last = 0;
                for (place, row) in scan.by_ref().take(wanted).enumerate() {
                    writer.record(self.plan.object, row, node, place == 0);
                    last = row;
                }
                starts.insert(end, last + 1);
            }
            Order::Sorted(rows) => {
                let rows = rows.get(offset as usize..end as usize)?;
                for (place, row) in rows.iter().enumerate() {
                    writer.record(self.plan.object, *row, node, place == 0);
                }
            }
        }
        Some(Page { json, goes_on: !done }.closed())
    }

    fn groups(&self, view: &View<'_>) -> Page {
        let Output::Groups(grouping) = &self.plan.output else {
            return Page { json: Vec::new(), goes_on: false };
        };
        let groups =
            grouping.run(view, self.plan.object, Scan::all(view, self.plan.object, &self.plan.filter));
        let limit = usize::try_from(self.plan.limit).unwrap_or(usize::MAX);
        let groups: Vec<_> = groups.into_iter().skip(self.plan.offset as usize).take(limit).collect();
        let mut json = head(groups.len() as u64, groups.len() <= MOST_GROUPS, None);
        json.extend(groups[..groups.len().min(MOST_GROUPS)].join(&b','));
        Page { json, goes_on: false }.closed()
    }
}

impl Page {
    fn closed(mut self) -> Self {
        self.json.extend_from_slice(b"]}");
        self
    }
}

fn head(total: u64, done: bool, next: Option<&str>) -> Vec<u8> {
    let mut json = format!("{{\"totalSize\":{total},\"done\":{done},").into_bytes();
    if let Some(next) = next {
        json.extend_from_slice(b"\"nextRecordsUrl\":");
        write_string(next, &mut json);
        json.push(b',');
    }
    json.extend_from_slice(b"\"records\":[");
    json
}

/// Writes records one after the other.
struct Writer<'page> {
    view: &'page View<'page>,
    base: &'page str,
    out: &'page mut Vec<u8>,
}

impl Writer<'_> {
    fn record(&mut self, object: &'static Object, row: u64, node: &Node, first: bool) {
        if !first {
            self.out.push(b',');
        }
        self.node(object, &self.view.record(object, row), node);
    }

    fn node(&mut self, object: &'static Object, record: &Record<'_>, node: &Node) {
        self.out.extend_from_slice(b"{\"attributes\":{\"type\":\"");
        self.out.extend_from_slice(object.name.as_bytes());
        self.out.extend_from_slice(b"\",\"url\":\"");
        self.out.extend_from_slice(self.base.as_bytes());
        self.out.extend_from_slice(b"/sobjects/");
        self.out.extend_from_slice(object.name.as_bytes());
        self.out.push(b'/');
        self.out.extend_from_slice(record.key().record_id().as_str().as_bytes());
        self.out.extend_from_slice(b"\"}");
        for member in &node.members {
            self.out.extend_from_slice(b",\"");
            match member {
                Member::Field(field) => {
                    self.out.extend_from_slice(object.fields[*field].name.as_bytes());
                    self.out.extend_from_slice(b"\":");
                    record.value(*field).write_json(self.out);
                }
                Member::Parent { reference, object: target, node } => {
                    let relationship = object.fields[*reference].relationship.unwrap_or_default();
                    self.out.extend_from_slice(relationship.as_bytes());
                    self.out.extend_from_slice(b"\":");
                    match follow(self.view, &record.value(*reference), target) {
                        Some(row) => self.node(target, &self.view.record(target, row), node),
                        None => self.out.extend_from_slice(b"null"),
                    }
                }
            }
        }
        self.out.push(b'}');
    }
}
