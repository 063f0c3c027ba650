//! Finds every name of a query in the tables, and says with Salesforce's errors which one is unknown or misplaced.

use super::filter::{Filter, filter};
use super::group::{Grouping, grouping};
use super::operand::Comparand;
use crate::emulator::org::{Key, OWNER_FIELD, Object, View, fifteen_of, object};
use crate::emulator::soql::{Comparison, Expression, NullsOrder, Path, Problem, Query, parse};

/// Most parents between an object and a field (SOQL Reference, "Relationship Query Limitations").
const MOST_PARENTS: usize = 5;

/// The advice that ends Salesforce's messages about unknown names.
const ADVICE: &str = "Please reference your WSDL or the describe call for the appropriate names.";

/// A query whose names all mean something.
pub(crate) struct Plan {
    pub(crate) object: &'static Object,
    pub(crate) output: Output,
    pub(super) filter: Filter,
    pub(super) order: Vec<SortKey>,
    pub(super) limit: u64,
    pub(super) offset: u64,
}

impl Plan {
    /// The LIMIT, as a number of things in memory.
    pub(super) fn most(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }
}

/// What a query answers.
pub(crate) enum Output {
    /// The number of records only.
    Count,
    Records(Node),
    Groups(Grouping),
}

/// Fields of a record, and of its parents, in the order they were first named.
#[derive(Default)]
pub(crate) struct Node {
    pub(super) members: Vec<Member>,
}

/// A field or a parent.
pub(super) enum Member {
    Field(usize),
    Parent { reference: usize, object: &'static Object, node: Node },
}

/// A field reached over parents.
#[derive(Clone)]
pub(crate) struct FieldPath {
    /// Reference fields to follow, each with the object it leads to.
    pub(super) hops: Vec<(usize, &'static Object)>,
    pub(super) object: &'static Object,
    pub(super) field: usize,
}

/// A field to sort by.
pub(super) struct SortKey {
    pub(super) path: FieldPath,
    pub(super) descending: bool,
    pub(super) nulls: NullsOrder,
}

/// Parses and plans `text`.
pub(crate) fn plan(view: &View<'_>, text: &str) -> Result<Plan, Problem> {
    plan_query(view, &parse(text)?)
}

/// Plans a parsed query, which may be the inner one of a semi-join.
pub(super) fn plan_query(view: &View<'_>, query: &Query) -> Result<Plan, Problem> {
    let names = Names { view, query, object: find_object(view, query)? };
    let filter = match &query.filter {
        Some(condition) => filter(&names, condition)?,
        None => Filter::All(Vec::new()),
    };
    let filter = match view.only_owner(names.object).and_then(|owner| own_records(names.object, owner)) {
        Some(own) => Filter::All(vec![filter, own]),
        None => filter,
    };
    let (limit, offset) = (query.limit.unwrap_or(u64::MAX), query.offset);
    let is_grouped = !query.group.is_empty()
        || query.select.iter().any(|item| matches!(item.expression, Expression::Aggregate(..)));
    let (output, order) = if let [item] = &query.select[..]
        && matches!(item.expression, Expression::CountRecords)
    {
        (Output::Count, Vec::new())
    } else if is_grouped {
        (Output::Groups(grouping(&names)?), Vec::new())
    } else {
        (Output::Records(selection(&names)?), sort_keys(&names)?)
    };
    Ok(Plan { object: names.object, output, filter, order, limit, offset })
}

/// The names a query may use.
pub(super) struct Names<'query> {
    pub(super) view: &'query View<'query>,
    pub(super) query: &'query Query,
    pub(super) object: &'static Object,
}

fn find_object(view: &View<'_>, query: &Query) -> Result<&'static Object, Problem> {
    object(&query.object).filter(|object| !view.hides(object, None)).ok_or_else(|| {
        let name = &query.object;
        let message = format!(
            "sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append \
             the '__c' after the entity name. {ADVICE}"
        );
        Problem::at(query.object_at, "INVALID_TYPE", message)
    })
}

/// The records that belong to `owner`.
fn own_records(object: &'static Object, owner: Key) -> Option<Filter> {
    let path = FieldPath { hops: Vec::new(), object, field: object.field(OWNER_FIELD)? };
    let comparand = Comparand::Id(fifteen_of(owner.record_id().as_str())?);
    Some(Filter::Compare { path, comparison: Comparison::Equal, comparand })
}

fn selection(names: &Names<'_>) -> Result<Node, Problem> {
    let mut node = Node::default();
    for item in &names.query.select {
        let Expression::Path(path) = &item.expression else {
            return Err(Problem::anywhere(
                "MALFORMED_QUERY",
                "COUNT() must be the only element in the SELECT list",
            ));
        };
        if item.alias.is_some() {
            return Err(Problem::at(
                path.at,
                "MALFORMED_QUERY",
                "only aggregate expressions use field aliasing",
            ));
        }
        let found = names.find(path)?;
        if !node.insert(&found) {
            let message = format!("duplicate field selected: {}", path.segments.join("."));
            return Err(Problem::at(path.at, "INVALID_FIELD", message));
        }
    }
    Ok(node)
}

fn sort_keys(names: &Names<'_>) -> Result<Vec<SortKey>, Problem> {
    let mut keys = Vec::new();
    for item in &names.query.order {
        let Expression::Path(path) = &item.expression else {
            return Err(Problem::anywhere("MALFORMED_QUERY", "Ordered field must be grouped or aggregated"));
        };
        let found = names.find(path)?;
        found.check(path, "sorted", |field| field.sortable)?;
        keys.push(SortKey { path: found, descending: item.descending, nulls: item.nulls });
    }
    Ok(keys)
}

impl Names<'_> {
    /// Finds a field over its parents. A path may begin with the object's name or alias.
    pub(super) fn find(&self, path: &Path) -> Result<FieldPath, Problem> {
        let mut segments = &path.segments[..];
        let own_names = [Some(self.object.name), self.query.alias.as_deref()];
        if segments.len() > 1
            && own_names.iter().flatten().any(|name| name.eq_ignore_ascii_case(&segments[0]))
        {
            segments = &segments[1..];
        }
        let [parents @ .., field] = segments else {
            return Err(Problem::unexpected(path.at, ""));
        };
        if parents.len() > MOST_PARENTS {
            let message = format!("Relationship is nested too deeply: {}", path.segments.join("."));
            return Err(Problem::at(path.at, "MALFORMED_QUERY", message));
        }
        let mut object = self.object;
        let mut hops = Vec::with_capacity(parents.len());
        for parent in parents {
            let (reference, target) =
                self.parent(object, parent).ok_or_else(|| unknown_relationship(path, parent))?;
            hops.push((reference, target));
            object = target;
        }
        let field = object.field(field).filter(|field| !self.view.hides(object, Some(*field)));
        let field = field.ok_or_else(|| unknown_field(path, object))?;
        Ok(FieldPath { hops, object, field })
    }

    /// The reference field behind a relationship and the object it leads to. References to one of several objects, and
    /// to objects that this org does not have, cannot be followed.
    fn parent(&self, object: &'static Object, relationship: &str) -> Option<(usize, &'static Object)> {
        let reference = object.relationship(relationship)?;
        let [target] = object.fields[reference].refers_to else { return None };
        let target = crate::emulator::org::object(target)?;
        let hidden = self.view.hides(target, None) || self.view.hides(object, Some(reference));
        (!hidden).then_some((reference, target))
    }
}

fn unknown_relationship(path: &Path, relationship: &str) -> Problem {
    let message = format!(
        "Didn't understand relationship '{relationship}' in field path. If you are attempting to use a custom \
         relationship, be sure to append the '__r' after the custom relationship name. {ADVICE}"
    );
    Problem::at(path.at, "INVALID_FIELD", message)
}

fn unknown_field(path: &Path, object: &Object) -> Problem {
    let name = path.segments.last().map_or("", String::as_str);
    let message = format!(
        "No such column '{name}' on entity '{}'. If you are attempting to use a custom field, be sure to append the \
         '__c' after the custom field name. {ADVICE}",
        object.name
    );
    Problem::at(path.at, "INVALID_FIELD", message)
}

impl FieldPath {
    /// The field's entry in its table.
    pub(super) fn described(&self) -> &'static crate::emulator::org::Field {
        &self.object.fields[self.field]
    }

    /// Refuses a field that may not be filtered, sorted or grouped.
    pub(super) fn check(
        &self,
        path: &Path,
        done: &str,
        allowed: impl Fn(&crate::emulator::org::Field) -> bool,
    ) -> Result<(), Problem> {
        let field = self.described();
        if allowed(field) {
            return Ok(());
        }
        let code = if done == "filtered" { "INVALID_FIELD" } else { "MALFORMED_QUERY" };
        Err(Problem::at(path.at, code, format!("field '{}' can not be {done} in a query call", field.name)))
    }
}

impl Node {
    /// Adds a field; false when it is there already.
    fn insert(&mut self, path: &FieldPath) -> bool {
        let mut node = self;
        for &(reference, object) in &path.hops {
            let known = node.members.iter().position(
                |member| matches!(member, Member::Parent { reference: other, .. } if *other == reference),
            );
            let place = known.unwrap_or_else(|| {
                node.members.push(Member::Parent { reference, object, node: Node::default() });
                node.members.len() - 1
            });
            let Member::Parent { node: inner, .. } = &mut node.members[place] else { return false };
            node = inner;
        }
        let is_new =
            !node.members.iter().any(|member| matches!(member, Member::Field(other) if *other == path.field));
        if is_new {
            node.members.push(Member::Field(path.field));
        }
        is_new
    }
}
