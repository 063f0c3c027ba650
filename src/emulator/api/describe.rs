//! What the org says about its objects.

use serde_json::{Value as Json, json};

use super::error::ApiError;
use crate::emulator::org::{Field, FieldType, OBJECTS, Object, View, object};

/// `sobjects`: every object, in short.
pub(super) fn global(view: &View<'_>, base: &str) -> Json {
    let visible = OBJECTS.iter().filter(|object| !view.hides(object, None));
    let objects: Vec<_> = visible.map(|object| summary(object, base)).collect();
    json!({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})
}

/// `sobjects/X`: the same for one object.
pub(super) fn basic(view: &View<'_>, base: &str, name: &str) -> Result<Json, ApiError> {
    Ok(json!({"objectDescribe": summary(find(view, name)?, base), "recentItems": []}))
}

/// `sobjects/X/describe`: one object with its fields.
pub(super) fn full(view: &View<'_>, base: &str, name: &str) -> Result<Json, ApiError> {
    let object = find(view, name)?;
    let mut described = summary(object, base);
    let fields = object.fields.iter().enumerate();
    let visible = fields.filter(|(place, _)| !view.hides(object, Some(*place)));
    described["fields"] = visible.map(|(_, field)| describe_field(field)).collect();
    described["childRelationships"] = json!([]);
    described["recordTypeInfos"] = json!([]);
    Ok(described)
}

fn find(view: &View<'_>, name: &str) -> Result<&'static Object, ApiError> {
    object(name).filter(|object| !view.hides(object, None)).ok_or_else(ApiError::not_found)
}

fn summary(object: &Object, base: &str) -> Json {
    let url = format!("{base}/sobjects/{}", object.name);
    let prefix = object.shows_prefix.then(|| String::from_utf8_lossy(object.prefix));
    let replicateable = matches!(object.name, "User" | "UserRole" | "Organization");
    json!({
        "name": object.name,
        "label": object.label(),
        "labelPlural": object.label_plural(),
        "keyPrefix": prefix,
        "custom": false,
        "customSetting": false,
        "createable": false,
        "updateable": false,
        "deletable": false,
        "undeletable": false,
        "mergeable": false,
        "queryable": true,
        "replicateable": replicateable,
        "retrieveable": true,
        "searchable": matches!(object.name, "User" | "Group"),
        "layoutable": false,
        "triggerable": false,
        "activateable": false,
        "deprecatedAndHidden": false,
        "feedEnabled": false,
        "mruEnabled": false,
        "urls": {
            "sobject": url,
            "describe": format!("{url}/describe"),
            "rowTemplate": format!("{url}/{{ID}}"),
        },
    })
}

fn describe_field(field: &Field) -> Json {
    json!({
        "name": field.name,
        "label": field.label(),
        "type": field.field_type.name(),
        "soapType": field.field_type.soap_name(),
        "length": field.length,
        "byteLength": u32::from(field.length) * 3,
        "digits": if field.field_type == FieldType::Integer { 9 } else { 0 },
        "precision": if matches!(field.field_type, FieldType::Double | FieldType::Percent) { 18 } else { 0 },
        "scale": if matches!(field.field_type, FieldType::Double | FieldType::Percent) { 2 } else { 0 },
        "nillable": field.nillable,
        "filterable": field.filterable,
        "groupable": field.groupable,
        "sortable": field.sortable,
        "aggregatable": field.filterable && field.field_type != FieldType::Boolean,
        "custom": field.name.ends_with("__c"),
        "createable": false,
        "updateable": false,
        "calculated": false,
        "unique": field.name == "Username",
        "idLookup": matches!(field.name, "Id" | "Username"),
        "namePointing": field.refers_to.len() > 1,
        "nameField": field.name == "Name",
        "polymorphicForeignKey": field.refers_to.len() > 1,
        "relationshipName": field.relationship,
        "referenceTo": field.refers_to,
        "restrictedPicklist": false,
        "deprecatedAndHidden": false,
        "picklistValues": [],
    })
}
