//! What the collected data says: measures (pure), and one file per report.
//!
//! Knows nothing of HTTP, of SQL or of file formats. Start reading at [`REPORTS`], the table of everything that can
//! be asked; each entry is its columns, its totals and one function from rows of the store to rows of the report.

mod access_review;
mod basis;
pub mod books;
mod chargeback;
mod charges;
mod completeness;
mod counted_holders;
mod data_quality;
mod deactivated_holders;
mod diff;
mod duplicates;
mod entitlements;
mod evidence;
mod expiring;
mod explanation;
mod forecast;
mod frozen;
mod inactive;
mod integration_users;
mod licenses;
mod login_based;
mod login_evidence;
pub mod measure;
mod native_check;
mod options;
mod orphans;
mod people;
mod persons;
mod reclaimable;
mod renewals;
mod savings;
mod seat_judge;
mod seat_price;
mod seat_use;
mod subscriptions;
mod table;
mod threshold;
mod trend;
mod true_up;
mod unmatched;
mod user_columns;
mod users;
mod utilization;

use std::io;

use thiserror::Error;

use crate::store::{self, Reader, Selection};
use measure::Month;
use measure::amortization::TooLarge;

pub use access_review::ACCESS_REVIEW;
pub use basis::{Basis, Rules};
pub use chargeback::CHARGEBACK;
pub use charges::{Charge, Part, charges_of};
pub use completeness::Completeness;
pub use data_quality::DATA_QUALITY;
pub use deactivated_holders::DEACTIVATED_HOLDERS;
pub use diff::DIFF;
pub use duplicates::DUPLICATES;
pub use entitlements::ENTITLEMENTS;
pub use evidence::{Evidence, Formula, Made, Sink};
pub use expiring::EXPIRING;
pub use explanation::{EXPLANATION, Found, Question, QuestionError};
pub use forecast::FORECAST;
pub use frozen::FROZEN;
pub use inactive::INACTIVE;
pub use integration_users::INTEGRATION_USERS;
pub use licenses::LICENSES;
pub use login_based::LOGIN_BASED;
pub use native_check::NATIVE_CHECK;
pub use options::ReportOption;
pub use orphans::ORPHANS;
pub use people::PEOPLE;
pub use reclaimable::RECLAIMABLE;
pub use renewals::RENEWALS;
pub use savings::SAVINGS;
pub use seat_price::PriceBasis;
pub use subscriptions::SUBSCRIPTIONS;
pub use table::{Cell, Column, Kind, Personal, Shown};
pub use threshold::{Crossing, Threshold, ThresholdError, Watch};
pub use trend::TREND;
pub use true_up::TRUE_UP;
pub use unmatched::{UnmatchedLicense, unmatched_licenses};
pub use users::USERS;
pub use utilization::UTILIZATION;

/// Every report, in the order people want them.
pub const REPORTS: &[Report] = &[
    LICENSES,
    USERS,
    SUBSCRIPTIONS,
    UTILIZATION,
    INACTIVE,
    RECLAIMABLE,
    DEACTIVATED_HOLDERS,
    FROZEN,
    INTEGRATION_USERS,
    DUPLICATES,
    PEOPLE,
    ORPHANS,
    ACCESS_REVIEW,
    ENTITLEMENTS,
    LOGIN_BASED,
    EXPIRING,
    RENEWALS,
    TRUE_UP,
    SAVINGS,
    CHARGEBACK,
    TREND,
    DIFF,
    FORECAST,
    DATA_QUALITY,
    NATIVE_CHECK,
];

/// What a report can be narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Single companies.
    Companies,
    /// Whole orgs only.
    WholeOrgs,
}

/// One report.
pub struct Report {
    /// Its word on the command line, its file's name in a feed and its heading in documents.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it lists, in one line.
    pub description: &'static str,
    /// How its numbers are made and what they leave out, in a few sentences.
    pub definition: &'static str,
    /// What it can be narrowed to.
    pub reach: Reach,
    /// What else can be asked of it, beside orgs and a time; a company by [`Self::reach`].
    pub options: &'static [ReportOption],
    /// The columns, in the order of every format.
    pub columns: &'static [Column],
    /// The numbers about all rows together.
    pub totals: &'static [Column],
    /// The objects that its rows and totals are made from.
    pub sources: &'static [&'static str],
    /// The columns that no two rows share.
    pub key: &'static [&'static str],
    /// The columns that tell one row from another to a person.
    pub label: &'static [&'static str],
    /// The columns that it is asked for, which a narrow table keeps beside the label.
    pub about: &'static [&'static str],
    /// Hands every row to the sink, in a fixed and total order, and gives the totals.
    pub write: fn(&Basis<'_>, &mut dyn Sink) -> Result<Vec<Cell<'static>>, Error>,
}

/// The objects that licenses and their assignments are records of.
const LICENSE_OBJECTS: &[&str] = &[
    "UserLicense",
    "PermissionSetLicense",
    "PermissionSetLicenseAssign",
    "PackageLicense",
    "UserPackageLicense",
];

/// The objects that tell who holds user and feature licenses.
const USER_OBJECTS: &[&str] = &["User", "Profile"];

/// The sources of reports about licenses and their holders: the first is the object that a row is about.
const LICENSES_THEN_USERS: &[&str] = &all_names::<7>(&[LICENSE_OBJECTS, USER_OBJECTS]);

/// The sources of reports about holders and their licenses: the first is the object that a row is about.
const USERS_THEN_LICENSES: &[&str] = &all_names::<7>(&[USER_OBJECTS, LICENSE_OBJECTS]);

/// The names of all lists, `COUNT` together.
const fn all_names<const COUNT: usize>(lists: &[&[&'static str]]) -> [&'static str; COUNT] {
    let mut names = [""; COUNT];
    let (mut count, mut list) = (0, 0);
    while list < lists.len() {
        let mut place = 0;
        while place < lists[list].len() {
            names[count] = lists[list][place];
            count += 1;
            place += 1;
        }
        list += 1;
    }
    assert!(count == COUNT, "the lists have fewer names");
    names
}

impl Report {
    /// The report called `id`.
    pub fn named(id: &str) -> Option<&'static Self> {
        REPORTS.iter().find(|report| report.id == id)
    }

    /// What a threshold can be set on: number columns, then totals.
    pub fn measures(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().chain(self.totals).filter(|column| column.kind.is_number())
    }
}

/// Whether each of `objects` was read in every org of the selection; a sum over what was not read would be a false zero.
fn knows_all(reader: &Reader, selection: &Selection, objects: &[&str]) -> Result<bool, Error> {
    for object in objects {
        if !reader.knows(selection, object)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Why a report could not be made.
#[derive(Debug, Error)]
pub enum Error {
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// An amount that a contract line makes has too many digits.
    #[error("cannot count what line {file_line} of the contracts costs")]
    TooLarge {
        /// The line of the file.
        file_line: u64,
        /// What is too large.
        source: TooLarge,
    },
    /// What a contract line costs in a month was not divided without a rest. The arithmetic excludes it; should it
    /// ever be wrong, no number leaves.
    #[error("the parts of line {file_line} of the contracts do not add up to its amount for {month}")]
    Unbalanced {
        /// The line of the file.
        file_line: u64,
        /// The month.
        month: Month,
    },
    /// The listed changes do not lead from what was counted before to what was counted after. The history excludes it;
    /// should it ever be damaged, no number leaves.
    #[error("the changes of {what} add up to {listed}, but there were {before} before and are {after} now")]
    UnequalChange {
        /// Of what.
        what: &'static str,
        /// Counted at the earlier state.
        before: i64,
        /// Counted at the later one.
        after: i64,
        /// The sum of the listed changes.
        listed: i64,
    },
    /// The earlier time of a comparison is the later one.
    #[error("the earlier time to compare with, {0}, is later than the report's own")]
    SinceLater(String),
    /// A month is to be charged that has not begun.
    #[error("the month {month} has not begun at {as_of}, the report's time")]
    MonthNotBegun {
        /// Which month.
        month: Month,
        /// The report's time.
        as_of: String,
    },
    /// Seats that nobody held are to be charged to somebody whom no holder belongs to.
    #[error("no holder of {month} has the {by} `{owner}`, which --pool names")]
    UnknownOwner {
        /// Who is named.
        owner: String,
        /// What costs are charged by.
        by: &'static str,
        /// Which month.
        month: Month,
        /// One that holders have and that was probably meant. It may have to stay hidden, so the message is without it.
        nearest: Option<String>,
    },
    /// The output could not be written.
    #[error("cannot write the report")]
    Write(#[from] io::Error),
    /// The verdicts on the seats of a license are not as many as its seats. The arithmetic excludes it; should it ever be
    /// wrong, no number leaves.
    #[error("the {assigned} assigned seats of license {license_id} in org `{org}` were judged as {judged}")]
    Misjudged {
        /// Short name of the org.
        org: String,
        /// The license.
        license_id: String,
        /// Seats that somebody holds.
        assigned: i64,
        /// Classes, kept, exempt and unknown together.
        judged: i64,
    },
}

impl Error {
    /// Whether another question would have an answer.
    pub fn is_about_the_question(&self) -> bool {
        matches!(self, Self::SinceLater(_) | Self::MonthNotBegun { .. } | Self::UnknownOwner { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_of_reports_is_in_order() {
        let ids: BTreeSet<_> = REPORTS.iter().map(|report| report.id).collect();
        assert_eq!(ids.len(), REPORTS.len(), "ids are unique");
        for report in REPORTS {
            let names: BTreeSet<_> =
                report.columns.iter().chain(report.totals).map(|column| column.name).collect();
            assert_eq!(names.len(), report.columns.len() + report.totals.len(), "{}: names", report.id);
            for column in report.columns.iter().chain(report.totals) {
                let name = column.name;
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
                assert!(!column.meaning.ends_with('.') && !column.meaning.is_empty(), "{name}");
                assert_eq!(column.kind == Kind::Percent, name.ends_with("_percent"), "{name}");
            }
            assert!(!report.options.contains(&ReportOption::Company), "{}: its reach says so", report.id);
            assert!(report.definition.ends_with('.'), "{}: definition", report.id);
            assert!(report.columns.iter().any(|column| column.shown == Shown::Always), "{}", report.id);
            for name in report.label.iter().chain(report.key) {
                assert!(report.columns.iter().any(|column| column.name == *name), "{}: {name}", report.id);
            }
            assert!(!report.about.is_empty(), "{}: about", report.id);
            for name in report.about {
                let is_it = |column: &Column| column.name == *name && column.shown == Shown::Always;
                assert!(report.columns.iter().any(is_it), "{}: {name} is shown", report.id);
            }
            for name in report.sources {
                assert!(crate::catalogue::object(name).is_some(), "{}: {name}", report.id);
            }
            assert!(report.totals.iter().all(|total| total.kind.is_number()), "{}", report.id);
        }
    }
}
