//! `datapackage.json`: every table of the feed with its columns, for programs that read Frictionless Data Package
//! descriptors (specs.frictionlessdata.io/data-package, version 1).

use serde_json::{Value, json};

use super::manifest::{SCHEMA_ID, SCHEMA_VERSION};
use crate::report::Kind;

/// Its name in the folder.
pub(super) const DATAPACKAGE: &str = "datapackage.json";

/// A CSV file and what its columns hold.
#[derive(Clone, Debug)]
pub struct Table {
    /// The file's name.
    pub file: String,
    /// Its title for people.
    pub title: &'static str,
    /// What it lists.
    pub description: &'static str,
    /// The columns in order.
    pub fields: Vec<Field>,
    /// The columns that no two rows share.
    pub key: &'static [&'static str],
}

/// A column of a CSV file.
#[derive(Clone, Debug)]
pub struct Field {
    /// The header.
    pub name: &'static str,
    /// Its type as Frictionless Table Schema calls it.
    pub field_type: &'static str,
    /// What it holds.
    pub description: &'static str,
    /// The values that it may have, when they are few.
    pub values: &'static [&'static str],
    /// Whether it is never empty.
    pub required: bool,
}

impl Field {
    /// A column that may be empty and may hold any value of its type.
    pub(crate) const fn new(name: &'static str, field_type: &'static str, description: &'static str) -> Self {
        Self { name, field_type, description, values: &[], required: false }
    }

    fn document(&self) -> Value {
        let mut document =
            json!({"name": self.name, "type": self.field_type, "description": self.description});
        if self.field_type == "datetime" {
            // Fractions of a second are not in the default format.
            document["format"] = json!("any");
        }
        if self.required || !self.values.is_empty() {
            document["constraints"] = json!({"required": self.required});
            if !self.values.is_empty() {
                document["constraints"]["enum"] = json!(self.values);
            }
        }
        document
    }
}

/// The Table Schema type of a kind of cells.
pub(super) fn field_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "string",
        Kind::Integer => "integer",
        Kind::Number | Kind::Percent | Kind::Money => "number",
        Kind::Date => "date",
        Kind::DateTime => "datetime",
        Kind::Boolean => "boolean",
    }
}

/// The descriptor of these tables.
pub(super) fn descriptor(tables: &[Table]) -> Vec<u8> {
    let resources: Vec<_> = tables
        .iter()
        .map(|table| {
            let name = table.file.trim_end_matches(".csv");
            let fields: Vec<_> = table.fields.iter().map(Field::document).collect();
            json!({
                "name": name, "path": table.file, "title": table.title, "description": table.description,
                "profile": "tabular-data-resource", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8",
                "dialect": {"delimiter": ",", "lineTerminator": "\n", "quoteChar": "\"", "doubleQuote": true, "header": true},
                "schema": {"fields": fields, "missingValues": [""], "primaryKey": table.key},
            })
        })
        .collect();
    let document = json!({
        "profile": "tabular-data-package", "name": SCHEMA_ID, "version": SCHEMA_VERSION,
        "title": "Seatledger feed", "resources": resources,
    });
    let mut bytes = serde_json::to_vec_pretty(&document).expect("plain JSON");
    bytes.push(b'\n');
    bytes
}
