//! Answers queries: the names of a parsed query found in the objects' tables, then records found, sorted, grouped and
//! written as JSON.
//!
//! `plan` says what every name means or why the query is refused; `scan` finds records; `page` and `group` write them.

mod filter;
mod group;
mod operand;
mod page;
mod plan;
mod scan;
mod sort;

pub(crate) use page::{Batch, Cursor};
pub(crate) use plan::plan;
