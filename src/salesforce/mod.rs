//! Session (assertion to token), query pages, limits, describe, and the error catalogue.
//!
//! Knows nothing of SQL, of files, or of what is collected. Start reading at [`Session`]: every request goes through
//! its one send path, which renews the token, waits out passing trouble, keeps the org's API allowance free and turns
//! refusals into an [`Action`] by the tables [`API_ERRORS`] and [`SIGN_IN_ERRORS`].

mod allowance;
mod api_error;
mod api_error_table;
mod cell;
mod decode;
mod describe;
mod error;
mod known_secrets;
mod lanes;
mod limits;
mod page;
mod refusal_text;
mod rows;
mod send;
mod session;
mod sign_in;
mod sign_in_error;
mod sign_in_error_table;
pub mod soql;

pub use allowance::ApiAllowance;
pub use api_error::{Action, ApiError, Call};
pub use api_error_table::{API_ERRORS, ApiErrorRow, STATUS_ERRORS, StatusErrorRow};
pub use describe::DescribedField;
pub use error::{Error, ErrorKind};
pub use limits::DailyApiRequests;
pub use page::{Column, NextPage, Page, PageError};
pub use refusal_text::read_refusal;
pub use rows::{Row, Rows, Value};
pub use session::{Budget, Session, Settings, Usage};
pub use sign_in_error::SignInRefused;
pub use sign_in_error_table::{SIGN_IN_ERRORS, SignInErrorRow};
