//! The options and the books that some reports go by and others have no use for.

use super::books::Book;
use super::{DATA_QUALITY, ORPHANS, RECLAIMABLE, REPORTS, Reach, Report, SAVINGS};

/// The reports in which an exemption changes what is said.
const WITH_EXEMPTIONS: &[&str] = &[RECLAIMABLE.id, SAVINGS.id, DATA_QUALITY.id];

/// The reports that go by who is employed.
const WITH_PEOPLE: &[&str] = &[ORPHANS.id, RECLAIMABLE.id, SAVINGS.id, DATA_QUALITY.id];

/// An option that changes what a report says. Every report can be narrowed to orgs and asked as of a time besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportOption {
    /// Only one company.
    Company,
    /// The days within which a login counts as activity.
    Window,
    /// The time as of which the contracts are known.
    KnownOn,
    /// A list price for what has no contract line in force.
    AssumeList,
    /// The earlier time that is compared with.
    Since,
    /// The month that is charged.
    Month,
    /// What costs are charged by.
    By,
    /// Who bears seats that nobody held.
    Pool,
    /// What bears alike of a term's costs.
    Spread,
    /// Seats to keep free at a renewal.
    Buffer,
}

impl ReportOption {
    /// Every option.
    pub const ALL: [Self; 10] = [
        Self::Company,
        Self::Window,
        Self::KnownOn,
        Self::AssumeList,
        Self::Since,
        Self::Month,
        Self::By,
        Self::Pool,
        Self::Spread,
        Self::Buffer,
    ];

    /// As it is written on the command line.
    pub const fn flag(self) -> &'static str {
        match self {
            Self::Company => "--company",
            Self::Window => "--window",
            Self::KnownOn => "--known-on",
            Self::AssumeList => "--assume-list",
            Self::Since => "--since",
            Self::Month => "--month",
            Self::By => "--by",
            Self::Pool => "--pool",
            Self::Spread => "--spread",
            Self::Buffer => "--buffer",
        }
    }

    /// The reports that take it, in their order.
    pub fn takers(self) -> impl Iterator<Item = &'static Report> {
        REPORTS.iter().filter(move |report| report.takes(self))
    }
}

impl Report {
    /// Whether the option changes what the report says.
    pub fn takes(&self, option: ReportOption) -> bool {
        match option {
            ReportOption::Company => self.reach == Reach::Companies,
            other => self.options.contains(&other),
        }
    }

    /// Whether the book changes what the report says; it is not given any other.
    pub fn reads(&self, book: Book) -> bool {
        match book {
            Book::Contracts => self.takes(ReportOption::KnownOn),
            Book::Exemptions => WITH_EXEMPTIONS.contains(&self.id),
            Book::People => WITH_PEOPLE.contains(&self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_reads_the_books_that_its_columns_ask() {
        for report in REPORTS {
            for column in report.columns.iter().chain(report.totals) {
                let is_read = column.asks.is_none_or(|book| report.reads(book));
                assert!(is_read, "{}: {} asks a book that is not read", report.id, column.name);
            }
        }
    }
}
