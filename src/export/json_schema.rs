//! The JSON Schema of the reports as JSON, made from the table of reports.

use serde_json::{Map, Value, json};

use crate::report::{Column, Kind, REPORTS, Report};

/// JSON Schema (draft 2020-12) of every document that [`Format::Json`](super::Format::Json) writes: the frame that all
/// share, and by the report's id the columns and totals that it has.
pub fn json_schema() -> String {
    let by_report = REPORTS.iter().map(|report| {
        json!({
            "if": {"properties": {"report": {"const": report.id}}},
            "then": {"$ref": format!("#/$defs/{}", report.id)},
        })
    });
    let mut definitions = Map::new();
    definitions.insert("org".to_owned(), org());
    definitions.insert("column".to_owned(), column());
    definitions.extend(REPORTS.iter().map(|report| (report.id.to_owned(), of_report(report))));
    let ids: Vec<_> = REPORTS.iter().map(|report| report.id).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A report of seatledger",
        "type": "object",
        "required": ["report", "as_of", "complete", "orgs", "columns", "rows", "totals"],
        "additionalProperties": false,
        "properties": {
            "report": {"description": "Which report", "enum": ids},
            "as_of": described(instant(), "The instant that the report speaks of"),
            "complete": {"description": "Whether every org is whole and collected", "type": "boolean"},
            "orgs": {
                "description": "How much of each org could be read",
                "type": "array",
                "items": {"$ref": "#/$defs/org"},
            },
            "columns": {
                "description": "The keys of each row, in their order",
                "type": "array",
                "items": {"$ref": "#/$defs/column"},
            },
            "rows": {"type": "array", "items": {"type": "object"}},
            "totals": {"type": "object"},
        },
        "allOf": by_report.collect::<Vec<_>>(),
        "$defs": definitions,
    });
    format!("{schema:#}\n")
}

fn of_report(report: &Report) -> Value {
    let row = object(report.columns);
    let columns: Vec<_> = report.columns.iter().map(|column| column.name).collect();
    json!({
        "title": report.title,
        "description": report.definition,
        "properties": {
            "columns": {
                "minItems": columns.len(),
                "maxItems": columns.len(),
                "prefixItems": columns.iter().map(|name| json!({"properties": {"name": {"const": name}}})).collect::<Vec<_>>(),
            },
            "rows": {"items": row},
            "totals": object(report.totals),
        },
    })
}

/// An object with exactly these columns as keys.
fn object(columns: &[Column]) -> Value {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    let properties: Map<_, _> = columns
        .iter()
        .map(|column| (column.name.to_owned(), described(value(column), column.meaning)))
        .collect();
    json!({"required": names, "additionalProperties": false, "properties": properties})
}

/// What a cell of the column may be. A policy may have put a mask, which is text, in the place of a Salesforce field's
/// value.
fn value(column: &Column) -> Value {
    let kind = match column.kind {
        Kind::Text => json!({"type": ["string", "null"]}),
        Kind::Integer => json!({"type": ["integer", "null"]}),
        Kind::Number | Kind::Percent | Kind::Money => json!({"type": ["number", "null"]}),
        Kind::Boolean => json!({"type": ["boolean", "null"]}),
        Kind::Date => json!({"type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        Kind::DateTime => {
            let Value::Object(mut kind) = instant() else { return instant() };
            kind.insert("type".to_owned(), json!(["string", "null"]));
            Value::Object(kind)
        }
    };
    let may_be_masked = !column.fields.is_empty() && column.kind != Kind::Text;
    if may_be_masked { json!({"anyOf": [kind, {"type": "string"}]}) } else { kind }
}

fn described(schema: Value, description: &str) -> Value {
    match schema {
        Value::Object(mut schema) => {
            schema.insert("description".to_owned(), json!(description));
            Value::Object(schema)
        }
        other => other,
    }
}

fn instant() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
    })
}

fn column() -> Value {
    let kinds = [
        Kind::Text,
        Kind::Integer,
        Kind::Number,
        Kind::Percent,
        Kind::Money,
        Kind::Date,
        Kind::DateTime,
        Kind::Boolean,
    ];
    json!({
        "type": "object",
        "required": ["name", "kind", "personal"],
        "properties": {
            "name": {"type": "string"},
            "kind": {"enum": kinds.map(Kind::word)},
            "personal": {"description": "Whether it tells something about a person", "type": "boolean"},
        },
    })
}

fn org() -> Value {
    let text = || json!({"type": ["string", "null"]});
    let gap = json!({
        "type": "object",
        "required": ["object", "status", "reason", "kept_from"],
        "properties": {
            "object": {"type": "string"},
            "status": {"enum": ["unavailable", "stale", "failed", "skipped"]},
            "reason": text(),
            "kept_from": described(text(), "When the rows in its place were collected; null when there are none"),
        },
    });
    json!({
        "type": "object",
        "required": ["org", "collected_at", "run_status", "error", "gaps"],
        "properties": {
            "org": {"type": "string"},
            "collected_at": described(text(), "null when nothing was ever collected"),
            "run_status": text(),
            "error": text(),
            "gaps": {"type": "array", "items": gap},
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_and_total_is_in_the_schema_with_its_meaning() {
        let schema: Value = serde_json::from_str(&json_schema()).unwrap();
        jsonschema::meta::validate(&schema).unwrap();
        for report in REPORTS {
            let definition = &schema["$defs"][report.id]["properties"];
            for (columns, at) in
                [(report.columns, &definition["rows"]["items"]), (report.totals, &definition["totals"])]
            {
                assert_eq!(at["properties"].as_object().unwrap().len(), columns.len(), "{}", report.id);
                for column in columns {
                    assert_eq!(
                        at["properties"][column.name]["description"], column.meaning,
                        "{}",
                        column.name
                    );
                }
            }
        }
    }
}
