//! Which queries a run will send, decided before any of them is sent.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::partition::Partitions;
use super::request::Request;
use super::scope::ScopeSurvey;
use super::survey::{Described, hidden_reason};
use crate::catalogue::{FEATURE_FLAG_PREFIX, FieldType, Holder, OBJECTS, Object, Role, Shape, Source};
use crate::salesforce::{Column, DescribedField, soql};
use crate::store::{CellSource, LoginWindow, ObjectStatus, StagedObject};

/// Metrics are computed about daily, and only the newest counts.
const METRIC_WINDOW: SignedDuration = SignedDuration::from_hours(35 * 24);

/// What will be asked, and what will not.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The objects to read, in order.
    pub objects: Vec<PlannedObject>,
    /// The others, each with its status and reason.
    pub left_out: Vec<LeftOut>,
    /// The stretch of login history to read, if logins are read.
    pub login_window: Option<LoginWindow>,
}

impl Plan {
    /// A sentence for each of the request's `extra_fields` that User does not have: a name that somebody wrote down is
    /// missed, unlike a field of the catalogue that not every org has.
    pub(super) fn missing_extra_fields(&self, request: &Request) -> Vec<String> {
        self.objects
            .iter()
            .filter(|planned| planned.staged.object.holder == Holder::Oneself)
            .flat_map(|planned| &planned.missing_fields)
            .filter(|field| request.extra_fields.contains(field))
            .map(|field| format!("User has no field `{field}`, which `extra_fields` names, or hides it"))
            .collect()
    }
}

/// One object's queries.
#[derive(Clone, Debug)]
pub struct PlannedObject {
    /// How its columns fill the dataset.
    pub staged: StagedObject,
    /// The columns that every query selects.
    pub columns: Vec<Column>,
    /// The queries; together they cover the object.
    pub queries: Vec<String>,
    /// Fields of the catalogue and of `extra_fields` that the org does not have.
    pub missing_fields: Vec<String>,
    /// How many rows are expected; 0 when nobody knows.
    pub expected_rows: u64,
}

/// An object that is not read.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// The object.
    pub object: &'static Object,
    /// Skipped or unavailable.
    pub status: ObjectStatus,
    /// Why.
    pub reason: String,
}

/// Decides what to ask, from what the org describes and who is in scope. `read_until` says how far an earlier run read
/// the login history, in milliseconds since 1970.
pub fn plan(
    request: &Request,
    described: &BTreeMap<&'static str, Described>,
    scope: &ScopeSurvey,
    partitions: &Partitions,
    read_until: Option<i64>,
    now: Timestamp,
) -> Plan {
    let mut plan = Plan { objects: Vec::new(), left_out: Vec::new(), login_window: None };
    for object in OBJECTS {
        if let Some(reason) = request.left_out(object) {
            plan.left_out.push(LeftOut { object, status: ObjectStatus::Skipped, reason });
            continue;
        }
        let fields = match described.get(object.name) {
            Some(Described::Fields(fields)) => Some(fields.as_slice()),
            Some(Described::Nothing) | None => None,
        };
        let window = login_window(request.login_history_days, read_until, now);
        match plan_object(request, object, fields, scope, partitions, Some(window), now) {
            Ok(planned) => {
                if object.shape == Shape::LoginDays {
                    plan.login_window = Some(window);
                }
                plan.objects.push(planned);
            }
            Err(missing_key) => {
                let found = format!("the org does not show its field {missing_key}");
                let reason = hidden_reason(object, &found);
                plan.left_out.push(LeftOut { object, status: ObjectStatus::Unavailable, reason });
            }
        }
    }
    plan
}

/// Whole days from the last one read, or from the configured number of days ago.
fn login_window(days: u32, read_until: Option<i64>, now: Timestamp) -> LoginWindow {
    let start_of_day = |instant: Timestamp| {
        let day = instant.to_zoned(TimeZone::UTC).date();
        day.to_zoned(TimeZone::UTC).map_or(instant, |start| start.timestamp())
    };
    let oldest = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN);
    // Read until a moment that has not come yet: this machine's clock was ahead then, and how far the history was truly
    // read is not known.
    let from = read_until
        .and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok())
        .filter(|read| *read <= now)
        .map_or(oldest, |read| read.max(oldest));
    LoginWindow {
        from_milliseconds: start_of_day(from).as_millisecond(),
        until_milliseconds: now.as_millisecond(),
    }
}

/// One object's queries for the fields that the org describes, or for all of the catalogue's when it describes nothing.
/// Fails with the name of a key field that the org does not show.
pub(super) fn plan_object(
    request: &Request,
    object: &'static Object,
    fields: Option<&[DescribedField]>,
    scope: &ScopeSurvey,
    partitions: &Partitions,
    window: Option<LoginWindow>,
    now: Timestamp,
) -> Result<PlannedObject, &'static str> {
    let described = |path: &str| match fields {
        None => Some(path.to_owned()),
        Some(fields) => {
            fields.iter().find(|field| field.name.eq_ignore_ascii_case(path)).map(|field| field.name.clone())
        }
    };
    let known = fields.unwrap_or_default();
    let mut columns: Vec<Column> = Vec::new();
    let mut missing_fields = Vec::new();
    let mut cells = Vec::new();
    for field in object.dataset.fields {
        let mut select = |path: &str, field_type| {
            columns.push(Column { path: path.to_owned(), field_type });
            columns.len() - 1
        };
        cells.push(match field.source {
            Source::Path(path) => match described(path) {
                Some(name) => CellSource::Column(select(&name, field.field_type)),
                None if field.role == Role::Key => return Err(path),
                None => {
                    missing_fields.push(path.to_owned());
                    CellSource::Absent
                }
            },
            Source::FeatureFlags => CellSource::FlagNames(
                feature_flags(known)
                    .map(|flag| (select(&flag.name, FieldType::Boolean), flag.name.clone()))
                    .collect(),
            ),
            Source::ExtraFields => {
                let mut named = Vec::new();
                for path in &request.extra_fields {
                    match known.iter().find(|field| field.name.eq_ignore_ascii_case(path)) {
                        Some(field) => {
                            let taken = columns.iter().position(|column| column.path == field.name);
                            let column = taken.unwrap_or_else(|| {
                                let field_type = field_type(field);
                                columns.push(Column { path: field.name.clone(), field_type });
                                columns.len() - 1
                            });
                            named.push((column, field.name.clone()));
                        }
                        None => missing_fields.push(path.clone()),
                    }
                }
                if named.is_empty() { CellSource::Absent } else { CellSource::Named(named) }
            }
            Source::Counted => CellSource::Absent,
        });
    }
    let queries = queries(object, &columns, scope, partitions, window, now);
    let expected_rows = partitions.rows(object);
    Ok(PlannedObject {
        staged: StagedObject { object, cells },
        columns,
        queries,
        missing_fields,
        expected_rows,
    })
}

/// Whether `fields` has what the object cannot do without, and what somebody asked for by name.
pub(super) fn has_needed_fields(request: &Request, object: &Object, fields: &[DescribedField]) -> bool {
    let is_there = |path: &str| fields.iter().any(|field| field.name.eq_ignore_ascii_case(path));
    let has_named = || request.extra_fields.iter().all(|path| is_there(path));
    object.dataset.with_role(Role::Key).all(|field| match field.source {
        Source::Path(path) => is_there(path),
        _ => true,
    }) && (object.holder != Holder::Oneself || has_named())
}

/// The feature licenses among an object's fields.
pub(super) fn feature_flags(fields: &[DescribedField]) -> impl Iterator<Item = &DescribedField> {
    fields.iter().filter(|field| field.type_name == "boolean" && field.name.starts_with(FEATURE_FLAG_PREFIX))
}

/// How the values of an extra field are read.
fn field_type(field: &DescribedField) -> FieldType {
    match field.type_name.as_str() {
        "boolean" => FieldType::Boolean,
        "int" | "long" => FieldType::Integer,
        "double" | "percent" | "currency" => FieldType::Number,
        "datetime" => FieldType::DateTime,
        "date" => FieldType::Date,
        "id" | "reference" => FieldType::Id,
        _ => FieldType::Text,
    }
}

fn queries(
    object: &'static Object,
    columns: &[Column],
    scope: &ScopeSurvey,
    partitions: &Partitions,
    window: Option<LoginWindow>,
    now: Timestamp,
) -> Vec<String> {
    let fields: Vec<&str> = columns.iter().map(|column| column.path.as_str()).collect();
    let order = object.ordered_by_id.then_some("Id");
    let mut conditions: Vec<String> = object.filter.iter().map(|filter| (*filter).to_owned()).collect();
    match object.shape {
        Shape::LoginDays => {
            let instant = |milliseconds| {
                soql::datetime(Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH))
            };
            if let Some(window) = window {
                conditions.push(format!("LoginTime >= {}", instant(window.from_milliseconds)));
                conditions.push(format!("LoginTime < {}", instant(window.until_milliseconds)));
            }
        }
        Shape::Newest(_) => {
            let oldest = now.checked_sub(METRIC_WINDOW).unwrap_or(Timestamp::UNIX_EPOCH);
            conditions.push(format!("MetricsDate >= {}", oldest.to_zoned(TimeZone::UTC).date()));
        }
        Shape::Snapshot => {}
    }
    let select = |extra: Option<&str>| {
        let all: Vec<&str> = conditions.iter().map(String::as_str).chain(extra).collect();
        soql::select(&fields, object.name, &all, order)
    };
    match (&object.holder, scope) {
        (Holder::Oneself, ScopeSurvey::Companies { spellings, .. }) => {
            soql::in_lists("CompanyName", spellings.iter().map(String::as_str))
                .iter()
                .map(|list| select(Some(list)))
                .collect()
        }
        _ => match partitions.conditions(object) {
            [] => vec![select(None)],
            ranges => ranges.iter().map(|range| select(Some(range))).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_read_on_from_the_last_days_start() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let text = |window: LoginWindow| crate::base::milliseconds_text(window.from_milliseconds).unwrap();
        let read = |time: &str| Some(time.parse::<Timestamp>().unwrap().as_millisecond());
        assert_eq!(text(login_window(90, None, now)), "2026-08-23T00:00:00.000Z");
        assert_eq!(text(login_window(90, read("2026-11-20T02:15:00Z"), now)), "2026-11-20T00:00:00.000Z");
        assert_eq!(text(login_window(90, read("2025-01-01T00:00:00Z"), now)), "2026-08-23T00:00:00.000Z");
        // The clock was ahead when it was noted.
        assert_eq!(text(login_window(90, read("2026-12-21T02:15:00Z"), now)), "2026-08-23T00:00:00.000Z");
    }
}
