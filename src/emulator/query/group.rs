//! GROUP BY and aggregates.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::plan::{FieldPath, Names};
use super::scan::Scan;
use super::sort::{ascending, compare, folded};
use crate::emulator::org::{FieldType, Object, Value, View, write_string};
use crate::emulator::soql::{Expression, Function, NullsOrder, Path, Problem};

/// A grouped query.
pub(crate) struct Grouping {
    keys: Vec<FieldPath>,
    columns: Vec<Column>,
    order: Vec<(usize, bool, NullsOrder)>,
}

/// A column of the answer.
struct Column {
    name: String,
    source: Source,
}

/// Where a column comes from.
enum Source {
    /// The place of a key.
    Key(usize),
    Aggregate(Function, FieldPath),
}

/// Plans a grouped query.
pub(super) fn grouping(names: &Names<'_>) -> Result<Grouping, Problem> {
    let mut keys = Vec::new();
    for path in &names.query.group {
        let found = names.find(path)?;
        found.check(path, "grouped", |field| field.groupable)?;
        keys.push(found);
    }
    let mut grouping = Grouping { keys, columns: Vec::new(), order: Vec::new() };
    let mut unnamed = 0;
    for item in &names.query.select {
        let source = grouping.source(names, &item.expression)?;
        let name = match (&item.alias, &source) {
            (Some(alias), _) => alias.clone(),
            (None, Source::Key(key)) => grouping.keys[*key].described().name.to_owned(),
            (None, Source::Aggregate(..)) => {
                unnamed += 1;
                format!("expr{}", unnamed - 1)
            }
        };
        if grouping.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
            return Err(Problem::anywhere("MALFORMED_QUERY", format!("duplicate alias: {name}")));
        }
        grouping.columns.push(Column { name, source });
    }
    for item in &names.query.order {
        let source = grouping.source(names, &item.expression)?;
        let column = grouping.columns.iter().position(|column| column.source.is(&source));
        // Sorting by something that is not selected adds a column that is not written.
        let column = column.unwrap_or_else(|| {
            grouping.columns.push(Column { name: String::new(), source });
            grouping.columns.len() - 1
        });
        grouping.order.push((column, item.descending, item.nulls));
    }
    Ok(grouping)
}

impl Grouping {
    fn source(&self, names: &Names<'_>, expression: &Expression) -> Result<Source, Problem> {
        match expression {
            Expression::Path(path) => {
                let found = names.find(path)?;
                let key = self.keys.iter().position(|key| key.is(&found));
                key.map(Source::Key).ok_or_else(|| not_grouped(path))
            }
            Expression::CountRecords => Err(Problem::anywhere(
                "MALFORMED_QUERY",
                "Grouped query cannot use COUNT(); name a field: COUNT(Id)",
            )),
            Expression::Aggregate(function, path) => {
                let found = names.find(path)?;
                aggregable(*function, path, &found)?;
                Ok(Source::Aggregate(*function, found))
            }
        }
    }

    /// Groups the records found and writes them, one answer record for each group.
    pub(super) fn run(&self, view: &View<'_>, object: &'static Object, scan: Scan<'_>) -> Vec<Vec<u8>> {
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut groups: Vec<Vec<Accumulator>> = Vec::new();
        let mut fingerprint = Vec::new();
        for row in scan {
            let record = view.record(object, row);
            fingerprint.clear();
            let keys: Vec<Value> = self.keys.iter().map(|key| key.read(view, &record)).collect();
            for key in &keys {
                key.write_json(&mut fingerprint);
                fingerprint.push(0);
            }
            let place = match places.get(&fingerprint) {
                Some(place) => *place,
                None => {
                    groups.push(
                        self.columns.iter().map(|column| Accumulator::new(&column.source, &keys)).collect(),
                    );
                    places.insert(fingerprint.clone(), groups.len() - 1);
                    groups.len() - 1
                }
            };
            for (column, accumulator) in self.columns.iter().zip(&mut groups[place]) {
                if let Source::Aggregate(_, path) = &column.source {
                    accumulator.add(path.read(view, &record));
                }
            }
        }
        // Without GROUP BY there is one answer, even about no record.
        if self.keys.is_empty() && groups.is_empty() {
            groups.push(self.columns.iter().map(|column| Accumulator::new(&column.source, &[])).collect());
        }
        let mut results: Vec<Vec<Value>> =
            groups.into_iter().map(|group| group.into_iter().map(Accumulator::result).collect()).collect();
        results.sort_by(|left, right| self.compare(left, right));
        results.iter().map(|values| self.write(values)).collect()
    }

    fn compare(&self, left: &[Value], right: &[Value]) -> Ordering {
        let orders = self.order.iter().map(|(column, descending, nulls)| {
            compare(&folded(left[*column].clone()), &folded(right[*column].clone()), *descending, *nulls)
        });
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    fn write(&self, values: &[Value]) -> Vec<u8> {
        let mut out = br#"{"attributes":{"type":"AggregateResult"}"#.to_vec();
        for (column, value) in self.columns.iter().zip(values).filter(|(column, _)| !column.name.is_empty()) {
            out.push(b',');
            write_string(&column.name, &mut out);
            out.push(b':');
            value.write_json(&mut out);
        }
        out.push(b'}');
        out
    }
}

fn not_grouped(path: &Path) -> Problem {
    let message = format!("Field must be grouped or aggregated: {}", path.segments.join("."));
    Problem::at(path.at, "MALFORMED_QUERY", message)
}

fn aggregable(function: Function, path: &Path, found: &FieldPath) -> Result<(), Problem> {
    let field = found.described();
    let (name, allowed) = match function {
        Function::Count | Function::CountDistinct => return Ok(()),
        Function::Minimum => ("MIN", field.field_type != FieldType::Boolean),
        Function::Maximum => ("MAX", field.field_type != FieldType::Boolean),
        Function::Sum => ("SUM", is_number(field.field_type)),
        Function::Average => ("AVG", is_number(field.field_type)),
    };
    if allowed {
        return Ok(());
    }
    let message = format!("field {} does not support aggregate operator {name}", field.name);
    Err(Problem::at(path.at, "MALFORMED_QUERY", message))
}

fn is_number(kind: FieldType) -> bool {
    matches!(kind, FieldType::Integer | FieldType::Double | FieldType::Percent)
}

impl Source {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(own), Self::Key(other)) => own == other,
            (Self::Aggregate(own, path), Self::Aggregate(other, other_path)) => {
                own == other && path.is(other_path)
            }
            _ => false,
        }
    }
}

impl FieldPath {
    fn is(&self, other: &Self) -> bool {
        let same_way = self.hops.len() == other.hops.len()
            && self.hops.iter().zip(&other.hops).all(|((own, _), (other, _))| own == other);
        same_way && self.field == other.field
    }
}

/// What has been seen of a column in one group.
enum Accumulator {
    Key(Value),
    Count(i64),
    Distinct(HashSet<Vec<u8>>),
    Extreme { wanted: Ordering, found: Value },
    Sum { integer: bool, sum: f64 },
    Average { sum: f64, count: u64 },
}

impl Accumulator {
    fn new(source: &Source, keys: &[Value]) -> Self {
        match source {
            Source::Key(key) => Self::Key(keys[*key].clone()),
            Source::Aggregate(function, path) => match function {
                Function::Count => Self::Count(0),
                Function::CountDistinct => Self::Distinct(HashSet::new()),
                Function::Minimum => Self::Extreme { wanted: Ordering::Less, found: Value::Null },
                Function::Maximum => Self::Extreme { wanted: Ordering::Greater, found: Value::Null },
                Function::Sum => {
                    Self::Sum { integer: path.described().field_type == FieldType::Integer, sum: 0.0 }
                }
                Function::Average => Self::Average { sum: 0.0, count: 0 },
            },
        }
    }

    /// Takes in a value; aggregates leave nulls out.
    fn add(&mut self, value: Value) {
        if value == Value::Null {
            return;
        }
        let number = match value {
            Value::Integer(number) => number as f64,
            Value::Double(number) => number,
            _ => 0.0,
        };
        match self {
            Self::Key(_) => {}
            Self::Count(count) => *count += 1,
            Self::Distinct(seen) => {
                let mut json = Vec::new();
                folded(value).write_json(&mut json);
                seen.insert(json);
            }
            Self::Extreme { wanted, found } => {
                if *found == Value::Null || ascending(&value, found) == *wanted {
                    *found = value;
                }
            }
            Self::Sum { sum, .. } => *sum += number,
            Self::Average { sum, count } => {
                *sum += number;
                *count += 1;
            }
        }
    }

    fn result(self) -> Value {
        match self {
            Self::Key(value) => value,
            Self::Count(count) => Value::Integer(count),
            Self::Distinct(seen) => Value::Integer(seen.len() as i64),
            Self::Extreme { found, .. } => found,
            Self::Sum { integer: true, sum } => Value::Integer(sum as i64),
            Self::Sum { integer: false, sum } => Value::Double(sum),
            Self::Average { count: 0, .. } => Value::Null,
            Self::Average { sum, count } => Value::Double(sum / count as f64),
        }
    }
}
