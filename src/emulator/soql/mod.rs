//! SOQL as text: what was asked, without knowing what there is.
//!
//! The subset that license collection and its neighbors use (SOQL and SOSL Reference): fields and parent paths,
//! aggregates, WHERE with AND, OR, NOT, IN, LIKE and semi-joins, GROUP BY, ORDER BY, LIMIT and OFFSET. Start reading at
//! [`parse`]; the result is described in `syntax`.

mod lexer;
mod parser;
mod problem;
mod syntax;

pub(crate) use parser::parse;
pub(crate) use problem::Problem;
pub(crate) use syntax::{
    Comparison, Condition, Expression, Function, Literal, NullsOrder, Operand, Path, Query,
};
