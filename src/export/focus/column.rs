//! What a column of a FOCUS data set holds and when it may be empty: the one table that writer, lint, metadata and
//! schemas go by.

use crate::export::feed::Field;

/// One column.
#[derive(Clone, Copy, Debug)]
pub(in crate::export) struct FocusColumn {
    /// Its FOCUS column id, or `x_` and a name of our own.
    pub name: &'static str,
    /// The form of its values.
    pub form: Form,
    /// When it is empty.
    pub presence: Presence,
    /// The values that it may have, when FOCUS lists them.
    pub values: &'static [&'static str],
    /// The feature whose support FOCUS makes the column depend on; none for mandatory and for our own columns.
    pub feature: Option<&'static str>,
    /// One line for documentation.
    pub meaning: &'static str,
}

/// The form of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Form {
    /// A decimal number with at least one decimal place, since loaders take others for integers.
    Decimal,
    /// A decimal number of at least zero.
    Price,
    /// Any text; never digits alone, which loaders take for a number.
    Text,
    /// A currency's ISO 4217 code.
    Currency,
    /// `YYYY-MM-DDTHH:mm:ssZ`.
    DateTime,
    /// A JSON object.
    Json,
    /// A JSON object whose values are texts, numbers, true, false or null.
    KeyValue,
}

/// When a field is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::export) enum Presence {
    /// Never.
    Always,
    /// When there is nothing to say.
    Optional,
    /// Empty for taxes, and never for usage and purchases that are no corrections.
    Priced,
    /// Empty unless the row is usage, and never for usage that is no correction.
    Consumed,
    /// Empty exactly when this other column is.
    With(&'static str),
    /// Empty when this other column is.
    OnlyWith(&'static str),
    /// Always: Salesforce sells nothing of the kind.
    Never,
}

impl FocusColumn {
    /// A column that depends on no feature and is never empty.
    pub(super) const fn new(name: &'static str, form: Form, meaning: &'static str) -> Self {
        Self { name, form, presence: Presence::Always, values: &[], feature: None, meaning }
    }

    /// The same, empty at these times.
    pub(super) const fn present(self, presence: Presence) -> Self {
        Self { presence, ..self }
    }

    /// The same, with these values only.
    pub(super) const fn one_of(self, values: &'static [&'static str]) -> Self {
        Self { values, ..self }
    }

    /// The same, there because this feature is supported.
    pub(super) const fn with_feature(self, feature: &'static str) -> Self {
        Self { feature: Some(feature), ..self }
    }

    /// A column of a feature that is not offered.
    pub(super) const fn unused(name: &'static str, form: Form, feature: &'static str) -> Self {
        Self::new(name, form, "Empty: there is nothing of the kind for seats of licenses")
            .present(Presence::Never)
            .with_feature(feature)
    }

    /// The FOCUS data type, as the metadata calls it.
    pub(super) fn data_type(&self) -> &'static str {
        match self.form {
            Form::Decimal | Form::Price => "DECIMAL",
            Form::Text | Form::Currency => "STRING",
            Form::DateTime => "DATETIME",
            Form::Json | Form::KeyValue => "JSON",
        }
    }

    /// The column in a schema of the feed.
    pub(super) fn field(&self) -> Field {
        let field_type = match self.form {
            Form::Decimal | Form::Price => "number",
            Form::Text | Form::Currency => "string",
            Form::DateTime => "datetime",
            Form::Json | Form::KeyValue => "object",
        };
        Field {
            values: self.values,
            required: self.presence == Presence::Always,
            ..Field::new(self.name, field_type, self.meaning)
        }
    }
}
