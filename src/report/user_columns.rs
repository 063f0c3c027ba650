//! The columns and cells about users and seats that several reports share.

use jiff::Timestamp;

use super::books::Book;
use super::evidence::Formula;
use super::seat_price::PriceBasis;
use super::table::{Cell, Column, Kind, Personal};
use crate::base::utc_text;
use crate::store::{HeldLicense, Holder};

/// Ids of users, wherever they stand.
pub(super) const USER_ID_TREATMENT: Personal = Personal::Pseudonym("User.Id");

pub(super) const ORG: Column = Column::new("org", Kind::Text, "Short name of the org").shown();

pub(super) const USER_ID: Column =
    Column::new("user_id", Kind::Text, "Salesforce's id of the user").personal(USER_ID_TREATMENT);

pub(super) const USERNAME: Column =
    Column::new("username", Kind::Text, "Login name, unique across all of Salesforce")
        .of(&["User.Username"])
        .personal(Personal::Pseudonym("User.Username"))
        .shown();

pub(super) const NAME: Column = Column::new("name", Kind::Text, "First and last name")
    .of(&["User.Name"])
    .personal(Personal::Pseudonym("User.Name"));

pub(super) const COMPANY: Column = Column::new("company", Kind::Text, "Configured company the user matched")
    .of(&["User.CompanyName"])
    .shown();

pub(super) const DEPARTMENT: Column =
    Column::new("department", Kind::Text, "Department").of(&["User.Department"]);

pub(super) const USER_TYPE: Column =
    Column::new("user_type", Kind::Text, "Salesforce's class of user").of(&["User.UserType"]);

pub(super) const CREATED_AT: Column =
    Column::new("created_at", Kind::DateTime, "When the account was made").of(&["User.CreatedDate"]);

pub(super) const KIND: Column =
    Column::new("kind", Kind::Text, "user, permission_set, package or feature").shown();

pub(super) const LICENSE_ID: Column = Column::new("license_id", Kind::Text, "Salesforce's id of the license");

pub(super) const LICENSE_KEY: Column =
    Column::new("license_key", Kind::Text, "Key of the license, the same in every org");

pub(super) const LICENSE: Column = Column::new("license", Kind::Text, "Label of the license; not unique")
    .of(&["UserLicense.Name", "PermissionSetLicense.MasterLabel", "PackageLicense.NamespacePrefix"])
    .shown();

pub(super) const LICENSE_STATE: Column =
    Column::new("state", Kind::Text, "usable, expired or disabled").of(&[
        "UserLicense.Status",
        "PermissionSetLicense.Status",
        "PermissionSetLicense.ExpirationDate",
        "PackageLicense.Status",
        "PackageLicense.ExpirationDate",
    ]);

pub(super) const USER_LICENSE_KEY: Column =
    Column::new("license_key", Kind::Text, "Key of the user license, the same in every org");

pub(super) const USER_LICENSE: Column =
    Column::new("license", Kind::Text, "Name of the user license").of(&["UserLicense.Name"]).shown();

pub(super) const LAST_ANY_AT: Column = Column::new(
    "last_any_at",
    Kind::DateTime,
    "Last login of any kind, by the collected history and by Salesforce's field",
)
.of(&["User.LastLoginDate", "LoginHistory.LoginTime"])
.shown();

pub(super) const LAST_INTERACTIVE_AT: Column =
    Column::new("last_interactive_at", Kind::DateTime, "Last interactive login in the collected history")
        .of(&["LoginHistory.LoginTime"]);

pub(super) const LAST_API_AT: Column =
    Column::new("last_api_at", Kind::DateTime, "Last login by API in the collected history")
        .of(&["LoginHistory.LoginTime"]);

pub(super) const LAST_UNKNOWN_AT: Column =
    Column::new("last_unknown_at", Kind::DateTime, "Last login of an unknown kind in the collected history")
        .of(&["LoginHistory.LoginTime"]);

pub(super) const YEAR_PRICE: Column = Column::new(
    "year_price",
    Kind::Money,
    "Price of the seat for twelve months, by what price_basis says; empty when unpriced",
)
.from(Formula::Rule, &["contract_line", "price_basis"])
.asks(Book::Contracts)
.shown();

pub(super) const CURRENCY: Column =
    Column::new("currency", Kind::Text, "What year_price is counted in; empty when unpriced")
        .asks(Book::Contracts)
        .shown();

pub(super) const PRICE_BASIS: Column = Column::new(
    PriceBasis::COLUMN,
    Kind::Text,
    "contract (the line in force) or list_estimated (by --assume-list); empty when unpriced",
)
.asks(Book::Contracts)
.shown();

pub(super) const CONTRACT_LINE: Column =
    Column::new("contract_line", Kind::Text, "The contract line that the price is from")
        .asks(Book::Contracts);

pub(super) const CONTRACT_ENDS_ON: Column = Column::new(
    "contract_ends_on",
    Kind::Date,
    "First day after the term of that line, before which giving the seat back saves nothing; empty for an estimate",
)
.asks(Book::Contracts);

/// A number that is the sum of its evidence.
pub(super) const fn count(name: &'static str, meaning: &'static str) -> Column {
    Column::new(name, Kind::Integer, meaning).sum()
}

/// A count of people in a group that is the sum of its evidence.
pub(super) const fn people(name: &'static str, meaning: &'static str) -> Column {
    count(name, meaning).counts_people()
}

/// An instant as a cell.
pub(super) fn instant(at: Option<Timestamp>) -> Cell<'static> {
    at.map_or(Cell::Null, |at| Cell::Text(utc_text(at).into()))
}

/// A text that users may share.
pub(super) fn text<T: AsRef<str>>(text: Option<&T>) -> Cell<'_> {
    text.map(AsRef::as_ref).into()
}

/// Key and name of a user's license.
pub(super) fn user_license(user: &Holder) -> (Cell<'_>, Cell<'_>) {
    let license = user.user_license.as_deref();
    let part = |part: fn(&HeldLicense) -> Option<&String>| license.and_then(part).into();
    (part(|license| license.key.as_ref()), part(|license| license.name.as_ref()))
}
