//! WHERE clauses: what they mean, and whether a record fits.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::operand::{Comparable, Comparand, comparand, is_id, is_text};
use super::plan::{FieldPath, Member, Names, Output, plan_query};
use super::scan::Scan;
use crate::emulator::org::{FieldType, Object, Record, Value, View};
use crate::emulator::soql::{Comparison, Condition, Literal, Operand, Path, Problem, Query};

/// A condition on records of one object.
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare { path: FieldPath, comparison: Comparison, comparand: Comparand },
    Like { path: FieldPath, pattern: Vec<Wild> },
    In { path: FieldPath, negated: bool, members: Members },
}

/// The values of an IN list.
#[derive(Default)]
pub(crate) struct Members {
    pub(super) ids: HashSet<[u8; 15]>,
    texts: HashSet<String>,
    others: Vec<Comparand>,
    null: bool,
}

/// A piece of a LIKE pattern.
#[derive(Debug, PartialEq)]
pub(crate) enum Wild {
    /// `%`.
    Any,
    /// `_`.
    One,
    Exactly(char),
}

/// Finds the meaning of a condition.
pub(super) fn filter(names: &Names<'_>, condition: &Condition) -> Result<Filter, Problem> {
    let all =
        |terms: &[Condition]| terms.iter().map(|term| filter(names, term)).collect::<Result<Vec<_>, _>>();
    Ok(match condition {
        Condition::All(terms) => Filter::All(all(terms)?),
        Condition::Any(terms) => Filter::Any(all(terms)?),
        Condition::Not(term) => Filter::Not(Box::new(filter(names, term)?)),
        Condition::Compare { path, comparison, operand } => {
            let path = filterable(names, path)?;
            let comparand = comparand(&path, operand)?;
            let is_ordering = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
            if is_ordering && path.described().field_type == FieldType::Boolean {
                let message = "invalid operator on boolean field";
                return Err(Problem::at(operand.at, "INVALID_QUERY_FILTER_OPERATOR", message));
            }
            Filter::Compare { path, comparison: *comparison, comparand }
        }
        Condition::Like { path, pattern } => {
            let path = filterable(names, path)?;
            Filter::Like { pattern: wildcards(&path, pattern)?, path }
        }
        Condition::In { path, negated, operands } => {
            let path = filterable(names, path)?;
            let mut members = Members::default();
            for operand in operands {
                members.insert(comparand(&path, operand)?);
            }
            Filter::In { path, negated: *negated, members }
        }
        Condition::InQuery { path, negated, query } => {
            let found = filterable(names, path)?;
            let ids = semi_join(names.view, query, path, &found)?;
            Filter::In { path: found, negated: *negated, members: Members { ids, ..Members::default() } }
        }
    })
}

fn filterable(names: &Names<'_>, path: &Path) -> Result<FieldPath, Problem> {
    let found = names.find(path)?;
    found.check(path, "filtered", |field| field.filterable)?;
    Ok(found)
}

/// The ids that the inner query of a semi-join selects (SOQL Reference, "Comparison Operators").
fn semi_join(
    view: &View<'_>,
    query: &Query,
    at: &Path,
    outer: &FieldPath,
) -> Result<HashSet<[u8; 15]>, Problem> {
    let plan = plan_query(view, query)?;
    let Output::Records(node) = &plan.output else {
        return Err(Problem::at(at.at, "MALFORMED_QUERY", "Semi join sub-selects cannot use aggregates"));
    };
    let [Member::Field(field)] = &node.members[..] else {
        return Err(Problem::at(
            at.at,
            "MALFORMED_QUERY",
            "Semi join sub-selects must select exactly one field",
        ));
    };
    if !is_id(outer.described().field_type) || !is_id(plan.object.fields[*field].field_type) {
        let message = "The inner and outer selects of a semi join must be ID fields";
        return Err(Problem::at(at.at, "MALFORMED_QUERY", message));
    }
    let rows = Scan::all(view, plan.object, &plan.filter);
    Ok(rows
        .filter_map(|row| match view.record(plan.object, row).value(*field) {
            Value::Id(key) => Some(key.fifteen()),
            _ => None,
        })
        .collect())
}

fn wildcards(path: &FieldPath, pattern: &Operand) -> Result<Vec<Wild>, Problem> {
    let field = path.described();
    if !is_text(field.field_type) {
        let message = match field.field_type {
            kind if is_id(kind) => "invalid operator on id field".to_owned(),
            kind => format!("invalid operator on {} field", kind.name()),
        };
        return Err(Problem::at(pattern.at, "INVALID_QUERY_FILTER_OPERATOR", message));
    }
    // The Object Reference says so of this one field.
    if path.object.name == "LoginHistory" && field.name == "SourceIp" {
        return Err(Problem::at(
            pattern.at,
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on string field",
        ));
    }
    let Literal::Text(text) = &pattern.literal else { return Err(Problem::unexpected(pattern.at, "")) };
    let mut wild = Vec::new();
    let text = text.to_lowercase();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        wild.push(match character {
            '%' => Wild::Any,
            '_' => Wild::One,
            '\\' => Wild::Exactly(characters.next().unwrap_or('\\')),
            _ => Wild::Exactly(character),
        });
    }
    Ok(wild)
}

impl Members {
    fn insert(&mut self, comparand: Comparand) {
        match comparand {
            Comparand::Null => self.null = true,
            Comparand::Id(id) => _ = self.ids.insert(id),
            Comparand::Text(text) => _ = self.texts.insert(text),
            other => self.others.push(other),
        }
    }

    fn contain(&self, value: &Comparable<'_>) -> bool {
        match value {
            Comparable::Null => self.null,
            Comparable::Id(key) => self.ids.contains(&key.fifteen()),
            Comparable::Text(text) => self.texts.contains(text.as_ref()),
            value => self.others.iter().any(|other| value.compare(other) == Some(Ordering::Equal)),
        }
    }
}

impl Filter {
    /// True when the record fits. Fields that do not decide are not looked at.
    pub(super) fn fits(&self, view: &View<'_>, record: &Record<'_>) -> bool {
        match self {
            Self::All(terms) => terms.iter().all(|term| term.fits(view, record)),
            Self::Any(terms) => terms.iter().any(|term| term.fits(view, record)),
            Self::Not(term) => !term.fits(view, record),
            Self::Compare { path, comparison, comparand } => {
                let value = path.read(view, record);
                compares(&value, *comparison, comparand)
            }
            Self::Like { path, pattern } => match Comparable::of(&path.read(view, record)) {
                Comparable::Text(text) => matches_pattern(&text, pattern),
                _ => false,
            },
            Self::In { path, negated, members } => {
                let value = path.read(view, record);
                members.contain(&Comparable::of(&value)) != *negated
            }
        }
    }
}

/// Compares a value with a literal. A checkbox of a missing parent counts as false (SOQL Reference, "Filtering on
/// Boolean Fields"); other nulls are equal to null, unlike everything else, and neither less nor greater than anything.
fn compares(value: &Value, comparison: Comparison, comparand: &Comparand) -> bool {
    let value = match (value, comparand) {
        (Value::Null, Comparand::Boolean(_)) => &Value::Boolean(false),
        _ => value,
    };
    let value = Comparable::of(value);
    let order = match (&value, comparand) {
        (Comparable::Null, Comparand::Null) => Some(Ordering::Equal),
        _ => value.compare(comparand),
    };
    match comparison {
        Comparison::Equal => order == Some(Ordering::Equal),
        Comparison::NotEqual => order != Some(Ordering::Equal),
        Comparison::Less => order == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => order == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

impl FieldPath {
    /// Reads the field from a record, following parents; null when one is missing.
    pub(super) fn read(&self, view: &View<'_>, record: &Record<'_>) -> Value {
        let [(first, target), rest @ ..] = &self.hops[..] else { return record.value(self.field) };
        let Some(mut row) = follow(view, &record.value(*first), target) else { return Value::Null };
        let mut object = *target;
        for (reference, target) in rest {
            let Some(next) = follow(view, &view.record(object, row).value(*reference), target) else {
                return Value::Null;
            };
            row = next;
            object = *target;
        }
        view.record(object, row).value(self.field)
    }
}

/// The place of the record that a reference points to.
pub(super) fn follow(view: &View<'_>, reference: &Value, target: &Object) -> Option<u64> {
    match reference {
        Value::Id(key) => view.locate(target, *key),
        _ => None,
    }
}

/// Matches without recursion: on a mismatch, the last `%` swallows one character more.
fn matches_pattern(text: &str, pattern: &[Wild]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut piece) = (0, 0);
    let mut last_any = None;
    while at < text.len() {
        match pattern.get(piece) {
            Some(Wild::Any) => {
                last_any = Some((piece, at));
                piece += 1;
                continue;
            }
            Some(Wild::One) => {}
            Some(Wild::Exactly(character)) if *character == text[at] => {}
            _ => {
                let Some((any, swallowed)) = last_any else { return false };
                last_any = Some((any, swallowed + 1));
                (piece, at) = (any + 1, swallowed + 1);
                continue;
            }
        }
        at += 1;
        piece += 1;
    }
    pattern[piece..].iter().all(|piece| *piece == Wild::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_like_does() {
        use Wild::{Any, Exactly, One};
        let pattern = [Exactly('a'), Any, Exactly('m'), One];
        for (text, expected) in
            [("acme", true), ("ame", true), ("acmes", false), ("me", false), ("ammme", true)]
        {
            assert_eq!(matches_pattern(text, &pattern), expected, "{text}");
        }
        assert!(matches_pattern("", &[Any, Any]));
        assert!(!matches_pattern("", &[One]));
        assert!(matches_pattern(&"a".repeat(5000), &[Any, Exactly('a'), Any, Exactly('a'), Any]));
    }
}
