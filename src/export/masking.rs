//! Changes what a policy does not let out as it is.

use std::borrow::Cow;

use serde_json::Value;

use super::{People, PrivacyKey};
use crate::catalogue::FREE_TEXT_FIELDS;
use crate::pii::{Filter, Rules};
use crate::policy::{Masking, Redaction};
use crate::report::{Cell, Column};

/// What stands in place of a masked value.
const MASK: &str = "***";

const LAST_CHARACTERS: usize = 4;

/// The column with the configured extra fields of users, as JSON by field name.
const EXTRA_COLUMN: &str = "extra";
const EXTRA_OBJECT: &str = "User";

/// What must not leave as it is.
pub struct Leaving {
    /// Fields, and what leaves instead.
    pub fields: Vec<Redaction>,
    /// What is taken out of free text.
    pub numbers: Filter,
}

impl Leaving {
    /// Everything may leave.
    pub const fn everything() -> Self {
        Self { fields: Vec::new(), numbers: Filter::new(Rules::NONE) }
    }

    /// Whether every field may leave as it is, so that no key is needed.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

static EVERYTHING: Leaving = Leaving::everything();

/// What must not leave as it is, and the key for it.
#[derive(Clone, Copy)]
pub struct Redactions<'state> {
    /// What.
    pub fields: &'state Leaving,
    /// The key of keyed hashes; without one such a field is left empty.
    pub key: Option<&'state PrivacyKey>,
}

impl Default for Redactions<'_> {
    fn default() -> Self {
        Self { fields: &EVERYTHING, key: None }
    }
}

/// What becomes of each column of one report.
pub(super) struct Masks<'a> {
    columns: Vec<Option<(Masking, &'static str)>>,
    extra: Vec<&'a Redaction>,
    extra_place: Option<usize>,
    /// For each column the field that its free text comes from, where it leaves as text.
    free_text: Vec<Option<&'static str>>,
    numbers: &'a Filter,
    key: Option<&'a PrivacyKey>,
}

impl<'a> Masks<'a> {
    pub(super) fn new(columns: &[Column], redactions: Redactions<'a>, people: &People) -> Self {
        let Redactions { fields: Leaving { fields: redactions, numbers }, key } = redactions;
        let is_pseudonym = |column: &Column| column.personal.is_some() && !matches!(people, People::Shown);
        let mask = |column: &Column| {
            // A pseudonym tells less than any mask that leaves something.
            let is_pseudonym = is_pseudonym(column);
            let is_stricter = |masking: &Masking| !is_pseudonym || *masking == Masking::Hidden;
            column.fields.iter().find_map(|field| {
                let (object, name) = field.split_once('.')?;
                let redaction = redactions.iter().find(|redaction| is_of(redaction, object, name))?;
                is_stricter(&redaction.masking).then_some((redaction.masking, *field))
            })
        };
        Self {
            columns: columns.iter().map(mask).collect(),
            extra: redactions
                .iter()
                .filter(|redaction| redaction.object.eq_ignore_ascii_case(EXTRA_OBJECT))
                .collect(),
            free_text: columns
                .iter()
                .map(|column| {
                    let field = column.fields.iter().find(|field| FREE_TEXT_FIELDS.contains(field));
                    field.copied().filter(|_| !is_pseudonym(column))
                })
                .collect(),
            numbers,
            extra_place: columns.iter().position(|column| column.name == EXTRA_COLUMN),
            key,
        }
    }

    /// `cells` as they may leave; `None` when they may leave as they are.
    pub(super) fn apply<'row>(&self, cells: &[Cell<'row>]) -> Option<Vec<Cell<'row>>> {
        let mut masked = self.mask_fields(cells);
        for (place, field) in self.free_text.iter().enumerate() {
            let (Some(field), None) = (field, self.columns[place]) else { continue };
            let Cell::Text(text) = &cells[place] else { continue };
            if let Some(changed) = self.numbers.changed(field, text) {
                masked.get_or_insert_with(|| cells.to_vec())[place] = Cell::Text(Cow::Owned(changed));
            }
        }
        if let Some(place) = self.extra_place {
            let current = masked.as_deref().unwrap_or(cells);
            let changed = match &current[place] {
                Cell::Text(text) => self.filter_extra(text),
                _ => None,
            };
            if let Some(changed) = changed {
                masked.get_or_insert_with(|| cells.to_vec())[place] = changed;
            }
        }
        masked
    }

    /// The JSON object of the extra fields without personal numbers; `None` when it has none.
    fn filter_extra(&self, text: &str) -> Option<Cell<'static>> {
        let Ok(Value::Object(mut extra)) = serde_json::from_str(text) else { return None };
        let mut is_changed = false;
        for (name, value) in &mut extra {
            let shown = match &*value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            if let Some(changed) = self.numbers.changed(name, &shown) {
                *value = changed.into();
                is_changed = true;
            }
        }
        is_changed.then(|| Cell::Text(Cow::Owned(Value::Object(extra).to_string())))
    }

    fn mask_fields<'row>(&self, cells: &[Cell<'row>]) -> Option<Vec<Cell<'row>>> {
        let changes_extra = self.extra_place.is_some() && !self.extra.is_empty();
        if !changes_extra && self.columns.iter().all(Option::is_none) {
            return None;
        }
        let mut masked: Vec<_> = cells
            .iter()
            .zip(&self.columns)
            .map(|(cell, mask)| match (mask, cell) {
                (None, cell) => cell.clone(),
                (Some(_), Cell::Null) => Cell::Null,
                (Some((masking, field)), cell) => self.mask(*masking, field, &cell.text()),
            })
            .collect();
        if let Some(place) = self.extra_place.filter(|_| changes_extra)
            && let Cell::Text(text) = &masked[place]
        {
            masked[place] = self.mask_extra(text);
        }
        Some(masked)
    }

    fn mask(&self, masking: Masking, field: &str, text: &str) -> Cell<'static> {
        match self.masked(masking, field, text) {
            Some(text) => Cell::Text(Cow::Owned(text)),
            None => Cell::Null,
        }
    }

    fn masked(&self, masking: Masking, field: &str, text: &str) -> Option<String> {
        match (masking, self.key) {
            (Masking::Hidden, _) => None,
            (Masking::Mask, _) => Some(MASK.to_owned()),
            (Masking::Last4, _) => {
                let skipped = text.chars().count().saturating_sub(LAST_CHARACTERS);
                // A text this short would leave whole.
                let last: String =
                    if skipped == 0 { String::new() } else { text.chars().skip(skipped).collect() };
                Some(format!("{MASK}{last}"))
            }
            (Masking::Hmac, Some(key)) => Some(key.pseudonym(field, text)),
            // Without a key there is nothing that could stand for it.
            (Masking::Hmac, None) => None,
        }
    }

    /// The JSON object of the extra fields with the fields of the policy changed; nothing when it is not one.
    fn mask_extra(&self, text: &str) -> Cell<'static> {
        let Ok(Value::Object(mut extra)) = serde_json::from_str(text) else { return Cell::Null };
        for (name, value) in &mut extra {
            let Some(redaction) = self.extra.iter().find(|redaction| is_of(redaction, EXTRA_OBJECT, name))
            else {
                continue;
            };
            let shown = match &*value {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let field = format!("{EXTRA_OBJECT}.{name}");
            *value = self.masked(redaction.masking, &field, &shown).map_or(Value::Null, Value::String);
        }
        Cell::Text(Cow::Owned(Value::Object(extra).to_string()))
    }
}

/// Salesforce does not tell upper from lower case in API names.
fn is_of(redaction: &Redaction, object: &str, field: &str) -> bool {
    redaction.object.eq_ignore_ascii_case(object) && redaction.field.eq_ignore_ascii_case(field)
}
