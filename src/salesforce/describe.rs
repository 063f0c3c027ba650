//! The answer of `/sobjects/<object>/describe`.

use serde::{Deserialize, Serialize};

/// A field as it exists for the run-as user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribedField {
    /// The API name.
    pub name: String,
    /// The name people see.
    pub label: String,
    /// Salesforce's word for the type, such as `reference` or `datetime`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether a condition may use it.
    #[serde(default)]
    pub filterable: bool,
    /// Whether GROUP BY may use it.
    #[serde(default)]
    pub groupable: bool,
    /// Whether ORDER BY may use it.
    #[serde(default)]
    pub sortable: bool,
    /// The name under which its parent's fields are reached, for a reference.
    pub relationship_name: Option<String>,
}
