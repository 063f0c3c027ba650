//! The shape of a parsed query. Every name keeps its place in the text, for error messages.

/// A query.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) select: Vec<SelectItem>,
    pub(crate) object: String,
    pub(crate) object_at: usize,
    pub(crate) alias: Option<String>,
    pub(crate) filter: Option<Condition>,
    pub(crate) group: Vec<Path>,
    pub(crate) order: Vec<OrderItem>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
}

/// One of the things selected.
#[derive(Debug)]
pub(crate) struct SelectItem {
    pub(crate) expression: Expression,
    pub(crate) alias: Option<String>,
}

/// A field or an aggregate of one.
#[derive(Debug)]
pub(crate) enum Expression {
    Path(Path),
    /// `COUNT()`: only the number of records.
    CountRecords,
    Aggregate(Function, Path),
}

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Minimum,
    Maximum,
    Sum,
    Average,
}

/// A field, reached over parents: `Profile.UserLicense.Name`.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    pub(crate) at: usize,
}

/// A WHERE clause, or a part of it.
#[derive(Debug)]
pub(crate) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare { path: Path, comparison: Comparison, operand: Operand },
    Like { path: Path, pattern: Operand },
    In { path: Path, negated: bool, operands: Vec<Operand> },
    InQuery { path: Path, negated: bool, query: Box<Query> },
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A literal and its place.
#[derive(Debug)]
pub(crate) struct Operand {
    pub(crate) literal: Literal,
    pub(crate) at: usize,
}

/// A literal.
#[derive(Debug)]
pub(crate) enum Literal {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    /// Unquoted, as written.
    Date(String),
    /// Unquoted, as written.
    DateTime(String),
}

/// A sort key.
#[derive(Debug)]
pub(crate) struct OrderItem {
    pub(crate) expression: Expression,
    pub(crate) descending: bool,
    pub(crate) nulls: NullsOrder,
}

/// Where nulls are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NullsOrder {
    First,
    Last,
}
