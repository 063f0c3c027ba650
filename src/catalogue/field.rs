//! Fields of collected objects.

/// The type of a field, as `describe` names it, reduced to what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A record id or a reference; normalized to 18 characters.
    Id,
    /// Text, picklists, addresses of any kind.
    Text,
    /// A whole number; JSON may write it `300.0`.
    Integer,
    /// A double, percent or currency.
    Number,
    /// A checkbox.
    Boolean,
    /// An instant; normalized to `YYYY-MM-DDTHH:MM:SS.sssZ`.
    DateTime,
    /// A calendar date `YYYY-MM-DD`.
    Date,
}
